#include "http/forwarded.h"

bool forwarded_is_trusted(IpAddress address, TrustedProxies trusted)
{
    for (size_t i = 0; i < trusted.count; i++)
        if (ip_in_range(address, trusted.ranges[i]))
            return true;
    return false;
}

/* "192.0.2.1", "192.0.2.1:443", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443" */
static bool parse_node(Str node, IpAddress *out_address)
{
    ptrdiff_t bracket = str_index(node, ']');
    if (str_starts(node, STR("[")) && bracket > 0)
        return ip_parse((Str){ node.ptr + 1, (size_t)bracket - 1 }, out_address);
    ptrdiff_t colon = str_index(node, ':');
    bool one_colon = colon >= 0 && str_index(str_skip(node, (size_t)colon + 1), ':') < 0;
    return ip_parse(one_colon ? (Str){ node.ptr, (size_t)colon } : node, out_address);
}

bool forwarded_walk(Str line, TrustedProxies trusted, IpAddress *client)
{
    while (line.len > 0) {
        if (!forwarded_is_trusted(*client, trusted))
            return false;
        size_t start = line.len;
        while (start > 0 && line.ptr[start - 1] != ',')
            start--;
        if (!parse_node(str_trim(str_skip(line, start)), client))
            return false;
        line.len = start ? start - 1 : 0;
    }
    return true;
}
