/* Connections, loops, drain and stop, against a real server. */
#include "http/engine_harness.h"

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
    mem_free(fixture.held);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    return cmocka_run_group_tests(tests, NULL, NULL);
}
