/* Lists: what filters become, which index each reads, and that counts by block find every page. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/test_folder.h"
#include "base/time.h"
#include "store/query_internal.h"

#define ACCOUNT STORE_FIRST_ACCOUNT

typedef struct Bench {
    char path[64];
    Store *store;
    StoreSession *session;
    Arena *arena;
    CodeKey key;
    Error err;
} Bench;

static int setup(void **state)
{
    Bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->path, sizeof bench->path, "query-test-%d.db", getpid());
    bench->arena = arena_new(64 << 20);
    assert_int_equal(store_open(str_of(bench->path), &bench->store, &bench->err), STATUS_OK);
    assert_int_equal(store_session_open(bench->store, &bench->session, &bench->err), STATUS_OK);
    bench->key = store_code_key(bench->store);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    Bench *bench = *state;
    store_session_close(&bench->session);
    store_close(&bench->store);
    arena_free(&bench->arena);
    test_database_remove(bench->path);
    free(bench);
    return 0;
}

/* ---- people ------------------------------------------------------------ */

/* Inserts users: each tenth is of campaign 2, each third invited, each seventh from the page. */
typedef struct CrowdCommand {
    Command base;
    int64_t count;
    int64_t remove_id; /* or removes this one */
} CrowdCommand;

static User nth(int64_t n)
{
    bool invited = n % 3 == 0;
    return (User){ .account_id = ACCOUNT,
                   .campaign_id = n % 10 == 0 ? 2 : 1,
                   .referrer_id = invited ? 1 : 0,
                   .first_name = STR("Mara"),
                   .source = invited ? SOURCE_REFERRED : n % 7 == 0 ? SOURCE_DIRECT : SOURCE_API };
}

static Status run_crowd(Command *base, StoreSession *session)
{
    CrowdCommand *command = (CrowdCommand *)base;
    for (int64_t n = 1; n <= command->count; n++) {
        User user = nth(n);
        char address[40];
        snprintf(address, sizeof address, "p%04d@example.org", (int)n);
        user.email = str_of(address);
        Status status = store_user_insert(session, &user, user.email);
        if (status)
            return status;
    }
    if (!command->remove_id)
        return STATUS_OK;
    User user = nth(command->remove_id);
    user.id = command->remove_id;
    Status status = sql_exec(session->sql, "DELETE FROM users WHERE account_id = $1 AND id = $2", sql_int(ACCOUNT),
                             sql_int(user.id));
    const BlockRow row = { BLOCKS_OF_USERS, ACCOUNT, user.campaign_id, user.id, user_kind(&user) };
    return status ? status : store_block_count(session, &row, -1);
}

static void insert_crowd(Bench *bench, int64_t count)
{
    CrowdCommand command = { .base = { .run = run_crowd, .arena = bench->arena }, .count = count };
    assert_int_equal(store_run(bench->store, &command.base), STATUS_OK);
}

static ListQuery users_where(Bench *bench, const Filter *filter)
{
    return (ListQuery){ .kind = LIST_OF_USERS,
                        .account_id = ACCOUNT,
                        .code_key = &bench->key,
                        .filter = filter,
                        .limit = 25 };
}

static IdPage list(Bench *bench, const ListQuery *query)
{
    IdPage page;
    Status status = store_list(bench->session, query, bench->arena, &page, &bench->err);
    if (status)
        fail_msg("%s: %s", bench->err.field, bench->err.text);
    return page;
}

/* ---- pages by blocks --------------------------------------------------- */

/* The ids that a page must have, found the slow way. */
static IdPage expected(bool (*fits)(const User *user), int64_t count, const ListQuery *query, int64_t *ids)
{
    IdPage page = { .ids = ids };
    for (int64_t i = 1; i <= count; i++) {
        int64_t id = query->ascending ? i : count + 1 - i;
        User user = nth(id);
        if (!fits(&user))
            continue;
        if (page.total >= query->offset && page.total < query->offset + query->limit)
            ids[page.count++] = id;
        page.total++;
    }
    return page;
}

static bool is_anybody(const User *user)
{
    return user != NULL;
}

static bool is_of_campaign_2(const User *user)
{
    return user->campaign_id == 2;
}

static bool is_invited(const User *user)
{
    return user_is_lead(user);
}

