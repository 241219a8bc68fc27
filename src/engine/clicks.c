#include "engine/clicks.h"

#include "base/alloc.h"
#include "base/limits.h"

enum {
    TABLE_SLOTS = 16 * 1024, /* clicks that differ, between two flushes; a power of two */
    TABLE_FULL = TABLE_SLOTS * 3 / 4,
    PER_COMMAND = 512, /* so that other commands get their turn */
};

/* Clicks on one link by people of one kind. */
typedef struct ClickCount {
    ClickOn on; /* user_id 0: free */
    ClickBy by;
    int64_t at_us; /* the first of them */
    int64_t count;
} ClickCount;

struct Clicks {
    const Engine *engine;
    LoopSink *sink;
    size_t under_way; /* commands */
    size_t used;
    ClickCount table[TABLE_SLOTS]; /* open addressing by what they are on and by */
};

/* A click that its visitor waits for. */
typedef struct ClickCommand {
    Command base;
    Clicks *clicks;
    ClickCount item;
    void (*done)(Command *command);
} ClickCommand;

typedef struct ClicksCommand {
    Command base;
    Clicks *clicks;
    size_t count;
    ClickCount items[PER_COMMAND];
} ClicksCommand;

/* Their clicks are kept and marked, and count for nobody. */
static bool is_by_bot(const ClickCount *item)
{
    return item->by.device == DEVICE_BOT;
}

static Status count_campaign(StoreSession *session, const ClickOn *on, int64_t clicks)
{
    Status status = store_campaign_count(session, on->account_id, on->campaign_id, clicks);
    return status ? status
                  : store_day_add(session, on->account_id, on->campaign_id, store_now_us(session),
                                  (DayCounts){ .clicks = clicks });
}

static Status count_origin(StoreSession *session, const ClickCount *item, int64_t clicks)
{
    ClickOrigin origin = { .device = item->by.device,
                           .country = str_of(item->by.country.code),
                           .host = str_of(item->by.host),
                           .clicks = clicks };
    return store_click_origin_add(session, item->on.account_id, item->on.campaign_id, item->at_us, &origin);
}

static Status write_item(StoreSession *session, const ClickCount *item)
{
    const ClickOn *on = &item->on;
    Click click = { .campaign_id = on->campaign_id,
                    .user_id = on->user_id,
                    .at_us = item->at_us,
                    .count = item->count,
                    .device = item->by.device,
                    .country = str_of(item->by.country.code),
                    .host = str_of(item->by.host) };
    Status status = store_click_insert(session, on->account_id, &click);
    return status || is_by_bot(item) ? status
                                     : store_user_count(session, on->account_id, on->user_id,
                                                        (UserCounts){ .reach = item->count }, NULL);
}

static Status write_items(StoreSession *session, const ClickCount *items, size_t count)
{
    int64_t of_campaign = 0, of_origin = 0;
    Status status = STATUS_OK;
    for (size_t i = 0; !status && i < count; i++) {
        const ClickCount *next = i + 1 < count ? &items[i + 1] : NULL;
        /* Runs of one campaign, and of one origin, are summed up. */
        bool same_campaign = next && next->on.campaign_id == items[i].on.campaign_id;
        bool same_origin = same_campaign && memcmp(&next->by, &items[i].by, sizeof next->by) == 0;
        of_campaign += is_by_bot(&items[i]) ? 0 : items[i].count;
        of_origin += items[i].count;
        status = write_item(session, &items[i]);
        if (!status && !same_origin) {
            status = count_origin(session, &items[i], of_origin);
            of_origin = 0;
        }
        if (!status && !same_campaign && of_campaign) {
            status = count_campaign(session, &items[i].on, of_campaign);
            of_campaign = 0;
        }
    }
    return status;
}

static Status run_click(Command *base, StoreSession *session)
{
    return write_items(session, &((ClickCommand *)base)->item, 1);
}

static Status run_clicks(Command *base, StoreSession *session)
{
    const ClicksCommand *command = (const ClicksCommand *)base;
    return write_items(session, command->items, command->count);
}

static void count_again(Clicks *clicks, const ClickCount *item);

static void done_clicks(Command *base)
{
    ClicksCommand *command = (ClicksCommand *)base;
    Clicks *clicks = command->clicks;
    clicks->under_way--;
    if (base->status != STATUS_OK) /* the disk is full or the queue is: try with the next flush */
        for (size_t i = 0; i < command->count; i++)
            count_again(clicks, &command->items[i]);
    Arena *arena = base->arena;
    arena_free(&arena);
}

