#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "base/alloc.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    Arena *arena = arena_new(1 << 20);
    for (size_t len = 1; len < 300; len++) {
        unsigned char *bytes = arena_alloc(arena, len);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 16, 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xaa, len);
    }
    arena_free(&arena);
    assert_null(arena);
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    Arena *arena = arena_new(1 << 20);
    unsigned char *pieces[64];
    for (int i = 0; i < 64; i++) {
        pieces[i] = arena_alloc(arena, 1000);
        memset(pieces[i], i, 1000);
    }
    for (int i = 0; i < 64; i++)
        for (int j = 0; j < 1000; j++)
            assert_int_equal(pieces[i][j], i);
    arena_free(&arena);
}

static void the_ceiling_holds_and_what_fits_still_fits(void **state)
{
    (void)state;
    Arena *arena = arena_new(10000);
    assert_null(arena_alloc(arena, 10001));
    assert_non_null(arena_alloc(arena, 9000));
    assert_null(arena_alloc(arena, 1001));
    assert_non_null(arena_alloc(arena, 1000));
    assert_null(arena_alloc(arena, 1));
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_str(arena, STR("a")).ptr);
    assert_null(arena_printf(arena, "%d", 1).ptr);
    arena_free(&arena);
}

static void a_reset_arena_is_as_new(void **state)
{
    (void)state;
    Arena *arena = arena_new(100000);
    for (int round = 0; round < 3; round++) {
        char *bytes = arena_alloc(arena, 99999);
        assert_non_null(bytes);
        memset(bytes, 1, 99999);
        arena_reset(arena);
        bytes = arena_alloc(arena, 100);
        assert_int_equal(bytes[0] | bytes[99], 0);
        memset(bytes, 1, 100);
        arena_reset(arena);
    }
    arena_free(&arena);
}

static void what_came_after_a_mark_is_forgotten(void **state)
{
    (void)state;
    Arena *arena = arena_new(100000);
    char *kept = arena_alloc(arena, 1000);
    memset(kept, 7, 1000);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 50; i++) {
        for (int j = 0; j < 9; j++)
            assert_non_null(arena_alloc(arena, 10000));
        arena_rewind(arena, mark);
    }
    assert_non_null(arena_alloc(arena, 99000));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(kept[i], 7);
    arena_free(&arena);
}

static void what_grows_alone_leaves_no_copies_behind(void **state)
{
    (void)state;
    Arena *arena = arena_new(1 << 20);
    char *small = arena_alloc(arena, 100), *piece = NULL;
    size_t len = 0;
    memset(small, 7, 100);
    for (size_t wanted = 512; wanted <= 512 * 1024; len = wanted, wanted *= 2) {
        piece = arena_extend(arena, piece, len, wanted);
        assert_non_null(piece);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(piece[i], 5);
        memset(piece, 5, wanted);
    }
    assert_null(arena_extend(arena, piece, len, 1 << 20)); /* the ceiling */
    assert_non_null(arena_alloc(arena, 400 * 1024));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(small[i], 7);
    arena_free(&arena);
}

static void texts_are_copied_with_a_nul_behind(void **state)
{
    (void)state;
    Arena *arena = arena_new(1000);
    Str copy = arena_str(arena, STR("a\0b"));
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4);
    copy = arena_str(arena, STR_NONE);
    assert_non_null(copy.ptr);
    assert_int_equal(copy.len, 0);
    copy = arena_printf(arena, "%d-%s", 42, "x");
    assert_int_equal(copy.len, 4);
    assert_string_equal(copy.ptr, "42-x");
    arena_free(&arena);
}

static void lack_of_memory_is_an_ordinary_outcome(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 2; n++) {
        mem_fail_from(n);
        Arena *none = arena_new(100);
        mem_fail_from(0);
        assert_null(none);
    }
    Arena *arena = arena_new(1 << 20);
    mem_fail_from(1);
    assert_null(arena_alloc(arena, 1 << 19));
    assert_non_null(arena_alloc(arena, 100)); /* the first block has room */
    mem_fail_from(0);
    assert_non_null(arena_alloc(arena, 1 << 19));
    arena_free(&arena);
    arena_free(&arena); /* takes NULL */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(the_ceiling_holds_and_what_fits_still_fits),
        cmocka_unit_test(a_reset_arena_is_as_new),
        cmocka_unit_test(what_came_after_a_mark_is_forgotten),
        cmocka_unit_test(what_grows_alone_leaves_no_copies_behind),
        cmocka_unit_test(texts_are_copied_with_a_nul_behind),
        cmocka_unit_test(lack_of_memory_is_an_ordinary_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