static bool is_direct_of_campaign_1(const User *user)
{
    return user->campaign_id == 1 && user->source == SOURCE_DIRECT;
}

static bool is_not_from_api(const User *user)
{
    return user->source != SOURCE_API;
}

static void every_page_is_found_by_its_blocks(void **state)
{
    Bench *bench = *state;
    enum { COUNT = 3000 };
    static const Str campaign_1 = { "1", 1 }, campaign_2 = { "2", 1 }, direct = { "Direct", 6 }, api = { "Api", 3 },
                     invited = { "person_invited", 14 };
    const Filter of_two = filter_condition(STR("campaign_id"), STR("="), &campaign_2);
    const Filter leads = filter_condition(STR("type"), STR("="), &invited);
    const Filter both[] = { filter_condition(STR("campaign_id"), STR("="), &campaign_1),
                            filter_condition(STR("source"), STR("IN"), &direct) };
    const Filter direct_of_one = filter_all_of(both, 2);
    const Filter not_api = filter_condition(STR("source"), STR("!="), &api);
    const struct {
        const Filter *filter;
        bool (*fits)(const User *user);
    } cases[] = { { NULL, is_anybody },
                  { &of_two, is_of_campaign_2 },
                  { &leads, is_invited },
                  { &direct_of_one, is_direct_of_campaign_1 },
                  { &not_api, is_not_from_api } };
    static const int64_t offsets[] = { 0, 25, 150, 1000, 1015, 1100, 2980, 3000, 9000 };
    insert_crowd(bench, COUNT);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t j = 0; j < 2 * ARRAY_LEN(offsets); j++) {
            int64_t ids[250];
            ListQuery query = users_where(bench, cases[i].filter);
            query.offset = offsets[j / 2];
            query.ascending = j % 2;
            query.limit = j % 4 < 2 ? 25 : 250;
            IdPage want = expected(cases[i].fits, COUNT, &query, ids), page = list(bench, &query);
            assert_int_equal(page.total, want.total);
            assert_int_equal(page.count, want.count);
            if (want.count)
                assert_memory_equal(page.ids, want.ids, want.count * sizeof *ids);
        }
    }
}

static void a_removed_user_is_in_no_count(void **state)
{
    Bench *bench = *state;
    insert_crowd(bench, 30);
    CrowdCommand command = { .base = { .run = run_crowd, .arena = bench->arena }, .remove_id = 30 };
    assert_int_equal(store_run(bench->store, &command.base), STATUS_OK);
    ListQuery query = users_where(bench, NULL);
    IdPage page = list(bench, &query);
    assert_int_equal(page.total, 29);
    assert_int_equal(page.ids[0], 29);
    query.offset = 25;
    assert_int_equal(list(bench, &query).count, 4);
}

/* ---- filters ----------------------------------------------------------- */

static int64_t count_of(Bench *bench, Filter filter)
{
    ListQuery query = users_where(bench, &filter);
    return list(bench, &query).total;
}

static Filter condition(const char *field, const char *op, const Str *values, size_t count)
{
    return (Filter){ .kind = FILTER_CONDITION, .field = str_of(field), .op = str_of(op), .values = values, .value_count = count };
}

