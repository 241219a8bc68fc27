/* The extra fields that a campaign asks people for, and what they answer. Pure: values in, values out. */
#ifndef DOMAIN_FORM_H
#define DOMAIN_FORM_H

#include "base/status.h"
#include "base/str.h"

typedef struct FormField {
    Str id;    /* its name for programs */
    Str label; /* its name for people, and in a user's meta */
    Str value; /* what stands in it at first; of a select: the choices, a line each */
    bool is_select, required;
} FormField;

typedef struct FormFields {
    const FormField *items;
    size_t count;
} FormFields;

/* Can people be asked so? Ids and labels are each field's own, a select has choices. */
Status form_check(const FormFields *fields, const char *field, Error *err) MUST_USE;

/* Is this, { NULL, 0 } for nothing, what the field takes? It is trimmed in place. The error's field is
 * "meta.{label}". */
Status form_check_answer(const FormField *field, Str *answer, Error *err) MUST_USE;

/* Takes the next choice of a select off the front of `rest`, which begins as its value. False at the end. */
bool form_next_choice(Str *rest, Str *out_choice);

#endif
