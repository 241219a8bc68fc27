#include "http/guard.h"

#include "base/limits.h"

/* What a byte may be part of: a token (method, header name), a target, a header value, a host. */
enum { T = 1, G = 2, V = 4, H = 8 };

/* No '#' in targets: a fragment is never sent (RFC 9112, 3.2). Obs-text (0x80 on) is fine in
 * values: user agents do send UTF-8. */
static const unsigned char byte_class[256] = {
    ['\t'] = V,
    [' '] = V,
    ['!'] = T | G | V,
    ['"'] = G | V,
    ['#'] = T | V,
    ['$' ... '\''] = T | G | V,
    ['(' ... ')'] = G | V,
    ['*' ... '+'] = T | G | V,
    [','] = G | V,
    ['-' ... '.'] = T | G | V | H,
    ['/'] = G | V,
    ['0' ... '9'] = T | G | V | H,
    [':'] = G | V | H,
    [';' ... '@'] = G | V,
    ['A' ... 'Z'] = T | G | V | H,
    ['['] = G | V | H,
    ['\\'] = G | V,
    [']'] = G | V | H,
    ['^'] = T | G | V,
    ['_'] = T | G | V | H,
    ['`'] = T | G | V,
    ['a' ... 'z'] = T | G | V | H,
    ['{'] = G | V,
    ['|'] = T | G | V,
    ['}'] = G | V,
    ['~'] = T | G | V | H,
    [0x80 ... 0xff] = V,
};

static bool all_in(Str s, int class)
{
    int all = class;
    for (size_t i = 0; i < s.len; i++)
        all &= byte_class[(unsigned char)s.ptr[i]];
    return all;
}

static bool refuse(HttpGuard *guard, int status, const char *message)
{
    guard->status = status;
    guard->message = message;
    return false;
}

static const char too_large[] = "The body is too large for this call, or for one without a valid token.";

/* ---- the request line -------------------------------------------------- */

static bool read_method(HttpGuard *guard, Str name)
{
    if (str_is_empty(name) || !all_in(name, T))
        return refuse(guard, 400, "The request line is malformed.");
    for (HttpMethod method = HTTP_GET; method <= HTTP_OPTIONS; method++)
        if (str_is(name, http_method_name(method))) {
            guard->method = method;
            return true;
        }
    if (str_is(name, "TRACE") || str_is(name, "CONNECT"))
        return refuse(guard, 405, "This method is not allowed here.");
    return refuse(guard, 501, "This method is unknown.");
}

