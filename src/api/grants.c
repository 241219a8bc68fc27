/* Single grants: issuing, cancelling and the rest of their life, and why they are what they are (contract 2.3,
 * R8 to R10, and our /api/v2/grants). */
#include "api/handlers.h"
#include "base/limits.h"
#include "engine/grant_commands.h"
#include "engine/view.h"

/* ---- what is done to one ----------------------------------------------- */

static void done(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    view_grant(&call->json, &((const GrantCommand *)base)->grant);
    api_reply_data(call, 200);
}

static GrantCommand *command_of(ApiCall *call, GrantAction action)
{
    GrantCommand *command = grant_command_new(call->context->engine, call->request->arena, action);
    if (command) {
        command->account_id = call->account_id;
        command->grant_id = api_path_id(call, 0);
    }
    return command;
}

static void submit(ApiCall *call, GrantAction action)
{
    GrantCommand *command = command_of(call, action);
    if (command && call->route->fields)
        command->reason = field_value(&call->values, "reason")->text;
    api_submit(call, command ? &command->base : NULL, done);
}

static void issue_grant(ApiCall *call)
{
    submit(call, GRANT_ACTION_ISSUE);
}

static void cancel_grant(ApiCall *call)
{
    submit(call, GRANT_ACTION_CANCEL);
}

static void approve_grant(ApiCall *call)
{
    submit(call, GRANT_ACTION_APPROVE);
}

static void fail_grant(ApiCall *call)
{
    submit(call, GRANT_ACTION_FAIL);
}

static void retry_grant(ApiCall *call)
{
    submit(call, GRANT_ACTION_RETRY);
}

static void reverse_grant(ApiCall *call)
{
    submit(call, GRANT_ACTION_REVERSE);
}

static void set_total(ApiCall *call)
{
    GrantCommand *command = command_of(call, GRANT_ACTION_TOTAL);
    if (command) {
        command->total = field_value(&call->values, "total")->text;
        command->currency = field_value(&call->values, "currency")->text;
    }
    api_submit(call, command ? &command->base : NULL, done);
}

/* ---- why --------------------------------------------------------------- */

static void show_grant(ApiCall *call)
{
    StoreSession *session = call->context->session;
    Arena *arena = call->request->arena;
    Grant grant;
    LedgerList ledger;
    DecisionList decisions;
    Status status = store_grant_get(session, call->account_id, api_path_id(call, 0), arena, &grant);
    if (!status)
        status = store_ledger_list_of_grant(session, call->account_id, grant.id, arena, &ledger);
    if (!status)
        status = store_decision_list_of_grant(session, call->account_id, grant.id, arena, &decisions);
    if (!api_begin_found(call, status))
        return;
    view_grant_history(&call->json, &grant, &ledger, &decisions);
    api_reply_data(call, 200);
}

/* Writes a page of rows behind `*after_id`, and how many they were. */
typedef Status PageWriter(ApiCall *call, Arena *arena, int64_t user_id, int64_t *after_id, size_t *out_count);

#define PAGE_WRITER(name, List, list_rows, view_row)                                                             \
    static Status name(ApiCall *call, Arena *arena, int64_t user_id, int64_t *after_id, size_t *out_count)       \
    {                                                                                                            \
        List list;                                                                                               \
        Status status = list_rows(call->context->session, call->account_id, user_id, *after_id, arena, &list);   \
        *out_count = list.count;                                                                                 \
        for (size_t i = 0; i < list.count; i++) {                                                                \
            view_row(&call->json, &list.items[i]);                                                               \
            *after_id = list.items[i].id;                                                                        \
        }                                                                                                        \
        return status;                                                                                           \
    }
PAGE_WRITER(put_grants, GrantList, store_grant_list_of_recipient, view_grant)
PAGE_WRITER(put_orders, ConversionList, store_conversion_list_of_user, view_conversion)
PAGE_WRITER(put_decisions, DecisionList, store_decision_list_of_user, view_decision)

/* All of somebody's, LIMIT_LIST_ROWS at most. Pages have an arena for themselves: the answer grows in the request's. */
static Status put_all(ApiCall *call, const char *name, int64_t user_id, PageWriter *put_page)
{
    Status status;
    int64_t after = 0;
    size_t count, written = 0;
    Arena *arena = arena_new(LIMIT_REQUEST_ARENA);
    if (arena == NULL)
        return STATUS_NOMEM;
    json_key(&call->json, name);
    json_begin_array(&call->json);
    do {
        arena_reset(arena);
        status = put_page(call, arena, user_id, &after, &count);
        written += count;
    } while (!status && count == LIMIT_BATCH_ROWS && written < LIMIT_LIST_ROWS);
    json_end_array(&call->json);
    arena_free(&arena);
    return status;
}

