/* For the tests of the sender: a receiver on loopback, and a bench with a database and a sender. */
#ifndef WEBHOOK_SENDER_TEST_KIT_H
#define WEBHOOK_SENDER_TEST_KIT_H

#include "webhook/sender.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "base/time.h"

#define ACCOUNT STORE_FIRST_ACCOUNT

enum { WAIT_SECONDS = 30, MAX_HITS = 512, MAX_CONNECTIONS = 256, MAX_REQUEST_LEN = 8192 };

/* ---- a receiver -------------------------------------------------------- */

typedef struct Hit {
    char path[64], id[64], timestamp[32], signature[160], event[32], attempt[16], agent[96], type[64];
    char body[256];
} Hit;

typedef struct Receiver Receiver;
/* Gives the whole answer to the hit of that index (from 0); NULL: hangs up. */
typedef const char *Answerer(Receiver *receiver, size_t index, const Hit *hit);

struct Receiver {
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_t connections[MAX_CONNECTIONS];
    int sockets[MAX_CONNECTIONS];
    size_t connection_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Hit hits[MAX_HITS];
    size_t hit_count, busy, most_busy;
    Answerer *answer;
    bool hold; /* answers wait until it is false */
};

typedef struct Connection {
    Receiver *receiver;
    int fd;
} Connection;

