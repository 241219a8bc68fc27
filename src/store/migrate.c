#include "store/migrate.h"

#include <stdio.h>

#include "base/asset.h"
#include "base/time.h"

#define FOLDER "store/migrations/"

static Status version_of(Sql *sql, int64_t *out_version)
{
    return sql_query_int_values(sql, "SELECT max(version) FROM migration", NULL, 0, out_version);
}

static Status apply(Sql *sql, int64_t version, const char *script, Error *err)
{
    Status status = sql_begin(sql);
    if (status)
        return error_set(err, status, NULL, "The database is locked by another program.");
    /* Another process may have been quicker. */
    int64_t done = 0;
    status = version_of(sql, &done);
    if (!status && done < version) {
        status = sql_script(sql, script, err);
        if (!status)
            status = sql_exec(sql, "INSERT INTO migration (version, applied_us) VALUES ($1, $2)", sql_int(version),
                              sql_int(time_now_us()));
    }
    if (!status)
        return sql_commit(sql);
    sql_rollback(sql);
    return status;
}

Status migrate(Sql *sql, Error *err)
{
    Status status = sql_script(sql,
                               "CREATE TABLE IF NOT EXISTS migration ("
                               "version BIGINT PRIMARY KEY NOT NULL, applied_us BIGINT NOT NULL)",
                               err);
    int64_t done = 0, newest = 0;
    if (!status)
        status = version_of(sql, &done);
    for (size_t i = 0; !status && i < asset_count; i++) {
        int version;
        if (sscanf(asset_table[i].path, FOLDER "%d_", &version) != 1)
            continue;
        newest = version;
        if (version > done)
            status = apply(sql, version, asset_table[i].data, err);
    }
    if (!status && done > newest)
        return error_set(err, STATUS_CONFLICT, NULL,
                         "The database's schema (%lld) is newer than this program (%lld). Use a newer Refmill.",
                         (long long)done, (long long)newest);
    return status;
}
