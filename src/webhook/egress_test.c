#include "webhook/egress.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MAX_RANGES = 4, ARENA_LEN = 64 * 1024 };

typedef struct Opened {
    IpRange ranges[MAX_RANGES];
    EgressRules rules;
} Opened;

static const EgressRules nothing_opened = { 0 };

/* Keeps a mapped address as it is, which ip_parse doesn't. */
static IpAddress address_of(const char *text)
{
    IpAddress address = { .len = strchr(text, ':') ? 16 : 4 };
    assert_int_equal(inet_pton(address.len == 16 ? AF_INET6 : AF_INET, text, address.bytes), 1);
    return address;
}

static void open_ranges(Opened *opened, const char *const *texts, size_t count)
{
    *opened = (Opened){ .rules = { .allowed = opened->ranges, .allowed_count = count } };
    for (size_t i = 0; i < count; i++)
        assert_true(ip_range_parse(str_of(texts[i]), &opened->ranges[i]));
}

#define OPEN(opened, ...)                                                                                    \
    open_ranges(&(opened), (const char *[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *[]){ __VA_ARGS__ })))

static EgressClass judge(const EgressRules *rules, const char *address)
{
    return egress_judge(rules, address_of(address), 443, true);
}

typedef struct AddressCase {
    const char *address;
    EgressClass expected;
} AddressCase;

static void check_addresses(const EgressRules *rules, const AddressCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        EgressClass verdict = judge(rules, cases[i].address);
        if (verdict != cases[i].expected)
            fail_msg("%s: %s, expected %s", cases[i].address, egress_class_name(verdict),
                     egress_class_name(cases[i].expected));
    }
}

static void special_ipv4_ranges_are_refused_to_their_edges(void **state UNUSED)
{
    static const AddressCase cases[] = {
        { "0.0.0.0", EGRESS_LOOPBACK },          { "0.255.255.255", EGRESS_LOOPBACK },
        { "1.0.0.0", EGRESS_ALLOWED },           { "9.255.255.255", EGRESS_ALLOWED },
        { "10.0.0.0", EGRESS_PRIVATE },          { "10.255.255.255", EGRESS_PRIVATE },
        { "11.0.0.0", EGRESS_ALLOWED },          { "100.63.255.254", EGRESS_ALLOWED },
        { "100.64.0.0", EGRESS_PRIVATE },        { "100.100.100.200", EGRESS_METADATA },
        { "100.127.255.255", EGRESS_PRIVATE },   { "100.128.0.1", EGRESS_ALLOWED },
        { "126.255.255.255", EGRESS_ALLOWED },   { "127.0.0.1", EGRESS_LOOPBACK },
        { "127.255.255.255", EGRESS_LOOPBACK },  { "128.0.0.0", EGRESS_ALLOWED },
        { "168.63.129.16", EGRESS_METADATA },    { "169.253.255.255", EGRESS_ALLOWED },
        { "169.254.0.0", EGRESS_METADATA },      { "169.254.169.254", EGRESS_METADATA },
        { "169.254.255.255", EGRESS_METADATA },  { "169.255.0.0", EGRESS_ALLOWED },
        { "172.15.255.255", EGRESS_ALLOWED },    { "172.16.0.0", EGRESS_PRIVATE },
        { "172.18.0.5", EGRESS_PRIVATE },        { "172.31.255.255", EGRESS_PRIVATE },
        { "172.32.0.0", EGRESS_ALLOWED },        { "191.255.255.255", EGRESS_ALLOWED },
        { "192.0.0.0", EGRESS_RESERVED },        { "192.0.0.192", EGRESS_METADATA },
        { "192.0.0.255", EGRESS_RESERVED },      { "192.0.1.0", EGRESS_ALLOWED },
        { "192.0.2.0", EGRESS_RESERVED },        { "192.0.2.255", EGRESS_RESERVED },
        { "192.0.3.0", EGRESS_ALLOWED },         { "192.88.98.255", EGRESS_ALLOWED },
        { "192.88.99.0", EGRESS_RESERVED },      { "192.88.99.255", EGRESS_RESERVED },
        { "192.88.100.0", EGRESS_ALLOWED },      { "192.167.255.255", EGRESS_ALLOWED },
        { "192.168.0.0", EGRESS_PRIVATE },       { "192.168.255.255", EGRESS_PRIVATE },
        { "192.169.0.0", EGRESS_ALLOWED },       { "198.17.255.255", EGRESS_ALLOWED },
        { "198.18.0.0", EGRESS_RESERVED },       { "198.19.255.255", EGRESS_RESERVED },
        { "198.20.0.0", EGRESS_ALLOWED },        { "198.51.99.255", EGRESS_ALLOWED },
        { "198.51.100.0", EGRESS_RESERVED },     { "198.51.100.255", EGRESS_RESERVED },
        { "198.51.101.0", EGRESS_ALLOWED },      { "203.0.112.255", EGRESS_ALLOWED },
        { "203.0.113.0", EGRESS_RESERVED },      { "203.0.113.255", EGRESS_RESERVED },
        { "203.0.114.0", EGRESS_ALLOWED },       { "223.255.255.255", EGRESS_ALLOWED },
        { "224.0.0.0", EGRESS_MULTICAST },       { "239.255.255.255", EGRESS_MULTICAST },
        { "240.0.0.0", EGRESS_RESERVED },        { "255.255.255.254", EGRESS_RESERVED },
        { "255.255.255.255", EGRESS_MULTICAST },
    };
    check_addresses(&nothing_opened, cases, ARRAY_LEN(cases));
}

