/* A libcurl for the simulator: what the sender calls of it, on the simulator's clock. An executable's own
 * functions come before a shared library's, so the sender needs to know nothing. What becomes of a request
 * is the world's to decide (world_plan), and what time it is.
 *
 *   connecting ──▶ waiting ──head──▶ reading ──▶ ended
 *        └────────────┴────────────────┴─failure──▲
 */
#ifndef WEBHOOK_SIMULATOR_CURL_H
#define WEBHOOK_SIMULATOR_CURL_H

#include <curl/curl.h>
#include <stdarg.h>

#include "webhook/hash.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/* What becomes of a request. Times are spans; what never comes ends with the request's time limit. */
typedef struct Plan {
    int64_t connect_us; /* until the request goes out */
    CURLcode connect_code; /* not CURLE_OK: it never does */
    bool resends;       /* curl finds the kept connection broken, and tries another one */
    int64_t think_us;   /* until the head of the answer */
    const char *status_line, *header, *type, *body; /* no status line: no answer */
    int64_t body_us;    /* until its end */
    int status;
    CURLcode code;      /* how it ends */
} Plan;

typedef enum Stage { STAGE_IDLE, STAGE_CONNECTING, STAGE_WAITING, STAGE_READING, STAGE_ENDED } Stage;

typedef struct Transfer {
    curl_prereq_callback prereq;
    curl_write_callback write;
    size_t (*head)(char *, size_t, size_t, void *);
    void *prereq_arg, *write_arg, *head_arg, *owner;
    const char *url, *body;
    curl_off_t body_len;
    struct curl_slist *headers;
    int64_t limit_us;

    Plan plan;
    Stage stage;
    int64_t next_us, ends_us; /* monotonic */
    long status;
    CURLMsg message;
    struct Transfer *prev, *next;
} Transfer;

static struct {
    Transfer *active, *ended;
    bool is_woken;
} net;

/* The world's: fills in transfer->plan; hears of requests that have gone out, and of answers. */
static void world_plan(Transfer *transfer);
static void world_receive(Transfer *transfer);
static void world_answered(Transfer *transfer);
static int64_t world_mono_us(void);
static void world_turn(void);
static void world_poll(int64_t wait_us);

/* ---- transfers --------------------------------------------------------------- */

static void end_transfer(Transfer *transfer, CURLcode code)
{
    transfer->stage = STAGE_ENDED;
    transfer->message =
        (CURLMsg){ .msg = CURLMSG_DONE, .easy_handle = (CURL *)transfer, .data.result = code };
    DL_DELETE(net.active, transfer);
    DL_APPEND(net.ended, transfer);
    if (code == CURLE_OK)
        world_answered(transfer);
}

static void next_stage(Transfer *transfer, Stage stage, int64_t after_us)
{
    transfer->stage = stage;
    transfer->next_us += after_us;
}

static bool feed_head(Transfer *transfer, const char *line)
{
    return line == NULL || transfer->head((char *)(uintptr_t)line, 1, strlen(line), transfer->head_arg) == strlen(line);
}

static void step_transfer(Transfer *transfer)
{
    const Plan *plan = &transfer->plan;
    if (transfer->next_us >= transfer->ends_us) {
        end_transfer(transfer, CURLE_OPERATION_TIMEDOUT);
        return;
    }
    switch (transfer->stage) {
    case STAGE_CONNECTING:
        if (plan->connect_code) {
            end_transfer(transfer, plan->connect_code);
            return;
        }
        (void)transfer->prereq(transfer->prereq_arg, NULL, NULL, 0, 0);
        world_receive(transfer);
        if (plan->resends && transfer->prereq(transfer->prereq_arg, NULL, NULL, 0, 0) != CURL_PREREQFUNC_OK) {
            end_transfer(transfer, CURLE_ABORTED_BY_CALLBACK);
            return;
        }
        next_stage(transfer, STAGE_WAITING, plan->think_us);
        break;
    case STAGE_WAITING:
        if (plan->status_line == NULL) {
            end_transfer(transfer, plan->code);
            return;
        }
        transfer->status = plan->status;
        if (feed_head(transfer, plan->status_line) && feed_head(transfer, plan->header) && feed_head(transfer, "\r\n"))
            next_stage(transfer, STAGE_READING, plan->body_us);
        else
            end_transfer(transfer, CURLE_WRITE_ERROR);
        break;
    case STAGE_READING:
        if (plan->body)
            (void)transfer->write((char *)(uintptr_t)plan->body, 1, strlen(plan->body), transfer->write_arg);
        end_transfer(transfer, plan->code);
        break;
    case STAGE_IDLE:
    case STAGE_ENDED:
        break;
    }
}

/* The transfer that does something next; NULL: none. */
static Transfer *next_transfer(void)
{
    Transfer *transfer, *first = NULL;
    DL_FOREACH(net.active, transfer)
    {
        if (transfer->next_us > transfer->ends_us)
            transfer->next_us = transfer->ends_us;
        if (first == NULL || transfer->next_us < first->next_us)
            first = transfer;
    }
    return first;
}

