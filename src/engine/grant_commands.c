#include "engine/grant_commands.h"

#include "base/limits.h"
#include "domain/text.h"
#include "engine/grant_life.h"

static Status set_reason(const GrantCommand *command, Grant *grant, Error *err)
{
    if (command->reason.ptr == NULL)
        return STATUS_OK;
    if (str_utf8_len(command->reason) > LIMIT_REASON_CHARS || str_has_control(command->reason))
        return error_set(err, STATUS_INVALID, "reason", "The reason has at most %d characters.", LIMIT_REASON_CHARS);
    grant->reason = command->reason;
    return STATUS_OK;
}

static Status issue(const Work *work, const GrantCommand *command UNUSED, const GrantFacts *facts, Grant *grant)
{
    Status status = grant->state == GRANT_DUE ? grant_take_coupon(work, grant) : STATUS_OK;
    if (!status)
        status = grant_check_issue(grant, work->err);
    return status ? status : grant_issue(work, facts, grant);
}

static Status end_by_hand(const Work *work, const GrantCommand *command, const GrantFacts *facts, Grant *grant)
{
    grant->closed = true;
    Status status = set_reason(command, grant, work->err);
    return status ? status : grant_fall(work, facts->reward, grant, "by_hand");
}

static Status cancel(const Work *work, const GrantCommand *command, const GrantFacts *facts, Grant *grant)
{
    Status status = grant_check_cancel(grant, work->err);
    return status ? status : end_by_hand(work, command, facts, grant);
}

static Status reverse(const Work *work, const GrantCommand *command, const GrantFacts *facts, Grant *grant)
{
    Status status = grant_check_reverse(grant, work->err);
    return status ? status : end_by_hand(work, command, facts, grant);
}

static Status approve(const Work *work, const GrantCommand *command UNUSED, const GrantFacts *facts, Grant *grant)
{
    Status status = grant_check_approve(grant, work->err);
    if (status)
        return status;
    grant->approved_us = store_now_us(work->session);
    status = grant_release(work, facts, grant);
    return status ? status : grant_explain(work, grant, "approved");
}

static Status fail(const Work *work, const GrantCommand *command, const GrantFacts *facts UNUSED, Grant *grant)
{
    Status status = grant_check_fail(grant, work->err);
    if (!status)
        status = set_reason(command, grant, work->err);
    return status ? status : grant_fail(work, grant);
}

static Status retry(const Work *work, const GrantCommand *command UNUSED, const GrantFacts *facts, Grant *grant)
{
    Status status = grant_check_retry(grant, work->err);
    if (status)
        return status;
    grant->reason = STR_NONE;
    return grant_release(work, facts, grant);
}

static Status set_total(const Work *work, const GrantCommand *command, const GrantFacts *facts, Grant *grant)
{
    bool commission = grant->metric == METRIC_COMMISSION;
    Currency currency = grant->currency.code[0] ? grant->currency : facts->reward->currency;
    int64_t total = 0;
    Status status = grant_check_total(grant, work->err);
    if (!status && commission && currency.code[0] == 0)
        status = currency_parse(command->currency, &currency, work->err);
    if (!status && money_parse(command->total, currency, &total, work->err) != STATUS_OK)
        status = error_set(work->err, STATUS_INVALID, "total", "The total is an amount such as 250.00.");
    if (!status && total > LIMIT_MONEY_MINOR)
        status = error_set(work->err, STATUS_INVALID, "total", "This total is too large.");
    if (status)
        return status;
    grant->currency = currency;
    if (commission)
        grant->spend_minor = total;
    int64_t value = commission ? reward_value(facts->reward, grant->rate, total) : total;
    status = grant_revalue(work, facts, grant, value, "total_entered");
    bool issue_now = facts->reward->automatic && grant_can_be_issued(grant);
    return status || !issue_now ? status : grant_issue(work, facts, grant);
}

static Status (*const actions[])(const Work *work, const GrantCommand *command, const GrantFacts *facts, Grant *grant) = {
    [GRANT_ACTION_ISSUE] = issue,   [GRANT_ACTION_CANCEL] = cancel, [GRANT_ACTION_APPROVE] = approve,
    [GRANT_ACTION_FAIL] = fail,     [GRANT_ACTION_RETRY] = retry,   [GRANT_ACTION_REVERSE] = reverse,
    [GRANT_ACTION_TOTAL] = set_total,
};

static Status run_action(Command *base, StoreSession *session)
{
    GrantCommand *command = (GrantCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    GrantFacts facts = { 0 };
    Status status = store_grant_get(session, command->account_id, command->grant_id, base->arena, &command->grant);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, status, NULL, "No due reward has the id %lld.", (long long)command->grant_id);
    if (!status)
        status = grant_facts_load(&work, &command->grant, &facts);
    return status ? status : actions[command->action](&work, command, &facts, &command->grant);
}

GrantCommand *grant_command_new(const Engine *engine, Arena *arena, GrantAction action)
{
    GrantCommand *command = ARENA_NEW(arena, GrantCommand);
    if (command)
        *command = (GrantCommand){ .base = { .run = run_action, .arena = arena }, .engine = engine, .action = action };
    return command;
}
