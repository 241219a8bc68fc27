#include "store/outbox_test_kit.h"

static Status order_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Webhook webhook = { .account_id = ACCOUNT, .id = *(int64_t *)arg, .pace.ordered = true };
    return store_webhook_set_pace(session, &webhook);
}

static int64_t upsert_ordered(Bench *bench)
{
    int64_t id = upsert(bench, hook("http://a.example/", EVENT_USER_JOIN), true);
    do_step(bench, order_step, &id);
    return id;
}

static int64_t emit_about(Bench *bench, int64_t user_id)
{
    return emit(bench, (Event){ .type = EVENT_USER_JOIN, .campaign_id = 7, .user_id = user_id });
}

static Status replay_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    int64_t *key = arg;
    return store_delivery_replay(session, ACCOUNT, key[0], key[1], NULL);
}

/* WH-35 */
static void what_is_about_one_user_goes_one_after_the_other_and_others_beside_it(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert_ordered(bench);
    int64_t mara[] = { emit_about(bench, 1), emit_about(bench, 1), emit_about(bench, 1) }, lee = emit_about(bench, 2);
    ClaimList list = claim(bench, id, 10);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].event_seq, mara[0]);
    assert_int_equal(list.items[1].event_seq, lee);
    assert_int_equal(delivery(bench, id, mara[1]).state, DELIVERY_HELD);
    assert_int_equal(try_step(bench, replay_step, (int64_t[]){ id, mara[1] }), STATUS_CONFLICT);
    DeliveryQuery query = { .account_id = ACCOUNT, .webhook_id = id, .state = DELIVERY_HELD, .most = 10 };
    DeliveryEntryList held;
    assert_int_equal(store_delivery_search(bench->session, &query, bench->arena, &held), STATUS_OK);
    assert_int_equal(held.count, 2);
    assert_int_equal(held.items[1].event_seq, mara[1]);

    settle(bench, settlement_of(&list.items[0], DELIVERY_PENDING, bench->now_us + US_PER_HOUR));
    assert_int_equal(claim(bench, id, 10).count, 0); /* it is tried again, and the others wait for it */
    bench->now_us += US_PER_HOUR;
    settle(bench, settlement_of(&claim(bench, id, 10).items[0], DELIVERY_DEAD, 0));
    list = claim(bench, id, 10);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].event_seq, mara[1]);
    do_step(bench, replay_step, (int64_t[]){ id, mara[0] });
    settle(bench, settlement_of(&list.items[0], DELIVERY_DELIVERED, 0));
    list = claim(bench, id, 10); /* what was given up goes again, and the third waits for that too */
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].event_seq, mara[0]);
    settle(bench, settlement_of(&list.items[0], DELIVERY_DELIVERED, 0));
    assert_int_equal(claim(bench, id, 10).items[0].event_seq, mara[2]);
}

static void what_is_held_is_cancelled_with_its_webhook(void **state)
{
    Bench *bench = *state;
    int64_t id = upsert_ordered(bench);
    for (int i = 0; i < 3; i++)
        emit_about(bench, 1);
    do_step(bench, remove_step, &id);
    assert_int_equal(purge(bench, bench->now_us + 1), 0);
    for (int64_t seq = 1; seq <= 3; seq++)
        assert_int_equal(delivery(bench, id, seq).state, DELIVERY_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCHED(what_is_about_one_user_goes_one_after_the_other_and_others_beside_it),
        BENCHED(what_is_held_is_cancelled_with_its_webhook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
