/* Coupon codes out of a CSV text: the first column counts; a head ("code" or "coupon"), empty cells and a byte
 * order mark, as spreadsheets write it, don't. */
#ifndef ENGINE_COUPON_CSV_H
#define ENGINE_COUPON_CSV_H

#include "base/arena.h"
#include "base/status.h"

/* STATUS_INVALID when it is no CSV. The codes are copies in the arena. */
Status coupon_csv_read(Str text, Arena *arena, Str **out_codes, size_t *out_count, Error *err) MUST_USE;

#endif
