#include "domain/form.h"

#include <stdio.h>

#include "base/limits.h"

bool form_next_choice(Str *rest, Str *out_choice)
{
    while (str_cut(rest, '\n', out_choice)) {
        *out_choice = str_trim(*out_choice);
        if (!str_is_empty(*out_choice))
            return true;
    }
    return false;
}

Status form_check(const FormFields *fields, const char *field, Error *err)
{
    for (size_t i = 0; i < fields->count; i++) {
        const FormField *item = &fields->items[i];
        Str rest = item->value, choice;
        if (item->is_select && !form_next_choice(&rest, &choice))
            return error_set(err, STATUS_INVALID, field, "Field %zu: a select needs choices, a line each, as its value.",
                             i + 1);
        for (size_t k = 0; k < i; k++)
            if (str_eq(item->id, fields->items[k].id) || str_eq(item->label, fields->items[k].label))
                return error_set(err, STATUS_INVALID, field, "Field %zu: another has the same id or label.", i + 1);
    }
    return STATUS_OK;
}

static bool is_choice(const FormField *field, Str answer)
{
    for (Str rest = field->value, choice; form_next_choice(&rest, &choice);)
        if (str_eq(choice, answer))
            return true;
    return false;
}

/* As much of a label as an error has room for, in whole characters. */
static Str short_label(const FormField *field)
{
    Str label = field->label;
    size_t len = size_min(label.len, sizeof((Error *)0)->field - sizeof "meta.");
    while (len < label.len && len > 0 && ((unsigned char)label.ptr[len] >> 6) == 2)
        len--;
    return (Str){ label.ptr, len };
}

Status form_check_answer(const FormField *field, Str *answer, Error *err)
{
    Str label = short_label(field);
    char name[sizeof err->field];
    snprintf(name, sizeof name, "meta.%.*s", STR_ARG(label));
    *answer = str_trim(*answer);
    if (!str_has_visible(*answer))
        return field->required ? error_set(err, STATUS_INVALID, name, "%.*s is needed.", STR_ARG(label)) : STATUS_OK;
    if (field->is_select && !is_choice(field, *answer))
        return error_set(err, STATUS_INVALID, name, "%.*s must be one of its choices.", STR_ARG(label));
    if (str_utf8_len(*answer) > LIMIT_ANSWER_CHARS)
        return error_set(err, STATUS_INVALID, name, "%.*s is longer than %d characters.", STR_ARG(label),
                         LIMIT_ANSWER_CHARS);
    if (!str_is_utf8(*answer) || str_has_control(*answer))
        return error_set(err, STATUS_INVALID, name, "%.*s has characters in it that can't be stored.", STR_ARG(label));
    return STATUS_OK;
}
