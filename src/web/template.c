#include "web/template.h"

#include <stdio.h>

#include "base/alloc.h"
#include "web/markup.h"
#include "web/url.h"

enum { MAX_DEPTH = 8, MAX_NAME_LEN = 40 };

typedef enum OpKind { OP_TEXT, OP_VALUE, OP_SECTION, OP_INVERTED } OpKind;

typedef struct Op {
    OpKind kind;
    MarkupPlace place; /* of a value */
    Str text;          /* what stands there, or a value's name */
    size_t end;        /* of a section: the op behind it */
} Op;

struct Template {
    Op *ops;
    size_t count, cap;
    size_t text_len; /* without the values */
};

typedef struct OpenSection {
    size_t op;
    Markup markup; /* where it began: it must end in the same place */
} OpenSection;

typedef struct Parser {
    Str source, rest;
    Template *template;
    Markup markup;
    OpenSection open[MAX_DEPTH];
    size_t depth;
    Error *err;
} Parser;

/* ---- parsing ----------------------------------------------------------- */

static Status malformed(const Parser *parser, const char *what)
{
    int line = 1;
    for (const char *at = parser->source.ptr; at < parser->rest.ptr; at++)
        line += *at == '\n';
    return error_set(parser->err, STATUS_INVALID, "template", "Line %d: %s.", line, what);
}

static Status add_op(Parser *parser, Op op)
{
    Template *template = parser->template;
    if (template->count == template->cap) {
        size_t cap = template->cap ? template->cap * 2 : 32;
        Op *ops = mem_realloc(template->ops, cap * sizeof *ops);
        if (ops == NULL)
            return STATUS_NOMEM;
        template->ops = ops;
        template->cap = cap;
    }
    template->ops[template->count++] = op;
    template->text_len += op.kind == OP_TEXT ? op.text.len : 0;
    return STATUS_OK;
}

static Status add_text(Parser *parser, Str text)
{
    const char *wrong = markup_feed(&parser->markup, text);
    if (wrong)
        return malformed(parser, wrong);
    return str_is_empty(text) ? STATUS_OK : add_op(parser, (Op){ .kind = OP_TEXT, .text = text });
}

static bool is_name(Str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c != '_' && c != '.' && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
            return false;
    }
    return name.len > 0 && name.len <= MAX_NAME_LEN;
}

static Status add_value(Parser *parser, Str name)
{
    MarkupPlace place;
    const char *wrong = markup_place(&parser->markup, &place);
    if (wrong)
        return malformed(parser, wrong);
    markup_feed_value(&parser->markup);
    return add_op(parser, (Op){ .kind = OP_VALUE, .place = place, .text = name });
}

static Status begin_section(Parser *parser, OpKind kind, Str name)
{
    if (parser->depth == MAX_DEPTH)
        return malformed(parser, "sections are nested too deeply");
    parser->open[parser->depth++] = (OpenSection){ parser->template->count, parser->markup };
    return add_op(parser, (Op){ .kind = kind, .text = name });
}

static Status end_section(Parser *parser, Str name)
{
    Template *template = parser->template;
    const OpenSection *open = parser->depth ? &parser->open[parser->depth - 1] : NULL;
    if (open == NULL || !str_eq(template->ops[open->op].text, name))
        return malformed(parser, "this section is not open");
    if (!markup_same(&open->markup, &parser->markup))
        return malformed(parser, "a section must end in the markup where it began");
    template->ops[open->op].end = template->count;
    parser->depth--;
    return STATUS_OK;
}

static Status add_tag(Parser *parser, Str tag)
{
    char sign = tag.len ? tag.ptr[0] : 0;
    bool has_sign = sign == '#' || sign == '^' || sign == '/';
    Str name = str_skip(tag, has_sign);
    if (!is_name(name))
        return malformed(parser, "names are of a-z, 0-9, _ and .");
    switch (sign) {
    case '#':
        return begin_section(parser, OP_SECTION, name);
    case '^':
        return begin_section(parser, OP_INVERTED, name);
    case '/':
        return end_section(parser, name);
    default:
        return add_value(parser, name);
    }
}

