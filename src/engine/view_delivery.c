#include "base/time.h"
#include "engine/view.h"

static void put_time_opt(JsonOut *json, const char *name, int64_t time_us)
{
    json_put_str_opt(json, name, time_us ? str_of(time_iso8601(time_us).text) : STR_NONE);
}

void view_webhook_health(JsonOut *json, const Webhook *webhook)
{
    json_put_str(json, "state", str_of(name_of(webhook_state_names, (int)webhook->state)));
    json_put_str_opt(json, "state_reason", webhook->state_reason);
    put_time_opt(json, "failing_since", webhook->failing_since_us);
    json_put_int(json, "failures", webhook->failures);
}

void view_delivery(JsonOut *json, const Engine *engine, int64_t account_id, const DeliveryEntry *entry)
{
    char id[EVENT_PUBLIC_ID_LEN + 1];
    event_public_id(&engine->code_key, account_id, entry->event_seq, id);
    bool waits = entry->state == DELIVERY_PENDING;
    json_begin_object(json);
    json_put_int(json, "seq", entry->event_seq);
    json_put_str(json, "event_id", str_of(id));
    json_put_str(json, "event", str_of(name_of(event_type_names, (int)entry->event)));
    json_put_str(json, "state", str_of(name_of(delivery_state_names, (int)entry->state)));
    json_put_int(json, "attempts", entry->attempt);
    json_put_id_opt(json, "http_status", entry->http_status);
    json_put_str_opt(json, "outcome", entry->outcome);
    put_time_opt(json, "created_at", entry->created_us);
    put_time_opt(json, "next_attempt_at", waits ? entry->due_us : 0);
    put_time_opt(json, "settled_at", waits ? 0 : entry->settled_us);
    json_end_object(json);
}

void view_attempt(JsonOut *json, const AttemptEntry *entry)
{
    json_begin_object(json);
    json_put_int(json, "number", entry->number);
    put_time_opt(json, "started_at", entry->started_us);
    json_put_str_opt(json, "outcome", entry->outcome);
    json_put_id_opt(json, "http_status", entry->http_status);
    json_put_str_opt(json, "address", entry->address);
    json_key(json, "microseconds");
    json_begin_object(json);
    json_put_int(json, "total", entry->took_us);
    json_put_id_opt(json, "resolved", entry->resolve_us);
    json_put_id_opt(json, "connected", entry->connect_us);
    json_put_id_opt(json, "tls", entry->tls_us);
    json_put_id_opt(json, "first_byte", entry->first_byte_us);
    json_end_object(json);
    json_put_str_opt(json, "answer", entry->answer);
    json_end_object(json);
}
