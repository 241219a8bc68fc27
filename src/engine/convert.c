#include "engine/convert.h"

#include "domain/attribution.h"
#include "engine/explain.h"
#include "engine/grant.h"
#include "engine/qualify.h"

Status convert_note(const Work *work, const User *lead, Conversion *conversion, bool *out_created)
{
    *out_created = false;
    conversion->account_id = lead->account_id;
    conversion->campaign_id = lead->campaign_id;
    conversion->user_id = lead->id;
    if (!conversion->occurred_us)
        conversion->occurred_us = store_now_us(work->session);
    Status status = conversion_check(conversion, work->err);
    if (status)
        return status;
    Conversion known;
    status = store_conversion_by_order(work->session, lead->account_id, lead->campaign_id, conversion->order_id,
                                       work->arena, &known);
    if (status == STATUS_NOT_FOUND) {
        *out_created = true;
        return store_conversion_insert(work->session, conversion);
    }
    if (!status)
        status = conversion_check_same(&known, conversion, work->err);
    if (!status)
        *conversion = known;
    return status;
}

Status convert_pay(const Work *work, const Campaign *campaign, const User *lead, const Conversion *order)
{
    User referrer;
    Status status = store_user_get(work->session, lead->account_id, lead->referrer_id, work->arena, &referrer);
    if (status && status != STATUS_NOT_FOUND)
        return status;
    bool has_referrer = status == STATUS_OK && !lead->qualified_late &&
                        attribution_counts(campaign, lead->signed_up_us, order->occurred_us);
    RewardCause cause = { .when = REWARD_WHEN_QUALIFIED,
                          .user = lead,
                          .referrer = has_referrer ? &referrer : NULL,
                          .times_for_referrer = has_referrer ? referrer.qualified_referrals : 0,
                          .order = order,
                          .is_order = true };
    return conversion_stands(order) ? grant_for_cause(work, campaign, &cause) : STATUS_OK;
}

/* ---- spending enough --------------------------------------------------- */

static Status spend_of(const Work *work, const Campaign *campaign, const User *lead, Spend *out_spend)
{
    Status status;
    ConversionList orders;
    int64_t after = 0;
    ArenaMark mark = arena_mark(work->arena);
    *out_spend = (Spend){ 0 };
    do {
        status = store_conversion_list_of_user(work->session, lead->account_id, lead->id, after, work->arena, &orders);
        for (size_t i = 0; !status && i < orders.count; i++) {
            after = orders.items[i].id;
            status = spend_add(out_spend, campaign, lead, &orders.items[i], work->err);
        }
    } while (work_next_page(work, mark, status, orders.count));
    return status;
}

static Status explain_waiting(const Work *work, const Campaign *campaign, const User *lead, const Conversion *order,
                              const Spend *spend)
{
    Explanation why;
    explain_begin(&why, work, lead->account_id, DECISION_QUALIFICATION, lead->id);
    why.decision.conversion_id = order->id;
    json_put_str(&why.json, "order_id", order->order_id);
    json_put_int(&why.json, "spent_minor", spend->total_minor);
    json_put_int(&why.json, "min_spend_minor", campaign->min_spend_minor);
    json_put_str(&why.json, "currency", str_of(campaign->min_spend_currency.code));
    json_put_int(&why.json, "window_s", campaign->min_spend_window_s);
    return explain_end(&why, "min_spend", "not_reached");
}

static Status qualify_by_spend(const Work *work, const Campaign *campaign, User *lead, const Conversion *order)
{
    Spend spend;
    Status status = spend_of(work, campaign, lead, &spend);
    if (status)
        return status;
    if (!spend_qualifies(&spend, campaign))
        return explain_waiting(work, campaign, lead, order, &spend);
    return qualify_lead(work, campaign, lead, QUALIFIED_BY_ORDER, order, campaign->min_spend_minor ? "min_spend" : "order");
}

static Status unqualify_by_spend(const Work *work, const Campaign *campaign, User *lead)
{
    QualifiedBy by;
    Spend spend;
    Status status = store_user_qualified_by(work->session, lead->account_id, lead->id, &by);
    if (status || by != QUALIFIED_BY_ORDER)
        return status;
    status = spend_of(work, campaign, lead, &spend);
    return status || spend_qualifies(&spend, campaign) ? status : unqualify_lead(work, campaign, lead, "refunded");
}

/* ---- the commands ------------------------------------------------------ */

static Status load_campaign(const Work *work, const User *lead, Campaign *out_campaign)
{
    Status status = store_campaign_get(work->session, lead->account_id, lead->campaign_id, work->arena, out_campaign);
    return status == STATUS_NOT_FOUND ? STATUS_INTERNAL : status;
}

static Status run_convert(Command *base, StoreSession *session)
{
    ConvertCommand *command = (ConvertCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    User *lead = &command->user;
    Conversion *order = &command->conversion;
    Campaign campaign;
    QualifyOutcome outcome;
    *order = command->order; /* a second run begins with the input again */
    Status status = find_user(session, command->engine, command->account_id, command->key, base->arena, lead, &base->error);
    if (!status)
        status = qualify_decide(lead, true, &outcome, &base->error);
    if (!status)
        status = convert_note(&work, lead, order, &command->created);
    if (status)
        return status;
    if (!command->created || !order->counts)
        return STATUS_OK;
    status = load_campaign(&work, lead, &campaign);
    if (status)
        return status;
    return outcome == QUALIFY_SET ? qualify_by_spend(&work, &campaign, lead, order)
                                  : convert_pay(&work, &campaign, lead, order);
}

ConvertCommand *convert_command_new(const Engine *engine, Arena *arena)
{
    ConvertCommand *command = ARENA_NEW(arena, ConvertCommand);
    if (command)
        *command = (ConvertCommand){ .base = { .run = run_convert, .arena = arena }, .engine = engine,
                                     .order = { .counts = true } };
    return command;
}

static Status take_back(const Work *work, RefundCommand *command)
{
    Conversion *conversion = &command->conversion;
    int64_t amount = -1;
    if (command->amount.ptr && money_parse(command->amount, conversion->currency, &amount, work->err) != STATUS_OK)
        return error_set(work->err, STATUS_INVALID, "amount", "The amount is a sum such as 12.50, in the order's currency.");
    Status status = conversion_refund(conversion, amount, store_now_us(work->session), work->err);
    return status ? status : store_conversion_update(work->session, conversion);
}

static Status run_refund(Command *base, StoreSession *session)
{
    RefundCommand *command = (RefundCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    Conversion *conversion = &command->conversion;
    User lead;
    Campaign campaign;
    Status status =
        store_conversion_get(session, command->account_id, command->conversion_id, base->arena, conversion);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, status, NULL, "No conversion has the id %lld.", (long long)command->conversion_id);
    if (!status)
        status = take_back(&work, command);
    if (status)
        return status;
    status = store_campaign_get(session, command->account_id, conversion->campaign_id, base->arena, &campaign);
    if (!status)
        status = grant_after_refund(&work, &campaign, conversion);
    if (!status)
        status = store_user_get(session, command->account_id, conversion->user_id, base->arena, &lead);
    if (status == STATUS_NOT_FOUND) /* the lead has been removed: there is nobody to un-qualify */
        return STATUS_OK;
    return status || !lead.qualified_us ? status : unqualify_by_spend(&work, &campaign, &lead);
}

RefundCommand *refund_command_new(const Engine *engine, Arena *arena)
{
    RefundCommand *command = ARENA_NEW(arena, RefundCommand);
    if (command)
        *command = (RefundCommand){ .base = { .run = run_refund, .arena = arena }, .engine = engine };
    return command;
}
