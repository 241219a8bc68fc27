#include "app/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

MasterKeyPlace cli_master_key(const Args *args)
{
    return (MasterKeyPlace){ .text = str_of(getenv("REFMILL_KEY")), .file = args_get(args, "key-file") };
}

/* ---- printing ---------------------------------------------------------- */

void print_id(CliContext *context, int64_t id)
{
    if (context->json)
        buf_printf(&context->out, "{\"id\":%lld}\n", (long long)id);
    else
        buf_printf(&context->out, "%lld\n", (long long)id);
}

Line line_begin(CliContext *context)
{
    Line line = { .context = context, .json = json_out(&context->out) };
    if (context->json)
        json_begin_object(&line.json);
    return line;
}

void line_text(Line *line, const char *name, Str value)
{
    if (line->context->json) {
        json_put_str(&line->json, name, value);
        return;
    }
    if (line->has_column)
        buf_append_char(&line->context->out, '\t');
    buf_append(&line->context->out, value);
    line->has_column = true;
}

void line_int(Line *line, const char *name, int64_t value)
{
    if (line->context->json) {
        json_put_int(&line->json, name, value);
        return;
    }
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    line_text(line, name, str_of(text));
}

void line_time_opt(Line *line, const char *name, int64_t utc_us)
{
    if (utc_us)
        line_text(line, name, str_of(time_iso8601(utc_us).text));
    else if (line->context->json)
        json_put_null(&line->json, name);
    else
        line_text(line, name, STR(""));
}

void line_end(Line *line)
{
    if (line->context->json)
        json_end_object(&line->json);
    buf_append_char(&line->context->out, '\n');
}

/* ---- running ----------------------------------------------------------- */

Status run_command(CliContext *context, Command *command)
{
    if (command == NULL)
        return STATUS_NOMEM;
    Status status = store_run(context->engine.store, command);
    context->err = command->error;
    return status;
}
