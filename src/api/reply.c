/* Answers of the API: envelopes, errors, headers. */
#include <stdio.h>

#include "api/call.h"
#include "api/handlers.h"

static const struct {
    int http;
    const char *text; /* when nobody said something better */
} statuses[] = {
    [STATUS_OK] = { 200, "" },
    [STATUS_INVALID] = { 422, "Some fields are not valid." },
    [STATUS_NOT_FOUND] = { 404, "There is nothing here by that name." },
    [STATUS_CONFLICT] = { 409, "The present state does not allow this." },
    [STATUS_DENIED] = { 403, "This token is not allowed to do this." },
    [STATUS_LIMIT] = { 429, "Too many calls. Try again later." },
    [STATUS_BUSY] = { 503, "The server has too much to do right now. Try again in a moment." },
    [STATUS_UNAVAILABLE] = { 503, "The database can't be reached right now. Nothing was changed. Try again in a moment." },
    [STATUS_UNCERTAIN] = { 503, "It is not known whether this was stored. Look it up before you try again." },
    [STATUS_NOMEM] = { 503, "The server has no memory left for this. Try again in a moment." },
    [STATUS_INTERNAL] = { 500, "Something failed on our side. Tell the operator the request_id." },
};

/* In place of an answer that has no room. What was done stays done, and is not said to have failed. */
static int say_too_large(const ApiCall *call, int http_status, char *out, size_t size, Str *out_body)
{
    bool was_done = call->request->method != HTTP_GET && http_status < 300;
    int status = was_done ? http_status : 503, len;
    if (was_done)
        len = snprintf(out, size, "{\"message\":\"This was done, but the answer is too large to be sent.\"}");
    else
        len = snprintf(out, size,
                       "{\"code\":503,\"message\":\"The answer is too large. Ask for less at a time.\","
                       "\"request_id\":\"%.*s\"}",
                       STR_ARG(call->request->id));
    *out_body = (Str){ out, (size_t)len };
    return status;
}

static void send(ApiCall *call, int http_status, const HttpHeader *extra)
{
    if (call->captures) {
        call->captured = http_status;
        return;
    }
    char instead[200];
    HttpReply reply = { .status = http_status, .content_type = "application/json", .body = buf_str(&call->out) };
    if (call->out.failed)
        reply.status = say_too_large(call, http_status, instead, sizeof instead, &reply.body);
    Arena *arena = call->request->arena;
    if (call->rate_limit) {
        http_reply_header(&reply, "X-RateLimit-Limit", arena_printf(arena, "%lld", (long long)call->rate_limit));
        http_reply_header(&reply, "X-RateLimit-Remaining", arena_printf(arena, "%lld", (long long)call->rate_left));
    }
    if (call->replayed)
        http_reply_header(&reply, "Idempotent-Replayed", STR("true"));
    if (extra)
        http_reply_header(&reply, extra->name, extra->value);
    api_allow_browsers(&reply);
    http_reply_header(&reply, "Cache-Control", STR("no-store"));
    http_reply_header(&reply, "X-Content-Type-Options", STR("nosniff"));
    json_doc_free(&call->body);
    json_doc_free(&call->query);
    api_release_key(call);
    http_reply(call->request, &reply);
}

void api_reply(ApiCall *call, int http_status)
{
    send(call, http_status, NULL);
}

void api_reply_message(ApiCall *call, int http_status, const char *text)
{
    json_begin_object(&call->json);
    json_put_str(&call->json, "message", str_of(text));
    json_end_object(&call->json);
    send(call, http_status, NULL);
}

static void begin_error(ApiCall *call, int http_status, const char *text)
{
    call->out.len = 0; /* whatever had been written */
    call->json = json_out(&call->out);
    json_begin_object(&call->json);
    json_put_int(&call->json, "code", http_status);
    json_put_str(&call->json, "message", str_of(text));
}

static void end_error(ApiCall *call, int http_status, const HttpHeader *extra)
{
    json_put_str(&call->json, "request_id", call->request->id);
    json_end_object(&call->json);
    send(call, http_status, extra);
}

/* n8n: {"email": ["text"]}; v2: {"email": [{"field": "email", "message": "text"}]} (contract 2.0). */
static void put_field_error(ApiCall *call, const Error *err)
{
    JsonOut *json = &call->json;
    json_key(json, err->field);
    json_begin_array(json);
    if (call->route->family == API_V2) {
        json_begin_object(json);
        json_put_str(json, "field", str_of(err->field));
        json_put_str(json, "message", str_of(err->text));
        json_end_object(json);
    } else {
        json_str(json, str_of(err->text));
    }
    json_end_array(json);
}

void api_fail_as(ApiCall *call, int http_status, const char *text, const HttpHeader *extra)
{
    begin_error(call, http_status, text);
    end_error(call, http_status, extra);
}

void api_fail(ApiCall *call, Status status, const Error *err)
{
    int http_status = statuses[status].http;
    bool has_text = err && err->text[0];
    begin_error(call, http_status, has_text ? err->text : statuses[status].text);
    if (has_text && err->field[0]) {
        json_key(&call->json, "errors");
        json_begin_object(&call->json);
        put_field_error(call, err);
        json_end_object(&call->json);
    }
    end_error(call, http_status, http_status == 503 ? &(HttpHeader){ "Retry-After", STR("1") } : NULL);
}

void api_fail_fields(ApiCall *call, const FieldErrors *errors)
{
    /* n8n shows people the message only: it must say which field is meant. */
    Str text = arena_printf(call->request->arena, "Some fields are not valid. %s: %s", errors->items[0].field,
                            errors->items[0].text);
    begin_error(call, 422, text.ptr ? text.ptr : "Some fields are not valid.");
    json_key(&call->json, "errors");
    json_begin_object(&call->json);
    for (size_t i = 0; i < errors->count; i++)
        put_field_error(call, &errors->items[i]);
    json_end_object(&call->json);
    end_error(call, 422, NULL);
}

void api_fail_field(ApiCall *call, const char *field, const char *text)
{
    Error err;
    api_fail(call, error_set(&err, STATUS_INVALID, field, "%s", text), &err);
}

/* ---- envelope ---------------------------------------------------------- */

void api_begin_data(ApiCall *call)
{
    json_begin_object(&call->json);
    json_key(&call->json, "data");
}

bool api_begin_found(ApiCall *call, Status status)
{
    if (status)
        api_fail(call, status, NULL);
    else
        api_begin_data(call);
    return status == STATUS_OK;
}

void api_reply_data(ApiCall *call, int http_status)
{
    json_end_object(&call->json);
    api_reply(call, http_status);
}

int64_t api_path_id(const ApiCall *call, size_t param)
{
    int64_t id;
    return str_to_i64(call->request->params[param], &id) && id > 0 ? id : 0;
}

/* ---- commands ---------------------------------------------------------- */

void api_submit(ApiCall *call, Command *command, void (*done)(Command *command))
{
    if (command) {
        command->owner = call;
        command->done = done;
        if (call->key.ptr)
            command = api_keyed_command(call, command);
    }
    if (command)
        loop_sink_submit(call->context->sink, call->context->engine->store, command);
    else
        api_fail(call, STATUS_NOMEM, NULL);
}

ApiCall *api_succeeded(Command *command)
{
    ApiCall *call = command->owner;
    if (command->status == STATUS_OK)
        return call;
    api_fail(call, command->status, &command->error);
    return NULL;
}
