#include "webhook/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"

enum { NOW = 1000, SLOTS = 8, PER_ORIGIN = 3 };

static int open_queue(void **state)
{
    Queue *queue;
    QueueLimits limits = { .slots = SLOTS,
                           .slots_of = { SLOTS, SLOTS, SLOTS },
                           .per_origin = PER_ORIGIN,
                           .per_new_origin = PER_ORIGIN };
    if (queue_new(&limits, &queue) != STATUS_OK)
        return -1;
    *state = queue;
    return 0;
}

static int close_queue(void **state)
{
    queue_free((Queue **)state);
    return 0;
}

static void note(Queue *queue, int64_t webhook_id, int64_t due_us)
{
    assert_int_equal(queue_note(queue, 1, webhook_id, due_us), STATUS_OK);
}

static QueueHook *next(Queue *queue, int64_t now_us, const char *origin)
{
    QueueHook *hook = queue_next(queue, now_us);
    if (hook && !queue_has_origin(hook))
        assert_int_equal(queue_set_origin(queue, hook, str_of(origin)), STATUS_OK);
    return hook;
}

/* Claims and leaves the claimed under way. */
static size_t claim(Queue *queue, QueueHook *hook, size_t most, int64_t next_due_us)
{
    size_t count = queue_reserve(queue, hook, most);
    if (count)
        queue_claimed(queue, hook, count, count, next_due_us);
    return count;
}

static void finish(Queue *queue, QueueHook *hook, int64_t due_us)
{
    queue_answered(queue, hook, QUEUE_UNASKED, 0, NOW);
    queue_settled(queue, hook, due_us);
}

static void what_is_due_later_waits_for_its_time(void **state)
{
    Queue *queue = *state;
    assert_int_equal(queue_wake_us(queue, NOW), 0);
    note(queue, 1, NOW + 20);
    note(queue, 2, NOW + 10);
    assert_null(queue_next(queue, NOW));
    assert_int_equal(queue_wake_us(queue, NOW), NOW + 10);
    assert_int_equal(queue_webhook(queue_next(queue, NOW + 10)), 2);
    note(queue, 1, NOW + 30); /* later than known: no change */
    assert_int_equal(queue_count(queue), 2);
}

static void the_soonest_due_comes_first_whatever_the_order_of_notes(void **state)
{
    Queue *queue = *state;
    enum { COUNT = 500 };
    uint32_t random = 7;
    for (int64_t id = 1; id <= COUNT; id++) {
        random = random * 1664525 + 1013904223;
        note(queue, id, NOW + random % 1000);
    }
    for (int64_t id = 1; id <= COUNT; id += 3)
        note(queue, id, NOW + id % 50); /* some become due sooner */
    int64_t last = 0;
    for (size_t left = COUNT; left > 0; left--) {
        int64_t due = queue_wake_us(queue, last);
        assert_true(due >= last);
        last = due;
        QueueHook *hook = queue_next(queue, due);
        assert_non_null(hook);
        queue_drop(queue, hook);
        assert_int_equal(queue_count(queue), left - 1);
    }
}

static void turns_go_round(void **state)
{
    Queue *queue = *state;
    for (int64_t id = 1; id <= 3; id++)
        note(queue, id, NOW - 3 + id);
    for (int round = 0; round < 4; round++) {
        for (int64_t id = 1; id <= 3; id++) {
            QueueHook *hook = next(queue, NOW, id == 1 ? "a" : id == 2 ? "b" : "c");
            assert_int_equal(queue_webhook(hook), id);
            assert_int_equal(claim(queue, hook, 1, NOW - 100), 1); /* it has more, long due */
            finish(queue, hook, 0);
        }
    }
}

static void an_origins_cap_holds_and_those_parked_get_their_turn(void **state)
{
    Queue *queue = *state;
    for (int64_t id = 1; id <= 3; id++)
        note(queue, id, NOW - 3 + id);
    QueueHook *first = next(queue, NOW, "a");
    assert_int_equal(claim(queue, first, 10, 0), PER_ORIGIN);
    QueueHook *second = next(queue, NOW, "a"), *third;
    assert_int_equal(queue_reserve(queue, second, 10), 0);
    third = next(queue, NOW, "b");
    assert_int_equal(queue_webhook(third), 3);
    assert_int_equal(claim(queue, third, 10, 0), PER_ORIGIN);
    assert_null(queue_next(queue, NOW));

    queue_answered(queue, first, QUEUE_UNASKED, 0, NOW);
    assert_ptr_equal(queue_next(queue, NOW), second);
    assert_int_equal(queue_reserve(queue, second, 10), 1);
    /* its claim finds nothing: the place goes to whoever waits next, not to nobody */
    note(queue, 4, NOW);
    QueueHook *fourth = next(queue, NOW, "a");
    assert_int_equal(queue_reserve(queue, fourth, 10), 0);
    queue_claimed(queue, second, 1, 0, 0);
    assert_ptr_equal(queue_next(queue, NOW), fourth);
}

