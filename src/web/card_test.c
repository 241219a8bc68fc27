#include "web/card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const Str link_text = { "https://example.test/uK3p9ZtQ", 29 };

static Status draw(size_t memory, Str link)
{
    Arena *arena = arena_new(memory);
    Str picture;
    Status status = card_png(arena, COLOR_BLACK, link, &picture);
    if (!status)
        assert_true(str_starts(picture, STR("\x89PNG")));
    arena_free(&arena);
    return status;
}

static void a_card_needs_less_than_two_megabytes(void **state UNUSED)
{
    assert_int_equal(draw(2 << 20, link_text), STATUS_OK);
}

static void without_memory_there_is_no_card(void **state UNUSED)
{
    for (size_t memory = 512; memory <= 1 << 20; memory *= 2)
        assert_int_equal(draw(memory, link_text), STATUS_NOMEM);
}

static void the_longest_link_that_a_code_holds_fits_and_a_longer_one_is_refused(void **state UNUSED)
{
    enum { LONGEST = 2331 }; /* bytes in version 40, level M */
    static char text[LONGEST + 1];
    memset(text, 'a', sizeof text);
    assert_int_equal(draw(4 << 20, (Str){ text, LONGEST }), STATUS_OK);
    assert_int_equal(draw(4 << 20, (Str){ text, LONGEST + 1 }), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_needs_less_than_two_megabytes),
        cmocka_unit_test(without_memory_there_is_no_card),
        cmocka_unit_test(the_longest_link_that_a_code_holds_fits_and_a_longer_one_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
