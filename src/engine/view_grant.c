#include "engine/view.h"

#include "base/time.h"

static void put_time_opt(JsonOut *json, const char *name, int64_t utc_us)
{
    json_put_str_opt(json, name, utc_us ? str_of(time_iso8601(utc_us).text) : STR_NONE);
}

static void put_currency(JsonOut *json, Currency currency)
{
    json_put_str_opt(json, "currency", currency.code[0] ? str_of(currency.code) : STR_NONE);
}

static void put_money(JsonOut *json, const char *name, int64_t minor, Currency currency)
{
    json_key(json, name);
    json_raw(json, str_of(money_text(minor, currency).text));
}

void view_conversion(JsonOut *json, const Conversion *conversion)
{
    json_begin_object(json);
    json_put_int(json, "id", conversion->id);
    json_put_int(json, "campaign_id", conversion->campaign_id);
    json_put_int(json, "user_id", conversion->user_id);
    json_put_str(json, "order_id", conversion->order_id);
    put_money(json, "amount", conversion->amount_minor, conversion->currency);
    json_put_int(json, "amount_minor", conversion->amount_minor);
    put_money(json, "refunded", conversion->refunded_minor, conversion->currency);
    json_put_int(json, "refunded_minor", conversion->refunded_minor);
    json_put_str(json, "currency", str_of(conversion->currency.code));
    json_put_bool(json, "qualified", conversion->counts);
    put_time_opt(json, "occurred_at", conversion->occurred_us);
    put_time_opt(json, "created_at", conversion->created_us);
    put_time_opt(json, "refunded_at", conversion->refunded_us);
    json_end_object(json);
}

static void put_ledger(JsonOut *json, const LedgerList *ledger)
{
    json_key(json, "ledger");
    json_begin_array(json);
    for (size_t i = 0; i < ledger->count; i++) {
        const LedgerEntry *entry = &ledger->items[i];
        json_begin_object(json);
        json_put_int(json, "id", entry->id);
        json_put_int(json, "posting_id", entry->posting_id);
        json_put_str(json, "kind", str_of(name_of(ledger_kind_names, (int)entry->kind)));
        json_put_str(json, "book", str_of(name_of(ledger_book_names, (int)entry->book)));
        json_put_int(json, "amount_minor", entry->amount_minor);
        put_currency(json, entry->currency);
        put_time_opt(json, "occurred_at", entry->occurred_us);
        json_end_object(json);
    }
    json_end_array(json);
}

void view_decision(JsonOut *json, const Decision *decision)
{
    json_begin_object(json);
    json_put_int(json, "id", decision->id);
    json_put_str(json, "kind", str_of(name_of(decision_kind_names, (int)decision->kind)));
    json_put_int(json, "user_id", decision->user_id);
    json_put_id_opt(json, "grant_id", decision->grant_id);
    json_put_id_opt(json, "conversion_id", decision->conversion_id);
    json_put_str(json, "rule", decision->rule);
    json_put_str(json, "outcome", decision->outcome);
    json_key(json, "inputs");
    json_raw(json, decision->inputs);
    put_time_opt(json, "decided_at", decision->decided_us);
    json_end_object(json);
}

void view_decisions(JsonOut *json, const DecisionList *decisions)
{
    json_key(json, "decisions");
    json_begin_array(json);
    for (size_t i = 0; i < decisions->count; i++)
        view_decision(json, &decisions->items[i]);
    json_end_array(json);
}

void view_grants(JsonOut *json, const GrantList *grants)
{
    json_key(json, "grants");
    json_begin_array(json);
    for (size_t i = 0; i < grants->count; i++)
        view_grant(json, &grants->items[i]);
    json_end_array(json);
}

void view_grant_history(JsonOut *json, const Grant *grant, const LedgerList *ledger, const DecisionList *decisions)
{
    json_begin_object(json);
    view_grant_members(json, grant);
    json_put_int(json, "campaign_id", grant->campaign_id);
    json_put_int(json, "referral_id", grant->referral_id);
    json_put_id_opt(json, "conversion_id", grant->conversion_id);
    json_put_id_opt(json, "number", grant->number);
    json_put_id_opt(json, "rest_of", grant->rest_of);
    if (grant->spend_minor == SPEND_UNKNOWN)
        json_put_null(json, "spend_minor");
    else
        json_put_int(json, "spend_minor", grant->spend_minor);
    json_put_str_opt(json, "reason", grant->reason);
    put_time_opt(json, "created_at", grant->created_us);
    put_time_opt(json, "release_at", grant->release_us);
    put_time_opt(json, "approved_at", grant->approved_us);
    put_ledger(json, ledger);
    view_decisions(json, decisions);
    json_end_object(json);
}

void view_balances(JsonOut *json, const BalanceList *balances)
{
    json_key(json, "balances");
    json_begin_array(json);
    for (size_t i = 0; i < balances->count; i++) {
        json_begin_object(json);
        put_currency(json, balances->items[i].currency);
        json_put_int(json, "owed_minor", balances->items[i].owed_minor);
        json_put_int(json, "paid_minor", balances->items[i].paid_minor);
        json_end_object(json);
    }
    json_end_array(json);
}

/* ---- definitions ------------------------------------------------------- */

static void put_steps(JsonOut *json, const Reward *reward)
{
    json_key(json, "steps");
    json_begin_array(json);
    for (size_t i = 0; i < reward->step_count; i++) {
        json_begin_object(json);
        json_put_int(json, "at_count", reward->steps[i].at_count);
        json_put_int(json, "value_minor", reward->steps[i].value_minor);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_caps(JsonOut *json, const Reward *reward)
{
    json_key(json, "caps");
    json_begin_array(json);
    for (size_t i = 0; i < reward->cap_count; i++) {
        const RewardCap *cap = &reward->caps[i];
        json_begin_object(json);
        json_put_str(json, "scope", str_of(name_of(cap_scope_names, (int)cap->scope)));
        json_put_str(json, "period", str_of(name_of(period_names, (int)cap->period)));
        json_put_id_opt(json, "most_count", cap->most_count);
        json_put_id_opt(json, "most_minor", cap->most_minor);
        json_end_object(json);
    }
    json_end_array(json);
}

void view_reward(JsonOut *json, const Reward *reward)
{
    json_begin_object(json);
    view_reward_members(json, reward);
    json_put_str(json, "status", str_of(name_of(reward_status_names, (int)reward->status)));
    json_put_int(json, "value_minor", reward->value_minor);
    put_currency(json, reward->currency);
    json_put_id_opt(json, "cap_minor", reward->cap_minor);
    json_put_str(json, "frequency", str_of(name_of(reward_frequency_names, (int)reward->frequency)));
    json_put_id_opt(json, "every", reward->frequency == FREQUENCY_EVERY_N ? reward->every : 0);
    json_put_str(json, "period", str_of(name_of(period_names, (int)reward->period)));
    json_put_id_opt(json, "periods", reward->periods);
    put_steps(json, reward);
    put_caps(json, reward);
    json_put_int(json, "hold_s", reward->hold_s);
    json_put_bool(json, "approval", reward->approval);
    json_put_str(json, "issue", str_of(name_of(issue_method_names, (int)reward->issue)));
    json_put_bool(json, "automatic", reward->automatic);
    put_time_opt(json, "created_at", reward->created_us);
    json_end_object(json);
}
