/* The simulator's state, its clock, and how it complains. Like the other parts of the simulator it is for
 * simulator_test.c only. */
#ifndef WEBHOOK_SIMULATOR_WORLD_H
#define WEBHOOK_SIMULATOR_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "store/migrate.h"
#include "store/session.h"
#include "webhook/sender_internal.h"
#include "webhook/simulator_receivers.h"
#include "webhook/simulator_watch.h"

#define START_US (INT64_C(1790000000) * US_PER_SECOND)
/* Nothing due waits for longer while nobody is in its way: a probe's hold, a rescan, and every other
 * webhook's turn at a slot for slow ones. */
#define MOST_STARVING_US (10 * US_PER_MINUTE)
#define MOST_DRAINING_US (60 * US_PER_DAY)
/* A world with more than this is winding up, whatever its clock says: the test's time must be bounded. */
#define MOST_BUSY_STEPS UINT64_C(60000)

enum { MAX_HOOKS = 10, MAX_ORIGINS = 5, MAX_KEYS = 8, MAX_IDLE_TURNS = 2000, MAX_RATE = 30, MAX_BURST = 10, MAX_USERS = 6 };

typedef struct Key {
    uint8_t bytes[SIGN_SECRET_LEN];
    int64_t until_us; /* UTC: it may sign until then */
} Key;

typedef struct SimHook {
    int64_t account_id, id;
    size_t origin;
    EventType event;
    bool expects_ack, is_removed;
    Str url;
    Key keys[MAX_KEYS];
    size_t key_count;
    Rate rate;
    int64_t paced_us[MAX_RATE + MAX_BURST]; /* monotonic: its latest claims under this rate, in a ring */
    size_t paced_count;
    int64_t starving_us; /* monotonic: since when something is due and nothing was claimed; 0: it is not */
} SimHook;

/* What is known of a delivery: its row as last seen, and what its receiver saw. */
typedef struct Row {
    RowKey key;
    int state;
    int64_t attempt, due_us, lease, ordering_key;
    bool is_replayed; /* so it may go before or after others of its key */
    uint64_t claims, receipts;
    bool received;      /* by this claim */
    bool accepted;      /* and the sender has its answer */
    uint64_t upsets;    /* of the world, when it was claimed */
    int64_t not_before_us; /* UTC: what the answer asked for; 0: nothing */
    UT_hash_handle hh;
} Row;

static struct {
    uint64_t seed, steps, begun_steps, worlds, deliveries;
    int64_t mono_us, utc_offset_us;
    size_t idle_turns;
    bool is_ending, is_drained; /* all is well from now on; and nothing waits any more */
    int64_t next_deed_us, deadline_us, checked_us;
    uint64_t upsets; /* kills and steps of the clock so far: leases may be lost */
    bool is_replaying, is_changed_elsewhere;
    StoreSession session;
    Arena *arena;
    Signer *signer;
    CodeKey code_key;
    Sender *sender;
    Command *round;
    int64_t round_us;
    StoreListener *listener;
    void *listener_arg;
    jmp_buf killed;
    Mood moods[MAX_ORIGINS];
    SimHook hooks[MAX_HOOKS];
    size_t hook_count, account_count, origin_count;
    int64_t busyness_us; /* between what people do */
    int64_t calmness;    /* how seldom it is more than an event */
    Row *rows;
} sim;

/* ---- judging ---------------------------------------------------------------------- */

#define broken(...)                                                                                          \
    do {                                                                                                     \
        print_error("world %llu, step %llu: ", (unsigned long long)sim.seed, (unsigned long long)sim.steps); \
        fail_msg(__VA_ARGS__);                                                                               \
    } while (0)
#define must(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            broken(__VA_ARGS__);                                                                             \
    } while (0)

/* ---- clock (the linker puts these in place of base/time.c's) ------------------------- */

int64_t __wrap_time_now_us(void);
int64_t __wrap_time_monotonic_us(void);
void __wrap_store_listen(Store *store, StoreListener *listener, void *arg);
Status __wrap_store_session_open(Store *store, StoreSession **out_session, Error *err);
void __wrap_store_session_close(StoreSession **session);
bool __wrap_store_changed_elsewhere(StoreSession *session);
Status __wrap_store_submit(Store *store, Command *command);

int64_t __wrap_time_now_us(void)
{
    return sim.mono_us + sim.utc_offset_us;
}

int64_t __wrap_time_monotonic_us(void)
{
    return sim.mono_us;
}

static int64_t world_mono_us(void)
{
    return sim.mono_us;
}

#endif