static void all_slots_in_use_means_nobodys_turn(void **state)
{
    Queue *queue = *state;
    QueueHook *hooks[3];
    static const char *const origins[] = { "a", "b", "c" };
    for (size_t i = 0; i < 3; i++) {
        note(queue, (int64_t)i + 1, NOW);
        hooks[i] = next(queue, NOW, origins[i]);
        assert_int_equal(claim(queue, hooks[i], 10, 0), i < 2 ? 3 : 2);
    }
    note(queue, 3, NOW);
    assert_int_equal(queue_slots_used(queue), SLOTS);
    assert_null(queue_next(queue, NOW));
    assert_int_equal(queue_wake_us(queue, NOW), 0);
    queue_answered(queue, hooks[2], QUEUE_UNASKED, 0, NOW);
    assert_null(queue_next(queue, NOW)); /* the slot is held until it is settled */
    queue_settled(queue, hooks[2], 0);
    assert_non_null(queue_next(queue, NOW));
    assert_int_equal(queue_wake_us(queue, NOW), NOW);
}

static void what_is_noted_during_a_claim_is_not_forgotten(void **state)
{
    Queue *queue = *state;
    note(queue, 1, NOW);
    QueueHook *hook = next(queue, NOW, "a");
    assert_int_equal(queue_reserve(queue, hook, 1), 1);
    note(queue, 1, NOW + 5);
    queue_claimed(queue, hook, 1, 0, 0);
    assert_ptr_equal(queue_next(queue, NOW + 5), hook);
    assert_int_equal(queue_reserve(queue, hook, 1), 1);
    note(queue, 1, NOW + 50);
    queue_claimed(queue, hook, 1, 0, NOW + 20);
    assert_int_equal(queue_wake_us(queue, NOW), NOW + 20);
}

static void a_hook_goes_when_nothing_of_it_is_left(void **state)
{
    Queue *queue = *state;
    note(queue, 1, NOW);
    QueueHook *hook = next(queue, NOW, "a");
    assert_int_equal(claim(queue, hook, 2, 0), 2);
    finish(queue, hook, 0);
    assert_int_equal(queue_count(queue), 1);
    finish(queue, hook, NOW + 9); /* to be tried again */
    assert_int_equal(queue_count(queue), 1);
    hook = next(queue, NOW + 9, "a");
    assert_int_equal(claim(queue, hook, 1, 0), 1);
    finish(queue, hook, 0);
    assert_int_equal(queue_count(queue), 0);
    assert_int_equal(queue_slots_used(queue), 0);
}

static void dropping_frees_what_was_never_claimed(void **state)
{
    Queue *queue = *state;
    note(queue, 1, NOW);
    queue_drop(queue, queue_next(queue, NOW));
    assert_int_equal(queue_count(queue), 0);
    assert_null(queue_next(queue, NOW));
}

/* Random work of many webhooks on few origins: the caps hold at every step, and everything ends. */
static void the_caps_hold_under_random_work(void **state)
{
    Queue *queue = *state;
    enum { HOOKS = 40, ORIGINS = 4, STEPS = 20000 };
    static const char *const origins[ORIGINS] = { "a", "b", "c", "d" };
    QueueHook *under_way[SLOTS];
    size_t origin_of[SLOTS], busy[ORIGINS] = { 0 }, count = 0, done = 0;
    uint32_t random = 1;
    for (int64_t id = 0; id < HOOKS; id++)
        note(queue, id + 1, NOW);
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        note(queue, 1 + (random >> 16) % HOOKS, NOW);
        QueueHook *hook = random >> 30 ? queue_next(queue, NOW) : NULL;
        if (hook) {
            size_t origin = (size_t)queue_webhook(hook) % ORIGINS;
            next(queue, NOW, origins[origin]);
            size_t got = claim(queue, hook, 1 + (random >> 8) % 3, random & 1 ? NOW : 0);
            for (size_t i = 0; i < got; i++, busy[origin]++) {
                assert_true(count < SLOTS);
                origin_of[count] = origin;
                under_way[count++] = hook;
            }
            assert_true(busy[origin] <= PER_ORIGIN);
        } else if (count > 0) {
            size_t at = (random >> 4) % count;
            finish(queue, under_way[at], random & 2 ? NOW : 0);
            busy[origin_of[at]]--;
            done++;
            count--;
            under_way[at] = under_way[count];
            origin_of[at] = origin_of[count];
        }
    }
    assert_true(done > STEPS / 10);
    while (count > 0)
        finish(queue, under_way[--count], 0);
    for (QueueHook *hook; (hook = next(queue, NOW, "z")) != NULL;) {
        assert_int_not_equal(claim(queue, hook, 1, 0), 0); /* nobody is parked where there is room */
        finish(queue, hook, 0);
    }
    assert_int_equal(queue_count(queue), 0);
}

