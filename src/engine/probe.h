/* One request to a webhook's receiver now, for whoever sets it up: an example of its event (WH-43), or a
 * challenge (WH-84); past the outbox, its schedule and its rest. Nothing is written, and nothing follows from
 * the answer. */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include "engine/engine.h"

enum { CHALLENGE_LEN = 32 };

/* Handed to Engine.probe, not to the store; comes back through its sink like any other. */
typedef struct Probe {
    Command base;
    Webhook webhook;
    Event event;                       /* made up, of the webhook's type */
    char challenge[CHALLENGE_LEN + 1]; /* "": it is an example */
    /* out: */
    AttemptEntry entry;
    Str url;          /* as requested */
    Str request_head; /* lines of "Name: value"; the values that its owner set are masked */
    Str answer_head;
} Probe;

/* With the body that such an event would have for this webhook. NULL without memory. */
Probe *probe_new(const Engine *engine, const Webhook *webhook, int64_t now_us, Arena *arena) MUST_USE;

/* With text that nobody can guess, for a webhook that is not registered yet; an answer that has it proves
 * that who answers at the URL wants it. */
Probe *probe_new_challenge(const Engine *engine, const Webhook *webhook, int64_t now_us,
                           Arena *arena) MUST_USE;
/* Was it answered with success, and repeated? */
bool probe_is_met(const Probe *probe);

#endif
