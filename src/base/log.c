#include "base/log.h"

#include "base/json_out.h"
#include "base/time.h"

enum { MAX_LINE_LEN = 4096 };

static LogSink *current_sink;
static LogLevel least_level = LOG_INFO;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_set_sink(LogSink *sink, LogLevel least)
{
    current_sink = sink;
    least_level = least;
}

bool log_level_from(Str name, LogLevel *out_level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (str_is(name, level_names[i])) {
            *out_level = (LogLevel)i;
            return true;
        }
    }
    return false;
}

void log_write(LogLevel level, const char *event, const LogField *fields, size_t count)
{
    if (current_sink == NULL || level < least_level)
        return;
    Buf buf = buf_new(MAX_LINE_LEN);
    JsonOut json = json_out(&buf);
    json_begin_object(&json);
    json_put_str(&json, "time", str_of(time_iso8601(time_now_us()).text));
    json_put_str(&json, "level", str_of(level_names[level]));
    json_put_str(&json, "event", str_of(event));
    for (size_t i = 0; i < count; i++) {
        if (fields[i].text.ptr)
            json_put_str(&json, fields[i].name, fields[i].text);
        else
            json_put_int(&json, fields[i].name, fields[i].number);
    }
    json_end_object(&json);
    buf_append_char(&buf, '\n');
    if (!buf.failed)
        current_sink(buf_str(&buf));
    buf_free(&buf);
}