static void operators_mean_what_they_say(void **state)
{
    Bench *bench = *state;
    insert_crowd(bench, 100);
    TimeText day = time_date(time_now_us());
    static const struct {
        const char *field, *op, *value;
        int64_t found;
    } cases[] = {
        { "id", "=", "7", 1 },
        { "id", "", " 7 ", 1 },
        { "id", "!=", "7", 99 },
        { "id", "<>", "7", 99 },
        { "id", "<", "7", 6 },
        { "id", "<=", "7", 7 },
        { "id", ">", "7", 93 },
        { "id", ">=", "7", 94 },
        { "email", "=", "P0007@Example.org", 1 },
        { "email", "like", "P000%", 9 },
        { "first_name", "=", "Mara", 100 },
        { "first_name", "=", "mara", 0 },
        { "first_name", "LIKE", "mar_", 100 },
        { "referrer_id", "NULL", "", 67 },
        { "referrer_id", "not null", "", 33 },
        { "qualified", "=", "0", 100 },
        { "qualified", "=", "true", 0 },
        { "qualified_at", ">", "2020-01-01", 0 },
        { "reach", "=", "0", 100 },
        { "code", "=", "uAAAAAAA", 0 },
        { "source", "=", "Direct", 10 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Str value = str_of(cases[i].value);
        int64_t found = count_of(bench, condition(cases[i].field, cases[i].op, &value, 1));
        if (found != cases[i].found)
            fail_msg("%s %s %s: %d", cases[i].field, cases[i].op, cases[i].value, (int)found);
    }
    Str today = str_of(day.text), code = str_of(code_of(&bench->key, CODE_USER, 7).text);
    assert_int_equal(count_of(bench, condition("signed_up_at", "=", &today, 1)), 100);
    assert_int_equal(count_of(bench, condition("signed_up_at", "!=", &today, 1)), 0);
    assert_int_equal(count_of(bench, condition("signed_up_at", ">=", &today, 1)), 100);
    assert_int_equal(count_of(bench, condition("signed_up_at", ">", &today, 1)), 0);
    assert_int_equal(count_of(bench, condition("signed_up_at", "<=", &today, 1)), 100);
    assert_int_equal(count_of(bench, condition("code", "=", &code, 1)), 1);
}

static void lists_of_values_and_null_are_understood(void **state)
{
    Bench *bench = *state;
    insert_crowd(bench, 100);
    const Str ids[] = { STR("1"), STR("2"), STR("500") }, nothing = STR_NONE;
    assert_int_equal(count_of(bench, condition("id", "IN", ids, 3)), 2);
    assert_int_equal(count_of(bench, condition("id", "NOT IN", ids, 3)), 98);
    assert_int_equal(count_of(bench, condition("id", "IN", ids, 0)), 0);
    assert_int_equal(count_of(bench, condition("source", "NOT IN", ids, 0)), 100);
    assert_int_equal(count_of(bench, condition("referrer_id", "=", &nothing, 1)), 67);
    assert_int_equal(count_of(bench, condition("referrer_id", "!=", &nothing, 1)), 33);
}

static void groups_are_nested(void **state)
{
    Bench *bench = *state;
    static const Str values[] = { { "3", 1 }, { "4", 1 }, { "2", 1 }, { "1", 1 } };
    insert_crowd(bench, 100);
    const Filter either[] = { filter_condition(STR("id"), STR("="), &values[0]),
                              filter_condition(STR("id"), STR("="), &values[1]) };
    const Filter group = { .kind = FILTER_OR, .members = either, .member_count = 2 };
    const Filter all[] = { group, filter_condition(STR("campaign_id"), STR("="), &values[3]) };
    assert_int_equal(count_of(bench, group), 2);
    assert_int_equal(count_of(bench, filter_all_of(all, 2)), 2);
    assert_int_equal(count_of(bench, filter_all_of(either, 2)), 0);
    const Filter campaigns[] = { filter_condition(STR("campaign_id"), STR("="), &values[2]),
                                 filter_condition(STR("campaign_id"), STR("="), &values[3]) };
    assert_int_equal(count_of(bench, filter_all_of(campaigns, 2)), 0);
    assert_int_equal(count_of(bench, (Filter){ .kind = FILTER_OR, .members = campaigns, .member_count = 2 }), 100);
    assert_int_equal(count_of(bench, (Filter){ .kind = FILTER_OR }), 100);
}

static void another_account_is_not_seen(void **state)
{
    Bench *bench = *state;
    insert_crowd(bench, 10);
    static const Str one = { "1", 1 };
    const Filter by_id = filter_condition(STR("id"), STR("="), &one);
    const Filter *const filters[] = { NULL, &by_id };
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        ListQuery query = users_where(bench, filters[i]);
        query.account_id = ACCOUNT + 1;
        IdPage page = list(bench, &query);
        assert_int_equal(page.total, 0);
        assert_int_equal(page.count, 0);
    }
}

static void refused(Bench *bench, Filter filter, const char *field)
{
    IdPage page;
    ListQuery query = users_where(bench, &filter);
    bench->err = (Error){ 0 };
    assert_int_equal(store_list(bench->session, &query, bench->arena, &page, &bench->err), STATUS_INVALID);
    assert_string_equal(bench->err.field, field);
    assert_true(strlen(bench->err.text) > 10);
}

