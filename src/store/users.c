#include "store/leaders.h"
#include "store/logins.h"
#include "store/rows.h"

#define COLUMNS                                                                                                      \
    "u.id, u.campaign_id, u.referrer_id, u.first_name, u.email, u.source, u.ip, u.meta, u.signed_up_us, "            \
    "u.qualified_us, u.unsubscribed_us, u.consented_us, u.touched_us, u.customer_id, u.review, "                     \
    "coalesce(n.reach, 0), coalesce(n.referrals, 0), coalesce(n.qualified_referrals, 0), u.qualified_late, "         \
    "c.share_subject, c.share_text "                                                                                 \
    "FROM users u LEFT JOIN user_count n ON n.account_id = u.account_id AND n.user_id = u.id "                       \
    "LEFT JOIN campaign c ON c.account_id = u.account_id AND c.id = u.campaign_id "

static void read_user(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(User *)out_item = (User){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .campaign_id = sql_column_int(rows, 1),
        .referrer_id = sql_column_int(rows, 2),
        .first_name = sql_column_copy(rows, 3, arena),
        .email = sql_column_copy(rows, 4, arena),
        .source = (UserSource)sql_column_int(rows, 5),
        .ip = sql_column_copy(rows, 6, arena),
        .meta = sql_column_copy(rows, 7, arena),
        .signed_up_us = sql_column_int(rows, 8),
        .qualified_us = sql_column_int(rows, 9),
        .unsubscribed_us = sql_column_int(rows, 10),
        .consented_us = sql_column_int(rows, 11),
        .touched_us = sql_column_int(rows, 12),
        .customer_id = sql_column_copy(rows, 13, arena),
        .review = (UserReview)sql_column_int(rows, 14),
        .reach = sql_column_int(rows, 15),
        .referrals = sql_column_int(rows, 16),
        .qualified_referrals = sql_column_int(rows, 17),
        .qualified_late = sql_column_int(rows, 18) != 0,
        .share_subject = sql_column_copy(rows, 19, arena),
        .share_text = sql_column_copy(rows, 20, arena),
    };
}

static Status one_user(Status started, SqlRows *rows, int64_t account_id, Arena *arena, User *out_user)
{
    bool found = sql_next(rows);
    if (found)
        read_user(rows, account_id, arena, out_user);
    return rows_done_one(started, rows, found);
}

static BlockRow block_row(const User *user)
{
    return (BlockRow){ BLOCKS_OF_USERS, user->account_id, user->campaign_id, user->id, user_kind(user) };
}

Status store_user_insert(StoreSession *session, User *user, Str email_key)
{
    Status status = session_next_number(session, 0, "user", &user->id);
    if (status)
        return status;
    user->signed_up_us = store_now_us(session);
    status = sql_exec(session->sql,
                      "INSERT INTO users (account_id, id, campaign_id, referrer_id, first_name, email, email_key, "
                      "source, ip, meta, signed_up_us, consented_us, touched_us, customer_id, review, kind) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                      sql_int(user->account_id), sql_int(user->id), sql_int(user->campaign_id),
                      sql_int_opt(user->referrer_id), sql_text(user->first_name), sql_text(user->email),
                      sql_text(email_key), sql_int(user->source), sql_text(user->ip), sql_text(user->meta),
                      sql_int(user->signed_up_us), sql_int_opt(user->consented_us), sql_int_opt(user->touched_us),
                      sql_text(user->customer_id), sql_int(user->review), sql_int(user_kind(user)));
    if (status)
        return status;
    status = sql_exec(session->sql, "INSERT INTO user_home (id, account_id, campaign_id) VALUES ($1, $2, $3)",
                      sql_int(user->id), sql_int(user->account_id), sql_int(user->campaign_id));
    const BlockRow row = block_row(user);
    return status ? status : store_block_count(session, &row, 1);
}

Status store_user_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, User *out_user)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE u.account_id = $1 AND u.id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    return one_user(status, rows, account_id, arena, out_user);
}

