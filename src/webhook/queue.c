#include "webhook/queue.h"

#include "webhook/hash.h"

/* A scheme, host and port, with those that wait for room there. */
typedef struct Origin {
    size_t busy; /* claimed or being claimed, and not answered yet */
    size_t hooks;
    QueueHook *parked; /* oldest first */
    UT_hash_handle hh;
    size_t len;
    char text[];
} Origin;

typedef enum Place { PLACE_IDLE, PLACE_LATER, PLACE_READY, PLACE_PARKED, PLACE_CLAIMING } Place;

typedef struct HookKey {
    int64_t account_id, webhook_id;
} HookKey;

struct QueueHook {
    HookKey key;
    Place place;
    int64_t due_us; /* while claiming: of what was noted meanwhile; 0: nothing */
    size_t heap_at; /* in PLACE_LATER */
    size_t held;    /* slots */
    Origin *origin;
    QueueHealth health;
    QueueHook *prev, *next; /* in the ring, or parked */
    UT_hash_handle hh;
};

struct Queue {
    size_t max_slots, max_per_origin, slots_used;
    QueueHook *hooks;
    Origin *origins;
    QueueHook *ready; /* the one whose turn it is first */
    QueueHook **heap; /* by due_us, the soonest first */
    size_t heap_len, heap_cap;
};

/* ---- heap -------------------------------------------------------------- */

static void heap_put(Queue *queue, size_t at, QueueHook *hook)
{
    queue->heap[at] = hook;
    hook->heap_at = at;
}

static void heap_rise(Queue *queue, size_t at)
{
    QueueHook *hook = queue->heap[at];
    for (; at > 0 && queue->heap[(at - 1) / 2]->due_us > hook->due_us; at = (at - 1) / 2)
        heap_put(queue, at, queue->heap[(at - 1) / 2]);
    heap_put(queue, at, hook);
}

static void heap_sink(Queue *queue, size_t at)
{
    QueueHook *hook = queue->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->heap_len)
            break;
        if (child + 1 < queue->heap_len && queue->heap[child + 1]->due_us < queue->heap[child]->due_us)
            child++;
        if (queue->heap[child]->due_us >= hook->due_us)
            break;
        heap_put(queue, at, queue->heap[child]);
        at = child;
    }
    heap_put(queue, at, hook);
}

/* Room for every hook there is, so that moving one never fails. */
static bool heap_reserve(Queue *queue, size_t count)
{
    if (count <= queue->heap_cap)
        return true;
    size_t cap = queue->heap_cap ? queue->heap_cap * 2 : 64;
    QueueHook **grown = mem_realloc(queue->heap, cap * sizeof(QueueHook *));
    if (grown == NULL)
        return false;
    queue->heap = grown;
    queue->heap_cap = cap;
    return true;
}

static void heap_add(Queue *queue, QueueHook *hook)
{
    heap_put(queue, queue->heap_len++, hook);
    heap_rise(queue, queue->heap_len - 1);
}

static void heap_remove(Queue *queue, size_t at)
{
    QueueHook *last = queue->heap[--queue->heap_len];
    if (at == queue->heap_len)
        return;
    heap_put(queue, at, last);
    heap_rise(queue, at);
    heap_sink(queue, last->heap_at);
}

/* ---- places ------------------------------------------------------------ */

static void leave_place(Queue *queue, QueueHook *hook)
{
    if (hook->place == PLACE_LATER)
        heap_remove(queue, hook->heap_at);
    else if (hook->place == PLACE_READY)
        DL_DELETE(queue->ready, hook);
    else if (hook->place == PLACE_PARKED)
        DL_DELETE(hook->origin->parked, hook);
    hook->place = PLACE_IDLE;
}

static void release_origin(Queue *queue, QueueHook *hook)
{
    Origin *origin = hook->origin;
    hook->origin = NULL;
    if (origin == NULL || --origin->hooks > 0)
        return;
    HASH_DEL(queue->origins, origin);
    mem_free(origin);
}

static void drop_if_idle(Queue *queue, QueueHook *hook)
{
    if (hook->place != PLACE_IDLE || hook->held > 0)
        return;
    release_origin(queue, hook);
    HASH_DEL(queue->hooks, hook);
    mem_free(hook);
}

static void put_later(Queue *queue, QueueHook *hook, int64_t due_us)
{
    hook->due_us = due_us;
    hook->place = PLACE_LATER;
    heap_add(queue, hook);
}

static void put_ready(Queue *queue, QueueHook *hook)
{
    hook->place = PLACE_READY;
    DL_APPEND(queue->ready, hook);
}

/* One that waited for room gets its turn, one for each place that falls free. */
static void unpark(Queue *queue, Origin *origin)
{
    QueueHook *hook = origin->parked;
    if (hook == NULL || origin->busy >= queue->max_per_origin)
        return;
    DL_DELETE(origin->parked, hook);
    put_ready(queue, hook);
}

/* ---- hooks ------------------------------------------------------------- */

static QueueHook *add_hook(Queue *queue, HookKey key)
{
    if (!heap_reserve(queue, HASH_COUNT(queue->hooks) + 1))
        return NULL;
    QueueHook *hook = mem_alloc(sizeof *hook);
    if (hook == NULL)
        return NULL;
    hook->key = key;
    HASH_ADD(hh, queue->hooks, key, sizeof key, hook);
    if (hook->hh.tbl == NULL) {
        mem_free(hook);
        return NULL;
    }
    return hook;
}

