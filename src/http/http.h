/* HTTP as handlers see it: a request, one reply to it, loops that run them. The engine
 * stands behind this header (engine_evhttp.c), so that another one can replace it.
 *
 * Threads: a server has one or more loops, each a thread of its own with its own listener
 * (SO_REUSEPORT). A request belongs to the loop that took it: handler and http_reply run
 * there. Other threads reach a loop by http_loop_post only.
 *
 * A handler answers at once, or keeps the request and answers later on the same loop.
 * Each request is answered exactly once; http_reply frees it with its arena. If the client
 * has gone meanwhile the reply is dropped, which the handler need not know. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/status.h"

typedef enum HttpMethod {
    HTTP_GET,
    HTTP_HEAD, /* handlers get HTTP_GET and is_head */
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
} HttpMethod;

const char *http_method_name(HttpMethod method);

typedef struct HttpServer HttpServer;
typedef struct HttpLoop HttpLoop;

enum { HTTP_MAX_PARAMS = 4 };

typedef struct HttpRequest {
    HttpMethod method;
    bool is_head; /* a GET whose body is not sent: nobody sees the page */
    Str path;  /* as sent, percent-encoded, without the query */
    Str query; /* as sent, without '?' */
    Str body;
    IpAddress peer;     /* the client: the socket's, or what a trusted proxy says in X-Forwarded-For */
    Str id;             /* 16 hexadecimal digits, ours; sent back as X-Request-Id */
    int64_t started_us; /* monotonic */
    Arena *arena;
    HttpLoop *loop;
    Str params[HTTP_MAX_PARAMS]; /* what http_path_match found, percent-decoded */
} HttpRequest;

/* The value of the first header of that name (any case), or { NULL, 0 }. */
Str http_header(const HttpRequest *request, const char *name);

typedef struct HttpHeader {
    const char *name; /* a literal */
    Str value;        /* CR, LF and NUL are refused: such a header is left out */
} HttpHeader;

enum { HTTP_MAX_REPLY_HEADERS = 12 };

typedef struct HttpReply {
    int status;
    const char *content_type; /* NULL: no body */
    Str body;                 /* copied; may point into the request's arena */
    HttpHeader headers[HTTP_MAX_REPLY_HEADERS];
    size_t header_count;
    bool close; /* close the connection afterwards */
} HttpReply;

/* Adds a header; one beyond the maximum is a defect and left out. */
void http_reply_header(HttpReply *reply, const char *name, Str value);
void http_reply(HttpRequest *request, const HttpReply *reply);

/* ---- loops ------------------------------------------------------------- */

/* Something for a loop to do; the poster owns it until `run` is called on the loop's thread. */
typedef struct HttpTask {
    void (*run)(struct HttpTask *task);
    struct HttpTask *next;
} HttpTask;

/* Puts a chain of tasks (linked by `next`) on a loop, in order, with one wake-up. Any thread.
 * A loop runs what is posted until http_server_free. */
void http_loop_post(HttpLoop *loop, HttpTask *chain);

/* What loop_start gave. */
void *http_loop_state(const HttpLoop *loop);

/* Calls `fn` on the loop's thread every `interval_ms`. To be called in loop_start only. */
void http_loop_every(HttpLoop *loop, int interval_ms, void (*fn)(HttpLoop *loop, void *arg), void *arg);

/* ---- server ------------------------------------------------------------ */

typedef struct HttpOptions {
    Str host;      /* address to listen on */
    uint16_t port; /* 0: any free one, see http_server_port */
    int loops;     /* 1 or more */
    const IpRange *trusted_proxies;
    size_t trusted_proxy_count;
    /* On the loop's thread, before the first request and after the last one. What loop_stop still
     * answers is sent. */
    void *(*loop_start)(HttpLoop *loop, void *arg);
    void (*loop_stop)(HttpLoop *loop, void *state, void *arg);
    void (*handle)(HttpRequest *request, void *arg);
    /* How long the body of a request for this path (as it came) with this Authorization (empty: none) may be: at
     * most LIMIT_BULK_BODY_LEN. Asked on the loop's thread before a body that is longer than LIMIT_BODY_LEN, or in
     * chunks, is taken. NULL: LIMIT_BODY_LEN for all. */
    size_t (*max_body_len)(HttpLoop *loop, Str path, Str authorization);
    void *arg;
    /* 0 takes the default of base/limits.h. */
    size_t max_connections; /* of all loops; one more is answered 503 and closed */
    int request_ms;         /* for a whole request to arrive */
} HttpOptions;

typedef struct HttpStats {
    uint64_t requests, refused; /* refused: framing, too large, too slow, too many connections */
    uint64_t connections;       /* open now */
    uint64_t in_flight;         /* requests taken and not answered yet */
} HttpStats;

/* Starts listening and the loops. STATUS_UNAVAILABLE with a text when the address can't be had. */
Status http_server_start(const HttpOptions *options, HttpServer **out_server, Error *err) MUST_USE;
uint16_t http_server_port(const HttpServer *server);
HttpStats http_server_stats(const HttpServer *server);
/* Stops accepting; new requests on open connections get "Connection: close". Waits until every
 * request taken is answered, at most `grace_ms`; true when all were. */
bool http_server_drain(HttpServer *server, int grace_ms);
/* Ends the loops and frees everything; sets the pointer to NULL. Requests still unanswered get a
 * 503 and are freed: who keeps requests or posts tasks must have ended before. */
void http_server_free(HttpServer **server);

#endif