/* Index of `pair` in `text`, or -1. */
static ptrdiff_t find_pair(Str text, const char pair[3])
{
    const char *at = text.len ? memmem(text.ptr, text.len, pair, 2) : NULL;
    return at ? at - text.ptr : -1;
}

static Status parse_all(Parser *parser)
{
    Status status = STATUS_OK;
    while (!status && parser->rest.len > 0) {
        ptrdiff_t begin = find_pair(parser->rest, "{{");
        size_t text_len = begin < 0 ? parser->rest.len : (size_t)begin;
        status = add_text(parser, (Str){ parser->rest.ptr, text_len });
        if (status)
            break;
        parser->rest = str_skip(parser->rest, text_len + 2);
        if (begin < 0)
            break;
        ptrdiff_t end = find_pair(parser->rest, "}}");
        if (end < 0)
            return malformed(parser, "{{ is never closed");
        status = add_tag(parser, (Str){ parser->rest.ptr, (size_t)end });
        parser->rest = str_skip(parser->rest, (size_t)end + 2);
    }
    if (!status && parser->depth)
        status = malformed(parser, "a section is never closed");
    if (!status && !markup_is_text(&parser->markup))
        status = malformed(parser, "a tag or comment is never closed");
    return status;
}

Status template_parse(Str source, Template **out_template, Error *err)
{
    Template *template = mem_alloc(sizeof *template);
    if (template == NULL)
        return STATUS_NOMEM;
    Parser parser = { .source = source, .rest = source, .template = template, .err = err };
    Status status = parse_all(&parser);
    if (status)
        template_free(&template);
    else
        *out_template = template;
    return status;
}

void template_free(Template **template)
{
    if (*template == NULL)
        return;
    mem_free((*template)->ops);
    mem_free(*template);
    *template = NULL;
}

/* ---- rendering --------------------------------------------------------- */

/* Mostly it is not, and the first letters tell. */
static bool is_called(const TemplateValue *value, Str name)
{
    size_t i = 0;
    while (i < name.len &&
           value->name[i] == name.ptr[i]) /* names have no NUL, so this ends with the shorter one */
        i++;
    return i == name.len && value->name[i] == '\0';
}

static const TemplateValue *find_value(const TemplateValue *values, size_t count, Str name)
{
    static const TemplateValue nothing = { .name = "" };
    for (size_t i = 0; i < count; i++)
        if (is_called(&values[i], name))
            return &values[i];
    return &nothing;
}

static const char *reference_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void append_escaped(Buf *out, Str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *reference = reference_of(text.ptr[i]);
        if (reference == NULL)
            continue;
        buf_append(out, (Str){ text.ptr + from, i - from });
        buf_append(out, str_of(reference));
        from = i + 1;
    }
    buf_append(out, str_skip(text, from));
}

static void append_value(Buf *out, MarkupPlace place, const TemplateValue *value)
{
    if (place == MARKUP_IN_URL)
        url_append_component(out, value->text);
    else if (place == MARKUP_IN_TEXT && value->trusted)
        buf_append(out, value->text);
    else
        append_escaped(out, value->text);
}

/* So that the page need not be moved while it grows. */
static void make_room(const Template *template, const TemplateValue *values, size_t count, Buf *out)
{
    size_t len = template->text_len;
    for (size_t i = 0; i < count; i++)
        len += values[i].text.len;
    (void)buf_reserve(out, size_min(len, out->max_len - out->len));
}

void template_render(const Template *template, const TemplateValue *values, size_t count, Buf *out)
{
    make_room(template, values, count, out);
    for (size_t i = 0; i < template->count;) {
        const Op *op = &template->ops[i++];
        if (op->kind == OP_TEXT) {
            buf_append(out, op->text);
            continue;
        }
        const TemplateValue *value = find_value(values, count, op->text);
        if (op->kind == OP_VALUE)
            append_value(out, op->place, value);
        else if (str_is_empty(value->text) == (op->kind == OP_SECTION))
            i = op->end;
    }
}
