#include "domain/theme.h"

#include "base/limits.h"
#include "domain/color.h"
#include "domain/text.h"

Status theme_check_accent(Str text, const char *field, bool for_dark, Error *err)
{
    Color color;
    if (str_is_empty(text))
        return STATUS_OK;
    if (!color_parse(text, &color))
        return error_set(err, STATUS_INVALID, field, "A colour is written as #rrggbb, for example #0b7a75.");
    double contrast = color_contrast(color, for_dark ? COLOR_DARK_GROUND : COLOR_WHITE);
    if (contrast >= COLOR_LEAST_CONTRAST)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, field,
                     "Text in this colour can't be read on a %s page: the contrast is %.1f, and 4.5 is needed. "
                     "Choose a %s one.",
                     for_dark ? "dark" : "white", contrast, for_dark ? "brighter" : "darker");
}

Status theme_check_picture(Str *url, const char *field, Error *err)
{
    Status status = text_check_url(url, field, err);
    if (status || str_is_empty(*url))
        return status;
    if (!str_starts(*url, STR("https://")))
        return error_set(err, STATUS_INVALID, field, "A picture's URL begins with https://.");
    for (size_t i = 0; i < url->len; i++)
        if (memchr("\"'()\\<>;,", url->ptr[i], 9))
            return error_set(err, STATUS_INVALID, field, "Percent-encode the character %c of this URL.", url->ptr[i]);
    return STATUS_OK;
}

static bool is_origin(Str text)
{
    Str host = str_skip(text, str_starts(text, STR("https://")) ? 8 : str_starts(text, STR("http://")) ? 7 : text.len);
    bool fits = host.len > 0 && host.len <= LIMIT_QUERY_VALUE_LEN;
    for (size_t i = 0; fits && i < host.len; i++) {
        char c = host.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
    }
    return fits;
}

Status theme_check_origins(Str *origins, const char *field, Error *err)
{
    size_t count = 0;
    *origins = str_trim(*origins);
    for (Str rest = *origins, origin; str_cut(&rest, ' ', &origin);)
        if (origin.len && (!is_origin(origin) || ++count > LIMIT_EMBED_ORIGINS))
            return error_set(err, STATUS_INVALID, field,
                             "This must be at most %d origins such as https://shop.example, parted by spaces, in small letters and without a path.",
                             LIMIT_EMBED_ORIGINS);
    return STATUS_OK;
}

/* ---- CSS --------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           (unsigned char)c >= 0x80;
}

static Str name_at(Str css, size_t at)
{
    size_t end = at;
    while (end < css.len && is_name_char(css.ptr[end]))
        end++;
    return (Str){ css.ptr + at, end - at };
}

static bool is_one_of(Str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(name, str_of(names[i])))
            return true;
    return false;
}

/* What computes a value; whatever is not here may load something. */
static const char *const functions[] = { "var",     "calc",   "min",        "max",        "clamp",     "rgb",
                                         "rgba",    "hsl",    "hsla",       "translate",  "scale",     "rotate",
                                         "minmax",  "repeat", "fit-content", "not",       "is",        "where",
                                         "nth-child", "nth-of-type", "linear-gradient", "radial-gradient", "cubic-bezier",
                                         "color-mix", "and", "or" };
static const char *const at_rules[] = { "media", "supports" };

typedef struct CssCheck {
    Str css;
    size_t at;
    char open[16]; /* what is to be closed */
    size_t depth;
} CssCheck;

/* NULL, or what is wrong. */
static const char *check_string(CssCheck *check, char quote)
{
    for (check->at++; check->at < check->css.len; check->at++) {
        char c = check->css.ptr[check->at];
        if (c == '\n' || c == '\r' || c == '\f')
            break;
        if (c == quote)
            return NULL;
    }
    return "a quote is not closed";
}

static const char *check_open(CssCheck *check, char closing)
{
    if (check->depth == sizeof check->open)
        return "it is nested too deeply";
    check->open[check->depth++] = closing;
    return NULL;
}

static const char *check_close(CssCheck *check, char c)
{
    if (check->depth == 0 || check->open[check->depth - 1] != c)
        return "a bracket is closed that was not open";
    check->depth--;
    return NULL;
}

static const char *check_comment(CssCheck *check)
{
    for (check->at += 2; check->at + 1 < check->css.len; check->at++)
        if (check->css.ptr[check->at] == '*' && check->css.ptr[check->at + 1] == '/') {
            check->at++;
            return NULL;
        }
    return "a comment is not closed";
}

/* A name, of a function if a bracket follows. */
static const char *check_name(CssCheck *check)
{
    Str name = name_at(check->css, check->at);
    check->at += name.len - 1;
    bool is_function = check->at + 1 < check->css.len && check->css.ptr[check->at + 1] == '(';
    return is_function && !is_one_of(name, functions, ARRAY_LEN(functions)) ? "this function is not allowed" : NULL;
}

static const char *check_next(CssCheck *check)
{
    char c = check->css.ptr[check->at];
    bool begins_comment = c == '/' && check->at + 1 < check->css.len && check->css.ptr[check->at + 1] == '*';
    if (begins_comment)
        return check_comment(check);
    if (is_name_char(c))
        return check_name(check);
    switch (c) {
    case '\\':
        return "escapes are not allowed";
    case '<':
        return "the character < is not allowed";
    case '@':
        return is_one_of(name_at(check->css, check->at + 1), at_rules, ARRAY_LEN(at_rules))
                   ? NULL
                   : "of at-rules, @media and @supports are allowed";
    case '"':
    case '\'':
        return check_string(check, c);
    case '{':
        return check_open(check, '}');
    case '(':
        return check_open(check, ')');
    case '[':
        return check_open(check, ']');
    case '}':
    case ')':
    case ']':
        return check_close(check, c);
    default:
        return NULL;
    }
}

Status theme_check_css(Str css, const char *field, Error *err)
{
    CssCheck check = { .css = css };
    const char *wrong = NULL;
    if (css.len > LIMIT_CSS_LEN)
        return error_set(err, STATUS_INVALID, field, "The CSS is too long: %d bytes at most.", LIMIT_CSS_LEN);
    if (!str_is_utf8(css) || memchr(css.ptr ? css.ptr : "", 0, css.len))
        return error_set(err, STATUS_INVALID, field, "The CSS must be UTF-8 text.");
    for (; !wrong && check.at < css.len; check.at++)
        wrong = check_next(&check);
    if (!wrong && check.depth)
        wrong = "a bracket is not closed";
    if (wrong == NULL)
        return STATUS_OK;
    size_t line = 1, end = size_min(check.at, css.len);
    for (size_t i = 0; i < end; i++)
        line += css.ptr[i] == '\n';
    return error_set(err, STATUS_INVALID, field, "Line %zu of the CSS: %s.", line, wrong);
}
