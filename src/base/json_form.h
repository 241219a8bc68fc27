/* Form fields as JSON: "meta[0][field]=Size" gives the tree that {"meta":[{"field":"Size"}]} gives, with
 * every value a string, so that what reads bodies need not know in which form they came.
 *
 * The first part of a bracket decides: a number or nothing is a place in an array ("[]" the next one,
 * numbers from 0 on without gaps), anything else is a member of an object. A value named twice
 * takes the last one, as in PHP, which is what senders of forms expect. */
#ifndef BASE_JSON_FORM_H
#define BASE_JSON_FORM_H

#include "base/json_in.h"

/* An empty object. Free it with json_doc_free. */
Status json_form_begin(JsonDoc *out_doc) MUST_USE;
/* Adds a pair, both decoded. STATUS_INVALID with a sentence when it doesn't fit the ones before,
 * or when the name is malformed or nested deeper than LIMIT_FORM_DEPTH. */
Status json_form_put(JsonDoc *form, Str name, Str value, Error *err) MUST_USE;

#endif
