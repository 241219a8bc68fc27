/* refmill webhook test: an example of its event, sent now by this process (WH-43). */
#include "app/cli.h"
#include "app/config.h"
#include "base/time.h"
#include "engine/view.h"
#include "webhook/sender.h"

enum { STOP_GRACE_MS = 1000 };

const ArgOption webhook_test_options[] = {
    DB_OPTION,
    { "webhook", "ID", NULL, "the webhook", true, false },
    { "event", "NAME", NULL, "an example of this event instead of its own", false, false },
    CONFIG_WEBHOOK_ALLOW,
    CONFIG_WEBHOOK_CA,
    JSON_OPTION,
};

static Status send_probe(CliContext *context, Probe *probe)
{
    ConfigRanges allowed = { .count = 0 };
    Status status = config_read_ranges("webhook-allow", args_get(context->args, "webhook-allow"), &allowed, &context->err);
    if (status)
        return status;
    EgressRules rules = { .allowed = allowed.items, .allowed_count = allowed.count };
    SenderOptions options = { .store = context->engine.store,
                              .code_key = context->engine.code_key,
                              .rules = &rules,
                              .ca_file = config_text(args_get(context->args, "webhook-ca"), context->arena),
                              .only_probes = true };
    Sender *sender = NULL;
    status = sender_new(&options, &sender, &context->err);
    if (!status)
        status = sender_start(sender, &context->err);
    if (!status)
        status = command_run(sender_probe, sender, &probe->base);
    sender_stop(&sender, STOP_GRACE_MS);
    return status;
}

static void print(CliContext *context, const Probe *probe)
{
    JsonOut json = json_out(&context->out);
    if (context->json) {
        json_begin_object(&json);
        view_probe(&json, &context->engine, probe);
        json_end_object(&json);
        buf_append_char(&context->out, '\n');
        return;
    }
    const AttemptEntry *entry = &probe->entry;
    buf_printf(&context->out, "%s %.*s\n%.*s\n%.*s\n\n", name_of(webhook_method_names, (int)probe->webhook.method),
               STR_ARG(probe->url), STR_ARG(probe->request_head), STR_ARG(probe->event.body));
    buf_printf(&context->out, "%.*s after %lld ms\n%.*s%.*s\n", STR_ARG(entry->outcome),
               (long long)(entry->took_us / US_PER_MS), STR_ARG(probe->answer_head), STR_ARG(entry->answer));
}

Status webhook_test(CliContext *context)
{
    Webhook webhook;
    int event;
    Str name = args_get(context->args, "event");
    Status status = webhook_of(context, &webhook);
    if (status)
        return status;
    if (name.ptr && !name_find(event_type_names, name, &event))
        return error_set(&context->err, STATUS_INVALID, "event", "There is no event %.*s.", STR_ARG(name));
    if (name.ptr)
        webhook.event = (EventType)event;
    Probe *probe = probe_new(&context->engine, &webhook, time_now_us(), context->arena);
    if (probe == NULL)
        return STATUS_NOMEM;
    status = send_probe(context, probe);
    if (!status)
        print(context, probe);
    return status;
}
