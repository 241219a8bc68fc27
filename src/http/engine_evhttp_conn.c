/* The gate. Each connection's input buffer is frozen at its front, so that evhttp finds nothing
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
#include "http/engine_evhttp.h"

#include <sys/socket.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/time.h"

enum { LINGER_MS = 2000, CROWDED_SWEEP_MS = 100 };

/* ---- refusing ---------------------------------------------------------- */

static void send_refusal(Conn *conn, int status, const char *message)
{
    Engine *engine = conn->engine;
    Buf *out = engine_out(engine);
    reply_append_refusal(out, status, message, engine_date(engine));
    Str text = buf_str(out);
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

static void conn_close_gate(Conn *conn)
{
    conn->state = CONN_JUDGING;
    conn->guard = http_guard(LIMIT_BODY_LEN);
    conn->guard.max_body_len_of = conn->engine->loop->server->options.max_body_len;
    conn->guard.loop = conn->engine->loop;
    conn->deadline_us = 0;
    evbuffer_freeze(bufferevent_get_input(conn->bev), 1);
}

void conn_expect_message(Conn *conn)
{
    conn_close_gate(conn);
    if (evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0)
        conn_judge(conn); /* pipelined; evhttp looks again on its own */
}

/* ---- connections ------------------------------------------------------- */

void conn_free(Conn *conn)
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

void conn_sweep(Engine *engine)
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

/* Connections that ended before their first request count until they are swept. */
static bool is_crowded(Engine *engine)
{
    const HttpServer *server = engine->loop->server;
    if (atomic_load(&server->connections) < server->options.max_connections)
        return false;
    if (time_monotonic_us() - engine->swept_us > CROWDED_SWEEP_MS * US_PER_MS)
        conn_sweep(engine);
    return atomic_load(&server->connections) >= server->options.max_connections;
}

struct bufferevent *conn_accept(struct event_base *base, void *arg)
{
    Engine *engine = arg;
    struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);
    Conn *conn = bev ? mem_alloc(sizeof *conn) : NULL;
    if (conn == NULL)
        return bev; /* a request without a Conn is turned away */
    *conn = (Conn){ .engine = engine, .bev = bev, .is_young = true, .is_extra = is_crowded(engine) };
    bufferevent_incref(bev);
    LIST_INSERT_HEAD(&engine->conns, conn, link);
    conn_close_gate(conn);
    evbuffer_add_cb(bufferevent_get_input(bev), on_input, conn);
    if (conn->is_extra)
        event_active(engine->sweep_event, EV_TIMEOUT, 0); /* once evhttp has set it up */
    else
        atomic_fetch_add(&engine->loop->server->connections, 1);
    return bev;
}

Conn *conn_of(Engine *engine, const struct bufferevent *bev)
{
    if (engine->current && engine->current->bev == bev)
        return engine->current; /* always, unless something came between reading and here */
    Conn *conn;
    LIST_FOREACH(conn, &engine->conns, link)
    if (conn->bev == bev)
        return conn;
    return NULL;
}

static void conn_settle(Conn *conn, struct evhttp_connection *evcon)
{
    evhttp_connection_set_closecb(evcon, on_close, conn);
    bufferevent_decref(conn->bev);
    conn->is_young = false;
    conn->peer = ip_of_sockaddr(evhttp_connection_get_addr(evcon));
    conn->via_trusted = forwarded_is_trusted(conn->peer, conn->engine->loop->server->trusted);
}

void conn_hold(Conn *conn, struct evhttp_connection *evcon)
{
    if (conn->is_young)
        conn_settle(conn, evcon);
    evbuffer_freeze(bufferevent_get_input(conn->bev), 1);
    conn->state = CONN_BUSY;
}
