/* What became of an attempt. Pure. */
#ifndef WEBHOOK_OUTCOME_H
#define WEBHOOK_OUTCOME_H

#include "domain/names.h"

typedef enum Outcome {
    OUTCOME_OK,
    OUTCOME_NOT_ACKNOWLEDGED, /* a 2xx, but not what our own receiver says when it has taken it */
    OUTCOME_STARTING,         /* n8n's 200 while it starts up, which takes nothing */
    OUTCOME_REDIRECT,         /* never followed */
    OUTCOME_CLIENT_ERROR,     /* 4xx */
    OUTCOME_SERVER_ERROR,     /* 5xx, and numbers that mean nothing */
    OUTCOME_TIMEOUT,
    OUTCOME_DNS,
    OUTCOME_CONNECT,
    OUTCOME_TLS,
    OUTCOME_BROKEN,  /* cut off, or not HTTP */
    OUTCOME_BLOCKED, /* refused by the address rules */
    OUTCOME_BAD_URL,
    OUTCOME_NO_EVENT,    /* the row can't be sent: the event is missing */
    OUTCOME_NO_SECRET,   /* nor without a secret that opens and can sign */
    OUTCOME_OURS,        /* our own lack of memory or sockets */
    OUTCOME_INTERRUPTED, /* we stopped while it was under way */
    OUTCOME_RELEASED,    /* we stopped before anything was sent */
    OUTCOME_COUNT,
} Outcome;
/* "ok", "not_acknowledged", "timeout", … */
extern const NameTable outcome_names;

/* Whose doing it was. */
typedef enum OutcomeKind {
    OUTCOME_KIND_OK,
    OUTCOME_KIND_FAILED,  /* its receiver's */
    OUTCOME_KIND_REFUSED, /* nothing was sent, and trying again is no use */
    OUTCOME_KIND_OURS,
} OutcomeKind;
OutcomeKind outcome_kind(Outcome outcome);
/* "ok", "failed", "refused", "ours" */
extern const NameTable outcome_kind_names;

typedef struct Answer {
    int http_status;
    Str content_type; /* { NULL, 0 }: none */
    Str body;         /* as much of it as was read */
    bool expects_ack; /* only a JSON object with "received": true will do */
} Answer;

Outcome outcome_of_answer(const Answer *answer);

#endif
