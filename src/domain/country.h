/* In which country an address is, by a list of ranges that the operator has. Read once at the start; then any thread
 * may look. */
#ifndef DOMAIN_COUNTRY_H
#define DOMAIN_COUNTRY_H

#include "base/ip.h"
#include "base/status.h"

/* Two letters (ISO 3166-1) and zeros; all zeros: unknown. */
enum { COUNTRY_LEN = 2 };
typedef struct Country {
    char code[4];
} Country;

typedef struct CountryRange {
    IpAddress first, last;
    char code[COUNTRY_LEN];
} CountryRange;

/* Ranges of one kind of addresses, rising. */
typedef struct CountryRanges {
    CountryRange *items;
    size_t count, room;
} CountryRanges;

/* All zeros: none is known. */
typedef struct Countries {
    CountryRanges v4, v6;
} Countries;

/* Adds a line: "192.0.2.0,192.0.2.255,NL", both ends inclusive; an empty one or one that begins with '#' adds nothing.
 * STATUS_INVALID also when the range does not lie behind the one before it. */
Status countries_add(Countries *countries, Str line, Error *err) MUST_USE;
void countries_free(Countries *countries);

Country country_of(const Countries *countries, IpAddress address);

#endif
