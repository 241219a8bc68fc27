#include "webhook/attempt.h"

#include <inttypes.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/time.h"
#include "webhook/excerpt.h"
#include "webhook/request.h"
#include "webhook/retry_after.h"

#define USER_AGENT "Refmill/" REFMILL_VERSION " (+https://github.com/refmill/refmill)"
#define RESOLVE_LIMIT_US (5 * US_PER_SECOND)
/* Once the head is there the rest has no reason to be slow. A limit on the speed of the whole would
 * cut off an n8n that thinks before it answers. */
#define BODY_LIMIT_US (5 * US_PER_SECOND)

enum {
    MAX_ARENA_LEN = LIMIT_EVENT_BODY + 256 * 1024,
    CONNECT_LIMIT_MS = 5000, /* with the TLS handshake */
    IDLE_SECONDS = 30,       /* of a kept connection */
    MAX_RETRY_AFTER_LEN = 64,
    MAX_LOCATION_LEN = 2048,
    KEPT_OF_SUCCESS = 200,
};

static void end(Attempt *attempt, Outcome outcome)
{
    attempt->result.outcome = outcome;
    attempt->phase = ATTEMPT_ENDED;
    attempt->log.took_us = time_monotonic_us() - attempt->began_us;
    Str answer = buf_str(&attempt->answer);
    if (outcome == OUTCOME_OK && attempt->probe == NULL) /* nobody asks why it went well */
        answer.len = size_min(answer.len, KEPT_OF_SUCCESS);
    if (attempt->location.ptr && attempt->result.http_status / 100 == 3)
        answer =
            arena_printf(attempt->arena, "Location: %.*s\n%.*s", STR_ARG(attempt->location), STR_ARG(answer));
    attempt->log.answer = excerpt_of(answer, attempt->webhook.headers, attempt->arena);
    curl_slist_free_all(attempt->headers);
    curl_slist_free_all(attempt->pins);
    attempt->headers = attempt->pins = NULL;
}

static void end_refused(Attempt *attempt, EgressClass refused)
{
    attempt->result.refused = refused;
    end(attempt, OUTCOME_BLOCKED);
}

/* ---- what curl calls --------------------------------------------------- */

/* The last gate: judges the very address that is dialled. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
    Attempt *attempt = arg;
    EgressClass verdict =
        egress_judge(attempt->tools->rules, egress_address(&address->addr), attempt->target.port,
                     attempt->target.is_secure);
    if (verdict != EGRESS_ALLOWED) {
        attempt->result.refused = verdict;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    attempt->lacked_sockets = attempt->lacked_sockets || fd < 0;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* A connection is there, new or kept, and the request goes out next. When a kept connection breaks,
 * curl sends again by itself; but the receiver may have read the first request, and an attempt is one
 * receipt at most (invariant I4). The schedule tries again instead. */
static int note_request(void *arg, char *to UNUSED, char *from UNUSED, int to_port UNUSED,
                        int from_port UNUSED)
{
    Attempt *attempt = arg;
    bool again = attempt->is_sent;
    attempt->is_sent = true;
    return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static bool is_header(Str line, Str name, Str *out_value)
{
    *out_value = str_trim(str_skip(line, size_min(name.len, line.len)));
    return line.len >= name.len && str_ieq((Str){ line.ptr, name.len }, name);
}

static size_t read_head(char *bytes, size_t size, size_t count, void *arg)
{
    Attempt *attempt = arg;
    Str line = { bytes, size * count };
    attempt->head_len += line.len;
    if (attempt->head_len > ATTEMPT_MAX_HEAD_LEN)
        return 0;
    Str value;
    if (attempt->probe)
        buf_append(&attempt->answer_head, line);
    if (str_starts(line, STR("HTTP/")))
        attempt->retry_after = attempt->location = STR_NONE; /* of a 1xx before */
    else if (line.len < MAX_RETRY_AFTER_LEN && is_header(line, STR("retry-after:"), &value))
        attempt->retry_after = arena_str(attempt->arena, value);
    else if (line.len < MAX_LOCATION_LEN && is_header(line, STR("location:"), &value))
        attempt->location = arena_str(attempt->arena, value);
    else if (str_is(line, "\r\n") || str_is(line, "\n"))
        attempt->body_until_us = time_monotonic_us() + BODY_LIMIT_US;
    return line.len;
}

static size_t read_body(char *bytes, size_t size, size_t count, void *arg)
{
    Attempt *attempt = arg;
    size_t len = size * count, room = ATTEMPT_MAX_ANSWER_LEN - attempt->answer.len;
    buf_append(&attempt->answer, (Str){ bytes, size_min(len, room) });
    attempt->is_cut = len > room;
    return attempt->is_cut ? 0 : len;
}

/* ---- the handle -------------------------------------------------------- */

static bool set_callbacks(Attempt *attempt)
{
    CURL *easy = attempt->easy;
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, attempt) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, attempt) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, note_request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, attempt) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, read_head) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, attempt) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, read_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, attempt) == CURLE_OK;
}

