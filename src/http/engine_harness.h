/* A real server with a small handler, and a client on plain sockets, for the tests of the engine. */
#ifndef HTTP_ENGINE_HARNESS_H
#define HTTP_ENGINE_HARNESS_H

#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/time.h"

enum { PATIENCE_MS = 10000, BIG_LEN = 12 * 1024 * 1024 };

#define HOST "Host: a.example\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

/* ---- the server under test --------------------------------------------- */

typedef struct Held {
    HttpTask task; /* first */
    HttpRequest *request;
    struct Held *next;
} Held;

static struct {
    HttpServer *server;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    Held *held;
    int held_count;
    int starts, stops, ticks;
} fixture = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static const char big_body[BIG_LEN];

static inline void reply_text(HttpRequest *request, Str text)
{
    http_reply(request, &(HttpReply){ .status = 200, .content_type = "text/plain", .body = text });
}

static inline void reply_held(HttpTask *task)
{
    Held *held = (Held *)task;
    reply_text(held->request, STR("late"));
    mem_free(held);
}

static inline void hold(HttpRequest *request)
{
    Held *held = mem_alloc(sizeof *held);
    *held = (Held){ .task.run = reply_held, .request = request };
    pthread_mutex_lock(&fixture.mutex);
    held->next = fixture.held;
    fixture.held = held;
    fixture.held_count++;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.mutex);
}

static inline void wait_for_held(int count)
{
    pthread_mutex_lock(&fixture.mutex);
    while (fixture.held_count < count)
        pthread_cond_wait(&fixture.changed, &fixture.mutex);
    pthread_mutex_unlock(&fixture.mutex);
}

/* What a database thread does after its commit: one chain of answers, one wake-up. */
static inline void *answer_held(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&fixture.mutex);
    Held *all = fixture.held;
    fixture.held = NULL;
    fixture.held_count = 0;
    pthread_mutex_unlock(&fixture.mutex);
    HttpTask *chain = NULL;
    HttpLoop *loop = all ? all->request->loop : NULL;
    for (; all; all = all->next) {
        all->task.next = chain;
        chain = &all->task;
    }
    if (loop)
        http_loop_post(loop, chain);
    return NULL;
}

static inline void release_held(void)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_held, NULL), 0);
    pthread_join(thread, NULL);
}

static inline void reply_echo(HttpRequest *request)
{
    Str told = http_header(request, "x-TOLD");
    reply_text(request, arena_printf(request->arena, "%s %.*s ?%.*s [%.*s] %.*s",
                                     http_method_name(request->method), STR_ARG(request->path),
                                     STR_ARG(request->query), STR_ARG(request->body), STR_ARG(told)));
}

static inline void handle(HttpRequest *request, void *arg)
{
    (void)arg;
    if (str_is(request->path, "/later")) {
        hold(request);
    } else if (str_is(request->path, "/peer")) {
        reply_text(request, arena_str(request->arena, str_of(ip_text(request->peer).text)));
    } else if (str_is(request->path, "/big")) {
        reply_text(request, (Str){ big_body, BIG_LEN });
    } else if (str_is(request->path, "/empty")) {
        http_reply(request, &(HttpReply){ .status = 204 });
    } else if (str_is(request->path, "/redirect")) {
        HttpReply reply = { .status = 302 };
        http_reply_header(&reply, "Location", STR("https://b.example/"));
        http_reply_header(&reply, "X-Evil", STR("a\r\nSet-Cookie: b=c"));
        http_reply(request, &reply);
    } else if (str_is(request->path, "/close")) {
        http_reply(request, &(HttpReply){ .status = 200, .content_type = "text/plain", .close = true });
    } else {
        reply_echo(request);
    }
}

static inline void tick(HttpLoop *loop, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&fixture.mutex);
    fixture.ticks += http_loop_state(loop) == &fixture;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.mutex);
}

