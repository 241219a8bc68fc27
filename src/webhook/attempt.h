/* One attempt at one delivery: resolve, judge, sign, send, read the answer.
 *
 * An Attempt keeps its curl handle and its arena and is used again for other deliveries. All on the
 * sender's thread; only the sender includes this.
 *
 *   begin ──▶ resolving ──▶ sending ──▶ ended
 *     └───────────┴─refused, …─────────────▲
 *
 * A kept connection that its receiver has closed while it was idle is noticed before anything is sent, and another
 * one is opened within the same attempt (WH-73). One that breaks later ends the attempt: see note_request. */
#ifndef WEBHOOK_ATTEMPT_H
#define WEBHOOK_ATTEMPT_H

#include <curl/curl.h>

#include "engine/probe.h"
#include "webhook/resolver.h"
#include "webhook/settle.h"
#include "webhook/sign.h"

enum {
    ATTEMPT_MAX_ANSWER_LEN = 16 * 1024,
    ATTEMPT_MAX_HEAD_LEN = 16 * 1024,
};

/* What all attempts of a sender share. */
typedef struct AttemptTools {
    CURLM *multi;
    Signer *signer;
    Resolver *resolver;
    const EgressRules *rules;
    CodeKey code_key;
    const char *ca_file; /* trusted beside the system's authorities; NULL: none */
    int64_t limit_us; /* for the whole of the request */
} AttemptTools;

typedef enum AttemptPhase { ATTEMPT_RESOLVING, ATTEMPT_SENDING, ATTEMPT_ENDED } AttemptPhase;

typedef struct Attempt {
    AttemptTools *tools;
    CURL *easy;
    Arena *arena; /* of the texts below, and of the answer */

    QueueHook *hook; /* the sender's; NULL: of a probe */
    Probe *probe;    /* NULL: of a delivery */
    Claim claim;
    Webhook webhook;
    AttemptPhase phase;
    AttemptResult result;  /* once it has ended */
    Settlement settlement; /* the sender's, from then on */
    bool hurry;            /* its receiver is well again */
    SettleVerdict verdict; /* on its webhook */
    int64_t began_us;      /* monotonic */
    AttemptEntry log;      /* what is kept of it */

    EgressTarget target;
    int64_t resolve_until_us, body_until_us; /* monotonic; 0: not yet */
    struct curl_slist *headers, *pins;
    Buf answer;
    Buf answer_head; /* of a probe */
    size_t head_len;
    bool is_cut;         /* the body was longer than we read */
    bool is_sent;        /* some of the request may be at the receiver */
    bool lacked_sockets; /* our own failure */
    Str retry_after;
    Str location;                  /* where a redirect leads, which is not followed */
    char problem[CURL_ERROR_SIZE]; /* curl's words */

    struct Attempt *prev, *next;
} Attempt;

Status attempt_new(AttemptTools *tools, Attempt **out_attempt) MUST_USE;
/* Sets the pointer to NULL; takes NULL. */
void attempt_free(Attempt **attempt);

/* Takes copies of the claim and of the webhook. Afterwards the phase tells what goes on. */
void attempt_begin(Attempt *attempt, QueueHook *hook, const Claim *claim, const Webhook *webhook);
/* The same for a probe, which gets all that is sent and comes back. */
void attempt_begin_probe(Attempt *attempt, Probe *probe);
/* Looks whether the name is resolved by now. */
void attempt_go_on(Attempt *attempt);
/* Ends it when the answer's body comes too slowly. */
void attempt_check_time(Attempt *attempt);
/* When curl has finished with it. */
void attempt_finish(Attempt *attempt, CURLcode code);
/* Ends it now, for we stop. */
void attempt_abort(Attempt *attempt);

#endif
