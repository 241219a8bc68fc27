/* A real server, spoken to through plain sockets. */
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

static char *big_body;

static void reply_text(HttpRequest *request, Str text)
{
    http_reply(request, &(HttpReply){ .status = 200, .content_type = "text/plain", .body = text });
}

static void reply_held(HttpTask *task)
{
    Held *held = (Held *)task;
    reply_text(held->request, STR("late"));
    free(held);
}

static void hold(HttpRequest *request)
{
    Held *held = calloc(1, sizeof *held);
    *held = (Held){ .task.run = reply_held, .request = request };
    pthread_mutex_lock(&fixture.mutex);
    held->next = fixture.held;
    fixture.held = held;
    fixture.held_count++;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.mutex);
}

static void wait_for_held(int count)
{
    pthread_mutex_lock(&fixture.mutex);
    while (fixture.held_count < count)
        pthread_cond_wait(&fixture.changed, &fixture.mutex);
    pthread_mutex_unlock(&fixture.mutex);
}

/* What a database thread does after its commit: one chain of answers, one wake-up. */
static void *answer_held(void *arg)
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

static void release_held(void)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_held, NULL), 0);
    pthread_join(thread, NULL);
}

static void reply_echo(HttpRequest *request)
{
    Str told = http_header(request, "x-TOLD");
    reply_text(request, arena_printf(request->arena, "%s %.*s ?%.*s [%.*s] %.*s",
                                     http_method_name(request->method), STR_ARG(request->path),
                                     STR_ARG(request->query), STR_ARG(request->body), STR_ARG(told)));
}

static void handle(HttpRequest *request, void *arg)
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

static void tick(HttpLoop *loop, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&fixture.mutex);
    fixture.ticks += http_loop_state(loop) == &fixture;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.mutex);
}

static void *on_loop_start(HttpLoop *loop, void *arg)
{
    (void)arg;
    http_loop_every(loop, 10, tick, NULL);
    pthread_mutex_lock(&fixture.mutex);
    fixture.starts++;
    pthread_mutex_unlock(&fixture.mutex);
    return &fixture;
}

static void on_loop_stop(HttpLoop *loop, void *state, void *arg)
{
    (void)loop;
    (void)arg;
    assert_ptr_equal(state, &fixture);
    fixture.stops++; /* read after http_server_free only */
}

static void start(HttpOptions options)
{
    options.host = STR("127.0.0.1");
    options.handle = handle;
    Error err = { 0 };
    assert_int_equal(http_server_start(&options, &fixture.server, &err), STATUS_OK);
}

static int start_plain(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1 });
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (fixture.server)
        http_server_drain(fixture.server, PATIENCE_MS);
    http_server_free(&fixture.server);
    return 0;
}

/* ---- the client -------------------------------------------------------- */

static int try_dial(void)
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

static int dial(void)
{
    int fd = try_dial();
    assert_true(fd >= 0);
    return fd;
}

static bool put(int fd, Str bytes)
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
static ssize_t get(int fd, char *out, size_t len)
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

static size_t length_in(const Answer *answer, bool is_head)
{
    const char *at = strstr(answer->head, "Content-Length: ");
    return at && !is_head ? strtoul(at + 16, NULL, 10) : 0;
}

/* Reads one answer to its end and not further. */
static Answer read_answer_of(int fd, bool is_head)
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

static Answer read_answer(int fd)
{
    return read_answer_of(fd, false);
}

static Answer ask(int fd, Str request)
{
    put(fd, request);
    return read_answer(fd);
}

static bool is_closed(int fd)
{
    char byte;
    return get(fd, &byte, 1) == 0;
}

static void nap(void)
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

static HttpStats stats(void)
{
    return http_server_stats(fixture.server);
}

/* ---- requests and replies ---------------------------------------------- */

static void a_request_reaches_its_handler(void **state)
{
    (void)state;
    int fd = dial();
    Answer answer = ask(
        fd, STR("POST /a%20b/c?d=%65 HTTP/1.1\r\n" HOST "X-Told:  yes \r\nContent-Length: 5\r\n\r\nhello"));
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "POST /a%20b/c ?d=%65 [hello] yes");
    assert_non_null(strstr(answer.head, "\r\nContent-Type: text/plain\r\n"));
    assert_non_null(strstr(answer.head, "\r\nDate: "));
    assert_null(strstr(answer.head, "Server:"));
    assert_null(strstr(answer.head, "Connection:"));
    close(fd);
}

