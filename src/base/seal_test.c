#include "base/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"

#define PURPOSE STR("tests")
#define PLAIN STR("a secret")

enum { PLAIN_LEN = 8, SEALED_LEN = PLAIN_LEN + SEAL_EXTRA_LEN };

static void opens_what_was_sealed(void **state UNUSED)
{
    SealKey key = seal_key_new();
    char sealed[SEALED_LEN], plain[PLAIN_LEN];
    seal(&key, PURPOSE, PLAIN, sealed);
    assert_null(memmem(sealed, sizeof sealed, PLAIN.ptr, PLAIN.len));
    assert_true(seal_open(&key, PURPOSE, (Str){ sealed, sizeof sealed }, plain));
    assert_memory_equal(plain, PLAIN.ptr, PLAIN_LEN);
}

static void seals_the_same_differently_each_time(void **state UNUSED)
{
    SealKey key = seal_key_new();
    char first[SEALED_LEN], second[SEALED_LEN];
    seal(&key, PURPOSE, PLAIN, first);
    seal(&key, PURPOSE, PLAIN, second);
    assert_memory_equal(first, second, SEAL_KEY_ID_LEN);
    assert_memory_not_equal(first + SEAL_KEY_ID_LEN, second + SEAL_KEY_ID_LEN, SEALED_LEN - SEAL_KEY_ID_LEN);
}

static void opens_for_no_other_key_or_purpose(void **state UNUSED)
{
    SealKey key = seal_key_new(), other = seal_key_new();
    char sealed[SEALED_LEN], plain[PLAIN_LEN];
    seal(&key, PURPOSE, PLAIN, sealed);
    Str text = { sealed, sizeof sealed };
    assert_false(seal_open(&other, PURPOSE, text, plain));
    assert_false(seal_open(&key, STR("other"), text, plain));
    assert_string_not_equal(seal_key_id(&key).text, seal_key_id(&other).text);
}

static void opens_nothing_that_was_changed_or_cut(void **state UNUSED)
{
    SealKey key = seal_key_new();
    char sealed[SEALED_LEN], plain[PLAIN_LEN];
    seal(&key, PURPOSE, PLAIN, sealed);
    for (size_t i = SEAL_KEY_ID_LEN; i < SEALED_LEN; i++) {
        sealed[i] ^= 1;
        assert_false(seal_open(&key, PURPOSE, (Str){ sealed, SEALED_LEN }, plain));
        sealed[i] ^= 1;
    }
    for (size_t len = 0; len < SEALED_LEN; len++)
        assert_false(seal_open(&key, PURPOSE, (Str){ sealed, len }, plain));
}

int main(void)
{
    if (!random_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_what_was_sealed),
        cmocka_unit_test(seals_the_same_differently_each_time),
        cmocka_unit_test(opens_for_no_other_key_or_purpose),
        cmocka_unit_test(opens_nothing_that_was_changed_or_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
