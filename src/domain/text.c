#include "domain/text.h"

#include <ctype.h>

#include "base/ip.h"
#include "base/limits.h"

static Status check_line(Str *text, size_t most_chars, const char *field, const char *what, Error *err)
{
    if (!str_is_utf8(*text))
        return error_set(err, STATUS_INVALID, field, "The %s is not valid UTF-8.", what);
    *text = str_trim(*text);
    if (!str_has_visible(*text))
        return error_set(err, STATUS_INVALID, field, "A %s is needed.", what);
    if (str_utf8_len(*text) > most_chars)
        return error_set(err, STATUS_INVALID, field, "The %s is longer than %zu characters.", what, most_chars);
    if (str_has_control(*text))
        return error_set(err, STATUS_INVALID, field, "The %s has control characters in it.", what);
    return STATUS_OK;
}

Status text_check_name(Str *name, const char *field, Error *err)
{
    bool first = strcmp(field, "first_name") == 0;
    return check_line(name, LIMIT_NAME_CHARS, field, first ? "first name" : "name", err);
}

Status text_check_title(Str *title, const char *field, Error *err)
{
    return check_line(title, LIMIT_TITLE_CHARS, field, "name", err);
}

Status text_check_customer(Str *customer_id, const char *field, Error *err)
{
    if (customer_id->len > LIMIT_CUSTOMER_ID_LEN)
        return error_set(err, STATUS_INVALID, field, "The customer id is longer than %d bytes.", LIMIT_CUSTOMER_ID_LEN);
    return check_line(customer_id, LIMIT_CUSTOMER_ID_LEN, field, "customer id", err);
}

Status text_check_paragraph(Str *text, const char *field, Error *err)
{
    if (!str_is_utf8(*text))
        return error_set(err, STATUS_INVALID, field, "The text is not valid UTF-8.");
    *text = str_trim(*text);
    if (str_utf8_len(*text) > LIMIT_TEXT_CHARS)
        return error_set(err, STATUS_INVALID, field, "The text is longer than %d characters.", LIMIT_TEXT_CHARS);
    for (Str rest = *text, line; str_cut(&rest, '\n', &line);)
        for (Str part; str_cut(&line, '\t', &part);)
            if (str_has_control(str_trim(part)))
                return error_set(err, STATUS_INVALID, field, "The text has control characters in it.");
    return STATUS_OK;
}

static bool is_host(Str text)
{
    IpAddress address;
    if (text.len > 2 && text.ptr[0] == '[')
        return ip_parse((Str){ text.ptr + 1, text.len - 2 }, &address) && str_index(text, ':') >= 0;
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && !strchr("-._", text.ptr[i]))
            return false;
    return text.len > 0;
}

/* A host and perhaps a port; no user name. */
static bool is_authority(Str text)
{
    int64_t port = 1;
    ptrdiff_t end = str_starts(text, STR("[")) ? str_index(text, ']') + 1 : str_index(text, ':');
    Str host = end < 0 ? text : (Str){ text.ptr, (size_t)end }, rest = str_skip(text, host.len);
    if (rest.len && (rest.ptr[0] != ':' || !str_to_i64(str_skip(rest, 1), &port)))
        return false;
    return is_host(host) && port > 0 && port <= UINT16_MAX;
}

Status text_check_url(Str *url, const char *field, Error *err)
{
    *url = str_trim(*url);
    if (str_is_empty(*url))
        return STATUS_OK;
    if (url->len > LIMIT_URL_LEN)
        return error_set(err, STATUS_INVALID, field, "The URL is longer than %d bytes.", LIMIT_URL_LEN);
    Str rest = str_skip(*url, str_starts(*url, STR("https://")) ? 8 : 7);
    bool http = str_starts(*url, STR("https://")) || str_starts(*url, STR("http://"));
    size_t host_len = 0;
    while (host_len < rest.len && !strchr("/?#", rest.ptr[host_len]))
        host_len++;
    bool plain = true; /* visible ASCII without what browsers treat in ways of their own */
    for (size_t i = 0; i < url->len; i++)
        plain = plain && url->ptr[i] > ' ' && url->ptr[i] < 0x7f && !strchr("\\<>\"^`{|}", url->ptr[i]);
    if (!http || !plain || !is_authority((Str){ rest.ptr, host_len }))
        return error_set(err, STATUS_INVALID, field,
                         "This must be a full URL that begins with https:// or http://, without a user name in it.");
    return STATUS_OK;
}

static bool is_atext(char c)
{
    unsigned char u = (unsigned char)c;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || u >= 0x80 ||
           (u > ' ' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_atom(Str text)
{
    for (Str rest = text, part; str_cut(&rest, '.', &part);) {
        if (str_is_empty(part))
            return false;
        for (size_t i = 0; i < part.len; i++)
            if (!is_atext(part.ptr[i]))
                return false;
    }
    return true;
}

/* A name, not an address: the last label is no number (RFC 1123, 2.1). */
static bool is_domain(Str text)
{
    int labels = 0;
    int64_t number;
    size_t last = text.len;
    while (last > 0 && text.ptr[last - 1] != '.')
        last--;
    if (str_to_i64(str_skip(text, last), &number))
        return false;
    for (Str rest = text, label; str_cut(&rest, '.', &label); labels++) {
        if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            char c = label.ptr[i];
            bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                        (unsigned char)c >= 0x80;
            if (!fits)
                return false;
        }
    }
    return labels >= 2;
}

Status text_check_email(Str *email, const char *field, Error *err)
{
    *email = str_trim(*email);
    if (str_is_empty(*email))
        return error_set(err, STATUS_INVALID, field, "An e-mail address is needed.");
    ptrdiff_t at = str_index(*email, '@');
    Str local = { email->ptr, at > 0 ? (size_t)at : 0 };
    Str domain = str_skip(*email, (size_t)at + 1);
    bool fits = at > 0 && at <= 64 && email->len <= LIMIT_EMAIL_LEN && str_is_utf8(*email) &&
                !str_has_invisible(*email) && is_dot_atom(local) && is_domain(domain);
    return fits ? STATUS_OK
                : error_set(err, STATUS_INVALID, field, "The %s must be a valid email address.",
                            strcmp(field, "email") == 0 ? "email" : "value");
}

Str email_key(Arena *arena, Str email)
{
    Str key = arena_str(arena, email);
    if (key.ptr == NULL)
        return key;
    char *at = (char *)(uintptr_t)key.ptr; /* ours since a line ago */
    for (size_t i = 0; i < key.len; i++)
        if (at[i] >= 'A' && at[i] <= 'Z')
            at[i] = (char)(at[i] + 32);
    return key;
}
