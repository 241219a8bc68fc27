/* Many users in one call (an addition to the contract). Each row is a command of its own, as if it had come
 * alone: a row that fails leaves nothing and stops nobody. They go to the writer a chunk at a time, so that
 * a large call neither fills its queue nor holds much memory; the answer has a result for each row.
 *
 * With an Idempotency-Key the whole answer is kept when all rows are done. A call that is broken off before is
 * done again: to add somebody, or to qualify them, a second time changes nothing. */
#include "api/api.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "base/time.h"

enum { CHUNK_ROWS = 200, CHUNK_ARENA_LEN = 64 * 1024 * 1024, ROWS_PER_CALL = 100 };

/* What the rows of a call are. */
typedef struct BulkKind {
    const char *list; /* the body's field */
    const Field *fields;
    size_t field_count;
    Command *(*command_of)(ApiCall *row); /* NULL: the row has been answered */
    void (*put_result)(ApiCall *row, const Command *command);
} BulkKind;

/* A row is a call that keeps its answer; its request is the whole call's, with the chunk's arena. */
typedef struct BulkRow {
    ApiCall call; /* first: a row's call is the row */
    HttpRequest request;
    struct Bulk *bulk;
    Command *command;
} BulkRow;

typedef struct Bulk {
    Command last; /* first: it changes nothing, but is kept with the answer when the call has a key */
    ApiCall *call;
    const BulkKind *kind;
    const JsonValue *list;
    size_t count, next; /* rows; the first one of the chunk after this */
    Arena *arena;       /* of the chunk under way */
    BulkRow *rows;
    size_t row_count;
    size_t waiting; /* rows of the chunk that the writer has, and one for who submits them */
    Buf out;        /* the results so far, … */
    JsonOut json;   /* … an array */
} Bulk;

static void advance(Bulk *bulk);

/* ---- one row ----------------------------------------------------------- */

/* Only counts: the writer may be at the chunk's other rows, and their arena is this row's. */
static void row_done(Command *command)
{
    Bulk *bulk = ((BulkRow *)command->owner)->bulk;
    if (--bulk->waiting == 0)
        advance(bulk);
}

static void prepare_row(Bulk *bulk, BulkRow *row, const JsonValue *json)
{
    const ApiCall *whole = bulk->call;
    row->bulk = bulk;
    row->request = *whole->request;
    row->request.arena = bulk->arena;
    row->call = (ApiCall){ .request = &row->request,
                           .context = whole->context,
                           .route = whole->route,
                           .account_id = whole->account_id,
                           .token_id = whole->token_id,
                           .scopes = whole->scopes,
                           .captures = true,
                           .out = buf_in_arena(bulk->arena, LIMIT_META_LEN) };
    row->call.json = json_out(&row->call.out);
    FieldErrors errors;
    if (json_type_of(json) != JSON_TYPE_OBJECT)
        api_fail_field(&row->call, bulk->kind->list, "Each row must be an object.");
    else if (!fields_read(bulk->kind->fields, bulk->kind->field_count, json, bulk->arena, &row->call.values, &errors))
        api_fail_fields(&row->call, &errors);
    else
        row->command = bulk->kind->command_of(&row->call);
    if (row->command) {
        row->command->owner = row;
        row->command->done = row_done;
    }
}

static void put_row(Bulk *bulk, BulkRow *row, size_t index)
{
    JsonOut *json = &bulk->json;
    if (row->command && row->command->status == STATUS_OK)
        bulk->kind->put_result(&row->call, row->command);
    else if (row->command)
        api_fail(&row->call, row->command->status, &row->command->error);
    bool went_well = row->call.captured < 300;
    json_begin_object(json);
    json_put_int(json, "index", (int64_t)index);
    json_put_int(json, "status", row->call.captured);
    json_key(json, went_well ? "data" : "error");
    json_raw(json, buf_str(&row->call.out));
    json_end_object(json);
}

/* ---- chunks ------------------------------------------------------------ */

static void end_chunk(Bulk *bulk)
{
    for (size_t i = 0; i < bulk->row_count; i++)
        put_row(bulk, &bulk->rows[i], bulk->next - bulk->row_count + i);
    arena_free(&bulk->arena);
    bulk->row_count = 0;
}

/* False without memory. All rows are made before the first is submitted: from then on, until the last one is
 * done, the arena is the writer's. */
