/* The engine: libevent's evhttp. It parses what the guard has let through, collects bodies and
 * looks after idle connections; the rest is done here.
 *
 * The gate. Each connection's input buffer is frozen at its front, so that evhttp finds nothing
 * to read, until http_guard_feed has passed the message; it is frozen again once evhttp hands
 * the request over, and judged anew from the next message's first byte.
 *
 *     state      input is         leaves on
 *     JUDGING    frozen, judged   passed: OPEN; refused, too slow: LINGERING
 *     OPEN       evhttp's         request complete: BUSY; too slow: LINGERING
 *     BUSY       frozen           reply sent: JUDGING, or the connection ends
 *     LINGERING  thrown away      the client closes, or time is up
 *
 * A connection's end. evhttp tells it only to who knows the connection, which we do from its
 * first request on (on_close). Until then we hold a reference on the bufferevent and look now
 * and then whether evhttp has let go of it, which shows by its callbacks being gone. Then its
 * descriptor is not touched any more: the number may belong to another connection already. */
#include <sys/queue.h> /* before libevent's own excerpt of it */

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/time.h"
#include "http/guard.h"
#include "http/loop.h"
#include "http/reply.h"

enum {
    SPARE_ARENAS = 64,
    COPIED_BODY_LEN = 16 * 1024, /* larger ones are sent from where they are */
    OUT_MAX_LEN = COPIED_BODY_LEN + 64 * 1024,
    LINGER_MS = 2000,
    SWEEP_MS = 1000,
    CROWDED_SWEEP_MS = 100,
};

typedef enum ConnState { CONN_JUDGING, CONN_OPEN, CONN_BUSY, CONN_LINGERING } ConnState;

typedef struct Exchange Exchange;

typedef struct Conn {
    LIST_ENTRY(Conn) link;
    Engine *engine;
    struct bufferevent *bev;
    Exchange *exchange; /* while it waits for its reply */
    ConnState state;
    bool is_young;    /* no request yet: we hold a reference on bev, on_close will not be called */
    bool is_extra;    /* beyond the maximum: not counted, to be turned away */
    bool is_sending;  /* part of a reply is not with the kernel yet */
    bool is_closing;  /* it ends after the reply under way */
    bool via_trusted; /* the peer is a proxy of ours */
    IpAddress peer;
    int64_t deadline_us; /* of the message under way, or of lingering; 0: neither */
    HttpGuard guard;
} Conn;

/* A request and what evhttp knows of it; lives in the request's arena. */
struct Exchange {
    HttpRequest request; /* first: an HttpRequest * is an Exchange * */
    LIST_ENTRY(Exchange) link;
    struct evhttp_request *ev;
    Conn *conn; /* NULL: the client has gone */
    char id[16];
};

struct Engine {
    HttpLoop *loop;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct event *sweep_event;
    LIST_HEAD(, Conn) conns;
    LIST_HEAD(, Exchange) unanswered;
    Conn *current; /* whose input changed last */
    int64_t request_us, swept_us;
    Arena *spare[SPARE_ARENAS];
    size_t spare_count;
    Buf out; /* the reply that is being put together */
    uint64_t id_seed, id_count;
    time_t date_second;
    char date[32];
};

static Str date_now(Engine *engine)
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

/* ---- refusing ---------------------------------------------------------- */

static void send_refusal(Conn *conn, int status, const char *message)
{
    Engine *engine = conn->engine;
    engine->out.len = 0;
    reply_append_refusal(&engine->out, status, message, date_now(engine));
    Str text = buf_str(&engine->out);
    /* Whether it gets through is the client's affair; nothing else is under way here. */
    (void)!send(bufferevent_getfd(conn->bev), text.ptr, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    count_up(&engine->loop->refused);
}

/* Answers in evhttp's place and throws away what else comes, until the client has closed:
 * closing at once would reset the connection and the client might never see why. */
static void conn_refuse(Conn *conn, int status, const char *message)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    send_refusal(conn, status, message);
    shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
    conn->state = CONN_LINGERING;
    conn->deadline_us = time_monotonic_us() + LINGER_MS * US_PER_MS;
    evbuffer_unfreeze(input, 1);
    evbuffer_drain(input, evbuffer_get_length(input));
}

