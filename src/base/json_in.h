/* Strict JSON parsing (RFC 8259): no trailing bytes, no duplicate members, no malformed
 * UTF-8, no NUL in strings, integers exact within int64, nesting within LIMIT_JSON_DEPTH.
 *
 * A JsonDoc owns the tree; values and strings taken from it live as long as it does.
 * A document belongs to one thread. jansson does the work behind this header. */
#ifndef BASE_JSON_IN_H
#define BASE_JSON_IN_H

#include "base/buf.h"
#include "base/status.h"

typedef struct JsonValue JsonValue; /* never defined: jansson's json_t in disguise */

typedef struct JsonDoc {
    const JsonValue *root;
} JsonDoc;

typedef enum JsonType {
    JSON_TYPE_NONE, /* no such member (a NULL value) */
    JSON_TYPE_NULL,
    JSON_TYPE_BOOL,
    JSON_TYPE_INT,
    JSON_TYPE_REAL,
    JSON_TYPE_STRING,
    JSON_TYPE_ARRAY,
    JSON_TYPE_OBJECT,
} JsonType;

/* STATUS_INVALID with a text for people when it is not JSON. Free the document with json_doc_free. */
Status json_parse(Str text, JsonDoc *out_doc, Error *err) MUST_USE;
void json_doc_free(JsonDoc *doc);

/* All of these take NULL. */
JsonType json_type_of(const JsonValue *value);
const JsonValue *json_get(const JsonValue *object, const char *name);
/* Goes through an object's members in their order: `*at` is NULL before the first. False after the last. */
bool json_next_member(const JsonValue *object, void **at, Str *out_name, const JsonValue **out_value);
size_t json_array_len(const JsonValue *array);
const JsonValue *json_array_at(const JsonValue *array, size_t index);
Str json_to_str(const JsonValue *string);
int64_t json_to_int(const JsonValue *integer);
/* An integer or a real in the fewest digits that mean it: 25, 0.1. { NULL, 0 } without memory. */
Str json_number_text(const JsonValue *number, Arena *arena) MUST_USE;
bool json_to_bool(const JsonValue *boolean);
/* Appends the value as compact JSON text. */
void json_dump_to(const JsonValue *value, Buf *buf);

#endif
