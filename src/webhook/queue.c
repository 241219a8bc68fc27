#include "webhook/queue.h"

#include "webhook/hash.h"
#include "webhook/pace.h"

/* What was learnt of origins is kept for so many that have nothing to do. */
enum { MAX_IDLE_ORIGINS = 1024 };

/* A scheme, host and port, with those that wait for room there. */
typedef struct Origin {
    size_t busy; /* claimed or being claimed, and not answered yet */
    size_t held; /* slots of all its hooks */
    size_t hooks;
    QueueSpeed speed;
    Pace pace;
    QueueHook *parked; /* oldest first */
    struct Origin *prev, *next; /* among the idle */
    UT_hash_handle hh;
    size_t len;
    char text[];
} Origin;

typedef enum Place { PLACE_IDLE, PLACE_LATER, PLACE_READY, PLACE_PARKED, PLACE_CLAIMING } Place;

typedef struct HookKey {
    int64_t account_id, webhook_id;
} HookKey;

/* An account's place in the ring of a kind of origins. */
typedef struct Turn {
    QueueSpeed speed;
    QueueHook *hooks; /* the one whose turn it is first */
    struct Turn *prev, *next;
} Turn;

typedef struct Account {
    int64_t id;
    size_t hooks;
    Turn turns[QUEUE_SPEED_COUNT];
    UT_hash_handle hh;
} Account;

struct QueueHook {
    HookKey key;
    Place place;
    int64_t due_us; /* while claiming: of what was noted meanwhile; 0: nothing */
    int64_t held_until_us; /* not claimed earlier */
    size_t heap_at; /* in PLACE_LATER */
    size_t held;    /* slots */
    Account *account;
    Turn *turn; /* in PLACE_READY */
    Origin *origin;
    QueueHealth health;
    QueueHook *prev, *next; /* in its account's turn, or parked */
    UT_hash_handle hh;
};

