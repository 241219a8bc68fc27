/* What the simulator's database tells of deliveries. */
#ifndef WEBHOOK_SIMULATOR_WATCH_H
#define WEBHOOK_SIMULATOR_WATCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct RowKey {
    int64_t account_id, webhook_id, event_seq;
} RowKey;

typedef struct Move {
    RowKey key;
    int was, state; /* -1: the row is new or gone */
    int64_t attempt_was, attempt, due_was_us, due_us, lease;
    bool hook_is_active;
    int64_t ordering_key;
    bool is_replayed; /* a replay has come to it, for the first time */
    int back_was;     /* what it is again if its attempt fails; -1: that is by the schedule */
} Move;

/* Every change of a delivery, with whether its webhook was at work. */
#define WATCH                                                                                                \
    "CREATE TEMP TABLE move (account_id, webhook_id, event_seq, was, state, attempt_was, attempt, due_was, " \
    "due, lease, active, ordering_key, replayed, back_was);"                                                                  \
    "CREATE TEMP TRIGGER delivery_new AFTER INSERT ON main.delivery BEGIN INSERT INTO move VALUES "          \
    "(NEW.account_id, NEW.webhook_id, NEW.event_seq, -1, NEW.state, 0, NEW.attempt, 0, NEW.due_us, 0, 1, NEW.ordering_key, 0, -1); END;" \
    "CREATE TEMP TRIGGER delivery_changed AFTER UPDATE ON main.delivery BEGIN INSERT INTO move VALUES "      \
    "(NEW.account_id, NEW.webhook_id, NEW.event_seq, OLD.state, NEW.state, OLD.attempt, NEW.attempt, "       \
    "OLD.due_us, NEW.due_us, NEW.lease, EXISTS (SELECT 1 FROM webhook AS w WHERE "                           \
    "w.account_id = NEW.account_id AND w.id = NEW.webhook_id AND w.removed_us IS NULL AND w.state = 0), NEW.ordering_key, "    \
    "EXISTS (SELECT 1 FROM replay AS r WHERE r.account_id = NEW.account_id AND r.webhook_id = NEW.webhook_id " \
    "AND r.status = 0 AND r.state = OLD.state AND r.next_seq <= NEW.event_seq AND r.end_seq > NEW.event_seq), coalesce(OLD.back_state, -1)); END;" \
    "CREATE TEMP TRIGGER delivery_gone AFTER DELETE ON main.delivery BEGIN INSERT INTO move VALUES "         \
    "(OLD.account_id, OLD.webhook_id, OLD.event_seq, OLD.state, -1, 0, 0, 0, 0, 0, 0, 0, 0, -1); END;"

/* What is held has another of its key that will let it go. */
#define LEFT_BEHIND                                                                                          \
    "SELECT 1 FROM delivery AS h WHERE h.state = 6 AND NOT EXISTS (SELECT 1 FROM delivery AS f "              \
    "WHERE f.account_id = h.account_id AND f.webhook_id = h.webhook_id AND f.ordering_key = h.ordering_key " \
    "AND f.event_seq <> h.event_seq AND f.state IN (0, 1, 4))"

#endif
