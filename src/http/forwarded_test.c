#include "http/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

static IpRange ranges[2];

/* The client by one header line, or by two in the order they were sent. */
static IpText client_of(const char *peer, const char *first, const char *second)
{
    TrustedProxies trusted = { ranges, ARRAY_LEN(ranges) };
    assert_true(ip_range_parse(STR("10.0.0.0/8"), &ranges[0]));
    assert_true(ip_range_parse(STR("::1"), &ranges[1]));
    IpAddress client;
    assert_true(ip_parse(str_of(peer), &client));
    if (second == NULL || forwarded_walk(str_of(second), trusted, &client))
        forwarded_walk(str_of(first), trusted, &client);
    return ip_text(client);
}

static void a_stranger_cannot_name_another(void **state)
{
    (void)state;
    assert_string_equal(client_of("192.0.2.1", "203.0.113.9", NULL).text, "192.0.2.1");
}

static void the_last_address_that_is_no_proxy_is_the_client(void **state)
{
    (void)state;
    assert_string_equal(client_of("10.0.0.1", "203.0.113.9", NULL).text, "203.0.113.9");
    assert_string_equal(client_of("10.0.0.1", "198.51.100.1, 203.0.113.9", NULL).text, "203.0.113.9");
    assert_string_equal(client_of("::1", "198.51.100.1,203.0.113.9 , 10.1.1.1", NULL).text, "203.0.113.9");
    assert_string_equal(client_of("10.0.0.1", "203.0.113.9", "10.2.2.2").text, "203.0.113.9");
    assert_string_equal(client_of("10.0.0.1", "203.0.113.9", "198.51.100.1, 10.2.2.2").text, "198.51.100.1");
}

static void only_proxies_make_the_first_of_them_the_client(void **state)
{
    (void)state;
    assert_string_equal(client_of("10.0.0.1", "10.0.0.3, 10.0.0.2", NULL).text, "10.0.0.3");
    assert_string_equal(client_of("10.0.0.1", "", NULL).text, "10.0.0.1");
}

static void ports_and_brackets_are_understood(void **state)
{
    (void)state;
    assert_string_equal(client_of("::1", "203.0.113.9:4711", NULL).text, "203.0.113.9");
    assert_string_equal(client_of("::1", "2001:db8::7", NULL).text, "2001:db8::7");
    assert_string_equal(client_of("::1", "[2001:db8::7]", NULL).text, "2001:db8::7");
    assert_string_equal(client_of("::1", "[2001:db8::7]:4711", NULL).text, "2001:db8::7");
}

static void the_walk_ends_at_what_is_no_address(void **state)
{
    (void)state;
    assert_string_equal(client_of("10.0.0.1", "203.0.113.9, unknown", NULL).text, "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "203.0.113.9, , 10.0.0.2", NULL).text, "10.0.0.2");
    assert_string_equal(client_of("10.0.0.1", "203.0.113.9", "unknown").text, "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "]", NULL).text, "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "[]", NULL).text, "10.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_cannot_name_another),
        cmocka_unit_test(the_last_address_that_is_no_proxy_is_the_client),
        cmocka_unit_test(only_proxies_make_the_first_of_them_the_client),
        cmocka_unit_test(ports_and_brackets_are_understood),
        cmocka_unit_test(the_walk_ends_at_what_is_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
