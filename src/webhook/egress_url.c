/* The URL's half of the address rules: one parser (curl's, which also dials) and one normal form,
 * so that nothing is judged as one thing and dialled as another. */
#include <curl/curl.h>

#include "base/limits.h"
#include "webhook/egress.h"

enum { MAX_ARENA_LEN = 64 * 1024 };

static void free_part(char **part)
{
    curl_free(*part);
}

static void free_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static bool begins_with(Str url, Str scheme)
{
    return url.len >= scheme.len && str_ieq((Str){ url.ptr, scheme.len }, scheme);
}

/* What stands between "://" and the path, as it was written; { NULL, 0 } when the scheme is none of
 * ours or the slashes are not two. */
static Str authority_of(Str url)
{
    Str rest = STR_NONE;
    if (begins_with(url, STR("http://")))
        rest = str_skip(url, 7);
    else if (begins_with(url, STR("https://")))
        rest = str_skip(url, 8);
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?')
        len++;
    return (Str){ rest.ptr, len };
}

static bool is_ascii(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Whatever could make two readers see two hosts is refused before anything is parsed. */
static Status check_bytes(Str url, Error *err)
{
    if (url.len == 0 || url.len > LIMIT_URL_LEN)
        return error_set(err, STATUS_INVALID, "url", "A webhook's URL has 1 to %d bytes.", LIMIT_URL_LEN);
    if (str_has_control(url) || str_index(url, ' ') >= 0 || str_index(url, '\\') >= 0)
        return error_set(err, STATUS_INVALID, "url",
                         "A webhook's URL has no control characters, spaces or backslashes.");
    if (str_index(url, '#') >= 0)
        return error_set(err, STATUS_INVALID, "url", "A webhook's URL has no fragment (#).");
    Str authority = authority_of(url);
    if (authority.ptr == NULL)
        return error_set(err, STATUS_INVALID, "url", "A webhook's URL begins with http:// or https://.");
    if (str_index(authority, '@') >= 0)
        return error_set(err, STATUS_INVALID, "url", "A webhook's URL has no user name or password in it.");
    if (authority.len == 0 || str_index(authority, '%') >= 0)
        return error_set(err, STATUS_INVALID, "url", "The host of the URL is neither a name nor an address.");
    if (!is_ascii(authority))
        return error_set(err, STATUS_INVALID, "url",
                         "Write the host of the URL in its ASCII form, as in xn--bcher-kva.example.");
    return STATUS_OK;
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* As in the URL standard of the browsers: such a host can only be meant as an IPv4 address. */
static bool ends_in_number(Str host)
{
    size_t at = host.len;
    while (at > 0 && host.ptr[at - 1] != '.')
        at--;
    Str label = str_skip(host, at);
    if (str_starts(label, STR("0x")))
        return true;
    for (size_t i = 0; i < label.len; i++)
        if (label.ptr[i] < '0' || label.ptr[i] > '9')
            return false;
    return true;
}

static bool is_name(Str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!is_host_char(host.ptr[i]) || (host.ptr[i] == '.' && (i == 0 || host.ptr[i - 1] == '.')))
            return false;
    return host.len > 0 && host.len <= 253;
}

/* Brings curl's host into the normal form: lower case, no brackets, no dot at the end, addresses in
 * their usual text. `written` is the authority of the URL as it was given. */
static Status normalize_host(Str host, Str written, Arena *arena, EgressTarget *target, Error *err)
{
    bool in_brackets = host.len > 2 && host.ptr[0] == '[';
    Str text = arena_str(arena, in_brackets ? (Str){ host.ptr + 1, host.len - 2 } : host);
    if (text.ptr == NULL)
        return STATUS_NOMEM;
    for (char *c = (char *)text.ptr; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    if (!in_brackets && str_ends(text, STR(".")))
        text.len--;
    target->literal = (IpAddress){ 0 };
    if (in_brackets && ip_parse(text, &target->literal) && target->literal.len == 4)
        return error_set(err, STATUS_INVALID, "url",
                         "Write the IPv4 address in the URL as such, not as IPv6.");
    if (ip_parse(text, &target->literal) && (target->literal.len == 16) == in_brackets) {
        /* curl rewrites 0x7f.1 and its like as 127.0.0.1; we want it to have been written so */
        ptrdiff_t colon = in_brackets ? -1 : str_index(written, ':');
        Str plain = colon < 0 ? written : (Str){ written.ptr, (size_t)colon };
        if (!in_brackets && !str_eq(plain, text))
            return error_set(
                err, STATUS_INVALID, "url",
                "Write the host of the URL as four decimal numbers, as in 192.0.2.1, or as a name.");
        text = arena_str(arena, str_of(ip_text(target->literal).text));
    } else if (in_brackets || !is_name(text) || ends_in_number(text)) {
        return error_set(err, STATUS_INVALID, "url", "The host of the URL is neither a name nor an address.");
    }
    target->host = text;
    return text.ptr ? STATUS_OK : STATUS_NOMEM;
}

static Status port_of(CURLU *parsed, uint16_t *out_port, Error *err)
{
    char *text CLEANUP(free_part) = NULL;
    int64_t port = 0;
    if (curl_url_get(parsed, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        !str_to_i64(str_of(text), &port) || port < 1 || port > UINT16_MAX)
        return error_set(err, STATUS_INVALID, "url", "The port of the URL is not within 1 to 65535.");
    *out_port = (uint16_t)port;
    return STATUS_OK;
}

/* The parts are known; writes the whole again. */
static Status write_target(CURLU *parsed, Str scheme, Arena *arena, EgressTarget *target, Error *err)
{
    bool in_brackets = target->literal.len == 16;
    Str host =
        in_brackets ? arena_printf(arena, "[%.*s]", STR_ARG(target->host)) : arena_str(arena, target->host);
    target->origin = arena_printf(arena, "%.*s://%.*s:%u", STR_ARG(scheme), STR_ARG(host), target->port);
    if (host.ptr == NULL || target->origin.ptr == NULL)
        return STATUS_NOMEM;
    char *whole CLEANUP(free_part) = NULL;
    if (curl_url_set(parsed, CURLUPART_HOST, host.ptr, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        return error_set(err, STATUS_INVALID, "url", "This is not a URL.");
    target->url = arena_str(arena, str_of(whole));
    return target->url.ptr ? STATUS_OK : STATUS_NOMEM;
}

Status egress_parse_url(Str url, Arena *arena, EgressTarget *out_target, Error *err)
{
    Status status = check_bytes(url, err);
    if (status)
        return status;
    CURLU *parsed CLEANUP(free_url) = curl_url();
    Str copy = arena_str(arena, url);
    if (parsed == NULL || copy.ptr == NULL)
        return STATUS_NOMEM;
    char *scheme CLEANUP(free_part) = NULL, *host CLEANUP(free_part) = NULL;
    bool is_url =
        curl_url_set(parsed, CURLUPART_URL, copy.ptr, CURLU_DISALLOW_USER | CURLU_URLENCODE) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    if (!is_url)
        return error_set(err, STATUS_INVALID, "url", "This is not a URL that a webhook can have.");
    EgressTarget target = { .is_secure = str_is(str_of(scheme), "https") };
    status = port_of(parsed, &target.port, err);
    if (!status)
        status = normalize_host(str_of(host), authority_of(url), arena, &target, err);
    if (!status)
        status = write_target(parsed, str_of(scheme), arena, &target, err);
    if (!status)
        *out_target = target;
    return status;
}

/* RFC 6761, 6.3: these names are loopback wherever they are looked up. */
static bool is_localhost(Str host)
{
    return str_is(host, "localhost") || str_ends(host, STR(".localhost"));
}

static void free_arena(Arena **arena)
{
    arena_free(arena);
}

Status egress_check_url(const EgressRules *rules, Str url, Error *err)
{
    Arena *arena CLEANUP(free_arena) = arena_new(MAX_ARENA_LEN);
    if (arena == NULL)
        return STATUS_NOMEM;
    EgressTarget target;
    Status status = egress_parse_url(url, arena, &target, err);
    if (status)
        return status;
    IpAddress address = target.literal;
    if (is_localhost(target.host))
        address = (IpAddress){ .len = 4, .bytes = { 127, 0, 0, 1 } };
    if (address.len == 0)
        return STATUS_OK;
    EgressClass verdict = egress_judge(rules, address, target.port, target.is_secure);
    if (verdict == EGRESS_ALLOWED)
        return STATUS_OK;
    egress_explain(verdict, address, err);
    return STATUS_INVALID;
}