static void an_absolute_target_is_its_path(void **state)
{
    (void)state;
    int fd = dial();
    Answer answer = ask(fd, STR("GET http://b.example?q HTTP/1.1\r\n" HOST "\r\n"));
    assert_string_equal(answer.body, "GET / ?q [] ");
    assert_true(is_closed(fd));
    close(fd);
}

static void each_request_has_an_id_of_its_own(void **state)
{
    (void)state;
    int fd = dial();
    Answer first = ask(fd, STR(GET("/"))), second = ask(fd, STR(GET("/")));
    const char *a = strstr(first.head, "\r\nX-Request-Id: "), *b = strstr(second.head, "\r\nX-Request-Id: ");
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(strspn(a + 16, "0123456789abcdef"), 16);
    assert_memory_not_equal(a + 16, b + 16, 16);
    close(fd);
}

static void an_answer_without_body_has_no_type(void **state)
{
    (void)state;
    int fd = dial();
    Answer answer = ask(fd, STR(GET("/redirect")));
    assert_int_equal(answer.status, 302);
    assert_non_null(strstr(answer.head, "\r\nLocation: https://b.example/\r\n"));
    assert_non_null(strstr(answer.head, "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(answer.head, "Content-Type"));
    answer = ask(fd, STR(GET("/empty")));
    assert_int_equal(answer.status, 204);
    assert_null(strstr(answer.head, "Content-Length"));
    close(fd);
}

static void a_header_value_cannot_start_a_new_line(void **state)
{
    (void)state;
    int fd = dial();
    Answer answer = ask(fd, STR(GET("/redirect")));
    assert_null(strstr(answer.head, "Set-Cookie"));
    assert_null(strstr(answer.head, "X-Evil"));
    close(fd);
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("HEAD /x HTTP/1.1\r\n" HOST "\r\n" GET("/y")));
    Answer answer = read_answer_of(fd, true);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "\r\nContent-Length: 12\r\n"));
    assert_string_equal(read_answer(fd).body, "GET /y ? [] ");
    close(fd);
}

static void connections_are_kept_and_closed_as_asked(void **state)
{
    (void)state;
    int fd = dial();
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(fd, STR(GET("/"))).status, 200);
    Answer last = ask(fd, STR("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    assert_non_null(strstr(last.head, "\r\nConnection: close\r\n"));
    assert_true(is_closed(fd));
    close(fd);

    fd = dial();
    last = ask(fd, STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_non_null(strstr(last.head, "\r\nConnection: keep-alive\r\n"));
    last = ask(fd, STR("GET / HTTP/1.0\r\n\r\n"));
    assert_non_null(strstr(last.head, "\r\nConnection: close\r\n"));
    assert_true(is_closed(fd));
    close(fd);

    fd = dial();
    assert_non_null(strstr(ask(fd, STR(GET("/close"))).head, "\r\nConnection: close\r\n"));
    assert_true(is_closed(fd));
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    int fd = dial();
    char all[100 * 128], expected[64];
    size_t len = 0;
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(all + len, sizeof all - len,
                                "POST /%d HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", i);
    put(fd, (Str){ all, len });
    for (int i = 0; i < 100; i++) {
        snprintf(expected, sizeof expected, "POST /%d ? [ab] ", i);
        assert_string_equal(read_answer(fd).body, expected);
    }
    close(fd);
}

static void what_is_pipelined_behind_a_waiting_request_waits(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR(GET("/later") GET("/now") "GARBAGE\r\n\r\n"));
    wait_for_held(1);
    release_held();
    assert_string_equal(read_answer(fd).body, "late");
    assert_string_equal(read_answer(fd).body, "GET /now ? [] ");
    assert_int_equal(read_answer(fd).status, 400);
    assert_true(is_closed(fd));
    close(fd);
}

static void a_message_may_be_split_anywhere(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "POST /p?q HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" GET("/next"),
        "POST /p?q HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" GET("/next"),
    };
    for (size_t m = 0; m < ARRAY_LEN(messages); m++)
        for (size_t at = 1; at < strlen(messages[m]); at++) {
            int fd = dial();
            put(fd, (Str){ messages[m], at });
            nap(); /* most often the server reads the halves apart */
            put(fd, str_skip(str_of(messages[m]), at));
            assert_string_equal(read_answer(fd).body, "POST /p ?q [hello] ");
            assert_string_equal(read_answer(fd).body, "GET /next ? [] ");
            close(fd);
        }
}

