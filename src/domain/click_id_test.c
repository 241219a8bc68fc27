#include "domain/click_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/time.h"

static const CodeKey key = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
static const int64_t clicked_us = INT64_C(1767225600) * US_PER_SECOND; /* 2026-01-01 */

static ClickId click_of(const CodeKey *with, int64_t user_id, int64_t now_us)
{
    Code code = code_of(with, CODE_USER, user_id);
    return click_id_of(with, (Str){ code.text, CODE_LEN }, now_us);
}

static bool parses(const CodeKey *with, const char *text, size_t len)
{
    int64_t user_id, us;
    return click_id_parse(with, (Str){ text, len }, &user_id, &us);
}

static void a_click_id_gives_back_user_and_second(void **state UNUSED)
{
    const int64_t users[] = { 0, 1, 812001, INT64_C(3521614606207) };
    const int64_t times[] = { 0, US_PER_SECOND, clicked_us, clicked_us + 999999, INT64_C(56800235583) * US_PER_SECOND };
    for (size_t u = 0; u < ARRAY_LEN(users); u++) {
        for (size_t t = 0; t < ARRAY_LEN(times); t++) {
            ClickId id = click_of(&key, users[u], times[t]);
            int64_t user_id, us;
            assert_int_equal(strlen(id.text), CLICK_ID_LEN);
            assert_true(click_id_parse(&key, str_of(id.text), &user_id, &us));
            assert_int_equal(user_id, users[u]);
            assert_int_equal(us, times[t] / US_PER_SECOND * US_PER_SECOND);
        }
    }
}

static void any_other_character_spoils_it(void **state UNUSED)
{
    static const char others[] = "0aZ-_%/ \n";
    ClickId id = click_of(&key, 812001, clicked_us);
    for (size_t i = 0; i < CLICK_ID_LEN; i++) {
        for (size_t o = 0; o < sizeof others; o++) { /* with the NUL at its end */
            ClickId forged = id;
            forged.text[i] = others[o];
            assert_true(others[o] == id.text[i] || !parses(&key, forged.text, CLICK_ID_LEN));
        }
    }
}

static void other_lengths_and_other_keys_are_refused(void **state UNUSED)
{
    ClickId id = click_of(&key, 812001, clicked_us);
    CodeKey other = key;
    other.bytes[15]++;
    for (size_t len = 0; len < CLICK_ID_LEN; len++)
        assert_false(parses(&key, id.text, len));
    assert_false(parses(&key, id.text, CLICK_ID_LEN + 1));
    assert_false(parses(&other, id.text, CLICK_ID_LEN));
}

/* Only what this server signs is a click: not a campaign's code with a right MAC, were there one. */
static void only_user_codes_are_clicked(void **state UNUSED)
{
    Code campaign = code_of(&key, CODE_CAMPAIGN, 412);
    ClickId id = click_id_of(&key, (Str){ campaign.text, CODE_LEN }, clicked_us);
    assert_false(parses(&key, id.text, CLICK_ID_LEN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_click_id_gives_back_user_and_second),
        cmocka_unit_test(any_other_character_spoils_it),
        cmocka_unit_test(other_lengths_and_other_keys_are_refused),
        cmocka_unit_test(only_user_codes_are_clicked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
