/* The command line's commands as data. Each opens the database beside a running server, does one
 * thing by the same commands as the API, and prints one thing. */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "app/args.h"
#include "base/buf.h"
#include "engine/engine.h"

/* What a command works with. */
typedef struct CliContext {
    const Args *args;
    Engine engine; /* of the database named by --db */
    StoreSession *session;
    Arena *arena;
    bool json; /* --json */
    Buf out;   /* printed when the command went well */
    Error err;
} CliContext;

typedef struct CliCommand {
    const char *noun, *verb; /* verb NULL: one word */
    const char *summary;
    ArgSpec spec;
    Status (*run)(CliContext *context);
} CliCommand;

/* What --key-file and REFMILL_KEY say. A key itself is no option: options can be seen in lists of processes. */
MasterKeyPlace cli_master_key(const Args *args);

const CliCommand *cli_commands(size_t *out_count);

#endif
