#include "app/args.h"

#include <ctype.h>
#include <getopt.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

static size_t index_of(ArgSpec spec, const char *name)
{
    for (size_t i = 0; i < spec.count; i++)
        if (strcmp(spec.options[i].name, name) == 0)
            return i;
    return spec.count;
}

/* A switch in the environment or a file says yes or no. */
static Status read_switch(const char *name, Str value, bool *out_on, Error *err)
{
    static const char *const words[] = { "1", "true", "yes", "on", "0", "false", "no", "off", "" };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!str_ieq(value, str_of(words[i])))
            continue;
        *out_on = i < 4;
        return STATUS_OK;
    }
    return error_set(err, STATUS_INVALID, name, "The option %s is a switch: yes or no.", name);
}

/* Values given last win; those of a list add up. */
static Status set_value(Args *args, size_t at, Str value, const char *origin, Arena *arena)
{
    bool append = args->spec.options[at].list && args->origins[at] == origin;
    Str old = args->values[at];
    char separator = args->spec.options[at].list == ARG_LINES ? '\n' : ',';
    Str joined = append ? arena_printf(arena, "%.*s%c%.*s", STR_ARG(old), separator, STR_ARG(value))
                        : arena_str(arena, value);
    if (joined.ptr == NULL)
        return STATUS_NOMEM;
    args->values[at] = joined;
    args->origins[at] = origin;
    return STATUS_OK;
}

/* ---- layers, the weakest first ----------------------------------------- */

static Status read_fallbacks(Args *args, Arena *arena)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < args->spec.count; i++)
        if (args->spec.options[i].fallback)
            status = set_value(args, i, str_of(args->spec.options[i].fallback), "default", arena);
    return status;
}

typedef struct FileReading {
    Args *args;
    Arena *arena;
    Error *err;
    Status status;
} FileReading;

/* Of the environment or a file, where switches have a value. */
static Status set_written(Args *args, size_t at, Str value, const char *origin, Arena *arena, Error *err)
{
    const ArgOption *option = &args->spec.options[at];
    bool on = true;
    Status status = option->argument ? STATUS_OK : read_switch(option->name, value, &on, err);
    if (!status && !on) {
        args->values[at] = STR_NONE;
        args->origins[at] = origin;
        return STATUS_OK;
    }
    return status ? status : set_value(args, at, value, origin, arena);
}

static int read_file_entry(void *arg, const char *section UNUSED, const char *name, const char *value)
{
    FileReading *reading = arg;
    size_t at = index_of(reading->args->spec, name);
    if (at == reading->args->spec.count) {
        reading->status = error_set(reading->err, STATUS_INVALID, NULL, "The configuration file has an unknown option: %s.", name);
        return 0;
    }
    reading->status =
        set_written(reading->args, at, str_of(value), "configuration file", reading->arena, reading->err);
    return reading->status == STATUS_OK;
}

static Status read_file(Args *args, const char *path, Arena *arena, Error *err)
{
    FileReading reading = { args, arena, err, STATUS_OK };
    int line = ini_parse(path, read_file_entry, &reading);
    if (reading.status)
        return reading.status;
    if (line < 0)
        return error_set(err, STATUS_INVALID, NULL, "The configuration file %s can't be read.", path);
    return line == 0 ? STATUS_OK
                     : error_set(err, STATUS_INVALID, NULL, "The configuration file %s is wrong in line %d.", path, line);
}

static const char *environment_value(const char *option)
{
    char name[64] = "REFMILL_";
    size_t at = strlen(name);
    for (; *option && at + 1 < sizeof name; option++)
        name[at++] = *option == '-' ? '_' : (char)toupper((unsigned char)*option);
    name[at] = 0;
    return getenv(name);
}

static Status read_environment(Args *args, Arena *arena, Error *err)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < args->spec.count; i++) {
        const char *value = environment_value(args->spec.options[i].name);
        if (value)
            status = set_written(args, i, str_of(value), "environment", arena, err);
    }
    return status;
}

/* A list option takes the words that follow it too: --webhook-allow 10.0.0.0/8 127.0.0.1. */
static Status read_more_words(Args *args, size_t at, int argc, char **argv, Arena *arena)
{
    Status status = STATUS_OK;
    while (!status && args->spec.options[at].list && optind < argc && argv[optind][0] != '-')
        status = set_value(args, at, str_of(argv[optind++]), "command line", arena);
    return status;
}

