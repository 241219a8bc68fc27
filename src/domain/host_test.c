#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/host.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"

static void hosts_are_told_from_what_is_none(void **state)
{
    (void)state;
    static const char *const good[] = { "go.example.com", "a.b", "GO.Example.COM", "xn--bcher-kva.example", "1-2.example.co1",
                                        LABEL_63 ".example" };
    static const char *const bad[] = { "", "localhost", "example.com.", ".example.com", "a..b", "-a.example", "a-.example",
                                       "a_b.example", "go.example.com:80", "127.0.0.1", "[::1]", "b\xc3\xbc" "cher.example",
                                       "a.example/b", "a b.example", LABEL_63 "4.example",
                                       LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ".example" };
    Arena *arena = arena_new(64 * 1024);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        Str host = str_of(good[i]);
        if (host_check(&host, arena, "domain", NULL) != STATUS_OK)
            fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Error err;
        Str host = str_of(bad[i]);
        if (host_check(&host, arena, "domain", &err) != STATUS_INVALID)
            fail_msg("taken: %s", bad[i]);
        assert_string_equal(err.field, "domain");
    }
    Str host = STR("GO.Example.COM");
    assert_int_equal(host_check(&host, arena, "domain", NULL), STATUS_OK);
    assert_true(str_is(host, "go.example.com"));
    arena_free(&arena);
}

static void a_port_is_left_out(void **state)
{
    (void)state;
    assert_true(str_is(host_without_port(STR("go.example.com:8443")), "go.example.com"));
    assert_true(str_is(host_without_port(STR("go.example.com")), "go.example.com"));
    assert_true(str_is(host_without_port(STR("")), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_told_from_what_is_none),
        cmocka_unit_test(a_port_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
