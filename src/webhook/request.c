#include "webhook/request.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/json_in.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/time.h"

/* ---- headers ----------------------------------------------------------- */

bool request_add_line(struct curl_slist **list, Str line)
{
    struct curl_slist *longer = line.ptr ? curl_slist_append(*list, line.ptr) : NULL;
    if (longer)
        *list = longer;
    return longer != NULL;
}

/* The same for every attempt, unique over all accounts, and without a dot: the digits of two codes. */
static Str message_id(const Attempt *attempt)
{
    const CodeKey *key = &attempt->tools->code_key;
    Code account = code_of(key, CODE_EVENT, attempt->claim.account_id);
    Code event = code_of(key, CODE_EVENT, attempt->claim.event_seq);
    return arena_printf(attempt->arena, "evt_%s%s", account.text + 1, event.text + 1);
}

/* W3C Trace Context (WH-74): all attempts of a delivery are one trace, each a span of its own. */
static Str trace_parent(Arena *arena, Str message_id)
{
    enum { TRACE_LEN = 16, SPAN_LEN = 8 };
    uint8_t trace[TRACE_LEN], span[SPAN_LEN];
    char trace_text[2 * TRACE_LEN + 1], span_text[2 * SPAN_LEN + 1];
    crypto_generichash(trace, sizeof trace, (const uint8_t *)message_id.ptr, message_id.len, NULL, 0);
    random_bytes(span, sizeof span);
    sodium_bin2hex(trace_text, sizeof trace_text, trace, sizeof trace);
    sodium_bin2hex(span_text, sizeof span_text, span, sizeof span);
    return arena_printf(arena, "traceparent: 00-%s-%s-01", trace_text, span_text);
}

/* The newest first. */
static size_t live_secrets(const Webhook *webhook, int64_t now_us, Str out_secrets[1 + WEBHOOK_OLD_SECRETS])
{
    size_t count = 0;
    out_secrets[count++] = webhook->secret;
    for (size_t i = 0; i < WEBHOOK_OLD_SECRETS; i++)
        if (webhook->old_secrets[i].secret.ptr && webhook->old_secrets[i].until_us > now_us)
            out_secrets[count++] = webhook->old_secrets[i].secret;
    return count;
}

static bool is_get(const Attempt *attempt)
{
    return attempt->webhook.method == WEBHOOK_GET;
}

/* Those its owner set. */
static bool add_own_headers(Attempt *attempt)
{
    Str lines = attempt->webhook.headers, line;
    bool done = true;
    while (done && str_cut(&lines, '\n', &line))
        done = request_add_line(&attempt->headers, arena_str(attempt->arena, line));
    return done;
}

/* What a probe's caller is shown: the values that the webhook's owner set stay hidden. */
static bool show_headers(Attempt *attempt)
{
    Buf head = buf_in_arena(attempt->arena, ATTEMPT_MAX_HEAD_LEN);
    Str lines = attempt->webhook.headers, line, name;
    for (const struct curl_slist *item = attempt->headers; item; item = item->next)
        buf_printf(&head, "%s\n", item->data);
    while (str_cut(&lines, '\n', &line)) {
        str_cut(&line, ':', &name);
        buf_printf(&head, "%.*s: ***\n", STR_ARG(name));
    }
    attempt->probe->request_head = arena_str(attempt->probe->base.arena, buf_str(&head));
    return !head.failed;
}

static Status write_headers(Attempt *attempt)
{
    const Claim *claim = &attempt->claim;
    Arena *arena = attempt->arena;
    int64_t now_us = time_now_us();
    SignMessage message = { .id = message_id(attempt),
                            .sent_s = now_us / US_PER_SECOND,
                            .body = is_get(attempt) ? STR("") : claim->body,
                            .ed25519 = attempt->webhook.pace.ed25519 };
    if (message.id.ptr == NULL)
        return STATUS_NOMEM;
    Buf signature = buf_in_arena(arena, SIGN_MAX_HEADER_LEN);
    Str secrets[1 + WEBHOOK_OLD_SECRETS];
    size_t count = live_secrets(&attempt->webhook, now_us, secrets);
    Status status = sign_message(attempt->tools->signer, &message, secrets, count, &signature);
    if (status)
        return status;
    bool is_challenge = attempt->probe && attempt->probe->challenge[0];
    const char *event = is_challenge ? WEBHOOK_CHALLENGE : name_of(event_type_names, (int)claim->event);
    struct curl_slist **list = &attempt->headers;
    bool done =
        (is_get(attempt) || request_add_line(list, STR("Content-Type: application/json"))) &&
        request_add_line(list, STR("Accept: application/json")) && request_add_line(list, STR("Expect:")) &&
        request_add_line(list, arena_printf(arena, "webhook-id: %.*s", STR_ARG(message.id))) &&
        request_add_line(list, arena_printf(arena, "webhook-timestamp: %" PRId64, message.sent_s)) &&
        request_add_line(list,
                         arena_printf(arena, "webhook-signature: %.*s", STR_ARG(buf_str(&signature)))) &&
        request_add_line(list, arena_printf(arena, "x-webhook-event: %s", event)) &&
        request_add_line(list, arena_printf(arena, "x-webhook-attempt: %" PRId64, claim->attempt)) &&
        request_add_line(list, trace_parent(arena, message.id));
    if (attempt->probe)
        done = done && request_add_line(list, STR("x-webhook-test: true")) && show_headers(attempt);
    return done && add_own_headers(attempt) ? STATUS_OK : STATUS_NOMEM;
}

