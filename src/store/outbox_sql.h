/* Statements whose plan matters: each must read the head of an index, however much waits behind it.
 * They stand here so that the test can ask the database for their plans. Only store/outbox*.c
 * includes this. */
#ifndef STORE_OUTBOX_SQL_H
#define STORE_OUTBOX_SQL_H

#include "store/session.h"

/* After one of this key was settled. In outbox.c. */
Status outbox_let_next_go(StoreSession *session, int64_t account_id, int64_t webhook_id, int64_t ordering_key) MUST_USE;

/* What a running replay adds to a claim. */
typedef struct ReplayTurn {
    int64_t account_id, webhook_id, replay_id;
    int64_t most;    /* deliveries the claim has room for; it may be none */
    int64_t count;   /* out: so many are due now */
    int64_t next_us; /* out: when it has more; 0: it has ended */
} ReplayTurn;
/* In replays.c. */
Status outbox_replay(StoreSession *session, ReplayTurn *turn) MUST_USE;

/* The states stand in the statements as numbers, since the index over what waits is partial:
 * 0 pending, 1 leased, 4 blocked, 5 cancelled, 6 held. */

/* An expired lease is due like a pending delivery: its due_us is the lease's end. To a webhook that rests go only those
 * due at DELIVERY_DUE_AT_REST_US, 1. */
#define OUTBOX_SQL_CLAIM                                                                                     \
    "UPDATE delivery SET state = 1, attempt = attempt + 1, lease = $1, due_us = $2 "                         \
    "WHERE account_id = $3 AND webhook_id = $4 AND event_seq IN ("                                           \
    "SELECT event_seq FROM delivery WHERE account_id = $3 AND webhook_id = $4 AND state IN (0, 1) "          \
    "AND due_us <= $5 ORDER BY due_us, event_seq LIMIT $6) RETURNING event_seq, attempt, body, "             \
    "ordering_key, created_us, coalesce(back_state, -1), back_due_us, extras"

#define OUTBOX_SQL_HEAD                                                                                      \
    "SELECT due_us FROM delivery WHERE account_id = $1 AND webhook_id = $2 AND state IN (0, 1) "             \
    "ORDER BY due_us LIMIT 1"

/* Of a stretch of so many: what may not go sooner must not be passed by the million. */
#define OUTBOX_SQL_HURRY                                                                                     \
    "UPDATE delivery SET back_state = 0, back_due_us = due_us, due_us = $1 "                                 \
    "WHERE account_id = $2 AND webhook_id = $3 AND event_seq IN (SELECT event_seq FROM ("                    \
    "SELECT event_seq, state, fixed, back_state FROM delivery WHERE account_id = $2 AND webhook_id = $3 "    \
    "AND state IN (0, 1) AND due_us > $1 ORDER BY due_us, event_seq LIMIT 4 * $4) AS stretch "               \
    "WHERE state = 0 AND fixed IS NULL AND back_state IS NULL LIMIT $4)"

/* What was under way; given up after so many attempts. */
#define OUTBOX_SQL_TAKE_BACK                                                                                 \
    "UPDATE delivery SET state = CASE WHEN attempt - extras >= $1 THEN 3 ELSE 0 END, due_us = $2, lease = "  \
    "NULL, "                                                                                                 \
    "settled_us = $2 WHERE state IN (0, 1) AND state = 1 RETURNING account_id, webhook_id, state, "          \
    "ordering_key"

/* What is in an order and not settled. */
#define OUTBOX_SQL_IN_ORDER(account, webhook)                                                                \
    "FROM delivery WHERE account_id = " account " AND webhook_id = " webhook " AND ordering_key IS NOT NULL " \
    "AND state IN (0, 1, 4, 6) "

/* The next of a key goes, when it is one that is held and none is on its way. */
#define OUTBOX_SQL_LET_NEXT_GO                                                                               \
    "UPDATE delivery SET state = 0, due_us = $1 WHERE account_id = $2 AND webhook_id = $3 AND state = 6 "    \
    "AND event_seq = (SELECT event_seq " OUTBOX_SQL_IN_ORDER(                                                \
        "$2", "$3") "AND ordering_key = $4 ORDER BY event_seq LIMIT 1) "                                     \
                    "AND NOT EXISTS (SELECT 1 " OUTBOX_SQL_IN_ORDER(                                         \
                        "$2", "$3") "AND ordering_key = $4 AND state IN (0, 1))"