static void what_can_t_be_compared_is_refused_by_name(void **state)
{
    Bench *bench = *state;
    static const struct {
        const char *field, *op, *value, *named;
    } cases[] = {
        { "shoe_size", "=", "42", "filters" },
        { "", "=", "42", "filters" },
        { "u.id; DROP TABLE users", "=", "1", "filters" },
        { "id", "=", "x", "id" },
        { "id", "LIKE", "1", "id" },
        { "id", "==", "1", "id" },
        { "id", "= 1 OR", "1", "id" },
        { "source", "=", "Moon", "source" },
        { "source", "<", "Api", "source" },
        { "code", "LIKE", "u%", "code" },
        { "qualified", "=", "maybe", "qualified" },
        { "signed_up_at", "=", "yesterday", "signed_up_at" },
        { "first_name", "LIKE", "%a%b%c%d%", "first_name" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Str value = str_of(cases[i].value);
        refused(bench, condition(cases[i].field, cases[i].op, &value, 1), cases[i].named);
    }
    const Str many[] = { STR("1"), STR("2") };
    refused(bench, condition("id", "=", many, 2), "id");
    refused(bench, condition("id", "<", many, 0), "id");
    char text[LIMIT_FILTER_VALUE_LEN + 2] = "";
    memset(text, 'x', sizeof text - 1);
    Str long_text = str_of(text);
    refused(bench, condition("first_name", "=", &long_text, 1), "first_name");
}

static void more_than_the_limits_is_refused(void **state)
{
    Bench *bench = *state;
    static Str values[LIMIT_FILTER_VALUES + 1];
    static Filter conditions[LIMIT_FILTER_CONDITIONS + 1], groups[LIMIT_FILTER_DEPTH + 2];
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = STR("1");
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        conditions[i] = condition("id", "=", values, 1);
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        groups[i] = filter_all_of(i ? &groups[i - 1] : conditions, 1);
    refused(bench, condition("id", "IN", values, ARRAY_LEN(values)), "id");
    refused(bench, filter_all_of(conditions, ARRAY_LEN(conditions)), "filters");
    refused(bench, groups[LIMIT_FILTER_DEPTH + 1], "filters");
    assert_int_equal(count_of(bench, condition("id", "IN", values, LIMIT_FILTER_VALUES)), 0);
    assert_int_equal(count_of(bench, filter_all_of(conditions, LIMIT_FILTER_CONDITIONS)), 0);
    assert_int_equal(count_of(bench, groups[LIMIT_FILTER_DEPTH]), 0);
}

/* ---- order ------------------------------------------------------------- */

static void rows_are_sorted_by_a_field_and_by_id_among_equals(void **state)
{
    Bench *bench = *state;
    insert_crowd(bench, 100);
    ListQuery query = users_where(bench, NULL);
    query.order = STR("email");
    query.ascending = true;
    assert_int_equal(list(bench, &query).ids[0], 1);
    query.order = STR("campaign_id");
    query.ascending = false;
    IdPage page = list(bench, &query);
    assert_int_equal(page.total, 100);
    assert_int_equal(page.ids[0], 100);
    assert_int_equal(page.ids[1], 90);
    assert_int_equal(page.ids[10], 99);
    query.order = STR("no such field");
    assert_int_equal(list(bench, &query).ids[1], 99);
}

/* ---- plans ------------------------------------------------------------- */

/* Fails when a statement reads a table from end to end, or more than the account's part of an index. */
static void assert_plan(sqlite3 *db, const SqlText *sql, bool may_sort)
{
    sqlite3_stmt *stmt;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %.*s", (int)sql->text.len, sql->text.ptr);
    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);
        bool searches = strncmp(step, "SEARCH", 6) == 0;
        if (strncmp(step, "SCAN", 4) == 0 || (searches && strstr(step, "(account_id=?") == NULL) ||
            (strstr(step, "B-TREE FOR ORDER BY") && !may_sort))
            fail_msg("%s\n%s", explain, step);
    }
    sqlite3_finalize(stmt);
    sqlite3_free(explain);
}

static Str sample_value(const Column *column)
{
    if (column->type == COLUMN_NAME)
        return str_of(column->names->names[0]);
    return column->type == COLUMN_TIME ? STR("2026-01-14") : STR("1");
}

