#include "webhook/outcome.h"

#include "base/json_in.h"

static const char *const names[] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_NOT_ACKNOWLEDGED] = "not_acknowledged",
    [OUTCOME_STARTING] = "starting",
    [OUTCOME_REDIRECT] = "redirect",
    [OUTCOME_CLIENT_ERROR] = "client_error",
    [OUTCOME_SERVER_ERROR] = "server_error",
    [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_DNS] = "dns",
    [OUTCOME_CONNECT] = "connect",
    [OUTCOME_TLS] = "tls",
    [OUTCOME_BROKEN] = "broken",
    [OUTCOME_BLOCKED] = "blocked",
    [OUTCOME_BAD_URL] = "bad_url",
    [OUTCOME_NO_EVENT] = "no_event",
    [OUTCOME_NO_SECRET] = "no_secret",
    [OUTCOME_OURS] = "ours",
    [OUTCOME_INTERRUPTED] = "interrupted",
    [OUTCOME_RELEASED] = "released",
};
const NameTable outcome_names = NAME_TABLE(names);
_Static_assert(ARRAY_LEN(names) == OUTCOME_COUNT, "a name for each outcome");

static const char *const kind_names[] = { "ok", "failed", "refused", "ours" };
const NameTable outcome_kind_names = NAME_TABLE(kind_names);

OutcomeKind outcome_kind(Outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        return OUTCOME_KIND_OK;
    case OUTCOME_BLOCKED:
    case OUTCOME_BAD_URL:
    case OUTCOME_NO_EVENT:
    case OUTCOME_NO_SECRET:
        return OUTCOME_KIND_REFUSED;
    case OUTCOME_OURS:
    case OUTCOME_INTERRUPTED:
    case OUTCOME_RELEASED:
        return OUTCOME_KIND_OURS;
    default:
        return OUTCOME_KIND_FAILED;
    }
}

static bool is_acknowledged(Str body)
{
    JsonDoc doc;
    if (json_parse(body, &doc, NULL) != STATUS_OK)
        return false;
    bool received =
        json_type_of(doc.root) == JSON_TYPE_OBJECT && json_to_bool(json_get(doc.root, "received"));
    json_doc_free(&doc);
    return received;
}

/* An n8n that starts up answers 200 with this page to every path, and forgets what it was sent. */
static bool is_start_page(const Answer *answer)
{
    Str type = { answer->content_type.ptr, size_min(answer->content_type.len, strlen("text/html")) };
    return str_ieq(type, STR("text/html")) && str_starts(str_trim(answer->body), STR("n8n is starting up"));
}

Outcome outcome_of_answer(const Answer *answer)
{
    int status = answer->http_status;
    if (status >= 300 && status <= 399)
        return OUTCOME_REDIRECT;
    if (status >= 400 && status <= 499)
        return OUTCOME_CLIENT_ERROR;
    if (status < 200 || status > 299)
        return OUTCOME_SERVER_ERROR;
    if (is_start_page(answer))
        return OUTCOME_STARTING;
    if (answer->expects_ack && !is_acknowledged(answer->body))
        return OUTCOME_NOT_ACKNOWLEDGED;
    return OUTCOME_OK;
}
