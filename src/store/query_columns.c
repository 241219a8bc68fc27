/* What each list can be filtered and sorted by: the API's words for it, and the database's. */
#include "base/limits.h"
#include "store/query_internal.h"

#define COUNT_OF(column)                                                                                          \
    "coalesce((SELECT n." column " FROM user_count n WHERE n.account_id = u.account_id AND n.user_id = u.id), 0)"

#define CAMPAIGN_REACH                                                                                             \
    "coalesce((SELECT n.reach FROM campaign_count n WHERE n.account_id = c.account_id AND n.campaign_id = c.id), 0)"

static const char *const user_types[] = { "person_referring", "person_invited" };
static const NameTable user_type_names = { user_types, ARRAY_LEN(user_types) };

static const Column user_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "u.id", .order = ORDER_ID },
    { .name = "code", .type = COLUMN_USER_CODE, .sql = "u.id" },
    { .name = "url", .type = COLUMN_USER_CODE, .sql = "u.id" },
    { .name = "campaign_id", .type = COLUMN_INT, .sql = "u.campaign_id", .count = COUNT_CAMPAIGN },
    { .name = "referrer_id", .type = COLUMN_INT, .sql = "u.referrer_id" },
    { .name = "first_name", .type = COLUMN_TEXT, .sql = "u.first_name" },
    { .name = "email", .type = COLUMN_EMAIL, .sql = "u.email_key", .order = ORDER_INDEX },
    { .name = "source", .type = COLUMN_NAME, .sql = "u.source", .names = &user_source_names, .count = COUNT_SOURCE },
    { .name = "type", .type = COLUMN_NAME, .sql = "(u.referrer_id IS NOT NULL)", .names = &user_type_names, .count = COUNT_TYPE },
    { .name = "customer_id", .type = COLUMN_TEXT, .sql = "u.customer_id" },
    { .name = "review", .type = COLUMN_NAME, .sql = "u.review", .names = &user_review_names },
    { .name = "ip", .type = COLUMN_TEXT, .sql = "u.ip" },
    { .name = "reach", .type = COLUMN_INT, .sql = COUNT_OF("reach") },
    { .name = "referrals", .type = COLUMN_INT, .sql = COUNT_OF("referrals") },
    { .name = "qualified_referrals", .type = COLUMN_INT, .sql = COUNT_OF("qualified_referrals") },
    { .name = "signed_up_at", .type = COLUMN_TIME, .sql = "u.signed_up_us", .order = ORDER_ID },
    { .name = "qualified", .type = COLUMN_BOOL, .sql = "(u.qualified_us IS NOT NULL)", .count = COUNT_QUALIFIED },
    { .name = "qualified_at", .type = COLUMN_TIME, .sql = "u.qualified_us" },
    { .name = "unsubscribed_at", .type = COLUMN_TIME, .sql = "u.unsubscribed_us" },
};

static const Column campaign_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "c.id", .order = ORDER_ID },
    { .name = "code", .type = COLUMN_CAMPAIGN_CODE, .sql = "c.id" },
    { .name = "url", .type = COLUMN_CAMPAIGN_CODE, .sql = "c.id" },
    { .name = "name", .type = COLUMN_TEXT, .sql = "c.name" },
    { .name = "lang", .type = COLUMN_TEXT, .sql = "c.lang" },
    { .name = "status", .type = COLUMN_NAME, .sql = "c.status", .names = &campaign_status_names },
    { .name = "kind", .type = COLUMN_NAME, .sql = "c.kind", .names = &campaign_kind_names },
    { .name = "live", .type = COLUMN_BOOL, .sql = "(c.live <> 0)" },
    { .name = "archived", .type = COLUMN_BOOL, .sql = "(c.archived_us IS NOT NULL)" },
    { .name = "reach", .type = COLUMN_INT, .sql = CAMPAIGN_REACH },
    { .name = "starts_at", .type = COLUMN_TIME, .sql = "c.starts_us" },
    { .name = "ends_at", .type = COLUMN_TIME, .sql = "c.ends_us" },
    { .name = "created_at", .type = COLUMN_TIME, .sql = "c.created_us", .order = ORDER_ID },
};

