#include "engine/trouble.h"

#include "engine/emit.h"

Status trouble_tell(const Engine *engine, StoreSession *session, Arena *arena, int64_t account_id, int64_t webhook_id,
                    WebhookTrouble trouble, bool *out_told)
{
    Work work = { .engine = engine, .session = session, .arena = arena };
    Webhook webhook;
    Status status = store_webhook_tell(session, account_id, webhook_id, trouble, TROUBLE_TOLD_EVERY_US, out_told);
    if (status || !*out_told)
        return status;
    ArenaMark mark = arena_mark(arena);
    status = store_webhook_get(session, account_id, webhook_id, arena, &webhook);
    if (!status && webhook.event != EVENT_WEBHOOK_TROUBLE)
        status = emit_trouble(&work, &webhook, trouble);
    arena_rewind(arena, mark);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