/* ---- the gate ---------------------------------------------------------- */

/* evhttp answers "Expect: 100-continue" by itself, but sees a chunked body only when it is whole. */
static void conn_continue(Conn *conn)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    bool waits = conn->guard.expects_continue && conn->guard.stage == GUARD_IN_CHUNK_SIZE;
    if (waits && !conn->guard.is_http10)
        (void)!send(bufferevent_getfd(conn->bev), go_on, sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (waits)
        conn->guard.expects_continue = false;
}

static void conn_judge(Conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    if (conn->deadline_us == 0)
        conn->deadline_us = time_monotonic_us() + conn->engine->request_us;
    Str bytes = { .len = evbuffer_get_length(input) };
    bytes.ptr = (const char *)evbuffer_pullup(input, -1);
    if (bytes.ptr == NULL) {
        conn_refuse(conn, 503, "There is no memory left; try again later.");
        return;
    }
    switch (http_guard_feed(&conn->guard, bytes)) {
    case GUARD_MORE:
        conn_continue(conn);
        break;
    case GUARD_PASS:
        conn->state = CONN_OPEN;
        evbuffer_unfreeze(input, 1);
        break;
    case GUARD_REFUSED:
        conn_refuse(conn, conn->guard.status, conn->guard.message);
        break;
    }
}

/* Runs whenever the input grows or shrinks, before evhttp gets to see it. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    Conn *conn = arg;
    conn->engine->current = conn;
    if (info->n_added == 0)
        return;
    if (conn->state == CONN_JUDGING)
        conn_judge(conn);
    else if (conn->state == CONN_LINGERING)
        evbuffer_drain(input, evbuffer_get_length(input));
}

static void conn_expect_message(Conn *conn)
{
    conn->state = CONN_JUDGING;
    conn->guard = http_guard(LIMIT_BODY_LEN);
    conn->deadline_us = 0;
    evbuffer_freeze(bufferevent_get_input(conn->bev), 1);
}

/* ---- connections ------------------------------------------------------- */

static void conn_free(Conn *conn)
{
    Engine *engine = conn->engine;
    if (!conn->is_extra)
        atomic_fetch_sub(&engine->loop->server->connections, 1);
    if (engine->current == conn)
        engine->current = NULL;
    evbuffer_remove_cb(bufferevent_get_input(conn->bev), on_input, conn);
    if (conn->is_young)
        bufferevent_decref(conn->bev);
    if (conn->exchange)
        conn->exchange->conn = NULL;
    if (conn->is_sending)
        count_down(&engine->loop->sending);
    LIST_REMOVE(conn, link);
    mem_free(conn);
    loop_tell_drained(engine->loop);
}

static void on_close(struct evhttp_connection *evcon, void *arg)
{
    (void)evcon;
    conn_free(arg);
}

static bool conn_is_gone(const Conn *conn)
{
    bufferevent_data_cb on_read, on_write;
    bufferevent_event_cb on_event;
    void *arg;
    bufferevent_getcb(conn->bev, &on_read, &on_write, &on_event, &arg);
    return on_event == NULL;
}

static void conn_time_out(Conn *conn)
{
    if (conn->state == CONN_LINGERING) {
        shutdown(bufferevent_getfd(conn->bev), SHUT_RDWR); /* evhttp reads the end and closes */
        conn->deadline_us = 0;
    } else {
        conn_refuse(conn, 408, "The request took too long to arrive.");
    }
}

static void sweep(Engine *engine)
{
    int64_t now = time_monotonic_us();
    engine->swept_us = now;
    for (Conn *conn = LIST_FIRST(&engine->conns), *next; conn; conn = next) {
        next = LIST_NEXT(conn, link);
        if (conn->is_young && conn_is_gone(conn)) {
            conn_free(conn);
        } else if (conn->is_extra && conn->state != CONN_LINGERING) {
            send_refusal(conn, 503, "There are too many connections; try again later.");
            conn->state = CONN_LINGERING;
            conn_time_out(conn);
        } else if (conn->deadline_us && now > conn->deadline_us) {
            conn_time_out(conn);
        }
    }
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    sweep(arg);
}

