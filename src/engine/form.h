/* A campaign's extra form fields, and the `meta` of people that answers them. */
#ifndef ENGINE_FORM_H
#define ENGINE_FORM_H

#include "base/arena.h"
#include "domain/campaign.h"
#include "domain/form.h"

/* The fields for leads, or for people referring; all in the arena. */
Status form_load(const Campaign *campaign, bool for_lead, Arena *arena, FormFields *out_fields) MUST_USE;

/* Is `meta` (a JSON array of {field, value}, or { NULL, 0 }) what these fields take? What no field asks for is
 * fine. With `lenient`, what is required may lack. STATUS_INVALID with the field as "meta.{label}". */
Status form_check_meta(const FormFields *fields, Str meta, bool lenient, Arena *arena, Error *err) MUST_USE;

/* Writes answers, one for each field, as meta; { NULL, 0 } when all are empty. STATUS_INVALID when they are
 * longer than a meta may be. */
Status form_meta_of(const FormFields *fields, const Str *answers, Arena *arena, Str *out_meta) MUST_USE;

#endif
