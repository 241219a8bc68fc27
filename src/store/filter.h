/* Which rows of a list: a tree of conditions as clients write them, in the API's words. What is a
 * field, an operator or a value is judged where the tree is compiled (store/query.h). Plain values;
 * texts and arrays live in the request's arena. */
#ifndef STORE_FILTER_H
#define STORE_FILTER_H

#include "base/str.h"

typedef enum FilterKind { FILTER_CONDITION, FILTER_AND, FILTER_OR } FilterKind;

typedef struct Filter Filter;
struct Filter {
    FilterKind kind;
    /* A condition: */
    Str field;
    Str op; /* "=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "NULL", "NOT NULL", any case */
    const Str *values; /* as text: "412", "1" for true; { NULL, 0 } is JSON's null */
    size_t value_count;
    /* A group; one without members lets everything through: */
    const Filter *members;
    size_t member_count;
};

static inline Filter filter_condition(Str field, Str op, const Str *value)
{
    return (Filter){ .kind = FILTER_CONDITION, .field = field, .op = op, .values = value, .value_count = 1 };
}

static inline Filter filter_all_of(const Filter *members, size_t count)
{
    return (Filter){ .kind = FILTER_AND, .members = members, .member_count = count };
}

#endif