static bool read_version(HttpGuard *guard, Str version)
{
    guard->is_http10 = str_is(version, "HTTP/1.0");
    if (guard->is_http10 || str_is(version, "HTTP/1.1"))
        return true;
    bool well_formed = version.len == 8 && str_starts(version, STR("HTTP/")) && version.ptr[6] == '.' &&
                       version.ptr[5] >= '0' && version.ptr[5] <= '9' && version.ptr[7] >= '0' &&
                       version.ptr[7] <= '9';
    return well_formed ? refuse(guard, 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
                       : refuse(guard, 400, "The request line is malformed.");
}

/* host [":" port], in no other form than the engine's parser takes. */
static bool authority_is_fine(Str authority)
{
    ptrdiff_t bracket = str_index(authority, ']');
    Str host = authority, port = STR_NONE;
    Str after = bracket < 0 ? authority : str_skip(authority, (size_t)bracket + 1);
    ptrdiff_t colon = str_index(after, ':');
    if (colon >= 0) {
        port = str_skip(after, (size_t)colon + 1);
        host.len -= port.len + 1;
        int64_t number;
        if (port.len > 5 || str_starts(port, STR("-")) || !str_to_i64(port, &number) || number > 65535)
            return false;
    }
    if (!str_starts(host, STR("[")))
        return host.len > 0 && all_in(host, H) && str_index(host, '[') < 0 && str_index(host, ']') < 0;
    IpAddress address;
    return str_ends(host, STR("]")) && ip_parse((Str){ host.ptr + 1, host.len - 2 }, &address) &&
           address.len == 16;
}

static bool read_target(HttpGuard *guard, Str target)
{
    static const char bad[] = "The request target must be a path that starts with a single slash.";
    if (!all_in(target, G) || str_is_empty(target))
        return refuse(guard, 400, bad);
    if (target.ptr[0] == '/')
        /* "//host/" would be read as an authority (RFC 3986, 4.2), here or by who is redirected. */
        return str_starts(target, STR("//")) ? refuse(guard, 400, bad) : true;
    size_t scheme_len = str_ieq((Str){ target.ptr, size_min(7, target.len) }, STR("http://"))    ? 7
                        : str_ieq((Str){ target.ptr, size_min(8, target.len) }, STR("https://")) ? 8
                                                                                                 : 0;
    Str authority = str_skip(target, scheme_len);
    size_t len = 0;
    while (len < authority.len && authority.ptr[len] != '/' && authority.ptr[len] != '?')
        len++;
    authority.len = len;
    if (scheme_len == 0 || !authority_is_fine(authority))
        return refuse(guard, 400, bad);
    guard->is_absolute = true;
    guard->path_at = scheme_len + len;
    return true;
}

static bool read_request_line(HttpGuard *guard, Str line)
{
    ptrdiff_t first = str_index(line, ' ');
    Str rest = str_skip(line, (size_t)(first + 1));
    ptrdiff_t second = str_index(rest, ' ');
    if (first < 0 || second < 0)
        return refuse(guard, 400, "The request line is malformed.");
    Str target = { rest.ptr, (size_t)second }, path;
    if (!read_method(guard, (Str){ line.ptr, (size_t)first }) ||
        !read_version(guard, str_skip(rest, (size_t)second + 1)) || !read_target(guard, target))
        return false;
    target = str_skip(target, guard->path_at);
    if (str_cut(&target, '?', &path))
        guard->path = (GuardSpan){ (size_t)(path.ptr - line.ptr), path.len };
    return true;
}

/* ---- headers ----------------------------------------------------------- */

static bool read_length(HttpGuard *guard, Str value)
{
    if (guard->has_length)
        return refuse(guard, 400, "There is more than one Content-Length.");
    guard->has_length = true;
    /* A leading zero is octal to some parsers, a list of equal values one value to others. */
    if (str_is_empty(value) || (value.len > 1 && value.ptr[0] == '0'))
        return refuse(guard, 400, "Content-Length must be a plain number.");
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return refuse(guard, 400, "Content-Length must be a plain number.");
    int64_t len;
    guard->body_len = str_to_i64(value, &len) ? (size_t)len : SIZE_MAX;
    return true;
}

static bool read_encoding(HttpGuard *guard, Str value)
{
    if (guard->is_chunked)
        return refuse(guard, 400, "There is more than one Transfer-Encoding.");
    if (!str_ieq(value, STR("chunked")))
        return refuse(guard, 501, "The only Transfer-Encoding known here is chunked.");
    guard->is_chunked = true;
    return true;
}

static bool read_host(HttpGuard *guard, Str value)
{
    if (guard->has_host)
        return refuse(guard, 400, "There is more than one Host.");
    guard->has_host = true;
    return authority_is_fine(value) ? true : refuse(guard, 400, "Host is malformed.");
}

static void read_connection(HttpGuard *guard, Str value)
{
    Str part;
    while (str_cut(&value, ',', &part)) {
        guard->says_close |= str_ieq(str_trim(part), STR("close"));
        guard->says_keep_alive |= str_ieq(str_trim(part), STR("keep-alive"));
    }
}

/* The engine strips only spaces before comparing, hence no tab. */
static bool read_expect(HttpGuard *guard, Str raw_value)
{
    while (str_starts(raw_value, STR(" ")))
        raw_value = str_skip(raw_value, 1);
    while (str_ends(raw_value, STR(" ")))
        raw_value.len--;
    guard->expects_continue = str_ieq(raw_value, STR("100-continue"));
    return guard->expects_continue ? true : refuse(guard, 417, "Only 100-continue can be expected.");
}

/* Of a line that has just been read: it ended with CRLF before line_at. */
static void note_authorization(HttpGuard *guard, Str raw_value)
{
    if (guard->authorization.at == 0)
        guard->authorization = (GuardSpan){ guard->line_at - 2 - raw_value.len, raw_value.len };
}

static bool read_known_header(HttpGuard *guard, Str name, Str raw_value)
{
    switch (name.len) {
    case 4:
        return str_ieq(name, STR("host")) ? read_host(guard, str_trim(raw_value)) : true;
    case 6:
        return str_ieq(name, STR("expect")) ? read_expect(guard, raw_value) : true;
    case 10:
        if (str_ieq(name, STR("connection")))
            read_connection(guard, raw_value);
        return true;
    case 13:
        if (str_ieq(name, STR("authorization")))
            note_authorization(guard, raw_value);
        return true;
    case 14:
        return str_ieq(name, STR("content-length")) ? read_length(guard, str_trim(raw_value)) : true;
    case 17:
        return str_ieq(name, STR("transfer-encoding")) ? read_encoding(guard, str_trim(raw_value)) : true;
    default:
        return true;
    }
}

static bool read_header(HttpGuard *guard, Str line)
{
    if (++guard->header_count > LIMIT_HEADERS)
        return refuse(guard, 431, "There are too many headers.");
    ptrdiff_t colon = str_index(line, ':');
    Str name = { line.ptr, colon < 0 ? 0 : (size_t)colon };
    if (name.len == 0 || !all_in(name, T)) /* so is a folded line (RFC 9112, 5.2): it starts with a space */
        return refuse(guard, 400, "A header name is malformed.");
    Str value = str_skip(line, name.len + 1);
    if (!all_in(value, V))
        return refuse(guard, 400, "A header value holds a control character.");
    return read_known_header(guard, name, value);
}

static Str str_at(GuardSpan span, Str bytes)
{
    return (Str){ bytes.ptr + span.at, span.len };
}

static bool body_may_come(HttpGuard *guard, Str bytes)
{
    bool may_be_long = guard->is_chunked || guard->body_len > guard->max_body_len;
    if (may_be_long && guard->max_body_len_of)
        guard->max_body_len = guard->max_body_len_of(guard->loop, str_at(guard->path, bytes),
                                                     str_trim(str_at(guard->authorization, bytes)));
    return guard->body_len <= guard->max_body_len ? true : refuse(guard, 413, too_large);
}

static bool end_headers(HttpGuard *guard, Str bytes)
{
    if (!guard->is_http10 && !guard->has_host)
        return refuse(guard, 400, "The Host header is missing.");
    if (guard->has_length && guard->is_chunked)
        return refuse(guard, 400, "Content-Length and Transfer-Encoding exclude each other.");
    if (guard->is_http10 && guard->is_chunked)
        return refuse(guard, 400, "HTTP/1.0 has no Transfer-Encoding."); /* RFC 9112, 6.1 */
    /* The engine reads no body after HEAD: it would take it for the next request. */
    if (guard->method == HTTP_HEAD && (guard->is_chunked || guard->body_len > 0))
        return refuse(guard, 400, "A HEAD request has no body.");
    guard->stage = guard->is_chunked ? GUARD_IN_CHUNK_SIZE : GUARD_DONE;
    return body_may_come(guard, bytes);
}

/* ---- chunked bodies ---------------------------------------------------- */

/* Hexadecimal digits and nothing else: no sign, no "0x", no extension (RFC 9112, 7.1.1). */
static bool read_chunk_size(HttpGuard *guard, Str line)
{
    size_t size = 0;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        int digit = c >= '0' && c <= '9'                     ? c - '0'
                    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                             : -1;
        if (digit < 0 || line.len > 8)
            return refuse(guard, 400, "A chunk size is malformed.");
        size = size * 16 + (size_t)digit;
    }
    if (line.len == 0)
        return refuse(guard, 400, "A chunk size is malformed.");
    if (size > guard->max_body_len - guard->body_len)
        return refuse(guard, 413, too_large);
    guard->body_len += size;
    guard->chunk_left = size + 2;
    guard->stage = size ? GUARD_IN_CHUNK_DATA : GUARD_IN_LAST_LINE;
    return true;
}

