/* The input up to the first NUL is a template, the rest a value. Whatever a template that parses
 * looks like, a value must not bring markup of its own: what is rendered with it has as many of
 * each special character, unescaped, as with a harmless value. */
#include "web/template.h"

#include <stdlib.h>

enum { MAX_OUT = 1 << 20 };

static size_t count_of(Str text, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == c;
    return count;
}

static Str render(const Template *template, Arena *arena, Str value)
{
    const TemplateValue values[] = { { .name = "x", .text = value }, { .name = "y", .text = value } };
    Buf out = buf_in_arena(arena, MAX_OUT);
    template_render(template, values, ARRAY_LEN(values), &out);
    return buf_str(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    Str input = { (const char *)data, len }, source, value = input;
    Template *template = NULL;
    if (!str_cut(&value, 0, &source) || template_parse(source, &template, NULL))
        return 0;
    Arena *arena = arena_new(4 * MAX_OUT);
    Str hostile = render(template, arena, value), harmless = render(template, arena, STR("a"));
    bool comparable = value.len > 0 && hostile.ptr && harmless.ptr; /* the same sections are shown */
    if (comparable)
        for (const char *c = "<>\"'"; *c; c++)
            if (count_of(hostile, *c) != count_of(harmless, *c))
                abort();
    arena_free(&arena);
    template_free(&template);
    return 0;
}
