#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/migrate.h"
#include "store/session.h"

enum { ACCOUNT = 1 };

typedef struct Bench {
    StoreSession session;
    Arena *arena;
} Bench;

static int set_up(void **state)
{
    static Bench bench;
    Error err;
    bench = (Bench){ .session = { .is_writer = true, .now_us = 1 }, .arena = arena_new(1024 * 1024) };
    if (sql_open(STR(":memory:"), SQL_WRITER, &bench.session.sql, &err) || migrate(bench.session.sql, &err))
        return -1;
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    Bench *bench = *state;
    sql_close(&bench->session.sql);
    session_forget_counters(&bench->session);
    free(bench->session.counters);
    arena_free(&bench->arena);
    return 0;
}

static int64_t insert(Bench *bench, int64_t campaign_id, int64_t at_us)
{
    Click click = { .campaign_id = campaign_id, .user_id = 7, .at_us = at_us, .count = 1, .device = DEVICE_PHONE, .country = STR("NL"), .host = STR("a.example") };
    assert_int_equal(store_click_insert(&bench->session, ACCOUNT, &click), STATUS_OK);
    return click.at_us;
}

static ClickPage page_of(Bench *bench, int64_t campaign_id, int64_t after, int64_t limit)
{
    ClickPage page;
    assert_int_equal(store_click_page(&bench->session, ACCOUNT, campaign_id, after, limit, bench->arena, &page), STATUS_OK);
    return page;
}

static void clicks_of_the_same_moment_are_told_apart(void **state)
{
    Bench *bench = *state;
    assert_int_equal(insert(bench, 1, 1000), 1000);
    assert_int_equal(insert(bench, 2, 1000), 1001);
    assert_int_equal(insert(bench, 1, 900), 1002); /* or the clock was set back */
    assert_int_equal(insert(bench, 1, 5000), 5000);
    ClickPage page = page_of(bench, 1, 0, 2);
    assert_int_equal(page.count, 2);
    assert_true(page.has_more);
    page = page_of(bench, 1, page.items[1].at_us, 2);
    assert_int_equal(page.count, 1);
    assert_false(page.has_more);
    assert_int_equal(page.items[0].at_us, 5000);
    assert_true(str_is(page.items[0].country, "NL"));
    assert_true(str_is(page.items[0].host, "a.example"));
}

static void old_clicks_are_forgotten_a_bounded_number_at_a_time(void **state)
{
    Bench *bench = *state;
    for (int64_t i = 1; i <= 1200; i++)
        (void)insert(bench, 1 + i % 2, i * 10);
    size_t rounds = 0;
    for (bool more = true; more; rounds++) {
        more = false;
        assert_int_equal(store_click_forget(&bench->session, ACCOUNT, 11000, &more), STATUS_OK);
    }
    assert_int_equal(rounds, 2); /* 549 or 550 of each campaign, 500 at once */
    assert_int_equal(page_of(bench, 1, 0, 1).items[0].at_us, 11000);
    assert_int_equal(page_of(bench, 2, 0, 1).items[0].at_us, 11010);
}

static void origins_add_up_over_days_of_a_range(void **state)
{
    Bench *bench = *state;
    const int64_t day = US_PER_DAY;
    const ClickOrigin phone = { .device = DEVICE_PHONE, .country = STR("NL"), .host = STR("a.example"), .clicks = 2 };
    const ClickOrigin desktop = { .device = DEVICE_DESKTOP, .country = STR(""), .host = STR("b.example"), .clicks = 3 };
    for (int64_t i = 0; i < 4; i++)
        assert_int_equal(store_click_origin_add(&bench->session, ACCOUNT, 1, i * day, &phone), STATUS_OK);
    assert_int_equal(store_click_origin_add(&bench->session, ACCOUNT, 1, day, &desktop), STATUS_OK);
    assert_int_equal(store_click_origin_add(&bench->session, ACCOUNT, 1, day + 1, &desktop), STATUS_OK);
    assert_int_equal(store_click_origin_add(&bench->session, ACCOUNT, 2, day, &desktop), STATUS_OK);
    ClickOriginList devices, countries, hosts;
    assert_int_equal(store_click_devices(&bench->session, ACCOUNT, 1, day, 2 * day, bench->arena, &devices), STATUS_OK);
    assert_int_equal(devices.count, 2);
    assert_int_equal(devices.items[0].device, DEVICE_PHONE);
    assert_int_equal(devices.items[0].clicks, 4);
    assert_int_equal(store_click_countries(&bench->session, ACCOUNT, 1, day, 2 * day, 9, bench->arena, &countries), STATUS_OK);
    assert_int_equal(countries.count, 2);
    assert_true(str_is(countries.items[0].country, ""));
    assert_int_equal(countries.items[0].clicks, 6);
    assert_true(str_is(countries.items[1].country, "NL"));
    assert_int_equal(countries.items[1].clicks, 4);
    assert_int_equal(store_click_hosts(&bench->session, ACCOUNT, 1, day, 2 * day, 1, bench->arena, &hosts), STATUS_OK);
    assert_int_equal(hosts.count, 1);
    assert_true(str_is(hosts.items[0].host, "b.example"));
    assert_int_equal(hosts.items[0].clicks, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clicks_of_the_same_moment_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_clicks_are_forgotten_a_bounded_number_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(origins_add_up_over_days_of_a_range, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