struct Queue {
    QueueLimits limits;
    size_t slots_used, used_by[QUEUE_SPEED_COUNT];
    QueueHook *hooks;
    Account *accounts;
    Origin *origins;
    Origin *idle_origins; /* the one idle for longest first */
    size_t idle_count;
    Turn *ready[QUEUE_SPEED_COUNT]; /* accounts with something ready; the one whose turn it is first */
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

/* ---- slots ------------------------------------------------------------- */

static void take_slots(Queue *queue, QueueHook *hook, size_t count)
{
    hook->held += count;
    hook->origin->held += count;
    queue->used_by[hook->origin->speed] += count;
    queue->slots_used += count;
}

static void give_slots(Queue *queue, QueueHook *hook, size_t count)
{
    hook->held -= count;
    hook->origin->held -= count;
    queue->used_by[hook->origin->speed] -= count;
    queue->slots_used -= count;
}

static void set_speed(Queue *queue, Origin *origin, QueueSpeed speed)
{
    queue->used_by[origin->speed] -= origin->held;
    queue->used_by[speed] += origin->held;
    origin->speed = speed;
}

static size_t free_slots(const Queue *queue, QueueSpeed speed)
{
    size_t own = queue->limits.slots_of[speed], all = queue->limits.slots;
    size_t left = own > queue->used_by[speed] ? own - queue->used_by[speed] : 0;
    return size_min(left, all - queue->slots_used);
}

static size_t free_at(const Origin *origin)
{
    return origin->pace.limit > origin->busy ? origin->pace.limit - origin->busy : 0;
}

/* ---- places ------------------------------------------------------------ */

static QueueSpeed speed_of(const QueueHook *hook)
{
    return hook->origin ? hook->origin->speed : QUEUE_UNKNOWN;
}

static void put_ready(Queue *queue, QueueHook *hook)
{
    Turn *turn = &hook->account->turns[speed_of(hook)];
    hook->place = PLACE_READY;
    hook->turn = turn;
    if (turn->hooks == NULL)
        DL_APPEND(queue->ready[turn->speed], turn);
    DL_APPEND(turn->hooks, hook);
}

/* Its account goes to the end of the ring. */
static void leave_turn(Queue *queue, QueueHook *hook)
{
    Turn *turn = hook->turn;
    DL_DELETE(turn->hooks, hook);
    DL_DELETE(queue->ready[turn->speed], turn);
    if (turn->hooks)
        DL_APPEND(queue->ready[turn->speed], turn);
}

static void leave_place(Queue *queue, QueueHook *hook)
{
    if (hook->place == PLACE_LATER)
        heap_remove(queue, hook->heap_at);
    else if (hook->place == PLACE_READY)
        leave_turn(queue, hook);
    else if (hook->place == PLACE_PARKED)
        DL_DELETE(hook->origin->parked, hook);
    hook->place = PLACE_IDLE;
}

static void free_origin(Queue *queue, Origin *origin)
{
    HASH_DEL(queue->origins, origin);
    mem_free(origin);
}

static void release_origin(Queue *queue, QueueHook *hook)
{
    Origin *origin = hook->origin;
    hook->origin = NULL;
    if (origin == NULL || --origin->hooks > 0)
        return;
    DL_APPEND(queue->idle_origins, origin);
    if (++queue->idle_count <= MAX_IDLE_ORIGINS)
        return;
    Origin *oldest = queue->idle_origins;
    DL_DELETE(queue->idle_origins, oldest);
    queue->idle_count--;
    free_origin(queue, oldest);
}

static void release_account(Queue *queue, QueueHook *hook)
{
    Account *account = hook->account;
    if (--account->hooks > 0)
        return;
    HASH_DEL(queue->accounts, account);
    mem_free(account);
}

static void drop_if_idle(Queue *queue, QueueHook *hook)
{
    if (hook->place != PLACE_IDLE || hook->held > 0)
        return;
    release_origin(queue, hook);
    release_account(queue, hook);
    HASH_DEL(queue->hooks, hook);
    mem_free(hook);
}

static void put_later(Queue *queue, QueueHook *hook, int64_t due_us)
{
    hook->due_us = i64_max(due_us, hook->held_until_us);
    hook->place = PLACE_LATER;
    heap_add(queue, hook);
}

/* Those that waited for room get their turn, one for each place that is free. */
static void unpark(Queue *queue, Origin *origin)
{
    QueueHook *hook;
    for (size_t room = free_at(origin); room > 0 && (hook = origin->parked) != NULL; room--) {
        DL_DELETE(origin->parked, hook);
        put_ready(queue, hook);
    }
}

/* ---- hooks ------------------------------------------------------------- */

static Account *find_account(Queue *queue, int64_t id)
{
    Account *account;
    HASH_FIND(hh, queue->accounts, &id, sizeof id, account);
    if (account)
        return account;
    account = mem_alloc(sizeof *account);
    if (account == NULL)
        return NULL;
    account->id = id;
    for (size_t i = 0; i < QUEUE_SPEED_COUNT; i++)
        account->turns[i].speed = (QueueSpeed)i;
    HASH_ADD(hh, queue->accounts, id, sizeof id, account);
    if (account->hh.tbl == NULL) {
        mem_free(account);
        return NULL;
    }
    return account;
}

static QueueHook *add_hook(Queue *queue, HookKey key)
{
    if (!heap_reserve(queue, HASH_COUNT(queue->hooks) + 1))
        return NULL;
    QueueHook *hook = mem_alloc(sizeof *hook);
    if (hook == NULL)
        return NULL;
    hook->key = key;
    hook->account = find_account(queue, key.account_id);
    if (hook->account)
        HASH_ADD(hh, queue->hooks, key, sizeof key, hook);
    if (hook->hh.tbl == NULL) {
        if (hook->account && hook->account->hooks++ == 0)
            release_account(queue, hook);
        mem_free(hook);
        return NULL;
    }
    hook->account->hooks++;
    return hook;
}

static void note_hook(Queue *queue, QueueHook *hook, int64_t due_us)
{
    switch (hook->place) {
    case PLACE_IDLE:
        put_later(queue, hook, due_us);
        break;
    case PLACE_LATER:
        due_us = i64_max(due_us, hook->held_until_us);
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

/* An origin's speed may have changed since its hook was put into a ring. */
static QueueHook *first_ready(Queue *queue, QueueSpeed speed)
{
    while (queue->ready[speed]) {
        QueueHook *hook = queue->ready[speed]->hooks;
        if (speed_of(hook) == speed)
            return hook;
        leave_place(queue, hook);
        put_ready(queue, hook);
    }
    return NULL;
}

QueueHook *queue_next(Queue *queue, int64_t now_us)
{
    while (queue->heap_len > 0 && queue->heap[0]->due_us <= now_us) {
        QueueHook *hook = queue->heap[0];
        leave_place(queue, hook);
        put_ready(queue, hook);
    }
    QueueHook *hook = NULL;
    for (size_t i = 0; hook == NULL && i < QUEUE_SPEED_COUNT; i++)
        if (free_slots(queue, (QueueSpeed)i))
            hook = first_ready(queue, (QueueSpeed)i);
    return hook;
}

bool queue_has_origin(const QueueHook *hook)
{
    return hook->origin != NULL;
}

static Origin *add_origin(Queue *queue, Str text)
{
    Origin *origin = mem_alloc(sizeof *origin + text.len);
    if (origin == NULL)
        return NULL;
    memcpy(origin->text, text.ptr, text.len);
    origin->len = text.len;
    origin->speed = QUEUE_UNKNOWN;
    origin->pace = (Pace){ .limit = queue->limits.per_new_origin,
                           .least = queue->limits.per_new_origin,
                           .most = queue->limits.per_origin };
    HASH_ADD(hh, queue->origins, text[0], (unsigned)text.len, origin);
    if (origin->hh.tbl == NULL) {
        mem_free(origin);
        return NULL;
    }
    return origin;
}

Status queue_set_origin(Queue *queue, QueueHook *hook, Str text)
{
    Origin *origin;
    HASH_FIND(hh, queue->origins, text.ptr, (unsigned)text.len, origin);
    if (origin && origin->hooks == 0) {
        DL_DELETE(queue->idle_origins, origin);
        queue->idle_count--;
    } else if (origin == NULL)
        origin = add_origin(queue, text);
    if (origin == NULL)
        return STATUS_NOMEM;
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
    size_t room = free_at(origin), count = size_min(free_slots(queue, origin->speed), room);
    count = size_min(count, most);
    leave_place(queue, hook);
    if (room == 0) {
        hook->place = PLACE_PARKED;
        DL_APPEND(origin->parked, hook);
        return 0;
    }
    if (count == 0) { /* a slow one, found out only now: it waits with its kind */
        put_ready(queue, hook);
        return 0;
    }
    hook->place = PLACE_CLAIMING;
    hook->due_us = 0;
    origin->busy += count;
    take_slots(queue, hook, count);
    return count;
}

void queue_claimed(Queue *queue, QueueHook *hook, size_t reserved, size_t claimed, int64_t next_due_us)
{
    size_t unused = reserved - claimed;
    hook->origin->busy -= unused;
    give_slots(queue, hook, unused);
    int64_t noted_us = hook->due_us;
    hook->place = PLACE_IDLE;
    if (noted_us && (next_due_us == 0 || noted_us < next_due_us))
        next_due_us = noted_us;
    if (next_due_us)
        put_later(queue, hook, next_due_us);
    unpark(queue, hook->origin);
    drop_if_idle(queue, hook);
}

void queue_answered(Queue *queue, QueueHook *hook, QueueAnswer answer, int64_t took_us, int64_t now_us)
{
    Origin *origin = hook->origin;
    bool was_full = origin->busy >= origin->pace.limit;
    origin->busy--;
    if (answer == QUEUE_ANSWERED) {
        pace_answered(&origin->pace, took_us, was_full, now_us);
        set_speed(queue, origin, took_us < QUEUE_SLOW_US ? QUEUE_PROMPT : QUEUE_SLOW);
    } else if (answer == QUEUE_FAILED) {
        pace_failed(&origin->pace, now_us);
        set_speed(queue, origin, QUEUE_SLOW);
    }
    unpark(queue, origin);
}

void queue_hangs(Queue *queue, QueueHook *hook)
{
    set_speed(queue, hook->origin, QUEUE_SLOW);
}

void queue_settled(Queue *queue, QueueHook *hook, int64_t due_us)
{
    give_slots(queue, hook, 1);
    if (due_us)
        note_hook(queue, hook, due_us);
    drop_if_idle(queue, hook);
}

/* ---- looking ----------------------------------------------------------- */

void queue_hold(Queue *queue, QueueHook *hook, int64_t until_us)
{
    bool is_earlier = until_us < hook->held_until_us;
    hook->held_until_us = until_us;
    bool is_waiting = hook->place == PLACE_READY || hook->place == PLACE_PARKED;
    if (is_waiting || (hook->place == PLACE_LATER && (is_earlier || hook->due_us < until_us))) {
        leave_place(queue, hook);
        put_later(queue, hook, until_us ? until_us : 1);
    }
}

static void shift_health(QueueHealth *health, int64_t by_us)
{
    health->failing_since_us += by_us;
    health->hurry_after_us += by_us;
    health->braked_us += by_us;
}

void queue_shift(Queue *queue, int64_t by_us)
{
    QueueHook *hook, *next;
    HASH_ITER(hh, queue->hooks, hook, next)
    {
        shift_health(&hook->health, by_us);
        if (hook->held_until_us)
            queue_hold(queue, hook, i64_max(hook->held_until_us + by_us, 1));
    }
}

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
    if (queue->slots_used == queue->limits.slots)
        return 0; /* something has to be settled first */
    for (size_t i = 0; i < QUEUE_SPEED_COUNT; i++)
        if (queue->ready[i] && free_slots(queue, (QueueSpeed)i))
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

size_t queue_count_failing(const Queue *queue, uint32_t failures)
{
    size_t count = 0;
    for (const QueueHook *hook = queue->hooks; hook; hook = hook->hh.next)
        count += hook->health.failures >= failures;
    return count;
}

Status queue_new(const QueueLimits *limits, Queue **out_queue)
{
    Queue *queue = mem_alloc(sizeof *queue);
    if (queue == NULL)
        return STATUS_NOMEM;
    queue->limits = *limits;
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
        release_account(*queue, hook);
        HASH_DEL((*queue)->hooks, hook);
        mem_free(hook);
    }
    Origin *origin, *next_origin;
    HASH_ITER(hh, (*queue)->origins, origin, next_origin) free_origin(*queue, origin);
    mem_free((*queue)->heap);
    mem_free(*queue);
    *queue = NULL;
}
