/* Idempotency-Key: the same write sent again gets the same answer and changes nothing.
 *
 * The command of a call with a key is wrapped in one that looks the key up, runs the command, has its
 * answer written and keeps that, all in the write's own transaction: so the answer is kept exactly
 * when the write is. Failures are not kept: they changed nothing. While a call is under way another with
 * its key is turned away (api/keys_under_way.h); what a killed process had under way is simply done again.
 *
 * What is kept is sealed with the key itself, of which the database has only a hash: an answer may
 * hold a token's text, and always holds people's data. */
#include <sodium.h>

#include "api/handlers.h"
#include "base/limits.h"
#include "base/seal.h"

typedef struct KeyedCommand {
    Command base;
    ApiCall *call;
    Command *inner;
    KeptAnswer answer;
    uint8_t request_hash[IDEMPOTENCY_HASH_LEN]; /* of this call */
    SealKey seal_key;
    bool replayed; /* `plain` is the answer of a call before */
    Str plain;
} KeyedCommand;

/* ---- hashes and seals -------------------------------------------------- */

static void hash_part(crypto_hash_sha256_state *state, Str part)
{
    uint64_t len = part.len; /* stands before it, so that parts can't run into each other */
    crypto_hash_sha256_update(state, (const uint8_t *)&len, sizeof len);
    crypto_hash_sha256_update(state, (const uint8_t *)part.ptr, part.len);
}

static void hash_parts(const Str *parts, size_t count, uint8_t out_hash[crypto_hash_sha256_BYTES])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        hash_part(&state, parts[i]);
    crypto_hash_sha256_final(&state, out_hash);
}

bool api_read_key(ApiCall *call)
{
    Str key = http_header(call->request, "Idempotency-Key");
    if (call->request->method == HTTP_GET || key.ptr == NULL)
        return true;
    bool fits = key.len >= 1 && key.len <= LIMIT_IDEMPOTENCY_KEY_LEN;
    for (size_t i = 0; fits && i < key.len; i++)
        fits = key.ptr[i] >= ' ' && key.ptr[i] <= '~';
    if (!fits) {
        api_fail_field(call, "Idempotency-Key", "An Idempotency-Key has 1 to 255 printable ASCII characters.");
        return false;
    }
    call->key = key;
    call->under_way.account_id = call->account_id;
    hash_parts((Str[]){ STR("key"), key }, 2, call->under_way.key_hash);
    return true;
}

#define SEALED_FOR STR("idempotency")

static Status seal_answer(KeyedCommand *command, Str plain, Str *out_sealed)
{
    char *sealed = arena_alloc(command->base.arena, plain.len + SEAL_EXTRA_LEN);
    if (sealed == NULL)
        return STATUS_NOMEM;
    seal(&command->seal_key, SEALED_FOR, plain, sealed);
    *out_sealed = (Str){ sealed, plain.len + SEAL_EXTRA_LEN };
    return STATUS_OK;
}

static Status open_answer(KeyedCommand *command, Str sealed, Str *out_plain)
{
    char *plain = arena_alloc(command->base.arena, sealed.len);
    if (plain == NULL)
        return STATUS_NOMEM;
    if (!seal_open(&command->seal_key, SEALED_FOR, sealed, plain))
        return STATUS_INTERNAL;
    *out_plain = (Str){ plain, sealed.len - SEAL_EXTRA_LEN };
    return STATUS_OK;
}

/* ---- the wrapped command ----------------------------------------------- */

/* Has the inner command's `done` write its answer here, on the writer's thread: it only gets to see the
 * writer's session, and what it "sends" stays in call->out. */
static Status write_answer(KeyedCommand *command, StoreSession *session)
{
    ApiCall *call = command->call;
    LoopContext *context = call->context, here = *context;
    here.session = session;
    call->context = &here;
    call->captured = 0;
    call->captures = true;
    call->out.len = 0;
    call->json = json_out(&call->out);
    command->inner->status = STATUS_OK;
    command->inner->done(command->inner);
    call->captures = false;
    call->context = context;
    command->answer.http_status = call->captured;
    command->plain = buf_str(&call->out);
    return command->plain.ptr && call->captured < 300 ? STATUS_OK : STATUS_NOMEM;
}

static Status keep_answer(KeyedCommand *command, StoreSession *session)
{
    memcpy(command->answer.request_hash, command->request_hash, IDEMPOTENCY_HASH_LEN);
    Status status = seal_answer(command, command->plain, &command->answer.body);
    return status ? status : store_answer_keep(session, &command->answer);
}

/* STATUS_NOT_FOUND when no call had this key before. */
static Status find_answer(KeyedCommand *command, StoreSession *session)
{
    Status status = store_answer_find(session, command->base.arena, &command->answer);
    command->replayed = status == STATUS_OK;
    if (status)
        return status;
    if (memcmp(command->answer.request_hash, command->request_hash, IDEMPOTENCY_HASH_LEN) != 0)
        return error_set(&command->base.error, STATUS_INVALID, "Idempotency-Key",
                         "This Idempotency-Key came before with another request. Use a new one.");
    return open_answer(command, command->answer.body, &command->plain);
}

static Status run_keyed(Command *base, StoreSession *session)
{
    KeyedCommand *command = (KeyedCommand *)base;
    Status status = find_answer(command, session);
    if (status != STATUS_NOT_FOUND)
        return status;
    command->inner->error = (Error){ 0 };
    status = command->inner->run(command->inner, session);
    if (!status)
        status = write_answer(command, session);
    if (!status)
        status = keep_answer(command, session);
    base->error = command->inner->error;
    return status;
}

static void send_answer(KeyedCommand *command)
{
    ApiCall *call = command->call;
    call->out.len = 0;
    buf_append(&call->out, command->plain);
    call->replayed = command->replayed;
    api_reply(call, command->answer.http_status);
}

static void done_keyed(Command *base)
{
    KeyedCommand *command = (KeyedCommand *)base;
    ApiCall *call = command->call;
    if (base->status == STATUS_OK) {
        send_answer(command);
    } else if (command->replayed) {
        api_fail(call, base->status, &base->error);
    } else { /* as without a key */
        command->inner->status = base->status;
        command->inner->error = base->error;
        command->inner->done(command->inner);
    }
}

bool api_answer_again(ApiCall *call)
{
    if (call->key.ptr == NULL)
        return false;
    KeyedCommand *command = (KeyedCommand *)api_keyed_command(call, NULL);
    Status status = command ? find_answer(command, call->context->session) : STATUS_NOMEM;
    if (status == STATUS_NOT_FOUND)
        return false;
    if (status)
        api_fail(call, status, command ? &command->base.error : NULL);
    else
        send_answer(command);
    return true;
}

Command *api_keyed_command(ApiCall *call, Command *inner)
{
    KeyedCommand *command = ARENA_NEW(call->request->arena, KeyedCommand);
    if (command == NULL)
        return NULL;
    const HttpRequest *request = call->request;
    *command = (KeyedCommand){ .base = { .run = run_keyed, .done = done_keyed, .arena = request->arena },
                               .call = call,
                               .inner = inner,
                               .answer = { .account_id = call->account_id } };
    memcpy(command->answer.key_hash, call->under_way.key_hash, IDEMPOTENCY_HASH_LEN);
    hash_parts((Str[]){ STR("seal"), call->key }, 2, command->seal_key.bytes);
    hash_parts((Str[]){ str_of(http_method_name(request->method)), request->path, request->query, request->body }, 4,
               command->request_hash);
    return &command->base;
}
