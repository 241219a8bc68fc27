/* Users counted by block: how many users of which kind have ids in [block * 1024, block * 1024 + 1023].
 *
 * A list of a million users has some thousand blocks. Adding them up gives its total, and the blocks in
 * which a page begins and ends, in a fraction of a millisecond; counting or skipping the rows would take
 * a hundred. A user's kind is what lists are most often filtered by: the source, and whether somebody
 * invited it.
 *
 * Whoever inserts, removes or changes the kind of a user row counts it here in the same command.
 *
 * Part of store/store.h: include that. */
#ifndef STORE_BLOCKS_H
#define STORE_BLOCKS_H

#include "domain/user.h"
#include "store/command.h"

enum { BLOCK_IDS = 1024 };

typedef uint32_t UserKinds; /* a set: bit 2 * source, and bit 2 * source + 1 for those invited */
#define USER_KINDS_ALL UINT32_MAX
_Static_assert(2 * SOURCE_COUNT <= 32, "a set of kinds has 32 bits");

/* The kinds of one source, whoever invited them. */
static inline UserKinds user_kinds_of_source(int source)
{
    return UINT32_C(3) << 2 * source;
}

/* The kinds of people invited, or of people referring, from any source. */
static inline UserKinds user_kinds_of_type(bool invited)
{
    return invited ? UINT32_C(0xaaaaaaaa) : UINT32_C(0x55555555);
}

/* `add` is 1 for a user who has been inserted, -1 before one is removed or changes its kind. */
Status store_block_count(StoreSession *session, const User *user, int64_t add) MUST_USE;

/* A part of a page: within the ids [first_id, first_id + BLOCK_IDS), the `take` rows after `skip`. */
typedef struct BlockSlice {
    int64_t first_id, skip, take;
} BlockSlice;

typedef struct BlockSlices {
    BlockSlice *items; /* in the order of the page */
    size_t count;
    int64_t total; /* users of these kinds, on all pages */
} BlockSlices;

/* Where the rows `offset` to `offset + limit` of all users (campaign_id 0: of any campaign) of these kinds
 * lie, newest first or oldest first. */
Status store_block_slices(StoreSession *session, int64_t account_id, int64_t campaign_id, UserKinds kinds,
                          bool ascending, int64_t offset, int64_t limit, Arena *arena,
                          BlockSlices *out_slices) MUST_USE;

#endif
