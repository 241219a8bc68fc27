/* An arena: memory of one request or one job, freed as a whole, with a ceiling.
 *
 * Each arena belongs to one thread at a time. Memory is zeroed. A NULL answer means the
 * ceiling or the system's memory is reached: the job ends with STATUS_NOMEM. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

typedef struct Arena Arena;

/* An arena that gives out `max_len` bytes in all; NULL without memory. */
Arena *arena_new(size_t max_len) MUST_USE;
/* Frees it and sets the pointer to NULL; takes NULL. */
void arena_free(Arena **arena);
/* Forgets all that was given out; keeps the first block for the next job. */
void arena_reset(Arena *arena);

/* Where an arena stands; going back there forgets all that was given out since. */
typedef struct ArenaMark {
    void *block;
    size_t used, given;
} ArenaMark;
ArenaMark arena_mark(const Arena *arena);
void arena_rewind(Arena *arena, ArenaMark mark);

void *arena_alloc(Arena *arena, size_t len) MUST_USE;
/* A piece becomes longer: what is new of it is not zeroed. A large one that is alone in its block grows in place, so
 * that a buffer that doubles leaves no copies behind; no mark may lie between its making and this. */
void *arena_extend(Arena *arena, void *ptr, size_t old_len, size_t new_len) MUST_USE;
/* A copy, with a NUL behind it that is not counted; { NULL, 0 } without memory. */
Str arena_str(Arena *arena, Str s) MUST_USE;
/* printf into the arena, with a NUL behind it; { NULL, 0 } without memory. */
Str arena_printf(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) MUST_USE;

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
