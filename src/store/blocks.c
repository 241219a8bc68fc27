#include "store/rows.h"

static int kind_of(const User *user)
{
    return 4 * (int)user->source + 2 * user_is_lead(user) + (user->qualified_us != 0);
}

static Status count_in(StoreSession *session, const User *user, int64_t campaign_id, int64_t add)
{
    return sql_exec(session->sql,
                    "INSERT INTO user_block (account_id, campaign_id, block, kind, users) VALUES ($1, $2, $3, $4, $5) "
                    "ON CONFLICT (account_id, campaign_id, block, kind) DO UPDATE SET "
                    "users = user_block.users + excluded.users",
                    sql_int(user->account_id), sql_int(campaign_id), sql_int(user->id / BLOCK_IDS),
                    sql_int(kind_of(user)), sql_int(add));
}

Status store_block_count(StoreSession *session, const User *user, int64_t add)
{
    Status status = count_in(session, user, 0, add);
    return status ? status : count_in(session, user, user->campaign_id, add);
}

#define COUNTS_OF_BLOCKS                                                                          \
    "SELECT block, sum(users) FROM user_block WHERE account_id = $1 AND campaign_id = $2 "        \
    "AND ($3 >> kind) & 1 = 1 GROUP BY block ORDER BY block "

Status store_block_slices(StoreSession *session, int64_t account_id, int64_t campaign_id, UserKinds kinds,
                          bool ascending, int64_t offset, int64_t limit, Arena *arena, BlockSlices *out_slices)
{
    SqlRows *rows;
    *out_slices = (BlockSlices){ 0 };
    const SqlValue values[] = { sql_int(account_id), sql_int(campaign_id), sql_int((int64_t)kinds) };
    Status status = sql_query_values(session->sql, ascending ? COUNTS_OF_BLOCKS "ASC" : COUNTS_OF_BLOCKS "DESC",
                                     values, ARRAY_LEN(values), &rows);
    while (sql_next(rows)) {
        int64_t before = out_slices->total, users = sql_column_int(rows, 1);
        out_slices->total += users;
        if (users == 0 || out_slices->total <= offset || before >= offset + limit)
            continue;
        BlockSlice *slice =
            rows_next_slot(arena, (void **)&out_slices->items, out_slices->count, sizeof *out_slices->items);
        if (slice == NULL) {
            status = STATUS_NOMEM;
            break;
        }
        int64_t skip = i64_max(offset - before, 0);
        *slice = (BlockSlice){ .first_id = sql_column_int(rows, 0) * BLOCK_IDS,
                               .skip = skip,
                               .take = i64_min(users - skip, offset + limit - before - skip) };
        out_slices->count++;
    }
    Status end = sql_done(rows);
    return status ? status : end;
}
