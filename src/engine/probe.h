/* One request to a webhook's receiver now, for whoever sets it up (WH-43): an example of its event, past the
 * outbox, its schedule and its rest. Nothing is written, and nothing follows from the answer. */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include "engine/engine.h"

/* Handed to Engine.probe, not to the store; comes back through its sink like any other. */
typedef struct Probe {
    Command base;
    Webhook webhook;
    Event event; /* out of probe_new: made up, of the webhook's type */
    /* out: */
    AttemptEntry entry;
    Str url;          /* as requested */
    Str request_head; /* lines of "Name: value"; the values that its owner set are masked */
    Str answer_head;
} Probe;

/* With the body that such an event would have for this webhook. NULL without memory. */
Probe *probe_new(const Engine *engine, const Webhook *webhook, int64_t now_us, Arena *arena) MUST_USE;

#endif