/* What a delivery is that goes no more: what was to be sent again is what it was before. */
#define OUTBOX_SQL_CANCELLED "CASE WHEN back_state > 0 THEN back_state ELSE 5 END, back_state = NULL"

#define OUTBOX_SQL_CANCEL_HELD                                                                               \
    "UPDATE delivery SET state = " OUTBOX_SQL_CANCELLED ", settled_us = $1 "                                 \
    "WHERE account_id = $2 AND webhook_id = $3 AND event_seq IN ("                                           \
    "SELECT event_seq " OUTBOX_SQL_IN_ORDER("$2", "$3") "AND state = 6 LIMIT $4) RETURNING event_seq"

/* Not what is under way: that is settled by its sender, or its lease ends. */
#define OUTBOX_SQL_CANCEL                                                                                    \
    "UPDATE delivery SET state = " OUTBOX_SQL_CANCELLED ", lease = NULL, settled_us = $1 "                   \
    "WHERE account_id = $2 AND webhook_id = $3 AND event_seq IN ("                                           \
    "SELECT event_seq FROM delivery WHERE account_id = $2 AND webhook_id = $3 AND state IN (0, 1) "          \
    "AND (state = 0 OR due_us <= $1) ORDER BY due_us, event_seq LIMIT $4) RETURNING event_seq"

#define OUTBOX_SQL_CANCEL_BLOCKED                                                                            \
    "UPDATE delivery SET state = 5, settled_us = $1 WHERE account_id = $2 AND webhook_id = $3 AND event_seq IN (" \
    "SELECT event_seq FROM delivery WHERE account_id = $2 AND webhook_id = $3 AND state IN (3, 4, 6) " \
    "AND state = 4 LIMIT $4) "                                                                               \
    "RETURNING event_seq"

/* Newest event first; by the partial index of the states that are asked for. */
#define OUTBOX_SQL_SEARCH(states)                                                                            \
    "SELECT d.event_seq, d.state, d.attempt, d.due_us, d.http_status, d.outcome, d.created_us, "             \
    "d.settled_us, e.type FROM delivery AS d LEFT JOIN event AS e "                                          \
    "ON e.account_id = d.account_id AND e.seq = d.event_seq "                                                \
    "WHERE d.account_id = $1 AND d.webhook_id = $2 AND d.event_seq IN ("                                     \
    "SELECT event_seq FROM delivery WHERE account_id = $1 AND webhook_id = $2 AND event_seq < $3 AND " states \
    " ORDER BY event_seq DESC LIMIT $4) ORDER BY d.event_seq DESC"

/* What is sent again by hand gets one attempt more; what was blocked had none, and goes on. */
#define OUTBOX_SQL_SENT_AGAIN(state, due)                                                                    \
    "UPDATE delivery SET state = " state ", due_us = " due ", fixed = NULL, back_due_us = due_us, "          \
    "back_state = CASE WHEN state IN (2, 3) THEN state WHEN state = 0 THEN coalesce(back_state, 0) END "

/* Through the deliveries of a webhook by their key, so many at a time: those of one state are due now, or
 * held when they are in an order. Not what is about people who were erased. */
#define OUTBOX_SQL_REPLAY                                                                                    \
    OUTBOX_SQL_SENT_AGAIN("CASE WHEN ordering_key IS NULL THEN 0 ELSE 6 END", "$1")                          \
    "WHERE account_id = $2 AND webhook_id = $3 AND event_seq IN ("                                           \
    "SELECT event_seq FROM (SELECT event_seq, state FROM delivery WHERE account_id = $2 AND webhook_id = "   \
    "$3 "                                                                                                    \
    "AND event_seq >= $4 AND event_seq < $5 ORDER BY event_seq LIMIT $6) AS stretch WHERE state = $7 "       \
    "AND NOT EXISTS (SELECT 1 FROM event AS e WHERE e.account_id = $2 AND e.seq = stretch.event_seq "        \
    "AND e.erased = 1) ORDER BY event_seq LIMIT $8) RETURNING event_seq, ordering_key"

/* Where the next so many begin. */
#define OUTBOX_SQL_REPLAY_STRETCH                                                                            \
    "SELECT event_seq FROM delivery WHERE account_id = $1 AND webhook_id = $2 AND event_seq >= $3 "          \
    "ORDER BY event_seq LIMIT 1 OFFSET $4"

