#include "domain/wording.h"

#include "base/limits.h"

/* Texts that stand in pages as they are. */
static const struct {
    const char *name;
    bool has_referrer; /* its page knows of one */
} open_texts[WORDING_COUNT] = {
    { "landing.heading", true }, { "form.accept", true },    { "form.get_link", false }, { "form.consent", false },
    { "signup.heading", false }, { "signup.lead", false },   { "signup.offer", false },  { "thanks.title", true },
    { "thanks.lead", true },     { "welcome.title", false }, { "welcome.lead", false },
};

static int find_open(Str name)
{
    for (int i = 0; i < WORDING_COUNT; i++)
        if (str_is(name, open_texts[i].name))
            return i;
    return -1;
}

bool wording_is_open(Str name)
{
    return find_open(name) >= 0;
}

bool wording_next(Str *rest, Str *out_name, Str *out_text)
{
    for (Str line; str_cut(rest, '\n', &line);) {
        line = str_trim(line);
        if (str_is_empty(line) || str_starts(line, STR("#")))
            continue;
        str_cut(&line, ':', out_name);
        *out_text = str_trim(line);
        return true;
    }
    return false;
}

/* ---- placeholders ------------------------------------------------------ */

/* Cuts the text before the next "{name}", and the name. False: there is no more, and all of it is before. */
static bool next_placeholder(Str *rest, Str *out_before, Str *out_name)
{
    *out_before = *rest;
    for (size_t at = 0; at < rest->len; at++) {
        size_t end = at + 1;
        while (rest->ptr[at] == '{' && end < rest->len &&
               ((rest->ptr[end] >= 'a' && rest->ptr[end] <= 'z') || rest->ptr[end] == '_'))
            end++;
        if (end == at + 1 || end == rest->len || rest->ptr[end] != '}')
            continue;
        *out_before = (Str){ rest->ptr, at };
        *out_name = (Str){ rest->ptr + at + 1, end - at - 1 };
        *rest = str_skip(*rest, end + 1);
        return true;
    }
    *rest = STR_NONE;
    return false;
}

static Status check_placeholders(Str text, bool has_referrer, bool has_link, const char *field, Error *err)
{
    Str before, name;
    for (size_t count = 1; next_placeholder(&text, &before, &name); count++) {
        if (!(has_referrer && str_is(name, "referrer")) && !(has_link && str_is(name, "link")))
            return error_set(err, STATUS_INVALID, field, "There is no {%.*s} here.%s%s",
                             (int)size_min(name.len, LIMIT_NAME_CHARS), name.ptr, has_referrer ? " There is {referrer}." : "",
                             has_link ? " There is {link}." : "");
        if (count > LIMIT_PLACEHOLDERS)
            return error_set(err, STATUS_INVALID, field, "A text has at most %d placeholders.", LIMIT_PLACEHOLDERS);
    }
    return STATUS_OK;
}

void wording_append(Buf *out, Str text, const WordingValues *values)
{
    Str before, name;
    while (next_placeholder(&text, &before, &name)) {
        buf_append(out, before);
        buf_append(out, str_is(name, "link") ? values->link : values->referrer);
    }
    buf_append(out, before);
}

/* ---- checks ------------------------------------------------------------ */

static bool is_named_before(Str texts, Str name)
{
    Str other, text;
    while (wording_next(&texts, &other, &text) && other.ptr != name.ptr)
        if (str_eq(other, name))
            return true;
    return false;
}

static Status check_text(Str texts, Str name, Str text, const char *field, Error *err)
{
    int found = find_open(name);
    if (found < 0)
        return error_set(err, STATUS_INVALID, field, "There is no text \"%.*s\" that can be changed.",
                         (int)size_min(name.len, LIMIT_NAME_CHARS), name.ptr);
    if (is_named_before(texts, name))
        return error_set(err, STATUS_INVALID, field, "%.*s stands there twice.", STR_ARG(name));
    if (!str_has_visible(text) || str_has_control(text) || str_utf8_len(text) > LIMIT_WORDING_CHARS)
        return error_set(err, STATUS_INVALID, field, "%.*s must be a text of 1 to %d characters in one line.",
                         STR_ARG(name), LIMIT_WORDING_CHARS);
    return check_placeholders(text, open_texts[found].has_referrer, false, field, err);
}

Status wording_check(Str texts, const char *field, Error *err)
{
    Str name, text;
    Status status = STATUS_OK;
    if (texts.len > LIMIT_WORDING_LEN)
        return error_set(err, STATUS_INVALID, field, "The texts are too long: %d bytes at most.", LIMIT_WORDING_LEN);
    if (!str_is_utf8(texts))
        return error_set(err, STATUS_INVALID, field, "The texts must be UTF-8.");
    for (Str rest = texts; !status && wording_next(&rest, &name, &text);)
        status = check_text(texts, name, text, field, err);
    return status;
}

Status wording_check_message(Str text, const char *field, Error *err)
{
    return check_placeholders(text, true, true, field, err);
}