static void a_large_answer_arrives_whole_however_slowly_it_is_read(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR(GET("/big") GET("/next")));
    WAIT_UNTIL(stats().requests == 1 && stats().in_flight == 0);
    Answer answer = read_answer(fd);
    assert_int_equal(answer.body_len, BIG_LEN);
    assert_string_equal(read_answer(fd).body, "GET /next ? [] ");
    close(fd);
}

static void a_body_is_waited_for_after_100_continue(void **state)
{
    (void)state;
    static const char *const heads[] = { "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n" };
    static const char *const bodies[] = { "hello", "5\r\nhello\r\n0\r\n\r\n" };
    for (int i = 0; i < 2; i++) {
        char head[128];
        snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n%s\r\n", heads[i]);
        int fd = dial();
        assert_int_equal(ask(fd, str_of(head)).status, 100);
        assert_string_equal(ask(fd, str_of(bodies[i])).body, "POST / ? [hello] ");
        close(fd);
    }
}

/* ---- hostile framing --------------------------------------------------- */

typedef struct Probe {
    const char *bytes;
    int status; /* then the connection closes */
} Probe;

static void ambiguous_framing_is_refused_and_closed(void **state)
{
    (void)state;
#define POST "POST / HTTP/1.1\r\n" HOST
    static const Probe probes[] = {
        { POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/smuggled"), 400 },
        { POST "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello" GET("/smuggled"), 400 },
        { POST "Content-Length: +5\r\n\r\nhello", 400 },
        { POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400 },
        { "GET / HTTP/1.1\n" HOST "\n\n", 400 },
        { "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 40\r\n\r\n" GET("/smuggled"), 400 },
        { "GET //evil.example/ HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "TRACE / HTTP/1.1\r\n" HOST "\r\n", 405 },
        { "BREW / HTTP/1.1\r\n" HOST "\r\n", 501 },
        { "GET / HTTP/3.0\r\n" HOST "\r\n", 505 },
        { POST "Content-Length: 2000000\r\n\r\n", 413 },
        { POST "Expect: x\r\nContent-Length: 5\r\n\r\n", 417 },
        { "\x16\x03\x01\x02\x00\x01", 400 },
    };
    for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
        int fd = dial();
        Answer answer = ask(fd, str_of(probes[i].bytes));
        if (answer.status != probes[i].status)
            print_error("%s\n", probes[i].bytes);
        char expected[32];
        snprintf(expected, sizeof expected, "{\"code\":%d,\"message\":\"", probes[i].status);
        assert_int_equal(answer.status, probes[i].status);
        assert_memory_equal(answer.body, expected, strlen(expected));
        assert_non_null(strstr(answer.head, "\r\nConnection: close\r\n"));
        assert_true(is_closed(fd));
        close(fd);
    }
    assert_int_equal(stats().requests, 0); /* no handler has seen any of it */
    assert_int_equal(stats().refused, ARRAY_LEN(probes));
#undef POST
}

static void a_nul_in_a_header_is_refused(void **state)
{
    (void)state;
    int fd = dial();
    assert_int_equal(ask(fd, STR("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n")).status, 400);
    close(fd);
}

static Answer ask_long(const char *prefix, size_t count, const char *suffix)
{
    size_t len = strlen(prefix) + count + strlen(suffix);
    char *text = malloc(len + 1);
    memcpy(text, prefix, strlen(prefix));
    memset(text + strlen(prefix), 'a', count);
    strcpy(text + strlen(prefix) + count, suffix);
    int fd = dial();
    Answer answer = ask(fd, (Str){ text, len });
    close(fd);
    free(text);
    return answer;
}

static void oversized_parts_are_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(ask_long("GET /", 7000, " HTTP/1.1\r\n" HOST "\r\n").status, 200);
    assert_int_equal(ask_long("GET /", 9000, " HTTP/1.1\r\n" HOST "\r\n").status, 414);
    assert_int_equal(ask_long("GET / HTTP/1.1\r\n" HOST "A: ", 30000, "\r\n\r\n").status, 200);
    assert_int_equal(ask_long("GET / HTTP/1.1\r\n" HOST "A: ", 64 * 1024, "\r\n\r\n").status, 431);
}

