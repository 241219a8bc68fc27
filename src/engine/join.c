#include "engine/join.h"

#include "base/limits.h"
#include "domain/text.h"
#include "engine/form.h"
#include "engine/fraud.h"
#include "engine/grant.h"
#include "engine/refer.h"

static Status check_customer(JoinCommand *command, const Work *work)
{
    if (command->customer_id.ptr == NULL)
        return STATUS_OK;
    return text_check_customer(&command->customer_id, "customer_id", work->err);
}

static Status check_input(JoinCommand *command, const Work *work)
{
    Status status = store_campaign_get(work->session, command->account_id, command->campaign_id, work->arena,
                                       &command->campaign);
    if (status == STATUS_NOT_FOUND)
        return error_set(work->err, STATUS_INVALID, "campaign_id", "No campaign has the id %lld.",
                         (long long)command->campaign_id);
    if (!status)
        status = text_check_name(&command->first_name, "first_name", work->err);
    if (!status)
        status = text_check_email(&command->email, "email", work->err);
    if (!status)
        status = check_customer(command, work);
    if (!status)
        status = campaign_check_open(&command->campaign, store_now_us(work->session), work->err);
    return status;
}

/* Somebody with this e-mail, or else with this customer id, who then joins with another address. */
static Status find_known(JoinCommand *command, const Work *work, Str email, bool *out_known)
{
    User by_customer = { 0 };
    StoreSession *session = work->session;
    Status status = store_user_by_email(session, command->account_id, command->campaign_id, email, work->arena,
                                        &command->user);
    *out_known = status == STATUS_OK;
    if (command->customer_id.ptr == NULL || (status && status != STATUS_NOT_FOUND))
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = store_user_by_customer(session, command->account_id, command->campaign_id, command->customer_id,
                                    work->arena, &by_customer);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (*out_known && by_customer.id != command->user.id)
        return error_set(work->err, STATUS_INVALID, "customer_id",
                         "Another user of this campaign has this customer_id.");
    *out_known = true;
    command->user = by_customer;
    return STATUS_OK;
}

static Status add_traces(const JoinCommand *command, Attribution *attribution)
{
    const struct {
        UserKey key;
        const char *field;
    } traces[] = {
        { command->referrer, "referrer" },
        { { .kind = USER_KEY_CODE, .text = command->referrer_code }, "referrer_code" },
        { { .kind = USER_KEY_CLICK, .text = command->click_id }, NULL },
        { { .kind = USER_KEY_COUPON, .text = command->coupon }, NULL },
    };
    _Static_assert(ARRAY_LEN(traces) <= ATTRIBUTION_TRACES, "each trace has its place");
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < ARRAY_LEN(traces); i++) {
        const UserKey *key = &traces[i].key;
        bool given = key->text.ptr || key->kind == USER_KEY_ID;
        if (given && key->kind != USER_KEY_NONE)
            status = attribute_add(attribution, *key, traces[i].field);
    }
    return status;
}

static Status check_meta(const JoinCommand *command, const Work *work, bool is_lead, bool lenient)
{
    FormFields fields;
    Status status = form_load(&command->campaign, is_lead, work->arena, &fields);
    return status ? status : form_check_meta(&fields, command->meta, lenient, work->arena, work->err);
}

/* ---- somebody known ---------------------------------------------------- */

static Status fill_empty(JoinCommand *command, const Work *work)
{
    User *user = &command->user;
    bool fills_meta = user->meta.ptr == NULL && command->meta.ptr;
    bool fills_customer = user->customer_id.ptr == NULL && command->customer_id.ptr;
    if (!fills_meta && !fills_customer)
        return STATUS_OK;
    Status status = fills_meta ? check_meta(command, work, user_is_lead(user), true) : STATUS_OK;
    if (status)
        return status;
    user->meta = fills_meta ? command->meta : user->meta;
    user->customer_id = fills_customer ? command->customer_id : user->customer_id;
    Str email = email_key(work->arena, user->email);
    return email.ptr ? store_user_update(work->session, user, email) : STATUS_NOMEM;
}

/* To another referrer: judged as if they joined there. */
static Status move(JoinCommand *command, const Work *work, const Attribution *attribution)
{
    User *user = &command->user;
    FraudStrikes strikes = 0;
    FraudJoin join = { .campaign = &command->campaign,
                       .referrer = attribution->winner,
                       .email_key = email_key(work->arena, user->email),
                       .ip = command->ip,
                       .has_guessed = command->has_guessed };
    Status status = join.email_key.ptr ? fraud_check(work, &join, &strikes) : STATUS_NOMEM;
    if (!status && user->review == REVIEW_NONE && fraud_worst(command->campaign.fraud, strikes) == FRAUD_HOLD) {
        user->review = REVIEW_HELD;
        status = store_user_set_review(work->session, user->account_id, user->id, user->review);
    }
    if (!status)
        status = fraud_keep(work, &command->campaign, user, strikes);
    if (status)
        return status;
    return refer_move(work, &command->campaign, user, attribution->winner, attribution->touched_us);
}