static void note_hook(Queue *queue, QueueHook *hook, int64_t due_us)
{
    switch (hook->place) {
    case PLACE_IDLE:
        put_later(queue, hook, due_us);
        break;
    case PLACE_LATER:
        if (due_us < hook->due_us) {
            hook->due_us = due_us;
            heap_rise(queue, hook->heap_at);
        }
        break;
    case PLACE_CLAIMING:
        if (hook->due_us == 0 || due_us < hook->due_us)
            hook->due_us = due_us;
        break;
    case PLACE_READY:
    case PLACE_PARKED:
        break;
    }
}

Status queue_note(Queue *queue, int64_t account_id, int64_t webhook_id, int64_t due_us)
{
    HookKey key = { account_id, webhook_id };
    QueueHook *hook;
    HASH_FIND(hh, queue->hooks, &key, sizeof key, hook);
    if (hook == NULL)
        hook = add_hook(queue, key);
    if (hook == NULL)
        return STATUS_NOMEM;
    note_hook(queue, hook, i64_max(due_us, 1));
    return STATUS_OK;
}

QueueHook *queue_next(Queue *queue, int64_t now_us)
{
    while (queue->heap_len > 0 && queue->heap[0]->due_us <= now_us) {
        QueueHook *hook = queue->heap[0];
        leave_place(queue, hook);
        put_ready(queue, hook);
    }
    return queue->slots_used < queue->max_slots ? queue->ready : NULL;
}

bool queue_has_origin(const QueueHook *hook)
{
    return hook->origin != NULL;
}

Status queue_set_origin(Queue *queue, QueueHook *hook, Str text)
{
    Origin *origin;
    HASH_FIND(hh, queue->origins, text.ptr, (unsigned)text.len, origin);
    if (origin == NULL) {
        origin = mem_alloc(sizeof *origin + text.len);
        if (origin == NULL)
            return STATUS_NOMEM;
        memcpy(origin->text, text.ptr, text.len);
        origin->len = text.len;
        HASH_ADD(hh, queue->origins, text[0], (unsigned)text.len, origin);
        if (origin->hh.tbl == NULL) {
            mem_free(origin);
            return STATUS_NOMEM;
        }
    }
    origin->hooks++;
    hook->origin = origin;
    return STATUS_OK;
}

void queue_drop(Queue *queue, QueueHook *hook)
{
    leave_place(queue, hook);
    drop_if_idle(queue, hook);
}

size_t queue_reserve(Queue *queue, QueueHook *hook, size_t most)
{
    Origin *origin = hook->origin;
    size_t count = size_min(queue->max_slots - queue->slots_used, queue->max_per_origin - origin->busy);
    count = size_min(count, most);
    leave_place(queue, hook);
    if (count == 0) {
        hook->place = PLACE_PARKED;
        DL_APPEND(origin->parked, hook);
        return 0;
    }
    hook->place = PLACE_CLAIMING;
    hook->due_us = 0;
    hook->held += count;
    origin->busy += count;
    queue->slots_used += count;
    return count;
}

void queue_claimed(Queue *queue, QueueHook *hook, size_t reserved, size_t claimed, int64_t next_due_us)
{
    size_t unused = reserved - claimed;
    hook->held -= unused;
    hook->origin->busy -= unused;
    queue->slots_used -= unused;
    int64_t noted_us = hook->due_us;
    hook->place = PLACE_IDLE;
    if (noted_us && (next_due_us == 0 || noted_us < next_due_us))
        next_due_us = noted_us;
    if (next_due_us)
        put_later(queue, hook, next_due_us);
    for (size_t i = 0; i < unused; i++)
        unpark(queue, hook->origin);
    drop_if_idle(queue, hook);
}

void queue_answered(Queue *queue, QueueHook *hook)
{
    hook->origin->busy--;
    unpark(queue, hook->origin);
}

void queue_settled(Queue *queue, QueueHook *hook, int64_t due_us)
{
    queue->slots_used--;
    hook->held--;
    if (due_us)
        note_hook(queue, hook, due_us);
    drop_if_idle(queue, hook);
}

/* ---- looking ----------------------------------------------------------- */

QueueHealth *queue_health(QueueHook *hook)
{
    return &hook->health;
}

int64_t queue_account(const QueueHook *hook)
{
    return hook->key.account_id;
}

int64_t queue_webhook(const QueueHook *hook)
{
    return hook->key.webhook_id;
}

int64_t queue_wake_us(const Queue *queue, int64_t now_us)
{
    if (queue->slots_used == queue->max_slots)
        return 0; /* something has to be settled first */
    if (queue->ready)
        return now_us;
    return queue->heap_len ? queue->heap[0]->due_us : 0;
}

size_t queue_slots_used(const Queue *queue)
{
    return queue->slots_used;
}

size_t queue_count(const Queue *queue)
{
    return HASH_COUNT(queue->hooks);
}

Status queue_new(size_t max_slots, size_t max_per_origin, Queue **out_queue)
{
    Queue *queue = mem_alloc(sizeof *queue);
    if (queue == NULL)
        return STATUS_NOMEM;
    queue->max_slots = max_slots;
    queue->max_per_origin = max_per_origin;
    *out_queue = queue;
    return STATUS_OK;
}

void queue_free(Queue **queue)
{
    if (*queue == NULL)
        return;
    QueueHook *hook, *next;
    HASH_ITER(hh, (*queue)->hooks, hook, next)
    {
        release_origin(*queue, hook);
        HASH_DEL((*queue)->hooks, hook);
        mem_free(hook);
    }
    mem_free((*queue)->heap);
    mem_free(*queue);
    *queue = NULL;
}
