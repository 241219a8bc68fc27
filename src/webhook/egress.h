/* Where webhooks may go: the guard against requests forged through us into the operator's own
 * network (SSRF).
 *
 * Three gates stand one behind the other, all with the same rules:
 *   registration  egress_check_url: a literal address and localhost are judged at once
 *   resolution    egress_judge for every address a name has; one that is refused refuses the name
 *   socket        egress_judge again for the address dialled (CURLOPT_OPENSOCKETFUNCTION)
 *
 * What is refused by default are the special-purpose ranges of IANA's registries. The operator
 * opens some by `--webhook-allow`. Link-local addresses and those of cloud metadata services,
 * whose answers are credentials, open only by an entry for the single address; our own listening
 * address never does. Pure but for own addresses behind a wildcard; any thread. */
#ifndef WEBHOOK_EGRESS_H
#define WEBHOOK_EGRESS_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/status.h"

typedef struct EgressRules {
    const IpRange *allowed; /* the owner's, for as long as the rules are used */
    size_t allowed_count;
    bool https_only;       /* http:// goes to `allowed` only */
    IpAddress own_address; /* where we listen; all zero bytes: on every address of this machine */
    uint16_t own_port;     /* 0: nowhere */
} EgressRules;

struct sockaddr;

typedef enum EgressClass {
    EGRESS_ALLOWED,
    EGRESS_OWN,      /* our own listener: a webhook could drive our API */
    EGRESS_METADATA, /* link-local, cloud metadata */
    EGRESS_LOOPBACK,
    EGRESS_PRIVATE,
    EGRESS_EMBEDDED,  /* IPv6 that carries IPv4 (mapped, NAT64, 6to4, Teredo) */
    EGRESS_MULTICAST, /* and broadcast */
    EGRESS_RESERVED,  /* documentation, benchmarks, unassigned */
    EGRESS_PLAIN,     /* http:// where https:// is needed */
    EGRESS_CLASS_COUNT,
} EgressClass;

/* As ip_of_sockaddr, but an IPv4 address within IPv6 stays what it is: such forms are judged harder. */
IpAddress egress_address(const struct sockaddr *address);
EgressClass egress_judge(const EgressRules *rules, IpAddress address, uint16_t port, bool is_secure);
/* As an outcome of a delivery: "address_private", …; a literal. */
const char *egress_class_name(EgressClass verdict);
/* Fills `err` with why, and what the operator can set; gives STATUS_DENIED. */
Status egress_explain(EgressClass verdict, IpAddress address, Error *err);

/* A URL in its one normal form. */
typedef struct EgressTarget {
    Str url;           /* to be dialled: lower-case scheme and host, encoded path */
    Str origin;        /* "https://host:port" */
    Str host;          /* without brackets and without a dot at the end */
    IpAddress literal; /* the host, when it is an address */
    uint16_t port;
    bool is_secure; /* https */
} EgressTarget;

/* STATUS_INVALID when it is no URL that a webhook can have. Judges nothing. */
Status egress_parse_url(Str url, Arena *arena, EgressTarget *out_target, Error *err) MUST_USE;
/* For registration: STATUS_INVALID with a text for people when it is malformed, or when its host is
 * an address or localhost and refused. Names are judged when they are dialled. */
Status egress_check_url(const EgressRules *rules, Str url, Error *err) MUST_USE;

#endif
