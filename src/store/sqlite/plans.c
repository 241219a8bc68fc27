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

/* Tables of a handful of rows; webhooks ("w"), which the sender looks through for what is due; and
 * deliveries, all of which are looked at once when the server starts. */
static bool is_small(const char *table)
{
    static const char *const names[] = { "setting", "migration", "account", "w", "delivery" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(table, names[i]) == 0)
            return true;
    return false;
}

static bool reads_whole_table(const char *step)
{
    return strncmp(step, "SCAN ", 5) == 0 && !strstr(step, " USING ") && !strstr(step, "CONSTANT ROW") &&
           step[5] != '(' && !is_small(step + 5);
}

void sqlite_check_plan(sqlite3 *db, const char *text, size_t len)
{
    sqlite3_stmt *stmt = NULL;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %.*s", (int)len, text);
    if (explain && sqlite3_prepare_v2(db, explain, -1, &stmt, NULL) == SQLITE_OK)
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(stmt, 3);
            if (reads_whole_table(step))
                fprintf(stderr, "No index: %s: %.*s\n", step, (int)len, text);
        }
    sqlite3_finalize(stmt);
    sqlite3_free(explain);
}
