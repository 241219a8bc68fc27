/* For the tests of the outbox. They run on a clock of their own: the writer's time of a command is what the test
 * says. */
#ifndef STORE_OUTBOX_TEST_KIT_H
#define STORE_OUTBOX_TEST_KIT_H

#include "store/outbox_sql.h"
#include "store/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "base/time.h"

#define ACCOUNT STORE_FIRST_ACCOUNT
#define START (1000000 * US_PER_SECOND)
#define LEASE_US (45 * US_PER_SECOND)

typedef struct Bench {
    char folder[64], path[80];
    Store *store;
    StoreSession *session;
    Arena *arena;
    int64_t now_us;
    Status (*step)(struct Bench *bench, StoreSession *session, void *arg);
    void *arg;
    /* what the last command told */
    int64_t due[64];
    size_t due_count;
    bool webhooks_changed;
} Bench;

typedef Status Step(Bench *bench, StoreSession *session, void *arg);

typedef struct StepCommand {
    Command base;
    Bench *bench;
} StepCommand;

static inline Status run_step(Command *base, StoreSession *session)
{
    Bench *bench = ((StepCommand *)base)->bench;
    session->now_us = bench->now_us;
    return bench->step(bench, session, bench->arg);
}

static inline Status try_step(Bench *bench, Step *step, void *arg)
{
    StepCommand command = { .base = { .run = run_step, .arena = bench->arena }, .bench = bench };
    bench->step = step;
    bench->arg = arg;
    return store_run(bench->store, &command.base);
}

static inline void do_step(Bench *bench, Step *step, void *arg)
{
    assert_int_equal(try_step(bench, step, arg), STATUS_OK);
}

static inline void note(void *arg, const StoreNotes *notes)
{
    Bench *bench = arg;
    bench->webhooks_changed = notes->webhooks;
    bench->due_count = notes->due_count;
    if (notes->due_count)
        memcpy(bench->due, notes->due,
               size_min(notes->due_count * 2, ARRAY_LEN(bench->due)) * sizeof bench->due[0]);
}

static inline int open_bench(void **state)
{
    Bench *bench = mem_alloc(sizeof *bench);
    if (!random_init() || !test_folder_make(bench->folder, sizeof bench->folder))
        return -1;
    snprintf(bench->path, sizeof bench->path, "%s/refmill.db", bench->folder);
    bench->now_us = START;
    bench->arena = arena_new(64 * 1024 * 1024);
    Error err;
    if (store_open(str_of(bench->path), &bench->store, &err) != STATUS_OK)
        return -1;
    store_listen(bench->store, note, bench);
    *state = bench;
    return store_session_open(bench->store, &bench->session, &err) == STATUS_OK ? 0 : -1;
}

static inline int close_bench(void **state)
{
    Bench *bench = *state;
    store_session_close(&bench->session);
    store_close(&bench->store);
    arena_free(&bench->arena);
    test_database_remove(bench->path);
    rmdir(bench->folder);
    mem_free(bench);
    return 0;
}

/* ---- steps ------------------------------------------------------------- */

typedef struct Upsert {
    Webhook webhook;
    bool created;
} Upsert;

static inline Status upsert_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Upsert *upsert = arg;
    return store_webhook_upsert(session, &upsert->webhook, &upsert->created);
}

static inline Webhook hook(const char *url, EventType event)
{
    return (
        Webhook){ .account_id = ACCOUNT, .url = str_of(url), .event = event, .secret = STR("secret bytes") };
}

static inline int64_t upsert(Bench *bench, Webhook webhook, bool expect_created)
{
    Upsert upsert = { .webhook = webhook };
    do_step(bench, upsert_step, &upsert);
    assert_int_equal(upsert.created, expect_created);
    return upsert.webhook.id;
}

static inline Status event_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Event *event = arg;
    Status status = store_event_number(session, event);
    return status ? status : store_event_insert(session, event);
}

static inline int64_t emit(Bench *bench, Event event)
{
    event.account_id = event.account_id ? event.account_id : ACCOUNT;
    event.body = STR("{\"type\":\"test\"}");
    event.occurred_us = bench->now_us;
    do_step(bench, event_step, &event);
    return event.seq;
}

static inline int64_t emit_join(Bench *bench)
{
    return emit(bench, (Event){ .type = EVENT_USER_JOIN, .campaign_id = 7 });
}

typedef struct ClaimAsk {
    int64_t webhook_id;
    size_t most;
    ClaimList list;
} ClaimAsk;

static inline Status claim_step(Bench *bench, StoreSession *session, void *arg)
{
    ClaimAsk *ask = arg;
    return store_delivery_claim(session, ACCOUNT, ask->webhook_id, ask->most, bench->now_us + LEASE_US,
                                bench->arena, &ask->list);
}

static inline ClaimList claim(Bench *bench, int64_t webhook_id, size_t most)
{
    ClaimAsk ask = { .webhook_id = webhook_id, .most = most };
    do_step(bench, claim_step, &ask);
    return ask.list;
}

typedef struct Settle {
    Settlement settlement;
    bool settled;
} Settle;

static inline Status settle_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Settle *settle = arg;
    return store_delivery_settle(session, &settle->settlement, &settle->settled);
}

static inline Settlement settlement_of(const Claim *claimed, DeliveryState state, int64_t due_us)
{
    return (Settlement){ .account_id = claimed->account_id,
                         .webhook_id = claimed->webhook_id,
                         .event_seq = claimed->event_seq,
                         .lease = claimed->lease,
                         .ordering_key = claimed->ordering_key,
                         .state = state,
                         .due_us = due_us,
                         .http_status = 500,
                         .outcome = STR("server_error") };
}

static inline bool settle(Bench *bench, Settlement settlement)
{
    Settle settle = { .settlement = settlement };
    do_step(bench, settle_step, &settle);
    return settle.settled;
}

static inline Status remove_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    return store_webhook_remove(session, ACCOUNT, *(int64_t *)arg);
}

typedef struct Purge {
    int64_t before_us, next_us;
} Purge;

static inline Status purge_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Purge *purge = arg;
    return store_webhook_purge(session, purge->before_us, &purge->next_us);
}

static inline int64_t purge(Bench *bench, int64_t before_us)
{
    Purge purge = { .before_us = before_us };
    do_step(bench, purge_step, &purge);
    return purge.next_us;
}

typedef struct Hurry {
    int64_t webhook_id;
    size_t most;
    bool more;
} Hurry;

static inline Status hurry_step(Bench *bench UNUSED, StoreSession *session, void *arg)
{
    Hurry *hurry = arg;
    return store_delivery_hurry(session, ACCOUNT, hurry->webhook_id, hurry->most, &hurry->more);
}

static inline Status unblock_step(Bench *bench UNUSED, StoreSession *session, void *arg UNUSED)
{
    size_t lost;
    return store_delivery_recover(session, &lost);
}

static inline DeliveryList deliveries(Bench *bench, int64_t event_seq)
{
    DeliveryList list;
    assert_int_equal(store_delivery_list(bench->session, ACCOUNT, event_seq, bench->arena, &list), STATUS_OK);
    return list;
}

static inline Delivery delivery(Bench *bench, int64_t webhook_id, int64_t event_seq)
{
    DeliveryList list = deliveries(bench, event_seq);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].webhook_id == webhook_id)
            return list.items[i];
    fail_msg("webhook %lld has no delivery of event %lld", (long long)webhook_id, (long long)event_seq);
    return (Delivery){ 0 };
}

#define BENCHED(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

#endif