/* ---- fairness ---------------------------------------------------------- */

/* WH-32: an account with many webhooks gets no more turns than one with one. */
static void turns_go_by_account_first(void **state)
{
    Queue *queue = *state;
    for (int64_t id = 1; id <= 5; id++)
        note(queue, id, NOW - 10 + id);
    assert_int_equal(queue_note(queue, 2, 100, NOW + 1), STATUS_OK);
    static const int64_t expected[] = { 1, 100, 2, 100, 3, 100, 4 };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        char origin[8] = { (char)('a' + i), 0 };
        QueueHook *hook = next(queue, NOW + 1, origin);
        assert_int_equal(queue_webhook(hook), expected[i]);
        assert_int_equal(claim(queue, hook, 1, NOW), 1);
        finish(queue, hook, 0);
    }
}

static int open_pools(void **state)
{
    Queue *queue;
    QueueLimits limits = { .slots = 2 * SLOTS,
                           .slots_of = { SLOTS, SLOTS / 2, SLOTS / 4 },
                           .per_origin = SLOTS,
                           .per_new_origin = 2 };
    if (queue_new(&limits, &queue) != STATUS_OK)
        return -1;
    *state = queue;
    return 0;
}

static const char *origin_name(int64_t id)
{
    static char text[24];
    text[0] = 'o';
    text[1] = (char)('0' + id / 10);
    text[2] = (char)('0' + id % 10);
    return text;
}

/* Claims one of each hook whose turn comes; gives how many. */
static size_t claim_all(Queue *queue, QueueHook **out_hooks)
{
    size_t count = 0;
    for (QueueHook *hook; (hook = queue_next(queue, NOW)) != NULL;) {
        next(queue, NOW, origin_name(queue_webhook(hook)));
        if (claim(queue, hook, 1, 0))
            out_hooks[count++] = hook;
    }
    return count;
}

/* WH-30: however many hang, those that answer keep all their slots, and new ones get theirs. */
static void receivers_that_hang_leave_the_slots_of_the_others(void **state)
{
    Queue *queue = *state;
    QueueHook *hanging[20], *well[20], *fresh[20];
    for (int64_t id = 1; id <= 12; id++)
        note(queue, id, NOW);
    assert_int_equal(claim_all(queue, hanging), SLOTS / 2);
    for (size_t i = 0; i < SLOTS / 2; i++)
        queue_hangs(queue, hanging[i]);
    size_t more = claim_all(queue, hanging + SLOTS / 2);
    assert_int_equal(more, SLOTS / 2); /* these weren't known yet */
    for (size_t i = 0; i < more; i++) {
        queue_answered(queue, hanging[SLOTS / 2 + i], QUEUE_ANSWERED, 1000, NOW);
        queue_settled(queue, hanging[SLOTS / 2 + i], NOW);
    }
    assert_int_equal(claim_all(queue, well), SLOTS); /* four prompt ones, and the four that waited */
    note(queue, 1, NOW);
    assert_int_equal(claim_all(queue, fresh), 0); /* it hangs: its kind has no slot left */
    for (size_t i = 0; i < SLOTS / 2; i++) {
        queue_answered(queue, hanging[i], QUEUE_FAILED, 30 * US_PER_SECOND, NOW);
        queue_settled(queue, hanging[i], 0);
    }
    assert_int_equal(claim_all(queue, fresh), 1);
}

