/* A webhook whose URL must answer before it is registered (WH-84): nobody is sent events who did not ask for
 * them. */
#include "api/webhooks.h"
#include "base/sign_secret.h"
#include "base/time.h"
#include "domain/text.h"
#include "engine/probe.h"

/* A registration that waits for the answer. */
typedef struct Challenge {
    ApiCall *call;
    SubscribeCommand *command;
    void (*done)(Command *command);
} Challenge;

static void explain(ApiCall *call, const Probe *probe)
{
    Error err;
    const AttemptEntry *entry = &probe->entry;
    if (str_is(entry->outcome, "ok"))
        error_set(&err, STATUS_INVALID, "url",
                  "This URL has answered without the value of challenge in its body.");
    else if (entry->http_status)
        error_set(&err, STATUS_INVALID, "url",
                  "This URL has answered the challenge with HTTP status %d (%.*s). It takes one of 200 to "
                  "299, and the "
                  "value of challenge in the body.",
                  entry->http_status, STR_ARG(entry->outcome));
    else
        error_set(&err, STATUS_INVALID, "url", "This URL has not answered the challenge: %.*s.",
                  STR_ARG(entry->outcome));
    api_fail(call, STATUS_INVALID, &err);
}

static void answered(Command *base)
{
    const Challenge *challenge = base->owner;
    const Probe *probe = (const Probe *)base;
    if (base->status)
        api_fail(challenge->call, base->status, &base->error);
    else if (probe_is_met(probe))
        api_submit(challenge->call, &challenge->command->base, challenge->done);
    else
        explain(challenge->call, probe);
}

/* What needs no database is refused before anything is sent. */
static Status prepare(const Engine *engine, SubscribeCommand *command, Arena *arena, Error *err)
{
    Webhook *webhook = &command->webhook;
    Status status = text_check_url(&webhook->url, "url", err);
    if (!status && engine->check_webhook_url)
        status = engine->check_webhook_url(engine->webhook_rules, webhook->url, err);
    if (!status && command->own_secret.ptr == NULL) { /* the one that will sign what follows */
        SignSecret secret = sign_secret_new();
        command->own_secret = arena_str(arena, sign_secret_bytes(&secret));
        status = command->own_secret.ptr ? STATUS_OK : STATUS_NOMEM;
    }
    webhook->secret = command->own_secret;
    webhook->pace.ed25519 = command->pace.to.ed25519;
    return status;
}

void webhook_challenge(ApiCall *call, SubscribeCommand *command, void (*done)(Command *))
{
    if (api_answer_again(call)) /* nobody is asked twice */
        return;
    Error err = { 0 };
    const Engine *engine = call->context->engine;
    Arena *arena = call->request->arena;
    Challenge *challenge = ARENA_NEW(arena, Challenge);
    Status status = challenge ? prepare(engine, command, arena, &err) : STATUS_NOMEM;
    Probe *probe = status ? NULL : probe_new_challenge(engine, &command->webhook, time_now_us(), arena);
    if (probe == NULL) {
        api_fail(call, status ? status : STATUS_NOMEM, &err);
        return;
    }
    *challenge = (Challenge){ call, command, done };
    probe->base.owner = challenge;
    probe->base.done = answered;
    loop_sink_lend(call->context->sink, engine->probe, engine->sender, &probe->base);
}
