#include "api/list.h"

#include "base/limits.h"

const Field search_fields[SEARCH_FIELD_COUNT] = {
    { "filters", FIELD_OBJECT, false, 0, "{operator: AND|OR, value: [{field, operator, value} or groups]}" },
};

/* Texts all of them: what can't be is ignored, not refused (contract 2.0). */
const Field list_query[LIST_QUERY_COUNT] = {
    { "page", FIELD_TEXT, false, LIMIT_REQUEST_LINE_LEN, "The page, from 1" },
    { "per_page", FIELD_TEXT, false, LIMIT_REQUEST_LINE_LEN, "Rows of a page: 25, at most 250" },
    { "sort", FIELD_TEXT, false, LIMIT_REQUEST_LINE_LEN, "A field; with a minus in front, descending" },
    { "fields", FIELD_TEXT, false, LIMIT_REQUEST_LINE_LEN, "Only these members of the objects, with commas between" },
    { "with", FIELD_TEXT, false, LIMIT_REQUEST_LINE_LEN, "user.analytics or campaign.analytics" },
};

static Status put_items(ApiCall *call, const IdPage *ids, ListItem *put_item, size_t *out_shown)
{
    Selection selection = selection_of(call);
    *out_shown = 0;
    for (size_t i = 0; i < ids->count; i++) {
        Status status = put_item(call, ids->ids[i], selection_begin(&selection));
        if (status == STATUS_NOT_FOUND)
            continue;
        if (status)
            return status;
        selection_end(&selection);
        ++*out_shown;
    }
    return STATUS_OK;
}

/* Rows and total are of the same moment. */
static Status put_page(ApiCall *call, const ListQuery *query, ListItem *put_item, IdPage *out_ids, size_t *out_shown,
                       Error *err)
{
    StoreSession *session = call->context->session;
    Status status = store_view_begin(session);
    if (!status)
        status = store_list(session, query, call->request->arena, out_ids, err);
    if (!status) {
        page_begin(call);
        status = put_items(call, out_ids, put_item, out_shown);
    }
    store_view_end(session);
    return status;
}

void api_list(ApiCall *call, ListKind kind, const OwnFilter *own, size_t own_count, ListItem *put_item)
{
    Page page = page_of(call);
    ListQuery query;
    if (!list_query_of(call, kind, own, own_count, &query))
        return;
    query.limit = page.rows;
    query.offset = (page.number - 1) * page.rows;
    IdPage ids;
    size_t shown = 0;
    Error err = { 0 };
    Status status = put_page(call, &query, put_item, &ids, &shown, &err);
    if (status)
        api_fail(call, status, &err);
    else
        page_end(call, page, ids.total, shown);
}
