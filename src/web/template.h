/* Pages out of templates: HTML files of ours with the names of values in them. Logic-less.
 *
 *     {{name}}             the value
 *     {{#name}}…{{/name}}  only when the value is not empty
 *     {{^name}}…{{/name}}  only when it is empty
 *
 * Escaping depends on where a value stands, so template_parse follows the markup:
 *
 *     where                                    how a value is written
 *     text                                     & < > " ' as character references
 *     double-quoted attribute of a known kind  the same
 *     href, src, action, after a "/" or "#"    percent-encoded as one component (RFC 3986, 2.3),
 *                                              which can't begin another host or scheme
 *     anywhere else                            refused when the template is parsed
 *
 * Anywhere else: tag and attribute names, unquoted attributes, style, on…, srcdoc, comments; and
 * templates with script or style elements are refused as such. A value that the caller marks as
 * trusted HTML (a part that was rendered before, a picture of ours) stands as it is, in text only.
 *
 * A Template never changes once parsed: any thread may render it. It points into its source. */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/buf.h"
#include "base/status.h"

typedef struct Template Template;

typedef struct TemplateValue {
    const char *name;
    Str text;     /* UTF-8 */
    bool trusted; /* HTML already */
} TemplateValue;

/* STATUS_INVALID with a sentence and the line when it is malformed. */
Status template_parse(Str source, Template **out_template, Error *err) MUST_USE;
/* Frees it and sets the pointer to NULL; takes NULL. */
void template_free(Template **template);

/* Names without a value are empty. */
void template_render(const Template *template, const TemplateValue *values, size_t count, Buf *out);

#endif