static void special_ipv6_ranges_are_refused_to_their_edges(void **state UNUSED)
{
    static const AddressCase cases[] = {
        { "::", EGRESS_LOOPBACK },
        { "::1", EGRESS_LOOPBACK },
        { "::2", EGRESS_LOOPBACK }, /* carries 0.0.0.2 */
        { "::808:808", EGRESS_EMBEDDED },
        { "::7f00:1", EGRESS_LOOPBACK },
        { "::ffff:127.0.0.1", EGRESS_LOOPBACK },
        { "0000:0000:0000:0000:0000:ffff:7f00:0001", EGRESS_LOOPBACK },
        { "::ffff:10.0.0.1", EGRESS_PRIVATE },
        { "::ffff:169.254.169.254", EGRESS_METADATA },
        { "::ffff:8.8.8.8", EGRESS_EMBEDDED },
        { "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", EGRESS_ALLOWED },
        { "64:ff9b::808:808", EGRESS_EMBEDDED },
        { "64:ff9b::a00:1", EGRESS_PRIVATE },
        { "64:ff9b::a9fe:a9fe", EGRESS_METADATA },
        { "64:ff9b::ffff:ffff", EGRESS_MULTICAST },
        { "64:ff9b:1::1", EGRESS_EMBEDDED },
        { "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", EGRESS_EMBEDDED },
        { "64:ff9b:2::1", EGRESS_ALLOWED },
        { "64:ff9c::1", EGRESS_ALLOWED },
        { "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EGRESS_ALLOWED },
        { "100::", EGRESS_RESERVED },
        { "100::ffff:ffff:ffff:ffff", EGRESS_RESERVED },
        { "100:0:0:1::", EGRESS_ALLOWED },
        { "2000:ffff::1", EGRESS_ALLOWED },
        { "2001::1", EGRESS_EMBEDDED },
        { "2001:0:ffff::1", EGRESS_EMBEDDED },
        { "2001:1::1", EGRESS_RESERVED },
        { "2001:1ff:ffff::1", EGRESS_RESERVED },
        { "2001:200::1", EGRESS_ALLOWED },
        { "2001:db7:ffff::1", EGRESS_ALLOWED },
        { "2001:db8::", EGRESS_RESERVED },
        { "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", EGRESS_RESERVED },
        { "2001:db9::1", EGRESS_ALLOWED },
        { "2001:4860:4860::8888", EGRESS_ALLOWED },
        { "2002:808:808::1", EGRESS_EMBEDDED },
        { "2002:7f00:1::1", EGRESS_LOOPBACK },
        { "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EGRESS_MULTICAST },
        { "2003::1", EGRESS_ALLOWED },
        { "3ffe:ffff::1", EGRESS_ALLOWED },
        { "3fff::1", EGRESS_RESERVED },
        { "3fff:fff:ffff::1", EGRESS_RESERVED },
        { "3fff:1000::1", EGRESS_ALLOWED },
        { "5eff:ffff::1", EGRESS_ALLOWED },
        { "5f00::1", EGRESS_RESERVED },
        { "5f00:ffff::1", EGRESS_RESERVED },
        { "5f01::1", EGRESS_ALLOWED },
        { "fbff:ffff::1", EGRESS_ALLOWED },
        { "fc00::1", EGRESS_PRIVATE },
        { "fd00:ec2::253", EGRESS_PRIVATE },
        { "fd00:ec2::254", EGRESS_METADATA },
        { "fd20:ce::254", EGRESS_METADATA },
        { "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EGRESS_PRIVATE },
        { "fe00::1", EGRESS_ALLOWED },
        { "fe80::1", EGRESS_METADATA },
        { "febf:ffff::1", EGRESS_METADATA },
        { "fec0::1", EGRESS_PRIVATE },
        { "feff:ffff::1", EGRESS_PRIVATE },
        { "ff00::1", EGRESS_MULTICAST },
        { "ff02::1", EGRESS_MULTICAST },
        { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EGRESS_MULTICAST },
    };
    check_addresses(&nothing_opened, cases, ARRAY_LEN(cases));
    EgressRules https_only = { .https_only = true };
    assert_int_equal(egress_judge(&https_only, address_of("8.8.8.8"), 80, false), EGRESS_PLAIN);
    assert_int_equal(egress_judge(&https_only, address_of("8.8.8.8"), 443, true), EGRESS_ALLOWED);
    assert_int_equal(egress_judge(&https_only, address_of("10.0.0.1"), 80, false), EGRESS_PRIVATE);
    assert_int_not_equal(egress_judge(&nothing_opened, (IpAddress){ 0 }, 443, true), EGRESS_ALLOWED);
}

static void an_allowed_range_opens_what_lies_in_it(void **state UNUSED)
{
    Opened opened;
    OPEN(opened, "172.18.0.0/16", "fd12::/16", "64:ff9b::/96");
    static const AddressCase cases[] = {
        { "172.18.0.5", EGRESS_ALLOWED },
        { "172.19.0.5", EGRESS_PRIVATE },
        { "127.0.0.1", EGRESS_LOOPBACK },
        { "fd12::5", EGRESS_ALLOWED },
        { "fd13::5", EGRESS_PRIVATE },
        { "64:ff9b::808:808", EGRESS_ALLOWED },
        { "64:ff9b::a9fe:a9fe", EGRESS_METADATA },
        { "::ffff:172.18.0.5", EGRESS_PRIVATE }, /* no one needs that form, so it is not opened along */
    };
    check_addresses(&opened.rules, cases, ARRAY_LEN(cases));
}

static void metadata_and_link_local_need_an_entry_of_their_own(void **state UNUSED)
{
    Opened wide, exact;
    OPEN(wide, "0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/31");
    static const AddressCase still_refused[] = {
        { "10.0.0.1", EGRESS_ALLOWED },           { "169.254.169.254", EGRESS_METADATA },
        { "169.254.1.1", EGRESS_METADATA },       { "168.63.129.16", EGRESS_METADATA },
        { "fe80::1", EGRESS_METADATA },           { "fd00:ec2::254", EGRESS_METADATA },
        { "fd00:ec2::253", EGRESS_ALLOWED },      { "::ffff:169.254.169.254", EGRESS_METADATA },
        { "2002:a9fe:a9fe::1", EGRESS_METADATA },
    };
    check_addresses(&wide.rules, still_refused, ARRAY_LEN(still_refused));
    OPEN(exact, "169.254.169.254", "fe80::1/128", "fd00:ec2::254");
    static const AddressCase opened[] = {
        { "169.254.169.254", EGRESS_ALLOWED }, { "169.254.169.253", EGRESS_METADATA },
        { "fe80::1", EGRESS_ALLOWED },         { "fe80::2", EGRESS_METADATA },
        { "fd00:ec2::254", EGRESS_ALLOWED },
    };
    check_addresses(&exact.rules, opened, ARRAY_LEN(opened));
}

static void loopback_of_one_family_opens_that_of_the_other(void **state UNUSED)
{
    Opened opened;
    OPEN(opened, "127.0.0.0/8");
    assert_int_equal(judge(&opened.rules, "::1"), EGRESS_ALLOWED);
    assert_int_equal(judge(&opened.rules, "::2"), EGRESS_LOOPBACK);
    OPEN(opened, "::1");
    assert_int_equal(judge(&opened.rules, "127.0.0.1"), EGRESS_ALLOWED);
    assert_int_equal(judge(&opened.rules, "127.0.0.2"), EGRESS_LOOPBACK);
}

static void the_own_listener_is_never_opened(void **state UNUSED)
{
    Opened opened;
    OPEN(opened, "0.0.0.0/0", "::/0");
    opened.rules.own_address = address_of("127.0.0.1");
    opened.rules.own_port = 8080;
    static const struct {
        const char *own, *address;
        uint16_t port;
        EgressClass expected;
    } cases[] = {
        { "127.0.0.1", "127.0.0.1", 8080, EGRESS_OWN },
        { "127.0.0.1", "127.0.0.1", 8081, EGRESS_ALLOWED },
        { "127.0.0.1", "127.0.0.2", 8080, EGRESS_ALLOWED },
        { "127.0.0.1", "0.0.0.0", 8080, EGRESS_OWN },
        { "127.0.0.1", "::ffff:127.0.0.1", 8080, EGRESS_OWN },
        { "0.0.0.0", "127.0.0.1", 8080, EGRESS_OWN },
        { "0.0.0.0", "127.0.0.2", 8080, EGRESS_OWN },
        { "0.0.0.0", "127.0.0.1", 8081, EGRESS_ALLOWED },
        { "0.0.0.0", "8.8.8.8", 8080, EGRESS_ALLOWED },
        { "::", "127.0.0.1", 8080, EGRESS_OWN },
        { "::", "::1", 8080, EGRESS_OWN },
        { "8.8.8.8", "8.8.8.8", 8080, EGRESS_OWN },
        { "::1", "::1", 8080, EGRESS_OWN },
        { "::1", "127.0.0.1", 8080, EGRESS_ALLOWED },
        { "2001:db8::1", "2001:db8::1", 8080, EGRESS_OWN },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        opened.rules.own_address = address_of(cases[i].own);
        assert_int_equal(egress_judge(&opened.rules, address_of(cases[i].address), cases[i].port, true),
                         cases[i].expected);
    }
}

static void behind_a_wildcard_each_interface_is_own(void **state UNUSED)
{
    EgressRules rules = { .own_address = address_of("0.0.0.0"), .own_port = 8080 };
    struct ifaddrs *list;
    assert_int_equal(getifaddrs(&list), 0);
    for (struct ifaddrs *each = list; each; each = each->ifa_next) {
        IpAddress address = ip_of_sockaddr(each->ifa_addr);
        if (address.len)
            assert_int_equal(egress_judge(&rules, address, 8080, true), EGRESS_OWN);
    }
    freeifaddrs(list);
}

static void a_mapped_socket_address_stays_ipv6(void **state UNUSED)
{
    struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
    assert_int_equal(inet_pton(AF_INET6, "::ffff:8.8.8.8", &mapped.sin6_addr), 1);
    assert_int_equal(egress_address((struct sockaddr *)&mapped).len, 16);
    struct sockaddr_in plain = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808) };
    assert_int_equal(egress_address((struct sockaddr *)&plain).len, 4);
}

/* ---- URLs -------------------------------------------------------------- */

static void urls_have_one_normal_form(void **state UNUSED)
{
    static const struct {
        const char *url, *normal, *origin;
    } cases[] = {
        { "http://example.com", "http://example.com/", "http://example.com:80" },
        { "HTTPS://ExAmple.COM.:443/Hook?a=B", "https://example.com:443/Hook?a=B",
          "https://example.com:443" },
        { "https://example.com:8443/a%20b", "https://example.com:8443/a%20b", "https://example.com:8443" },
        { "http://xn--bcher-kva.example/x", "http://xn--bcher-kva.example/x",
          "http://xn--bcher-kva.example:80" },
        { "http://192.0.2.1/x", "http://192.0.2.1/x", "http://192.0.2.1:80" },
        { "http://[2001:DB8:0::1]:81/", "http://[2001:db8::1]:81/", "http://[2001:db8::1]:81" },
        { "http://n8n_main:5678/webhook/1", "http://n8n_main:5678/webhook/1", "http://n8n_main:5678" },
        { "http://example.com/\xc3\xa9", "http://example.com/%c3%a9", "http://example.com:80" },
    };
    Arena *arena = arena_new(ARENA_LEN);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        EgressTarget target;
        Error err = { .text = "" };
        Status status = egress_parse_url(str_of(cases[i].url), arena, &target, &err);
        if (status)
            fail_msg("%s: %s", cases[i].url, err.text);
        assert_string_equal(target.url.ptr, cases[i].normal);
        assert_string_equal(target.origin.ptr, cases[i].origin);
        /* and it is a fixed point */
        EgressTarget again;
        assert_int_equal(egress_parse_url(target.url, arena, &again, NULL), STATUS_OK);
        assert_true(str_eq(again.url, target.url));
        arena_reset(arena);
    }
    arena_free(&arena);
}

