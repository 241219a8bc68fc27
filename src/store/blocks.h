/* Rows counted by block: how many rows of which kind have ids in [block * 1024, block * 1024 + 1023].
 *
 * A list of a million rows has some thousand blocks. Adding them up gives its total, and the blocks in
 * which a page begins and ends, in a fraction of a millisecond; counting or skipping the rows would take
 * a hundred. A row's kind is what lists are most often filtered by. Of a user: the source, whether somebody
 * invited it, and whether it has qualified. Of a grant: its state and its metric.
 *
 * Whoever inserts, removes or changes the kind of a row counts it here in the same command. An index has the
 * rows by kind, too: so those of a rare kind are found among a block's.
 *
 * Part of store/store.h: include that. */
#ifndef STORE_BLOCKS_H
#define STORE_BLOCKS_H

#include "domain/grant.h"
#include "domain/user.h"
#include "store/command.h"

enum { BLOCK_IDS = 1024 };

/* A set of kinds. */
typedef uint64_t RowKinds;

/* ---- users ------------------------------------------------------------- */

/* Four times the source, two more for people invited, one more for those who have qualified. */
static inline int user_kind(const User *user)
{
    return 4 * (int)user->source + 2 * user_is_lead(user) + (user->qualified_us != 0);
}

#define USER_KINDS_ALL ((UINT64_C(1) << 4 * SOURCE_COUNT) - 1)
_Static_assert(4 * SOURCE_COUNT <= 62, "a set of kinds is a positive number of the database");

/* The kinds of one source. */
static inline RowKinds user_kinds_of_source(int source)
{
    return UINT64_C(0xf) << 4 * source;
}

/* The kinds of people invited, or of people referring. */
static inline RowKinds user_kinds_of_type(bool invited)
{
    return USER_KINDS_ALL & (invited ? UINT64_C(0xcccccccccccccccc) : UINT64_C(0x3333333333333333));
}

/* The kinds of those who have qualified, or have not. */
static inline RowKinds user_kinds_of_qualified(bool qualified)
{
    return USER_KINDS_ALL & (qualified ? UINT64_C(0xaaaaaaaaaaaaaaaa) : UINT64_C(0x5555555555555555));
}

/* ---- grants ------------------------------------------------------------ */

/* Four times the state, and the metric. */
static inline int grant_kind(GrantState state, RewardMetric metric)
{
    return METRIC_COUNT * (int)state + (int)metric;
}

#define GRANT_KINDS_ALL ((UINT64_C(1) << METRIC_COUNT * GRANT_STATE_COUNT) - 1)
_Static_assert(METRIC_COUNT == 4 && METRIC_COUNT * GRANT_STATE_COUNT <= 62, "the masks below; as above");

static inline RowKinds grant_kinds_of_state(int state)
{
    return UINT64_C(0xf) << METRIC_COUNT * state;
}

static inline RowKinds grant_kinds_of_metric(int metric)
{
    return GRANT_KINDS_ALL & UINT64_C(0x1111111111111111) << metric;
}

/* ---- counting ---------------------------------------------------------- */

/* Whose rows; the numbers stand in the database. */
typedef enum BlockTable { BLOCKS_OF_USERS, BLOCKS_OF_GRANTS } BlockTable;

typedef struct BlockRow {
    BlockTable table;
    int64_t account_id, campaign_id, id;
    int kind;
} BlockRow;

/* `add` is 1 for a row that has been inserted, -1 for one that is removed. */
Status store_block_count(StoreSession *session, const BlockRow *row, int64_t add) MUST_USE;
/* For a row that was of another kind before. */
Status store_block_move(StoreSession *session, const BlockRow *row, int old_kind) MUST_USE;

/* All rows (campaign_id 0: of any campaign) of these kinds. */
typedef struct BlockRange {
    BlockTable table;
    int64_t account_id, campaign_id;
    RowKinds kinds;
} BlockRange;

/* Where the rows of a page lie: the `take` ones after `skip` within the ids [first_id, end_id). */
typedef struct BlockSpan {
    int64_t first_id, end_id, skip, take;
    int64_t total; /* of the range, on all pages */
} BlockSpan;

/* The rows `offset` to `offset + limit` of a range, newest first or oldest first. The span holds at most
 * those rows and two blocks more of the range's. */
Status store_block_span(StoreSession *session, const BlockRange *range, bool ascending, int64_t offset,
                        int64_t limit, BlockSpan *out_span) MUST_USE;

#endif
