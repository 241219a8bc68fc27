#include "http/engine_evhttp.h"

#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/time.h"

enum { SWEEP_MS = 1000 };

Str engine_date(Engine *engine)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != engine->date_second) {
        struct tm tm;
        gmtime_r(&now.tv_sec, &tm);
        /* No locale is ever set: %a and %b are English, as RFC 9110, 5.6.7 wants them. */
        strftime(engine->date, sizeof engine->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        engine->date_second = now.tv_sec;
    }
    return str_of(engine->date);
}

Buf *engine_out(Engine *engine)
{
    engine->out.len = 0;
    engine->out.failed = false;
    return &engine->out;
}

/* ---- requests ---------------------------------------------------------- */

/* Unique within the loop: a bijection (splitmix64) of a counter, from a random start. */
static void write_id(Engine *engine, char out[static 16])
{
    static const char hex[] = "0123456789abcdef";
    uint64_t x = engine->id_seed + engine->id_count++ * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    for (int i = 0; i < 16; i++, x >>= 4)
        out[i] = hex[x & 15];
}

static IpAddress client_of(const Conn *conn, struct evhttp_request *ev)
{
    IpAddress client = conn->peer;
    if (!conn->via_trusted)
        return client;
    struct evkeyval *header;
    TAILQ_FOREACH_REVERSE(header, evhttp_request_get_input_headers(ev), evkeyvalq, next)
    if (str_ieq(str_of(header->key), STR("x-forwarded-for")) &&
        !forwarded_walk(str_of(header->value), conn->engine->loop->server->trusted, &client))
        break;
    return client;
}

static void set_target(HttpRequest *request, Str target)
{
    ptrdiff_t mark = str_index(target, '?');
    request->path = mark < 0 ? target : (Str){ target.ptr, (size_t)mark };
    request->query = mark < 0 ? STR("") : str_skip(target, (size_t)mark + 1);
    if (str_is_empty(request->path))
        request->path = STR("/"); /* "http://host" */
}

static Exchange *exchange_new(Engine *engine, Conn *conn, struct evhttp_request *ev)
{
    Arena *arena =
        engine->spare_count ? engine->spare[--engine->spare_count] : arena_new(LIMIT_REQUEST_ARENA);
    Exchange *exchange = arena ? ARENA_NEW(arena, Exchange) : NULL;
    if (exchange == NULL) {
        arena_free(&arena);
        return NULL;
    }
    struct evbuffer *body = evhttp_request_get_input_buffer(ev);
    size_t body_len = evbuffer_get_length(body);
    exchange->ev = ev;
    exchange->conn = conn;
    conn->exchange = exchange;
    write_id(engine, exchange->id);
    exchange->request = (HttpRequest){
        .method = conn->guard.method == HTTP_HEAD ? HTTP_GET : conn->guard.method,
        .is_head = conn->guard.method == HTTP_HEAD,
        .body = { body_len ? (const char *)evbuffer_pullup(body, -1) : "", body_len },
        .peer = client_of(conn, ev),
        .id = { exchange->id, sizeof exchange->id },
        .started_us = conn->deadline_us - engine->request_us,
        .arena = arena,
        .loop = engine->loop,
    };
    set_target(&exchange->request, str_skip(str_of(evhttp_request_get_uri(ev)), conn->guard.path_at));
    LIST_INSERT_HEAD(&engine->unanswered, exchange, link);
    count_up(&engine->loop->in_flight);
    return exchange;
}

static void exchange_free(Exchange *exchange)
{
    HttpLoop *loop = exchange->request.loop;
    Engine *engine = loop->engine;
    Arena *arena = exchange->request.arena;
    LIST_REMOVE(exchange, link);
    if (engine->spare_count < SPARE_ARENAS) {
        arena_reset(arena);
        engine->spare[engine->spare_count++] = arena;
    } else {
        arena_free(&arena);
    }
    count_down(&loop->in_flight);
    loop_tell_drained(loop);
}