static void malformed_and_disguised_urls_are_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "example.com",
        "//example.com/",
        "http:",
        "http://",
        "http:///path",
        "http:/example.com/?://evil.example/",
        "https:example.com",
        "http://b\xc3\xbc"
        "cher.example/", /* only as xn--bcher-kva: one form of each name */
        "http://:80/",
        "http://./",
        "http://a..b/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "ws://example.com/",
        "http://1:2@[::1]/",
        "http://user@example.com/",
        "http://@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com#@127.0.0.1/",
        "http://example.com/#part",
        "http://example.com\\@127.0.0.1/",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/\r\nX-Evil: 1",
        "http://example.com/\t",
        "http://example.com/\x7f",
        "http://example.com/\xff",
        "http://example.com/\xe2\x80\xae",
        " http://example.com/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:-1/",
        "http://example.com:8a/",
        "http://[127.0.0.1]/",
        "http://[0000:0000:0000:0000:0000:ffff:7f00:0001]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::1%lo]/",
        "http://[::1%25lo]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://::1/",
        "http://[example.com]/",
        "http://0x7f.1/",
        "http://0X7F.1/",
        "http://0177.0.0.1/",
        "http://2130706433/",
        "http://127.1/",
        "http://0/",
        "http://127.0.0.1./",
        "http://0x7f000001/",
        "http://1.2.3.4.5/",
        "http://256.256.256.256/",
        "http://example.123/",
        "http://example.0x7f/",
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.1%00.example.com/",
        "http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/", /* circled digits: IDNA makes them 127 */
        "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", /* full-width digits */
        "http://127\xe3\x80\x82"
        "0\xe3\x80\x82"
        "0\xe3\x80\x82"
        "1/", /* ideographic full stops */
        "http://exa$mple.com/",
    };
    Arena *arena = arena_new(ARENA_LEN);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EgressTarget target;
        Error err = { .field = "" };
        if (egress_parse_url(str_of(bad[i]), arena, &target, &err) != STATUS_INVALID)
            fail_msg("%s was taken for %s", bad[i], target.url.ptr);
        assert_string_equal(err.field, "url");
        arena_reset(arena);
    }
    arena_free(&arena);
}

