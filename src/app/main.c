/* refmill: one program, many commands. */
#include <stdio.h>

#include "app/commands.h"
#include "app/config.h"
#include "base/random.h"

enum { EXIT_USAGE = 2, CLI_ARENA_LEN = 256 * 1024 * 1024, CLI_OUT_LEN = 64 * 1024 * 1024 };

static void print_help(void)
{
    size_t count;
    const CliCommand *commands = cli_commands(&count);
    printf("Refmill " REFMILL_VERSION ": referral programmes on your own machine.\n\n"
           "  refmill serve               run the server\n");
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "refmill %s %s", commands[i].noun, commands[i].verb);
        printf("  %-27s %s\n", name, commands[i].summary);
    }
    printf("\n\"refmill COMMAND --help\" tells a command's options. Each can also be set in the environment, as\n"
           "REFMILL_NAME (for --db: REFMILL_DB), those of serve in a configuration file too. The master key of the\n"
           "database's secrets is in the file PATH.key beside it, or named by --key-file, or in REFMILL_KEY.\n");
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int fail(const Error *err, int exit_status)
{
    fprintf(stderr, "refmill: %s\n", err->text[0] ? err->text : "That did not work.");
    return exit_status;
}

static Status run_in_database(const CliCommand *command, CliContext *context)
{
    Status status = store_open_with_key(args_get(context->args, "db"), cli_master_key(context->args),
                                        &context->engine.store, &context->err);
    if (!status) {
        context->engine.code_key = store_code_key(context->engine.store);
        status = store_session_open(context->engine.store, &context->session, &context->err);
    }
    /* Events that a command causes carry links, to where the server last was. */
    if (!status) {
        Status found = store_base_url_get(context->session, context->arena, &context->engine.base_url);
        status = found == STATUS_NOT_FOUND ? STATUS_OK : found;
    }
    if (!status)
        status = command->run(context);
    if (context->session)
        store_session_close(&context->session);
    store_close(&context->engine.store);
    return status;
}

static int run_cli(const CliCommand *command, int argc, char **argv, Arena *arena)
{
    if (wants_help(argc, argv)) {
        printf("refmill %s %s%s%s: %s\n\n", command->noun, command->verb, command->spec.rest ? " " : "",
               command->spec.rest ? command->spec.rest : "", command->summary);
        args_print_help(command->spec);
        return 0;
    }
    Args args;
    Error err = { 0 };
    if (args_parse(command->spec, argc, argv, arena, &args, &err) != STATUS_OK)
        return fail(&err, EXIT_USAGE);
    CliContext context = { .args = &args,
                           .arena = arena,
                           .json = args_has(&args, "json"),
                           .out = buf_in_arena(arena, CLI_OUT_LEN) };
    Status status = run_in_database(command, &context);
    if (status || context.out.failed)
        return fail(&context.err, 1);
    Str out = buf_str(&context.out);
    return fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0 ? 0 : 1;
}

static int run_serve(int argc, char **argv, Arena *arena)
{
    if (wants_help(argc, argv)) {
        printf("refmill serve: run the server until SIGTERM or SIGINT\n\n");
        args_print_help(serve_spec);
        return 0;
    }
    Args args;
    Config config;
    Error err = { 0 };
    if (args_parse(serve_spec, argc, argv, arena, &args, &err) != STATUS_OK || config_read(&args, &config, &err) != STATUS_OK)
        return fail(&err, EXIT_USAGE);
    if (!args_has(&args, "print-config"))
        return serve_main(&config);
    args_print_values(&args);
    return 0;
}

static int run(int argc, char **argv, Arena *arena)
{
    if (argc >= 2 && strcmp(argv[1], "serve") == 0)
        return run_serve(argc - 1, argv + 1, arena);
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("refmill " REFMILL_VERSION "\n");
        return 0;
    }
    size_t count;
    const CliCommand *commands = cli_commands(&count);
    for (size_t i = 0; argc >= 3 && i < count; i++)
        if (strcmp(argv[1], commands[i].noun) == 0 && strcmp(argv[2], commands[i].verb) == 0)
            return run_cli(&commands[i], argc - 2, argv + 2, arena);
    print_help();
    return wants_help(argc, argv) ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (!random_init()) {
        fprintf(stderr, "refmill: The system gives no randomness.\n");
        return 1;
    }
    Arena *arena = arena_new(CLI_ARENA_LEN);
    if (arena == NULL) {
        fprintf(stderr, "refmill: There is no memory.\n");
        return 1;
    }
    int exit_status = run(argc, argv, arena);
    arena_free(&arena);
    return exit_status;
}
