#include "webhook/egress.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- addresses --------------------------------------------------------- */

typedef struct Row {
    const char *range;
    EgressClass verdict;
} Row;

/* IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and updates), but for ::ffff:0:0/96,
 * which inner_of knows. The first row that fits counts: those of single metadata services stand before
 * the ranges around them. */
static const Row refused[] = {
    { "169.254.0.0/16", EGRESS_METADATA },
    { "100.100.100.200/32", EGRESS_METADATA }, /* Alibaba */
    { "168.63.129.16/32", EGRESS_METADATA },   /* Azure, in the midst of public space */
    { "192.0.0.192/32", EGRESS_METADATA },     /* Oracle */
    { "0.0.0.0/8", EGRESS_LOOPBACK },          /* "this host": Linux dials it as loopback */
    { "10.0.0.0/8", EGRESS_PRIVATE },
    { "100.64.0.0/10", EGRESS_PRIVATE },
    { "127.0.0.0/8", EGRESS_LOOPBACK },
    { "172.16.0.0/12", EGRESS_PRIVATE },
    { "192.0.0.0/24", EGRESS_RESERVED },
    { "192.0.2.0/24", EGRESS_RESERVED },
    { "192.88.99.0/24", EGRESS_RESERVED },
    { "192.168.0.0/16", EGRESS_PRIVATE },
    { "198.18.0.0/15", EGRESS_RESERVED },
    { "198.51.100.0/24", EGRESS_RESERVED },
    { "203.0.113.0/24", EGRESS_RESERVED },
    { "224.0.0.0/4", EGRESS_MULTICAST },
    { "255.255.255.255/32", EGRESS_MULTICAST },
    { "240.0.0.0/4", EGRESS_RESERVED },

    { "fe80::/10", EGRESS_METADATA },
    { "fd00:ec2::254/128", EGRESS_METADATA }, /* AWS */
    { "fd20:ce::254/128", EGRESS_METADATA },  /* Google */
    { "::/128", EGRESS_LOOPBACK },
    { "::1/128", EGRESS_LOOPBACK },
    { "::/96", EGRESS_EMBEDDED },
    { "64:ff9b::/96", EGRESS_EMBEDDED },
    { "64:ff9b:1::/48", EGRESS_EMBEDDED },
    { "2002::/16", EGRESS_EMBEDDED },
    { "2001::/32", EGRESS_EMBEDDED },
    { "2001::/23", EGRESS_RESERVED },
    { "2001:db8::/32", EGRESS_RESERVED },
    { "3fff::/20", EGRESS_RESERVED },
    { "5f00::/16", EGRESS_RESERVED },
    { "100::/64", EGRESS_RESERVED },
    { "fc00::/7", EGRESS_PRIVATE },
    { "fec0::/10", EGRESS_PRIVATE }, /* once site-local: still routed by some */
    { "ff00::/8", EGRESS_MULTICAST },
};

enum { ROW_COUNT = ARRAY_LEN(refused) };
static IpRange refused_ranges[ROW_COUNT];

static void parse_rows(void)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (!ip_range_parse(str_of(refused[i].range), &refused_ranges[i]))
            abort();
}

static EgressClass class_of(IpAddress address)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, parse_rows);
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (ip_in_range(address, refused_ranges[i]))
            return refused[i].verdict;
    return EGRESS_ALLOWED;
}

IpAddress egress_address(const struct sockaddr *address)
{
    if (address->sa_family != AF_INET6)
        return ip_of_sockaddr(address);
    IpAddress out = { .len = 16 };
    memcpy(out.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    return out;
}

/* The IPv4 address that an IPv6 one carries where a router or the system would dig it out. */
static bool inner_of(IpAddress address, IpAddress *out_inner)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, compatible[12] = { 0 },
                         nat64[12] = { 0, 0x64, 0xff, 0x9b }, six_to_four[2] = { 0x20, 0x02 };
    size_t at;
    if (address.len != 16)
        return false;
    if (memcmp(address.bytes, mapped, 12) == 0 || memcmp(address.bytes, nat64, 12) == 0 ||
        memcmp(address.bytes, compatible, 12) == 0)
        at = 12;
    else if (memcmp(address.bytes, six_to_four, 2) == 0)
        at = 2;
    else
        return false;
    *out_inner = (IpAddress){ .len = 4 };
    memcpy(out_inner->bytes, address.bytes + at, 4);
    return true;
}

static bool is_zero(IpAddress address)
{
    static const uint8_t zero[16];
    return memcmp(address.bytes, zero, address.len) == 0;
}

