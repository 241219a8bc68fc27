/* Fields of request bodies as data: checked in one place, the same way for every call. */
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "base/json_in.h"

typedef enum FieldType {
    FIELD_ID,     /* a positive integer, or the same as a string (n8n sends either) */
    FIELD_TEXT,   /* a string */
    FIELD_CODE,   /* a string, or a number that was meant as one (a coupon out of a spreadsheet) */
    FIELD_BOOL,   /* true, false, 1, 0 */
    FIELD_ARRAY,  /* any array; the handler looks into it */
    FIELD_OBJECT, /* any object; the handler looks into it */
} FieldType;

typedef struct Field {
    const char *name;
    FieldType type;
    bool required;
    size_t max_len; /* of texts, in bytes */
    const char *summary;
} Field;

enum { MAX_FIELDS = 16 };

typedef struct FieldValue {
    bool given; /* null and, for optional fields, "" count as not given */
    int64_t number;
    Str text;
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
