/* load: a load generator for one HTTP/1.1 server on this machine.
 *
 *   load --url http://127.0.0.1:8080/ --connections 32 --seconds 3
 *   load --url http://127.0.0.1:8080/api/n8n/users --method POST --requests 100000
 *        --header 'Authorization: Bearer …' --body-template '{"email":"u{n}@example.com"}'
 *
 * It is to cost much less than what it measures. So every request stands in memory before the run:
 * one text per path, or one per connection in which only the digits of {n} are overwritten; and one
 * thread makes two system calls per request and no others.
 *
 * The loop is closed: a connection sends its next request when it has its answer. Latencies are
 * those of answered requests, not of arrivals at a fixed rate: a stall shows in the maximum and in
 * the rate, not in every request that would have come meanwhile.
 *
 * Loopback addresses only: it must never be pointed at somebody by mistake. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 4096,
    MAX_HEADERS = 16,
    MAX_MARKS = 8,       /* places of {n} in a request */
    COUNTER_DIGITS = 10, /* a fixed width, so that Content-Length stays the same */
    IN_LEN = 32 * 1024,  /* an answer's head must fit; of longer bodies the rest is skipped */
    MAX_SAMPLES = 3,
    SAMPLE_LEN = 400,
    DRAIN_SECONDS = 10, /* for answers under way at the end */
};

/* ---- options ----------------------------------------------------------- */

typedef struct Options {
    struct sockaddr_in address;
    const char *host, *path; /* of the URL: "127.0.0.1:8080", "/x" */
    const char *method, *body, *paths_file;
    const char *headers[MAX_HEADERS];
    size_t header_count;
    size_t connections;
    uint64_t requests; /* 0: by time */
    uint64_t first;    /* value of the first {n} */
    double seconds, warmup;
} Options;

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void *allocate(size_t count, size_t size)
{
    void *bytes = calloc(count, size);
    if (bytes == NULL)
        die("no memory");
    return bytes;
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == 0 || *end != 0 || !(value >= least && value <= most))
        die("\"%s\" is no number from %g to %g", text, least, most);
    return value;
}

static void read_url(const char *url, Options *options)
{
    static char host[64], name[64];
    char port[6] = "80";
    if (sscanf(url, "http://%63[^/]", host) != 1 || sscanf(host, "%63[^:]:%5[0-9]", name, port) < 1)
        die("\"%s\" is no http:// URL", url);
    options->address.sin_family = AF_INET;
    options->address.sin_port = htons((uint16_t)number(port, 1, 65535));
    if (inet_pton(AF_INET, name, &options->address.sin_addr) != 1 || strncmp(name, "127.", 4) != 0)
        die("\"%s\" is no address of this machine's loopback, such as 127.0.0.1:8080", host);
    options->host = host;
    options->path = url + strlen("http://") + strlen(host);
    options->path = *options->path ? options->path : "/";
}

static const char usage[] =
    "load --url URL [--connections N] [--seconds N | --requests N] [--warmup SECONDS] [--method M]\n"
    "     [--header 'Name: value']… [--body-template TEXT] [--first N] [--paths-file FILE]\n\n"
    "  {n} in path, headers and body becomes a number of ten digits, one higher with each request,\n"
    "  from --first on. FILE holds a path a line; each request takes one by chance.\n"
    "  Prints one line of JSON; times in microseconds.";

static Options read_options(int argc, char **argv)
{
    Options options = { .method = "GET", .connections = 32, .seconds = 3, .first = 1 };
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (strcmp(name, "--url") == 0)
            read_url(value, &options);
        else if (strcmp(name, "--connections") == 0)
            options.connections = (size_t)number(value, 1, MAX_CONNECTIONS);
        else if (strcmp(name, "--seconds") == 0)
            options.seconds = number(value, 0.01, 86400);
        else if (strcmp(name, "--requests") == 0)
            options.requests = (uint64_t)number(value, 1, 1e9);
        else if (strcmp(name, "--warmup") == 0)
            options.warmup = number(value, 0, 3600);
        else if (strcmp(name, "--method") == 0)
            options.method = value;
        else if (strcmp(name, "--header") == 0 && options.header_count < MAX_HEADERS)
            options.headers[options.header_count++] = value;
        else if (strcmp(name, "--body-template") == 0)
            options.body = value;
        else if (strcmp(name, "--paths-file") == 0)
            options.paths_file = value;
        else if (strcmp(name, "--first") == 0)
            options.first = (uint64_t)number(value, 0, 9e9);
        else
            die("what is %s?\n%s", name, usage);
    }
    if (argc % 2 == 0 || options.host == NULL)
        die("%s", usage);
    if (options.requests)
        options.warmup = 0;
    return options;
}