static Status read_command_line(Args *args, int argc, char **argv, Arena *arena, Error *err)
{
    struct option longs[MAX_ARG_OPTIONS + 1] = { 0 };
    for (size_t i = 0; i < args->spec.count; i++)
        longs[i] = (struct option){ .name = args->spec.options[i].name,
                                    .has_arg = args->spec.options[i].argument ? required_argument : no_argument };
    opterr = 0;
    optind = 1;
    for (;;) {
        int at = -1;
        /* '+': stop at a word that is no option; ':': tell a missing argument apart. */
        int result = getopt_long(argc, argv, "+:", longs, &at);
        if (result == 0 && at >= 0) {
            Status status = set_value(args, (size_t)at, optarg ? str_of(optarg) : STR("1"), "command line", arena);
            if (!status)
                status = read_more_words(args, (size_t)at, argc, argv, arena);
            if (status)
                return status;
        } else if (result == -1 && optind < argc && args->spec.rest && args->rest.ptr == NULL) {
            args->rest = str_of(argv[optind++]);
        } else if (result == -1 && optind < argc) {
            return error_set(err, STATUS_INVALID, NULL, "What is \"%s\"? See --help.", argv[optind]);
        } else if (result == -1) {
            return STATUS_OK;
        } else {
            return error_set(err, STATUS_INVALID, NULL,
                             result == ':' ? "The option %s needs a value. See --help."
                                           : "There is no option %s. See --help.",
                             argv[optind - 1]);
        }
    }
}

Status args_parse(ArgSpec spec, int argc, char **argv, Arena *arena, Args *out_args, Error *err)
{
    *out_args = (Args){ .spec = spec };
    Args *args = out_args;
    Status status = read_fallbacks(args, arena);
    if (!status)
        status = read_environment(args, arena, err);
    Args with_line = *args; /* read first to learn of --config, and applied last */
    if (!status)
        status = read_command_line(&with_line, argc, argv, arena, err);
    if (status)
        return status;
    size_t config = index_of(spec, "config");
    if (config < spec.count && with_line.values[config].ptr) {
        Args from_file = { .spec = spec };
        status = read_fallbacks(&from_file, arena);
        if (!status)
            status = read_file(&from_file, with_line.values[config].ptr, arena, err);
        if (!status)
            status = read_environment(&from_file, arena, err);
        if (!status)
            status = read_command_line(&from_file, argc, argv, arena, err);
        with_line = from_file;
    }
    *args = with_line;
    for (size_t i = 0; !status && i < spec.count; i++)
        if (spec.options[i].required && args->values[i].ptr == NULL)
            status = error_set(err, STATUS_INVALID, NULL, "The option --%s is needed. See --help.", spec.options[i].name);
    if (!status && spec.rest && args->rest.ptr == NULL)
        status = error_set(err, STATUS_INVALID, NULL, "%s is needed. See --help.", spec.rest);
    return status;
}

/* ---- values ------------------------------------------------------------ */

Str args_get(const Args *args, const char *name)
{
    size_t at = index_of(args->spec, name);
    return at < args->spec.count ? args->values[at] : STR_NONE;
}

bool args_has(const Args *args, const char *name)
{
    return args_get(args, name).ptr != NULL;
}

Status args_get_number(const Args *args, const char *name, int64_t least, int64_t *out_number, Error *err)
{
    if (str_to_i64(args_get(args, name), out_number) && *out_number >= least)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, name, "--%s must be a whole number, %lld or more.", name, (long long)least);
}

void args_print_help(ArgSpec spec)
{
    for (size_t i = 0; i < spec.count; i++) {
        const ArgOption *option = &spec.options[i];
        char head[64];
        snprintf(head, sizeof head, "--%s%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "", option->list ? " …" : "");
        int beyond_ascii = (int)(strlen(head) - str_utf8_len(str_of(head))); /* printf pads bytes */
        printf("  %-*s %s", 28 + beyond_ascii, head, option->help);
        if (option->fallback)
            printf(" (default: %s)", option->fallback[0] ? option->fallback : "none");
        printf("%s\n", option->required ? " (needed)" : "");
    }
}

void args_print_values(const Args *args)
{
    for (size_t i = 0; i < args->spec.count; i++) {
        const ArgOption *option = &args->spec.options[i];
        if (option->argument == NULL || strcmp(option->name, "config") == 0)
            continue;
        if (args->values[i].ptr)
            printf("%s = %.*s ; %s\n", option->name, STR_ARG(args->values[i]), args->origins[i]);
        else
            printf("; %s is not set\n", option->name);
    }
}
