#include "domain/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"

static bool fits(Str name, Str value)
{
    return header_check(name, value, NULL) == STATUS_OK;
}

static void tokens_and_printable_values_pass_wh72(void **state UNUSED)
{
    assert_true(fits(STR("Authorization"), STR("Bearer a.b-c_d=")));
    assert_true(fits(STR("x"), STR("~ !")));
    assert_true(fits(STR("X_!#$%&'*+-.^`|~9"), STR(":")));
}

static void nothing_can_end_a_header_and_begin_another_wh72(void **state UNUSED)
{
    for (int byte = 0; byte < 256; byte++) {
        char name[] = { 'a', (char)byte, 'b' }, value[] = { 'a', (char)byte, 'b' };
        bool is_token = byte > 0 && byte < 127 &&
                        (strchr("!#$%&'*+-.^_`|~", byte) || (byte >= '0' && byte <= '9') ||
                         (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'));
        assert_int_equal(fits((Str){ name, 3 }, STR("x")), is_token);
        assert_int_equal(fits(STR("x"), (Str){ value, 3 }), byte >= 32 && byte < 127);
    }
}

static void framing_and_connection_headers_and_ours_are_refused_wh72(void **state UNUSED)
{
    static const char *const names[] = { "Host",    "content-LENGTH",   "Transfer-Encoding", "Connection",
                                         "TE",      "Upgrade",          "Trailer",           "Keep-Alive",
                                         "Expect",  "Proxy-Authorization", "Content-Type",   "webhook-id",
                                         "Webhook-Signature", "X-Webhook-Event", "User-Agent", "traceparent" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_false(fits(str_of(names[i]), STR("x")));
    assert_true(fits(STR("Hostname"), STR("x")));
}

static void lengths_have_an_end_wh72(void **state UNUSED)
{
    static char text[LIMIT_HEADER_VALUE_LEN + 2];
    memset(text, 'a', sizeof text);
    assert_true(fits((Str){ text, LIMIT_HEADER_NAME_LEN }, (Str){ text, LIMIT_HEADER_VALUE_LEN }));
    assert_false(fits((Str){ text, LIMIT_HEADER_NAME_LEN + 1 }, STR("x")));
    assert_false(fits(STR("x"), (Str){ text, LIMIT_HEADER_VALUE_LEN + 1 }));
    assert_false(fits(STR(""), STR("x")));
    assert_false(fits(STR("x"), STR("")));
    assert_false(fits(STR("x"), STR(" a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_and_printable_values_pass_wh72),
        cmocka_unit_test(nothing_can_end_a_header_and_begin_another_wh72),
        cmocka_unit_test(framing_and_connection_headers_and_ours_are_refused_wh72),
        cmocka_unit_test(lengths_have_an_end_wh72),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