/* ---- requests ---------------------------------------------------------- */

typedef struct Request {
    char *bytes;
    size_t len;
    size_t marks[MAX_MARKS];
    size_t mark_count;
} Request;

typedef struct Requests {
    Request *items;
    size_t count, cap;
} Requests;

/* Replaces each {n} by as many digits as it will ever have. */
static Request find_marks(const char *text)
{
    Request request = { .bytes = allocate(strlen(text) + MAX_MARKS * COUNTER_DIGITS + 1, 1) };
    for (const char *mark; (mark = strstr(text, "{n}")) != NULL; text = mark + 3) {
        if (request.mark_count == MAX_MARKS)
            die("more than %d times {n}", MAX_MARKS);
        memcpy(request.bytes + request.len, text, (size_t)(mark - text));
        request.len += (size_t)(mark - text);
        request.marks[request.mark_count++] = request.len;
        memset(request.bytes + request.len, '0', COUNTER_DIGITS);
        request.len += COUNTER_DIGITS;
    }
    strcpy(request.bytes + request.len, text);
    request.len += strlen(text);
    return request;
}

static void add_request(Requests *requests, const Options *options, const char *path)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        die("no memory");
    fprintf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", options->method, path, options->host);
    /* As long as a browser's; clicks of programs are not counted. */
    fputs("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n", out);
    for (size_t i = 0; i < options->header_count; i++)
        fprintf(out, "%s\r\n", options->headers[i]);
    if (options->body) {
        Request body = find_marks(options->body);
        fprintf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
        free(body.bytes);
    }
    fprintf(out, "\r\n%s", options->body ? options->body : "");
    fclose(out);
    if (requests->count == requests->cap) {
        requests->cap = requests->cap ? 2 * requests->cap : 64;
        requests->items = reallocarray(requests->items, requests->cap, sizeof *requests->items);
        if (requests->items == NULL)
            die("no memory");
    }
    requests->items[requests->count++] = find_marks(text);
    free(text);
}

static Requests prepare(const Options *options)
{
    Requests requests = { 0 };
    if (options->paths_file == NULL) {
        add_request(&requests, options, options->path);
        return requests;
    }
    FILE *in = fopen(options->paths_file, "r");
    if (in == NULL)
        die("%s: %s", options->paths_file, strerror(errno));
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t len; (len = getline(&line, &cap, in)) > 0;) {
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] == '/')
            add_request(&requests, options, line);
    }
    free(line);
    fclose(in);
    if (requests.count == 0)
        die("%s has no line that begins with /", options->paths_file);
    return requests;
}

/* ---- what is measured -------------------------------------------------- */

/* Latencies in buckets of equal relative width, as in an HDR histogram: 64 to each power of two, so
 * that a percentile is right to 1.6 %. */
enum { SUB_BITS = 6, SUBS = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS) * SUBS };

typedef struct Stats {
    uint64_t done, statuses[1000];
    uint64_t buckets[BUCKETS];
    uint64_t max_ns, sum_ns;
    double cpu_before;
    int64_t from_ns, to_ns;
} Stats;

static char samples[MAX_SAMPLES][SAMPLE_LEN];
static size_t sample_count;

static size_t bucket_of(uint64_t ns)
{
    if (ns < SUBS)
        return (size_t)ns;
    int shift = 63 - __builtin_clzll(ns) - SUB_BITS;
    return ((size_t)shift + 1) * SUBS + ((size_t)(ns >> shift) & (SUBS - 1));
}

/* The middle of a bucket. */
static double bucket_ns(size_t bucket)
{
    if (bucket < SUBS)
        return (double)bucket;
    size_t shift = bucket / SUBS - 1;
    return ((double)(bucket % SUBS) + SUBS + 0.5) * (double)(UINT64_C(1) << shift);
}

static double percentile_us(const Stats *stats, double share)
{
    uint64_t wanted = (uint64_t)((double)stats->done * share), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += stats->buckets[i];
        if (seen > wanted)
            return bucket_ns(i) / 1000;
    }
    return (double)stats->max_ns / 1000;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void begin_stats(Stats *stats, int64_t at_ns)
{
    *stats = (Stats){ .cpu_before = cpu_seconds(), .from_ns = at_ns, .to_ns = at_ns };
}

