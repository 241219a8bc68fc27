/* What visitors read, in their language: the files of src/web/texts/, one a language. A file is lines
 * "name: text"; what it leaves out stays English. Read once, the same for all threads from then on. */
#ifndef WEB_TEXTS_H
#define WEB_TEXTS_H

#include "base/buf.h"
#include "web/template.h"

typedef enum LanguageId { LANG_EN, LANG_AR, LANG_DE, LANG_ES, LANG_FR, LANG_PT, LANG_COUNT } LanguageId;

typedef struct Language {
    LanguageId id;
    const char *tag;       /* BCP 47 */
    const char *direction; /* HTML's dir: "ltr" or "rtl" */
    Str own;               /* a campaign's own texts, which count before the file's in pages: domain/wording.h */
} Language;

const Language *language_at(LanguageId id);
/* By a language tag such as "pt-BR", of which the first part counts; NULL when there is no such file. */
const Language *language_of(Str tag);
/* The first of an Accept-Language header that there is (RFC 9110, 12.5.4; browsers name the best first), else
 * English. */
const Language *language_accepted(Str header);

/* A text, with "{{name}}" in it as it stands; { NULL, 0 } when no file has that name. */
Str text_of(const Language *language, const char *name);
/* A text with its values put in, unescaped; { NULL, 0 } without memory. */
Str text_fill(Arena *arena, Str text, const TemplateValue *values, size_t count);
/* The first character of a name. */
Str text_initial(Str name);
/* A template's source with each "{{@name}}" replaced by the text of that name; of those that campaigns can say in
 * their own words, by the value of that name if there is one. */
void texts_put_in(const Language *language, Str source, Buf *out);

#endif
