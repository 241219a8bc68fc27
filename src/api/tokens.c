/* /api/v2/tokens: tokens of the account (an addition to the contract; Q23). */
#include "engine/tokens.h"
#include "api/handlers.h"
#include "api/list.h"
#include "base/limits.h"
#include "base/time.h"

static void put_time_opt(JsonOut *json, const char *name, int64_t utc_us)
{
    if (utc_us)
        json_put_str(json, name, str_of(time_iso8601(utc_us).text));
    else
        json_put_null(json, name);
}

static void put_scopes(JsonOut *json, ScopeSet scopes)
{
    json_key(json, "scopes");
    json_begin_array(json);
    for (int scope = SCOPE_ANY + 1; scope < SCOPE_COUNT; scope++)
        if (scopes >> scope & 1)
            json_str(json, str_of(name_of(scope_names, scope)));
    json_end_array(json);
}

/* `text` is NULL but at its creation. */
static void put_token(JsonOut *json, const Token *token, const char *text)
{
    json_begin_object(json);
    json_put_int(json, "id", token->id);
    json_put_str(json, "name", token->name);
    json_put_str(json, "kind", str_of(name_of(token_kind_names, (int)token->kind)));
    put_scopes(json, token->scopes);
    json_put_bool(json, "main", token->is_main);
    put_time_opt(json, "created_at", token->created_us);
    put_time_opt(json, "expires_at", token->expires_us);
    put_time_opt(json, "last_used_at", token->used_us);
    if (text)
        json_put_str(json, "token", str_of(text));
    json_end_object(json);
}

static Status put_listed(ApiCall *call, int64_t id, JsonOut *json)
{
    Token token;
    Status status = store_token_get(call->context->session, call->account_id, id, call->request->arena, &token);
    if (!status)
        put_token(json, &token, NULL);
    return status;
}

static void list_tokens(ApiCall *call)
{
    api_list(call, LIST_OF_TOKENS, NULL, 0, put_listed);
}

/* ---- making ------------------------------------------------------------ */

static bool read_scopes(ApiCall *call, const FieldValue *names, ScopeSet *out_scopes)
{
    *out_scopes = 0;
    size_t count = json_array_len(names->json);
    for (size_t i = 0; i < count; i++) {
        const JsonValue *name = json_array_at(names->json, i);
        int scope;
        if (json_type_of(name) != JSON_TYPE_STRING || !name_find(scope_names, json_to_str(name), &scope)) {
            api_fail_field(call, "scopes", "The scopes are an array of names such as \"users:read\". One is unknown.");
            return false;
        }
        *out_scopes |= UINT64_C(1) << scope;
    }
    return true;
}

/* Nobody hands out more than they have. */
static bool may_grant(ApiCall *call, ScopeSet scopes)
{
    Scope missing;
    if (scope_covers(call->scopes, scopes, &missing))
        return true;
    Error err;
    const char *name = name_of(scope_names, (int)missing);
    api_fail(call,
             error_set(&err, STATUS_DENIED, NULL, "This token lacks the scope %s and can't give it to another.",
                       name[0] ? name : "for everything"),
             &err);
    return false;
}

static void created(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call == NULL)
        return;
    const TokenCommand *command = (const TokenCommand *)base;
    api_begin_data(call);
    put_token(&call->json, &command->token, command->text);
    api_reply_data(call, 201);
}

static void create_token(ApiCall *call)
{
    const FieldValue *kind = field_value(&call->values, "kind"), *names = field_value(&call->values, "scopes");
    Token token = { .account_id = call->account_id,
                    .name = field_value(&call->values, "name")->text,
                    .is_main = field_value(&call->values, "main")->number == 1,
                    .expires_us = field_value(&call->values, "expires_at")->number };
    int kind_number = TOKEN_API;
    if (kind->given && !name_find(token_kind_names, kind->text, &kind_number)) {
        api_fail_field(call, "kind", "The kind is api or inbound.");
        return;
    }
    token.kind = (TokenKind)kind_number;
    if (token.is_main)
        token.scopes = SCOPES_ALL; /* as the one token of the original */
    else if (names->given && !read_scopes(call, names, &token.scopes))
        return;
    else if (!names->given && token.kind == TOKEN_API)
        token.scopes = call->scopes;
    /* What an inbound token can do: bring qualifications. */
    if (!may_grant(call, token.kind == TOKEN_INBOUND ? UINT64_C(1) << SCOPE_USERS_WRITE : token.scopes))
        return;
    TokenCommand *command = token_command_new(call->request->arena);
    if (command)
        command->token = token;
    api_submit(call, command ? &command->base : NULL, created);
}

static void revoked(Command *base)
{
    ApiCall *call = api_succeeded(base);
    if (call)
        api_reply_message(call, 200, "The token was removed. Nobody can use it any more.");
}

static void revoke_token(ApiCall *call)
{
    TokenRevokeCommand *command = token_revoke_command_new(call->request->arena);
    if (command) {
        command->account_id = call->account_id;
        command->id = api_path_id(call, 0);
        command->leaves_one = true;
    }
    api_submit(call, command ? &command->base : NULL, revoked);
}

/* ---- routes ------------------------------------------------------------ */

static const Field fields[] = {
    { "name", FIELD_TEXT, true, LIMIT_TITLE_CHARS * 4, "What the token is for" },
    { "kind", FIELD_TEXT, false, 20, "api, or inbound: for the URL /webhook/{token}/qualify" },
    { "scopes", FIELD_ARRAY, false, 0, "What it may do; without: as much as the token that asks" },
    { "main", FIELD_BOOL, false, 0, "It may do everything and takes the place of the main token" },
    { "expires_at", FIELD_TIME, false, 0, "When it ends; without: never" },
};

static const ApiRoute routes[] = {
    { HTTP_GET, "/api/v2/tokens", API_V2, SCOPE_TOKENS_READ, list_tokens, API_NO_FIELDS, API_FIELDS(list_query), "Token[]", "List tokens" },
    { HTTP_POST, "/api/v2/tokens/search", API_V2, SCOPE_TOKENS_READ, list_tokens, API_FIELDS(search_fields), API_FIELDS(list_query), "Token[]", "Search tokens" },
    { HTTP_POST, "/api/v2/tokens", API_V2, SCOPE_TOKENS_WRITE, create_token, API_FIELDS(fields), API_NO_FIELDS, "NewToken", "Make a token; its text is shown this once" },
    { HTTP_DELETE, "/api/v2/tokens/{id}", API_V2, SCOPE_TOKENS_WRITE, revoke_token, API_NO_FIELDS, API_NO_FIELDS, "Message", "Revoke a token" },
};

const ApiRoutes token_routes = { routes, ARRAY_LEN(routes) };
