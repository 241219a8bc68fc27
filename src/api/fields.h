/* Fields of request bodies as data: checked in one place, the same way for every call. */
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "base/json_in.h"

typedef enum FieldType {
    FIELD_ID,      /* a positive integer, or the same as a string (n8n sends either) */
    FIELD_TEXT,    /* a string */
    FIELD_CODE,    /* a string, or a number that was meant as one (a coupon out of a spreadsheet) */
    FIELD_BOOL,    /* true, false, 1, 0 */
    FIELD_INT,     /* a whole number from 0 on, or the same as a string */
    FIELD_DECIMAL, /* 25, 25.5, "25.50": kept as text, for money_parse and its like; not negative */
    FIELD_TIME,    /* a date or ISO 8601: UTC microseconds, see time_parse */
    FIELD_ARRAY,   /* any array; the handler looks into it */
    FIELD_OBJECT,  /* any object; the handler looks into it */
    FIELD_JSON,    /* anything */
} FieldType;

typedef struct Field {
    const char *name;
    FieldType type;
    bool required;
    size_t max; /* of texts, in bytes; of FIELD_INT: the greatest number */
    const char *summary;
} Field;

enum { MAX_FIELDS = 48 };

typedef struct FieldValue {
    bool given;     /* null and, for optional fields, "" count as not given */
    int64_t number; /* of ids, numbers, booleans, times */
    Str text;       /* of texts, codes, decimals */
    const JsonValue *json;
} FieldValue;

typedef struct FieldValues {
    const Field *fields;
    FieldValue items[MAX_FIELDS]; /* in the order of `fields` */
    size_t count;
} FieldValues;

typedef struct FieldErrors {
    Error items[MAX_FIELDS];
    size_t count;
} FieldErrors;

/* Reads `fields` out of an object. Members that no field names are ignored. False when something is
 * wrong: then `out_errors` says all of it. */
bool fields_read(const Field *fields, size_t count, const JsonValue *object, Arena *arena, FieldValues *out_values,
                 FieldErrors *out_errors) MUST_USE;

/* The value of a field that the table names (another name is a defect). */
const FieldValue *field_value(const FieldValues *values, const char *name);

#endif
