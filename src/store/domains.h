/* Hosts that belong to a campaign. Part of store/store.h: include that. */
#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H

#include "store/command.h"

typedef struct Domain {
    Str host; /* in lower case; belongs to one campaign of the whole database */
    int64_t account_id, campaign_id;
    Str fallback_url; /* where unknown links on this host lead; empty: to the page that says so */
    int64_t created_us;
} Domain;

typedef struct DomainList {
    Domain *items;
    size_t count;
} DomainList;

/* STATUS_NOT_FOUND: nobody's. */
Status store_domain_get(StoreSession *session, Str host, Arena *arena, Domain *out_domain) MUST_USE;
/* A campaign's, the first one first. */
Status store_domain_list(StoreSession *session, int64_t account_id, int64_t campaign_id, Arena *arena,
                         DomainList *out_list) MUST_USE;
/* Those of all accounts behind `after`, in the order of their names, a bounded number. */
Status store_domain_next(StoreSession *session, Str after, Arena *arena, DomainList *out_list) MUST_USE;

/* Inserts, or changes the fallback. Links notice it. */
Status store_domain_put(StoreSession *session, const Domain *domain) MUST_USE;
Status store_domain_remove(StoreSession *session, const Domain *domain) MUST_USE;

#endif
