#include "web/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/asset.h"
#include "web/texts.h"

static Str rendered(Arena *arena, const char *source, const TemplateValue *values, size_t count)
{
    Template *template = NULL;
    Error err = { .text = "" };
    if (template_parse(str_of(source), &template, &err))
        fail_msg("%s: %s", source, err.text);
    Buf out = buf_in_arena(arena, 1 << 20);
    template_render(template, values, count, &out);
    template_free(&template);
    return buf_str(&out);
}

static void assert_renders(const char *source, const TemplateValue *value, const char *expected)
{
    Arena *arena = arena_new(1 << 20);
    Str out = rendered(arena, source, value, 1);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.ptr, expected, out.len);
    arena_free(&arena);
}

#define LITERAL(text)                                                                                        \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }

static const TemplateValue plain = { .name = "x", .text = LITERAL("Mara") };
static const TemplateValue hostile = { .name = "x", .text = LITERAL("<b a=\"1\" c='2'>&amp;") };
static const TemplateValue empty = { .name = "x", .text = LITERAL("") };

static void a_value_stands_where_its_name_was(void **state UNUSED)
{
    assert_renders("Hello {{x}}!", &plain, "Hello Mara!");
    assert_renders("{{x}}{{x}}", &plain, "MaraMara");
    assert_renders("{{other}}.", &plain, ".");
    assert_renders("", &plain, "");
    assert_renders("a { b } c }} d", &plain, "a { b } c }} d");
}

static void text_is_escaped(void **state UNUSED)
{
    assert_renders("<p>{{x}}</p>", &hostile, "<p>&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;</p>");
}

static void attributes_are_escaped(void **state UNUSED)
{
    assert_renders("<input value=\"{{x}}\">", &hostile,
                   "<input value=\"&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;\">");
}

static void a_value_in_a_url_is_one_component(void **state UNUSED)
{
    static const TemplateValue sly = { .name = "x", .text = LITERAL("/evil.test/?a=b&c#d\"><\xc3\xa4") };
    assert_renders("<a href=\"/{{x}}/qr\">", &sly,
                   "<a href=\"/%2Fevil.test%2F%3Fa%3Db%26c%23d%22%3E%3C%C3%A4/qr\">");
}

static void trusted_html_stands_as_it_is_in_text_only(void **state UNUSED)
{
    static const TemplateValue trusted = { .name = "x", .text = LITERAL("<b>\"</b>"), .trusted = true };
    assert_renders("<p>{{x}}</p>", &trusted, "<p><b>\"</b></p>");
    assert_renders("<p title=\"{{x}}\">", &trusted, "<p title=\"&lt;b&gt;&quot;&lt;/b&gt;\">");
}

static void a_value_is_not_read_as_template(void **state UNUSED)
{
    static const TemplateValue tag = { .name = "x", .text = LITERAL("{{x}}{{#x}}") };
    assert_renders("{{x}}", &tag, "{{x}}{{#x}}");
}

static void a_section_is_shown_when_its_value_is_not_empty(void **state UNUSED)
{
    assert_renders("a{{#x}}b{{x}}c{{/x}}d", &plain, "abMaracd");
    assert_renders("a{{#x}}b{{x}}c{{/x}}d", &empty, "ad");
    assert_renders("a{{#other}}b{{/other}}d", &plain, "ad");
}

static void an_inverted_section_is_shown_when_its_value_is_empty(void **state UNUSED)
{
    assert_renders("a{{^x}}b{{/x}}c", &plain, "ac");
    assert_renders("a{{^x}}b{{/x}}c", &empty, "abc");
}

static void sections_nest(void **state UNUSED)
{
    assert_renders("{{#x}}1{{#x}}2{{/x}}{{^x}}3{{/x}}4{{/x}}", &plain, "124");
    assert_renders("{{^x}}1{{#x}}2{{/x}}{{^x}}3{{/x}}4{{/x}}", &empty, "134");
}

static void a_section_may_stand_in_a_tag(void **state UNUSED)
{
    assert_renders("<input {{#x}}checked {{/x}}class=\"a{{#x}} b{{/x}}\">", &plain,
                   "<input checked class=\"a b\">");
}

