#include "domain/header.h"

#include "base/limits.h"

static const char *const reserved[] = {
    "accept",     "connection",  "content-encoding", "content-length",      "content-type", "date",
    "expect",     "host",        "http2-settings",   "keep-alive",          "te",           "traceparent",
    "trailer",    "transfer-encoding", "upgrade",    "user-agent",
};
static const char *const reserved_starts[] = { "proxy-", "webhook-", "x-webhook-" };

static bool is_token(Str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return name.len > 0 && name.len <= LIMIT_HEADER_NAME_LEN;
}

static bool is_printable(Str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < ' ' || value.ptr[i] > '~')
            return false;
    return value.len > 0 && value.len <= LIMIT_HEADER_VALUE_LEN && str_trim(value).len == value.len;
}

static bool is_reserved(Str name)
{
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (str_ieq(name, str_of(reserved[i])))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(reserved_starts); i++) {
        Str start = str_of(reserved_starts[i]);
        if (name.len >= start.len && str_ieq((Str){ name.ptr, start.len }, start))
            return true;
    }
    return false;
}

Status header_check(Str name, Str value, Error *err)
{
    if (!is_token(name))
        return error_set(err, STATUS_INVALID, "headers",
                         "A header's name has 1 to %d letters, digits and hyphens, for example X-Api-Key.",
                         LIMIT_HEADER_NAME_LEN);
    if (is_reserved(name))
        return error_set(err, STATUS_INVALID, "headers", "The header %.*s can't be set: it belongs to the connection, or to us.",
                         STR_ARG(name));
    if (!is_printable(value))
        return error_set(err, STATUS_INVALID, "headers",
                         "The value of %.*s must have 1 to %d printable ASCII characters, without spaces at its ends.",
                         STR_ARG(name), LIMIT_HEADER_VALUE_LEN);
    return STATUS_OK;
}
