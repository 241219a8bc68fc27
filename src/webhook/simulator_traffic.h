/* What goes to receivers and comes back: each request is judged, and becomes what its receiver is in the mood for. */
#ifndef WEBHOOK_SIMULATOR_TRAFFIC_H
#define WEBHOOK_SIMULATOR_TRAFFIC_H

#include "webhook/simulator_judge.h"

static Str header_of(const Transfer *transfer, const char *name)
{
    for (const struct curl_slist *line = transfer->headers; line; line = line->next)
        if (strncmp(line->data, name, strlen(name)) == 0)
            return str_of(line->data + strlen(name));
    return STR_NONE;
}

static SimHook *hook_of(const Transfer *transfer)
{
    for (size_t i = 0; i < sim.hook_count; i++)
        if (str_is(sim.hooks[i].url, transfer->url))
            return &sim.hooks[i];
    broken("a request to %s, where nobody is", transfer->url);
    return NULL;
}

static Row *row_of(const Transfer *transfer)
{
    long long account_id = 0, seq = 0;
    must(sscanf(transfer->body, "{\"account\":%lld,\"seq\":%lld", &account_id, &seq) == 2, "a body of nobody");
    const Attempt *attempt = transfer->owner;
    Row *row = find_row(account_id, attempt->claim.webhook_id, seq);
    must(row != NULL, "event %lld is not in the database", seq); /* I2 */
    return row;
}

/* Else its lease was lost, and the row is another attempt's. */
static bool is_holder(const Transfer *transfer, const Row *row)
{
    return ((const Attempt *)transfer->owner)->claim.lease == row->lease;
}

static bool is_signed(const Transfer *transfer, const SimHook *hook)
{
    SignHeaders headers = { header_of(transfer, "webhook-id: "), header_of(transfer, "webhook-timestamp: "),
                            header_of(transfer, "webhook-signature: ") };
    Str body = { transfer->body, (size_t)transfer->body_len };
    for (size_t i = 0; i < hook->key_count; i++) {
        Str key = { (const char *)hook->keys[i].bytes, SIGN_SECRET_LEN };
        /* What was claimed a moment ago is signed by what held then. */
        if (hook->keys[i].until_us > time_now_us() - US_PER_SECOND &&
            sign_verify(sim.signer, headers, body, &key, 1, time_now_us() / US_PER_SECOND, NULL) == STATUS_OK)
            return true;
    }
    return false;
}

static Str event_body(int64_t account_id, int64_t seq, char *out, size_t len)
{
    snprintf(out, len, "{\"account\":%lld,\"seq\":%lld,\"of\":%llu}", (long long)account_id, (long long)seq,
             (unsigned long long)sim.seed);
    return str_of(out);
}

static void world_receive(Transfer *transfer)
{
    char text[128], id[EVENT_PUBLIC_ID_LEN + 1];
    Row *row = row_of(transfer);
    row->receipts++;
    row->received = row->received || is_holder(transfer, row);
    event_public_id(&sim.code_key, row->key.account_id, row->key.event_seq, id);
    Str body = event_body(row->key.account_id, row->key.event_seq, text, sizeof text);
    must(row->receipts <= row->claims, "received %llu times, claimed %llu times", (unsigned long long)row->receipts,
         (unsigned long long)row->claims); /* I4 */
    must(str_eq(body, (Str){ transfer->body, (size_t)transfer->body_len }), "another body"); /* I5 */
    must(str_is(header_of(transfer, "webhook-id: "), id), "another id");
    must(is_signed(transfer, hook_of(transfer)) || row->upsets != sim.upsets, "signed by no key that holds");
}

/* The sender has the whole answer. */
static void world_answered(Transfer *transfer)
{
    Row *row = row_of(transfer);
    if (!is_holder(transfer, row))
        return;
    bool is_ok = transfer->status >= 200 && transfer->status <= 299 && strcmp(transfer->plan.body, "n8n is starting up");
    if (is_ok && hook_of(transfer)->expects_ack)
        is_ok = strcmp(transfer->plan.body, "{\"received\":true}") == 0;
    row->accepted = is_ok;
    if (transfer->plan.header) {
        long long seconds = 0;
        if (sscanf(transfer->plan.header, "Retry-After: %lld", &seconds) == 1)
            row->not_before_us = time_now_us() + i64_min(seconds, 24 * 3600) * US_PER_SECOND;
    }
}

static void world_plan(Transfer *transfer)
{
    bool is_odd = one_in(200) && !sim.is_ending;
    plan_mood(&transfer->plan, is_odd ? (Mood)below(MOOD_GONE) : sim.moods[hook_of(transfer)->origin]);
}

#endif
