/* Names to addresses, off the sender's thread.
 *
 * The sender resolves for itself, since the address rules have to see every address of a name, and
 * curl tells only the one it dials. What is judged is then pinned (CURLOPT_RESOLVE), so a name that
 * changes between check and dial is dialled as judged.
 *
 * A Resolver is used by one thread; a few workers of its own wait for the system's resolver. They
 * may outlive resolver_free, since a look-up can't be broken off, and end by themselves then. */
#ifndef WEBHOOK_RESOLVER_H
#define WEBHOOK_RESOLVER_H

#include "base/ip.h"
#include "base/status.h"

enum {
    RESOLVER_MAX_ADDRESSES = 16, /* those beyond are neither judged nor dialled */
    RESOLVER_WORKERS = 4,
    RESOLVER_MAX_NAME_LEN = 253,
};

typedef struct ResolverAnswer {
    IpAddress addresses[RESOLVER_MAX_ADDRESSES];
    size_t count; /* 0: the name has none */
    bool failed;  /* nobody could be asked: it tells nothing about the name */
} ResolverAnswer;

/* Blocks; on a worker's thread. `name` ends with a NUL. */
typedef void ResolverLookup(void *arg, const char *name, ResolverAnswer *out_answer);
/* By getaddrinfo. */
ResolverLookup resolver_system_lookup;

typedef struct ResolverOptions {
    ResolverLookup *lookup;
    void *lookup_arg;
    /* On a worker's thread, when an answer has come. Not after resolver_free. */
    void (*wake)(void *arg);
    void *wake_arg;
    int64_t keep_us; /* how long an answer holds; one without addresses a sixth of it */
} ResolverOptions;

typedef struct Resolver Resolver;

Status resolver_new(const ResolverOptions *options, Resolver **out_resolver) MUST_USE;
/* Sets the pointer to NULL; takes NULL. Doesn't wait. */
void resolver_free(Resolver **resolver);

/* STATUS_BUSY: being looked up; ask again when woken. STATUS_NOMEM: not now. */
Status resolver_ask(Resolver *resolver, Str name, ResolverAnswer *out_answer) MUST_USE;
/* Whether nothing could be learnt about any name for longer than answers are kept: then it is our own
 * resolver that is out, and no receiver is to blame (WH-15). */
bool resolver_is_out(Resolver *resolver) MUST_USE;

#endif