/* The file stands beside the system's folder, which curl goes on reading. */
static bool set_authorities(CURL *easy, const char *file)
{
    return file == NULL || curl_easy_setopt(easy, CURLOPT_CAINFO, file) == CURLE_OK;
}

/* Nothing of the environment has a say: no proxy, no .netrc, no redirect, no other protocol. */
static bool set_policy(Attempt *attempt)
{
    CURL *easy = attempt->easy;
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, attempt->problem) == CURLE_OK &&
           set_authorities(easy, attempt->tools->ca_file) &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_LIMIT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(attempt->tools->limit_us / US_PER_MS)) ==
               CURLE_OK;
}

Status attempt_new(AttemptTools *tools, Attempt **out_attempt)
{
    Attempt *attempt = mem_alloc(sizeof *attempt);
    if (attempt == NULL)
        return STATUS_NOMEM;
    attempt->tools = tools;
    attempt->phase = ATTEMPT_ENDED;
    attempt->arena = arena_new(MAX_ARENA_LEN);
    attempt->easy = curl_easy_init();
    if (attempt->arena == NULL || attempt->easy == NULL || !set_callbacks(attempt) || !set_policy(attempt)) {
        attempt_free(&attempt);
        return STATUS_NOMEM;
    }
    *out_attempt = attempt;
    return STATUS_OK;
}

void attempt_free(Attempt **attempt)
{
    if (*attempt == NULL)
        return;
    curl_slist_free_all((*attempt)->headers);
    curl_slist_free_all((*attempt)->pins);
    curl_easy_cleanup((*attempt)->easy);
    arena_free(&(*attempt)->arena);
    mem_free(*attempt);
    *attempt = NULL;
}

/* ---- sending ----------------------------------------------------------- */

static void send_request(Attempt *attempt)
{
    Status status = request_prepare(attempt);
    if (status == STATUS_INVALID) {
        end(attempt, OUTCOME_NO_SECRET); /* one that can't sign */
        return;
    }
    failpoint("send.before");
    if (status || curl_multi_add_handle(attempt->tools->multi, attempt->easy) != CURLM_OK) {
        end(attempt, OUTCOME_OURS);
        return;
    }
    attempt->phase = ATTEMPT_SENDING;
}

/* curl shall dial these and nothing else, whatever the name's addresses are by then. The plus lets
 * curl forget them with its own entries. */
static bool pin(Attempt *attempt, const ResolverAnswer *answer)
{
    Buf line = buf_in_arena(attempt->arena, 2048);
    buf_printf(&line, "+%.*s:%u:", STR_ARG(attempt->target.host), attempt->target.port);
    for (size_t i = 0; i < answer->count; i++) {
        bool is_v6 = answer->addresses[i].len == 16;
        buf_printf(&line, "%s%s%s%s", i ? "," : "", is_v6 ? "[" : "", ip_text(answer->addresses[i]).text,
                   is_v6 ? "]" : "");
    }
    buf_append_char(&line, 0);
    return request_add_line(&attempt->pins, buf_str(&line));
}

/* With our own resolver out, nothing is known about the receiver. */
static void end_unresolved(Attempt *attempt, bool no_answer)
{
    end(attempt, no_answer && resolver_is_out(attempt->tools->resolver) ? OUTCOME_OURS : OUTCOME_DNS);
}

