/* Follows HTML markup just far enough to know where in it a value would stand: in text, in an
 * attribute, in a URL, or where none may (see template.h). Made for templates of ours, so it
 * refuses what it does not need: single-quoted attributes, script and style elements, a bare '<'.
 * Pure, any thread. */
#ifndef WEB_MARKUP_H
#define WEB_MARKUP_H

#include "base/str.h"

typedef enum MarkupPlace { MARKUP_IN_TEXT, MARKUP_IN_ATTRIBUTE, MARKUP_IN_URL } MarkupPlace;

/* Begins in TEXT.
 *
 *   TEXT ─"<"▶ TAG ─name▶ NAME ─"="▶ EQUALS ─'"'▶ QUOTED ─'"'▶ TAG ─">"▶ TEXT
 *   TEXT ─"<!--"▶ COMMENT ─"-->"▶ TEXT
 */
typedef enum MarkupState {
    MARKUP_TEXT,
    MARKUP_TAG,
    MARKUP_NAME,
    MARKUP_EQUALS,
    MARKUP_QUOTED,
    MARKUP_COMMENT,
} MarkupState;

enum { MARKUP_NAME_LEN = 24 };

typedef struct Markup {
    MarkupState state;
    char name[MARKUP_NAME_LEN]; /* of the attribute; what is longer is no attribute that we know */
    size_t name_len;
    size_t quoted_len; /* of the attribute's text so far */
    char quoted_first;
} Markup;

/* NULL, or what is wrong with `text`. */
const char *markup_feed(Markup *markup, Str text);
/* A value stands here. */
void markup_feed_value(Markup *markup);
/* Where a value would stand; NULL, or why none may stand here. */
const char *markup_place(const Markup *markup, MarkupPlace *out_place);
bool markup_is_text(const Markup *markup);
/* Whether what follows has the same meaning in both places. */
bool markup_same(const Markup *a, const Markup *b);

#endif