/* ---- easy handles ------------------------------------------------------------- */

CURL *curl_easy_init(void)
{
    return (CURL *)mem_alloc(sizeof(Transfer));
}

void curl_easy_cleanup(CURL *easy)
{
    Transfer *transfer = (Transfer *)easy;
    if (transfer == NULL)
        return;
    curl_multi_remove_handle(NULL, easy);
    mem_free(transfer);
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    Transfer *transfer = (Transfer *)easy;
    va_list args;
    va_start(args, option);
    switch ((int)option) {
    case CURLOPT_PRIVATE: transfer->owner = va_arg(args, void *); break;
    case CURLOPT_PREREQFUNCTION: transfer->prereq = va_arg(args, curl_prereq_callback); break;
    case CURLOPT_PREREQDATA: transfer->prereq_arg = va_arg(args, void *); break;
    case CURLOPT_HEADERFUNCTION: transfer->head = va_arg(args, curl_write_callback); break;
    case CURLOPT_HEADERDATA: transfer->head_arg = va_arg(args, void *); break;
    case CURLOPT_WRITEFUNCTION: transfer->write = va_arg(args, curl_write_callback); break;
    case CURLOPT_WRITEDATA: transfer->write_arg = va_arg(args, void *); break;
    case CURLOPT_URL: transfer->url = va_arg(args, const char *); break;
    case CURLOPT_POSTFIELDS: transfer->body = va_arg(args, const char *); break;
    case CURLOPT_POSTFIELDSIZE_LARGE: transfer->body_len = va_arg(args, curl_off_t); break;
    case CURLOPT_HTTPHEADER: transfer->headers = va_arg(args, struct curl_slist *); break;
    case CURLOPT_TIMEOUT_MS: transfer->limit_us = va_arg(args, long) * US_PER_MS; break;
    default: break; /* of no meaning here */
    }
    va_end(args);
    return CURLE_OK;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    Transfer *transfer = (Transfer *)easy;
    va_list args;
    va_start(args, info);
    void *out = va_arg(args, void *);
    va_end(args);
    if (info == CURLINFO_PRIVATE)
        *(void **)out = transfer->owner;
    else if (info == CURLINFO_RESPONSE_CODE)
        *(long *)out = transfer->status;
    else if (((int)info & CURLINFO_TYPEMASK) == CURLINFO_STRING)
        *(const char **)out = info == CURLINFO_CONTENT_TYPE ? transfer->plan.type : NULL;
    else if (((int)info & CURLINFO_TYPEMASK) == CURLINFO_LONG)
        *(long *)out = 1;
    else
        *(curl_off_t *)out = 1;
    return CURLE_OK;
}

/* ---- multi handle --------------------------------------------------------------- */

CURLcode curl_global_init(long flags UNUSED)
{
    return CURLE_OK;
}

CURLM *curl_multi_init(void)
{
    return (CURLM *)&net;
}

CURLMcode curl_multi_cleanup(CURLM *multi UNUSED)
{
    return CURLM_OK;
}

CURLMcode curl_multi_setopt(CURLM *multi UNUSED, CURLMoption option UNUSED, ...)
{
    return CURLM_OK;
}

CURLMcode curl_multi_add_handle(CURLM *multi UNUSED, CURL *easy)
{
    Transfer *transfer = (Transfer *)easy;
    transfer->plan = (Plan){ 0 };
    transfer->status = 0;
    transfer->next_us = world_mono_us();
    transfer->ends_us = transfer->next_us + transfer->limit_us;
    world_plan(transfer);
    next_stage(transfer, STAGE_CONNECTING, transfer->plan.connect_us);
    DL_APPEND(net.active, transfer);
    return CURLM_OK;
}

CURLMcode curl_multi_remove_handle(CURLM *multi UNUSED, CURL *easy)
{
    Transfer *transfer = (Transfer *)easy;
    if (transfer->stage == STAGE_ENDED && transfer->prev)
        DL_DELETE(net.ended, transfer);
    else if (transfer->stage != STAGE_IDLE && transfer->prev)
        DL_DELETE(net.active, transfer);
    transfer->stage = STAGE_IDLE;
    transfer->prev = transfer->next = NULL;
    return CURLM_OK;
}

CURLMcode curl_multi_perform(CURLM *multi UNUSED, int *running)
{
    *running = 0;
    world_turn();
    return CURLM_OK;
}

CURLMsg *curl_multi_info_read(CURLM *multi UNUSED, int *left)
{
    *left = 0;
    Transfer *transfer = net.ended; /* the sender removes each before it asks again */
    return transfer ? &transfer->message : NULL;
}

CURLMcode curl_multi_wakeup(CURLM *multi UNUSED)
{
    net.is_woken = true;
    return CURLM_OK;
}

CURLMcode curl_multi_poll(CURLM *multi UNUSED, struct curl_waitfd *fds UNUSED, unsigned int count UNUSED, int wait_ms,
                          int *out_count UNUSED)
{
    world_poll(wait_ms * US_PER_MS);
    return CURLM_OK;
}

#endif
