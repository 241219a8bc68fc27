/* Brings a database's schema up to date: store/migrations/NNN_name.sql, in order, each in a
 * transaction of its own with its number. Only store/ includes this. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/sql.h"

/* STATUS_CONFLICT when the schema is newer than this program. */
Status migrate(Sql *sql, Error *err) MUST_USE;

#endif
