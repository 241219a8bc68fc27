/* Checks of texts that people send: length, UTF-8, control characters, shape. Each trims its
 * text in place and fails with STATUS_INVALID, the field's name and a sentence. Pure. */
#ifndef DOMAIN_TEXT_H
#define DOMAIN_TEXT_H

#include "base/arena.h"
#include "base/status.h"

/* A person's name: 1 to LIMIT_NAME_CHARS characters, no control or bidi characters. */
Status text_check_name(Str *name, const char *field, Error *err) MUST_USE;
/* A title: 1 to LIMIT_TITLE_CHARS. */
Status text_check_title(Str *title, const char *field, Error *err) MUST_USE;
/* The shop's own name for a person: 1 to LIMIT_CUSTOMER_ID_LEN bytes, no control characters. */
Status text_check_customer(Str *customer_id, const char *field, Error *err) MUST_USE;
/* Running text, may be empty; line feeds and tabs are fine. */
Status text_check_paragraph(Str *text, const char *field, Error *err) MUST_USE;
/* Empty, or an absolute http(s) URL without user info and without white space. */
Status text_check_url(Str *url, const char *field, Error *err) MUST_USE;
/* An e-mail address as in RFC 5321's Mailbox, without quoted local parts and address literals;
 * UTF-8 as in RFC 6531. */
Status text_check_email(Str *email, const char *field, Error *err) MUST_USE;

/* The form by which addresses are compared: ASCII letters in lower case. Aliases ("+tag", dots) are
 * different addresses here; they are a signal for the fraud rules, never a merge.
 * { NULL, 0 } without memory. */
Str email_key(Arena *arena, Str email) MUST_USE;

#endif