static void a_body_of_the_maximum_passes_and_one_byte_more_does_not(void **state)
{
    (void)state;
    char head[128];
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", LIMIT_BODY_LEN);
    Answer answer = ask_long(head, LIMIT_BODY_LEN, "");
    assert_int_equal(answer.status, 200);
    assert_true(answer.body_len > LIMIT_BODY_LEN);
    /* The whole of it is sent before the answer is read: a reset would lose the answer. */
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", LIMIT_BODY_LEN + 1);
    assert_int_equal(ask_long(head, LIMIT_BODY_LEN + 1, "").status, 413);
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%x\r\n",
             LIMIT_BODY_LEN);
    assert_int_equal(ask_long(head, LIMIT_BODY_LEN, "\r\n0\r\n\r\n").status, 200);
    assert_int_equal(ask_long(head, LIMIT_BODY_LEN, "\r\n1\r\na\r\n0\r\n\r\n").status, 413);
}

/* Sends a byte every few milliseconds until the server has had enough. */
static int drip(int fd, const char *start_with)
{
    put(fd, str_of(start_with));
    struct pollfd waits = { .fd = fd, .events = POLLIN };
    int64_t give_up = time_monotonic_us() + PATIENCE_MS * US_PER_MS;
    while (poll(&waits, 1, 20) == 0 && time_monotonic_us() < give_up)
        put(fd, STR("a"));
    Answer answer = read_answer(fd);
    assert_true(is_closed(fd));
    close(fd);
    return answer.status;
}

static void a_dripping_request_is_cut_off_at_its_deadline(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1, .request_ms = 300 });
    assert_int_equal(drip(dial(), "GET / HTTP/1.1\r\nA: "), 408);
    int fd = dial();
    assert_int_equal(ask(fd, STR(GET("/"))).status, 200);
    assert_int_equal(drip(fd, "GET / HTTP/1.1\r\nA: "), 408);
    assert_int_equal(drip(dial(), "POST / HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n"), 408);
    assert_int_equal(drip(dial(), "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n10000\r\n"),
                     408);
    assert_true(stats().refused >= 3);
}

static void a_silent_lingerer_is_cut_off(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1, .request_ms = 300 });
    int fd = dial();
    assert_int_equal(ask(fd, STR("GARBAGE\r\n")).status, 400);
    WAIT_UNTIL(stats().connections == 0); /* although we have not closed */
    close(fd);
}

/* ---- connections ------------------------------------------------------- */

static void a_connection_too_many_is_turned_away(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1, .max_connections = 2 });
    int first = dial(), second = dial();
    assert_int_equal(ask(first, STR(GET("/"))).status, 200);
    assert_int_equal(ask(second, STR(GET("/"))).status, 200);
    int third = dial();
    Answer answer = read_answer(third);
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.head, "\r\nRetry-After: "));
    assert_true(is_closed(third));
    close(third);
    assert_int_equal(stats().connections, 2);
    close(first);
    WAIT_UNTIL(stats().connections == 1);
    third = dial();
    assert_int_equal(ask(third, STR(GET("/"))).status, 200);
    close(second);
    close(third);
}

static void connections_without_a_request_are_forgotten(void **state)
{
    (void)state;
    int fds[50];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        fds[i] = dial();
    put(fds[0], STR("GET / HT"));
    WAIT_UNTIL(stats().connections == ARRAY_LEN(fds));
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    WAIT_UNTIL(stats().connections == 0);
}

static void a_client_may_leave_before_its_answer(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        int fd = dial();
        put(fd, STR("POST /later HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"));
        wait_for_held(i + 1);
        if (i % 2) /* a reset instead of an orderly end */
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
        close(fd);
    }
    assert_int_equal(stats().in_flight, 50);
    release_held();
    WAIT_UNTIL(stats().in_flight == 0 && stats().connections == 0);
    int fd = dial();
    assert_int_equal(ask(fd, STR(GET("/"))).status, 200);
    close(fd);
}

static void a_client_that_half_closes_gets_its_answer(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR(GET("/first") GET("/later")));
    shutdown(fd, SHUT_WR);
    wait_for_held(1);
    release_held();
    assert_string_equal(read_answer(fd).body, "GET /first ? [] ");
    assert_string_equal(read_answer(fd).body, "late");
    assert_true(is_closed(fd));
    close(fd);
}

static void without_memory_clients_are_turned_away(void **state)
{
    (void)state;
    int fd = dial(), waiting = dial();
    assert_int_equal(ask(fd, STR(GET("/"))).status, 200);
    put(waiting, STR(GET("/later"))); /* takes the only spare arena */
    wait_for_held(1);
    mem_fail_from(1);
    Answer answer = ask(fd, STR(GET("/")));
    int unknown = dial();
    Answer unjudged = ask(unknown, STR(GET("/")));
    mem_fail_from(0);
    assert_int_equal(answer.status, 503);
    assert_true(is_closed(fd));
    assert_int_equal(unjudged.status, 503);
    assert_true(is_closed(unknown));
    release_held();
    assert_string_equal(read_answer(waiting).body, "late");
    close(fd);
    close(waiting);
    close(unknown);
}

