/* refmill webhook test: an example of its event, sent now by this process (WH-43). */
#include <pthread.h>

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

/* Wakes who waits for the probe. */
typedef struct Waiter {
    CommandSink sink; /* first: a CommandSink * is a Waiter * */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_done;
} Waiter;

static void finish(CommandSink *sink, Command *chain UNUSED)
{
    Waiter *waiter = (Waiter *)sink;
    pthread_mutex_lock(&waiter->lock);
    waiter->is_done = true;
    pthread_cond_signal(&waiter->changed);
    pthread_mutex_unlock(&waiter->lock);
}

static Status send_and_wait(Sender *sender, Probe *probe)
{
    Waiter waiter = { .sink = { .finish = finish },
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .changed = PTHREAD_COND_INITIALIZER };
    probe->base.sink = &waiter.sink;
    Status status = sender_probe(sender, &probe->base);
    pthread_mutex_lock(&waiter.lock);
    while (!status && !waiter.is_done)
        pthread_cond_wait(&waiter.changed, &waiter.lock);
    pthread_mutex_unlock(&waiter.lock);
    return status ? status : probe->base.status;
}

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
        status = send_and_wait(sender, probe);
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
