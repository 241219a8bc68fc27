#include "domain/country.h"

#include "base/alloc.h"

enum { FIRST_ROOM = 1024 };

static int compare(IpAddress a, IpAddress b)
{
    return memcmp(a.bytes, b.bytes, a.len);
}

static bool is_code(Str text)
{
    return text.len == COUNTRY_LEN && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z' && text.ptr[1] >= 'A' && text.ptr[1] <= 'Z';
}

static bool parse(Str line, CountryRange *out_range)
{
    Str rest = line, first, last;
    if (!str_cut(&rest, ',', &first) || !str_cut(&rest, ',', &last) || !is_code(rest))
        return false;
    memcpy(out_range->code, rest.ptr, COUNTRY_LEN);
    return ip_parse(first, &out_range->first) && ip_parse(last, &out_range->last) &&
           out_range->first.len == out_range->last.len && compare(out_range->first, out_range->last) <= 0;
}

static Status append(CountryRanges *ranges, const CountryRange *range)
{
    if (ranges->count == ranges->room) {
        size_t room = ranges->room ? ranges->room * 2 : FIRST_ROOM;
        CountryRange *grown = mem_realloc(ranges->items, room * sizeof *grown);
        if (grown == NULL)
            return STATUS_NOMEM;
        ranges->items = grown;
        ranges->room = room;
    }
    ranges->items[ranges->count++] = *range;
    return STATUS_OK;
}

Status countries_add(Countries *countries, Str line, Error *err)
{
    CountryRange range = { 0 };
    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return STATUS_OK;
    if (!parse(line, &range))
        return error_set(err, STATUS_INVALID, NULL, "This is no range such as 192.0.2.0,192.0.2.255,NL.");
    CountryRanges *ranges = range.first.len == 4 ? &countries->v4 : &countries->v6;
    if (ranges->count && compare(range.first, ranges->items[ranges->count - 1].last) <= 0)
        return error_set(err, STATUS_INVALID, NULL, "This range must lie behind the one before it.");
    return append(ranges, &range);
}

void countries_free(Countries *countries)
{
    mem_free(countries->v4.items);
    mem_free(countries->v6.items);
    *countries = (Countries){ 0 };
}

Country country_of(const Countries *countries, IpAddress address)
{
    const CountryRanges *ranges = address.len == 4 ? &countries->v4 : &countries->v6;
    size_t low = 0, high = address.len ? ranges->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(ranges->items[middle].last, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    Country country = { "" };
    if (address.len && low < ranges->count && compare(ranges->items[low].first, address) <= 0)
        memcpy(country.code, ranges->items[low].code, COUNTRY_LEN);
    return country;
}