Str http_header(const HttpRequest *request, const char *name)
{
    const Exchange *exchange = (const Exchange *)request;
    return str_trim(str_of(evhttp_find_header(evhttp_request_get_input_headers(exchange->ev), name)));
}

/* ---- replies ----------------------------------------------------------- */

/* evhttp has finished with a request: its reply is with the kernel. */
static void on_sent(struct evhttp_request *ev, void *arg)
{
    (void)ev;
    Conn *conn = arg;
    if (conn->is_sending) {
        conn->is_sending = false;
        count_down(&conn->engine->loop->sending);
        loop_tell_drained(conn->engine->loop);
    }
    if (conn->is_closing)
        return;
    conn_expect_message(conn);
}

static size_t send_now(int fd, Str head, Str body)
{
    struct iovec parts[2] = { { (char *)(uintptr_t)head.ptr, head.len },
                              { (char *)(uintptr_t)body.ptr, body.len } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = body.len ? 2 : 1 };
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : (size_t)sent; /* what is wrong shows again when evhttp writes */
}

/* Leaves to evhttp what the kernel did not take. */
static void send_later(Conn *conn, Str head, Str body)
{
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    bool failed = evbuffer_add(output, head.ptr, head.len) < 0;
    failed |= body.len && evbuffer_add(output, body.ptr, body.len) < 0;
    if (failed) /* half a reply must not look like a whole one */
        shutdown(bufferevent_getfd(conn->bev), SHUT_RDWR);
    conn->is_sending = true;
    count_up(&conn->engine->loop->sending);
    bufferevent_enable(conn->bev, EV_WRITE);
}

/* The head is ours, not evhttp's: its header list takes three allocations for each header, and
 * its way to write goes through epoll twice. One system call does in nearly all cases. */
static void deliver(Conn *conn, struct evhttp_request *ev, Str head, Str body)
{
    if (conn->is_closing) /* not sent from here; evhttp decides by it */
        evhttp_add_header(evhttp_request_get_output_headers(ev), "Connection", "close");
    ev->chunked = 0; /* the request's; evhttp would end the reply with a chunk */
    size_t sent = 0;
    if (evbuffer_get_length(bufferevent_get_output(conn->bev)) == 0) /* else "100 Continue" goes first */
        sent = send_now(bufferevent_getfd(conn->bev), head, body);
    if (sent < head.len + body.len)
        send_later(conn, str_skip(head, sent), str_skip(body, sent > head.len ? sent - head.len : 0));
    evhttp_request_set_on_complete_cb(ev, on_sent, conn);
    evhttp_send_reply_end(ev);
}

static ReplyConnection connection_word(const Conn *conn)
{
    if (conn->is_closing)
        return REPLY_CLOSE;
    return conn->guard.is_http10 ? REPLY_KEEP_SPOKEN : REPLY_KEEP;
}

void http_reply(HttpRequest *request, const HttpReply *reply)
{
    Exchange *exchange = (Exchange *)request;
    Engine *engine = request->loop->engine;
    Conn *conn = exchange->conn;
    if (conn == NULL) {
        evhttp_send_reply_end(exchange->ev); /* the client has gone: it is just freed */
        exchange_free(exchange);
        return;
    }
    conn->exchange = NULL;
    conn->is_closing = reply->close || engine->loop->draining || http_guard_closes(&conn->guard);
    bool has_body = reply->content_type && reply_has_length(reply->status) && conn->guard.method != HTTP_HEAD;
    Str body = has_body ? reply->body : STR_NONE;
    Buf *out = engine_out(engine);
    reply_append_head(out, reply, engine_date(engine), request->id, connection_word(conn));
    if (body.len <= COPIED_BODY_LEN) {
        buf_append(out, body);
        body = STR_NONE;
    }
    if (out->failed) {
        conn->is_closing = true;
        reply_append_refusal(engine_out(engine), 500, "The answer's headers are too long.",
                             engine_date(engine));
        body = STR_NONE;
    }
    deliver(conn, exchange->ev, buf_str(out), body);
    exchange_free(exchange);
}

