#include "http/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/limits.h"

enum { MAX_BODY = 1000 };

/* Feeds a message byte by byte from a buffer of exactly that size, so that a look beyond its
 * end is seen by the sanitizer; the verdict must be that of feeding it at once. */
static HttpGuard judge(Str message)
{
    HttpGuard whole = http_guard(MAX_BODY), split = http_guard(MAX_BODY);
    GuardVerdict at_once = http_guard_feed(&whole, message), step = GUARD_MORE;
    for (size_t len = 1; len <= message.len && step == GUARD_MORE; len++) {
        char *exact = malloc(len);
        memcpy(exact, message.ptr, len);
        step = http_guard_feed(&split, (Str){ exact, len });
        free(exact);
    }
    assert_int_equal(step, at_once);
    assert_int_equal(split.status, whole.status);
    assert_int_equal(split.line_at, whole.line_at);
    whole.status = at_once == GUARD_MORE ? -1 : whole.status;
    return whole;
}

/* 0: passed, -1: wants more, else the status of the refusal. */
static int status_of(const char *message)
{
    return judge(str_of(message)).status;
}

static void expect_all(int status, const char *const *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (status_of(messages[i]) != status) {
            print_error("%.*s\n", STR_ARG(str_of(messages[i])));
            assert_int_equal(status_of(messages[i]), status);
        }
}

#define EXPECT_ALL(status, ...)                                                                              \
    do {                                                                                                     \
        const char *const all[] = { __VA_ARGS__ };                                                           \
        expect_all(status, all, sizeof all / sizeof all[0]);                                                 \
    } while (0)

#define HOST "Host: a.example\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static void sound_messages_pass(void **state)
{
    (void)state;
    EXPECT_ALL(
        0, "GET / HTTP/1.1\r\n" HOST "\r\n", "GET /a/b%20c?d=e&f HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.0\r\n\r\n", "HEAD / HTTP/1.1\r\n" HOST "\r\n", "OPTIONS / HTTP/1.1\r\n" HOST "\r\n",
        "DELETE / HTTP/1.1\r\nhOST:a:80\r\n\r\n", "PUT / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        "PATCH / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET http://a.example/x HTTP/1.1\r\n" HOST "\r\n",
        "GET HTTPS://a.example:443?q HTTP/1.1\r\n" HOST "\r\n", POST "Content-Length: 0\r\n\r\n",
        POST "Content-Length:\t1000 \t\r\n\r\n", POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "User-Agent: \xc3\xa9\tx\r\nX-Empty:\r\n\r\n");
}

static void an_unfinished_message_wants_more(void **state)
{
    (void)state;
    EXPECT_ALL(-1, "", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n" HOST, CHUNKED,
               CHUNKED "5\r\nabc", CHUNKED "5\r\nabcde\r\n", CHUNKED "0\r\n");
}

