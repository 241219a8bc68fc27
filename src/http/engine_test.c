/* Requests, replies and hostile framing, against a real server. */
#include "http/engine_harness.h"

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

int main(void)
{
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