static const Column reward_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "r.id", .order = ORDER_ID },
    { .name = "campaign_id", .type = COLUMN_INT, .sql = "r.campaign_id" },
    { .name = "name", .type = COLUMN_TEXT, .sql = "r.name" },
    { .name = "type", .type = COLUMN_NAME, .sql = "r.metric", .names = &reward_metric_names },
    { .name = "metric", .type = COLUMN_NAME, .sql = "r.metric", .names = &reward_metric_names },
    { .name = "reward_for", .type = COLUMN_NAME, .sql = "r.who", .names = &reward_for_api_names },
    { .name = "when_referral", .type = COLUMN_NAME, .sql = "r.cause", .names = &reward_when_names },
    { .name = "status", .type = COLUMN_NAME, .sql = "r.status", .names = &reward_status_names },
    { .name = "frequency", .type = COLUMN_NAME, .sql = "r.frequency", .names = &reward_frequency_names },
    { .name = "issue", .type = COLUMN_NAME, .sql = "r.issue", .names = &issue_method_names },
    { .name = "automatic", .type = COLUMN_BOOL, .sql = "(r.automatic <> 0)" },
    { .name = "created_at", .type = COLUMN_TIME, .sql = "r.created_us", .order = ORDER_ID },
};

/* State and metric alone are counted by block; beside others theirs are the better indexes, so these have a plus. */
static const Column grant_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "g.id", .order = ORDER_ID },
    { .name = "reward_id", .type = COLUMN_INT, .sql = "g.reward_id" },
    { .name = "campaign_id", .type = COLUMN_INT, .sql = "g.campaign_id", .count = COUNT_CAMPAIGN },
    { .name = "recipient_id", .type = COLUMN_INT, .sql = "g.recipient_id" },
    { .name = "referral_id", .type = COLUMN_INT, .sql = "g.referral_id" },
    { .name = "conversion_id", .type = COLUMN_INT, .sql = "g.conversion_id" },
    { .name = "status", .type = COLUMN_NAME, .sql = "+g.state", .names = &grant_state_names, .count = COUNT_STATE },
    { .name = "metric", .type = COLUMN_NAME, .sql = "+g.metric", .names = &reward_metric_names, .count = COUNT_METRIC },
    { .name = "total_minor", .type = COLUMN_INT, .sql = "g.value_minor" },
    { .name = "currency", .type = COLUMN_TEXT, .sql = "g.currency" },
    { .name = "coupon", .type = COLUMN_TEXT, .sql = "g.coupon" },
    { .name = "created_at", .type = COLUMN_TIME, .sql = "g.created_us", .order = ORDER_ID },
    { .name = "issued_at", .type = COLUMN_TIME, .sql = "g.issued_us" },
};

static const Column coupon_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "p.id", .order = ORDER_ID },
    { .name = "campaign_id", .type = COLUMN_INT, .sql = "p.campaign_id", .count = COUNT_CAMPAIGN },
    { .name = "coupon", .type = COLUMN_TEXT, .sql = "p.code", .order = ORDER_INDEX },
    { .name = "user_id", .type = COLUMN_INT, .sql = "p.user_id", .count = COUNT_FREE },
    { .name = "taken_at", .type = COLUMN_TIME, .sql = "p.taken_us" },
    { .name = "voided_at", .type = COLUMN_TIME, .sql = "p.voided_us", .count = COUNT_FREE },
    { .name = "created_at", .type = COLUMN_TIME, .sql = "p.created_us", .order = ORDER_ID },
};

