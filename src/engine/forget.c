#include "engine/forget.h"

#include <sodium.h>

#include "base/json_in.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "domain/fraud.h"
#include "domain/text.h"

/* ---- bodies of events -------------------------------------------------- */

/* What of a person in an event is personal, and what is put there instead. */
static const struct {
    const char *name, *instead;
} personal[] = { { "first_name", "\"\"" }, { "email", "\"\"" }, { "ip", "null" }, { "meta", "[]" } };

static const char *instead_of(Str name)
{
    for (size_t i = 0; i < ARRAY_LEN(personal); i++)
        if (str_is(name, personal[i].name))
            return personal[i].instead;
    return NULL;
}

static void put_without(JsonOut *json, const JsonValue *value, int64_t user_id);

static void put_object_without(JsonOut *json, const JsonValue *object, int64_t user_id)
{
    Str name;
    const JsonValue *value;
    bool is_them = json_to_int(json_get(object, "id")) == user_id && json_get(object, "email") != NULL;
    json_begin_object(json);
    for (void *at = NULL; json_next_member(object, &at, &name, &value);) {
        const char *instead = is_them ? instead_of(name) : NULL;
        json_key_str(json, name);
        if (instead)
            json_raw(json, str_of(instead));
        else
            put_without(json, value, user_id);
    }
    json_end_object(json);
}

static void put_without(JsonOut *json, const JsonValue *value, int64_t user_id)
{
    JsonType type = json_type_of(value);
    if (type == JSON_TYPE_OBJECT) {
        put_object_without(json, value, user_id);
    } else if (type == JSON_TYPE_ARRAY) {
        json_begin_array(json);
        for (size_t i = 0; i < json_array_len(value); i++)
            put_without(json, json_array_at(value, i), user_id);
        json_end_array(json);
    } else {
        json_raw(json, STR("")); /* its comma */
        json_dump_to(value, json->buf);
    }
}

static Status redact(const Work *work, Event *event, int64_t user_id, bool cancels)
{
    JsonDoc doc;
    Buf buf = buf_in_arena(work->arena, LIMIT_EVENT_BODY);
    JsonOut json = json_out(&buf);
    if (json_parse(event->body, &doc, NULL) != STATUS_OK)
        return STATUS_INTERNAL;
    put_without(&json, doc.root, user_id);
    json_doc_free(&doc);
    event->body = buf_str(&buf);
    return event->body.ptr ? store_event_redact(work->session, event->account_id, event, cancels) : STATUS_NOMEM;
}

static Status redact_events(const Work *work, const User *user, bool as_other)
{
    Status status;
    Event event = { 0 };
    ArenaMark mark = arena_mark(work->arena);
    do {
        status = store_event_next_of(work->session, user->account_id, user->id, as_other, event.seq, work->arena, &event);
        if (!status)
            status = redact(work, &event, user->id, !as_other);
        arena_rewind(work->arena, mark);
    } while (!status);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- leads who come again ---------------------------------------------- */

/* Of the mailbox: a +tag makes nobody another person. */
static void hash_email(const Work *work, Str email_key, uint8_t out_hash[EMAIL_HASH_LEN])
{
    char room[LIMIT_EMAIL_LEN];
    Str email = fraud_mailbox(email_key, room);
    const CodeKey *key = &work->engine->code_key; /* only this installation can tell whose hash it is */
    crypto_generichash(out_hash, EMAIL_HASH_LEN, (const uint8_t *)email.ptr, email.len, key->bytes, sizeof key->bytes);
}

Status forget_find_lead(const Work *work, const Campaign *campaign, Str email_key, bool *out_found)
{
    uint8_t hash[EMAIL_HASH_LEN];
    hash_email(work, email_key, hash);
    Status status = store_erased_lead_find(work->session, campaign->account_id, campaign->id, hash);
    *out_found = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status remember_lead(const Work *work, const User *user)
{
    uint8_t hash[EMAIL_HASH_LEN];
    Str email = email_key(work->arena, user->email);
    if (email.ptr == NULL)
        return STATUS_NOMEM;
    hash_email(work, email, hash);
    return store_erased_lead_put(work->session, user->account_id, user->campaign_id, hash);
}

Status forget_user(const Work *work, const User *user)
{
    Status status = redact_events(work, user, false);
    if (!status)
        status = redact_events(work, user, true);
    if (!status)
        status = store_forget_reasons(work->session, user->account_id, user->id);
    return status || !user_is_lead(user) ? status : remember_lead(work, user);
}
