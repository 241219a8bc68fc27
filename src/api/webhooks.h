/* What the families' calls on webhooks share. */
#ifndef API_WEBHOOKS_H
#define API_WEBHOOKS_H

#include "api/handlers.h"
#include "engine/subscribe.h"

enum { WEBHOOK_FIELD_COUNT = 19 };
extern const Field webhook_fields[WEBHOOK_FIELD_COUNT];

/* Is there such a webhook? Else the call is answered. */
bool webhook_find(ApiCall *call, int64_t id, Webhook *out_webhook);

/* The webhook as an object; its secret only for the answer that made it, and what it is caught up with (NULL: nothing). */
void webhook_put(JsonOut *json, const Webhook *webhook, bool with_secret, const CatchUp *catch_up);

#define WEBHOOK_SINCE_FIELD { "since", FIELD_CODE, false, 40, "Events that were missed are sent too: \"last\" (since this URL was removed), after the event with this number, or from this time on" }
#define WEBHOOK_MOVED_FIELD { "moved_id", FIELD_ID, false, 0, "The webhook with the same event and reward that was removed at another URL: it comes back at this one, with what it missed" }
#define WEBHOOK_EXPIRES_FIELD { "expires_in", FIELD_INT, false, LIMIT_WEBHOOK_EXPIRY_SECONDS, "After so many seconds the webhook is removed by itself: for tests" }

#define WEBHOOK_SECRET_FIELD { "secret", FIELD_TEXT, false, 100, "A secret of one's own: whsec_ and the base64 text of 24 to 64 random bytes" }

/* Readers of single fields. False when the call has been answered. A missing event is reward_issued. */
bool webhook_read_event(ApiCall *call, const FieldValue *event, EventType *out_type);
bool webhook_read_sources(ApiCall *call, const FieldValue *sources, uint32_t *out_set);
/* "last", the number of an event, or a time. */
bool webhook_read_since(ApiCall *call, const FieldValue *since, CatchUp *out_catch_up);
/* The bytes; { NULL, 0 } when none is given. */
bool webhook_read_secret(ApiCall *call, const FieldValue *value, Str *out_secret);

/* What is sent and how, in webhook_shape.c: the lines that Webhook keeps; { NULL, 0 } for an empty list. */
bool webhook_read_shape(ApiCall *call, Webhook *webhook);
/* The members "method", "headers" (without their values) and "fields". */
void webhook_put_shape(JsonOut *json, const Webhook *webhook);

/* How fast and in which order, in webhook_pace.c: the fields rate_limit, rate_burst, schedule and ordered. */
bool webhook_read_pace(ApiCall *call, PaceChange *out_change);
bool webhook_read_rate(ApiCall *call, const FieldValue *value, Rate *out_rate);
void webhook_put_pace(JsonOut *json, const WebhookPace *pace);

/* Registers what webhook_fields describe by a SubscribeCommand, and answers with `done` then: at once or,
 * with the field challenge, when its URL has repeated it (webhook_challenge.c). */
void webhook_register(ApiCall *call, void (*done)(Command *command));
void webhook_challenge(ApiCall *call, SubscribeCommand *command, void (*done)(Command *command));

#endif
