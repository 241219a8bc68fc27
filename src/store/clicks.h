/* Clicks on links, each a row for a time, and counted by device, country and referring host for every day.
 * Part of store/store.h: include that. */
#ifndef STORE_CLICKS_H
#define STORE_CLICKS_H

#include "domain/click.h"
#include "store/command.h"

/* `click->at_us` may be moved on a little: no two clicks of an account have the same. */
Status store_click_insert(StoreSession *session, int64_t account_id, Click *click) MUST_USE;

typedef struct ClickPage {
    Click *items;
    size_t count;
    bool has_more;
} ClickPage;

/* A campaign's clicks behind `after` (an at_us), oldest first, at most `limit`. */
Status store_click_page(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t after, int64_t limit,
                        Arena *arena, ClickPage *out_page) MUST_USE;

/* Where a campaign's clicks came from. */
typedef struct ClickOrigin {
    Device device;
    Str country, host;
    int64_t clicks;
} ClickOrigin;

typedef struct ClickOriginList {
    ClickOrigin *items;
    size_t count;
} ClickOriginList;

/* Adds `origin->clicks` on the day of `at_us`. */
Status store_click_origin_add(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t at_us,
                              const ClickOrigin *origin) MUST_USE;
/* Summed up from the day of `from_us` to that of `to_us`, by device. Of each item only this is set. */
Status store_click_devices(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us, int64_t to_us,
                           Arena *arena, ClickOriginList *out_list) MUST_USE;
/* The same by country, the most clicks first, without those of bots. */
Status store_click_countries(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us,
                             int64_t to_us, int64_t limit, Arena *arena, ClickOriginList *out_list) MUST_USE;
/* The same by host, the most clicks first, without those of bots. */
Status store_click_hosts(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t from_us, int64_t to_us,
                         int64_t limit, Arena *arena, ClickOriginList *out_list) MUST_USE;

/* Deletes a bounded number of an account's clicks before `before_us`; `*out_more`: there may be others. */
Status store_click_forget(StoreSession *session, int64_t account_id, int64_t before_us, bool *out_more) MUST_USE;

#endif
