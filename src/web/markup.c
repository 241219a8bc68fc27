#include "web/markup.h"

/* Attributes whose value is a plain text to the browser. */
static const char *const plain_attributes[] = { "alt",  "class", "content", "dir",   "for",  "id",
                                                "lang", "name",  "title",   "value", "size", "aria-describedby",
                                                "aria-label" };
static const char *const url_attributes[] = { "action", "href", "src" };

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(const Markup *markup, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq((Str){ markup->name, markup->name_len }, str_of(names[i])))
            return true;
    return false;
}

/* Takes what opens at the '<' that `rest` begins with; gives the bytes taken, or 0. */
static size_t open_markup(Markup *markup, Str rest, const char **out_wrong)
{
    static const char *const refused[] = { "<script", "<style" };
    if (str_starts(rest, STR("<!--"))) {
        markup->state = MARKUP_COMMENT;
        return 4;
    }
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        Str name = str_of(refused[i]);
        if (rest.len >= name.len && str_ieq((Str){ rest.ptr, name.len }, name)) {
            *out_wrong = "script and style elements have no place in a template";
            return 0;
        }
    }
    size_t at = rest.len > 1 && (rest.ptr[1] == '/' || rest.ptr[1] == '!') ? 2 : 1;
    if (at >= rest.len || !is_letter(rest.ptr[at])) {
        *out_wrong = "a tag begins with a letter; in text write &lt;";
        return 0;
    }
    while (at < rest.len && (is_letter(rest.ptr[at]) || (rest.ptr[at] >= '0' && rest.ptr[at] <= '9')))
        at++;
    markup->state = MARKUP_TAG;
    return at;
}

static const char *feed_tag(Markup *markup, char c)
{
    static const char usage[] = "this sign has no place in a tag; attributes are written name=\"…\"";
    if (markup->state == MARKUP_EQUALS) {
        if (c != '"')
            return usage;
        markup->state = MARKUP_QUOTED;
        markup->quoted_len = 0;
    } else if (c == '=' && markup->state == MARKUP_NAME) {
        markup->state = MARKUP_EQUALS;
    } else if (c == '"' || c == '\'' || c == '`' || c == '<' || c == '=') {
        return usage;
    } else if (c == '>') {
        markup->state = MARKUP_TEXT;
    } else if (is_space(c) || c == '/') {
        markup->state = MARKUP_TAG;
    } else {
        if (markup->state == MARKUP_TAG)
            markup->name_len = 0;
        markup->state = MARKUP_NAME;
        if (markup->name_len < MARKUP_NAME_LEN)
            markup->name[markup->name_len++] = c;
    }
    return NULL;
}

static void feed_quoted(Markup *markup, char c)
{
    if (c == '"') {
        markup->state = MARKUP_TAG;
        return;
    }
    if (markup->quoted_len == 0)
        markup->quoted_first = c;
    markup->quoted_len++;
}

const char *markup_feed(Markup *markup, Str text)
{
    const char *wrong = NULL;
    while (text.len > 0 && !wrong) {
        size_t taken = 1;
        switch (markup->state) {
        case MARKUP_TEXT:
            if (text.ptr[0] == '<')
                taken = open_markup(markup, text, &wrong);
            break;
        case MARKUP_COMMENT:
            if (str_starts(text, STR("-->"))) {
                markup->state = MARKUP_TEXT;
                taken = 3;
            }
            break;
        case MARKUP_QUOTED:
            feed_quoted(markup, text.ptr[0]);
            break;
        case MARKUP_TAG:
        case MARKUP_NAME:
        case MARKUP_EQUALS:
            wrong = feed_tag(markup, text.ptr[0]);
            break;
        }
        text = str_skip(text, taken);
    }
    return wrong;
}

void markup_feed_value(Markup *markup)
{
    if (markup->state == MARKUP_QUOTED)
        markup->quoted_len++;
}

const char *markup_place(const Markup *markup, MarkupPlace *out_place)
{
    *out_place = MARKUP_IN_TEXT;
    if (markup->state == MARKUP_TEXT)
        return NULL;
    if (markup->state != MARKUP_QUOTED)
        return "a value stands in text or in a double-quoted attribute";
    *out_place = MARKUP_IN_ATTRIBUTE;
    if (is_one_of(markup, plain_attributes, ARRAY_LEN(plain_attributes)))
        return NULL;
    *out_place = MARKUP_IN_URL;
    if (!is_one_of(markup, url_attributes, ARRAY_LEN(url_attributes)))
        return "this attribute takes no values";
    return markup->quoted_len > 0 && (markup->quoted_first == '/' || markup->quoted_first == '#')
               ? NULL
               : "before a value, a URL must have begun with a slash or a # of ours";
}

bool markup_is_text(const Markup *markup)
{
    return markup->state == MARKUP_TEXT;
}

bool markup_same(const Markup *a, const Markup *b)
{
    if (a->state != b->state)
        return false;
    if (a->state == MARKUP_TEXT || a->state == MARKUP_TAG || a->state == MARKUP_COMMENT)
        return true;
    bool same_name = str_eq((Str){ a->name, a->name_len }, (Str){ b->name, b->name_len });
    if (a->state != MARKUP_QUOTED)
        return same_name;
    /* An attribute that has begun stays so, and as what it began. */
    return same_name && (a->quoted_len > 0) == (b->quoted_len > 0) &&
           (a->quoted_len == 0 || a->quoted_first == b->quoted_first);
}
