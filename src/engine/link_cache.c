#include "engine/link_cache.h"

#include "base/alloc.h"

/* A link may lie in any slot of its set, so that hot links seldom push each other out. Memory is
 * touched, and so counts, only as links are opened: 4 MiB when all slots are in use. */
enum { LINK_SETS = 16 * 1024, LINKS_PER_SET = 4, CAMPAIGN_SLOTS = 256, CAMPAIGN_TEXTS_LEN = 256 * 1024 };

enum { NAME_ROOM = 31, NAME_UNKNOWN = UINT8_MAX };

typedef struct LinkSlot {
    uint64_t epoch; /* not the cache's: free */
    char code[CODE_LEN];
    int64_t user_id, campaign_id;
    uint8_t name_len;     /* or NAME_UNKNOWN, until a page asks, and for names that are longer */
    char name[NAME_ROOM]; /* the user's first name */
} LinkSlot;

typedef struct CampaignSlot {
    uint64_t epoch; /* not the cache's: free */
    Campaign campaign;
    Arena *texts; /* of the campaign */
} CampaignSlot;

struct LinkCache {
    const Engine *engine;
    StoreSession *session;
    const LinkEpoch *shared_epoch;
    uint64_t epoch; /* the shared one's number and 1: what is all zero is free */
    LinkSlot links[LINK_SETS][LINKS_PER_SET];
    CampaignSlot campaigns[CAMPAIGN_SLOTS];
};

void link_epoch_raise(LinkEpoch *epoch)
{
    atomic_fetch_add_explicit(&epoch->number, 1, memory_order_release);
}

LinkCache *link_cache_new(const Engine *engine, StoreSession *session, const LinkEpoch *epoch)
{
    LinkCache *cache = mem_alloc(sizeof *cache);
    if (cache) {
        cache->engine = engine;
        cache->session = session;
        cache->shared_epoch = epoch;
    }
    return cache;
}

void link_cache_free(LinkCache **cache)
{
    if (*cache == NULL)
        return;
    for (size_t i = 0; i < CAMPAIGN_SLOTS; i++)
        arena_free(&(*cache)->campaigns[i].texts);
    mem_free(*cache);
    *cache = NULL;
}

static CampaignSlot *campaign_slot(LinkCache *cache, int64_t campaign_id)
{
    return &cache->campaigns[(uint64_t)campaign_id % CAMPAIGN_SLOTS];
}

static bool holds_campaign(const LinkCache *cache, const CampaignSlot *slot, int64_t campaign_id)
{
    return slot->epoch == cache->epoch && slot->campaign.id == campaign_id;
}

static bool holds_link(const LinkCache *cache, const LinkSlot *slot, Str code)
{
    return slot->epoch == cache->epoch && memcmp(slot->code, code.ptr, CODE_LEN) == 0;
}

/* The slot that holds the code, or else the one to put it in: a free one or, by chance of its bits, any. */
static LinkSlot *link_slot(LinkCache *cache, Str code)
{
    uint64_t bits;
    memcpy(&bits, code.ptr, sizeof bits);
    bits *= UINT64_C(0x9e3779b97f4a7c15);
    LinkSlot *set = cache->links[(bits >> 40) % LINK_SETS];
    LinkSlot *spare = &set[bits >> 62];
    for (size_t i = 0; i < LINKS_PER_SET; i++) {
        if (holds_link(cache, &set[i], code))
            return &set[i];
        if (set[i].epoch != cache->epoch)
            spare = &set[i];
    }
    return spare;
}

static Status load_campaign(LinkCache *cache, int64_t account_id, int64_t campaign_id)
{
    CampaignSlot *slot = campaign_slot(cache, campaign_id);
    if (holds_campaign(cache, slot, campaign_id))
        return STATUS_OK;
    arena_free(&slot->texts);
    *slot = (CampaignSlot){ .texts = arena_new(CAMPAIGN_TEXTS_LEN) };
    Status status = slot->texts ? store_campaign_get(cache->session, account_id, campaign_id, slot->texts,
                                                     &slot->campaign)
                                : STATUS_NOMEM;
    if (!status)
        slot->epoch = cache->epoch;
    return status;
}

static Status load_link(LinkCache *cache, Str code, LinkSlot *slot)
{
    int64_t user_id, account_id, campaign_id;
    if (!code_parse(&cache->engine->code_key, CODE_USER, code, &user_id))
        return STATUS_NOT_FOUND;
    Status status = store_user_home(cache->session, user_id, &account_id, &campaign_id);
    if (!status)
        status = load_campaign(cache, account_id, campaign_id);
    if (status)
        return status;
    *slot = (LinkSlot){
        .epoch = cache->epoch, .user_id = user_id, .campaign_id = campaign_id, .name_len = NAME_UNKNOWN
    };
    memcpy(slot->code, code.ptr, CODE_LEN);
    return STATUS_OK;
}

Status link_cache_find(LinkCache *cache, Str user_code, LinkTarget *out_target)
{
    if (user_code.len != CODE_LEN)
        return STATUS_NOT_FOUND;
    cache->epoch = atomic_load_explicit(&cache->shared_epoch->number, memory_order_acquire) + 1;
    LinkSlot *slot = link_slot(cache, user_code);
    bool hit = holds_link(cache, slot, user_code) &&
               holds_campaign(cache, campaign_slot(cache, slot->campaign_id), slot->campaign_id);
    Status status = hit ? STATUS_OK : load_link(cache, user_code, slot);
    if (status)
        return status;
    const Campaign *campaign = &campaign_slot(cache, slot->campaign_id)->campaign;
    *out_target = (LinkTarget){ .user = { campaign->account_id, campaign->id, slot->user_id },
                                .campaign = campaign,
                                .slot = slot };
    return STATUS_OK;
}

Status link_cache_first_name(LinkCache *cache, const LinkTarget *target, Arena *arena, Str *out_name)
{
    LinkSlot *slot = target->slot;
    if (slot->name_len != NAME_UNKNOWN) {
        *out_name = (Str){ slot->name, slot->name_len };
        return STATUS_OK;
    }
    Status status =
        store_user_first_name(cache->session, target->user.account_id, target->user.user_id, arena, out_name);
    if (!status && out_name->len <= NAME_ROOM) {
        memcpy(slot->name, out_name->ptr, out_name->len);
        slot->name_len = (uint8_t)out_name->len;
    }
    return status;
}
