#include "base/limits.h"
#include "store/rows.h"

#define COLUMNS                                                                                                       \
    "c.id, c.name, c.status, c.lang, c.offer, c.landing_url, c.thank_you_url, c.starts_us, c.ends_us, c.created_us, " \
    "c.kind, c.live, c.share_subject, c.share_text, c.form, c.attribution, c.sources, c.fraud, c.click_window_s, "    \
    "c.credit_window_s, c.budget_minor, c.budget_currency, c.min_spend_minor, c.min_spend_currency, "                 \
    "c.min_spend_window_s, c.archived_us, "                                                                           \
    "coalesce(n.reach, 0), "                                                                                         \
    "c.accent_color, c.accent_color_dark, c.logo_url, c.custom_css, c.embed_origins, c.cookie_days, "                 \
    "c.proof_of_work, c.hero_url, c.texts "                                                                           \
    "FROM campaign c LEFT JOIN campaign_count n "                                                                     \
    "ON n.account_id = c.account_id AND n.campaign_id = c.id "

static void read_campaign(SqlRows *rows, int64_t account_id, Arena *arena, void *out_item)
{
    *(Campaign *)out_item = (Campaign){
        .account_id = account_id,
        .id = sql_column_int(rows, 0),
        .name = sql_column_copy(rows, 1, arena),
        .status = (CampaignStatus)sql_column_int(rows, 2),
        .lang = sql_column_copy(rows, 3, arena),
        .offer = sql_column_copy(rows, 4, arena),
        .landing_url = sql_column_copy(rows, 5, arena),
        .thank_you_url = sql_column_copy(rows, 6, arena),
        .starts_us = sql_column_int(rows, 7),
        .ends_us = sql_column_int(rows, 8),
        .created_us = sql_column_int(rows, 9),
        .kind = (CampaignKind)sql_column_int(rows, 10),
        .live = sql_column_int(rows, 11) != 0,
        .share_subject = sql_column_copy(rows, 12, arena),
        .share_text = sql_column_copy(rows, 13, arena),
        .form = sql_column_copy(rows, 14, arena),
        .attribution = (AttributionPolicy)sql_column_int(rows, 15),
        .sources = sql_column_int(rows, 16),
        .fraud = sql_column_int(rows, 17),
        .click_window_s = sql_column_int(rows, 18),
        .credit_window_s = sql_column_int(rows, 19),
        .budget_minor = sql_column_int(rows, 20),
        .budget_currency = rows_currency(rows, 21),
        .min_spend_minor = sql_column_int(rows, 22),
        .min_spend_currency = rows_currency(rows, 23),
        .min_spend_window_s = sql_column_int(rows, 24),
        .archived_us = sql_column_int(rows, 25),
        .reach = sql_column_int(rows, 26),
        .accent_color = sql_column_copy(rows, 27, arena),
        .accent_color_dark = sql_column_copy(rows, 28, arena),
        .logo_url = sql_column_copy(rows, 29, arena),
        .custom_css = sql_column_copy(rows, 30, arena),
        .embed_origins = sql_column_copy(rows, 31, arena),
        .cookie_days = sql_column_int(rows, 32),
        .proof_of_work = sql_column_int(rows, 33) != 0,
        .hero_url = sql_column_copy(rows, 34, arena),
        .texts = sql_column_copy(rows, 35, arena),
    };
}

/* Values of the columns that can be changed, in the order of the statements. */
#define CAMPAIGN_TEXTS(c)                                                                                   \
    sql_text((c)->name), sql_int((c)->status), sql_text((c)->lang), sql_text((c)->offer),                   \
        sql_text((c)->landing_url), sql_text((c)->thank_you_url), sql_int_opt((c)->starts_us),              \
        sql_int_opt((c)->ends_us)
#define CAMPAIGN_SETTINGS(c)                                                                                \
    sql_int((c)->kind), sql_int((c)->live), sql_text((c)->share_subject), sql_text((c)->share_text),        \
        sql_text((c)->form), sql_int((c)->attribution), sql_int((c)->sources), sql_int((c)->fraud),         \
        sql_int((c)->click_window_s), sql_int((c)->credit_window_s), sql_int((c)->budget_minor),            \
        sql_text(str_of((c)->budget_currency.code)), sql_int((c)->min_spend_minor),                         \
        sql_text(str_of((c)->min_spend_currency.code)), sql_int((c)->min_spend_window_s)

#define CAMPAIGN_THEME(c)                                                                           \
    sql_text((c)->accent_color), sql_text((c)->accent_color_dark), sql_text((c)->logo_url),         \
        sql_text((c)->custom_css), sql_text((c)->embed_origins), sql_int((c)->cookie_days),         \
        sql_int((c)->proof_of_work), sql_text((c)->hero_url), sql_text((c)->texts)

