/* refmill webhook …: what waits, what was given up, and sending it again (WH-82). */
#include "app/cli.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/deliver.h"
#include "engine/subscribe.h"

const ArgOption webhook_options[] = { DB_OPTION, WEBHOOK_OPTION, JSON_OPTION };

Status webhook_of(CliContext *context, Webhook *out_webhook)
{
    int64_t id;
    Status status = args_get_number(context->args, "webhook", 1, &id, &context->err);
    if (status)
        return status;
    status = store_webhook_get(context->session, STORE_FIRST_ACCOUNT, id, context->arena, out_webhook);
    return status == STATUS_NOT_FOUND
               ? error_set(&context->err, status, "webhook", "No webhook has the id %lld.", (long long)id)
               : status;
}

Status webhook_list(CliContext *context)
{
    WebhookList list;
    Status status = store_webhook_list(context->session, STORE_FIRST_ACCOUNT, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        const Webhook *webhook = &list.items[i];
        Line line = line_begin(context);
        line_int(&line, "id", webhook->id);
        line_text(&line, "event", str_of(name_of(event_type_names, (int)webhook->event)));
        line_int(&line, "campaign_id", webhook->campaign_id);
        line_int(&line, "reward_id", webhook->reward_id);
        line_text(&line, "state", str_of(name_of(webhook_state_names, (int)webhook->state)));
        line_text(&line, "url", webhook->url);
        line_end(&line);
    }
    return status;
}

/* For whoever has lost it: the API shows it only once (WH-60). */
Status webhook_secret(CliContext *context)
{
    Webhook webhook;
    Status status = webhook_of(context, &webhook);
    if (status)
        return status;
    if (webhook.secret.ptr == NULL)
        return error_set(&context->err, STATUS_DENIED, NULL, "The secret is damaged. Register the webhook again.");
    buf_append(&context->out, context->json ? STR("{\"secret\":\"") : STR(""));
    webhook_secret_text(&context->out, webhook.secret);
    buf_append(&context->out, context->json ? STR("\"}\n") : STR("\n"));
    return STATUS_OK;
}

/* ---- show -------------------------------------------------------------- */

const ArgOption webhook_show_options[] = {
    DB_OPTION,
    WEBHOOK_OPTION,
    { "state", "STATE", NULL, "only deliveries that are pending, paused, held, dead or blocked", false, false },
    { "event", "SEQ", NULL, "the attempts at this event instead", false, false },
    JSON_OPTION,
};

static Status show_attempts(CliContext *context, const Webhook *webhook, int64_t event_seq)
{
    AttemptList list;
    Status status = store_attempt_list(context->session, webhook->account_id, webhook->id, event_seq, context->arena,
                                       &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        const AttemptEntry *entry = &list.items[i];
        Line line = line_begin(context);
        line_int(&line, "number", entry->number);
        line_time_opt(&line, "started_at", entry->started_us);
        line_text(&line, "outcome", entry->outcome);
        line_int(&line, "http_status", entry->http_status);
        line_int(&line, "took_ms", entry->took_us / US_PER_MS);
        line_text(&line, "address", entry->address);
        line_text(&line, "answer", entry->answer);
        line_end(&line);
    }
    return status;
}

static Status show_deliveries(CliContext *context, const Webhook *webhook, int state)
{
    DeliveryQuery query = {
        .account_id = webhook->account_id, .webhook_id = webhook->id, .state = state,
        .rests = webhook->state != WEBHOOK_ACTIVE, .most = LIMIT_DELIVERY_ROWS
    };
    DeliveryEntryList list;
    Status status = store_delivery_search(context->session, &query, context->arena, &list);
    for (size_t i = 0; !status && i < list.count; i++) {
        const DeliveryEntry *entry = &list.items[i];
        Line line = line_begin(context);
        line_int(&line, "seq", entry->event_seq);
        line_text(&line, "event", str_of(name_of(event_type_names, (int)entry->event)));
        line_text(&line, "state", str_of(name_of(delivery_state_names, (int)entry->state)));
        line_int(&line, "attempts", entry->attempt);
        line_int(&line, "http_status", entry->http_status);
        line_text(&line, "outcome", entry->outcome);
        line_time_opt(&line, "next_attempt_at", entry->state == DELIVERY_PENDING ? entry->due_us : 0);
        line_end(&line);
    }
    return status;
}

/* A state of deliveries that people ask for; `otherwise` when none is named. */
static Status get_delivery_state(CliContext *context, int otherwise, int *out_state)
{
    Str name = args_get(context->args, "state");
    *out_state = otherwise;
    if (name.ptr == NULL)
        return STATUS_OK;
    return delivery_state_find(name, out_state)
               ? STATUS_OK
               : error_set(&context->err, STATUS_INVALID, "state", "--state must be pending, paused, held, dead or blocked.");
}

Status webhook_show(CliContext *context)
{
    Webhook webhook;
    int state;
    int64_t event_seq;
    Status status = webhook_of(context, &webhook);
    if (!status)
        status = get_delivery_state(context, -1, &state);
    if (status)
        return status;
    if (!args_has(context->args, "event"))
        return show_deliveries(context, &webhook, state);
    status = args_get_number(context->args, "event", 1, &event_seq, &context->err);
    return status ? status : show_attempts(context, &webhook, event_seq);
}

/* ---- purge ------------------------------------------------------------- */

const ArgOption webhook_purge_options[] = {
    DB_OPTION,
    WEBHOOK_OPTION,
    { "yes", NULL, NULL, "really: what waits is not sent any more", false, false },
    JSON_OPTION,
};

/* In parts, like a replay. */
static Status purge_all(CliContext *context, const Webhook *webhook, int64_t *out_count)
{
    *out_count = 0;
    for (;;) {
        PurgeCommand *command = purge_command_new(context->arena);
        if (command) {
            command->account_id = webhook->account_id;
            command->webhook_id = webhook->id;
        }
        Status status = run_command(context, command ? &command->base : NULL);
        if (status)
            return status;
        *out_count += command->count;
        if (command->count < LIMIT_PURGE_ROWS)
            return STATUS_OK;
    }
}

Status webhook_purge(CliContext *context)
{
    Webhook webhook;
    int64_t count;
    Status status = webhook_of(context, &webhook);
    if (status)
        return status;
    if (!args_has(context->args, "yes"))
        return error_set(&context->err, STATUS_INVALID, "yes",
                         "What waits for this webhook would never be sent. Add --yes if that is meant.");
    status = purge_all(context, &webhook, &count);
    if (!status)
        buf_printf(&context->out, context->json ? "{\"count\":%lld}\n" : "%lld\n", (long long)count);
    return status;
}

/* ---- rest -------------------------------------------------------------- */

static Status set_state(CliContext *context, WebhookState state)
{
    Webhook webhook;
    Status status = webhook_of(context, &webhook);
    if (status)
        return status;
    WebhookStateCommand *command = webhook_state_command_new(context->arena);
    if (command) {
        command->account_id = webhook.account_id;
        command->webhook_id = webhook.id;
        command->state = state;
    }
    status = run_command(context, command ? &command->base : NULL);
    if (status)
        return status;
    Line line = line_begin(context);
    line_int(&line, "id", webhook.id);
    line_text(&line, "state", str_of(name_of(webhook_state_names, (int)state)));
    line_end(&line);
    return STATUS_OK;
}

Status webhook_pause(CliContext *context)
{
    return set_state(context, WEBHOOK_PAUSED);
}

Status webhook_resume(CliContext *context)
{
    return set_state(context, WEBHOOK_ACTIVE);
}