static void only_a_trusted_proxy_may_name_the_client(void **state)
{
    (void)state;
    static const char forwarded[] =
        "GET /peer HTTP/1.1\r\n" HOST "X-Forwarded-For: 192.0.2.1, 198.51.100.7\r\n"
        "x-forwarded-for: 127.9.9.9\r\n\r\n";
    start((HttpOptions){ .loops = 1 });
    int fd = dial();
    assert_string_equal(ask(fd, str_of(forwarded)).body, "127.0.0.1");
    close(fd);
    stop(NULL);

    IpRange loopback;
    assert_true(ip_range_parse(STR("127.0.0.0/8"), &loopback));
    start((HttpOptions){ .loops = 1, .trusted_proxies = &loopback, .trusted_proxy_count = 1 });
    fd = dial();
    assert_string_equal(ask(fd, str_of(forwarded)).body, "198.51.100.7");
    close(fd);
    stop(NULL);
}

/* ---- loops, drain, stop ------------------------------------------------ */

static void every_loop_starts_ticks_serves_and_stops(void **state)
{
    (void)state;
    fixture.starts = fixture.stops = fixture.ticks = 0;
    start((HttpOptions){ .loops = 3, .loop_start = on_loop_start, .loop_stop = on_loop_stop });
    for (int i = 0; i < 30; i++) {
        int fd = dial();
        assert_int_equal(ask(fd, STR(GET("/"))).status, 200);
        close(fd);
    }
    pthread_mutex_lock(&fixture.mutex);
    assert_int_equal(fixture.starts, 3);
    while (fixture.ticks < 6)
        pthread_cond_wait(&fixture.changed, &fixture.mutex);
    pthread_mutex_unlock(&fixture.mutex);
    assert_int_equal(stats().requests, 30);
    stop(NULL);
    assert_int_equal(fixture.stops, 3);
}

typedef struct Step {
    HttpTask task; /* first */
    char name;
} Step;

static char steps_run[8];
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void run_step(HttpTask *task)
{
    char name = ((Step *)task)->name;
    if (name == '1')
        pthread_mutex_lock(&gate); /* the loop stands still while more is posted */
    pthread_mutex_lock(&fixture.mutex);
    steps_run[strlen(steps_run)] = name;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.mutex);
    if (name == '1')
        pthread_mutex_unlock(&gate);
}

static void *remember_loop(HttpLoop *loop, void *arg)
{
    *(HttpLoop **)arg = loop;
    return NULL;
}

static void posted_chains_run_in_their_order(void **state)
{
    (void)state;
    HttpLoop *loop = NULL;
    start((HttpOptions){ .loops = 1, .loop_start = remember_loop, .arg = &loop });
    Step steps[6];
    for (int i = 0; i < 6; i++)
        steps[i] = (Step){ { run_step, NULL }, (char)('1' + i) };
    steps[1].task.next = &steps[2].task;
    steps[2].task.next = &steps[3].task;
    steps[4].task.next = &steps[5].task;
    pthread_mutex_lock(&gate);
    http_loop_post(loop, NULL);
    http_loop_post(loop, &steps[0].task);
    http_loop_post(loop, &steps[1].task);
    http_loop_post(loop, &steps[4].task);
    pthread_mutex_unlock(&gate);
    pthread_mutex_lock(&fixture.mutex);
    while (strlen(steps_run) < 6)
        pthread_cond_wait(&fixture.changed, &fixture.mutex);
    pthread_mutex_unlock(&fixture.mutex);
    assert_string_equal(steps_run, "123456");
}

static void *drain(void *out)
{
    *(bool *)out = http_server_drain(fixture.server, PATIENCE_MS);
    return NULL;
}