Status store_campaign_insert(StoreSession *session, Campaign *campaign)
{
    Status status = session_next_number(session, 0, "campaign", &campaign->id);
    if (status)
        return status;
    campaign->created_us = store_now_us(session);
    status = sql_exec(session->sql,
                      "INSERT INTO campaign (account_id, id, name, status, lang, offer, landing_url, thank_you_url, "
                      "starts_us, ends_us, created_us, kind, live, share_subject, share_text, form, attribution, "
                      "sources, fraud, click_window_s, credit_window_s, budget_minor, budget_currency, "
                      "min_spend_minor, min_spend_currency, min_spend_window_s, accent_color, accent_color_dark, "
                      "logo_url, custom_css, embed_origins, cookie_days, proof_of_work, hero_url, texts) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                      "$12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, "
                      "$31, $32, $33, $34, $35)",
                      sql_int(campaign->account_id), sql_int(campaign->id), CAMPAIGN_TEXTS(campaign),
                      sql_int(campaign->created_us), CAMPAIGN_SETTINGS(campaign), CAMPAIGN_THEME(campaign));
    if (status)
        return status;
    return sql_exec(session->sql, "INSERT INTO campaign_home (id, account_id) VALUES ($1, $2)", sql_int(campaign->id),
                    sql_int(campaign->account_id));
}

Status store_campaign_update(StoreSession *session, const Campaign *campaign)
{
    session->notes.links = true;
    return sql_exec(session->sql,
                    "UPDATE campaign SET name = $1, status = $2, lang = $3, offer = $4, landing_url = $5, "
                    "thank_you_url = $6, starts_us = $7, ends_us = $8, kind = $9, live = $10, share_subject = $11, "
                    "share_text = $12, form = $13, attribution = $14, sources = $15, fraud = $16, "
                    "click_window_s = $17, credit_window_s = $18, budget_minor = $19, budget_currency = $20, "
                    "min_spend_minor = $21, min_spend_currency = $22, min_spend_window_s = $23, accent_color = $24, "
                    "accent_color_dark = $25, logo_url = $26, custom_css = $27, embed_origins = $28, cookie_days = $29, "
                    "proof_of_work = $30, hero_url = $31, texts = $32 WHERE account_id = $33 AND id = $34",
                    CAMPAIGN_TEXTS(campaign), CAMPAIGN_SETTINGS(campaign), CAMPAIGN_THEME(campaign), sql_int(campaign->account_id),
                    sql_int(campaign->id));
}

Status store_campaign_archive(StoreSession *session, int64_t account_id, int64_t id)
{
    session->notes.links = true;
    return sql_exec(session->sql, "UPDATE campaign SET archived_us = $1 WHERE account_id = $2 AND id = $3",
                    sql_int(store_now_us(session)), sql_int(account_id), sql_int(id));
}

Status store_campaign_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena, Campaign *out_campaign)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE c.account_id = $1 AND c.id = $2", &rows,
                              sql_int(account_id), sql_int(id));
    bool found = sql_next(rows);
    if (found)
        read_campaign(rows, account_id, arena, out_campaign);
    return rows_done_one(status, rows, found);
}

Status store_campaign_account(StoreSession *session, int64_t id, int64_t *out_account_id)
{
    SqlRows *rows;
    Status status =
        sql_query(session->sql, "SELECT account_id FROM campaign_home WHERE id = $1", &rows, sql_int(id));
    bool found = sql_next(rows);
    if (found)
        *out_account_id = sql_column_int(rows, 0);
    return rows_done_one(status, rows, found);
}

Status store_campaign_list(StoreSession *session, int64_t account_id, Arena *arena, CampaignList *out_list)
{
    SqlRows *rows;
    Status status = sql_query(session->sql, "SELECT " COLUMNS "WHERE c.account_id = $1 AND c.archived_us IS NULL ORDER BY c.id LIMIT $2", &rows,
                              sql_int(account_id), sql_int(LIMIT_LIST_ROWS));
    return ROWS_READ_ALL(status, rows, account_id, arena, read_campaign, out_list);
}

Status store_campaign_count(StoreSession *session, int64_t account_id, int64_t id, int64_t add_reach)
{
    return sql_exec(session->sql,
                    "INSERT INTO campaign_count (account_id, campaign_id, reach) VALUES ($1, $2, $3) "
                    "ON CONFLICT (account_id, campaign_id) DO UPDATE SET reach = campaign_count.reach + excluded.reach",
                    sql_int(account_id), sql_int(id), sql_int(add_reach));
}
