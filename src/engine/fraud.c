#include "engine/fraud.h"

#include "domain/text.h"
#include "engine/forfeit.h"
#include "engine/grant.h"
#include "engine/qualify.h"

static bool watches(const FraudJoin *join, FraudRule rule)
{
    return fraud_action(join->campaign->fraud, rule) != FRAUD_OFF;
}

/* One less than the threshold: the person who joins has no row yet. */
static Status look_at_velocity(const Work *work, const FraudJoin *join, FraudFacts *facts)
{
    Status status = STATUS_OK;
    int64_t account_id = join->campaign->account_id, since_us = store_now_us(work->session) - FRAUD_WHILE_US;
    if (join->ip.len && watches(join, FRAUD_IP_VELOCITY))
        status = store_user_many_from_ip(work->session, account_id, join->ip, FRAUD_IP_JOINS - 1, since_us,
                                         &facts->many_from_ip);
    if (!status && join->referrer && watches(join, FRAUD_REFERRER_VELOCITY))
        status = store_user_many_for_referrer(work->session, account_id, join->referrer->id, FRAUD_REFERRALS - 1,
                                              since_us, &facts->many_for_referrer);
    return status;
}

static Status gather(const Work *work, const FraudJoin *join, FraudFacts *out_facts)
{
    const BurnerList *burners = work->engine->burners;
    *out_facts = (FraudFacts){ .email_key = join->email_key,
                               .ip = join->ip,
                               .is_burner = burners && burner_list_has(burners, join->email_key),
                               .has_guessed = join->has_guessed };
    if (join->referrer) {
        out_facts->referrer_ip = join->referrer->ip;
        out_facts->referrer_email_key = email_key(work->arena, join->referrer->email);
        if (out_facts->referrer_email_key.ptr == NULL)
            return STATUS_NOMEM;
    }
    return look_at_velocity(work, join, out_facts);
}

static Status refuse(FraudRule rule, Error *err)
{
    static const struct {
        const char *field, *text;
    } refusals[FRAUD_RULE_COUNT] = {
        [FRAUD_SELF_REFERRAL_ALIAS] = { "email", "People can't refer themselves, nor by another form of one address." },
        [FRAUD_SAME_IP] = { "ip", "Referrer and invited person come from the same IP address." },
        [FRAUD_IP_VELOCITY] = { "ip", "Too many people have joined from this IP address. Try again later." },
        [FRAUD_REFERRER_VELOCITY] = { "referrer", "This referrer has brought too many people. Try again later." },
        [FRAUD_BURNER_DOMAIN] = { "email", "Use an address that you keep: this is a throw-away mailbox." },
        [FRAUD_CODE_GUESSING] = { "ip", "Too many unknown links were tried from this IP address. Try again later." },
    };
    return error_set(err, STATUS_INVALID, refusals[rule].field, "%s", refusals[rule].text);
}

Status fraud_check(const Work *work, const FraudJoin *join, FraudStrikes *out_strikes)
{
    FraudFacts facts;
    *out_strikes = 0;
    if (join->campaign->fraud == 0)
        return STATUS_OK;
    Status status = gather(work, join, &facts);
    if (status)
        return status;
    *out_strikes = fraud_judge(&facts);
    FraudRule blocking = fraud_rule_with(join->campaign->fraud, *out_strikes, FRAUD_BLOCK);
    return blocking == FRAUD_RULE_COUNT ? STATUS_OK : refuse(blocking, work->err);
}

/* ---- what was seen ----------------------------------------------------- */

static Status keep_one(const Work *work, const User *user, FraudRule rule, FraudAction action)
{
    Explanation why;
    explain_begin(&why, work, user->account_id, DECISION_FRAUD, user->id);
    json_put_id_opt(&why.json, "referrer_id", user->referrer_id);
    json_put_str_opt(&why.json, "ip", user->ip);
    Status status = explain_end(&why, name_of(fraud_rule_names, (int)rule), name_of(fraud_action_names, (int)action));
    if (status)
        return status;
    FraudSignal signal = { .account_id = user->account_id,
                           .user_id = user->id,
                           .rule = rule,
                           .action = action,
                           .detail = why.decision.inputs };
    return store_signal_insert(work->session, &signal);
}

Status fraud_keep(const Work *work, const Campaign *campaign, const User *user, FraudStrikes strikes)
{
    Status status = STATUS_OK;
    for (int rule = 0; !status && rule < FRAUD_RULE_COUNT; rule++) {
        FraudAction action = fraud_action(campaign->fraud, (FraudRule)rule);
        if ((strikes >> rule & 1) && action != FRAUD_OFF)
            status = keep_one(work, user, (FraudRule)rule, action);
    }
    return status;
}

/* ---- review ------------------------------------------------------------ */

/* Whoever is rejected does not count: what was granted because they had qualified falls. */
static Status reject(const Work *work, User *user)
{
    Campaign campaign;
    Status status = forfeit_user(work, user);
    if (status || !user->qualified_us)
        return status;
    status = store_campaign_get(work->session, user->account_id, user->campaign_id, work->arena, &campaign);
    return status ? status : unqualify_lead(work, &campaign, user, "rejected");
}

static Status end_review(const Work *work, ReviewCommand *command)
{
    User *user = &command->user;
    Explanation why;
    bool approve = command->approve;
    user->review = approve ? REVIEW_APPROVED : REVIEW_REJECTED;
    Status status = store_user_set_review(work->session, user->account_id, user->id, user->review);
    if (!status)
        status = store_signal_settle(work->session, user->account_id, user->id,
                                     approve ? SIGNAL_APPROVED : SIGNAL_REJECTED);
    if (!status)
        status = approve ? grant_after_review(work, user) : reject(work, user);
    if (status)
        return status;
    explain_begin(&why, work, user->account_id, DECISION_FRAUD, user->id);
    json_put_id_opt(&why.json, "referrer_id", user->referrer_id);
    return explain_end(&why, "review", name_of(user_review_names, (int)user->review));
}

static Status run_review(Command *base, StoreSession *session)
{
    ReviewCommand *command = (ReviewCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    User *user = &command->user;
    Status status = store_user_get(session, command->account_id, command->user_id, base->arena, user);
    if (status == STATUS_NOT_FOUND)
        return error_set(&base->error, status, NULL, "No user has the id %lld.", (long long)command->user_id);
    UserReview wanted = command->approve ? REVIEW_APPROVED : REVIEW_REJECTED;
    if (status || user->review == wanted)
        return status;
    if (user->review == REVIEW_REJECTED)
        return error_set(&base->error, STATUS_INVALID, "user_id",
                         "This user was rejected, and what was due is cancelled. That is final.");
    return end_review(&work, command);
}

ReviewCommand *review_command_new(const Engine *engine, Arena *arena)
{
    ReviewCommand *command = ARENA_NEW(arena, ReviewCommand);
    if (command)
        *command = (ReviewCommand){ .base = { .run = run_review, .arena = arena }, .engine = engine };
    return command;
}