static void judge_and_send(Attempt *attempt, const ResolverAnswer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        EgressClass verdict = egress_judge(attempt->tools->rules, answer->addresses[i], attempt->target.port,
                                           attempt->target.is_secure);
        if (verdict != EGRESS_ALLOWED) {
            end_refused(attempt, verdict);
            return;
        }
    }
    bool is_literal = attempt->target.literal.len > 0;
    attempt->log.resolve_us = is_literal ? 0 : time_monotonic_us() - attempt->began_us;
    if (answer->count == 0)
        end_unresolved(attempt, answer->failed);
    else if (!is_literal && !pin(attempt, answer))
        end(attempt, OUTCOME_OURS);
    else
        send_request(attempt);
}

void attempt_go_on(Attempt *attempt)
{
    ResolverAnswer answer;
    Status status = resolver_ask(attempt->tools->resolver, attempt->target.host, &answer);
    if (status == STATUS_OK)
        judge_and_send(attempt, &answer);
    else if (status != STATUS_BUSY)
        end(attempt, OUTCOME_OURS);
    else if (time_monotonic_us() >= attempt->resolve_until_us)
        end_unresolved(attempt, true);
}

/* ---- life -------------------------------------------------------------- */

static bool copy_texts(Attempt *attempt, const Claim *claim, const Webhook *webhook)
{
    Arena *arena = attempt->arena;
    attempt->claim = *claim;
    attempt->claim.body = arena_str(arena, claim->body);
    attempt->webhook = *webhook;
    attempt->webhook.url = arena_str(arena, webhook->url);
    attempt->webhook.secret = arena_str(arena, webhook->secret);
    attempt->webhook.headers = webhook->headers.ptr ? arena_str(arena, webhook->headers) : STR_NONE;
    attempt->webhook.pace.schedule = webhook->pace.schedule.ptr ? arena_str(arena, webhook->pace.schedule) : STR_NONE;
    for (size_t i = 0; i < WEBHOOK_OLD_SECRETS; i++) {
        OldSecret *old = &attempt->webhook.old_secrets[i];
        old->secret = old->secret.ptr ? arena_str(arena, old->secret) : STR_NONE;
    }
    return attempt->claim.body.ptr && attempt->webhook.url.ptr && attempt->webhook.secret.ptr;
}

static void begin(Attempt *attempt, const Claim *claim, const Webhook *webhook)
{
    arena_reset(attempt->arena);
    attempt->result = (AttemptResult){ 0 };
    attempt->began_us = time_monotonic_us();
    attempt->resolve_until_us = attempt->began_us + RESOLVE_LIMIT_US;
    attempt->body_until_us = 0;
    attempt->answer = buf_in_arena(attempt->arena, ATTEMPT_MAX_ANSWER_LEN);
    attempt->answer_head = buf_in_arena(attempt->arena, ATTEMPT_MAX_HEAD_LEN);
    attempt->head_len = 0;
    attempt->is_cut = attempt->is_sent = attempt->lacked_sockets = false;
    attempt->retry_after = attempt->location = STR_NONE;
    attempt->problem[0] = 0;
    attempt->phase = ATTEMPT_RESOLVING;
    attempt->log = (AttemptEntry){ .started_us = time_now_us(), .number = claim->attempt };
    bool is_copied = copy_texts(attempt, claim, webhook);
    if (claim->body.ptr == NULL || webhook->secret.ptr == NULL) {
        end(attempt, claim->body.ptr ? OUTCOME_NO_SECRET : OUTCOME_NO_EVENT);
        return;
    }
    Status status = is_copied ? egress_parse_url(attempt->webhook.url, attempt->arena, &attempt->target, NULL)
                              : STATUS_NOMEM;
    if (status) {
        end(attempt, status == STATUS_INVALID ? OUTCOME_BAD_URL : OUTCOME_OURS);
        return;
    }
    if (attempt->target.literal.len == 0) {
        attempt_go_on(attempt);
        return;
    }
    ResolverAnswer itself = { .addresses = { attempt->target.literal }, .count = 1 };
    judge_and_send(attempt, &itself);
}

void attempt_begin(Attempt *attempt, QueueHook *hook, const Claim *claim, const Webhook *webhook)
{
    attempt->hook = hook;
    attempt->probe = NULL;
    begin(attempt, claim, webhook);
}

