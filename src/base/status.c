#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

Status error_set(Error *err, Status status, const char *field, const char *format, ...)
{
    if (err == NULL)
        return status;
    snprintf(err->field, sizeof err->field, "%s", field ? field : "");
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

const char *status_name(Status status)
{
    static const char *const names[] = {
        [STATUS_OK] = "ok",
        [STATUS_INVALID] = "invalid",
        [STATUS_NOT_FOUND] = "not_found",
        [STATUS_CONFLICT] = "conflict",
        [STATUS_DENIED] = "denied",
        [STATUS_LIMIT] = "limit",
        [STATUS_BUSY] = "busy",
        [STATUS_UNAVAILABLE] = "unavailable",
        [STATUS_UNCERTAIN] = "uncertain",
        [STATUS_NOMEM] = "nomem",
        [STATUS_INTERNAL] = "internal",
    };
    return names[status];
}
