/* Users counted by block: how many users of which kind have ids in [block * 1024, block * 1024 + 1023].
 *
 * A list of a million users has some thousand blocks. Adding them up gives its total, and the blocks in
 * which a page begins and ends, in a fraction of a millisecond; counting or skipping the rows would take
 * a hundred. A user's kind is what lists are most often filtered by: the source, whether somebody invited
 * it, and whether it has qualified.
 *
 * Whoever inserts, removes or changes the kind of a user row counts it here in the same command. The row has its kind
 * too (users.kind), in an index: so the users of a rare kind are found among a block's.
 *
 * Part of store/store.h: include that. */
#ifndef STORE_BLOCKS_H
#define STORE_BLOCKS_H

#include "domain/user.h"
#include "store/command.h"

enum { BLOCK_IDS = 1024 };

/* Four times the source, two more for people invited, one more for those who have qualified. */
static inline int user_kind(const User *user)
{
    return 4 * (int)user->source + 2 * user_is_lead(user) + (user->qualified_us != 0);
}

/* A set of kinds. */
typedef uint64_t UserKinds;
#define USER_KINDS_ALL ((UINT64_C(1) << 4 * SOURCE_COUNT) - 1)
_Static_assert(4 * SOURCE_COUNT <= 62, "a set of kinds is a positive number of the database");

/* The kinds of one source. */
static inline UserKinds user_kinds_of_source(int source)
{
    return UINT64_C(0xf) << 4 * source;
}

/* The kinds of people invited, or of people referring. */
static inline UserKinds user_kinds_of_type(bool invited)
{
    return USER_KINDS_ALL & (invited ? UINT64_C(0xcccccccccccccccc) : UINT64_C(0x3333333333333333));
}

/* The kinds of those who have qualified, or have not. */
static inline UserKinds user_kinds_of_qualified(bool qualified)
{
    return USER_KINDS_ALL & (qualified ? UINT64_C(0xaaaaaaaaaaaaaaaa) : UINT64_C(0x5555555555555555));
}

/* `add` is 1 for a user who has been inserted, -1 before one is removed or changes its kind. */
Status store_block_count(StoreSession *session, const User *user, int64_t add) MUST_USE;

/* Where the rows of a page lie: the `take` ones after `skip` within the ids [first_id, end_id). */
typedef struct BlockSpan {
    int64_t first_id, end_id, skip, take;
    int64_t total; /* users of these kinds, on all pages */
} BlockSpan;

/* The rows `offset` to `offset + limit` of all users (campaign_id 0: of any campaign) of these kinds, newest first or
 * oldest first. The span holds at most those rows and two blocks more of users of these kinds. */
Status store_block_span(StoreSession *session, int64_t account_id, int64_t campaign_id, UserKinds kinds,
                        bool ascending, int64_t offset, int64_t limit, BlockSpan *out_span) MUST_USE;

#endif