static const Column signal_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "f.id", .order = ORDER_ID },
    { .name = "user_id", .type = COLUMN_INT, .sql = "f.user_id" },
    { .name = "rule", .type = COLUMN_NAME, .sql = "f.rule", .names = &fraud_rule_names },
    { .name = "action", .type = COLUMN_NAME, .sql = "f.action", .names = &fraud_action_names },
    { .name = "state", .type = COLUMN_NAME, .sql = "f.state", .names = &signal_state_names },
    { .name = "created_at", .type = COLUMN_TIME, .sql = "f.created_us", .order = ORDER_ID },
};

static const Column webhook_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "w.id", .order = ORDER_ID },
    { .name = "url", .type = COLUMN_TEXT, .sql = "w.url" },
    { .name = "event", .type = COLUMN_NAME, .sql = "w.event", .names = &event_type_names },
    { .name = "campaign_id", .type = COLUMN_INT, .sql = "w.campaign_id" },
    { .name = "reward_id", .type = COLUMN_INT, .sql = "w.reward_id" },
    { .name = "state", .type = COLUMN_NAME, .sql = "w.state", .names = &webhook_state_names },
    { .name = "expires_at", .type = COLUMN_TIME, .sql = "w.expires_us" },
    { .name = "removed_at", .type = COLUMN_TIME, .sql = "w.removed_us" },
};

static const Column token_columns[] = {
    { .name = "id", .type = COLUMN_INT, .sql = "t.id", .order = ORDER_ID },
    { .name = "name", .type = COLUMN_TEXT, .sql = "t.name" },
    { .name = "kind", .type = COLUMN_NAME, .sql = "t.kind", .names = &token_kind_names },
    { .name = "main", .type = COLUMN_BOOL, .sql = "(t.is_main <> 0)" },
    { .name = "created_at", .type = COLUMN_TIME, .sql = "t.created_us", .order = ORDER_ID },
    { .name = "expires_at", .type = COLUMN_TIME, .sql = "t.expires_us" },
    { .name = "last_used_at", .type = COLUMN_TIME, .sql = "t.used_us" },
};

static const ListBlocks user_blocks = { BLOCKS_OF_USERS, USER_KINDS_ALL, "u.kind", NULL, 1 };
static const ListBlocks grant_blocks = { BLOCKS_OF_GRANTS, GRANT_KINDS_ALL, "g.state", "g.metric", METRIC_COUNT };

#define LIST_TABLE(table, alias, array, counts)                                                              \
    {                                                                                                        \
        .from = table " " alias, .id = alias ".id", .account_id = alias ".account_id",                       \
        .campaign_id = alias ".campaign_id", .columns = array, .column_count = ARRAY_LEN(array),             \
        .blocks = counts                                                                                     \
    }

const ListTable list_tables[LIST_KIND_COUNT] = {
    [LIST_OF_USERS] = LIST_TABLE("users", "u", user_columns, &user_blocks),
    [LIST_OF_CAMPAIGNS] = LIST_TABLE("campaign", "c", campaign_columns, NULL),
    [LIST_OF_REWARDS] = LIST_TABLE("reward", "r", reward_columns, NULL),
    [LIST_OF_GRANTS] = LIST_TABLE("reward_grant", "g", grant_columns, &grant_blocks),
    [LIST_OF_COUPONS] = LIST_TABLE("coupon", "p", coupon_columns, NULL),
    [LIST_OF_SIGNALS] = LIST_TABLE("fraud_signal", "f", signal_columns, NULL),
    [LIST_OF_WEBHOOKS] = LIST_TABLE("webhook", "w", webhook_columns, NULL),
    [LIST_OF_TOKENS] = LIST_TABLE("token", "t", token_columns, NULL),
};

const Column *list_column(const ListTable *table, Str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (str_is(name, table->columns[i].name))
            return &table->columns[i];
    return NULL;
}

bool store_list_knows(ListKind kind, Str field)
{
    return list_column(&list_tables[kind], field) != NULL;
}
