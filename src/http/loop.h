/* Inside of http/: the loops and the server, as loop.c, server.c and the engine share them.
 *
 * A loop is a thread with a libevent base, a listener of its own, a mailbox and an engine.
 * All of it belongs to that thread, except the mailbox (under its mutex) and the atomics. */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/forwarded.h"
#include "http/http.h"

struct event;
struct event_base;

typedef struct Engine Engine;
typedef struct Timer Timer;

typedef struct Mailbox {
    pthread_mutex_t mutex;
    HttpTask *first, **last; /* in the order they were posted */
    int wake_fd;             /* an eventfd, written when the first task comes in */
} Mailbox;

struct HttpLoop {
    HttpServer *server;
    struct event_base *base;
    struct event *wake_event;
    Engine *engine;
    Timer *timers;
    void *state;
    pthread_t thread;
    int listen_fd; /* the engine's once there is one */
    bool draining;
    bool stopping; /* no handler is called any more */
    Mailbox mailbox;
    HttpTask drain_task, stop_task;
    /* Written by the loop only, read by anybody. `sending`: answered, but not all of it is with
     * the kernel yet. */
    _Atomic uint64_t requests, refused, in_flight, sending;
};

struct HttpServer {
    HttpOptions options;
    TrustedProxies trusted;
    _Atomic uint64_t connections;
    uint16_t port;
    bool drain_asked;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    int loops_ready, loops_drained;
    /* Constant once started. */
    int loop_count;
    HttpLoop *loops;
};

/* A counter that one thread writes needs no locked instruction. */
static inline void count_up(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static inline void count_down(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) - 1,
                          memory_order_release);
}

/* False without memory or descriptors; loop_free takes what there is. */
bool loop_init(HttpLoop *loop, HttpServer *server, int listen_fd);
/* Starts the thread; false when the system has none. */
bool loop_start(HttpLoop *loop);
/* Ends the thread, if there is one, after it has run what was posted. */
void loop_stop(HttpLoop *loop);
void loop_free(HttpLoop *loop);
/* On the loop, after in_flight or sending went down: wakes who waits in http_server_drain. */
void loop_tell_drained(HttpLoop *loop);

/* ---- the engine (engine_evhttp.c) -------------------------------------- */

/* Takes over the listening socket. NULL without memory. */
Engine *engine_new(HttpLoop *loop, int listen_fd) MUST_USE;
void engine_stop_listening(Engine *engine);
/* Answers what is unanswered with 503, closes all connections. Sets the pointer to NULL. */
void engine_free(Engine **engine);

#endif