/* False when the chunk is not whole yet, or (with a status) when no CRLF ends it. */
static bool skip_chunk(HttpGuard *guard, Str bytes)
{
    if (bytes.len - guard->line_at < guard->chunk_left)
        return false;
    guard->line_at += guard->chunk_left;
    guard->searched = guard->line_at;
    if (memcmp(bytes.ptr + guard->line_at - 2, "\r\n", 2) != 0)
        return refuse(guard, 400, "A chunk is longer than its size.");
    guard->stage = GUARD_IN_CHUNK_SIZE;
    return true;
}

/* ---- lines ------------------------------------------------------------- */

static bool within_limits(HttpGuard *guard, size_t line_end)
{
    switch (guard->stage) {
    case GUARD_IN_REQUEST_LINE:
        return line_end <= LIMIT_REQUEST_LINE_LEN ? true
                                                  : refuse(guard, 414, "The request line is too long.");
    case GUARD_IN_HEADERS:
        return line_end - guard->headers_at <= LIMIT_HEADERS_LEN
                   ? true
                   : refuse(guard, 431, "The headers are too long.");
    default:
        /* Tiny chunks make a message six times its body; nobody honest does that for long. */
        return line_end - guard->line_at <= 16 && line_end <= 2 * guard->max_body_len + LIMIT_HEADERS_LEN
                   ? true
                   : refuse(guard, 400, "The chunks are malformed.");
    }
}

