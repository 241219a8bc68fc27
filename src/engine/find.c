#include "engine/find.h"

#include <ctype.h>

#include "domain/click_id.h"
#include "domain/text.h"

UserKey user_key_of(Str identifier)
{
    UserKey key = { .kind = USER_KEY_CODE, .text = identifier };
    if (str_to_i64(identifier, &key.id))
        key.kind = USER_KEY_ID;
    else if (str_index(identifier, '@') >= 0)
        key.kind = USER_KEY_EMAIL;
    return key;
}

static Status by_exact_code(StoreSession *session, const Engine *engine, int64_t account_id, Str code, Arena *arena,
                            User *out_user)
{
    int64_t id;
    if (!code_parse(&engine->code_key, CODE_USER, code, &id))
        return STATUS_NOT_FOUND;
    return store_user_get(session, account_id, id, arena, out_user);
}

/* Codes have no index to search without regard to case, but each spelling can be unscrambled and
 * looked up: at most 2^7 of them. */
static Status by_any_case_code(StoreSession *session, const Engine *engine, int64_t account_id, Str code,
                               Arena *arena, User *out_user)
{
    char spelling[CODE_LEN];
    size_t letters[CODE_LEN], letter_count = 0, hits = 0;
    if (code.len != CODE_LEN)
        return STATUS_NOT_FOUND;
    for (size_t i = 0; i < CODE_LEN; i++) {
        spelling[i] = (char)tolower((unsigned char)code.ptr[i]);
        if (i > 0 && isalpha((unsigned char)spelling[i]))
            letters[letter_count++] = i;
    }
    for (unsigned bits = 0; bits < 1u << letter_count; bits++) {
        char variant[CODE_LEN];
        memcpy(variant, spelling, CODE_LEN);
        for (size_t i = 0; i < letter_count; i++)
            if (bits >> i & 1)
                variant[letters[i]] = (char)toupper((unsigned char)variant[letters[i]]);
        Status status = by_exact_code(session, engine, account_id, (Str){ variant, CODE_LEN }, arena, out_user);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        hits += status == STATUS_OK;
        if (hits > 1)
            return STATUS_NOT_FOUND;
    }
    if (hits == 0)
        return STATUS_NOT_FOUND;
    return store_user_get(session, account_id, out_user->id, arena, out_user);
}

static Status by_code(StoreSession *session, const Engine *engine, int64_t account_id, Str code, Arena *arena,
                      User *out_user)
{
    Status status = by_exact_code(session, engine, account_id, code, arena, out_user);
    return status == STATUS_NOT_FOUND ? by_any_case_code(session, engine, account_id, code, arena, out_user)
                                      : status;
}

static Status by_coupon(StoreSession *session, int64_t account_id, Str code, Arena *arena, User *out_user, Error *err)
{
    Coupon coupon;
    Status status = store_coupon_find(session, account_id, code, arena, &coupon);
    if (status == STATUS_NOT_FOUND)
        return error_set(err, status, "coupon", "No coupon has this code.");
    if (status)
        return status;
    if (!coupon.user_id)
        return error_set(err, STATUS_NOT_FOUND, "coupon", "This coupon has not been handed to anybody.");
    status = store_user_get(session, account_id, coupon.user_id, arena, out_user);
    if (!status && !user_is_lead(out_user))
        return error_set(err, STATUS_NOT_FOUND, "coupon",
                         "This coupon was handed to a person referring. Only an invited person's coupon qualifies.");
    return status;
}

static Status by_click(StoreSession *session, const Engine *engine, int64_t account_id, Str text, Arena *arena,
                       User *out_user)
{
    int64_t id, clicked_us;
    if (!click_id_parse(&engine->code_key, text, &id, &clicked_us))
        return STATUS_NOT_FOUND;
    return store_user_get(session, account_id, id, arena, out_user);
}

Status find_user(StoreSession *session, const Engine *engine, int64_t account_id, UserKey key, Arena *arena,
                 User *out_user, Error *err)
{
    Status status = STATUS_NOT_FOUND;
    Str email;
    switch (key.kind) {
    case USER_KEY_NONE:
        break;
    case USER_KEY_CUSTOMER:
        status = store_user_by_customer(session, account_id, key.campaign_id, key.text, arena, out_user);
        if (status == STATUS_NOT_FOUND)
            error_set(err, status, "customer_id", "No user has this customer_id.");
        break;
    case USER_KEY_CLICK:
        status = by_click(session, engine, account_id, key.text, arena, out_user);
        if (status == STATUS_NOT_FOUND)
            error_set(err, status, "click_id", "This is no click on a link of ours.");
        break;
    case USER_KEY_ID:
        status = store_user_get(session, account_id, key.id, arena, out_user);
        if (status == STATUS_NOT_FOUND)
            error_set(err, status, "id", "No user has the id %lld.", (long long)key.id);
        break;
    case USER_KEY_CODE:
        status = by_code(session, engine, account_id, key.text, arena, out_user);
        if (status == STATUS_NOT_FOUND)
            error_set(err, status, "code", "No user has this referral code.");
        break;
    case USER_KEY_EMAIL:
        email = email_key(arena, key.text);
        if (email.ptr == NULL)
            return STATUS_NOMEM;
        status = store_user_by_email(session, account_id, key.campaign_id, email, arena, out_user);
        if (status == STATUS_NOT_FOUND)
            error_set(err, status, "email", "No user%s has this e-mail address.",
                      key.campaign_id ? " of this campaign" : "");
        break;
    case USER_KEY_COUPON:
        status = by_coupon(session, account_id, key.text, arena, out_user, err);
        break;
    }
    return status;
}

int64_t campaign_id_of(const Engine *engine, Str identifier)
{
    int64_t id;
    bool found = str_to_i64(identifier, &id) || code_parse(&engine->code_key, CODE_CAMPAIGN, identifier, &id);
    return found ? id : 0;
}

Status find_link(StoreSession *session, const Engine *engine, Str user_code, Arena *arena, Link *out_link)
{
    int64_t id, account_id, campaign_id;
    if (!code_parse(&engine->code_key, CODE_USER, user_code, &id))
        return STATUS_NOT_FOUND;
    Status status = store_user_home(session, id, &account_id, &campaign_id);
    if (!status)
        status = store_user_get(session, account_id, id, arena, &out_link->user);
    if (!status)
        status = store_campaign_get(session, account_id, campaign_id, arena, &out_link->campaign);
    return status;
}

Status find_campaign(StoreSession *session, const Engine *engine, Str campaign_code, Arena *arena,
                     Campaign *out_campaign)
{
    int64_t id, account_id;
    if (!code_parse(&engine->code_key, CODE_CAMPAIGN, campaign_code, &id))
        return STATUS_NOT_FOUND;
    Status status = store_campaign_account(session, id, &account_id);
    return status ? status : store_campaign_get(session, account_id, id, arena, out_campaign);
}
