#include "engine/user.h"

#include "domain/text.h"
#include "engine/form.h"
#include "engine/forfeit.h"
#include "engine/forget.h"

static Status load(StoreSession *session, int64_t account_id, int64_t id, Command *base, User *out_user)
{
    Status status = store_user_get(session, account_id, id, base->arena, out_user);
    return status == STATUS_NOT_FOUND
               ? error_set(&base->error, status, NULL, "No user has the id %lld.", (long long)id)
               : status;
}

/* ---- changing ---------------------------------------------------------- */

static Status apply(UserChangeCommand *command, Error *err)
{
    User *user = &command->user;
    Status status = STATUS_OK;
    if (command->first_name.ptr) {
        status = text_check_name(&command->first_name, "first_name", err);
        user->first_name = command->first_name;
    }
    if (!status && command->email.ptr) {
        status = text_check_email(&command->email, "email", err);
        user->email = command->email;
    }
    if (!status && command->changes_customer) {
        if (command->customer_id.ptr)
            status = text_check_customer(&command->customer_id, "customer_id", err);
        user->customer_id = command->customer_id;
    }
    if (command->changes_meta)
        user->meta = command->meta;
    return status;
}

/* New answers must fit the campaign's form; what somebody never answered may go on lacking. */
static Status check_meta(const UserChangeCommand *command, StoreSession *session, Error *err)
{
    const User *user = &command->user;
    Arena *arena = command->base.arena;
    Campaign campaign;
    FormFields fields;
    if (!command->changes_meta || command->meta.ptr == NULL)
        return STATUS_OK;
    Status status = store_campaign_get(session, user->account_id, user->campaign_id, arena, &campaign);
    if (!status)
        status = form_load(&campaign, user_is_lead(user), arena, &fields);
    return status ? status : form_check_meta(&fields, command->meta, true, arena, err);
}

/* Nobody else of the campaign may be known by the same e-mail or customer id. Taking the referrer's address would
 * be a self-referral in disguise; it is named as that. */
static Status check_free(UserChangeCommand *command, StoreSession *session, Str email)
{
    User other;
    const User *user = &command->user;
    Command *base = &command->base;
    Status status = store_user_by_email(session, user->account_id, user->campaign_id, email, base->arena, &other);
    if (!status && other.id != user->id)
        return error_set(&base->error, STATUS_INVALID, "email",
                         other.id == user->referrer_id
                             ? "This is the referrer's address. People can't refer themselves."
                             : "Another user of this campaign has this e-mail address.");
    if ((status && status != STATUS_NOT_FOUND) || user->customer_id.ptr == NULL)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = store_user_by_customer(session, user->account_id, user->campaign_id, user->customer_id, base->arena,
                                    &other);
    if (!status && other.id != user->id)
        return error_set(&base->error, STATUS_INVALID, "customer_id",
                         "Another user of this campaign has this customer_id.");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status run_change(Command *base, StoreSession *session)
{
    UserChangeCommand *command = (UserChangeCommand *)base;
    Status status = load(session, command->account_id, command->user_id, base, &command->user);
    if (!status)
        status = apply(command, &base->error);
    if (!status)
        status = check_meta(command, session, &base->error);
    if (status)
        return status;
    Str email = email_key(base->arena, command->user.email);
    if (email.ptr == NULL)
        return STATUS_NOMEM;
    status = check_free(command, session, email);
    return status ? status : store_user_update(session, &command->user, email);
}

UserChangeCommand *user_change_command_new(Arena *arena)
{
    UserChangeCommand *command = ARENA_NEW(arena, UserChangeCommand);
    if (command)
        *command = (UserChangeCommand){ .base = { .run = run_change, .arena = arena } };
    return command;
}

/* ---- erasing ----------------------------------------------------------- */

/* A referrer who is erased already has no counts to keep. */
static Status leave_referrer(StoreSession *session, const User *user)
{
    int64_t above_id;
    if (!user_is_lead(user))
        return STATUS_OK;
    Status status = store_user_referrer(session, user->account_id, user->referrer_id, &above_id);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    UserCounts less = { .referrals = -1, .qualified_referrals = user->qualified_us && !user->qualified_late ? -1 : 0 };
    return store_user_count(session, user->account_id, user->referrer_id, less, NULL);
}

static Status run_erase(Command *base, StoreSession *session)
{
    const UserEraseCommand *command = (const UserEraseCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    User user;
    Status status = load(session, command->account_id, command->user_id, base, &user);
    if (!status)
        status = forfeit_user(&work, &user);
    if (!status)
        status = leave_referrer(session, &user);
    if (!status)
        status = forget_user(&work, &user);
    return status ? status : store_user_delete(session, &user);
}

UserEraseCommand *user_erase_command_new(const Engine *engine, Arena *arena)
{
    UserEraseCommand *command = ARENA_NEW(arena, UserEraseCommand);
    if (command)
        *command = (UserEraseCommand){ .base = { .run = run_erase, .arena = arena }, .engine = engine };
    return command;
}