/* Takes the next whole line, without its CRLF. */
static bool next_line(HttpGuard *guard, Str bytes, Str *out_line)
{
    ptrdiff_t at = str_index(str_skip(bytes, guard->searched), '\n');
    size_t end = at < 0 ? bytes.len : guard->searched + (size_t)at + 1;
    if (!within_limits(guard, end))
        return false;
    guard->searched = end;
    if (at < 0)
        return false;
    size_t len = end - guard->line_at;
    if (len < 2 || bytes.ptr[end - 2] != '\r')
        return refuse(guard, 400, "Lines must end with CR LF.");
    *out_line = (Str){ bytes.ptr + guard->line_at, len - 2 };
    guard->line_at = end;
    return true;
}

static bool read_line(HttpGuard *guard, Str bytes, Str line)
{
    switch (guard->stage) {
    case GUARD_IN_REQUEST_LINE:
        guard->stage = GUARD_IN_HEADERS;
        guard->headers_at = guard->line_at;
        return read_request_line(guard, line);
    case GUARD_IN_HEADERS:
        return line.len ? read_header(guard, line) : end_headers(guard, bytes);
    case GUARD_IN_CHUNK_SIZE:
        return read_chunk_size(guard, line);
    default:
        guard->stage = GUARD_DONE;
        return line.len ? refuse(guard, 400, "Trailers are not allowed.") : true;
    }
}

GuardVerdict http_guard_feed(HttpGuard *guard, Str bytes)
{
    /* Anything that can't be a method is not HTTP, for instance TLS: don't wait for its line feed. */
    if (guard->searched == 0 && bytes.len && !all_in((Str){ bytes.ptr, 1 }, T))
        refuse(guard, 400, "The request line is malformed.");
    while (guard->stage != GUARD_DONE && guard->status == 0) {
        Str line = STR_NONE;
        bool moved = guard->stage == GUARD_IN_CHUNK_DATA
                         ? skip_chunk(guard, bytes)
                         : next_line(guard, bytes, &line) && read_line(guard, bytes, line);
        if (!moved)
            break;
    }
    return guard->status ? GUARD_REFUSED : guard->stage == GUARD_DONE ? GUARD_PASS : GUARD_MORE;
}

bool http_guard_closes(const HttpGuard *guard)
{
    /* The engine takes an absolute target for a proxy's request and closes after it. */
    return guard->says_close || guard->is_absolute || (guard->is_http10 && !guard->says_keep_alive);
}
