#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/random.h"
#include "http/loop.h"

enum { BACKLOG = 1024 };

/* ---- listening --------------------------------------------------------- */

/* SO_REUSEPORT would let a second server share the port in silence. A bind without it is refused
 * where somebody listens already. */
static bool is_taken(const struct sockaddr *address, socklen_t len)
{
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool taken = bind(fd, address, len) != 0;
    int why = errno;
    close(fd);
    errno = why;
    return taken;
}

static int listen_on(const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    /* Accepted sockets inherit it. Without it pipelined answers wait for delayed ACKs. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

typedef struct Address {
    struct sockaddr_storage bytes;
    socklen_t len;
} Address;

static struct sockaddr *sockaddr_of(Address *address)
{
    return (struct sockaddr *)(void *)&address->bytes;
}

static bool resolve(Str host, uint16_t port, Address *out_address)
{
    char name[256], service[8];
    if (host.len >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", STR_ARG(host));
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    if (getaddrinfo(host.len ? name : NULL, service, &hints, &found) != 0)
        return false;
    memcpy(&out_address->bytes, found->ai_addr, found->ai_addrlen);
    out_address->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static void set_port(Address *address, uint16_t port)
{
    /* sin_port and sin6_port lie at the same place (RFC 3493, 3.3 has them both follow the family). */
    ((struct sockaddr_in *)(void *)&address->bytes)->sin_port = htons(port);
}

static uint16_t port_of(int fd)
{
    Address address = { .len = sizeof address.bytes };
    getsockname(fd, sockaddr_of(&address), &address.len);
    return ntohs(((struct sockaddr_in *)(void *)&address.bytes)->sin_port);
}

/* ---- life -------------------------------------------------------------- */

/* Without descriptors left accept() would fail over and over; turning clients away costs less. */
static size_t affordable_connections(size_t wanted)
{
    enum { FOR_OTHERS = 128 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 2 * FOR_OTHERS)
        return wanted;
    return size_min(wanted, limit.rlim_cur - FOR_OTHERS);
}

static HttpServer *server_new(const HttpOptions *options)
{
    size_t count = (size_t)i64_max(options->loops, 1);
    HttpServer *server = mem_alloc(sizeof *server);
    HttpLoop *loops = mem_alloc(count * sizeof *loops);
    if (server == NULL || loops == NULL) {
        mem_free(server);
        mem_free(loops);
        return NULL;
    }
    server->options = *options;
    if (server->options.max_connections == 0)
        server->options.max_connections = LIMIT_CONNECTIONS;
    server->options.max_connections = affordable_connections(server->options.max_connections);
    if (server->options.request_ms == 0)
        server->options.request_ms = LIMIT_REQUEST_SECONDS * 1000;
    server->trusted = (TrustedProxies){ options->trusted_proxies, options->trusted_proxy_count };
    server->loops = loops;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&server->mutex, NULL);
    return server;
}

static void server_destroy(HttpServer *server)
{
    for (int i = 0; i < server->loop_count; i++)
        loop_free(&server->loops[i]);
    pthread_mutex_destroy(&server->mutex);
    pthread_cond_destroy(&server->changed);
    mem_free(server->loops);
    mem_free(server);
}

/* All listeners before the first thread, so that a taken address is known before anything runs. */
static Status make_loops(HttpServer *server, Address *address, Error *err)
{
    const HttpOptions *options = &server->options;
    for (int i = 0; i < i64_max(options->loops, 1); i++) {
        bool taken = i == 0 && is_taken(sockaddr_of(address), address->len);
        int fd = taken ? -1 : listen_on(sockaddr_of(address), address->len);
        if (fd < 0)
            return error_set(err, STATUS_UNAVAILABLE, "listen", "Can't listen on %.*s, port %u: %s.",
                             STR_ARG(options->host), options->port, strerror(errno));
        server->port = port_of(fd);
        set_port(address, server->port);
        server->loop_count = i + 1;
        if (!loop_init(&server->loops[i], server, fd))
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static Status start_threads(HttpServer *server)
{
    for (int i = 0; i < server->loop_count; i++)
        if (!loop_start(&server->loops[i])) {
            while (i-- > 0)
                loop_stop(&server->loops[i]);
            return STATUS_NOMEM;
        }
    pthread_mutex_lock(&server->mutex);
    while (server->loops_ready < server->loop_count)
        pthread_cond_wait(&server->changed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
    return STATUS_OK;
}

Status http_server_start(const HttpOptions *options, HttpServer **out_server, Error *err)
{
    Address address;
    if (!resolve(options->host, options->port, &address))
        return error_set(err, STATUS_UNAVAILABLE, "listen", "%.*s is not an address to listen on.",
                         STR_ARG(options->host));
    if (!random_init())
        return error_set(err, STATUS_UNAVAILABLE, NULL, "The system has no source of randomness.");
    HttpServer *server = server_new(options);
    if (server == NULL)
        return STATUS_NOMEM;
    Status status = make_loops(server, &address, err);
    if (status == STATUS_OK)
        status = start_threads(server);
    if (status == STATUS_OK)
        *out_server = server;
    else
        server_destroy(server);
    return status;
}

void http_server_free(HttpServer **server)
{
    if (*server == NULL)
        return;
    for (int i = 0; i < (*server)->loop_count; i++)
        loop_stop(&(*server)->loops[i]);
    server_destroy(*server);
    *server = NULL;
}

uint16_t http_server_port(const HttpServer *server)
{
    return server->port;
}

HttpStats http_server_stats(const HttpServer *server)
{
    HttpStats stats = { .connections = atomic_load(&server->connections) };
    for (int i = 0; i < server->loop_count; i++) {
        const HttpLoop *loop = &server->loops[i];
        stats.requests += atomic_load(&loop->requests);
        stats.refused += atomic_load(&loop->refused);
        stats.in_flight += atomic_load(&loop->in_flight);
    }
    return stats;
}

/* ---- drain ------------------------------------------------------------- */

static bool is_drained(const HttpServer *server)
{
    if (server->loops_drained < server->loop_count)
        return false;
    for (int i = 0; i < server->loop_count; i++)
        if (atomic_load(&server->loops[i].in_flight) + atomic_load(&server->loops[i].sending) > 0)
            return false;
    return true;
}

bool http_server_drain(HttpServer *server, int grace_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += grace_ms / 1000;
    until.tv_nsec += grace_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    if (!server->drain_asked)
        for (int i = 0; i < server->loop_count; i++)
            http_loop_post(&server->loops[i], &server->loops[i].drain_task);
    server->drain_asked = true;
    pthread_mutex_lock(&server->mutex);
    bool drained, in_time = true;
    while (!(drained = is_drained(server)) && in_time)
        in_time = pthread_cond_timedwait(&server->changed, &server->mutex, &until) != ETIMEDOUT;
    pthread_mutex_unlock(&server->mutex);
    return drained;
}
