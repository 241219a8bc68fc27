/* Enums and their names in API, database and command line, in one table each. Pure. */
#ifndef DOMAIN_NAMES_H
#define DOMAIN_NAMES_H

#include "base/str.h"

typedef struct NameTable {
    const char *const *names;
    size_t count;
} NameTable;

#define NAME_TABLE(array) ((NameTable){ (array), ARRAY_LEN(array) })

static inline const char *name_of(NameTable table, int value)
{
    return value >= 0 && (size_t)value < table.count ? table.names[value] : "";
}

static inline bool name_find(NameTable table, Str name, int *out_value)
{
    for (size_t i = 0; i < table.count; i++) {
        if (str_is(name, table.names[i])) {
            *out_value = (int)i;
            return true;
        }
    }
    return false;
}

#endif