static void assert_plans_of(Bench *bench, sqlite3 *db, ListKind kind, const Filter *filter, const Column *order)
{
    SqlText *sql = ARENA_NEW(bench->arena, SqlText);
    BlockScope scope;
    ListQuery query = users_where(bench, filter);
    query.kind = kind;
    query.order = order ? str_of(order->name) : STR_NONE;
    assert_int_equal(list_count_sql(&query, bench->arena, sql, &scope, &bench->err), STATUS_OK);
    assert_plan(db, sql, false);
    /* An index that finds few rows is worth sorting them; without a filter the order is the index's. */
    bool may_sort = filter || (order && order->order == ORDER_ROWS);
    assert_int_equal(list_page_sql(&query, false, bench->arena, sql, &bench->err), STATUS_OK);
    assert_plan(db, sql, may_sort);
}

static void every_list_reads_an_index(void **state)
{
    Bench *bench = *state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    for (int kind = 0; kind < LIST_KIND_COUNT; kind++) {
        assert_plans_of(bench, db, (ListKind)kind, NULL, NULL);
        for (size_t i = 0; i < list_tables[kind].column_count; i++) {
            const Column *column = &list_tables[kind].columns[i];
            Str value = sample_value(column);
            Filter filter = filter_condition(str_of(column->name), STR("="), &value);
            assert_plans_of(bench, db, (ListKind)kind, &filter, NULL);
            filter.op = STR("NOT NULL");
            assert_plans_of(bench, db, (ListKind)kind, &filter, NULL);
            assert_plans_of(bench, db, (ListKind)kind, NULL, column);
        }
    }
    sqlite3_close(db);
}

/* The plan's first step, which finds the rows. */
static void assert_found_by(sqlite3 *db, const SqlText *sql, const char *index)
{
    sqlite3_stmt *stmt;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %.*s", (int)sql->text.len, sql->text.ptr);
    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *step = (const char *)sqlite3_column_text(stmt, 3);
    if (strstr(step, index) == NULL)
        fail_msg("%s\n%s", explain, step);
    sqlite3_finalize(stmt);
    sqlite3_free(explain);
}

static void what_few_have_is_found_by_its_own_index(void **state)
{
    Bench *bench = *state;
    sqlite3 *db;
    SqlText *sql = ARENA_NEW(bench->arena, SqlText);
    BlockScope scope;
    static const struct {
        ListKind kind;
        const char *field, *index;
    } cases[] = {
        { LIST_OF_USERS, "email", "users_by_email (account_id=? AND email_key=?" },
        { LIST_OF_USERS, "code", "sqlite_autoindex_users_1 (account_id=? AND id=?" },
        { LIST_OF_USERS, "referrer_id", "users_by_referrer (account_id=? AND referrer_id=?" },
        { LIST_OF_USERS, "customer_id", "users_by_customer (account_id=? AND customer_id=?" },
        { LIST_OF_USERS, "ip", "users_by_ip (account_id=? AND ip=?" },
        { LIST_OF_GRANTS, "referral_id", "reward_grant_by_referral (account_id=? AND referral_id=?" },
        { LIST_OF_COUPONS, "coupon", "coupon_by_code (account_id=? AND code=?" },
        { LIST_OF_SIGNALS, "user_id", "fraud_signal_by_user (account_id=? AND user_id=?" },
    };
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const Str value = STR("1");
        const Filter filter = filter_condition(str_of(cases[i].field), STR("="), &value);
        ListQuery query = users_where(bench, &filter);
        query.kind = cases[i].kind;
        assert_int_equal(list_count_sql(&query, bench->arena, sql, &scope, &bench->err), STATUS_OK);
        assert_found_by(db, sql, cases[i].index);
        assert_int_equal(list_page_sql(&query, true, bench->arena, sql, &bench->err), STATUS_OK);
        assert_found_by(db, sql, cases[i].index);
    }
    sqlite3_close(db);
}