/* Connections that ended before their first request count until they are swept. */
static bool is_crowded(Engine *engine)
{
    const HttpServer *server = engine->loop->server;
    if (atomic_load(&server->connections) < server->options.max_connections)
        return false;
    if (time_monotonic_us() - engine->swept_us > CROWDED_SWEEP_MS * US_PER_MS)
        sweep(engine);
    return atomic_load(&server->connections) >= server->options.max_connections;
}

/* evhttp asks for a bufferevent for each connection it accepts. */
static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
    Engine *engine = arg;
    struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);
    Conn *conn = bev ? mem_alloc(sizeof *conn) : NULL;
    if (conn == NULL)
        return bev; /* on_request turns away what has no Conn */
    *conn = (Conn){ .engine = engine, .bev = bev, .is_young = true, .is_extra = is_crowded(engine) };
    bufferevent_incref(bev);
    LIST_INSERT_HEAD(&engine->conns, conn, link);
    conn_expect_message(conn);
    evbuffer_add_cb(bufferevent_get_input(bev), on_input, conn);
    if (conn->is_extra)
        event_active(engine->sweep_event, EV_TIMEOUT, 0); /* once evhttp has set it up */
    else
        atomic_fetch_add(&engine->loop->server->connections, 1);
    return bev;
}

static void conn_settle(Conn *conn, struct evhttp_connection *evcon)
{
    evhttp_connection_set_closecb(evcon, on_close, conn);
    bufferevent_decref(conn->bev);
    conn->is_young = false;
    conn->peer = ip_of_sockaddr(evhttp_connection_get_addr(evcon));
    conn->via_trusted = forwarded_is_trusted(conn->peer, conn->engine->loop->server->trusted);
}

static Conn *conn_of(Engine *engine, const struct bufferevent *bev)
{
    if (engine->current && engine->current->bev == bev)
        return engine->current; /* always, unless something came between reading and here */
    Conn *conn;
    LIST_FOREACH(conn, &engine->conns, link)
    if (conn->bev == bev)
        return conn;
    return NULL;
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
    if (evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0)
        conn_judge(conn); /* pipelined; evhttp looks again on its own */
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
    engine->out.len = 0;
    reply_append_head(&engine->out, reply, date_now(engine), request->id, connection_word(conn));
    if (body.len <= COPIED_BODY_LEN) {
        buf_append(&engine->out, body);
        body = STR_NONE;
    }
    if (engine->out.failed) {
        engine->out = (Buf){ .ptr = engine->out.ptr, .cap = engine->out.cap, .max_len = OUT_MAX_LEN };
        conn->is_closing = true;
        reply_append_refusal(&engine->out, 500, "The answer's headers are too long.", date_now(engine));
        body = STR_NONE;
    }
    deliver(conn, exchange->ev, buf_str(&engine->out), body);
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
    if (conn->is_young)
        conn_settle(conn, evcon);
    evbuffer_freeze(bufferevent_get_input(bev), 1);
    conn->state = CONN_BUSY;
    count_up(&engine->loop->requests);
    Exchange *exchange = exchange_new(engine, conn, ev);
    conn->deadline_us = 0;
    if (exchange) {
        engine->loop->server->options.handle(&exchange->request, engine->loop->server->options.arg);
        return;
    }
    conn->is_closing = true;
    engine->out.len = 0;
    reply_append_refusal(&engine->out, 503, "There is no memory left; try again later.", date_now(engine));
    deliver(conn, ev, buf_str(&engine->out), STR_NONE);
}

/* ---- listening, life --------------------------------------------------- */

/* evhttp's remarks on its connections; this layer does not log. */
static void ignore_log(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

static void set_up(Engine *engine)
{
    struct evhttp *http = engine->http;
    event_set_log_callback(ignore_log);
    evhttp_set_gencb(http, on_request, engine);
    evhttp_set_bevcb(http, on_accept, engine);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                         EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    /* The guard's limits are lower and come first; evhttp counts what is behind the head, too. */
    evhttp_set_max_headers_size(http, LIMIT_REQUEST_LINE_LEN + LIMIT_HEADERS_LEN + 4 * LIMIT_BODY_LEN);
    evhttp_set_max_body_size(http, LIMIT_BODY_LEN);
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
