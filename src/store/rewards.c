#include "base/limits.h"
#include "store/rows.h"

/* ---- definitions ------------------------------------------------------- */

#define COLUMNS                                                                                              \
    "id, campaign_id, name, metric, value_minor, cap_minor, currency, who, cause, frequency, every, period, " \
    "periods, steps, caps, hold_s, approval, issue, automatic, status, created_us FROM reward "

static void read_reward(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Reward *)out_item = (Reward){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .campaign_id = sql_column_int(rows, 1),
        .name = sql_column_copy(rows, 2, arena),
        .metric = (RewardMetric)sql_column_int(rows, 3),
        .value_minor = sql_column_int(rows, 4),
        .cap_minor = sql_column_int(rows, 5),
        .currency = rows_currency(rows, 6),
        .who = (RewardFor)sql_column_int(rows, 7),
        .when = (RewardWhen)sql_column_int(rows, 8),
        .frequency = (RewardFrequency)sql_column_int(rows, 9),
        .every = sql_column_int(rows, 10),
        .period = (Period)sql_column_int(rows, 11),
        .periods = sql_column_int(rows, 12),
        .step_count = (size_t)sql_column_int(rows, 13),
        .cap_count = (size_t)sql_column_int(rows, 14),
        .hold_s = sql_column_int(rows, 15),
        .approval = sql_column_int(rows, 16) != 0,
        .issue = (IssueMethod)sql_column_int(rows, 17),
        .automatic = sql_column_int(rows, 18) != 0,
        .status = (RewardStatus)sql_column_int(rows, 19),
        .created_us = sql_column_int(rows, 20),
    };
}

static Status insert_parts(StoreSession *session, const Reward *reward)
{
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < reward->step_count; i++)
        status = sql_exec(session->sql,
                          "INSERT INTO reward_step (account_id, reward_id, at_count, value_minor) VALUES ($1, $2, $3, $4)",
                          sql_int(reward->account_id), sql_int(reward->id), sql_int(reward->steps[i].at_count),
                          sql_int(reward->steps[i].value_minor));
    for (size_t i = 0; !status && i < reward->cap_count; i++)
        status = sql_exec(session->sql,
                          "INSERT INTO reward_cap (account_id, reward_id, scope, period, most_count, most_minor) "
                          "VALUES ($1, $2, $3, $4, $5, $6)",
                          sql_int(reward->account_id), sql_int(reward->id), sql_int(reward->caps[i].scope),
                          sql_int(reward->caps[i].period), sql_int(reward->caps[i].most_count),
                          sql_int(reward->caps[i].most_minor));
    return status;
}

static Status delete_parts(StoreSession *session, const Reward *reward)
{
    Status status = sql_exec(session->sql, "DELETE FROM reward_step WHERE account_id = $1 AND reward_id = $2",
                             sql_int(reward->account_id), sql_int(reward->id));
    if (!status)
        status = sql_exec(session->sql, "DELETE FROM reward_cap WHERE account_id = $1 AND reward_id = $2",
                          sql_int(reward->account_id), sql_int(reward->id));
    return status;
}

Status store_reward_insert(StoreSession *session, Reward *reward)
{
    Status status = session_next_number(session, 0, "reward", &reward->id);
    if (status)
        return status;
    reward->created_us = store_now_us(session);
    status = sql_exec(session->sql,
                      "INSERT INTO reward (account_id, id, campaign_id, name, metric, value_minor, cap_minor, currency, "
                      "who, cause, frequency, every, period, periods, steps, caps, hold_s, approval, issue, automatic, "
                      "status, created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
                      "$16, $17, $18, $19, $20, $21, $22)",
                      sql_int(reward->account_id), sql_int(reward->id), sql_int(reward->campaign_id),
                      sql_text(reward->name), sql_int(reward->metric), sql_int(reward->value_minor),
                      sql_int(reward->cap_minor), sql_text(str_of(reward->currency.code)), sql_int(reward->who),
                      sql_int(reward->when), sql_int(reward->frequency), sql_int(reward->every),
                      sql_int(reward->period), sql_int(reward->periods), sql_int((int64_t)reward->step_count),
                      sql_int((int64_t)reward->cap_count), sql_int(reward->hold_s), sql_int(reward->approval),
                      sql_int(reward->issue), sql_int(reward->automatic), sql_int(reward->status),
                      sql_int(reward->created_us));
    return status ? status : insert_parts(session, reward);
}