void attempt_begin_probe(Attempt *attempt, Probe *probe)
{
    Claim claim = { .account_id = probe->event.account_id,
                    .webhook_id = probe->webhook.id,
                    .event_seq = probe->event.seq,
                    .attempt = 1,
                    .event = probe->event.type,
                    .body = probe->event.body };
    attempt->hook = NULL;
    attempt->probe = probe;
    begin(attempt, &claim, &probe->webhook);
}

static Outcome outcome_of_code(const Attempt *attempt, CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return OUTCOME_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
        return OUTCOME_DNS;
    case CURLE_COULDNT_CONNECT:
        return attempt->lacked_sockets ? OUTCOME_OURS : OUTCOME_CONNECT;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CACERT_BADFILE:
        return OUTCOME_OURS;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return OUTCOME_TLS;
    default:
        return OUTCOME_BROKEN;
    }
}

/* What people have to mend, by OpenSSL's verdict on the certificate. Names are compared by curl, before it asks for
 * that verdict. */
static const char *tls_problem(Attempt *attempt, CURLcode code)
{
    long verdict = X509_V_OK;
    curl_easy_getinfo(attempt->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    if (code == CURLE_SSL_CONNECT_ERROR)
        return strstr(attempt->problem, "protocol") ? "tls_version" : "tls";
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "tls_expired";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "tls_self_signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "tls_untrusted";
    default:
        return code == CURLE_PEER_FAILED_VERIFICATION && verdict <= X509_V_ERR_UNSPECIFIED ? "tls_wrong_host" : "tls";
    }
}

static Outcome read_answer(Attempt *attempt)
{
    char *type = NULL;
    curl_easy_getinfo(attempt->easy, CURLINFO_CONTENT_TYPE, &type);
    attempt->result.retry_after_us =
        retry_after_us(attempt->retry_after, attempt->result.http_status, time_now_us());
    Answer answer = { .http_status = attempt->result.http_status,
                      .content_type = str_of(type),
                      .body = buf_str(&attempt->answer),
                      .expects_ack = attempt->webhook.expects_ack };
    return outcome_of_answer(&answer);
}

/* curl counts from the start of the request; a kept connection has no times of its own. */
static int64_t time_of(const Attempt *attempt, CURLINFO info)
{
    curl_off_t time_us = 0;
    curl_easy_getinfo(attempt->easy, info, &time_us);
    return time_us ? attempt->log.resolve_us + time_us : 0;
}

static void note_times(Attempt *attempt)
{
    long connections = 0;
    char *address = NULL;
    curl_easy_getinfo(attempt->easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_easy_getinfo(attempt->easy, CURLINFO_PRIMARY_IP, &address);
    if (connections > 0) {
        attempt->log.connect_us = time_of(attempt, CURLINFO_CONNECT_TIME_T);
        attempt->log.tls_us = time_of(attempt, CURLINFO_APPCONNECT_TIME_T);
    }
    attempt->log.first_byte_us = time_of(attempt, CURLINFO_STARTTRANSFER_TIME_T);
    if (address && address[0])
        attempt->log.address = arena_str(attempt->arena, str_of(address));
}

void attempt_finish(Attempt *attempt, CURLcode code)
{
    long status = 0;
    note_times(attempt);
    curl_multi_remove_handle(attempt->tools->multi, attempt->easy);
    curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
    attempt->result.http_status = (int)status;
    failpoint("send.answered");
    /* More than we read is as good as the whole: what matters stands at its beginning. */
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && attempt->is_cut))
        end(attempt, read_answer(attempt));
    else if (attempt->result.refused != EGRESS_ALLOWED)
        end_refused(attempt, attempt->result.refused);
    else {
        attempt->result.tls_problem = tls_problem(attempt, code);
        end(attempt, outcome_of_code(attempt, code));
    }
}

void attempt_check_time(Attempt *attempt)
{
    if (attempt->body_until_us && time_monotonic_us() >= attempt->body_until_us)
        attempt_finish(attempt, CURLE_OPERATION_TIMEDOUT);
}

void attempt_abort(Attempt *attempt)
{
    if (attempt->phase == ATTEMPT_SENDING)
        curl_multi_remove_handle(attempt->tools->multi, attempt->easy);
    end(attempt, attempt->is_sent ? OUTCOME_INTERRUPTED : OUTCOME_RELEASED);
}