static void what_was_read_is_told(void **state)
{
    (void)state;
    HttpGuard guard =
        judge(STR("PATCH http://a.example:80/x?y HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n"));
    assert_int_equal(guard.method, HTTP_PATCH);
    assert_int_equal(guard.path_at, strlen("http://a.example:80"));
    assert_int_equal(guard.body_len, 12);
    assert_true(http_guard_closes(&guard)); /* an absolute target */
    guard = judge(STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_false(http_guard_closes(&guard));
    guard = judge(STR("GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n"));
    assert_true(http_guard_closes(&guard));
    guard = judge(STR("GET / HTTP/1.0\r\n\r\n"));
    assert_true(http_guard_closes(&guard));
    guard = judge(STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_false(http_guard_closes(&guard));
}

static void two_ways_to_tell_a_length_are_refused(void **state)
{
    (void)state;
    EXPECT_ALL(400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
               POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
               POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
               POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", POST "Content-Length: 5, 5\r\n\r\n",
               POST "Content-Length:\r\nContent-Length: 5\r\n\r\n",
               POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
               "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
               "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n",
               "HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

static void lengths_other_than_plain_digits_are_refused(void **state)
{
    (void)state;
    EXPECT_ALL(400, POST "Content-Length: +5\r\n\r\n", POST "Content-Length: -5\r\n\r\n",
               POST "Content-Length: 0x5\r\n\r\n", POST "Content-Length: 1_0\r\n\r\n",
               POST "Content-Length: 010\r\n\r\n", POST "Content-Length: 1Z\r\n\r\n",
               POST "Content-Length: 5 5\r\n\r\n", POST "Content-Length: \r\n\r\n",
               POST "Content-Length: 1.0\r\n\r\n", POST "Content-Length: \"5\"\r\n\r\n");
    EXPECT_ALL(413, POST "Content-Length: 1001\r\n\r\n", POST "Content-Length: 9223372036854775807\r\n\r\n",
               POST "Content-Length: 18446744073709551617\r\n\r\n",
               POST "Content-Length: 99999999999999999999999999\r\n\r\n");
}

static void encodings_other_than_chunked_are_refused(void **state)
{
    (void)state;
    EXPECT_ALL(501, POST "Transfer-Encoding: xchunked\r\n\r\n", POST "Transfer-Encoding: ,chunked\r\n\r\n",
               POST "Transfer-Encoding: chunked, chunked\r\n\r\n", POST "Transfer-Encoding: identity\r\n\r\n",
               POST "Transfer-Encoding: gzip, chunked\r\n\r\n", POST "Transfer-Encoding: chunked;a=b\r\n\r\n",
               POST "Transfer-Encoding: \r\n\r\n", POST "Transfer-Encoding:\r\n chunked\r\n\r\n",
               POST "Transfer-Encoding: \"chunked\"\r\n\r\n");
    EXPECT_ALL(400, POST "Transfer-Encoding : chunked\r\n\r\n", POST "Transfer-Encoding: \vchunked\r\n\r\n");
}

static void sound_chunks_pass(void **state)
{
    (void)state;
    EXPECT_ALL(0, CHUNKED "0\r\n\r\n", CHUNKED "5\r\nabcde\r\n0\r\n\r\n",
               CHUNKED "005\r\nabcde\r\n00\r\n\r\n", CHUNKED "a\r\n0123456789\r\n1\r\n\n\r\n0\r\n\r\n",
               CHUNKED "A\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n");
    HttpGuard guard = judge(STR(CHUNKED "5\r\nabcde\r\n2\r\nfg\r\n0\r\n\r\nGET "));
    assert_int_equal(guard.body_len, 7);
    assert_int_equal(guard.line_at, strlen(CHUNKED "5\r\nabcde\r\n2\r\nfg\r\n0\r\n\r\n"));
}

static void odd_chunks_are_refused(void **state)
{
    (void)state;
    EXPECT_ALL(400, CHUNKED "0x5\r\nabcde\r\n0\r\n\r\n", CHUNKED "+5\r\nabcde\r\n0\r\n\r\n",
               CHUNKED "-5\r\nabcde\r\n0\r\n\r\n", CHUNKED "5_\r\nabcde\r\n0\r\n\r\n",
               CHUNKED " 5\r\nabcde\r\n0\r\n\r\n", CHUNKED "5 \r\nabcde\r\n0\r\n\r\n",
               CHUNKED "5;a=b\r\nabcde\r\n0\r\n\r\n", CHUNKED "5;a\rb\r\nabcde\r\n0\r\n\r\n",
               CHUNKED "\r\nabcde\r\n0\r\n\r\n", CHUNKED "5\nabcde\r\n0\r\n\r\n",
               CHUNKED "5\r\nabcdef\r\n0\r\n\r\n", CHUNKED "5\r\nabcde0\r\n\r\n",
               CHUNKED "5\r\nabcde\n0\r\n\r\n", CHUNKED "0\r\nX: y\r\n\r\n",
               CHUNKED "0\r\nContent-Length: 5\r\n\r\n", CHUNKED "000000005\r\nabcde\r\n0\r\n\r\n",
               CHUNKED "ffffffffffffffff\r\n", CHUNKED "10000000000000005\r\nabcde\r\n0\r\n\r\n",
               CHUNKED "5;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_ALL(413, CHUNKED "3e9\r\n", CHUNKED "ffffffff\r\n");
}

static void request_lines_must_be_well_formed(void **state)
{
    (void)state;
    EXPECT_ALL(400, "GET /\r\n\r\n", "GET / \r\n\r\n", "GET  / HTTP/1.1\r\n" HOST "\r\n",
               "GET / HTTP/1.1 \r\n" HOST "\r\n", " GET / HTTP/1.1\r\n" HOST "\r\n",
               "GET\t/\tHTTP/1.1\r\n" HOST "\r\n", "G(T / HTTP/1.1\r\n" HOST "\r\n",
               "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "GET / http/1.1\r\n" HOST "\r\n",
               "GET / HTTP/1.32\r\n" HOST "\r\n", "GET / HTTP/1.\r\n" HOST "\r\n",
               "GET / HTTP/11\r\n" HOST "\r\n", "GET / HTTP/99999999999999999999.1\r\n" HOST "\r\n",
               "GET / HTTP/+1.1\r\n" HOST "\r\n", "\r\n\r\n", "\x16\x03\x01\x02",
               "GET / HTTP/1.1\n" HOST "\r\n", "GET / a HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_ALL(505, "GET / HTTP/9.9\r\n" HOST "\r\n", "GET / HTTP/2.0\r\n" HOST "\r\n",
               "GET / HTTP/1.2\r\n" HOST "\r\n", "GET / HTTP/0.9\r\n\r\n");
    EXPECT_ALL(501, "get / HTTP/1.1\r\n" HOST "\r\n", "BREW / HTTP/1.1\r\n" HOST "\r\n",
               "PRI * HTTP/2.0\r\n\r\n", "GETX / HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_ALL(405, "TRACE / HTTP/1.1\r\n" HOST "\r\n", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n");
}

static void targets_are_paths_or_absolute(void **state)
{
    (void)state;
    EXPECT_ALL(400, "GET * HTTP/1.1\r\n" HOST "\r\n", "GET a.example:80 HTTP/1.1\r\n" HOST "\r\n",
               "GET a HTTP/1.1\r\n" HOST "\r\n", "GET //evil.example/ HTTP/1.1\r\n" HOST "\r\n",
               "GET /a#b HTTP/1.1\r\n" HOST "\r\n", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n",
               "GET /\x7f HTTP/1.1\r\n" HOST "\r\n", "GET /\x01 HTTP/1.1\r\n" HOST "\r\n",
               "GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", "GET http:/a HTTP/1.1\r\n" HOST "\r\n",
               "GET http:///a HTTP/1.1\r\n" HOST "\r\n", "GET http://u:p@a/ HTTP/1.1\r\n" HOST "\r\n",
               "GET http://a:99999/ HTTP/1.1\r\n" HOST "\r\n", "GET http://a:-1/ HTTP/1.1\r\n" HOST "\r\n",
               "GET http://a:/ HTTP/1.1\r\n" HOST "\r\n", "GET http://[::1/ HTTP/1.1\r\n" HOST "\r\n",
               "GET http://[a]/ HTTP/1.1\r\n" HOST "\r\n", "GET http://[::1]x/ HTTP/1.1\r\n" HOST "\r\n",
               "GET http://a]/ HTTP/1.1\r\n" HOST "\r\n");
}

static void header_lines_must_be_well_formed(void **state)
{
    (void)state;
    EXPECT_ALL(400, "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", "GET / HTTP/1.1\r\n" HOST "A b: x\r\n\r\n",
               "GET / HTTP/1.1\r\n" HOST "A : x\r\n\r\n", "GET / HTTP/1.1\r\n" HOST "A\r\n\r\n",
               "GET / HTTP/1.1\r\n" HOST "A: x\r\n folded\r\n\r\n",
               "GET / HTTP/1.1\r\n" HOST "A: x\r\n\tfolded\r\n\r\n",
               "GET / HTTP/1.1\r\n A: x\r\n" HOST "\r\n", "GET / HTTP/1.1\r\n" HOST "A: x\n\r\n",
               "GET / HTTP/1.1\r\n" HOST "A: x\ry\r\n\r\n", "GET / HTTP/1.1\r\n" HOST "A: x\r\r\n\r\n",
               "GET / HTTP/1.1\r\n" HOST "A\x80: x\r\n\r\n", "GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n",
               "GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n\r\n");
    assert_int_equal(judge(STR("GET / HTTP/1.1\r\n" HOST "A: x\0y\r\n\r\n")).status, 400);
    assert_int_equal(judge(STR("GET / HTTP/1.1\r\n" HOST "A\0: x\r\n\r\n")).status, 400);
    assert_int_equal(judge(STR("GET /\0 HTTP/1.1\r\n" HOST "\r\n")).status, 400);
    EXPECT_ALL(417, POST "Expect: 200-ok\r\n\r\n", POST "Expect:\t100-continue\r\n\r\n",
               POST "Expect:\r\n\r\n");
}

static void host_is_needed_exactly_once(void **state)
{
    (void)state;
    EXPECT_ALL(400, "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
               "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
               "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
               "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
               "GET / HTTP/1.0\r\n" HOST HOST "\r\n");
}

/* A message of `prefix`, `count` times `piece`, and `suffix`. */
static int status_of_long(const char *prefix, const char *piece, size_t count, const char *suffix)
{
    size_t piece_len = strlen(piece), len = strlen(prefix) + count * piece_len + strlen(suffix);
    char *text = malloc(len + 1), *at = text + sprintf(text, "%s", prefix);
    for (size_t i = 0; i < count; i++, at += piece_len)
        memcpy(at, piece, piece_len);
    strcpy(at, suffix);
    HttpGuard guard = http_guard(MAX_BODY);
    GuardVerdict verdict = http_guard_feed(&guard, (Str){ text, len });
    free(text);
    return verdict == GUARD_MORE ? -1 : guard.status;
}

static void limits_are_kept(void **state)
{
    (void)state;
    const char *rest = " HTTP/1.1\r\n" HOST "\r\n";
    assert_int_equal(status_of_long("GET /", "a", LIMIT_REQUEST_LINE_LEN - 16, rest), 0);
    assert_int_equal(status_of_long("GET /", "a", LIMIT_REQUEST_LINE_LEN - 15, rest), 414);
    assert_int_equal(status_of_long("GET /", "a", LIMIT_REQUEST_LINE_LEN, ""),
                     414); /* without waiting for its end */
    assert_int_equal(status_of_long("GET / HTTP/1.1\r\n" HOST, "A: b\r\n", LIMIT_HEADERS - 1, "\r\n"), 0);
    assert_int_equal(status_of_long("GET / HTTP/1.1\r\n" HOST, "A: b\r\n", LIMIT_HEADERS, "\r\n"), 431);
    assert_int_equal(
        status_of_long("GET / HTTP/1.1\r\n" HOST "A: ", "b", LIMIT_HEADERS_LEN - 100, "\r\n\r\n"), 0);
    assert_int_equal(status_of_long("GET / HTTP/1.1\r\n" HOST "A: ", "b", LIMIT_HEADERS_LEN, "\r\n\r\n"),
                     431);
    assert_int_equal(status_of_long("GET / HTTP/1.1\r\n" HOST "A: ", "b", LIMIT_HEADERS_LEN, ""), 431);
    assert_int_equal(status_of_long(CHUNKED, "1\r\na\r\n", MAX_BODY, "0\r\n\r\n"), 0);
    assert_int_equal(status_of_long(CHUNKED, "1\r\na\r\n", MAX_BODY + 1, "0\r\n\r\n"), 413);
}

static size_t more_for_long(HttpLoop *loop UNUSED, Str path, Str authorization)
{
    return str_is(path, "/long") && str_is(authorization, "Bearer me") ? 2 * MAX_BODY : MAX_BODY;
}

/* Fed byte by byte, each time from elsewhere: what the guard noted must not point into what was. */
static int status_in_pieces(const char *target, const char *headers, int len)
{
    char text[300];
    int size = snprintf(text, sizeof text, "POST %s HTTP/1.1\r\n" HOST "Content-Length: %d\r\n%s\r\n", target, len, headers);
    HttpGuard guard = http_guard(MAX_BODY);
    guard.max_body_len_of = more_for_long;
    for (int fed = 1; fed <= size; fed++) {
        char *piece = mem_alloc((size_t)fed);
        memcpy(piece, text, (size_t)fed);
        http_guard_feed(&guard, (Str){ piece, (size_t)fed });
        mem_free(piece);
    }
    return guard.status;
}

static void path_and_token_may_decide_how_long_a_body_is(void **state)
{
    (void)state;
    static const char *const longs[] = { "/long", "/long?a=/b", "http://a.example/long" };
    for (size_t i = 0; i < sizeof longs / sizeof longs[0]; i++) {
        assert_int_equal(status_in_pieces(longs[i], "authorization:  Bearer me \r\n", 2 * MAX_BODY), 0);
        assert_int_equal(status_in_pieces(longs[i], "Authorization: Bearer me\r\n", 2 * MAX_BODY + 1), 413);
        assert_int_equal(status_in_pieces(longs[i], "Authorization: Bearer you\r\nAuthorization: Bearer me\r\n", MAX_BODY + 1), 413);
        assert_int_equal(status_in_pieces(longs[i], "", MAX_BODY + 1), 413);
        assert_int_equal(status_in_pieces(longs[i], "", MAX_BODY), 0);
    }
    assert_int_equal(status_in_pieces("/short?/long", "Authorization: Bearer me\r\n", MAX_BODY + 1), 413);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_messages_pass),
        cmocka_unit_test(an_unfinished_message_wants_more),
        cmocka_unit_test(what_was_read_is_told),
        cmocka_unit_test(two_ways_to_tell_a_length_are_refused),
        cmocka_unit_test(lengths_other_than_plain_digits_are_refused),
        cmocka_unit_test(encodings_other_than_chunked_are_refused),
        cmocka_unit_test(sound_chunks_pass),
        cmocka_unit_test(odd_chunks_are_refused),
        cmocka_unit_test(request_lines_must_be_well_formed),
        cmocka_unit_test(targets_are_paths_or_absolute),
        cmocka_unit_test(header_lines_must_be_well_formed),
        cmocka_unit_test(host_is_needed_exactly_once),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(path_and_token_may_decide_how_long_a_body_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
