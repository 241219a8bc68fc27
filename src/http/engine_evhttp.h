/* Inside of the evhttp engine; nobody else includes this.
 *
 * The engine is libevent's evhttp. It parses what the guard has let through, collects bodies and
 * looks after idle connections; the rest is done here: engine_evhttp_conn.c guards and counts
 * connections, engine_evhttp.c takes requests and answers them. */
#ifndef HTTP_ENGINE_EVHTTP_H
#define HTTP_ENGINE_EVHTTP_H

#include <sys/queue.h> /* before libevent's own excerpt of it */

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <time.h>

#include "http/guard.h"
#include "http/loop.h"
#include "http/reply.h"

enum {
    SPARE_ARENAS = 64,
    COPIED_BODY_LEN = 16 * 1024, /* larger ones are sent from where they are */
    OUT_MAX_LEN = COPIED_BODY_LEN + 64 * 1024,
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

/* The Date header's value. */
Str engine_date(Engine *engine);
/* Empties engine->out for a new reply. */
Buf *engine_out(Engine *engine);

/* evhttp asks for a bufferevent for each connection it accepts: here a Conn begins. */
struct bufferevent *conn_accept(struct event_base *base, void *engine);
/* NULL when there was no memory for one: such a connection has not been judged. */
Conn *conn_of(Engine *engine, const struct bufferevent *bev);
/* evhttp hands out a complete request of it: no more input until conn_expect_message. */
void conn_hold(Conn *conn, struct evhttp_connection *evcon);
/* Its reply is out: judges what has come of the next message. */
void conn_expect_message(Conn *conn);
/* Turns away who is slow or one too many, and finds out which ones have ended. */
void conn_sweep(Engine *engine);
void conn_free(Conn *conn);

#endif