static bool is_equal(IpAddress a, IpAddress b)
{
    return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

static bool is_of_this_machine(IpAddress address)
{
    if (class_of(address) == EGRESS_LOOPBACK)
        return true;
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0)
        return false;
    bool found = false;
    for (struct ifaddrs *each = list; each && !found; each = each->ifa_next)
        found = each->ifa_addr && is_equal(ip_of_sockaddr(each->ifa_addr), address);
    freeifaddrs(list);
    return found;
}

static bool is_own(const EgressRules *rules, IpAddress address, uint16_t port)
{
    if (rules->own_port == 0 || port != rules->own_port)
        return false;
    if (is_zero(rules->own_address))
        return is_of_this_machine(address);
    return is_zero(address) || is_equal(address, rules->own_address); /* Linux dials 0.0.0.0 as loopback */
}

static bool is_opened(const EgressRules *rules, IpAddress address, bool exactly)
{
    for (size_t i = 0; i < rules->allowed_count; i++) {
        const IpRange *range = &rules->allowed[i];
        if (ip_in_range(address, *range) && (!exactly || range->bits == range->first.len * 8))
            return true;
    }
    return false;
}

/* 127.0.0.1 and ::1 are the same place, and localhost is both: an entry for either opens both. */
static bool is_opened_as_loopback(const EgressRules *rules, IpAddress address)
{
    static const IpAddress v4 = { .len = 4, .bytes = { 127, 0, 0, 1 } },
                           v6 = { .len = 16, .bytes = { [15] = 1 } };
    return (is_equal(address, v6) && is_opened(rules, v4, false)) ||
           (is_equal(address, v4) && is_opened(rules, v6, false));
}

EgressClass egress_judge(const EgressRules *rules, IpAddress address, uint16_t port, bool is_secure)
{
    if (address.len == 0)
        return EGRESS_RESERVED;
    EgressClass verdict = class_of(address);
    IpAddress inner = address;
    bool is_plain = !inner_of(address, &inner);
    if (!is_plain && (verdict == EGRESS_ALLOWED || verdict == EGRESS_EMBEDDED)) {
        EgressClass of_inner = class_of(inner);
        verdict = of_inner == EGRESS_ALLOWED ? EGRESS_EMBEDDED : of_inner;
    }
    if (is_own(rules, address, port) || (!is_plain && is_own(rules, inner, port)))
        return EGRESS_OWN;
    bool exactly = verdict == EGRESS_METADATA;
    if (is_opened(rules, address, exactly) || is_opened_as_loopback(rules, address))
        return EGRESS_ALLOWED;
    return verdict == EGRESS_ALLOWED && rules->https_only && !is_secure ? EGRESS_PLAIN : verdict;
}

/* ---- words ------------------------------------------------------------- */

static const char *const class_names[EGRESS_CLASS_COUNT] = {
    [EGRESS_ALLOWED] = "allowed",
    [EGRESS_OWN] = "address_own",
    [EGRESS_METADATA] = "address_metadata",
    [EGRESS_LOOPBACK] = "address_loopback",
    [EGRESS_PRIVATE] = "address_private",
    [EGRESS_EMBEDDED] = "address_embedded",
    [EGRESS_MULTICAST] = "address_multicast",
    [EGRESS_RESERVED] = "address_reserved",
    [EGRESS_PLAIN] = "plain_http",
};

static const char *const class_words[EGRESS_CLASS_COUNT] = {
    [EGRESS_METADATA] = "a link-local or cloud metadata address",
    [EGRESS_LOOPBACK] = "this machine's loopback",
    [EGRESS_PRIVATE] = "a private address",
    [EGRESS_EMBEDDED] = "an IPv6 address that carries an IPv4 one",
    [EGRESS_MULTICAST] = "a multicast address",
    [EGRESS_RESERVED] = "a reserved address",
};

const char *egress_class_name(EgressClass verdict)
{
    return class_names[verdict];
}

Status egress_explain(EgressClass verdict, IpAddress address, Error *err)
{
    IpText text = ip_text(address);
    if (verdict == EGRESS_OWN)
        return error_set(err, STATUS_DENIED, "url",
                         "%s is where Refmill itself listens: webhooks can't go there.", text.text);
    if (verdict == EGRESS_PLAIN)
        return error_set(err, STATUS_DENIED, "url", "Webhooks go by https:// here, unless --webhook-allow names %s.",
                         text.text);
    return error_set(err, STATUS_DENIED, "url",
                     "%s is %s. If webhooks may go there, start Refmill with --webhook-allow %s%s "
                     "(or REFMILL_WEBHOOK_ALLOW).",
                     text.text, class_words[verdict], text.text,
                     verdict == EGRESS_METADATA ? ", which must name this very address" : "");
}