Status store_reward_update(StoreSession *session, const Reward *reward)
{
    Status status =
        sql_exec(session->sql,
                 "UPDATE reward SET name = $1, metric = $2, value_minor = $3, cap_minor = $4, currency = $5, who = $6, "
                 "cause = $7, frequency = $8, every = $9, period = $10, periods = $11, steps = $12, caps = $13, "
                 "hold_s = $14, approval = $15, issue = $16, automatic = $17, status = $18 "
                 "WHERE account_id = $19 AND id = $20",
                 sql_text(reward->name), sql_int(reward->metric), sql_int(reward->value_minor),
                 sql_int(reward->cap_minor), sql_text(str_of(reward->currency.code)), sql_int(reward->who),
                 sql_int(reward->when), sql_int(reward->frequency), sql_int(reward->every), sql_int(reward->period),
                 sql_int(reward->periods), sql_int((int64_t)reward->step_count), sql_int((int64_t)reward->cap_count),
                 sql_int(reward->hold_s), sql_int(reward->approval), sql_int(reward->issue),
                 sql_int(reward->automatic), sql_int(reward->status), sql_int(reward->account_id),
                 sql_int(reward->id));
    if (!status)
        status = delete_parts(session, reward);
    return status ? status : insert_parts(session, reward);
}

/* ---- reading, with steps and caps -------------------------------------- */

static void read_step(SqlRows *rows, int64_t account_id UNUSED, Arena *arena UNUSED, void *out_item)
{
    *(RewardStep *)out_item = (RewardStep){ sql_column_int(rows, 0), sql_column_int(rows, 1) };
}

static void read_cap(SqlRows *rows, int64_t account_id UNUSED, Arena *arena UNUSED, void *out_item)
{
    *(RewardCap *)out_item = (RewardCap){ .scope = (CapScope)sql_column_int(rows, 0),
                                          .period = (Period)sql_column_int(rows, 1),
                                          .most_count = sql_column_int(rows, 2),
                                          .most_minor = sql_column_int(rows, 3) };
}

/* Few rewards have any: the row itself says so, so that the others cost no query. */
static Status read_parts(StoreSession *session, Reward *reward, Arena *arena)
{
    SqlRows *rows;
    Status status = STATUS_OK;
    if (reward->step_count) {
        status = sql_query(session->sql,
                           "SELECT at_count, value_minor FROM reward_step WHERE account_id = $1 AND reward_id = $2 "
                           "ORDER BY at_count",
                           &rows, sql_int(reward->account_id), sql_int(reward->id));
        status = rows_read_all(status, rows, reward->account_id, arena, read_step, sizeof *reward->steps,
                               (void **)&reward->steps, &reward->step_count);
    }
    if (!status && reward->cap_count) {
        status = sql_query(session->sql,
                           "SELECT scope, period, most_count, most_minor FROM reward_cap WHERE account_id = $1 "
                           "AND reward_id = $2 ORDER BY scope, period",
                           &rows, sql_int(reward->account_id), sql_int(reward->id));
        status = rows_read_all(status, rows, reward->account_id, arena, read_cap, sizeof *reward->caps,
                               (void **)&reward->caps, &reward->cap_count);
    }
    return status;
}

Status store_reward_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Reward *out_reward)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_reward(rows, account_id, arena, out_reward);
    status = rows_done_one(status, rows, found);
    return status ? status : read_parts(session, out_reward, arena);
}

