#include "engine/domains.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "domain/host.h"
#include "domain/text.h"

/* ---- commands -------------------------------------------------------------- */

typedef struct DomainPut {
    DomainCommand command;
    const Engine *engine;
} DomainPut;

/* The server's own host opens all campaigns. */
static Status check_not_own(const Engine *engine, Str host, Error *err)
{
    Str rest = str_skip(engine->base_url, str_starts(engine->base_url, STR("https://")) ? 8 : 7), own;
    if (!str_cut(&rest, '/', &own) || !str_eq(host_without_port(own), host))
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "domain", "This is the host of the server itself.");
}

static Status check_campaign(StoreSession *session, const Domain *domain, Arena *arena, Error *err)
{
    Campaign campaign;
    Status status = store_campaign_get(session, domain->account_id, domain->campaign_id, arena, &campaign);
    return status == STATUS_NOT_FOUND ? error_set(err, status, NULL, "There is no such campaign.") : status;
}

static Status check_count(StoreSession *session, const Domain *domain, Arena *arena, Error *err)
{
    DomainList list;
    Status status = store_domain_list(session, domain->account_id, domain->campaign_id, arena, &list);
    if (!status && list.count >= LIMIT_DOMAINS)
        return error_set(err, STATUS_INVALID, "domain", "A campaign has at most %d hosts.", LIMIT_DOMAINS);
    return status;
}

static bool is_same_owner(const Domain *a, const Domain *b)
{
    return a->account_id == b->account_id && a->campaign_id == b->campaign_id;
}

static Status run_put(Command *base, StoreSession *session)
{
    DomainPut *put = (DomainPut *)base;
    Domain *domain = &put->command.domain, there;
    Status status = check_campaign(session, domain, base->arena, &base->error);
    if (!status)
        status = host_check(&domain->host, base->arena, "domain", &base->error);
    if (!status)
        status = check_not_own(put->engine, domain->host, &base->error);
    if (!status)
        status = text_check_url(&domain->fallback_url, "fallback_url", &base->error);
    if (status)
        return status;
    status = store_domain_get(session, domain->host, base->arena, &there);
    put->command.is_new = status == STATUS_NOT_FOUND;
    if (put->command.is_new)
        status = check_count(session, domain, base->arena, &base->error);
    else if (!status && !is_same_owner(domain, &there))
        return error_set(&base->error, STATUS_CONFLICT, "domain", "This host belongs to another campaign. Remove it there first.");
    if (!status)
        status = store_domain_put(session, domain);
    return status ? status : store_domain_get(session, domain->host, base->arena, domain);
}

DomainCommand *domain_command_new(const Engine *engine, Arena *arena)
{
    DomainPut *put = ARENA_NEW(arena, DomainPut);
    if (put == NULL)
        return NULL;
    *put = (DomainPut){ .command.base = { .run = run_put, .arena = arena }, .engine = engine };
    return &put->command;
}

static Status run_remove(Command *base, StoreSession *session)
{
    Domain *domain = &((DomainRemoveCommand *)base)->domain, there;
    Status status = host_check(&domain->host, base->arena, NULL, NULL);
    if (!status)
        status = store_domain_get(session, domain->host, base->arena, &there);
    if (status == STATUS_NOT_FOUND || status == STATUS_INVALID || (!status && !is_same_owner(domain, &there)))
        return error_set(&base->error, STATUS_NOT_FOUND, NULL, "The campaign has no such host.");
    return status ? status : store_domain_remove(session, domain);
}

DomainRemoveCommand *domain_remove_command_new(Arena *arena)
{
    DomainRemoveCommand *command = ARENA_NEW(arena, DomainRemoveCommand);
    if (command)
        *command = (DomainRemoveCommand){ .base = { .run = run_remove, .arena = arena } };
    return command;
}

/* ---- where links begin --------------------------------------------------- */

typedef struct LinkBase {
    int64_t campaign_id, created_us;
    char host[HOST_MAX + 1];
} LinkBase;

typedef struct LinkBaseList {
    LinkBase *items; /* by campaign, its first host first */
    size_t count;
} LinkBaseList;

