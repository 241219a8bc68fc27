/* What the families of handlers share. Only api/ includes this. */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/call.h"
#include "engine/join.h"
#include "engine/qualify.h"

/* An error with a code that no Status has (401, 405, 415, …), and one more header or NULL. */
void api_fail_as(ApiCall *call, int http_status, const char *text, const HttpHeader *extra);

/* Charges the token for more calls than this one. False when it has none left: then the call is answered. */
bool api_take_calls(ApiCall *call, int64_t more) MUST_USE;

/* Reads body and query string as the route says. False when they don't fit: then the call is answered. */
bool api_read_input(ApiCall *call) MUST_USE;

/* Cross-origin calls (contract 2.0): any page may call, since a call needs a token and no cookie helps it. */
void api_allow_browsers(HttpReply *reply);
void api_answer_preflight(HttpRequest *request);

/* Reads the header Idempotency-Key. False when it is malformed: then the call is answered. */
bool api_read_key(ApiCall *call) MUST_USE;
/* The call is about to be answered: its key is free for the next one. */
void api_release_key(ApiCall *call);
/* Answers the call as an earlier one with its key was answered, or says that the key is taken. False when there is
 * none: then the call goes on. For calls that are more than one command, before the first of them. */
bool api_answer_again(ApiCall *call) MUST_USE;
/* Wraps a call's command, complete with `done` and `owner`; NULL without memory. */
Command *api_keyed_command(ApiCall *call, Command *inner) MUST_USE;

/* The parts of the route table, each beside its handlers. */
extern const ApiRoutes n8n_routes; /* contract 2.1 */
extern const ApiRoutes v1_routes;  /* contract 2.2 */
extern const ApiRoutes v2_routes;  /* contract 2.3 */
extern const ApiRoutes list_routes; /* lists and searches of 2.3 */
extern const ApiRoutes campaign_routes;
extern const ApiRoutes review_routes; /* what fraud rules saw */
extern const ApiRoutes delivery_routes; /* of webhooks */
extern const ApiRoutes replay_routes;
extern const ApiRoutes people_routes; /* changing users */
extern const ApiRoutes reward_list_routes; /* R1 to R7 */
extern const ApiRoutes stats_routes;
extern const ApiRoutes domain_routes;
extern const ApiRoutes account_routes;
extern const ApiRoutes conversion_routes; /* orders and U7 */
extern const ApiRoutes grant_routes;      /* R8 to R10, explanations */
extern const ApiRoutes reward_routes;     /* definitions, coupons */
extern const ApiRoutes token_routes;
extern const ApiRoutes webhook_routes;
extern const ApiRoutes event_routes;
extern const ApiRoutes bulk_routes;
extern const ApiRoutes inbound_routes; /* contract 3.2 */

/* The body that describes a new user, and its command; a call that can't be one is answered, and NULL
 * is given. */
enum { USER_FIELD_COUNT = 13 };
extern const Field user_fields[USER_FIELD_COUNT];
JoinCommand *join_command_of(ApiCall *call, int source);
/* Extra fields as our own JSON text, { NULL, 0 } for none; false when they don't fit: the call is answered. */
bool user_meta_of(ApiCall *call, const FieldValue *meta, Str *out_meta) MUST_USE;
/* {field, value}: what people can be named by. False when it names nothing. */
bool user_key_of_fields(const FieldValues *values, UserKey *out_key) MUST_USE;

/* The same for who is to be qualified: by code, coupon, or e-mail with campaign. */
enum { QUALIFY_FIELD_COUNT = 4 };
extern const Field qualify_fields[QUALIFY_FIELD_COUNT];
QualifyCommand *qualify_command_of(ApiCall *call);

/* And as v2 has it (U7): by more keys, with an order, or taken back. `qualified` need not be said. */
enum { QUALIFICATION_FIELD_COUNT = 11 };
extern const Field qualification_fields[QUALIFICATION_FIELD_COUNT];
QualifyCommand *qualification_command_of(ApiCall *call);

#endif
