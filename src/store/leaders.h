/* Leaderboards: who of a campaign has the most qualified referrals. Kept up to date with the counts
 * of users, so that the top is read from an index. Part of store/store.h: include that. */
#ifndef STORE_LEADERS_H
#define STORE_LEADERS_H

#include "store/command.h"

typedef struct Leader {
    int64_t user_id;
    int64_t qualified; /* referrals, 1 and more */
    int64_t since_us;  /* when the count last changed */
} Leader;

typedef struct LeaderList {
    Leader *items;
    size_t count;
} LeaderList;

/* The user has now so many qualified referrals; with 0 it is on no leaderboard. */
Status store_leader_set(StoreSession *session, int64_t account_id, int64_t user_id, int64_t qualified) MUST_USE;

/* The first `limit` of a campaign, the best first; among equals the one whose count has stood longest. */
Status store_leader_list(StoreSession *session, int64_t account_id, int64_t campaign_id, int64_t limit, Arena *arena,
                         LeaderList *out_list) MUST_USE;

#endif