static void what_is_unsafe_or_malformed_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        /* places where escaping is not enough */
        "<a {{x}}>",
        "<a b{{x}}=\"\">",
        "<a title={{x}}>",
        "<a title= \"{{x}}\">",
        "<a title='{{x}}'>",
        "<{{x}}>",
        "<p style=\"{{x}}\">",
        "<p onclick=\"{{x}}\">",
        "<p ONCLICK=\"{{x}}\">",
        "<iframe srcdoc=\"{{x}}\">",
        "<meta http-equiv=\"{{x}}\">",
        "<a href=\"{{x}}\">",
        "<a href=\"{{x}}/b\">",
        "<a href=\"javascript:{{x}}\">",
        "<form action=\"{{x}}\">",
        "<img src=\" /{{x}}\">",
        "<a href=\"{{#x}}/{{/x}}{{x}}\">",
        "<!-- {{x}} -->",
        "<script>{{x}}</script>",
        "<SCRIPT src=\"/a\"></SCRIPT>",
        "<style>p { color: {{x}} }</style>",
        /* malformed */
        "{{x",
        "{{",
        "{{}}",
        "{{ x }}",
        "{{X}}",
        "{{x-y}}",
        "{{{x}}}",
        "{{&x}}",
        "{{>x}}",
        "{{#x}}",
        "{{/x}}",
        "{{#x}}{{/y}}",
        "{{#x}}{{#y}}{{/x}}{{/y}}",
        "<p",
        "<p title=\"",
        "<!-- x",
        "a < b",
        "{{#x}}<p>{{/x}}<p{{#x}} {{/x}}",
        "<p {{#x}}title=\"{{/x}}\">",
        "<p title=\"a{{#x}}\" lang=\"{{/x}}b\">",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Template *template = NULL;
        Error err = { .field = "" };
        if (template_parse(str_of(bad[i]), &template, &err) != STATUS_INVALID)
            fail_msg("taken: %s", bad[i]);
        assert_null(template);
        assert_string_equal(err.field, "template");
    }
}

static void sections_nest_eight_deep_at_most(void **state UNUSED)
{
    Template *template = NULL;
    Error err = { .field = "" };
    Str nine = STR("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}");
    assert_int_equal(template_parse(nine, &template, &err), STATUS_INVALID);
    assert_string_equal(err.text, "Line 1: sections are nested too deeply.");
}

static void a_mistake_is_told_with_its_line(void **state UNUSED)
{
    Template *template = NULL;
    Error err = { .field = "" };
    assert_int_equal(template_parse(STR("a\nb\n{{#x}}\n"), &template, &err), STATUS_INVALID);
    assert_string_equal(err.text, "Line 4: a section is never closed.");
}

static void assert_texts_exist(const char *path, Str source)
{
    const Language *english = language_at(LANG_EN);
    for (const char *at = source.ptr; (at = strstr(at, "{{@")); at += 3) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 3, "}"), at + 3);
        if (text_of(english, name).ptr == NULL)
            fail_msg("%s: there is no text %s", path, name);
    }
}

static void assert_parses(const char *path, Str source, LanguageId id)
{
    Buf texts = buf_new(1 << 16);
    texts_put_in(language_at(id), source, &texts);
    Template *template = NULL;
    Error err = { .field = "" };
    if (template_parse(buf_str(&texts), &template, &err))
        fail_msg("%s, %s: %s", path, language_at(id)->tag, err.text);
    template_free(&template);
    buf_free(&texts);
}

static void every_template_of_ours_parses_in_every_language(void **state UNUSED)
{
    size_t seen = 0;
    for (size_t i = 0; i < asset_count; i++) {
        Str path = str_of(asset_table[i].path);
        if (!str_starts(path, STR("web/assets/")) || !str_ends(path, STR(".html")))
            continue;
        Str source = { asset_table[i].data, asset_table[i].len };
        assert_texts_exist(asset_table[i].path, source);
        for (int id = 0; id < LANG_COUNT; id++)
            assert_parses(asset_table[i].path, source, (LanguageId)id);
        seen++;
    }
    assert_true(seen > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_stands_where_its_name_was),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(attributes_are_escaped),
        cmocka_unit_test(a_value_in_a_url_is_one_component),
        cmocka_unit_test(trusted_html_stands_as_it_is_in_text_only),
        cmocka_unit_test(a_value_is_not_read_as_template),
        cmocka_unit_test(a_section_is_shown_when_its_value_is_not_empty),
        cmocka_unit_test(an_inverted_section_is_shown_when_its_value_is_empty),
        cmocka_unit_test(sections_nest),
        cmocka_unit_test(a_section_may_stand_in_a_tag),
        cmocka_unit_test(what_is_unsafe_or_malformed_is_refused),
        cmocka_unit_test(sections_nest_eight_deep_at_most),
        cmocka_unit_test(a_mistake_is_told_with_its_line),
        cmocka_unit_test(every_template_of_ours_parses_in_every_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
