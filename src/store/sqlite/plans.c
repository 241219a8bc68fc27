/* With REFMILL_CHECK_PLANS=1, as a test starts it, the server complains of each statement without an index. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "store/sqlite/sqlite_internal.h"

bool sqlite_checks_plans(void)
{
    const char *wanted = getenv("REFMILL_CHECK_PLANS");
    return wanted && wanted[0];
}

static bool is_one_of(const char *name, size_t len, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    return false;
}

/* Tables of a handful of rows; webhooks ("w"), which the sender looks through for what is due; deliveries,
 * all of which are looked at once when the server starts; and what subqueries with a LIMIT are called. */
static const char *const may_be_scanned[] = { "setting", "migration", "account", "w",     "delivery",
                                              "found",   "latest",    "paused",  "stretch", "stuck", "waiting" };

/* Tables that hold most of an account's rows: an index on nothing but the account is as good as none. What
 * lists are filtered by may have no better one (store/query.h). */
static const char *const large[] = { "u",        "g",          "users",       "reward_grant", "ledger_entry",
                                     "decision", "conversion", "idempotency", "attempt" };

static bool is_list(const char *text)
{
    return strstr(text, " OFFSET ") ||
           str_starts(str_of(text), STR("EXPLAIN QUERY PLAN SELECT count(*) FROM"));
}

/* `step` is such as "SCAN users" or "SEARCH users USING INDEX users_by_email (account_id=? AND email_key=?)".
 */
static bool reads_too_much(const char *step, const char *text)
{
    const char *table = strchr(step, ' ');
    if (table == NULL)
        return false;
    size_t len = strcspn(++table, " ");
    if (strncmp(step, "SCAN ", 5) == 0)
        return !strstr(step, " USING ") && !strstr(step, "CONSTANT ROW") && table[0] != '(' &&
               !is_one_of(table, len, may_be_scanned, ARRAY_LEN(may_be_scanned));
    return strncmp(step, "SEARCH ", 7) == 0 && strstr(step, "(account_id=?)") && !is_list(text) &&
           is_one_of(table, len, large, ARRAY_LEN(large));
}

void sqlite_check_plan(sqlite3 *db, const char *text, size_t len)
{
    sqlite3_stmt *stmt = NULL;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %.*s", (int)len, text);
    if (explain && sqlite3_prepare_v2(db, explain, -1, &stmt, NULL) == SQLITE_OK)
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(stmt, 3);
            if (reads_too_much(step, explain))
                fprintf(stderr, "No index: %s: %.*s\n", step, (int)len, text);
        }
    sqlite3_finalize(stmt);
    sqlite3_free(explain);
}
