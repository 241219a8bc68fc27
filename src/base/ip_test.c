#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

static IpAddress address_of(const char *text)
{
    IpAddress out;
    assert_true(ip_parse(str_of(text), &out));
    return out;
}

static bool in(const char *address, const char *range)
{
    IpRange out;
    assert_true(ip_range_parse(str_of(range), &out));
    return ip_in_range(address_of(address), out);
}

static void usual_forms_are_read_and_written(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1"
    };
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        assert_string_equal(ip_text(address_of(forms[i])).text, forms[i]);
    assert_string_equal(ip_text(address_of("2001:DB8:0:0:0:0:0:1")).text, "2001:db8::1");
    assert_string_equal(ip_text((IpAddress){ 0 }).text, "");
}

static void odd_forms_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "1",
                                       "1.2.3",
                                       "1.2.3.4.5",
                                       "01.2.3.4",
                                       "0x7f.0.0.1",
                                       "256.1.1.1",
                                       "1.2.3.4 ",
                                       " 1.2.3.4",
                                       "1.2.3.4/8",
                                       "[::1]",
                                       "::1%lo",
                                       "1::2::3",
                                       "12345::",
                                       ":::",
                                       "a.b.c.d",
                                       "2130706433",
                                       "1111:2222:3333:4444:5555:6666:7777:8888:9999",
                                       "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };
    IpAddress out = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(ip_parse(str_of(bad[i]), &out));
    assert_false(ip_parse(STR("1.2.3.4\0.evil"), &out));
    assert_false(ip_parse(STR_NONE, &out));
    assert_int_equal(out.len, 0);
}

static void a_mapped_address_is_the_ipv4_address(void **state)
{
    (void)state;
    assert_string_equal(ip_text(address_of("::ffff:127.0.0.1")).text, "127.0.0.1");
    assert_string_equal(ip_text(address_of("::ffff:7f00:1")).text, "127.0.0.1");
    assert_true(in("::ffff:10.1.2.3", "10.0.0.0/8"));
    struct sockaddr_in6 peer = { .sin6_family = AF_INET6 };
    inet_pton(AF_INET6, "::ffff:192.0.2.7", &peer.sin6_addr);
    assert_string_equal(ip_text(ip_of_sockaddr((struct sockaddr *)&peer)).text, "192.0.2.7");
}

static void socket_addresses_are_read(void **state)
{
    (void)state;
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_string_equal(ip_text(ip_of_sockaddr((struct sockaddr *)&v4)).text, "127.0.0.1");
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    assert_string_equal(ip_text(ip_of_sockaddr((struct sockaddr *)&v6)).text, "::1");
    struct sockaddr unix_socket = { .sa_family = AF_UNIX };
    assert_int_equal(ip_of_sockaddr(&unix_socket).len, 0);
    assert_int_equal(ip_of_sockaddr(NULL).len, 0);
}

static void ranges_hold_what_their_prefix_says(void **state)
{
    (void)state;
    assert_true(in("10.255.0.1", "10.0.0.0/8"));
    assert_false(in("11.0.0.0", "10.0.0.0/8"));
    assert_true(in("172.31.255.255", "172.16.0.0/12"));
    assert_false(in("172.32.0.0", "172.16.0.0/12"));
    assert_true(in("192.0.2.1", "192.0.2.1"));
    assert_false(in("192.0.2.2", "192.0.2.1/32"));
    assert_true(in("8.8.8.8", "0.0.0.0/0"));
    assert_true(in("fdff::1", "fc00::/7"));
    assert_false(in("fe00::1", "fc00::/7"));
    assert_false(in("::1", "0.0.0.0/0"));
    assert_false(in("1.2.3.4", "::/0"));
    IpRange all;
    assert_true(ip_range_parse(STR("::/0"), &all));
    assert_false(ip_in_range((IpAddress){ 0 }, all));
}

static void odd_ranges_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "/8",
                                       "10.0.0.0/",
                                       "10.0.0.0/33",
                                       "::/129",
                                       "10.0.0.0/-1",
                                       "0.0.0.0/-0",
                                       "10.0.0.0/8/8",
                                       "10.0.0.1/8",
                                       "2001:db8::1/32",
                                       "10.0.0.0/8x",
                                       "::ffff:10.0.0.0/8",
                                       "::ffff:10.0.0.0/104",
                                       "10.0.0.0/99999999999999999999" };
    IpRange out;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(ip_range_parse(str_of(bad[i]), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_forms_are_read_and_written),     cmocka_unit_test(odd_forms_are_refused),
        cmocka_unit_test(a_mapped_address_is_the_ipv4_address), cmocka_unit_test(socket_addresses_are_read),
        cmocka_unit_test(ranges_hold_what_their_prefix_says),   cmocka_unit_test(odd_ranges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