static void print_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_stats(const Stats *stats, uint64_t next)
{
    double seconds = (double)(stats->to_ns - stats->from_ns) / 1e9;
    printf("{\"requests\":%llu,\"seconds\":%.3f,\"rps\":%.1f,\"cpu_seconds\":%.3f,\"latency_us\":{",
           (unsigned long long)stats->done, seconds, seconds > 0 ? (double)stats->done / seconds : 0,
           cpu_seconds() - stats->cpu_before);
    printf("\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f},\"statuses\":{",
           stats->done ? (double)stats->sum_ns / (double)stats->done / 1000 : 0, percentile_us(stats, 0.5),
           percentile_us(stats, 0.9), percentile_us(stats, 0.99), percentile_us(stats, 0.999),
           (double)stats->max_ns / 1000);
    const char *comma = "";
    for (size_t i = 0; i < 1000; i++) {
        if (stats->statuses[i]) {
            printf("%s\"%zu\":%llu", comma, i, (unsigned long long)stats->statuses[i]);
            comma = ",";
        }
    }
    printf("},\"next\":%llu,\"samples\":[", (unsigned long long)next);
    for (size_t i = 0; i < sample_count; i++) {
        fputs(i ? "," : "", stdout);
        print_json_text(samples[i]);
    }
    puts("]}");
}

/* ---- connections ------------------------------------------------------- */

typedef struct Connection {
    int fd;
    const char *out;
    size_t out_len;
    char *own; /* the request of this connection when it has {n} */
    int64_t sent_ns;
    bool is_asked;
    size_t in_len;
    size_t head_len; /* 0: not whole yet */
    size_t body_left;
    int status;
    char in[IN_LEN];
} Connection;

typedef struct Run {
    const Options *options;
    Requests requests;
    Connection **connections;
    int epoll;
    uint64_t sent, next, random;
    size_t under_way;
    bool stopping;
    Stats stats;
} Run;

/* Sockets block: a request always fits into the socket's empty buffer. Reading never waits. */
static void open_connection(Run *run, Connection *connection)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    const struct sockaddr *address = (const struct sockaddr *)&run->options->address;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    if (fd < 0 || connect(fd, address, sizeof run->options->address) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("can't connect to %s: %s", run->options->host, strerror(errno));
    connection->fd = fd;
}

