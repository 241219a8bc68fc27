/* Options of a command as data: from the command line, the environment (REFMILL_NAME), a
 * configuration file, or their fallback, in this order. */
#ifndef APP_ARGS_H
#define APP_ARGS_H

#include "base/arena.h"
#include "base/status.h"

/* How many values an option takes: one (false), or several, by commas or one after another (true). */
typedef enum ArgList { ARG_ONE, ARG_COMMAS, ARG_LINES /* several that may have commas in them: kept as lines */ } ArgList;

typedef struct ArgOption {
    const char *name;     /* without "--" */
    const char *argument; /* its placeholder in the help; NULL: a switch */
    const char *fallback; /* NULL: none */
    const char *help;
    bool required;
    ArgList list; /* other than ARG_ONE: may be repeated, too */
} ArgOption;

enum { MAX_ARG_OPTIONS = 32 };

typedef struct ArgSpec {
    const ArgOption *options;
    size_t count;
    const char *rest; /* placeholder of one argument without a name; NULL: there is none */
} ArgSpec;

typedef struct Args {
    ArgSpec spec;
    Str values[MAX_ARG_OPTIONS]; /* { NULL, 0 }: not given; a list is joined by commas or as lines; a switch is "1" */
    const char *origins[MAX_ARG_OPTIONS]; /* "command line", "environment", "configuration file", "default" */
    Str rest;
} Args;

/* argv[0] is skipped. STATUS_INVALID with a sentence for people. */
Status args_parse(ArgSpec spec, int argc, char **argv, Arena *arena, Args *out_args, Error *err) MUST_USE;
/* The value of an option that the table names; { NULL, 0 } when it is not given. */
Str args_get(const Args *args, const char *name);
bool args_has(const Args *args, const char *name);
/* A number of at least `least`. */
Status args_get_number(const Args *args, const char *name, int64_t least, int64_t *out_number, Error *err) MUST_USE;

/* The options, for --help. */
void args_print_help(ArgSpec spec);
/* Each option with its value and where that comes from, in the form of a configuration file. */
void args_print_values(const Args *args);

#endif