struct LinkBases {
    const LinkEpoch *now;
    _Atomic bool has_any; /* else no link needs the lock */
    _Atomic uint64_t epoch; /* that `list` is of, or an older one */
    pthread_rwlock_t lock;
    LinkBaseList list;
};

LinkBases *link_bases_new(const LinkEpoch *epoch)
{
    LinkBases *bases = mem_alloc(sizeof *bases);
    if (bases && pthread_rwlock_init(&bases->lock, NULL) != 0) {
        mem_free(bases);
        return NULL;
    }
    if (bases) {
        bases->now = epoch;
        atomic_init(&bases->epoch, UINT64_MAX);
    }
    return bases;
}

void link_bases_free(LinkBases **bases)
{
    if (*bases == NULL)
        return;
    mem_free((*bases)->list.items);
    pthread_rwlock_destroy(&(*bases)->lock);
    mem_free(*bases);
    *bases = NULL;
}

static int compare(const void *a, const void *b)
{
    const LinkBase *x = a, *y = b;
    if (x->campaign_id != y->campaign_id)
        return x->campaign_id < y->campaign_id ? -1 : 1;
    if (x->created_us != y->created_us)
        return x->created_us < y->created_us ? -1 : 1;
    return strcmp(x->host, y->host);
}

static Status append(LinkBaseList *list, const DomainList *domains)
{
    LinkBase *grown = mem_realloc(list->items, (list->count + domains->count) * sizeof *grown);
    if (grown == NULL)
        return STATUS_NOMEM;
    list->items = grown;
    for (size_t i = 0; i < domains->count; i++) {
        const Domain *domain = &domains->items[i];
        LinkBase *base = &list->items[list->count++];
        *base = (LinkBase){ .campaign_id = domain->campaign_id, .created_us = domain->created_us };
        memcpy(base->host, domain->host.ptr, size_min(domain->host.len, HOST_MAX));
    }
    return STATUS_OK;
}

static Status read_all(StoreSession *session, LinkBaseList *list)
{
    enum { ARENA_LEN = 1024 * 1024 };
    Arena *arena = arena_new(ARENA_LEN);
    Status status = arena ? STATUS_OK : STATUS_NOMEM;
    for (bool more = true; !status && more;) {
        DomainList domains;
        arena_reset(arena);
        status = store_domain_next(session, list->count ? str_of(list->items[list->count - 1].host) : STR(""), arena, &domains);
        more = !status && domains.count > 0;
        if (more)
            status = append(list, &domains);
    }
    arena_free(&arena);
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare);
    return status;
}

Status link_bases_refresh(LinkBases *bases, StoreSession *session)
{
    uint64_t epoch = atomic_load_explicit(&bases->now->number, memory_order_acquire); /* before it is read */
    if (atomic_load(&bases->epoch) == epoch)
        return STATUS_OK;
    LinkBaseList fresh = { 0 };
    Status status = read_all(session, &fresh);
    if (!status) {
        pthread_rwlock_wrlock(&bases->lock);
        LinkBaseList old = bases->list;
        bases->list = fresh;
        fresh = old;
        atomic_store(&bases->has_any, bases->list.count > 0);
        atomic_store(&bases->epoch, epoch);
        pthread_rwlock_unlock(&bases->lock);
    }
    mem_free(fresh.items);
    return status;
}

static const LinkBase *find_base(const LinkBaseList *list, int64_t campaign_id)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].campaign_id < campaign_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->items[low].campaign_id == campaign_id ? &list->items[low] : NULL;
}

void link_base_append(const Engine *engine, int64_t campaign_id, Buf *buf)
{
    LinkBases *bases = engine->link_bases;
    const LinkBase *base = NULL;
    if (bases && atomic_load(&bases->has_any)) {
        pthread_rwlock_rdlock(&bases->lock);
        base = find_base(&bases->list, campaign_id);
        if (base) {
            buf_append(buf, str_starts(engine->base_url, STR("https:")) ? STR("https://") : STR("http://"));
            buf_append(buf, str_of(base->host));
        }
        pthread_rwlock_unlock(&bases->lock);
    }
    if (base == NULL)
        buf_append(buf, engine->base_url);
}
