#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

bool ip_parse(Str text, IpAddress *out_address)
{
    char copy[48];
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    IpAddress out = { 0 };
    if (inet_pton(AF_INET, copy, out.bytes) == 1)
        out.len = 4;
    else if (inet_pton(AF_INET6, copy, out.bytes) == 1)
        out.len = 16;
    else
        return false;
    *out_address = out;
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
    if (slash >= 0 && (!str_to_i64(str_skip(text, (size_t)slash + 1), &bits) || bits < 0 || bits > most))
        return false;
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
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    IpAddress out = { 0 };
    if (address && address->sa_family == AF_INET) {
        out.len = 4;
        memcpy(out.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address && address->sa_family == AF_INET6) {
        const uint8_t *bytes = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
        bool is_v4 = memcmp(bytes, mapped, sizeof mapped) == 0;
        out.len = is_v4 ? 4 : 16;
        memcpy(out.bytes, is_v4 ? bytes + 12 : bytes, out.len);
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