static Status join_again(JoinCommand *command, const Work *work, const Attribution *attribution)
{
    Status status = fill_empty(command, work);
    if (!status && attribution->winner)
        status = move(command, work, attribution);
    if (status)
        return status;
    return attribute_explain(attribution, command->user.id,
                             name_of(attribution_policy_names, (int)command->campaign.attribution));
}

/* ---- somebody new ------------------------------------------------------ */

static Status check_source(const JoinCommand *command, UserSource source, Error *err)
{
    int64_t allowed = command->campaign.sources;
    if (allowed == 0 || (allowed >> source & 1))
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "campaign_id", "This campaign does not take people from the source %s.",
                     name_of(user_source_names, (int)source));
}

static Status announce(JoinCommand *command, const Work *work, User *referrer)
{
    if (referrer)
        return refer_announce(work, &command->campaign, &command->user, referrer);
    RewardCause cause = { .when = REWARD_WHEN_JOINED, .user = &command->user };
    Status status = emit_user(work, EVENT_USER_JOIN, &command->user, &command->campaign, NULL);
    return status ? status : grant_for_cause(work, &command->campaign, &cause);
}

static Status insert_user(JoinCommand *command, const Work *work, Str email, const Attribution *attribution)
{
    const User *winner = attribution->winner;
    User referrer = winner ? *winner : (User){ 0 };
    UserSource source = winner ? SOURCE_REFERRED : command->source;
    FraudStrikes strikes = 0;
    FraudJoin join = { .campaign = &command->campaign,
                       .referrer = winner,
                       .email_key = email,
                       .ip = command->ip,
                       .has_guessed = command->has_guessed };
    Status status = check_source(command, source, work->err);
    if (!status)
        status = check_meta(command, work, winner != NULL, command->may_lack_fields);
    if (!status)
        status = fraud_check(work, &join, &strikes);
    if (status)
        return status;
    bool held = fraud_worst(command->campaign.fraud, strikes) == FRAUD_HOLD;
    command->created = true;
    command->user = (User){ .account_id = command->account_id,
                            .campaign_id = command->campaign_id,
                            .referrer_id = referrer.id,
                            .touched_us = attribution->touched_us,
                            .first_name = command->first_name,
                            .email = command->email,
                            .source = source,
                            .ip = command->ip,
                            .meta = command->meta,
                            .share_subject = command->campaign.share_subject,
                            .share_text = command->campaign.share_text,
                            .customer_id = command->customer_id,
                            .review = held ? REVIEW_HELD : REVIEW_NONE,
                            .consented_us = command->consented ? store_now_us(work->session) : 0 };
    status = store_user_insert(work->session, &command->user, email);
    if (!status)
        status = fraud_keep(work, &command->campaign, &command->user, strikes);
    if (!status)
        status = attribute_explain(attribution, command->user.id,
                                   name_of(attribution_policy_names, (int)command->campaign.attribution));
    return status ? status : announce(command, work, winner ? &referrer : NULL);
}

static Status run_join(Command *base, StoreSession *session)
{
    JoinCommand *command = (JoinCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    bool known = false;
    command->created = false;
    Status status = check_input(command, &work);
    if (status)
        return status;
    Str email = email_key(work.arena, command->email);
    if (email.ptr == NULL)
        return STATUS_NOMEM;
    status = find_known(command, &work, email, &known);
    if (status)
        return status;

    Attribution attribution;
    AttributionPerson person = { .email_key = email,
                                 .customer_id = command->customer_id,
                                 .known = known ? &command->user : NULL };
    attribute_begin(&attribution, &work, &command->campaign, &person);
    status = add_traces(command, &attribution);
    if (!status)
        status = attribute_decide(&attribution);
    if (status)
        return status;
    return known ? join_again(command, &work, &attribution) : insert_user(command, &work, email, &attribution);
}

JoinCommand *join_command_new(const Engine *engine, Arena *arena)
{
    JoinCommand *command = ARENA_NEW(arena, JoinCommand);
    if (command)
        *command = (JoinCommand){ .base = { .run = run_join, .arena = arena }, .engine = engine };
    return command;
}