Status store_reward_list(StoreSession *session, int64_t account_id, RewardFilter filter, Arena *arena,
                         RewardList *out_list)
{
    SqlRows *rows;
    Status status =
        filter.campaign_id
            ? sql_query(session->sql,
                        "SELECT " COLUMNS "WHERE account_id = $1 AND campaign_id = $2 AND ($3 < 0 OR issue = $3) "
                        "AND ($4 < 0 OR cause = $4) AND ($5 < 0 OR status = $5) ORDER BY id LIMIT $6",
                        &rows, sql_int(account_id), sql_int(filter.campaign_id), sql_int(filter.issue),
                        sql_int(filter.when), sql_int(filter.status), sql_int(LIMIT_LIST_ROWS))
            : sql_query(session->sql,
                        "SELECT " COLUMNS "WHERE account_id = $1 AND ($2 < 0 OR issue = $2) "
                        "AND ($3 < 0 OR cause = $3) AND ($4 < 0 OR status = $4) ORDER BY id LIMIT $5",
                        &rows, sql_int(account_id), sql_int(filter.issue), sql_int(filter.when),
                        sql_int(filter.status), sql_int(LIMIT_LIST_ROWS));
    status = ROWS_READ_ALL(status, rows, account_id, arena, read_reward, out_list);
    for (size_t i = 0; !status && i < out_list->count; i++)
        status = read_parts(session, &out_list->items[i], arena);
    return status;
}

/* ---- usage ------------------------------------------------------------- */

Status store_usage_get(StoreSession *session, const UsageKey *key, Usage *out_usage)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT granted, minor FROM reward_usage WHERE account_id = $1 AND reward_id = $2 "
                              "AND recipient_id = $3 AND period = $4 AND start_us = $5",
                              &rows, sql_int(key->account_id), sql_int(key->reward_id), sql_int(key->recipient_id),
                              sql_int(key->period), sql_int(key->start_us));
    *out_usage = (Usage){ 0 };
    if (sql_next(rows))
        *out_usage = (Usage){ sql_column_int(rows, 0), sql_column_int(rows, 1) };
    return rows_done_one(status, rows, true);
}

Status store_usage_add(StoreSession *session, const UsageKey *key, Usage add)
{
    return sql_exec(session->sql,
                    "INSERT INTO reward_usage (account_id, reward_id, recipient_id, period, start_us, granted, minor) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7) "
                    "ON CONFLICT (account_id, reward_id, recipient_id, period, start_us) DO UPDATE SET "
                    "granted = reward_usage.granted + excluded.granted, minor = reward_usage.minor + excluded.minor",
                    sql_int(key->account_id), sql_int(key->reward_id), sql_int(key->recipient_id),
                    sql_int(key->period), sql_int(key->start_us), sql_int(add.granted), sql_int(add.minor));
}

Status store_campaign_spend_get(StoreSession *session, int64_t account_id, int64_t campaign_id, Currency currency,
                                int64_t *out_minor)
{
    return sql_query_int(session->sql,
                         "SELECT minor FROM campaign_spend WHERE account_id = $1 AND campaign_id = $2 "
                         "AND currency = $3",
                         out_minor, sql_int(account_id), sql_int(campaign_id),
                         sql_text(str_of(currency.code)));
}

Status store_campaign_spend_add(StoreSession *session, int64_t account_id, int64_t campaign_id, Currency currency,
                                int64_t add_minor)
{
    return sql_exec(session->sql,
                    "INSERT INTO campaign_spend (account_id, campaign_id, currency, minor) VALUES ($1, $2, $3, $4) "
                    "ON CONFLICT (account_id, campaign_id, currency) DO UPDATE SET "
                    "minor = campaign_spend.minor + excluded.minor",
                    sql_int(account_id), sql_int(campaign_id), sql_text(str_of(currency.code)), sql_int(add_minor));
}
