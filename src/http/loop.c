#include "http/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"

struct Timer {
    Timer *next;
    struct event *event;
    HttpLoop *loop;
    void (*fn)(HttpLoop *loop, void *arg);
    void *arg;
};

/* For the last answers to leave, at the end. */
#define SEND_REST_US (2 * US_PER_SECOND)

/* ---- the mailbox ------------------------------------------------------- */

void http_loop_post(HttpLoop *loop, HttpTask *chain)
{
    if (chain == NULL)
        return;
    HttpTask *tail = chain;
    while (tail->next)
        tail = tail->next;
    Mailbox *mailbox = &loop->mailbox;
    pthread_mutex_lock(&mailbox->mutex);
    bool was_empty = mailbox->first == NULL;
    *mailbox->last = chain;
    mailbox->last = &tail->next;
    pthread_mutex_unlock(&mailbox->mutex);
    /* One wake-up a batch: waking a sleeping core costs more than answering a request. */
    if (was_empty)
        eventfd_write(mailbox->wake_fd, 1);
}

static void run_posted(HttpLoop *loop)
{
    Mailbox *mailbox = &loop->mailbox;
    pthread_mutex_lock(&mailbox->mutex);
    HttpTask *task = mailbox->first;
    mailbox->first = NULL;
    mailbox->last = &mailbox->first;
    pthread_mutex_unlock(&mailbox->mutex);
    while (task) {
        HttpTask *next = task->next; /* run() may free the task or post it again */
        task->next = NULL;
        task->run(task);
        task = next;
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    eventfd_t count;
    eventfd_read(fd, &count); /* before the list is taken: a later post wakes again */
    run_posted(arg);
}

/* ---- timers ------------------------------------------------------------ */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    const Timer *timer = arg;
    timer->fn(timer->loop, timer->arg);
}

void http_loop_every(HttpLoop *loop, int interval_ms, void (*fn)(HttpLoop *loop, void *arg), void *arg)
{
    struct timeval interval = { interval_ms / 1000, interval_ms % 1000 * 1000 };
    Timer *timer = mem_alloc(sizeof *timer);
    if (timer == NULL)
        return;
    *timer = (Timer){ .next = loop->timers, .loop = loop, .fn = fn, .arg = arg };
    timer->event = event_new(loop->base, -1, EV_PERSIST, on_timer, timer);
    loop->timers = timer;
    if (timer->event)
        event_add(timer->event, &interval);
}

void *http_loop_state(const HttpLoop *loop)
{
    return loop->state;
}

/* ---- drain and stop ---------------------------------------------------- */

void loop_tell_drained(HttpLoop *loop)
{
    if (!loop->draining || atomic_load(&loop->in_flight) + atomic_load(&loop->sending) > 0)
        return;
    pthread_mutex_lock(&loop->server->mutex);
    pthread_cond_broadcast(&loop->server->changed);
    pthread_mutex_unlock(&loop->server->mutex);
}

static HttpLoop *loop_of(HttpTask *task, size_t offset)
{
    return (HttpLoop *)(void *)((char *)task - offset);
}

static void run_drain(HttpTask *task)
{
    HttpLoop *loop = loop_of(task, offsetof(HttpLoop, drain_task));
    loop->draining = true;
    engine_stop_listening(loop->engine);
    pthread_mutex_lock(&loop->server->mutex);
    loop->server->loops_drained++;
    pthread_cond_broadcast(&loop->server->changed);
    pthread_mutex_unlock(&loop->server->mutex);
}

static void run_stop(HttpTask *task)
{
    HttpLoop *loop = loop_of(task, offsetof(HttpLoop, stop_task));
    loop->stopping = true;
    event_base_loopbreak(loop->base);
}

/* What the owner's tasks and timers would touch is gone by now: only bytes move. */
static void send_rest(HttpLoop *loop)
{
    const struct timeval turn = { .tv_usec = 10000 };
    int64_t until_us = time_monotonic_us() + SEND_REST_US;
    event_del(loop->wake_event);
    for (Timer *timer = loop->timers; timer; timer = timer->next)
        event_del(timer->event);
    while (atomic_load(&loop->sending) > 0 && time_monotonic_us() < until_us) {
        event_base_loopexit(loop->base, &turn);
        event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    }
}

/* ---- life -------------------------------------------------------------- */

#if defined(__SANITIZE_THREAD__)
/* The changelist takes a descriptor out of epoll after it was closed, when another loop may have
 * been given its number already. The kernel then answers ENOENT, which libevent expects. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:epoll_ctl\n";
}
#endif

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    /* The changelist folds what is switched off and on again within one turn of the loop, as
     * reading is around each request, into no system call at all. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

bool loop_init(HttpLoop *loop, HttpServer *server, int listen_fd)
{
    *loop = (HttpLoop){ .server = server, .listen_fd = listen_fd };
    loop->drain_task.run = run_drain;
    loop->stop_task.run = run_stop;
    loop->mailbox.last = &loop->mailbox.first;
    pthread_mutex_init(&loop->mailbox.mutex, NULL);
    loop->mailbox.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->base = new_base();
    if (loop->base == NULL || loop->mailbox.wake_fd < 0)
        return false;
    loop->wake_event = event_new(loop->base, loop->mailbox.wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    loop->engine = loop->wake_event ? engine_new(loop, listen_fd) : NULL;
    if (loop->engine)
        loop->listen_fd = -1;
    return loop->engine && event_add(loop->wake_event, NULL) == 0;
}

static void *loop_main(void *arg)
{
    HttpLoop *loop = arg;
    HttpServer *server = loop->server;
    if (server->options.loop_start)
        loop->state = server->options.loop_start(loop, server->options.arg);
    pthread_mutex_lock(&server->mutex);
    server->loops_ready++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);

    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);

    run_posted(loop);
    /* Requests must outlive what may still answer them: the owner waits for that in loop_stop. */
    if (server->options.loop_stop)
        server->options.loop_stop(loop, loop->state, server->options.arg);
    send_rest(loop);
    engine_free(&loop->engine);
    return NULL;
}

bool loop_start(HttpLoop *loop)
{
    /* Signals are for the main thread; and a client that has gone must not end the process. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&loop->thread, NULL, loop_main, loop) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void loop_stop(HttpLoop *loop)
{
    http_loop_post(loop, &loop->stop_task);
    pthread_join(loop->thread, NULL);
}

void loop_free(HttpLoop *loop)
{
    engine_free(&loop->engine);
    for (Timer *timer = loop->timers, *next; timer; timer = next) {
        next = timer->next;
        if (timer->event)
            event_free(timer->event);
        mem_free(timer);
    }
    if (loop->wake_event)
        event_free(loop->wake_event);
    if (loop->base)
        event_base_free(loop->base);
    if (loop->mailbox.wake_fd >= 0)
        close(loop->mailbox.wake_fd);
    if (loop->listen_fd >= 0)
        close(loop->listen_fd);
    pthread_mutex_destroy(&loop->mailbox.mutex);
}