static void draining_answers_what_was_taken(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 2 });
    int waiting = dial(), kept = dial(), idle = dial();
    assert_int_equal(ask(kept, STR(GET("/"))).status, 200);
    assert_int_equal(ask(idle, STR(GET("/"))).status, 200);
    put(waiting, STR(GET("/later")));
    wait_for_held(1);

    bool drained = false;
    pthread_t thread;
    pthread_create(&thread, NULL, drain, &drained);
    int refused;
    WAIT_UNTIL((refused = try_dial()) < 0 || close(refused) != 0);
    Answer answer = ask(kept, STR(GET("/")));
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "\r\nConnection: close\r\n"));
    assert_true(is_closed(kept));

    release_held();
    answer = read_answer(waiting);
    assert_string_equal(answer.body, "late");
    assert_non_null(strstr(answer.head, "\r\nConnection: close\r\n"));
    pthread_join(thread, NULL);
    assert_true(drained);
    http_server_free(&fixture.server);
    assert_true(is_closed(idle));
    close(waiting);
    close(kept);
    close(idle);
}

static void draining_waits_until_a_large_answer_is_out(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1 });
    int fd = dial();
    put(fd, STR(GET("/big")));
    WAIT_UNTIL(stats().requests == 1 && stats().in_flight == 0);
    assert_false(http_server_drain(fixture.server, 1));
    Answer answer = read_answer(fd);
    assert_int_equal(answer.body_len, BIG_LEN);
    assert_true(http_server_drain(fixture.server, PATIENCE_MS));
    close(fd);
}

static void what_drain_gives_up_is_answered_503_at_the_end(void **state)
{
    (void)state;
    start((HttpOptions){ .loops = 1 });
    int fd = dial(), half = dial();
    put(half, STR("GET / HTTP/1.1\r\nA: "));
    put(fd, STR(GET("/later")));
    wait_for_held(1);
    assert_false(http_server_drain(fixture.server, 1));
    http_server_free(&fixture.server);
    assert_int_equal(read_answer(fd).status, 503);
    assert_true(is_closed(half));
    free(fixture.held);
    fixture.held = NULL;
    fixture.held_count = 0;
    close(fd);
    close(half);
}

static void an_address_that_cannot_be_had_is_reported(void **state)
{
    (void)state;
    Error err = { 0 };
    HttpServer *server = NULL;
    HttpOptions options = { .host = STR("192.0.2.1"), .handle = handle };
    assert_int_equal(http_server_start(&options, &server, &err), STATUS_UNAVAILABLE);
    assert_non_null(strstr(err.text, "192.0.2.1"));
    assert_null(server);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start_plain, stop)
#define WITHOUT(test) cmocka_unit_test_teardown(test, stop)

int main(void)
{
    big_body = malloc(BIG_LEN);
    memset(big_body, 'x', BIG_LEN);
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_request_reaches_its_handler),
        WITH_SERVER(an_absolute_target_is_its_path),
        WITH_SERVER(each_request_has_an_id_of_its_own),
        WITH_SERVER(an_answer_without_body_has_no_type),
        WITH_SERVER(a_header_value_cannot_start_a_new_line),
        WITH_SERVER(head_is_get_without_the_body),
        WITH_SERVER(connections_are_kept_and_closed_as_asked),
        WITH_SERVER(pipelined_requests_are_answered_in_order),
        WITH_SERVER(what_is_pipelined_behind_a_waiting_request_waits),
        WITH_SERVER(a_message_may_be_split_anywhere),
        WITH_SERVER(a_large_answer_arrives_whole_however_slowly_it_is_read),
        WITH_SERVER(a_body_is_waited_for_after_100_continue),
        WITH_SERVER(ambiguous_framing_is_refused_and_closed),
        WITH_SERVER(a_nul_in_a_header_is_refused),
        WITH_SERVER(oversized_parts_are_refused_by_name),
        WITH_SERVER(a_body_of_the_maximum_passes_and_one_byte_more_does_not),
        WITHOUT(a_dripping_request_is_cut_off_at_its_deadline),
        WITHOUT(a_silent_lingerer_is_cut_off),
        WITHOUT(a_connection_too_many_is_turned_away),
        WITH_SERVER(connections_without_a_request_are_forgotten),
        WITH_SERVER(a_client_may_leave_before_its_answer),
        WITH_SERVER(a_client_that_half_closes_gets_its_answer),
        WITH_SERVER(without_memory_clients_are_turned_away),
        WITHOUT(only_a_trusted_proxy_may_name_the_client),
        WITHOUT(every_loop_starts_ticks_serves_and_stops),
        WITHOUT(posted_chains_run_in_their_order),
        WITHOUT(draining_answers_what_was_taken),
        WITHOUT(draining_waits_until_a_large_answer_is_out),
        WITHOUT(what_drain_gives_up_is_answered_503_at_the_end),
        WITHOUT(an_address_that_cannot_be_had_is_reported),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(big_body);
    return failed;
}