Status store_user_first_name(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                             Str *out_name)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT first_name FROM users WHERE account_id = $1 AND id = $2",
                              &rows, sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        *out_name = sql_column_copy(rows, 0, arena);
    return rows_done_one(status, rows, found);
}

Status store_user_by_email(StoreSession *session, int64_t account_id, int64_t campaign_id, Str email_key, Arena *arena,
                           User *out_user)
{
    SqlRows *rows;
    Status status =
        campaign_id ? sql_query(session->sql,
                                "SELECT " COLUMNS
                                "WHERE u.account_id = $1 AND u.email_key = $2 AND u.campaign_id = $3",
                                &rows, sql_int(account_id), sql_text(email_key), sql_int(campaign_id))
                    : sql_query(session->sql,
                                "SELECT " COLUMNS
                                "WHERE u.account_id = $1 AND u.email_key = $2 ORDER BY +u.id DESC LIMIT 1", /* the plus: not by id */
                                &rows, sql_int(account_id), sql_text(email_key));
    return one_user(status, rows, account_id, arena, out_user);
}

Status store_user_by_customer(StoreSession *session, int64_t account_id, int64_t campaign_id, Str customer_id,
                              Arena *arena, User *out_user)
{
    SqlRows *rows;
    Status status =
        campaign_id ? sql_query(session->sql,
                                "SELECT " COLUMNS
                                "WHERE u.account_id = $1 AND u.customer_id = $2 AND u.campaign_id = $3",
                                &rows, sql_int(account_id), sql_text(customer_id), sql_int(campaign_id))
                    : sql_query(session->sql,
                                "SELECT " COLUMNS
                                "WHERE u.account_id = $1 AND u.customer_id = $2 ORDER BY u.campaign_id DESC LIMIT 1",
                                &rows, sql_int(account_id), sql_text(customer_id));
    return one_user(status, rows, account_id, arena, out_user);
}

Status store_user_list_of_referrer(StoreSession *session, int64_t account_id, int64_t referrer_id, int64_t limit,
                                   Arena *arena, UserList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql,
                              "SELECT " COLUMNS
                              "WHERE u.account_id = $1 AND u.referrer_id = $2 ORDER BY u.id DESC LIMIT $3",
                              &rows, sql_int(account_id), sql_int(referrer_id), sql_int(limit));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_user, out_list);
}

Status store_user_referrer(StoreSession *session, int64_t account_id, int64_t id, int64_t *out_referrer_id)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT referrer_id FROM users WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        *out_referrer_id = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_user_set_referrer(StoreSession *session, const User *before, const User *user)
{
    const BlockRow row = block_row(user);
    Status status = store_block_move(session, &row, user_kind(before));
    return status ? status
                  : sql_exec(session->sql,
                             "UPDATE users SET referrer_id = $1, source = $2, touched_us = $3, kind = $4 "
                             "WHERE account_id = $5 AND id = $6",
                             sql_int(user->referrer_id), sql_int(user->source), sql_int_opt(user->touched_us),
                             sql_int(user_kind(user)), sql_int(user->account_id), sql_int(user->id));
}

Status store_user_home(StoreSession *session, int64_t id, int64_t *out_account_id, int64_t *out_campaign_id)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT account_id, campaign_id FROM user_home WHERE id = $1", &rows, sql_int(id));
    bool found = sql_next(rows);
    if (found) {
        *out_account_id = sql_column_int(rows, 0);
        *out_campaign_id = sql_column_int(rows, 1);
    }
    return rows_done_one(status, rows, found);
}

static Status get_qualified(StoreSession *session, const User *user, int64_t *out_qualified_us)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT qualified_us FROM users WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(user->account_id), sql_int(user->id));
    bool found = sql_next(rows);
    if (found)
        *out_qualified_us = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_user_set_qualified(StoreSession *session, const User *user, QualifiedBy by)
{
    User before = *user;
    Status status = get_qualified(session, user, &before.qualified_us);
    const BlockRow row = block_row(user);
    if (!status)
        status = store_block_move(session, &row, user_kind(&before));
    return status ? status
                  : sql_exec(session->sql,
                             "UPDATE users SET qualified_us = $1, qualified_late = $2, qualified_by = $3, kind = $4 "
                             "WHERE account_id = $5 AND id = $6",
                             sql_int_opt(user->qualified_us), sql_int(user->qualified_late), sql_int(by),
                             sql_int(user_kind(user)),
                             sql_int(user->account_id), sql_int(user->id));
}

