#include "domain/host.h"

enum { LABEL_MAX = 63 };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_label(Str label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_letter(label.ptr[i]) && !(label.ptr[i] >= '0' && label.ptr[i] <= '9') && label.ptr[i] != '-')
            return false;
    return true;
}

static bool is_host(Str host)
{
    size_t labels = 0;
    Str label = STR_NONE;
    if (host.len > HOST_MAX || str_ends(host, STR(".")))
        return false;
    for (Str rest = host; str_cut(&rest, '.', &label); labels++)
        if (!is_label(label))
            return false;
    return labels >= 2 && is_letter(label.ptr[0]); /* an address ends in digits */
}

Status host_check(Str *host, Arena *arena, const char *field, Error *err)
{
    if (!is_host(*host))
        return error_set(err, STATUS_INVALID, field, "This is no name of a host such as go.example.com.");
    char *lower = arena_alloc(arena, host->len);
    if (lower == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < host->len; i++)
        lower[i] = (char)(is_letter(host->ptr[i]) ? host->ptr[i] | 0x20 : host->ptr[i]);
    host->ptr = lower;
    return STATUS_OK;
}

Str host_without_port(Str header)
{
    ptrdiff_t colon = str_index(header, ':');
    return colon >= 0 ? (Str){ header.ptr, (size_t)colon } : header;
}
