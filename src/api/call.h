/* One call of the API on its way: route → token → fields → handler → (command) → answer.
 *
 * A call lives in its request's arena. Every call ends in exactly one api_reply or api_fail. */
#ifndef API_CALL_H
#define API_CALL_H

#include "api/fields.h"
#include "api/keys_under_way.h"
#include "api/rate_limit.h"
#include "base/json_out.h"
#include "domain/scope.h"
#include "engine/loop.h"

typedef enum ApiFamily { API_N8N, API_V1, API_V2, API_INBOUND } ApiFamily; /* decides the envelope and the shape of errors */

typedef struct ApiCall ApiCall;
typedef struct Api Api; /* see api/api.h */

typedef struct ApiRoute {
    HttpMethod method;
    const char *path; /* see http/route.h */
    ApiFamily family;
    Scope scope; /* that the token must have */
    void (*handle)(ApiCall *call);
    const Field *fields; /* of the body; NULL: it has none and is not read. One without needed fields may be empty */
    size_t field_count;
    const Field *query; /* parameters of the query string that are checked; others are ignored */
    size_t query_count;
    const char *answer; /* a schema of spec/openapi.json: "User" in its envelope, "User[]" a page, "UserAnswer" as it is */
    const char *summary;
} ApiRoute;

/* A part of the route table. The first route that fits wins: fixed paths stand before {names}. */
typedef struct ApiRoutes {
    const ApiRoute *items;
    size_t count;
} ApiRoutes;

#define API_FIELDS(array) (array), ARRAY_LEN(array)
#define API_NO_FIELDS NULL, 0

struct ApiCall {
    HttpRequest *request;
    LoopContext *context;
    const ApiRoute *route;
    Api *api;
    int64_t account_id, token_id;
    ScopeSet scopes; /* the token's */
    int64_t rate_limit, rate_left; /* calls a minute; limit 0: none */
    Str key;       /* Idempotency-Key; { NULL, 0 }: none */
    KeyUnderWay under_way; /* of that key, until the answer is sent */
    bool replayed; /* the answer is that of an earlier call with the same key */
    bool captures; /* what is sent now is only kept in `out`, its status in `captured` */
    int captured;
    JsonDoc body, query;
    FieldValues values;       /* of route->fields, out of the body */
    FieldValues query_values; /* of route->query */
    Buf out;      /* the answer is written here … */
    JsonOut json; /* … with this */
};

/* Sends what was written to call->json. */
void api_reply(ApiCall *call, int http_status);
/* {"message": text} and more that the family wants. */
void api_reply_message(ApiCall *call, int http_status, const char *text);
/* Sends an error in the family's shape. `err` may be empty: then the Status speaks for itself. */
void api_fail(ApiCall *call, Status status, const Error *err);
/* 422 with every wrong field. */
void api_fail_fields(ApiCall *call, const FieldErrors *errors);
/* 422 with one wrong field. */
void api_fail_field(ApiCall *call, const char *field, const char *text);

/* The number at the path's {…}, or 0 (which is nobody's) when it is none. */
int64_t api_path_id(const ApiCall *call, size_t param);
/* What v2 answers stand in: {"data": …}. Between the two: one value. */
void api_begin_data(ApiCall *call);
/* After a look-up: begins the data of its answer, or answers with its failure and gives false. */
bool api_begin_found(ApiCall *call, Status status);
void api_reply_data(ApiCall *call, int http_status);

/* Queues a command; `done` runs on this loop after the commit. The call is command->owner.
 * `done` does nothing but write the answer out of the call and the command: for a call with an
 * Idempotency-Key it runs on the writer's thread, before the commit, with the writer's session as
 * call->context->session. */
void api_submit(ApiCall *call, Command *command, void (*done)(Command *command));
/* For the start of a `done`: the call, or NULL when the command failed and the error has been sent. */
ApiCall *api_succeeded(Command *command);

#endif
