/* The strict reader of HTTP/1 framing (RFC 9112) that stands before the engine's parser.
 *
 * Request smuggling lives off two parsers that see different message ends, so nothing reaches
 * the engine until this one has accepted the whole head (and, for a chunked body, the whole
 * message): the engine's own leniency (folded lines, NUL in values, "+5" and "0x5" as lengths,
 * bare LF, a second Content-Length) can't be reached. Whatever is ambiguous is refused.
 *
 * Accepted are exactly: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; HTTP/1.0 and 1.1; an
 * origin-form target ("/path?query") or an absolute one ("http://host/path"); header names
 * that are tokens; values without control bytes; one Host (1.1); a body by one Content-Length
 * of plain digits, or by "Transfer-Encoding: chunked" without extensions and trailers.
 *
 * A guard is a plain value for one message. It takes no memory and no I/O; any thread. */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/http.h"

typedef enum GuardVerdict {
    GUARD_MORE,    /* feed it again when more bytes are there */
    GUARD_PASS,    /* the head, and a chunked body, are sound */
    GUARD_REFUSED, /* answer `status` and `message`, then close */
} GuardVerdict;

typedef enum GuardStage {
    GUARD_IN_REQUEST_LINE,
    GUARD_IN_HEADERS,
    GUARD_IN_CHUNK_SIZE,
    GUARD_IN_CHUNK_DATA,
    GUARD_IN_LAST_LINE, /* the empty line that ends a chunked body */
    GUARD_DONE,
} GuardStage;

/* A part of the message: the bytes may lie elsewhere the next time it is fed. */
typedef struct GuardSpan {
    size_t at, len;
} GuardSpan;

typedef struct HttpGuard {
    GuardStage stage;
    size_t max_body_len;
    /* When set, it is asked after the head for a body that is longer, or in chunks. */
    size_t (*max_body_len_of)(HttpLoop *loop, Str path, Str authorization);
    HttpLoop *loop;
    GuardSpan path, authorization; /* the first header of that name, or nothing */
    size_t line_at;    /* where the line that is being read starts */
    size_t searched;   /* up to here there is no line feed since line_at */
    size_t headers_at; /* where the first header line starts */
    size_t header_count;
    size_t body_len;   /* Content-Length, or what the chunks so far hold */
    size_t chunk_left; /* of the chunk that is being read, with its CRLF */
    HttpMethod method;
    size_t path_at; /* where the path starts within the target */
    bool is_http10, has_host, has_length, is_chunked, expects_continue;
    bool says_close, says_keep_alive, is_absolute;
    int status;          /* of a refusal */
    const char *message; /* of a refusal: a whole sentence */
} HttpGuard;

static inline HttpGuard http_guard(size_t max_body_len)
{
    return (HttpGuard){ .max_body_len = max_body_len };
}

/* Judges a message of which `bytes` have arrived so far, from its very first byte; they must
 * begin as they did at the last call. After GUARD_PASS and GUARD_REFUSED a guard is used up. */
GuardVerdict http_guard_feed(HttpGuard *guard, Str bytes);

/* Whether the connection ends after this message as far as the client is concerned. */
bool http_guard_closes(const HttpGuard *guard);

#endif
