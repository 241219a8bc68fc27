/* Log lines: fields, not sentences, one JSON object a line. No personal data and no secrets
 * go in here. Only app, api, webhook and web log. Any thread.
 *
 *     log_info("webhook.retry", log_int("webhook_id", 7), log_text("class", STR("timeout")));
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;

typedef struct LogField {
    const char *name;
    Str text; /* { NULL, 0 }: the number counts */
    int64_t number;
} LogField;

static inline LogField log_int(const char *name, int64_t value)
{
    return (LogField){ .name = name, .number = value };
}

static inline LogField log_text(const char *name, Str value)
{
    return (LogField){ .name = name, .text = value.ptr ? value : STR("") };
}

/* Where lines go; `line` ends with a line feed. NULL drops them. Set once, before threads start. */
typedef void LogSink(Str line);
void log_set_sink(LogSink *sink, LogLevel least);
bool log_level_from(Str name, LogLevel *out_level);

void log_write(LogLevel level, const char *event, const LogField *fields, size_t count);

#define LOG_FIELDS(...) (LogField[]){ __VA_ARGS__ }, sizeof((LogField[]){ __VA_ARGS__ }) / sizeof(LogField)
#define log_debug(event, ...) log_write(LOG_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...) log_write(LOG_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...) log_write(LOG_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_ERROR, event, LOG_FIELDS(__VA_ARGS__))

#endif
