#include "domain/wording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"

static void assert_filled(const char *text, const char *expected)
{
    const WordingValues values = { .referrer = STR("{link} & <Ada>"), .link = STR("https://r.test/x") };
    Buf buf = buf_new(1000);
    wording_append(&buf, str_of(text), &values);
    Str got = buf_str(&buf);
    if (!str_is(got, expected))
        fail_msg("%.*s instead of %s", STR_ARG(got), expected);
    buf_free(&buf);
}

static void placeholders_become_values_once_and_other_braces_stay(void **state UNUSED)
{
    assert_filled("", "");
    assert_filled("{referrer}!", "{link} & <Ada>!");
    assert_filled("{link}{link} says: {referrer}", "https://r.test/xhttps://r.test/x says: {link} & <Ada>");
    assert_filled("{ } {} {Link} {{link}} {link", "{ } {} {Link} {https://r.test/x} {link");
}

static void assert_refused(const char *texts, const char *part)
{
    Error err = { 0 };
    assert_int_equal(wording_check(str_of(texts), "texts", &err), STATUS_INVALID);
    assert_string_equal(err.field, "texts");
    if (strstr(err.text, part) == NULL)
        fail_msg("%s instead of %s", err.text, part);
}

static void texts_of_pages_are_open_ones_each_once(void **state UNUSED)
{
    assert_int_equal(wording_check(STR(""), "texts", NULL), STATUS_OK);
    assert_int_equal(wording_check(STR("# ours\n\nform.accept: Yes: please\r\nlanding.heading:{referrer} in {Club}"),
                                   "texts", NULL),
                     STATUS_OK);
    assert_refused("portal.heading: Hi", "portal.heading");
    assert_refused("form.accept", "form.accept");
    assert_refused("form.accept: ", "form.accept");
    assert_refused("form.accept: a\nform.accept: b", "twice");
    assert_refused("form.accept: a\x01", "one line");
    assert_refused("form.accept: \xff", "UTF-8");
    assert_refused("signup.heading: {referrer} wants you", "There is no {referrer} here.");
    assert_refused("landing.heading: {first_name} wants you", "There is {referrer}.");
}

static void texts_have_their_limits(void **state UNUSED)
{
    char texts[LIMIT_WORDING_LEN + 2] = "form.accept: ";
    memset(texts + 13, 'x', LIMIT_WORDING_CHARS);
    assert_int_equal(wording_check(str_of(texts), "texts", NULL), STATUS_OK);
    texts[13 + LIMIT_WORDING_CHARS] = 'x';
    assert_refused(texts, "1 to 300 characters");
    memset(texts, '#', LIMIT_WORDING_LEN);
    assert_int_equal(wording_check(str_of(texts), "texts", NULL), STATUS_OK);
    texts[LIMIT_WORDING_LEN] = '#';
    assert_refused(texts, "8192 bytes");
}

static void messages_have_every_placeholder_up_to_twenty_times(void **state UNUSED)
{
    Error err = { 0 };
    char text[11 * (LIMIT_PLACEHOLDERS + 1) + 1] = "";
    assert_int_equal(wording_check_message(STR("{referrer} {link} {x"), "share_text", &err), STATUS_OK);
    assert_int_equal(wording_check_message(STR("{reward}"), "share_text", &err), STATUS_INVALID);
    assert_string_equal(err.text, "There is no {reward} here. There is {referrer}. There is {link}.");
    for (int i = 0; i < LIMIT_PLACEHOLDERS; i++)
        strcat(text, "{referrer} ");
    assert_int_equal(wording_check_message(str_of(text), "share_text", &err), STATUS_OK);
    strcat(text, "{link}");
    assert_int_equal(wording_check_message(str_of(text), "share_text", &err), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_become_values_once_and_other_braces_stay),
        cmocka_unit_test(texts_of_pages_are_open_ones_each_once),
        cmocka_unit_test(texts_have_their_limits),
        cmocka_unit_test(messages_have_every_placeholder_up_to_twenty_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
