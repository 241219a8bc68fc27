/* What other threads tell the sender: notes left under a lock, and a wake-up. Only the sender
 * includes this. */
#ifndef WEBHOOK_MAILBOX_H
#define WEBHOOK_MAILBOX_H

#include <curl/curl.h>
#include <pthread.h>

#include "store/store.h"

enum { MAILBOX_MAX_DUE = 4096, MAILBOX_MAX_PROBES = 16 };

typedef struct Mail {
    int64_t due[2 * MAILBOX_MAX_DUE]; /* account, webhook, account, webhook, … */
    size_t due_count;                 /* pairs */
    Command *probes[MAILBOX_MAX_PROBES];
    size_t probe_count;
    bool overflow;                    /* more became due than could be noted */
    bool round_done;
    bool end_probes;
    bool stop;
    int64_t grace_us; /* of stop */
} Mail;

typedef struct Mailbox {
    CURLM *multi; /* to be woken */
    pthread_mutex_t lock;
    Mail *fresh, *spare; /* swapped, so that the lock is held for a moment only */
    bool has_mail;
} Mailbox;

Status mailbox_init(Mailbox *mailbox, CURLM *multi) MUST_USE;
void mailbox_destroy(Mailbox *mailbox);

/* A StoreListener. */
void mailbox_note_changes(void *mailbox, const StoreNotes *notes);
/* For the resolver. */
void mailbox_wake(void *mailbox);
void mailbox_round_done(Mailbox *mailbox);
/* STATUS_BUSY: others wait already. */
Status mailbox_probe(Mailbox *mailbox, Command *probe) MUST_USE;
/* Ends probes under way, and those that come. */
void mailbox_end_probes(Mailbox *mailbox);
void mailbox_stop(Mailbox *mailbox, int64_t grace_us);

/* What came since the last call; NULL: nothing. Valid until the next call. */
const Mail *mailbox_take(Mailbox *mailbox);

#endif