static void a_nul_or_too_many_bytes_are_refused(void **state UNUSED)
{
    Arena *arena = arena_new(ARENA_LEN);
    EgressTarget target;
    assert_int_equal(egress_parse_url(STR("http://example.com/\0x"), arena, &target, NULL), STATUS_INVALID);
    char longest[2049] = "http://example.com/";
    memset(longest + strlen(longest), 'a', sizeof longest - strlen(longest));
    assert_int_equal(egress_parse_url((Str){ longest, 2048 }, arena, &target, NULL), STATUS_OK);
    assert_int_equal(egress_parse_url((Str){ longest, 2049 }, arena, &target, NULL), STATUS_INVALID);
    arena_free(&arena);
}

static void registration_judges_addresses_and_localhost_at_once(void **state UNUSED)
{
    static const struct {
        const char *url;
        bool is_allowed;
    } cases[] = {
        { "https://example.com/hook", true },
        { "http://8.8.8.8/", true },
        { "http://[2001:4860:4860::8888]/", true },
        { "http://localhost/", false },
        { "http://localhost:5678/", false },
        { "http://LOCALHOST./", false },
        { "http://n8n.localhost/", false },
        { "http://localhost.example.com/", true },
        { "http://127.0.0.1:5678/", false },
        { "http://[::1]/", false },
        { "http://[::127.0.0.1]/", false },
        { "http://172.18.0.5:5678/webhook/x", false },
        { "http://169.254.169.254/latest/meta-data/", false },
        { "http://0.0.0.0/", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Error err = { .text = "" };
        Status status = egress_check_url(&nothing_opened, str_of(cases[i].url), &err);
        if (status != (cases[i].is_allowed ? STATUS_OK : STATUS_INVALID))
            fail_msg("%s: %s %s", cases[i].url, status_name(status), err.text);
        if (!cases[i].is_allowed) {
            assert_non_null(strstr(err.text, "--webhook-allow"));
            assert_non_null(strstr(err.text, "REFMILL_WEBHOOK_ALLOW"));
        }
    }
}

static void a_refusal_says_what_to_set_and_setting_it_helps(void **state UNUSED)
{
    Error err;
    Str url = STR("http://172.18.0.5:5678/webhook/x");
    assert_int_equal(egress_check_url(&nothing_opened, url, &err), STATUS_INVALID);
    assert_string_equal(err.text,
                        "172.18.0.5 is a private address. If webhooks may go there, start Refmill with "
                        "--webhook-allow 172.18.0.5 (or REFMILL_WEBHOOK_ALLOW).");
    Opened opened;
    OPEN(opened, "172.18.0.5");
    assert_int_equal(egress_check_url(&opened.rules, url, NULL), STATUS_OK);
    OPEN(opened, "127.0.0.0/8");
    assert_int_equal(egress_check_url(&opened.rules, STR("http://localhost:5678/"), NULL), STATUS_OK);
    assert_int_equal(egress_check_url(&opened.rules, STR("http://[::1]:5678/"), NULL), STATUS_OK);
    opened.rules.own_address = address_of("127.0.0.1");
    opened.rules.own_port = 8080;
    assert_int_equal(egress_check_url(&opened.rules, STR("http://localhost:8080/"), &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "Refmill itself"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_ipv4_ranges_are_refused_to_their_edges),
        cmocka_unit_test(special_ipv6_ranges_are_refused_to_their_edges),
        cmocka_unit_test(an_allowed_range_opens_what_lies_in_it),
        cmocka_unit_test(metadata_and_link_local_need_an_entry_of_their_own),
        cmocka_unit_test(loopback_of_one_family_opens_that_of_the_other),
        cmocka_unit_test(the_own_listener_is_never_opened),
        cmocka_unit_test(behind_a_wildcard_each_interface_is_own),
        cmocka_unit_test(a_mapped_socket_address_stays_ipv6),
        cmocka_unit_test(urls_have_one_normal_form),
        cmocka_unit_test(malformed_and_disguised_urls_are_refused),
        cmocka_unit_test(a_nul_or_too_many_bytes_are_refused),
        cmocka_unit_test(registration_judges_addresses_and_localhost_at_once),
        cmocka_unit_test(a_refusal_says_what_to_set_and_setting_it_helps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
