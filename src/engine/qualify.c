#include "engine/qualify.h"

#include "domain/attribution.h"
#include "engine/convert.h"
#include "engine/explain.h"
#include "engine/grant.h"

/* NULL when the referrer has been removed meanwhile: then the lead's own rewards still work. */
static Status find_referrer(const Work *work, const User *lead, User *room, User **out_referrer)
{
    Status status = store_user_get(work->session, lead->account_id, lead->referrer_id, work->arena, room);
    *out_referrer = status ? NULL : room;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status count_for(const Work *work, const User *referrer, int64_t add, int64_t *out_count)
{
    UserCounts counts = { 0 };
    Status status = STATUS_OK;
    if (referrer)
        status = store_user_count(work->session, referrer->account_id, referrer->id,
                                  (UserCounts){ .qualified_referrals = add }, &counts);
    *out_count = counts.qualified_referrals;
    return status;
}

static Status explain(const Work *work, const User *lead, const Conversion *order, const char *rule, const char *outcome)
{
    Explanation why;
    explain_begin(&why, work, lead->account_id, DECISION_QUALIFICATION, lead->id);
    json_put_int(&why.json, "referrer_id", lead->referrer_id);
    if (order) {
        why.decision.conversion_id = order->id;
        json_put_str(&why.json, "order_id", order->order_id);
        json_put_int(&why.json, "amount_minor", order->amount_minor);
        json_put_str(&why.json, "currency", str_of(order->currency.code));
    }
    return explain_end(&why, rule, outcome);
}

/* Orders that came before pay now: they stand on the qualification as later ones do. */
static Status grant_for_orders(const Work *work, const Campaign *campaign, const User *lead)
{
    Status status;
    ConversionList orders;
    int64_t after = 0;
    ArenaMark mark = arena_mark(work->arena);
    do {
        status = store_conversion_list_of_user(work->session, lead->account_id, lead->id, after, work->arena, &orders);
        for (size_t i = 0; !status && i < orders.count; i++) {
            after = orders.items[i].id;
            status = convert_pay(work, campaign, lead, &orders.items[i]);
        }
    } while (work_next_page(work, mark, status, orders.count));
    return status;
}

Status qualify_lead(const Work *work, const Campaign *campaign, User *lead, QualifiedBy by, const Conversion *order,
                    const char *rule)
{
    User room, *referrer;
    RewardCause cause = { .when = REWARD_WHEN_QUALIFIED, .user = lead, .order = order };
    lead->qualified_us = store_now_us(work->session);
    lead->qualified_late = !attribution_counts(campaign, lead->signed_up_us, lead->qualified_us);
    Status status = find_referrer(work, lead, &room, &referrer);
    if (!status)
        status = store_user_set_qualified(work->session, lead, by);
    if (!status)
        status = emit_user(work, EVENT_USER_QUALIFIED, lead, campaign, referrer);
    if (!status)
        status = explain(work, lead, order, rule, lead->qualified_late ? "qualified_too_late_for_credit" : "qualified");
    cause.referrer = lead->qualified_late ? NULL : referrer;
    if (!status)
        status = count_for(work, cause.referrer, 1, &cause.times_for_referrer);
    if (!status)
        status = grant_for_cause(work, campaign, &cause);
    return status ? status : grant_for_orders(work, campaign, lead);
}

Status unqualify_lead(const Work *work, const Campaign *campaign, User *lead, const char *rule)
{
    User room, *referrer;
    int64_t count = 0;
    Status status = store_day_add(work->session, lead->account_id, lead->campaign_id, lead->qualified_us,
                                  (DayCounts){ .qualified = -1 });
    if (!status)
        status = find_referrer(work, lead, &room, &referrer);
    if (!status && lead->qualified_late)
        referrer = NULL; /* it was not to their credit */
    lead->qualified_us = 0;
    lead->qualified_late = false;
    if (!status)
        status = store_user_set_qualified(work->session, lead, QUALIFIED_BY_HAND);
    if (!status)
        status = count_for(work, referrer, -1, &count);
    if (!status)
        status = explain(work, lead, NULL, rule, "unqualified");
    return status ? status : grant_fall_unqualified(work, campaign, lead, referrer, count);
}

/* ---- the command ------------------------------------------------------- */

/* An amount without an order's number can come once for each lead. */
static Status note_order(const Work *work, QualifyCommand *command, Conversion *order)
{
    bool created;
    *order = command->order;
    order->counts = true;
    if (order->order_id.ptr == NULL)
        order->order_id = arena_printf(work->arena, "qualification-%lld", (long long)command->user.id);
    return convert_note(work, &command->user, order, &created);
}

static Status apply(const Work *work, QualifyCommand *command, QualifyOutcome outcome)
{
    User *user = &command->user;
    Campaign campaign;
    Conversion order;
    bool with_order = command->with_order && command->qualified;
    Status status = store_campaign_get(work->session, user->account_id, user->campaign_id, work->arena, &campaign);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_INTERNAL : status;
    if (with_order)
        status = note_order(work, command, &order);
    if (status)
        return status;
    if (outcome == QUALIFY_SET)
        return qualify_lead(work, &campaign, user, QUALIFIED_BY_HAND, with_order ? &order : NULL, "by_hand");
    if (outcome == QUALIFY_CLEARED)
        return unqualify_lead(work, &campaign, user, "by_hand");
    return with_order ? convert_pay(work, &campaign, user, &order) : STATUS_OK;
}

static Status run_qualify(Command *base, StoreSession *session)
{
    QualifyCommand *command = (QualifyCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    User *user = &command->user;
    Status status = find_user(session, command->engine, command->account_id, command->key, base->arena, user,
                              &base->error);
    QualifyOutcome outcome = QUALIFY_NOTHING;
    if (!status)
        status = qualify_decide(user, command->qualified, &outcome, &base->error);
    if (status || (outcome == QUALIFY_NOTHING && !command->with_order))
        return status;
    return apply(&work, command, outcome);
}

QualifyCommand *qualify_command_new(const Engine *engine, Arena *arena)
{
    QualifyCommand *command = ARENA_NEW(arena, QualifyCommand);
    if (command)
        *command = (QualifyCommand){ .base = { .run = run_qualify, .arena = arena },
                                     .engine = engine,
                                     .qualified = true };
    return command;
}
