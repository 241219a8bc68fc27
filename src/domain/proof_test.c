#include "domain/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const Str stamp = { "uK3p9ZtQ1o8fQz4gT0sWm2vXk", 25 }, email = { "lee@example.org", 15 };

/* The smallest proof, found as the browser does. */
static Str find(char text[static 24])
{
    for (int n = 0;; n++) {
        int len = snprintf(text, 24, "%d", n);
        if (proof_is_good(stamp, email, (Str){ text, (size_t)len }))
            return (Str){ text, (size_t)len };
    }
}

static void a_proof_is_good_for_its_page_and_address_only(void **state UNUSED)
{
    char text[24];
    Str proof = find(text);
    assert_string_equal(text, "17482");
    assert_true(proof_is_good(stamp, email, proof));
    assert_false(proof_is_good(stamp, STR("lea@example.org"), proof));
    assert_false(proof_is_good((Str){ stamp.ptr, stamp.len - 1 }, email, proof));
    assert_false(proof_is_good(stamp, email, (Str){ text, proof.len - 1 }));
}

static void nothing_and_what_is_too_long_are_no_proof(void **state UNUSED)
{
    assert_false(proof_is_good(stamp, email, STR_NONE));
    assert_false(proof_is_good(stamp, email, STR("")));
    assert_false(proof_is_good(STR_NONE, email, STR("1")));
    assert_false(proof_is_good(stamp, email, STR("000000000000000000000")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_is_good_for_its_page_and_address_only),
        cmocka_unit_test(nothing_and_what_is_too_long_are_no_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
