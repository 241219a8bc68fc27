/* An owner's own words: texts of a campaign's pages in place of ours, and what people send with their link. Pure.
 *
 * Texts of pages are lines "name: text", as in the files of src/web/texts/, whose names they have. What differs from
 * person to person has placeholders, {referrer} and {link}; other braces stand for themselves. */
#ifndef DOMAIN_WORDING_H
#define DOMAIN_WORDING_H

#include "base/buf.h"
#include "base/status.h"

enum {
    WORDING_COUNT = 11, /* texts of pages that can be said so */
    WORDING_FILLED_MAX = 64 * 1024, /* bytes of a text with its values */
};

/* What stands for a placeholder; { NULL, 0 }: nothing. */
typedef struct WordingValues {
    Str referrer; /* first name of who refers */
    Str link;
} WordingValues;

/* May an owner say this text of ours in their own words? */
bool wording_is_open(Str name);
/* Takes the next text off the front of `rest`, past comments and empty lines. False at the end. */
bool wording_next(Str *rest, Str *out_name, Str *out_text);

/* Texts of pages: open names, each once, at most LIMIT_WORDING_CHARS characters, and placeholders that there are. */
Status wording_check(Str texts, const char *field, Error *err) MUST_USE;
/* A message's placeholders. */
Status wording_check_message(Str text, const char *field, Error *err) MUST_USE;

/* Appends the text with its values put in, unescaped. */
void wording_append(Buf *out, Str text, const WordingValues *values);

#endif