/* WH-13, WH-30 */
static void an_origin_gets_more_while_it_answers_and_less_when_it_fails(void **state)
{
    Queue *queue = *state;
    note(queue, 1, NOW);
    QueueHook *hook = next(queue, NOW, "a");
    assert_int_equal(queue_reserve(queue, hook, 100), 2);
    queue_claimed(queue, hook, 2, 2, NOW);
    for (size_t limit = 3; limit <= SLOTS / 2; limit++) { /* each answer allows one more */
        queue_answered(queue, hook, QUEUE_ANSWERED, 1000, NOW);
        queue_settled(queue, hook, 0);
        assert_ptr_equal(queue_next(queue, NOW), hook);
        assert_int_equal(queue_reserve(queue, hook, 100), 2);
        queue_claimed(queue, hook, 2, 2, NOW);
    }
    for (int i = 0; i < SLOTS / 2; i++) {
        queue_answered(queue, hook, QUEUE_FAILED, 1000, NOW);
        queue_settled(queue, hook, 0);
    }
    assert_ptr_equal(queue_next(queue, NOW), hook);
    assert_int_equal(queue_reserve(queue, hook, 100), 2);
}

/* What was learnt of a receiver is not forgotten between two events. */
static void an_idle_origin_is_remembered(void **state)
{
    Queue *queue = *state;
    for (int i = 0; i < 5; i++) {
        note(queue, 1, NOW);
        QueueHook *hook = next(queue, NOW, "a");
        size_t count = queue_reserve(queue, hook, 100);
        assert_int_equal(count, i == 0 ? 2 : 3);
        queue_claimed(queue, hook, count, count, 0);
        for (size_t each = 0; each < count; each++) {
            queue_answered(queue, hook, i == 0 && each == 0 ? QUEUE_ANSWERED : QUEUE_UNASKED, 1000, NOW);
            queue_settled(queue, hook, 0);
        }
        assert_int_equal(queue_count(queue), 0);
    }
}

/* WH-33 */
static void what_is_held_waits_and_goes_when_the_hold_is_over(void **state)
{
    Queue *queue = *state;
    note(queue, 1, NOW);
    QueueHook *hook = next(queue, NOW, "a");
    assert_int_equal(queue_reserve(queue, hook, 1), 1);
    queue_hold(queue, hook, NOW + 50); /* while it is being claimed */
    queue_claimed(queue, hook, 1, 1, NOW);
    note(queue, 1, NOW);
    assert_null(queue_next(queue, NOW + 49));
    assert_int_equal(queue_wake_us(queue, NOW), NOW + 50);
    assert_ptr_equal(queue_next(queue, NOW + 50), hook);
    queue_hold(queue, hook, NOW + 90); /* while it is ready */
    assert_null(queue_next(queue, NOW + 89));
    queue_hold(queue, hook, 0);
    assert_ptr_equal(queue_next(queue, NOW), hook);
}

static void a_hold_lasts_as_long_when_the_clock_is_set_wh27(void **state)
{
    Queue *queue = *state;
    note(queue, 1, NOW);
    QueueHook *hook = next(queue, NOW, "a");
    queue_hold(queue, hook, NOW + 50);
    queue_shift(queue, 1000);
    assert_null(queue_next(queue, NOW + 1049));
    assert_ptr_equal(queue_next(queue, NOW + 1050), hook);
    queue_hold(queue, hook, NOW + 1050);
    queue_shift(queue, -900);
    assert_null(queue_next(queue, NOW + 149));
    assert_ptr_equal(queue_next(queue, NOW + 150), hook);
}

#define POOLED(test) cmocka_unit_test_setup_teardown(test, open_pools, close_queue)
#define QUEUED(test) cmocka_unit_test_setup_teardown(test, open_queue, close_queue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUEUED(what_is_due_later_waits_for_its_time),
        QUEUED(the_soonest_due_comes_first_whatever_the_order_of_notes),
        QUEUED(turns_go_round),
        QUEUED(an_origins_cap_holds_and_those_parked_get_their_turn),
        QUEUED(all_slots_in_use_means_nobodys_turn),
        QUEUED(what_is_noted_during_a_claim_is_not_forgotten),
        QUEUED(a_hook_goes_when_nothing_of_it_is_left),
        QUEUED(dropping_frees_what_was_never_claimed),
        QUEUED(the_caps_hold_under_random_work),
        QUEUED(turns_go_by_account_first),
        POOLED(receivers_that_hang_leave_the_slots_of_the_others),
        POOLED(an_origin_gets_more_while_it_answers_and_less_when_it_fails),
        QUEUED(what_is_held_waits_and_goes_when_the_hold_is_over),
        QUEUED(a_hold_lasts_as_long_when_the_clock_is_set_wh27),
        POOLED(an_idle_origin_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
