#include "engine/catch_up.h"

#include "base/json_in.h"
#include "base/limits.h"

enum { NONE_MISSED = -1 };

static Status start_of(const CatchUp *catch_up, const Webhook *webhook, StoreSession *session, int64_t *out_after)
{
    *out_after = NONE_MISSED;
    Status status = STATUS_OK;
    if (catch_up->from == CATCH_UP_LAST)
        *out_after = webhook->missed_after;
    else if (catch_up->from == CATCH_UP_EVENT)
        *out_after = catch_up->value;
    else if (catch_up->from == CATCH_UP_TIME) {
        status = store_event_first_from(session, webhook->account_id, catch_up->value, out_after);
        *out_after -= 1;
    }
    return status;
}

/* What filters look at and the event's row does not have. STATUS_NOT_FOUND: it is about a person who was erased. */
static Status complete(Event *event, StoreSession *session, Arena *arena)
{
    User user;
    Status status = store_user_get(session, event->account_id, event->user_id, arena, &user);
    if (status || event->type != EVENT_REWARD_ISSUED) {
        event->source = user.source;
        return status;
    }
    JsonDoc doc;
    status = json_parse(event->body, &doc, NULL);
    if (status)
        return status == STATUS_NOMEM ? status : STATUS_INTERNAL;
    event->reward_id = json_to_int(json_get(doc.root, "reward_id"));
    json_doc_free(&doc);
    return STATUS_OK;
}

static Status add_page(const EventPage *page, const Webhook *webhook, StoreSession *session, Arena *arena,
                       int64_t *count)
{
    for (size_t i = 0; i < page->count; i++) {
        Event event = page->items[i];
        event.account_id = webhook->account_id;
        bool added = false;
        Status status = complete(&event, session, arena);
        if (!status && webhook_wants(webhook, &event))
            status = store_delivery_add_missed(session, webhook, &event, &added);
        if (status && status != STATUS_NOT_FOUND)
            return status;
        *count += added;
    }
    return STATUS_OK;
}

Status catch_up(CatchUp *catch_up, const Webhook *webhook, StoreSession *session, Arena *arena)
{
    EventFilter filter = { .limit = LIMIT_CATCH_UP_ROWS, .campaign_id = webhook->campaign_id, .type = webhook->event };
    bool has_more = false;
    catch_up->count = catch_up->next_after = 0;
    Status status = start_of(catch_up, webhook, session, &filter.after);
    for (int i = 0; !status && filter.after >= 0 && i < LIMIT_CATCH_UP_PAGES && (i == 0 || has_more); i++) {
        EventPage page;
        ArenaMark mark = arena_mark(arena);
        status = store_event_page(session, webhook->account_id, &filter, arena, &page);
        if (!status)
            status = add_page(&page, webhook, session, arena, &catch_up->count);
        if (!status) {
            filter.after = page.next_after;
            has_more = page.has_more;
        }
        arena_rewind(arena, mark);
    }
    if (status)
        return status;
    catch_up->next_after = has_more ? filter.after : 0;
    return store_webhook_set_missed(session, webhook->account_id, webhook->id, has_more ? filter.after : NONE_MISSED);
}
