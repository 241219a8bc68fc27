#include "web/extra_fields.h"

#include "base/limits.h"
#include "http/route.h"
#include "web/page.h"

enum { MAX_HTML_LEN = 256 * 1024 };

Status extra_fields_load(const Campaign *campaign, bool for_lead, Arena *arena, ExtraFields *out_fields)
{
    *out_fields = (ExtraFields){ .answers = NULL };
    Status status = form_load(campaign, for_lead, arena, &out_fields->asked);
    if (status)
        return status;
    size_t count = out_fields->asked.count;
    out_fields->answers = ARENA_ARRAY(arena, Str, count);
    out_fields->errors = ARENA_ARRAY(arena, Str, count);
    if (out_fields->answers == NULL || out_fields->errors == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (!out_fields->asked.items[i].is_select)
            out_fields->answers[i] = out_fields->asked.items[i].value;
    return STATUS_OK;
}

/* ---- taking ------------------------------------------------------------ */

static Str what_is_wrong(const FormField *field, Str answer, const Language *language, Arena *arena)
{
    TemplateValue values[] = { { .name = "label", .text = field->label } };
    const char *name = !str_has_visible(answer) ? "field.needed" : field->is_select ? "field.choice" : "field.text";
    Str text = text_fill(arena, text_of(language, name), values, ARRAY_LEN(values));
    return text.len ? text : text_of(language, "error.refused");
}

void extra_fields_read(ExtraFields *fields, const Language *language, HttpRequest *request)
{
    Arena *arena = request->arena;
    for (size_t i = 0; i < fields->asked.count; i++) {
        const FormField *field = &fields->asked.items[i];
        Str name = arena_printf(arena, "field_%.*s", STR_ARG(field->id));
        Str answer = name.ptr ? http_form_value(arena, request->body, name.ptr) : STR_NONE;
        /* What is far beyond the limit need not be sent back in the page. */
        fields->answers[i] = answer.len <= 4 * LIMIT_ANSWER_CHARS ? answer : STR_NONE;
        if (form_check_answer(field, &fields->answers[i], NULL))
            fields->errors[i] = what_is_wrong(field, fields->answers[i], language, arena);
    }
}

bool extra_fields_fit(const ExtraFields *fields)
{
    for (size_t i = 0; i < fields->asked.count; i++)
        if (fields->errors[i].len)
            return false;
    return true;
}

/* ---- showing ----------------------------------------------------------- */

static Str flag(bool set)
{
    return set ? STR("yes") : STR("");
}

static Str number_of(size_t index, Arena *arena)
{
    return arena_printf(arena, "%zu", index + 1);
}

static Str choices_html(const FormField *field, Str answer, const Language *language, Arena *arena)
{
    Buf html = buf_in_arena(arena, MAX_HTML_LEN);
    if (!field->is_select)
        return STR("");
    for (Str rest = field->value, choice; form_next_choice(&rest, &choice);) {
        TemplateValue values[] = { { .name = "choice", .text = choice },
                                   { .name = "chosen", .text = flag(str_eq(choice, answer)) } };
        buf_append(&html, page_part(arena, language, PAGE_CHOICE, values, ARRAY_LEN(values)));
    }
    return buf_str(&html);
}

static Str field_html(const ExtraFields *fields, const Language *language, size_t index, bool focus, Arena *arena)
{
    const FormField *field = &fields->asked.items[index];
    TemplateValue values[] = {
        { .name = "number", .text = number_of(index, arena) },
        { .name = "id", .text = field->id },
        { .name = "label", .text = field->label },
        { .name = "required", .text = flag(field->required) },
        { .name = "answer", .text = fields->answers[index] },
        { .name = "choices",
          .text = choices_html(field, fields->answers[index], language, arena),
          .trusted = true },
        { .name = "error", .text = fields->errors[index] },
        { .name = "focus", .text = flag(focus && fields->errors[index].len) },
    };
    return page_part(arena, language, PAGE_FIELD, values, ARRAY_LEN(values));
}

Str extra_fields_html(const ExtraFields *fields, const Language *language, bool focus, Arena *arena)
{
    Buf html = buf_in_arena(arena, MAX_HTML_LEN);
    for (size_t i = 0; i < fields->asked.count; i++) {
        buf_append(&html, field_html(fields, language, i, focus, arena));
        focus = focus && fields->errors[i].len == 0;
    }
    return buf_str(&html);
}

Str extra_fields_errors_html(const ExtraFields *fields, const Language *language, Arena *arena)
{
    Buf html = buf_in_arena(arena, MAX_HTML_LEN);
    for (size_t i = 0; i < fields->asked.count; i++) {
        TemplateValue values[] = { { .name = "number", .text = number_of(i, arena) },
                                   { .name = "error", .text = fields->errors[i] } };
        if (fields->errors[i].len)
            buf_append(&html, page_part(arena, language, PAGE_FIELD_ERROR, values, ARRAY_LEN(values)));
    }
    return buf_str(&html);
}