static void on_request(struct evhttp_request *ev, void *arg)
{
    Engine *engine = arg;
    struct evhttp_connection *evcon = evhttp_request_get_connection(ev);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
    Conn *conn = conn_of(engine, bev);
    if (conn == NULL) { /* no memory when it was accepted: it has not been judged */
        evhttp_send_error(ev, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    conn_hold(conn, evcon);
    count_up(&engine->loop->requests);
    Exchange *exchange = exchange_new(engine, conn, ev);
    conn->deadline_us = 0;
    if (exchange && engine->loop->stopping) {
        http_reply(&exchange->request, &(HttpReply){ .status = 503, .close = true });
        return;
    }
    if (exchange) {
        engine->loop->server->options.handle(&exchange->request, engine->loop->server->options.arg);
        return;
    }
    conn->is_closing = true;
    Buf *out = engine_out(engine);
    reply_append_refusal(out, 503, "There is no memory left; try again later.", engine_date(engine));
    deliver(conn, ev, buf_str(out), STR_NONE);
}

/* ---- listening, life --------------------------------------------------- */

/* evhttp's remarks on its connections; this layer does not log. */
static void ignore_log(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    conn_sweep(arg);
}

static void set_up(Engine *engine)
{
    struct evhttp *http = engine->http;
    event_set_log_callback(ignore_log);
    evhttp_set_gencb(http, on_request, engine);
    evhttp_set_bevcb(http, conn_accept, engine);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                         EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    /* The guard's limits are lower and come first; evhttp counts what is behind the head, too. */
    evhttp_set_max_headers_size(http, LIMIT_REQUEST_LINE_LEN + LIMIT_HEADERS_LEN + 4 * LIMIT_BULK_BODY_LEN);
    evhttp_set_max_body_size(http, LIMIT_BULK_BODY_LEN);
    struct timeval idle = { .tv_sec = LIMIT_IDLE_SECONDS };
    /* A queue for the one timeout that all connections have, instead of a heap. */
    const struct timeval *common = event_base_init_common_timeout(engine->loop->base, &idle);
    evhttp_set_timeout_tv(http, common ? common : &idle);
    int sweep_ms = (int)i64_min(SWEEP_MS, engine->loop->server->options.request_ms / 4 + 1);
    struct timeval interval = { sweep_ms / 1000, sweep_ms % 1000 * 1000 };
    event_add(engine->sweep_event, &interval);
}

Engine *engine_new(HttpLoop *loop, int listen_fd)
{
    Engine *engine = mem_alloc(sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->loop = loop;
    engine->request_us = loop->server->options.request_ms * US_PER_MS;
    engine->out = buf_new(OUT_MAX_LEN);
    random_bytes(&engine->id_seed, sizeof engine->id_seed);
    engine->http = evhttp_new(loop->base);
    engine->sweep_event = event_new(loop->base, -1, EV_PERSIST, on_sweep, engine);
    if (engine->http && engine->sweep_event && buf_reserve(&engine->out, COPIED_BODY_LEN)) {
        set_up(engine);
        engine->bound = evhttp_accept_socket_with_handle(engine->http, listen_fd);
    }
    if (engine->bound == NULL)
        engine_free(&engine);
    return engine;
}

void engine_stop_listening(Engine *engine)
{
    if (engine->bound)
        evhttp_del_accept_socket(engine->http, engine->bound);
    engine->bound = NULL;
}

void engine_free(Engine **engine)
{
    Engine *old = *engine;
    if (old == NULL)
        return;
    HttpReply stopped = { .status = 503, .close = true };
    while (!LIST_EMPTY(&old->unanswered))
        http_reply(&LIST_FIRST(&old->unanswered)->request, &stopped);
    if (old->http)
        evhttp_free(old->http);
    while (!LIST_EMPTY(&old->conns)) /* those without a request yet */
        conn_free(LIST_FIRST(&old->conns));
    if (old->sweep_event)
        event_free(old->sweep_event);
    while (old->spare_count)
        arena_free(&old->spare[--old->spare_count]);
    buf_free(&old->out);
    mem_free(old);
    *engine = NULL;
}