static inline void *on_loop_start(HttpLoop *loop, void *arg)
{
    (void)arg;
    http_loop_every(loop, 10, tick, NULL);
    pthread_mutex_lock(&fixture.mutex);
    fixture.starts++;
    pthread_mutex_unlock(&fixture.mutex);
    return &fixture;
}

static inline void on_loop_stop(HttpLoop *loop, void *state, void *arg)
{
    (void)loop;
    (void)arg;
    assert_ptr_equal(state, &fixture);
    fixture.stops++; /* read after http_server_free only */
}

static inline void start(HttpOptions options)
{
    options.host = STR("127.0.0.1");
    options.handle = handle;
    Error err = { 0 };
    assert_int_equal(http_server_start(&options, &fixture.server, &err), STATUS_OK);
}

static inline int start_plain(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1 });
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    if (fixture.server)
        http_server_drain(fixture.server, PATIENCE_MS);
    http_server_free(&fixture.server);
    return 0;
}

/* ---- the client -------------------------------------------------------- */

static inline int try_dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(http_server_port(fixture.server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)(void *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline int dial(void)
{
    int fd = try_dial();
    assert_true(fd >= 0);
    return fd;
}

static inline bool put(int fd, Str bytes)
{
    while (bytes.len) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = str_skip(bytes, (size_t)sent);
    }
    return true;
}

/* -1 when nothing comes in time; 0 at the end, or when the connection was reset. */
static inline ssize_t get(int fd, char *out, size_t len)
{
    struct pollfd waits = { .fd = fd, .events = POLLIN };
    if (poll(&waits, 1, PATIENCE_MS) <= 0)
        return -1;
    ssize_t got = recv(fd, out, len, 0);
    return got < 0 ? 0 : got;
}

typedef struct Answer {
    int status;
    char head[4096];
    size_t body_len;
    char body[512]; /* the first bytes of it */
} Answer;

static inline size_t length_in(const Answer *answer, bool is_head)
{
    const char *at = strstr(answer->head, "Content-Length: ");
    return at && !is_head ? strtoul(at + 16, NULL, 10) : 0;
}

/* Reads one answer to its end and not further. */
static inline Answer read_answer_of(int fd, bool is_head)
{
    Answer answer = { 0 };
    size_t len = 0;
    while (len < sizeof answer.head - 1 && !strstr(answer.head, "\r\n\r\n") &&
           get(fd, answer.head + len, 1) == 1)
        len++;
    if (sscanf(answer.head, "HTTP/1.1 %d ", &answer.status) != 1 || !strstr(answer.head, "\r\n\r\n"))
        return (Answer){ .status = -1 };
    size_t left = length_in(&answer, is_head);
    static char rest[65536];
    while (left > 0) {
        ssize_t got = get(fd, rest, size_min(left, sizeof rest));
        assert_true(got > 0);
        if (answer.body_len < sizeof answer.body - 1)
            memcpy(answer.body + answer.body_len, rest,
                   size_min((size_t)got, sizeof answer.body - 1 - answer.body_len));
        answer.body_len += (size_t)got;
        left -= (size_t)got;
    }
    return answer;
}

static inline Answer read_answer(int fd)
{
    return read_answer_of(fd, false);
}

static inline Answer ask(int fd, Str request)
{
    put(fd, request);
    return read_answer(fd);
}

static inline bool is_closed(int fd)
{
    char byte;
    return get(fd, &byte, 1) == 0;
}

static inline void nap(void)
{
    poll(NULL, 0, 1);
}

/* For what only the server's counters tell. */
#define WAIT_UNTIL(condition)                                                                                \
    do {                                                                                                     \
        int64_t give_up = time_monotonic_us() + PATIENCE_MS * US_PER_MS;                                     \
        while (!(condition)) {                                                                               \
            assert_true(time_monotonic_us() < give_up);                                                      \
            nap();                                                                                           \
        }                                                                                                    \
    } while (0)

static inline HttpStats stats(void)
{
    return http_server_stats(fixture.server);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start_plain, stop)
#define WITHOUT(test) cmocka_unit_test_teardown(test, stop)

#endif
