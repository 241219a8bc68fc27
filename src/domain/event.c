#include "domain/event.h"

static const char *const type_names[] = { "user.join", "user.qualified", "reward_issued" };
const NameTable event_type_names = NAME_TABLE(type_names);

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