static bool begin_chunk(Bulk *bulk)
{
    size_t count = size_min(bulk->count - bulk->next, CHUNK_ROWS);
    bulk->arena = arena_new(CHUNK_ARENA_LEN);
    bulk->rows = bulk->arena ? ARENA_ARRAY(bulk->arena, BulkRow, count) : NULL;
    if (bulk->rows == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        prepare_row(bulk, &bulk->rows[i], json_array_at(bulk->list, bulk->next + i));
    bulk->row_count = count;
    bulk->next += count;
    return true;
}

/* Submits the chunk; true when nothing of it is under way any more. */
static bool submit_chunk(Bulk *bulk)
{
    LoopContext *context = bulk->call->context;
    bulk->waiting = 1;
    for (size_t i = 0; i < bulk->row_count; i++) {
        if (bulk->rows[i].command == NULL)
            continue;
        bulk->waiting++;
        loop_sink_submit(context->sink, context->engine->store, bulk->rows[i].command);
    }
    return --bulk->waiting == 0;
}

static Status run_last(Command *base UNUSED, StoreSession *session UNUSED)
{
    return STATUS_OK;
}

static void answer(Command *base)
{
    Bulk *bulk = (Bulk *)base;
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    api_begin_data(call);
    json_raw(&call->json, buf_str(&bulk->out));
    api_reply_data(call, 200);
}

static void finish(Bulk *bulk)
{
    json_end_array(&bulk->json);
    bulk->last = (Command){ .run = run_last, .arena = bulk->call->request->arena, .owner = bulk->call };
    if (bulk->call->key.ptr)
        api_submit(bulk->call, &bulk->last, answer);
    else
        answer(&bulk->last);
}

/* Goes on, with the next chunk or with the answer, until it has to wait for the writer. */
static void advance(Bulk *bulk)
{
    do {
        end_chunk(bulk);
        if (bulk->next == bulk->count) {
            finish(bulk);
            return;
        }
        if (!begin_chunk(bulk)) {
            arena_free(&bulk->arena);
            api_fail(bulk->call, STATUS_NOMEM, NULL);
            return;
        }
    } while (submit_chunk(bulk));
}

static void run_bulk(ApiCall *call, const BulkKind *kind)
{
    const JsonValue *list = field_value(&call->values, kind->list)->json;
    size_t count = json_array_len(list);
    if (count == 0 || count > LIMIT_BULK_ROWS) {
        api_fail_field(call, kind->list, "Send 1 to 10000 rows.");
        return;
    }
    if (api_answer_again(call))
        return;
    if (!api_take_calls(call, (int64_t)(count - 1) / ROWS_PER_CALL))
        return;
    Bulk *bulk = ARENA_NEW(call->request->arena, Bulk);
    if (bulk == NULL) {
        api_fail(call, STATUS_NOMEM, NULL);
        return;
    }
    *bulk = (Bulk){ .call = call, .kind = kind, .list = list, .count = count };
    bulk->out = buf_in_arena(call->request->arena, LIMIT_RESPONSE_LEN);
    bulk->json = json_out(&bulk->out);
    json_begin_array(&bulk->json);
    advance(bulk);
}

/* ---- adding ------------------------------------------------------------ */

/* Little: ten thousand whole users would be a large answer. */
static void put_user(ApiCall *row, const User *user, int http_status)
{
    Code code = code_of(&row->context->engine->code_key, CODE_USER, user->id);
    json_begin_object(&row->json);
    json_put_int(&row->json, "id", user->id);
    json_put_str(&row->json, "code", (Str){ code.text, CODE_LEN });
    json_end_object(&row->json);
    row->captured = http_status;
}

static Command *join_of(ApiCall *row)
{
    JoinCommand *command = join_command_of(row, SOURCE_API);
    return command ? &command->base : NULL;
}

static void put_joined(ApiCall *row, const Command *command)
{
    const JoinCommand *join = (const JoinCommand *)command;
    put_user(row, &join->user, join->created ? 201 : 200);
}

static void bulk_add(ApiCall *call)
{
    static const BulkKind kind = { "users", user_fields, USER_FIELD_COUNT, join_of, put_joined };
    run_bulk(call, &kind);
}

/* ---- qualifying -------------------------------------------------------- */

static Command *qualify_of(ApiCall *row)
{
    QualifyCommand *command = qualification_command_of(row);
    return command ? &command->base : NULL;
}

static void put_qualified(ApiCall *row, const Command *command)
{
    put_user(row, &((const QualifyCommand *)command)->user, 200);
}

static void bulk_qualify(ApiCall *call)
{
    static const BulkKind kind = { "users", qualification_fields, QUALIFICATION_FIELD_COUNT, qualify_of, put_qualified };
    run_bulk(call, &kind);
}

/* ---- routes ------------------------------------------------------------ */

static const Field fields[] = {
    { "users", FIELD_ARRAY, true, 0, "1 to 10000 rows, each as in the call for one" },
};

static const ApiRoute routes[] = {
    { HTTP_POST, "/api/v2/users/bulk", API_V2, SCOPE_USERS_WRITE, bulk_add, API_FIELDS(fields), API_NO_FIELDS, "BulkResults", "Add many users, with a result for each" },
    { HTTP_POST, "/api/v2/users/qualification/bulk", API_V2, SCOPE_USERS_WRITE, bulk_qualify, API_FIELDS(fields), API_NO_FIELDS, "BulkResults", "Qualify many users, with a result for each" },
};

const ApiRoutes bulk_routes = { routes, ARRAY_LEN(routes) };
