#include "engine/login.h"

#include "base/random.h"
#include "base/time.h"
#include "domain/text.h"
#include "engine/emit.h"

enum { LOGIN_CODES = 1000000 };

Status login_is_offered(StoreSession *session, const Campaign *campaign, bool *out_offered)
{
    return store_webhook_any(session, campaign->account_id, EVENT_LOGIN_REQUESTED, campaign->id, out_offered);
}

static Status find(StoreSession *session, int64_t account_id, int64_t campaign_id, Str email, Arena *arena,
                   User *out_user)
{
    Str key = email_key(arena, str_trim(email));
    return key.ptr ? store_user_by_email(session, account_id, campaign_id, key, arena, out_user) : STATUS_NOMEM;
}

/* STATUS_NOT_FOUND when there was none, or its hour is over. */
static Status live_login(StoreSession *session, const User *user, Login *out_login)
{
    Status status = store_login_get(session, user->account_id, user->id, out_login);
    bool over = !status && store_now_us(session) - out_login->since_us >= LOGIN_SECONDS * US_PER_SECOND;
    return over ? STATUS_NOT_FOUND : status;
}

/* ---- asking for a code ------------------------------------------------- */

static Status send(const Work *work, const User *user, Login *login)
{
    Campaign campaign;
    login->sent++;
    Status status = store_login_put(work->session, login);
    if (!status)
        status = store_campaign_get(work->session, user->account_id, user->campaign_id, work->arena, &campaign);
    return status ? status
                  : emit_login(work, user, &campaign, login->code, login->since_us + LOGIN_SECONDS * US_PER_SECOND);
}

static Status run_request(Command *base, StoreSession *session)
{
    LoginRequestCommand *command = (LoginRequestCommand *)base;
    Work work = { command->engine, session, base->arena, &base->error };
    User user;
    Login login;
    Status status = find(session, command->account_id, command->campaign_id, command->email, base->arena, &user);
    command->is_known = status == STATUS_OK;
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = live_login(session, &user, &login);
    if (status == STATUS_NOT_FOUND)
        login = (Login){ .account_id = user.account_id,
                         .user_id = user.id,
                         .code = random_below(LOGIN_CODES),
                         .since_us = store_now_us(session) };
    else if (status)
        return status;
    bool may = login.sent < LOGIN_SENT_MAX && login.tries < LOGIN_TRIES_MAX;
    return may ? send(&work, &user, &login) : STATUS_OK;
}

LoginRequestCommand *login_request_command_new(const Engine *engine, Arena *arena)
{
    LoginRequestCommand *command = ARENA_NEW(arena, LoginRequestCommand);
    if (command)
        *command = (LoginRequestCommand){ .base = { .run = run_request, .arena = arena }, .engine = engine };
    return command;
}

/* ---- taking it --------------------------------------------------------- */

/* Without the spaces that people put into codes. */
static bool is_code(Str text, int64_t code)
{
    int64_t value = 0;
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ')
            continue;
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || digits++ == LOGIN_DIGITS)
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return digits == LOGIN_DIGITS && value == code;
}

static Status run_login(Command *base, StoreSession *session)
{
    LoginCommand *command = (LoginCommand *)base;
    User user;
    Login login;
    command->user_id = 0;
    Status status = find(session, command->account_id, command->campaign_id, command->email, base->arena, &user);
    if (!status)
        status = live_login(session, &user, &login);
    if (!status && login.tries >= LOGIN_TRIES_MAX)
        status = STATUS_NOT_FOUND;
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (is_code(command->code, login.code)) {
        command->user_id = user.id;
        return store_login_delete(session, user.account_id, user.id);
    }
    login.tries++;
    return store_login_put(session, &login);
}

LoginCommand *login_command_new(Arena *arena)
{
    LoginCommand *command = ARENA_NEW(arena, LoginCommand);
    if (command)
        *command = (LoginCommand){ .base = { .run = run_login, .arena = arena } };
    return command;
}