static Status put_story(ApiCall *call, const User *user)
{
    JsonOut *json = &call->json;
    BalanceList balances;
    json_begin_object(json);
    json_key(json, "user");
    view_user(json, call->context->engine, user);
    json_put_id_opt(json, "referrer_id", user->referrer_id);
    Status status = put_all(call, "grants", user->id, put_grants);
    if (!status)
        status = store_ledger_balances(call->context->session, call->account_id, user->id, call->request->arena, &balances);
    if (status)
        return status;
    view_balances(json, &balances);
    status = put_all(call, "orders", user->id, put_orders);
    if (!status)
        status = put_all(call, "decisions", user->id, put_decisions);
    json_end_object(json);
    return status;
}

static void explain_user(ApiCall *call)
{
    User user;
    Error err = { 0 };
    UserKey key = user_key_of(call->request->params[0]);
    Status status = find_user(call->context->session, call->context->engine, call->account_id, key,
                              call->request->arena, &user, &err);
    if (!status) {
        api_begin_data(call);
        status = put_story(call, &user);
    }
    if (status)
        api_fail(call, status, &err);
    else
        api_reply_data(call, 200);
}

static void explain_order(ApiCall *call)
{
    StoreSession *session = call->context->session;
    Arena *arena = call->request->arena;
    Conversion order;
    GrantList grants;
    DecisionList decisions;
    int64_t campaign_id = field_value(&call->query_values, "campaign_id")->number;
    Status status =
        store_conversion_by_order(session, call->account_id, campaign_id, call->request->params[0], arena, &order);
    if (!status)
        status = store_grant_list_of_conversion(session, call->account_id, order.id, arena, &grants);
    if (!status)
        status = store_decision_list_of_conversion(session, call->account_id, order.id, arena, &decisions);
    if (!api_begin_found(call, status))
        return;
    json_begin_object(&call->json);
    json_key(&call->json, "conversion");
    view_conversion(&call->json, &order);
    view_grants(&call->json, &grants);
    view_decisions(&call->json, &decisions);
    json_end_object(&call->json);
    api_reply_data(call, 200);
}

/* ---- routes ------------------------------------------------------------ */

static const Field reason_fields[] = {
    { "reason", FIELD_TEXT, false, LIMIT_REASON_CHARS * 4, "Why, in your own words" },
};
static const Field total_fields[] = {
    { "total", FIELD_DECIMAL, true, 32, "A commission's total spend; else the reward's value" },
    { "currency", FIELD_TEXT, false, 3, "Of a commission that has none yet, e.g. USD" },
};
static const Field order_query[] = {
    { "campaign_id", FIELD_ID, true, 0, "The order's campaign" },
};

#define ACTION(path, handler, fields, summary) \
    { HTTP_POST, path, API_V2, SCOPE_REWARDS_WRITE, handler, fields, API_NO_FIELDS, "Grant", summary }

static const ApiRoute routes[] = {
    ACTION("/api/v2/rewards/issue/{id}", issue_grant, API_FIELDS(reason_fields), "Issue a due reward"),
    ACTION("/api/v2/rewards/cancel/{id}", cancel_grant, API_FIELDS(reason_fields), "Cancel a due reward"),
    { HTTP_PUT, "/api/v2/rewards/due/{id}", API_V2, SCOPE_REWARDS_WRITE, set_total, API_FIELDS(total_fields), API_NO_FIELDS, "Grant", "Enter the total spend of a due reward" },
    { HTTP_PUT, "/api/v2/rewards/total/{id}", API_V2, SCOPE_REWARDS_WRITE, set_total, API_FIELDS(total_fields), API_NO_FIELDS, "Grant", "Enter the total spend of a due reward" },
    { HTTP_GET, "/api/v2/grants/{id}", API_V2, SCOPE_REWARDS_READ, show_grant, API_NO_FIELDS, API_NO_FIELDS, "GrantHistory", "Get a grant with its ledger entries and decisions" },
    ACTION("/api/v2/grants/{id}/issue", issue_grant, API_FIELDS(reason_fields), "Issue a due grant"),
    ACTION("/api/v2/grants/{id}/cancel", cancel_grant, API_FIELDS(reason_fields), "Cancel a grant that is not issued, for good"),
    ACTION("/api/v2/grants/{id}/approve", approve_grant, API_FIELDS(reason_fields), "Approve a pending grant"),
    ACTION("/api/v2/grants/{id}/fail", fail_grant, API_FIELDS(reason_fields), "Say that issuing a grant did not work"),
    ACTION("/api/v2/grants/{id}/retry", retry_grant, API_FIELDS(reason_fields), "Make a failed grant due again"),
    ACTION("/api/v2/grants/{id}/reverse", reverse_grant, API_FIELDS(reason_fields), "Take back an issued grant, for good"),
    { HTTP_GET, "/api/v2/users/{identifier}/explain", API_V2, SCOPE_REWARDS_READ, explain_user, API_NO_FIELDS, API_NO_FIELDS, "UserExplanation", "Explain what a user was credited for and owed, and why" },
    { HTTP_GET, "/api/v2/orders/{order_id}/explain", API_V2, SCOPE_REWARDS_READ, explain_order, API_NO_FIELDS, API_FIELDS(order_query), "OrderExplanation", "Explain what an order has led to, and why" },
};

const ApiRoutes grant_routes = { routes, ARRAY_LEN(routes) };
