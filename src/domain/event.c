#include "domain/event.h"

static const char *const type_names[] = { "user.join", "user.qualified", "reward_issued", "login.requested",
                                          "webhook.trouble" };
const NameTable event_type_names = NAME_TABLE(type_names);

static const char *const method_names[] = { "POST", "PUT", "PATCH", "GET" };
const NameTable webhook_method_names = NAME_TABLE(method_names);

static const char *const trouble_names[] = { "delayed", "exhausted", "failing", "disabled" };
const NameTable webhook_trouble_names = NAME_TABLE(trouble_names);
_Static_assert(ARRAY_LEN(trouble_names) == TROUBLE_COUNT, "a name for each trouble");

static const char *const state_names[] = { "active", "paused", "disabled" };
const NameTable webhook_state_names = NAME_TABLE(state_names);

void event_public_id(const CodeKey *key, int64_t account_id, int64_t seq, char out_id[EVENT_PUBLIC_ID_LEN + 1])
{
    Code account = code_of(key, CODE_EVENT, account_id), number = code_of(key, CODE_EVENT, seq);
    memcpy(out_id, "evt_", 4);
    memcpy(out_id + 4, account.text + 1, CODE_LEN - 1);
    memcpy(out_id + 4 + CODE_LEN - 1, number.text + 1, CODE_LEN); /* with its NUL */
}

bool webhook_wants(const Webhook *webhook, const Event *event)
{
    if (webhook->event != event->type)
        return false;
    if (webhook->campaign_id && webhook->campaign_id != event->campaign_id)
        return false;
    if (webhook->reward_id && webhook->reward_id != event->reward_id)
        return false;
    if (event->type == EVENT_USER_JOIN && webhook->sources)
        return webhook->sources >> event->source & 1;
    return true;
}
