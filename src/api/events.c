/* /api/v2/events: every event of the account in its order, so that nobody has to trust webhooks alone. */
#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"

enum { USUAL_LIMIT = 100 };

static void put_event(ApiCall *call, const Event *event)
{
    JsonOut *json = &call->json;
    char id[EVENT_PUBLIC_ID_LEN + 1];
    event_public_id(&call->context->engine->code_key, call->account_id, event->seq, id);
    json_begin_object(json);
    json_put_int(json, "seq", event->seq);
    json_put_str(json, "event_id", str_of(id)); /* the webhook-id that receivers see */
    json_put_str(json, "event", str_of(name_of(event_type_names, (int)event->type)));
    json_put_str(json, "occurred_at", str_of(time_iso8601(event->occurred_us).text));
    json_key(json, "body");
    json_raw(json, event->body);
    json_end_object(json);
}

static bool read_filter(ApiCall *call, EventFilter *out_filter)
{
    const FieldValues *query = &call->query_values;
    const FieldValue *event = field_value(query, "event"), *limit = field_value(query, "limit");
    *out_filter = (EventFilter){ .after = field_value(query, "after")->number,
                                 .limit = limit->number ? limit->number : USUAL_LIMIT,
                                 .campaign_id = field_value(query, "campaign_id")->number,
                                 .type = -1 };
    if (!event->given || name_find(event_type_names, event->text, &out_filter->type))
        return true;
    api_fail_field(
        call, "event",
        "The event is user.join, user.qualified, reward_issued, login.requested or webhook.trouble.");
    return false;
}

static void list_events(ApiCall *call)
{
    EventFilter filter;
    EventPage page;
    if (!read_filter(call, &filter))
        return;
    Status status = store_event_page(call->context->session, call->account_id, &filter, call->request->arena, &page);
    if (!api_begin_found(call, status))
        return;
    json_begin_array(&call->json);
    for (size_t i = 0; i < page.count; i++)
        put_event(call, &page.items[i]);
    json_end_array(&call->json);
    json_put_int(&call->json, "next_after", page.next_after);
    json_put_bool(&call->json, "has_more", page.has_more);
    api_reply_data(call, 200);
}

/* ---- routes ------------------------------------------------------------ */

static const Field query[] = {
    { "after", FIELD_INT, false, INT64_MAX / 2, "The next_after of the answer before; without: from the first event on" },
    { "limit", FIELD_INT, false, LIMIT_EVENTS, "How many at most; 100 without" },
    { "campaign_id", FIELD_ID, false, 0, "Only of this campaign" },
    { "event", FIELD_TEXT, false, 40, "Only user.join, user.qualified, reward_issued, login.requested or webhook.trouble" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/events", API_V2, SCOPE_EVENTS_READ, list_events, API_NO_FIELDS, API_FIELDS(query), "EventsAnswer", "List events in their order, from a place on" },
};

const ApiRoutes event_routes = { routes, ARRAY_LEN(routes) };
