#include "web/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/asset.h"

static const char *const tags[] = { "ar", "de", "es", "fr", "pt" };

static const Language *language(const char *tag)
{
    const Language *found = language_of(str_of(tag));
    assert_non_null(found);
    return found;
}

static void assert_str(Str got, const char *expected)
{
    if (!str_is(got, expected))
        fail_msg("%.*s instead of %s", STR_ARG(got), expected);
}

static void a_language_is_found_by_the_first_part_of_its_tag(void **state UNUSED)
{
    assert_string_equal(language("pt-BR")->tag, "pt");
    assert_string_equal(language("DE")->tag, "de");
    assert_string_equal(language("ar-EG")->direction, "rtl");
    assert_null(language_of(STR("xx")));
    assert_null(language_of(STR("deu")));
    assert_null(language_of(STR("")));
}

static void the_first_accepted_language_that_there_is_counts(void **state UNUSED)
{
    assert_string_equal(language_accepted(STR("nl, fr-CH;q=0.9, de;q=0.8"))->tag, "fr");
    assert_string_equal(language_accepted(STR("nl;q=1"))->tag, "en");
    assert_string_equal(language_accepted(STR(",;,"))->tag, "en");
    assert_string_equal(language_accepted(STR_NONE)->tag, "en");
}

/* Each "{{name}}" of the one is in the other. */
static void assert_same_values(Str text, Str other, const char *tag)
{
    Str part, name;
    while (str_cut(&text, '{', &part)) {
        if (str_is_empty(text) || text.ptr[0] != '{')
            continue;
        text = str_skip(text, 1);
        if (!str_cut(&text, '}', &name))
            break;
        char wanted[64];
        snprintf(wanted, sizeof wanted, "{{%.*s}}", STR_ARG(name));
        if (memmem(other.ptr, other.len, wanted, strlen(wanted)) == NULL)
            fail_msg("%s: %s is not in: %.*s", tag, wanted, STR_ARG(other));
    }
}

static void every_language_has_every_text_with_its_values(void **state UNUSED)
{
    Str rest = asset_find("web/texts/en.txt"), line;
    size_t count = 0;
    while (str_cut(&rest, '\n', &line)) {
        Str english = line, name;
        if (str_starts(line, STR("#")) || !str_cut(&english, ':', &name) || str_is_empty(english))
            continue;
        english = str_trim(english);
        char key[64];
        snprintf(key, sizeof key, "%.*s", STR_ARG(name));
        for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
            Str text = text_of(language(tags[i]), key);
            if (str_is_empty(text) || text.ptr == text_of(language("en"), key).ptr)
                fail_msg("%s has no %s", tags[i], key);
            assert_same_values(english, text, tags[i]);
            assert_same_values(text, english, tags[i]);
        }
        count++;
    }
    assert_true(count > 40);
}

static void values_are_put_into_a_text_once(void **state UNUSED)
{
    Arena *arena = arena_new(1 << 16);
    TemplateValue values[] = { { .name = "referrer", .text = STR("{{campaign}}") },
                               { .name = "campaign", .text = STR("Tea & Co") } };
    assert_str(text_fill(arena, STR("{{referrer}} at {{campaign}}{{other}}!"), values, 2), "{{campaign}} at Tea & Co!");
    assert_str(text_fill(arena, STR("plain {{ text }"), values, 2), "plain {{ text }");
    assert_str(text_fill(arena, STR(""), values, 2), "");
    arena_free(&arena);
}

static void texts_replace_their_names_in_a_template(void **state UNUSED)
{
    Buf out = buf_new(4096);
    texts_put_in(language("de"), STR("<b>{{@form.email}}</b>{{value}}{{@nothing}}"), &out);
    assert_str(buf_str(&out), "<b>E-Mail-Adresse</b>{{value}}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_language_is_found_by_the_first_part_of_its_tag),
        cmocka_unit_test(the_first_accepted_language_that_there_is_counts),
        cmocka_unit_test(every_language_has_every_text_with_its_values),
        cmocka_unit_test(values_are_put_into_a_text_once),
        cmocka_unit_test(texts_replace_their_names_in_a_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