static const char ack[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n"
                          "{\"received\":true}";
static const char plain_ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n"
                               "firstEntryJson";
static const char starting[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 31\r\n\r\n"
                               "n8n is starting up. Please wait";
static const char not_found[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
static const char unauthorized[] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
static const char failed[] = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
static const char redirect[] =
    "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n";
static const char later[] = "HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";

static inline void copy_header(const char *head, const char *name, char *out, size_t out_len)
{
    out[0] = 0;
    const char *at = strcasestr(head, name);
    if (at)
        sscanf(at + strlen(name), " %[^\r]", out);
    assert_true(strlen(out) < out_len);
}

/* Reads one request into `hit`; false at the end of the connection. */
static inline bool read_request(int fd, char *buffer, Hit *hit)
{
    size_t len = 0;
    char *head_end = NULL;
    size_t body_len = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + len, MAX_REQUEST_LEN - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        buffer[len] = 0;
        head_end = strstr(buffer, "\r\n\r\n");
        char *length = strcasestr(buffer, "content-length:");
        if (head_end && length)
            body_len = strtoul(length + 15, NULL, 10);
        if (head_end && len >= (size_t)(head_end + 4 - buffer) + body_len)
            break;
    }
    snprintf(hit->body, sizeof hit->body, "%.*s", (int)body_len, head_end + 4);
    *head_end = 0;
    sscanf(buffer, "POST %63s", hit->path);
    copy_header(buffer, "\r\nwebhook-id:", hit->id, sizeof hit->id);
    copy_header(buffer, "\r\nwebhook-timestamp:", hit->timestamp, sizeof hit->timestamp);
    copy_header(buffer, "\r\nwebhook-signature:", hit->signature, sizeof hit->signature);
    copy_header(buffer, "\r\nx-webhook-event:", hit->event, sizeof hit->event);
    copy_header(buffer, "\r\nx-webhook-attempt:", hit->attempt, sizeof hit->attempt);
    copy_header(buffer, "\r\nuser-agent:", hit->agent, sizeof hit->agent);
    copy_header(buffer, "\r\ncontent-type:", hit->type, sizeof hit->type);
    return true;
}

static inline const char *take_hit(Receiver *receiver, const Hit *hit)
{
    pthread_mutex_lock(&receiver->lock);
    size_t index = receiver->hit_count;
    if (index < MAX_HITS)
        receiver->hits[receiver->hit_count++] = *hit;
    receiver->busy++;
    if (receiver->busy > receiver->most_busy)
        receiver->most_busy = receiver->busy;
    pthread_cond_broadcast(&receiver->changed);
    while (receiver->hold)
        pthread_cond_wait(&receiver->changed, &receiver->lock);
    const char *text = receiver->answer(receiver, index, hit);
    receiver->busy--;
    pthread_mutex_unlock(&receiver->lock);
    return text;
}

static inline void *serve(void *arg)
{
    Connection connection = *(Connection *)arg;
    char *buffer = mem_alloc(MAX_REQUEST_LEN);
    Hit hit;
    mem_free(arg);
    while (memset(&hit, 0, sizeof hit) && read_request(connection.fd, buffer, &hit)) {
        const char *text = take_hit(connection.receiver, &hit);
        if (text == NULL || send(connection.fd, text, strlen(text), MSG_NOSIGNAL) < 0)
            break;
    }
    shutdown(connection.fd, SHUT_RDWR);
    mem_free(buffer);
    return NULL;
}

static inline void *accept_all(void *arg)
{
    Receiver *receiver = arg;
    for (int fd; (fd = accept(receiver->listener, NULL, NULL)) >= 0;) {
        Connection *connection = mem_alloc(sizeof *connection);
        *connection = (Connection){ receiver, fd };
        pthread_mutex_lock(&receiver->lock);
        size_t at = receiver->connection_count++;
        pthread_mutex_unlock(&receiver->lock);
        if (at >= MAX_CONNECTIONS)
            abort();
        receiver->sockets[at] = fd;
        pthread_create(&receiver->connections[at], NULL, serve, connection);
    }
    return NULL;
}

/* port 0: any */
static inline void open_receiver(Receiver *receiver, uint16_t port, Answerer *answer)
{
    *receiver = (Receiver){ .answer = answer,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER,
                            .listener = socket(AF_INET, SOCK_STREAM, 0) };
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    setsockopt(receiver->listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    assert_int_equal(bind(receiver->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(receiver->listener, 128), 0);
    getsockname(receiver->listener, (struct sockaddr *)&address, &len);
    receiver->port = ntohs(address.sin_port);
    pthread_create(&receiver->thread, NULL, accept_all, receiver);
}

static inline void hold(Receiver *receiver, bool on)
{
    pthread_mutex_lock(&receiver->lock);
    receiver->hold = on;
    pthread_cond_broadcast(&receiver->changed);
    pthread_mutex_unlock(&receiver->lock);
}

static inline void close_receiver(Receiver *receiver)
{
    if (receiver->port == 0)
        return;
    hold(receiver, false);
    shutdown(receiver->listener, SHUT_RDWR);
    pthread_join(receiver->thread, NULL);
    close(receiver->listener);
    for (size_t i = 0; i < receiver->connection_count; i++) {
        shutdown(receiver->sockets[i], SHUT_RDWR);
        pthread_join(receiver->connections[i], NULL);
        close(receiver->sockets[i]);
    }
    receiver->port = 0;
}

static inline void wait_hits(Receiver *receiver, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&receiver->lock);
    int code = 0;
    while (receiver->hit_count < count && code == 0)
        code = pthread_cond_timedwait(&receiver->changed, &receiver->lock, &until);
    size_t got = receiver->hit_count;
    pthread_mutex_unlock(&receiver->lock);
    if (got < count)
        fail_msg("%zu of %zu requests came", got, count);
}

static inline size_t hits_of(Receiver *receiver)
{
    pthread_mutex_lock(&receiver->lock);
    size_t count = receiver->hit_count;
    pthread_mutex_unlock(&receiver->lock);
    return count;
}

/* ---- the bench --------------------------------------------------------- */

typedef struct Bench {
    char folder[64], path[80];
    Store *store;
    StoreSession *session;
    Sender *sender;
    Arena *arena;
    IpRange allowed[1];
    EgressRules rules;
    SenderOptions options;
    Receiver receiver;
} Bench;

static inline void open_store(Bench *bench)
{
    Error err;
    assert_int_equal(store_open(str_of(bench->path), &bench->store, &err), STATUS_OK);
    assert_int_equal(store_session_open(bench->store, &bench->session, &err), STATUS_OK);
}

static inline void start_sender(Bench *bench)
{
    Error err;
    bench->options.store = bench->store;
    bench->options.code_key = store_code_key(bench->store);
    assert_int_equal(sender_new(&bench->options, &bench->sender, &err), STATUS_OK);
    assert_int_equal(sender_start(bench->sender, &err), STATUS_OK);
}

static inline void close_store(Bench *bench)
{
    sender_stop(&bench->sender, 5000);
    store_session_close(&bench->session);
    store_close(&bench->store);
}

/* Waits of 50 ms: enough to tell attempts apart, short enough to see many. */
static inline Schedule quick_schedule(size_t waits)
{
    Schedule schedule = { .count = waits };
    for (size_t i = 0; i < waits; i++)
        schedule.waits_us[i] = 50 * US_PER_MS;
    return schedule;
}

static inline int open_bench(void **state)
{
    Bench *bench = mem_alloc(sizeof *bench);
    if (!random_init() || !test_folder_make(bench->folder, sizeof bench->folder))
        return -1;
    snprintf(bench->path, sizeof bench->path, "%s/refmill.db", bench->folder);
    bench->arena = arena_new(64 * 1024 * 1024);
    assert_true(ip_range_parse(STR("127.0.0.0/8"), &bench->allowed[0]));
    bench->rules = (EgressRules){ .allowed = bench->allowed, .allowed_count = 1 };
    bench->options = (SenderOptions){ .rules = &bench->rules, .schedule = quick_schedule(8) };
    open_store(bench);
    *state = bench;
    return 0;
}

static inline int close_bench(void **state)
{
    Bench *bench = *state;
    close_receiver(&bench->receiver);
    close_store(bench);
    arena_free(&bench->arena);
    test_database_remove(bench->path);
    rmdir(bench->folder);
    mem_free(bench);
    return 0;
}

typedef struct HookCommand {
    Command base;
    Webhook webhook;
    bool remove, created;
} HookCommand;

static inline Status run_hook(Command *base, StoreSession *session)
{
    HookCommand *command = (HookCommand *)base;
    if (command->remove)
        return store_webhook_remove(session, ACCOUNT, command->webhook.id);
    return store_webhook_upsert(session, &command->webhook, &command->created);
}

static const char secret_bytes[] = "a secret of thirty-two bytes 123";

static inline int64_t subscribe_url(Bench *bench, Str url, bool expects_ack)
{
    HookCommand command = { .base = { .run = run_hook, .arena = bench->arena },
                            .webhook = { .account_id = ACCOUNT,
                                         .url = url,
                                         .event = EVENT_USER_JOIN,
                                         .expects_ack = expects_ack,
                                         .secret = STR_NONE } };
    command.webhook.secret = str_of(secret_bytes);
    assert_int_equal(store_run(bench->store, &command.base), STATUS_OK);
    return command.webhook.id;
}

static inline Str receiver_url(Bench *bench, const char *path)
{
    return arena_printf(bench->arena, "http://127.0.0.1:%u%s", bench->receiver.port, path);
}

static inline int64_t subscribe(Bench *bench, const char *path, bool expects_ack)
{
    return subscribe_url(bench, receiver_url(bench, path), expects_ack);
}

static inline void unsubscribe(Bench *bench, int64_t id)
{
    HookCommand command = { .base = { .run = run_hook }, .webhook = { .id = id }, .remove = true };
    assert_int_equal(store_run(bench->store, &command.base), STATUS_OK);
}

typedef struct EventCommand {
    Command base;
    Event event;
    char body[64];
} EventCommand;

static inline Status run_event(Command *base, StoreSession *session)
{
    EventCommand *command = (EventCommand *)base;
    Event *event = &command->event;
    Status status = store_event_number(session, event);
    if (status)
        return status;
    snprintf(command->body, sizeof command->body, "{\"type\":\"user.join\",\"seq\":%lld}",
             (long long)event->seq);
    event->body = str_of(command->body);
    return store_event_insert(session, event);
}

static inline int64_t emit(Bench *bench)
{
    EventCommand command = { .base = { .run = run_event },
                             .event = { .account_id = ACCOUNT, .type = EVENT_USER_JOIN } };
    assert_int_equal(store_run(bench->store, &command.base), STATUS_OK);
    return command.event.seq;
}

static inline Delivery delivery(Bench *bench, int64_t webhook_id, int64_t event_seq)
{
    DeliveryList list;
    assert_int_equal(store_delivery_list(bench->session, ACCOUNT, event_seq, bench->arena, &list), STATUS_OK);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].webhook_id == webhook_id)
            return list.items[i];
    fail_msg("webhook %lld has no delivery of event %lld", (long long)webhook_id, (long long)event_seq);
    return (Delivery){ 0 };
}

#define WAIT_UNTIL(condition)                                                                                \
    for (int64_t until_us = time_monotonic_us() + WAIT_SECONDS * US_PER_SECOND; !(condition); usleep(1000))  \
    assert_true(time_monotonic_us() < until_us)

static inline Delivery wait_state(Bench *bench, int64_t webhook_id, int64_t event_seq, DeliveryState state)
{
    int64_t until_us = time_monotonic_us() + WAIT_SECONDS * US_PER_SECOND;
    Delivery got;
    while ((got = delivery(bench, webhook_id, event_seq)).state != state) {
        if (time_monotonic_us() > until_us)
            fail_msg("the delivery is %s (%.*s), not %s", name_of(delivery_state_names, (int)got.state),
                     STR_ARG(got.outcome), name_of(delivery_state_names, (int)state));
        usleep(1000);
    }
    return got;
}

static inline Delivery wait_outcome(Bench *bench, int64_t webhook_id, int64_t event_seq, const char *outcome)
{
    int64_t until_us = time_monotonic_us() + WAIT_SECONDS * US_PER_SECOND;
    Delivery got;
    while (!str_is((got = delivery(bench, webhook_id, event_seq)).outcome, outcome)) {
        if (time_monotonic_us() > until_us)
            fail_msg("the delivery is %s (%.*s), not %s", name_of(delivery_state_names, (int)got.state),
                     STR_ARG(got.outcome), outcome);
        usleep(1000);
    }
    return got;
}

/* ---- answers ----------------------------------------------------------- */

static inline const char *always_ack(Receiver *receiver UNUSED, size_t index UNUSED, const Hit *hit UNUSED)
{
    return ack;
}

#define BENCHED(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

#endif