Status store_user_qualified_by(StoreSession *session, int64_t account_id, int64_t id, QualifiedBy *out_by)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT qualified_by FROM users WHERE account_id = $1 AND id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    *out_by = found ? (QualifiedBy)sql_column_int(rows, 0) : QUALIFIED_BY_HAND;
    return rows_done_one(status, rows, found);
}

Status store_user_update(StoreSession *session, const User *user, Str email_key)
{
    session->notes.links = true;
    return sql_exec(session->sql,
                    "UPDATE users SET first_name = $1, email = $2, email_key = $3, meta = $4, customer_id = $5 "
                    "WHERE account_id = $6 AND id = $7",
                    sql_text(user->first_name), sql_text(user->email), sql_text(email_key), sql_text(user->meta),
                    sql_text(user->customer_id), sql_int(user->account_id), sql_int(user->id));
}

Status store_user_delete(StoreSession *session, const User *user)
{
    session->notes.links = true;
    SqlValue account = sql_int(user->account_id), id = sql_int(user->id);
    const BlockRow row = block_row(user);
    Status status = store_block_count(session, &row, -1);
    if (!status)
        status = sql_exec(session->sql, "DELETE FROM fraud_signal WHERE account_id = $1 AND user_id = $2", account, id);
    if (!status)
        status = sql_exec(session->sql, "DELETE FROM user_count WHERE account_id = $1 AND user_id = $2", account, id);
    if (!status)
        status = store_leader_set(session, user->account_id, user->id, 0);
    if (!status)
        status = store_login_delete(session, user->account_id, user->id);
    if (!status)
        status = sql_exec(session->sql, "DELETE FROM user_home WHERE id = $1", id);
    return status ? status
                  : sql_exec(session->sql, "DELETE FROM users WHERE account_id = $1 AND id = $2", account, id);
}

/* Clicks come a moment after they were made: whoever was erased meanwhile gets no counts again. */
#define COUNT_USER                                                                         \
    "INSERT INTO user_count (account_id, user_id, reach, referrals, qualified_referrals, events) " \
    "SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM user_home WHERE id = $2) "      \
    "ON CONFLICT (account_id, user_id) DO UPDATE SET "                                     \
    "reach = user_count.reach + excluded.reach, "                                          \
    "referrals = user_count.referrals + excluded.referrals, "                              \
    "qualified_referrals = user_count.qualified_referrals + excluded.qualified_referrals, "   \
    "events = user_count.events + excluded.events"

Status store_user_count(StoreSession *session, int64_t account_id, int64_t id, UserCounts add, UserCounts *out_counts)
{
    const SqlValue values[] = { sql_int(account_id), sql_int(id), sql_int(add.reach), sql_int(add.referrals),
                                sql_int(add.qualified_referrals), sql_int(add.events) };
    if (out_counts == NULL && add.qualified_referrals == 0) /* clicks: rows to read cost more than the update */
        return sql_exec_values(session->sql, COUNT_USER, values, ARRAY_LEN(values));
    SqlRows *rows;
    UserCounts counts = { 0 };
    Status status = sql_query_values(session->sql, COUNT_USER " RETURNING reach, referrals, qualified_referrals, events",
                                     values, ARRAY_LEN(values), &rows);
    bool found = sql_next(rows);
    if (found)
        counts = (UserCounts){ .reach = sql_column_int(rows, 0),
                               .referrals = sql_column_int(rows, 1),
                               .qualified_referrals = sql_column_int(rows, 2),
                               .events = sql_column_int(rows, 3) };
    status = rows_done_one(status, rows, found);
    if (!status && add.qualified_referrals != 0)
        status = store_leader_set(session, account_id, id, counts.qualified_referrals);
    if (out_counts)
        *out_counts = counts;
    return status;
}
