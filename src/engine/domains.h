/* Campaigns' own hosts: giving and taking them, and whose links begin with which.
 *
 * A host that belongs to a campaign opens its sign-up page at "/", all links of the server, and leads links that nobody
 * has to its fallback. Links in answers, mails and pages begin with their campaign's first host. */
#ifndef ENGINE_DOMAINS_H
#define ENGINE_DOMAINS_H

#include "base/buf.h"
#include "engine/link_cache.h"

/* STATUS_NOT_FOUND when the account has no such campaign, STATUS_CONFLICT when the host is another one's. */
typedef struct DomainCommand {
    Command base;
    Domain domain;   /* in: all but created_us; out: as it is now */
    bool is_new;     /* out */
} DomainCommand;
DomainCommand *domain_command_new(const Engine *engine, Arena *arena) MUST_USE;

/* STATUS_NOT_FOUND when the campaign has no such host. */
typedef struct DomainRemoveCommand {
    Command base;
    Domain domain; /* in: host, account_id, campaign_id */
} DomainRemoveCommand;
DomainRemoveCommand *domain_remove_command_new(Arena *arena) MUST_USE;

/* ---- where links begin --------------------------------------------------- */

/* What all threads know of it, so that no link costs a look into the database. */
LinkBases *link_bases_new(const LinkEpoch *epoch) MUST_USE;
void link_bases_free(LinkBases **bases);
/* Reads them again if links have changed since. Any thread. */
Status link_bases_refresh(LinkBases *bases, StoreSession *session) MUST_USE;
/* "https://go.example.com", or the server's own base URL. Any thread. */
void link_base_append(const Engine *engine, int64_t campaign_id, Buf *buf);

#endif
