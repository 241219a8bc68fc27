#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

enum { FIRST_BLOCK_LEN = 4096, ALIGNMENT = 16 };

typedef struct Block {
    struct Block *next;
    size_t len, used;
    _Alignas(ALIGNMENT) char data[];
} Block;

struct Arena {
    Block *blocks; /* the newest first; the last one is the first block */
    size_t max_len, given;
};

static Block *block_new(size_t len)
{
    Block *block = mem_realloc(NULL, sizeof(Block) + len);
    if (block)
        *block = (Block){ .len = len };
    return block;
}

Arena *arena_new(size_t max_len)
{
    Block *block = block_new(FIRST_BLOCK_LEN);
    Arena *arena = block ? mem_alloc(sizeof *arena) : NULL;
    if (arena == NULL) {
        mem_free(block);
        return NULL;
    }
    *arena = (Arena){ .blocks = block, .max_len = max_len };
    return arena;
}

void arena_reset(Arena *arena)
{
    Block *first = arena->blocks;
    while (first->next)
        first = first->next;
    arena_rewind(arena, (ArenaMark){ .block = first });
}

ArenaMark arena_mark(const Arena *arena)
{
    return (ArenaMark){ arena->blocks, arena->blocks->used, arena->given };
}

void arena_rewind(Arena *arena, ArenaMark mark)
{
    while (arena->blocks != mark.block) {
        Block *next = arena->blocks->next;
        mem_free(arena->blocks);
        arena->blocks = next;
    }
    arena->blocks->used = mark.used;
    arena->given = mark.given;
}

void arena_free(Arena **arena)
{
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    mem_free((*arena)->blocks);
    mem_free(*arena);
    *arena = NULL;
}

static size_t round_up(size_t len)
{
    return (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc(Arena *arena, size_t len)
{
    if (len > arena->max_len - arena->given)
        return NULL;
    size_t rounded = round_up(len);
    Block *block = arena->blocks;
    if (rounded > block->len - block->used) {
        /* Doubling keeps the number of blocks small; a large piece gets a block of its own size. */
        size_t wanted = block->len * 2 > rounded ? block->len * 2 : rounded;
        block = block_new(wanted);
        if (block == NULL)
            return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *out = block->data + block->used;
    block->used += rounded;
    arena->given += len;
    return memset(out, 0, len);
}

/* The link to the block in which `ptr` stands alone; NULL: there is none. The first block stays as it is. */
static Block **find_alone(Arena *arena, const void *ptr, size_t len)
{
    for (Block **link = &arena->blocks; (*link)->next; link = &(*link)->next)
        if ((*link)->data == ptr)
            return (*link)->used == round_up(len) ? link : NULL;
    return NULL;
}

void *arena_extend(Arena *arena, void *ptr, size_t old_len, size_t new_len)
{
    Block **link = ptr ? find_alone(arena, ptr, old_len) : NULL;
    if (link == NULL) {
        void *moved = arena_alloc(arena, new_len);
        if (moved && old_len)
            memcpy(moved, ptr, old_len);
        return moved;
    }
    if (new_len - old_len > arena->max_len - arena->given)
        return NULL;
    size_t rounded = round_up(new_len);
    if (rounded > (*link)->len) {
        Block *longer = mem_realloc(*link, sizeof(Block) + rounded);
        if (longer == NULL)
            return NULL;
        longer->len = rounded;
        *link = longer;
    }
    (*link)->used = rounded;
    arena->given += new_len - old_len;
    return (*link)->data;
}

Str arena_str(Arena *arena, Str s)
{
    char *copy = arena_alloc(arena, s.len + 1);
    if (copy == NULL)
        return STR_NONE;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return (Str){ copy, s.len };
}

Str arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
    if (text == NULL)
        return STR_NONE;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (Str){ text, (size_t)len };
}