/* Deep pages, and those of a kind that is rare: from the index alone. */
static void pages_by_blocks_are_found_by_what_they_hold(void **state)
{
    Bench *bench = *state;
    sqlite3 *db;
    SqlText *sql = ARENA_NEW(bench->arena, SqlText);
    const BlockSpan span = { .first_id = 1024, .end_id = 4096, .take = 25 };
    const RowKinds widgets = user_kinds_of_source(SOURCE_WIDGET), leads = user_kinds_of_type(true);
    const RowKinds coupons_due = grant_kinds_of_state(GRANT_DUE) & grant_kinds_of_metric(METRIC_COUPON);
    const struct {
        ListKind kind;
        BlockScope scope;
        const char *index;
    } cases[] = {
        { LIST_OF_USERS, { .kinds = USER_KINDS_ALL }, "USING COVERING INDEX sqlite_autoindex_users_1 (account_id=? AND id>? AND id<?)" },
        { LIST_OF_USERS, { .kinds = USER_KINDS_ALL, .campaign_id = 2 }, "USING COVERING INDEX users_by_campaign (account_id=? AND campaign_id=? AND id>? AND id<?)" },
        { LIST_OF_USERS, { .kinds = widgets }, "USING COVERING INDEX users_by_kind (account_id=? AND kind=? AND id>? AND id<?)" },
        { LIST_OF_USERS, { .kinds = leads, .campaign_id = 2 }, "USING COVERING INDEX users_by_kind (account_id=? AND kind=? AND id>? AND id<?)" },
        { LIST_OF_GRANTS, { .kinds = GRANT_KINDS_ALL }, "USING COVERING INDEX sqlite_autoindex_reward_grant_1 (account_id=? AND id>? AND id<?)" },
        { LIST_OF_GRANTS, { .kinds = coupons_due }, "USING COVERING INDEX reward_grant_by_state (account_id=? AND state=? AND metric=? AND id>? AND id<?)" },
        { LIST_OF_GRANTS, { .kinds = grant_kinds_of_state(GRANT_FAILED), .campaign_id = 2 }, "USING INDEX reward_grant_by_state (account_id=? AND state=? AND metric=? AND id>? AND id<?)" },
    };
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ListQuery query = users_where(bench, NULL);
        query.kind = cases[i].kind;
        assert_int_equal(list_span_sql(&query, &cases[i].scope, &span, bench->arena, sql), STATUS_OK);
        assert_found_by(db, sql, cases[i].index);
    }
    sqlite3_close(db);
}

/* What is due, issued and left: pages without sorting. */
static void lists_of_rewards_are_read_in_order(void **state)
{
    Bench *bench = *state;
    sqlite3 *db;
    SqlText *sql = ARENA_NEW(bench->arena, SqlText);
    const Str due = STR("due"), coupon = STR("coupon"), open = STR("open");
    const Filter is_open = filter_condition(STR("state"), STR("="), &open);
    const Filter grants[] = { filter_condition(STR("status"), STR("="), &due),
                              filter_condition(STR("metric"), STR("="), &coupon) };
    const Filter of_metric = filter_all_of(grants, 2), free_coupons = { .field = STR("user_id"), .op = STR("NULL") };
    const struct {
        ListKind kind;
        const Filter *filter;
    } cases[] = { { LIST_OF_GRANTS, &of_metric }, { LIST_OF_COUPONS, &free_coupons }, { LIST_OF_SIGNALS, &is_open } };
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ListQuery query = users_where(bench, cases[i].filter);
        query.kind = cases[i].kind;
        assert_int_equal(list_page_sql(&query, false, bench->arena, sql, &bench->err), STATUS_OK);
        assert_plan(db, sql, false);
    }
    sqlite3_close(db);
}

#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    if (!random_init())
        return 1;
    const struct CMUnitTest tests[] = {
        IN_STORE(every_page_is_found_by_its_blocks),
        IN_STORE(a_removed_user_is_in_no_count),
        IN_STORE(operators_mean_what_they_say),
        IN_STORE(lists_of_values_and_null_are_understood),
        IN_STORE(groups_are_nested),
        IN_STORE(another_account_is_not_seen),
        IN_STORE(what_can_t_be_compared_is_refused_by_name),
        IN_STORE(more_than_the_limits_is_refused),
        IN_STORE(rows_are_sorted_by_a_field_and_by_id_among_equals),
        IN_STORE(every_list_reads_an_index),
        IN_STORE(what_few_have_is_found_by_its_own_index),
        IN_STORE(pages_by_blocks_are_found_by_what_they_hold),
        IN_STORE(lists_of_rewards_are_read_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
