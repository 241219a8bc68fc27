/* Between the driver and its keeper only. */
#ifndef STORE_SQLITE_INTERNAL_H
#define STORE_SQLITE_INTERNAL_H

#include "store/sql.h"

struct sqlite3;

/* Pages in the write-ahead log after the writer's last commit. Any thread. */
int sqlite_wal_pages(const Sql *writer);
/* Asks the writer to finish a checkpoint before its next transaction: the keeper has moved nearly
 * all pages, what is left is short, and then the log can start anew. Any thread. */
void sqlite_ask_restart(Sql *writer);

/* For tests, when REFMILL_CHECK_PLANS is set: complains on stderr when `text` would read a table from end to
 * end. */
void sqlite_check_plan(struct sqlite3 *db, const char *text, size_t len);
bool sqlite_checks_plans(void);

#endif
