/* A campaign's extra fields on the hosted form: what was entered, what is wrong with it, how they look.
 * All of it lives in the request's arena. */
#ifndef WEB_EXTRA_FIELDS_H
#define WEB_EXTRA_FIELDS_H

#include "engine/form.h"
#include "http/http.h"
#include "web/texts.h"

typedef struct ExtraFields {
    FormFields asked;
    Str *answers, *errors; /* of each field; an error is empty when there is none */
} ExtraFields;

/* As the campaign asks them, nothing entered yet. */
Status extra_fields_load(const Campaign *campaign, bool for_lead, Arena *arena, ExtraFields *out_fields) MUST_USE;

/* Takes what was posted, and checks it. */
void extra_fields_read(ExtraFields *fields, const Language *language, HttpRequest *request);
bool extra_fields_fit(const ExtraFields *fields);

/* The fields as HTML, and what is wrong as items of a list; { NULL, 0 } without memory. With `focus` the first
 * field in need of it gets it. */
Str extra_fields_html(const ExtraFields *fields, const Language *language, bool focus, Arena *arena);
Str extra_fields_errors_html(const ExtraFields *fields, const Language *language, Arena *arena);

#endif
