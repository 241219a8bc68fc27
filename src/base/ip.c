#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static IpAddress of_ipv6(const uint8_t bytes[static 16])
{
    IpAddress out = { 0 };
    bool is_v4 = memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0;
    out.len = is_v4 ? 4 : 16;
    memcpy(out.bytes, is_v4 ? bytes + 12 : bytes, out.len);
    return out;
}

bool ip_parse(Str text, IpAddress *out_address)
{
    char copy[48];
    if (text.len == 0 || text.len >= sizeof copy || str_index(text, 0) >= 0)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    IpAddress v4 = { .len = 4 };
    uint8_t v6[16];
    if (inet_pton(AF_INET, copy, v4.bytes) == 1)
        *out_address = v4;
    else if (inet_pton(AF_INET6, copy, v6) == 1)
        *out_address = of_ipv6(v6);
    else
        return false;
    return true;
}

static bool bit_of(IpAddress address, int bit)
{
    return address.bytes[bit / 8] >> (7 - bit % 8) & 1;
}

bool ip_range_parse(Str text, IpRange *out_range)
{
    ptrdiff_t slash = str_index(text, '/');
    IpRange range = { 0 };
    if (!ip_parse(slash < 0 ? text : (Str){ text.ptr, (size_t)slash }, &range.first))
        return false;
    int64_t most = range.first.len * 8;
    int64_t bits = most;
    if (slash >= 0) {
        Str prefix = str_skip(text, (size_t)slash + 1);
        bool is_mapped = range.first.len == 4 && str_index(text, ':') >= 0; /* its prefix counts other bits */
        if (is_mapped || str_starts(prefix, STR("-")) || !str_to_i64(prefix, &bits) || bits > most)
            return false;
    }
    for (int bit = (int)bits; bit < most; bit++)
        if (bit_of(range.first, bit))
            return false;
    range.bits = (uint8_t)bits;
    *out_range = range;
    return true;
}

bool ip_in_range(IpAddress address, IpRange range)
{
    if (address.len == 0 || address.len != range.first.len)
        return false;
    size_t whole = range.bits / 8;
    if (memcmp(address.bytes, range.first.bytes, whole) != 0)
        return false;
    int rest = range.bits % 8;
    return rest == 0 || (address.bytes[whole] ^ range.first.bytes[whole]) >> (8 - rest) == 0;
}

IpAddress ip_of_sockaddr(const struct sockaddr *address)
{
    IpAddress out = { 0 };
    if (address && address->sa_family == AF_INET) {
        out.len = 4;
        memcpy(out.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address && address->sa_family == AF_INET6) {
        out = of_ipv6(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
    }
    return out;
}

IpText ip_text(IpAddress address)
{
    IpText out = { "" };
    if (address.len)
        inet_ntop(address.len == 4 ? AF_INET : AF_INET6, address.bytes, out.text, sizeof out.text);
    return out;
}