static void put_counter(char *at, uint64_t value)
{
    for (int i = COUNTER_DIGITS - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
}

static uint64_t next_random(Run *run)
{
    run->random ^= run->random << 13; /* xorshift64: the same paths in the same order every time */
    run->random ^= run->random >> 7;
    return run->random ^= run->random << 17;
}

static void pick_request(Run *run, Connection *connection)
{
    size_t many = run->requests.count;
    const Request *request = &run->requests.items[many > 1 ? next_random(run) % many : 0];
    connection->out = request->bytes;
    connection->out_len = request->len;
    if (request->mark_count == 0)
        return;
    if (many > 1 || connection->own == NULL) {
        connection->own = realloc(connection->own, request->len);
        if (connection->own == NULL)
            die("no memory");
        memcpy(connection->own, request->bytes, request->len);
    }
    for (size_t i = 0; i < request->mark_count; i++)
        put_counter(connection->own + request->marks[i], run->next);
    run->next++;
    connection->out = connection->own;
}

static void ask(Run *run, Connection *connection, int64_t at_ns)
{
    connection->in_len = connection->head_len = 0;
    connection->is_asked = false;
    if (run->stopping || (run->options->requests && run->sent == run->options->requests))
        return;
    pick_request(run, connection);
    run->sent++;
    run->under_way++;
    connection->is_asked = true;
    connection->sent_ns = at_ns;
    if (send(connection->fd, connection->out, connection->out_len, MSG_NOSIGNAL) !=
        (ssize_t)connection->out_len)
        die("a request could not be sent: %s", strerror(errno));
}

/* ---- answers ----------------------------------------------------------- */

/* The head stands in `in`, ended by an empty line. */
static void read_head(Connection *connection)
{
    char *line = connection->in, *end = connection->in + connection->head_len - 2;
    if (connection->head_len < 17 || memcmp(line, "HTTP/1.1 ", 9) != 0)
        die("this is no HTTP/1.1 answer: %.60s", line);
    connection->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (connection->status < 200 || connection->status > 599)
        die("an answer with status %.3s", line + 9);
    bool has_length = false;
    size_t length = 0;
    while ((line = (char *)memchr(line, '\n', (size_t)(end - line)) + 1) < end) {
        if (strncasecmp(line, "connection: close", 17) == 0)
            die("the server closes the connection: %.*s", (int)connection->head_len, connection->in);
        if (strncasecmp(line, "content-length:", 15) == 0) {
            length = strtoull(line + 15, NULL, 10);
            has_length = true;
        }
    }
    if (!has_length)
        die("an answer without Content-Length: %.*s", (int)connection->head_len, connection->in);
    size_t here = connection->in_len - connection->head_len;
    if (here > length)
        die("%zu bytes after an answer's end", here - length);
    connection->body_left = length - here;
}

static void keep_sample(const Connection *connection)
{
    if (connection->status < 400 || sample_count == MAX_SAMPLES)
        return;
    size_t len = connection->in_len < SAMPLE_LEN - 1 ? connection->in_len : SAMPLE_LEN - 1;
    memcpy(samples[sample_count++], connection->in, len);
}

static void answered(Run *run, Connection *connection)
{
    int64_t now = now_ns();
    uint64_t took = (uint64_t)(now - connection->sent_ns);
    Stats *stats = &run->stats;
    run->under_way--;
    keep_sample(connection);
    if (!run->stopping) { /* what comes after the end is waited for, not counted */
        stats->done++;
        stats->statuses[connection->status]++;
        stats->buckets[bucket_of(took)]++;
        stats->sum_ns += took;
        stats->max_ns = took > stats->max_ns ? took : stats->max_ns;
        stats->to_ns = now;
    }
    ask(run, connection, now);
}

static void read_in(Run *run, Connection *connection)
{
    if (connection->head_len && connection->in_len == IN_LEN)
        connection->in_len = connection->head_len; /* a long body: what was read of it isn't needed */
    ssize_t got =
        recv(connection->fd, connection->in + connection->in_len, IN_LEN - connection->in_len, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !connection->is_asked)
        die("a connection broke; load needs a server that keeps them");
    connection->in_len += (size_t)got;
    if (connection->head_len) {
        if ((size_t)got > connection->body_left)
            die("%zu bytes after an answer's end", (size_t)got - connection->body_left);
        connection->body_left -= (size_t)got;
    } else {
        const char *end = memmem(connection->in, connection->in_len, "\r\n\r\n", 4);
        if (end == NULL && connection->in_len == IN_LEN)
            die("an answer's head is longer than %d bytes", IN_LEN);
        if (end == NULL)
            return;
        connection->head_len = (size_t)(end - connection->in) + 4;
        read_head(connection);
    }
    if (connection->body_left == 0)
        answered(run, connection);
}

/* ---- the run ----------------------------------------------------------- */

static void handle_events(Run *run)
{
    struct epoll_event events[256];
    int count = epoll_wait(run->epoll, events, 256, 10);
    for (int i = 0; i < count; i++)
        read_in(run, events[i].data.ptr);
}

static void run_load(Run *run)
{
    const Options *options = run->options;
    int64_t begin = now_ns(), warm = begin + (int64_t)(options->warmup * 1e9);
    int64_t end = options->requests ? INT64_MAX : warm + (int64_t)(options->seconds * 1e9);
    bool warming = options->warmup > 0;
    begin_stats(&run->stats, begin);
    for (size_t i = 0; i < options->connections; i++)
        ask(run, run->connections[i], now_ns());
    for (int64_t now; run->under_way > 0 && (now = now_ns()) < end;) {
        if (warming && now >= warm) {
            begin_stats(&run->stats, now);
            warming = false;
        }
        handle_events(run);
    }
    run->stopping = true;
}

/* So that what was sent is also done when the next run begins. */
static void drain(Run *run)
{
    int64_t end = now_ns() + DRAIN_SECONDS * INT64_C(1000000000);
    while (run->under_way > 0 && now_ns() < end)
        handle_events(run);
    if (run->under_way > 0)
        die("%zu requests were not answered within %d s", run->under_way, DRAIN_SECONDS);
}

int main(int argc, char **argv)
{
    Options options = read_options(argc, argv);
    static Run run;
    run = (Run){ .options = &options,
                 .requests = prepare(&options),
                 .connections = allocate(options.connections, sizeof(Connection *)),
                 .epoll = epoll_create1(EPOLL_CLOEXEC),
                 .next = options.first,
                 .random = UINT64_C(0x9e3779b97f4a7c15) };
    for (size_t i = 0; i < options.connections; i++) {
        run.connections[i] = allocate(1, sizeof(Connection));
        open_connection(&run, run.connections[i]);
    }
    run_load(&run);
    drain(&run);
    print_stats(&run.stats, run.next);
    return 0;
}
