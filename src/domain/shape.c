#include "domain/shape.h"

#include "base/limits.h"
#include "domain/header.h"

size_t shape_headers_room(void)
{
    return (size_t)LIMIT_WEBHOOK_HEADERS * (LIMIT_HEADER_NAME_LEN + LIMIT_HEADER_VALUE_LEN + 3);
}

size_t shape_fields_room(void)
{
    return (size_t)LIMIT_WEBHOOK_FIELDS * (2 * LIMIT_WEBHOOK_FIELD_LEN + 2);
}

static int count_lines(Str lines)
{
    Str line;
    int count = 0;
    while (str_cut(&lines, '\n', &line))
        count++;
    return count;
}

/* Is there a line that begins (ends) with `text` and the separator? Header names differ in more than case. */
static bool has_line(Str lines, Str text, char separator, bool at_end)
{
    Str line, head;
    while (str_cut(&lines, '\n', &line)) {
        str_cut(&line, separator, &head);
        if (at_end ? str_eq(line, text) : str_ieq(head, text))
            return true;
    }
    return false;
}

static Status add(Buf *lines, Str head, const char *separator, Str tail)
{
    buf_printf(lines, "%s%.*s%s%.*s", lines->len ? "\n" : "", STR_ARG(head), separator, STR_ARG(tail));
    return lines->failed ? STATUS_NOMEM : STATUS_OK;
}

Status shape_add_header(Buf *lines, Str name, Str value, Error *err)
{
    if (count_lines(buf_str(lines)) == LIMIT_WEBHOOK_HEADERS)
        return error_set(err, STATUS_INVALID, "headers", "At most %d headers can be set.",
                         LIMIT_WEBHOOK_HEADERS);
    Status status = header_check(name, value, err);
    if (!status && has_line(buf_str(lines), name, ':', false))
        return error_set(err, STATUS_INVALID, "headers", "The header %.*s is there twice.", STR_ARG(name));
    return status ? status : add(lines, name, ": ", value);
}

static bool is_path(Str path)
{
    for (size_t i = 0; i < path.len; i++)
        if (!((path.ptr[i] >= 'a' && path.ptr[i] <= 'z') || path.ptr[i] == '_' || path.ptr[i] == '.'))
            return false;
    return path.len > 0 && path.len <= LIMIT_WEBHOOK_FIELD_LEN;
}

Status shape_add_field(Buf *lines, Str path, Str as, Error *err)
{
    as = as.ptr ? as : path;
    const char *why = NULL;
    if (count_lines(buf_str(lines)) == LIMIT_WEBHOOK_FIELDS)
        return error_set(err, STATUS_INVALID, "fields", "At most %d fields can be picked.",
                         LIMIT_WEBHOOK_FIELDS);
    if (!is_path(path))
        why = "Each field needs the name of a member of the body, such as email or referrer.email.";
    else if (as.len == 0 || as.len > LIMIT_WEBHOOK_FIELD_LEN || str_has_control(as))
        why = "A field's new name has 1 to 100 bytes and no control characters.";
    else if (has_line(buf_str(lines), path, '=', false)) /* so that no body gets much longer by it */
        why = "Each field can be picked once.";
    else if (has_line(buf_str(lines), as, '=', true))
        why = "Two fields have the same new name.";
    return why ? error_set(err, STATUS_INVALID, "fields", "%s", why) : add(lines, path, "=", as);
}
