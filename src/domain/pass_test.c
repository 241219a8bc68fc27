#include "domain/pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/time.h"

static const CodeKey key = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
static const CodeKey other_key = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17 } };
static const int64_t expires_us = INT64_C(1767225600) * US_PER_SECOND; /* 2026-01-01 */

static bool opens(const CodeKey *with, PassKind kind, Str text, int64_t now_us)
{
    int64_t user_id;
    return pass_parse(with, kind, text, now_us, &user_id);
}

static void a_pass_names_its_user_until_it_expires(void **state UNUSED)
{
    const int64_t users[] = { 1, 812001, INT64_C(3521614606207) };
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        Pass pass = pass_of(&key, PASS_LINK, users[i], expires_us);
        int64_t user_id = 0;
        assert_int_equal(strlen(pass.text), PASS_LEN);
        assert_true(pass_parse(&key, PASS_LINK, str_of(pass.text), expires_us - 1, &user_id));
        assert_int_equal(user_id, users[i]);
        assert_false(opens(&key, PASS_LINK, str_of(pass.text), expires_us));
    }
}

static void a_pass_opens_nothing_else(void **state UNUSED)
{
    Str link = str_of(pass_of(&key, PASS_LINK, 7, expires_us).text);
    assert_false(opens(&key, PASS_SESSION, link, 0));
    assert_false(opens(&other_key, PASS_LINK, link, 0));
}

static void any_change_breaks_a_pass(void **state UNUSED)
{
    Pass pass = pass_of(&key, PASS_SESSION, 7, expires_us);
    for (size_t i = 0; i < PASS_LEN; i++) {
        Pass changed = pass;
        changed.text[i] = changed.text[i] == '0' ? '1' : '0';
        assert_false(opens(&key, PASS_SESSION, str_of(changed.text), 0));
    }
    for (size_t len = 0; len < PASS_LEN; len++)
        assert_false(opens(&key, PASS_SESSION, (Str){ pass.text, len }, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_names_its_user_until_it_expires),
        cmocka_unit_test(a_pass_opens_nothing_else),
        cmocka_unit_test(any_change_breaks_a_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
