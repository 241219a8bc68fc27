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
    if (queue_new(SLOTS, PER_ORIGIN, &queue) != STATUS_OK)
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
    queue_answered(queue, hook);
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

    queue_answered(queue, first);
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
    queue_answered(queue, hooks[2]);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