/* ---- the URL of a GET --------------------------------------------------- */

static bool add_parameter(Attempt *attempt, Buf *url, Str name, Str value)
{
    char *escaped_name = curl_easy_escape(attempt->easy, name.ptr, (int)name.len);
    char *escaped = curl_easy_escape(attempt->easy, value.ptr, (int)value.len);
    if (escaped_name && escaped)
        buf_printf(url, "%c%s=%s", str_index((Str){ url->ptr, url->len }, '?') >= 0 ? '&' : '?', escaped_name, escaped);
    bool done = escaped_name && escaped && !url->failed;
    curl_free(escaped_name);
    curl_free(escaped);
    return done;
}

/* The text of a value that goes into a query string; { NULL, 0 } for the others. */
static Str scalar_text(const JsonValue *value, Arena *arena)
{
    switch (json_type_of(value)) {
    case JSON_TYPE_STRING:
        return json_to_str(value);
    case JSON_TYPE_BOOL:
        return json_to_bool(value) ? STR("true") : STR("false");
    case JSON_TYPE_INT:
    case JSON_TYPE_REAL:
        return json_number_text(value, arena);
    default:
        return STR_NONE;
    }
}

static Status write_query(Attempt *attempt, Str *out_url)
{
    JsonDoc doc;
    Status status = json_parse(attempt->claim.body, &doc, NULL);
    if (status)
        return status == STATUS_NOMEM ? status : STATUS_INTERNAL;
    Buf url = buf_in_arena(attempt->arena, LIMIT_EVENT_BODY);
    buf_append(&url, attempt->target.url);
    bool done = true;
    Str name;
    const JsonValue *value;
    for (void *at = NULL; done && json_next_member(doc.root, &at, &name, &value);) {
        Str text = scalar_text(value, attempt->arena);
        done = text.ptr == NULL || add_parameter(attempt, &url, name, text);
    }
    json_doc_free(&doc);
    buf_append_char(&url, 0);
    *out_url = buf_str(&url);
    return done && out_url->ptr ? STATUS_OK : STATUS_NOMEM;
}

/* ---- the handle -------------------------------------------------------- */

/* It is used again and again: each sets what the one before may have set otherwise. */
static bool set_method(Attempt *attempt)
{
    CURL *easy = attempt->easy;
    const Claim *claim = &attempt->claim;
    WebhookMethod method = attempt->webhook.method;
    const char *name = method == WEBHOOK_PUT || method == WEBHOOK_PATCH ? name_of(webhook_method_names, (int)method) : NULL;
    if (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name) != CURLE_OK)
        return false;
    if (is_get(attempt))
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, claim->body.ptr) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)claim->body.len) == CURLE_OK;
}

Status request_prepare(Attempt *attempt)
{
    CURL *easy = attempt->easy;
    Str url = attempt->target.url;
    Status status = write_headers(attempt);
    if (!status && is_get(attempt))
        status = write_query(attempt, &url);
    if (status)
        return status;
    if (attempt->probe)
        attempt->probe->url = arena_str(attempt->probe->base.arena, str_of(url.ptr));
    return set_method(attempt) && curl_easy_setopt(easy, CURLOPT_URL, url.ptr) == CURLE_OK &&
                   curl_easy_setopt(easy, CURLOPT_RESOLVE, attempt->pins) == CURLE_OK &&
                   curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt->headers) == CURLE_OK
               ? STATUS_OK
               : STATUS_NOMEM;
}
