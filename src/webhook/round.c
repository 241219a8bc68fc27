#include "webhook/round.h"

#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/trouble.h"

static Status disable(StoreSession *session, RoundSettlement *item, const char *reason)
{
    const Settlement *settlement = &item->attempt->settlement;
    Status status = store_webhook_set_state(session, settlement->account_id, settlement->webhook_id, WEBHOOK_DISABLED,
                                            str_of(reason));
    item->disabled = status ? NULL : reason;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status count_failure(StoreSession *session, RoundSettlement *item)
{
    const Settlement *settlement = &item->attempt->settlement;
    int64_t strikes, since_us, now_us = store_now_us(session);
    Status status = store_webhook_failed(session, settlement->account_id, settlement->webhook_id,
                                         SETTLE_STRIKES_APART_US, &strikes, &since_us);
    item->warns = !status && settle_warns(strikes, since_us, now_us);
    if (!status && settle_gives_up(strikes, since_us, now_us))
        status = disable(session, item, "failing");
    return status;
}

static Status judge(StoreSession *session, RoundSettlement *item)
{
    const Settlement *settlement = &item->attempt->settlement;
    switch (item->attempt->verdict) {
    case SETTLE_WELL:
        return store_webhook_recovered(session, settlement->account_id, settlement->webhook_id);
    case SETTLE_FAILED:
        return count_failure(session, item);
    case SETTLE_GONE:
        return disable(session, item, "gone");
    case SETTLE_NOTHING:
        break;
    }
    return STATUS_OK;
}

static Status tell(const Round *round, StoreSession *session, RoundSettlement *item)
{
    const Attempt *attempt = item->attempt;
    const Settlement *settlement = &attempt->settlement;
    bool is_first = attempt->claim.attempt == 1 && !settlement->uncounted;
    const bool troubles[TROUBLE_COUNT] = {
        [TROUBLE_DELAYED] = is_first && store_now_us(session) - attempt->claim.created_us > TROUBLE_LATE_US,
        [TROUBLE_EXHAUSTED] = settlement->state == DELIVERY_DEAD && !settlement->extra_failed,
        [TROUBLE_FAILING] = item->warns && item->disabled == NULL,
        [TROUBLE_DISABLED] = item->disabled != NULL,
    };
    Status status = STATUS_OK;
    for (int i = 0; !status && i < TROUBLE_COUNT; i++)
        if (troubles[i])
            status = trouble_tell(round->engine, session, round->base.arena, settlement->account_id,
                                  settlement->webhook_id, (WebhookTrouble)i, &item->told[i]);
    return status;
}

static Status settle(const Round *round, StoreSession *session, RoundSettlement *item)
{
    const Settlement *settlement = &item->attempt->settlement;
    item->warns = false;
    item->disabled = NULL;
    memset(item->told, 0, sizeof item->told);
    Status status = store_delivery_settle(session, settlement, &item->settled);
    if (!status && item->settled)
        status = judge(session, item);
    if (!status && item->settled && round->engine)
        status = tell(round, session, item);
    if (!status && item->attempt->hurry && item->settled)
        status = store_delivery_hurry(session, settlement->account_id, settlement->webhook_id, ROUND_HURRY,
                                      &item->hurry_more);
    return status;
}

/* As many as its rate and its brake let go now. What was sent before it had one is not counted. */
static Status claim_by_rate(StoreSession *session, Arena *arena, int64_t lease_us, RoundClaim *item)
{
    Rate rate = item->webhook.pace.rate, brake = rate_each(item->brake_us);
    int64_t now_us = time_monotonic_us();
    int64_t room = i64_min(rate_room(rate, item->even_us, now_us), rate_room(brake, item->brake_even_us, now_us));
    int64_t most = i64_min((int64_t)item->reserved, room);
    Status status = store_delivery_claim(session, item->account_id, item->webhook_id, (size_t)most,
                                         store_now_us(session) + lease_us, arena, &item->list);
    int64_t count = (int64_t)item->list.count;
    item->even_after_us = rate_spend(rate, item->even_us, now_us, count);
    item->brake_even_after_us = rate_spend(brake, item->brake_even_us, now_us, count);
    item->rate_wait_us = i64_max(rate_wait_us(rate, item->even_after_us, now_us),
                                 rate_wait_us(brake, item->brake_even_after_us, now_us));
    return status;
}

/* The secret and the URL are today's, not those of the event's day. A webhook that is gone leaves an
 * empty list. */
static Status claim(StoreSession *session, Arena *arena, int64_t lease_us, RoundClaim *item)
{
    item->list = (ClaimList){ 0 };
    item->even_after_us = item->even_us;
    item->brake_even_after_us = item->brake_even_us;
    item->rate_wait_us = 0;
    Status status = store_webhook_get(session, item->account_id, item->webhook_id, arena, &item->webhook);
    if (!status)
        status = claim_by_rate(session, arena, lease_us, item);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* It may run twice: what comes in must stay. */
static Status forget_old(StoreSession *session, Round *round)
{
    round->forgotten = (Forgotten){ .account_id = round->forget_after_id };
    return store_forget_old(session, round->forget, &round->forgotten);
}

static Status run(Command *base, StoreSession *session)
{
    Round *round = (Round *)base;
    Status status = round->unblock ? store_delivery_recover(session, &round->lost) : STATUS_OK;
    if (!status && round->ahead_us)
        status = store_delivery_extend_leases(session, round->ahead_us);
    if (!status && round->back_us)
        status = store_delivery_follow_clock(session, round->back_us, round->lease_us);
    if (!status && round->purge_before_us)
        status = store_webhook_expire(session, &round->expire_next_us);
    if (!status && round->purge_before_us)
        status = store_webhook_purge(session, round->purge_before_us, &round->purge_next_us);
    if (!status && round->forget)
        status = forget_old(session, round);
    for (size_t i = 0; !status && i < round->settlement_count; i++)
        status = settle(round, session, &round->settlements[i]);
    failpoint(round->settlement_count ? "round.settled" : "round.idle");
    for (size_t i = 0; !status && i < round->claim_count; i++)
        status = claim(session, base->arena, round->lease_us, &round->claims[i]);
    failpoint(round->claim_count ? "round.claimed" : "round.idle");
    return status;
}

Status round_new(size_t most, int64_t lease_us, CommandSink *sink, Round **out_round)
{
    Round *round = mem_alloc(sizeof *round);
    if (round == NULL)
        return STATUS_NOMEM;
    round->base = (Command){ .run = run, .sink = sink };
    round->lease_us = lease_us;
    round->base.arena = arena_new(most * (LIMIT_EVENT_BODY + 4096));
    round->settlements = mem_alloc(most * sizeof *round->settlements);
    round->claims = mem_alloc(most * sizeof *round->claims);
    if (round->base.arena == NULL || round->settlements == NULL || round->claims == NULL) {
        round_free(&round);
        return STATUS_NOMEM;
    }
    *out_round = round;
    return STATUS_OK;
}

void round_free(Round **round)
{
    if (*round == NULL)
        return;
    arena_free(&(*round)->base.arena);
    mem_free((*round)->settlements);
    mem_free((*round)->claims);
    mem_free(*round);
    *round = NULL;
}

void round_reset(Round *round)
{
    arena_reset(round->base.arena);
    round->settlement_count = round->claim_count = 0;
    round->unblock = false;
    round->lost = 0;
    round->back_us = round->ahead_us = 0;
    round->purge_before_us = round->purge_next_us = round->expire_next_us = 0;
    round->forget = NULL;
}

bool round_is_empty(const Round *round)
{
    return round->settlement_count == 0 && round->claim_count == 0 && !round->unblock && !round->back_us &&
           !round->ahead_us && !round->purge_before_us && !round->forget;
}
