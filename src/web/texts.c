#include "web/texts.h"

#include <pthread.h>

#include "base/asset.h"
#include "domain/wording.h"

enum { MAX_TEXTS = 160, MAX_FILLED = 4096 };

static const Language languages[LANG_COUNT] = {
    [LANG_EN] = { LANG_EN, "en", "ltr", { NULL, 0 } }, [LANG_AR] = { LANG_AR, "ar", "rtl", { NULL, 0 } },
    [LANG_DE] = { LANG_DE, "de", "ltr", { NULL, 0 } }, [LANG_ES] = { LANG_ES, "es", "ltr", { NULL, 0 } },
    [LANG_FR] = { LANG_FR, "fr", "ltr", { NULL, 0 } }, [LANG_PT] = { LANG_PT, "pt", "ltr", { NULL, 0 } },
};

static const char *const files[LANG_COUNT] = {
    [LANG_EN] = "web/texts/en.txt", [LANG_AR] = "web/texts/ar.txt", [LANG_DE] = "web/texts/de.txt",
    [LANG_ES] = "web/texts/es.txt", [LANG_FR] = "web/texts/fr.txt", [LANG_PT] = "web/texts/pt.txt",
};

typedef struct Entry {
    Str name, text;
} Entry;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static Entry entries[LANG_COUNT][MAX_TEXTS];

static void read_file(LanguageId id)
{
    Str rest = asset_find(files[id]);
    size_t count = 0;
    while (count < MAX_TEXTS && wording_next(&rest, &entries[id][count].name, &entries[id][count].text))
        count++;
}

static void read_files(void)
{
    for (int id = 0; id < LANG_COUNT; id++)
        read_file((LanguageId)id);
}

const Language *language_at(LanguageId id)
{
    return &languages[id];
}

const Language *language_of(Str tag)
{
    Str primary = STR_NONE;
    str_cut(&tag, '-', &primary);
    for (int id = 0; id < LANG_COUNT; id++)
        if (str_ieq(primary, str_of(languages[id].tag)))
            return &languages[id];
    return NULL;
}

const Language *language_accepted(Str header)
{
    Str range, tag;
    while (str_cut(&header, ',', &range)) {
        const Language *found = str_cut(&range, ';', &tag) ? language_of(str_trim(tag)) : NULL;
        if (found)
            return found;
    }
    return &languages[LANG_EN];
}

static Str find(LanguageId id, Str name)
{
    for (size_t i = 0; i < MAX_TEXTS && entries[id][i].name.ptr; i++)
        if (str_eq(entries[id][i].name, name))
            return entries[id][i].text;
    return STR_NONE;
}

static Str text_named(const Language *language, Str name)
{
    pthread_once(&once, read_files);
    Str text = find(language->id, name);
    return text.ptr ? text : find(LANG_EN, name);
}

Str text_of(const Language *language, const char *name)
{
    return text_named(language, str_of(name));
}

/* Cuts "before{{name}}after": gives what stands before and the name; false when there is no name in it, and then
 * all of it is `before`. */
static bool cut_name(Str *rest, Str opening, Str *out_before, Str *out_name)
{
    for (size_t i = 0; i + opening.len < rest->len; i++) {
        Str from = str_skip(*rest, i);
        if (!str_starts(from, opening))
            continue;
        Str after = str_skip(from, opening.len);
        ptrdiff_t end = str_index(after, '}');
        if (end < 0 || !str_starts(str_skip(after, (size_t)end), STR("}}")))
            break;
        *out_before = (Str){ rest->ptr, i };
        *out_name = (Str){ after.ptr, (size_t)end };
        *rest = str_skip(after, (size_t)end + 2);
        return true;
    }
    *out_before = *rest;
    return false;
}

Str text_fill(Arena *arena, Str text, const TemplateValue *values, size_t count)
{
    Buf out = buf_in_arena(arena, MAX_FILLED);
    Str before, name;
    while (cut_name(&text, STR("{{"), &before, &name)) {
        buf_append(&out, before);
        for (size_t i = 0; i < count; i++)
            if (str_is(name, values[i].name))
                buf_append(&out, values[i].text);
    }
    buf_append(&out, before);
    return buf_str(&out);
}

Str text_initial(Str name)
{
    size_t len = name.len > 0;
    while (len < name.len && ((unsigned char)name.ptr[len] >> 6) == 2)
        len++;
    return (Str){ name.ptr, len };
}

static void put_text_in(Buf *out, Str name, Str text)
{
    if (wording_is_open(name))
        buf_printf(out, "{{#%.*s}}{{%.*s}}{{/%.*s}}{{^%.*s}}%.*s{{/%.*s}}", STR_ARG(name), STR_ARG(name), STR_ARG(name),
                   STR_ARG(name), STR_ARG(text), STR_ARG(name));
    else
        buf_append(out, text);
}

void texts_put_in(const Language *language, Str source, Buf *out)
{
    Str before, name;
    while (cut_name(&source, STR("{{@"), &before, &name)) {
        buf_append(out, before);
        put_text_in(out, name, text_named(language, name));
    }
    buf_append(out, before);
}