static void done_click(Command *base)
{
    ClickCommand *command = (ClickCommand *)base;
    if (base->status != STATUS_OK)
        count_again(command->clicks, &command->item);
    command->done(base);
}

static ClicksCommand *command_new(Clicks *clicks)
{
    Arena *arena = arena_new(sizeof(ClicksCommand) + 1024);
    ClicksCommand *command = arena ? ARENA_NEW(arena, ClicksCommand) : NULL;
    if (command == NULL) {
        arena_free(&arena);
        return NULL;
    }
    command->base = (Command){ .run = run_clicks, .done = done_clicks, .arena = arena };
    command->clicks = clicks;
    return command;
}

Clicks *clicks_new(const Engine *engine, LoopSink *sink)
{
    Clicks *clicks = mem_alloc(sizeof *clicks);
    if (clicks) {
        clicks->engine = engine;
        clicks->sink = sink;
    }
    return clicks;
}

void clicks_free(Clicks **clicks)
{
    mem_free(*clicks);
    *clicks = NULL;
}

_Static_assert(sizeof(ClickBy) == sizeof(Device) + sizeof(Country) + CLICK_HOST_MAX + 1, "compared as bytes");

static size_t slot_of(const ClickCount *item)
{
    uint64_t words[sizeof item->by.host / sizeof(uint64_t)], bits = (uint64_t)item->on.user_id ^ (uint64_t)item->by.device << 56;
    bits ^= (uint64_t)item->by.country.code[0] << 48 ^ (uint64_t)item->by.country.code[1] << 40;
    memcpy(words, item->by.host, sizeof words);
    for (size_t i = 0; i < ARRAY_LEN(words) && words[i]; i++)
        bits = (bits ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return bits * UINT64_C(0x9e3779b97f4a7c15) >> 40;
}

static void count_again(Clicks *clicks, const ClickCount *item)
{
    for (size_t slot = slot_of(item);; slot++) {
        ClickCount *entry = &clicks->table[slot % TABLE_SLOTS];
        if (entry->on.user_id == item->on.user_id && memcmp(&entry->by, &item->by, sizeof item->by) == 0) {
            entry->count += item->count;
            return;
        }
        if (entry->on.user_id == 0 && clicks->used < TABLE_SLOTS - 1) {
            *entry = *item;
            clicks->used++;
            return;
        }
        if (clicks->used == TABLE_SLOTS - 1)
            return; /* only after many failed flushes: the database has been away for long */
    }
}

void clicks_add(Clicks *clicks, const ClickOn *on, const ClickBy *by, int64_t now_us)
{
    if (clicks->used >= TABLE_FULL)
        clicks_flush(clicks);
    count_again(clicks, &(ClickCount){ *on, *by, now_us, 1 });
}

Status clicks_write(Clicks *clicks, Arena *arena, const ClickOn *on, const ClickBy *by, int64_t now_us,
                    void (*done)(Command *), void *owner)
{
    ClickCommand *command = ARENA_NEW(arena, ClickCommand);
    if (command == NULL)
        return STATUS_NOMEM;
    *command = (ClickCommand){ .base = { .run = run_click, .done = done_click, .owner = owner, .arena = arena },
                               .clicks = clicks,
                               .item = { *on, *by, now_us, 1 },
                               .done = done };
    loop_sink_submit(clicks->sink, clicks->engine->store, &command->base);
    return STATUS_OK;
}

static void submit(Clicks *clicks, ClicksCommand *command)
{
    clicks->under_way++;
    loop_sink_submit(clicks->sink, clicks->engine->store, &command->base);
}

void clicks_flush(Clicks *clicks)
{
    /* A command that is refused at once counts its clicks again: so the table is emptied first. */
    ClicksCommand *full = NULL;
    for (size_t i = 0; i < TABLE_SLOTS && clicks->used > 0; i++) {
        if (clicks->table[i].on.user_id == 0)
            continue;
        if (full == NULL)
            full = command_new(clicks);
        if (full == NULL)
            return; /* no memory: they stay counted */
        full->items[full->count++] = clicks->table[i];
        clicks->table[i] = (ClickCount){ 0 };
        clicks->used--;
        if (full->count == PER_COMMAND || clicks->used == 0) {
            ClicksCommand *ready = full;
            full = NULL;
            submit(clicks, ready);
        }
    }
}

bool clicks_pending(const Clicks *clicks)
{
    return clicks->used > 0 || clicks->under_way > 0;
}
