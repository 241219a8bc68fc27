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

static void put_attempt(JsonOut *json, const AttemptEntry *entry)
{
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
}

void view_attempt(JsonOut *json, const AttemptEntry *entry)
{
    json_begin_object(json);
    put_attempt(json, entry);
    json_end_object(json);
}

void view_replay(JsonOut *json, const Replay *replay)
{
    RateText rate = rate_text(replay->rate);
    json_begin_object(json);
    json_put_id_opt(json, "id", replay->id);
    json_put_int(json, "webhook_id", replay->webhook_id);
    json_put_str_opt(json, "status", replay->id ? str_of(name_of(replay_status_names, (int)replay->status)) : STR_NONE);
    json_put_str(json, "state", str_of(name_of(delivery_state_names, (int)replay->state)));
    put_time_opt(json, "from", replay->from_us);
    put_time_opt(json, "to", replay->to_us);
    json_put_str_opt(json, "rate_limit", replay->rate.count ? str_of(rate.text) : STR_NONE);
    json_put_int(json, "found", replay->found);
    json_put_int(json, "replayed", replay->replayed);
    put_time_opt(json, "created_at", replay->created_us);
    put_time_opt(json, "ended_at", replay->ended_us);
    json_end_object(json);
}

static void put_headers(JsonOut *json, const char *member, Str lines)
{
    Str line, name;
    json_key(json, member);
    json_begin_array(json);
    while (str_cut(&lines, '\n', &line)) {
        if (!str_cut(&line, ':', &name) || str_is_empty(line))
            continue; /* a status line, the empty one at the end */
        json_begin_object(json);
        json_put_str(json, "name", name);
        json_put_str(json, "value", str_trim(line));
        json_end_object(json);
    }
    json_end_array(json);
}

void view_probe(JsonOut *json, const Engine *engine, const Probe *probe)
{
    char id[EVENT_PUBLIC_ID_LEN + 1];
    event_public_id(&engine->code_key, probe->event.account_id, probe->event.seq, id);
    json_put_bool(json, "delivered", str_is(probe->entry.outcome, "ok"));
    json_put_str(json, "event_id", str_of(id));
    json_key(json, "request");
    json_begin_object(json);
    json_put_str(json, "method", str_of(name_of(webhook_method_names, (int)probe->webhook.method)));
    json_put_str(json, "url", probe->url);
    put_headers(json, "headers", probe->request_head);
    json_put_str_opt(json, "body", probe->webhook.method == WEBHOOK_GET ? STR_NONE : probe->event.body);
    json_end_object(json);
    json_key(json, "attempt");
    json_begin_object(json);
    put_attempt(json, &probe->entry);
    json_end_object(json);
    put_headers(json, "answer_headers", probe->answer_head);
}
