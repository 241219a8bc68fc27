#include "engine/link_cache.h"

#include "base/alloc.h"

/* A link may lie in any slot of its set, so that hot links seldom push each other out. Memory is
 * touched, and so counts, only as links are opened: 1.5 MiB when all slots are in use. */
enum { LINK_SETS = 16 * 1024, LINKS_PER_SET = 4, CAMPAIGN_SLOTS = 256, CAMPAIGN_TEXTS_LEN = 256 * 1024 };

typedef struct LinkSlot {
    char code[CODE_LEN]; /* [0] == 0: free */
    int64_t user_id, campaign_id;
} LinkSlot;

typedef struct CampaignSlot {
    Campaign campaign; /* its id is 0: free */
    Arena *texts;      /* of the campaign */
} CampaignSlot;

struct LinkCache {
    const Engine *engine;
    StoreSession *session;
    const LinkEpoch *epoch;
    uint64_t seen_epoch;
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
        cache->epoch = epoch;
        cache->seen_epoch = atomic_load_explicit(&epoch->number, memory_order_acquire);
    }
    return cache;
}

static void clear_campaign(CampaignSlot *slot)
{
    arena_free(&slot->texts);
    *slot = (CampaignSlot){ 0 };
}

static void clear(LinkCache *cache)
{
    memset(cache->links, 0, sizeof cache->links);
    for (size_t i = 0; i < CAMPAIGN_SLOTS; i++)
        clear_campaign(&cache->campaigns[i]);
}

void link_cache_free(LinkCache **cache)
{
    if (*cache == NULL)
        return;
    clear(*cache);
    mem_free(*cache);
    *cache = NULL;
}

static CampaignSlot *campaign_slot(LinkCache *cache, int64_t campaign_id)
{
    return &cache->campaigns[(uint64_t)campaign_id % CAMPAIGN_SLOTS];
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
        if (memcmp(set[i].code, code.ptr, CODE_LEN) == 0)
            return &set[i];
        if (set[i].code[0] == 0)
            spare = &set[i];
    }
    return spare;
}

static Status load_campaign(LinkCache *cache, int64_t account_id, int64_t campaign_id)
{
    CampaignSlot *slot = campaign_slot(cache, campaign_id);
    if (slot->campaign.id == campaign_id)
        return STATUS_OK;
    clear_campaign(slot);
    slot->texts = arena_new(CAMPAIGN_TEXTS_LEN);
    Status status = slot->texts ? store_campaign_get(cache->session, account_id, campaign_id, slot->texts,
                                                     &slot->campaign)
                                : STATUS_NOMEM;
    if (status)
        clear_campaign(slot);
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
    memcpy(slot->code, code.ptr, CODE_LEN);
    slot->user_id = user_id;
    slot->campaign_id = campaign_id;
    return STATUS_OK;
}

Status link_cache_find(LinkCache *cache, Str user_code, LinkTarget *out_target)
{
    uint64_t epoch = atomic_load_explicit(&cache->epoch->number, memory_order_acquire);
    if (epoch != cache->seen_epoch) {
        clear(cache);
        cache->seen_epoch = epoch;
    }
    if (user_code.len != CODE_LEN)
        return STATUS_NOT_FOUND;
    LinkSlot *slot = link_slot(cache, user_code);
    const Campaign *campaign = &campaign_slot(cache, slot->campaign_id)->campaign;
    bool hit = memcmp(slot->code, user_code.ptr, CODE_LEN) == 0 && campaign->id == slot->campaign_id;
    Status status = hit ? STATUS_OK : load_link(cache, user_code, slot);
    if (status)
        return status;
    campaign = &campaign_slot(cache, slot->campaign_id)->campaign;
    *out_target =
        (LinkTarget){ .user = { campaign->account_id, campaign->id, slot->user_id }, .campaign = campaign };
    return STATUS_OK;
}