#define OUTBOX_SQL_REPLAY_COUNT(states)                                                                      \
    "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE account_id = $1 AND webhook_id = $2 AND " states     \
    " AND event_seq >= $3 AND event_seq < $4 LIMIT $5) AS found"

/* $1 account, $2 webhook, $3 before which event, $4 how many. */
#define RETENTION_SQL_ATTEMPTS                                                                               \
    "DELETE FROM attempt WHERE account_id = $1 AND webhook_id = $2 AND event_seq IN ("                       \
    "SELECT event_seq FROM attempt WHERE account_id = $1 AND webhook_id = $2 AND event_seq < $3 "            \
    "ORDER BY event_seq LIMIT $4)"
#define RETENTION_SQL_DELIVERIES                                                                             \
    "DELETE FROM delivery WHERE account_id = $1 AND webhook_id = $2 AND state IN (2, 3, 5) AND event_seq IN (" \
    "SELECT event_seq FROM delivery WHERE account_id = $1 AND webhook_id = $2 AND event_seq < $3 "           \
    "AND state IN (2, 3, 5) ORDER BY event_seq LIMIT $4)"
#define RETENTION_SQL_EVENTS                                                                                 \
    "DELETE FROM event WHERE account_id = $1 AND $2 = 0 AND seq IN ("                                        \
    "SELECT seq FROM event WHERE account_id = $1 AND seq < $3 ORDER BY seq LIMIT $4)"

#define OUTBOX_SQL_DUE                                                                                       \
    "SELECT w.account_id, w.id, w.not_before_us, (SELECT d.due_us FROM delivery AS d "                       \
    "WHERE d.account_id = w.account_id AND d.webhook_id = w.id AND d.state IN (0, 1) "                       \
    "ORDER BY d.due_us LIMIT 1) AS due_us FROM webhook AS w WHERE w.removed_us IS NULL AND (w.state = 0 "    \
    "OR EXISTS (SELECT 1 FROM delivery AS d WHERE d.account_id = w.account_id AND d.webhook_id = w.id "      \
    "AND d.state IN (0, 1) AND d.due_us = 1))"

/* The same of webhooks of which many are sent again. */
#define OUTBOX_SQL_DUE_AGAIN                                                                                 \
    "SELECT r.account_id, r.webhook_id, w.not_before_us, $1 FROM replay AS r JOIN webhook AS w "             \
    "ON w.account_id = r.account_id AND w.id = r.webhook_id "                                                \
    "WHERE r.status = 0 AND w.state = 0 AND w.removed_us IS NULL"

#define OUTBOX_SQL_BACKLOG                                                                                   \
    "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE state IN (0, 1) LIMIT $1) AS waiting"

/* Of one state that goes no further by itself, or waits for a webhook that rests; each has a due_us, and with it the index is used. */
#define OUTBOX_SQL_STUCK(state)                                                                              \
    "SELECT count(*) FROM (SELECT 1 FROM webhook AS w CROSS JOIN delivery AS d WHERE w.removed_us IS NULL "  \
    "AND d.account_id = w.account_id AND d.webhook_id = w.id AND d.state IN (3, 4, 6) AND d.state = " state  \
    " LIMIT $1) AS stuck"
#define OUTBOX_SQL_PAUSED                                                                                    \
    "SELECT count(*) FROM (SELECT 1 FROM webhook AS w CROSS JOIN delivery AS d WHERE w.removed_us IS NULL "  \
    "AND w.state <> 0 AND d.account_id = w.account_id AND d.webhook_id = w.id AND d.due_us >= 0 "            \
    "AND d.state IN (0, 1) LIMIT $1) AS paused"

/* A delivery is keyed by its webhook first, so this jumps from webhook to webhook. */
#define OUTBOX_SQL_OF_EVENT                                                                                  \
    "WITH RECURSIVE hook(id) AS (SELECT min(webhook_id) FROM delivery WHERE account_id = $1 "                \
    "UNION ALL SELECT (SELECT min(d.webhook_id) FROM delivery AS d WHERE d.account_id = $1 "                 \
    "AND d.webhook_id > hook.id) FROM hook WHERE hook.id IS NOT NULL) "                                      \
    "SELECT d.webhook_id, d.state, d.attempt, d.due_us, d.http_status, d.outcome "                           \
    "FROM hook JOIN delivery AS d ON d.account_id = $1 AND d.webhook_id = hook.id AND d.event_seq = $2 "     \
    "ORDER BY d.webhook_id"

#endif
