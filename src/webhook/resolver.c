#include "webhook/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/time.h"
#include "webhook/egress.h"
#include "webhook/hash.h"

enum { MAX_ENTRIES = 4096, FAILURE_SHARE = 6 };

typedef enum EntryState { ENTRY_WANTED, ENTRY_LOOKING, ENTRY_KNOWN } EntryState;

typedef struct Entry {
    char name[RESOLVER_MAX_NAME_LEN + 1];
    EntryState state;
    ResolverAnswer answer;
    int64_t good_until_us;     /* monotonic */
    struct Entry *prev, *next; /* among those wanted */
    UT_hash_handle hh;
} Entry;

/* Shared by its user and its workers: whoever leaves last frees it. */
struct Resolver {
    ResolverOptions options;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Under the lock: */
    size_t holders, workers, idle;
    bool closed;
    Entry *entries; /* by name */
    Entry *wanted;  /* oldest first */
    size_t wanted_count;
    int64_t worked_us; /* monotonic: when something was learnt last; 0: never */
};

void resolver_system_lookup(void *arg UNUSED, const char *name, ResolverAnswer *out_answer)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list = NULL;
    *out_answer = (ResolverAnswer){ .count = 0 };
    int code = getaddrinfo(name, NULL, &hints, &list);
    out_answer->failed = code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY;
    if (code != 0)
        return;
    for (struct addrinfo *each = list; each && out_answer->count < RESOLVER_MAX_ADDRESSES;
         each = each->ai_next)
        out_answer->addresses[out_answer->count++] = egress_address(each->ai_addr);
    freeaddrinfo(list);
}

/* ---- workers ----------------------------------------------------------- */

/* With the lock held; gives it up. */
static void leave(Resolver *resolver)
{
    bool last = --resolver->holders == 0;
    pthread_mutex_unlock(&resolver->lock);
    if (!last)
        return;
    Entry *entry, *next;
    HASH_ITER(hh, resolver->entries, entry, next)
    {
        HASH_DEL(resolver->entries, entry);
        mem_free(entry);
    }
    pthread_cond_destroy(&resolver->wake);
    pthread_mutex_destroy(&resolver->lock);
    mem_free(resolver);
}

static void look_up(Resolver *resolver, Entry *entry)
{
    ResolverAnswer answer = { .count = 0 };
    entry->state = ENTRY_LOOKING;
    pthread_mutex_unlock(&resolver->lock);
    resolver->options.lookup(resolver->options.lookup_arg, entry->name, &answer);
    pthread_mutex_lock(&resolver->lock);
    int64_t keep_us = resolver->options.keep_us;
    entry->answer = answer;
    if (!answer.failed)
        resolver->worked_us = time_monotonic_us();
    entry->good_until_us = time_monotonic_us() + (answer.count ? keep_us : keep_us / FAILURE_SHARE);
    entry->state = ENTRY_KNOWN;
    if (!resolver->closed)
        resolver->options.wake(resolver->options.wake_arg);
}

static void *work(void *arg)
{
    Resolver *resolver = arg;
    pthread_mutex_lock(&resolver->lock);
    while (!resolver->closed) {
        Entry *entry = resolver->wanted;
        if (entry) {
            DL_DELETE(resolver->wanted, entry);
            resolver->wanted_count--;
            look_up(resolver, entry);
        } else {
            resolver->idle++;
            pthread_cond_wait(&resolver->wake, &resolver->lock);
            resolver->idle--;
        }
    }
    leave(resolver);
    return NULL;
}

/* With the lock held. Without any worker the question waits for the next one who asks. */
static void hire(Resolver *resolver)
{
    if (resolver->idle >= resolver->wanted_count || resolver->workers == RESOLVER_WORKERS)
        return;
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, work, resolver) == 0) {
        resolver->workers++;
        resolver->holders++;
    }
    pthread_attr_destroy(&attributes);
}

/* ---- questions --------------------------------------------------------- */

static void forget_old(Resolver *resolver, int64_t now_us)
{
    Entry *entry, *next;
    HASH_ITER(hh, resolver->entries, entry, next)
    {
        if (entry->state != ENTRY_KNOWN || entry->good_until_us > now_us)
            continue;
        HASH_DEL(resolver->entries, entry);
        mem_free(entry);
    }
}

static Entry *add_entry(Resolver *resolver, Str name, int64_t now_us)
{
    if (HASH_COUNT(resolver->entries) >= MAX_ENTRIES)
        forget_old(resolver, now_us);
    if (HASH_COUNT(resolver->entries) >= MAX_ENTRIES)
        return NULL;
    Entry *entry = mem_alloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    memcpy(entry->name, name.ptr, name.len);
    entry->state = ENTRY_KNOWN; /* long ago */
    HASH_ADD(hh, resolver->entries, name[0], (unsigned)name.len, entry);
    if (entry->hh.tbl == NULL) {
        mem_free(entry);
        return NULL;
    }
    return entry;
}

/* With the lock held. */
static Status ask(Resolver *resolver, Str name, ResolverAnswer *out_answer)
{
    int64_t now_us = time_monotonic_us();
    Entry *entry;
    HASH_FIND(hh, resolver->entries, name.ptr, (unsigned)name.len, entry);
    if (entry == NULL)
        entry = add_entry(resolver, name, now_us);
    if (entry == NULL)
        return STATUS_NOMEM;
    if (entry->state == ENTRY_KNOWN && entry->good_until_us > now_us) {
        *out_answer = entry->answer;
        return STATUS_OK;
    }
    if (entry->state == ENTRY_KNOWN) {
        entry->state = ENTRY_WANTED;
        DL_APPEND(resolver->wanted, entry);
        resolver->wanted_count++;
    }
    hire(resolver);
    pthread_cond_signal(&resolver->wake);
    return STATUS_BUSY;
}

Status resolver_ask(Resolver *resolver, Str name, ResolverAnswer *out_answer)
{
    if (name.len == 0 || name.len > RESOLVER_MAX_NAME_LEN)
        return STATUS_INVALID;
    pthread_mutex_lock(&resolver->lock);
    Status status = ask(resolver, name, out_answer);
    pthread_mutex_unlock(&resolver->lock);
    return status;
}

bool resolver_is_out(Resolver *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    int64_t worked_us = resolver->worked_us;
    pthread_mutex_unlock(&resolver->lock);
    return worked_us == 0 || time_monotonic_us() - worked_us > resolver->options.keep_us;
}

Status resolver_new(const ResolverOptions *options, Resolver **out_resolver)
{
    Resolver *resolver = mem_alloc(sizeof *resolver);
    if (resolver == NULL)
        return STATUS_NOMEM;
    resolver->options = *options;
    resolver->holders = 1;
    pthread_mutex_init(&resolver->lock, NULL);
    pthread_cond_init(&resolver->wake, NULL);
    *out_resolver = resolver;
    return STATUS_OK;
}

void resolver_free(Resolver **resolver)
{
    if (*resolver == NULL)
        return;
    pthread_mutex_lock(&(*resolver)->lock);
    (*resolver)->closed = true;
    pthread_cond_broadcast(&(*resolver)->wake);
    leave(*resolver);
    *resolver = NULL;
}
