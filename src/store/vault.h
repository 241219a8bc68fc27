/* What the database holds that even its copies must not tell: secrets, sealed with the data key.
 *
 *   master key (a file, or the environment) ──seals──▶ data key (a setting) ──seals──▶ secrets
 *
 * So a new master key seals one row anew, and servers that have the data key at hand go on undisturbed.
 * Everything here runs in the writer's transaction, which keeps other processes away from file and row
 * alike. Only store/ includes this. */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "store/session.h"

/* Reads the data key, or makes it for a new database; the master key's file too, when there is none yet.
 * STATUS_DENIED with a sentence when the master key is missing, unreadable or another one. Also ends a
 * change of the master key that was interrupted. */
Status vault_unlock(StoreSession *session, const MasterKeyPlace *place, SealKey *out_key, Error *err) MUST_USE;
/* Makes a master key, writes it beside the file of `to`, and seals the data key with it. After the commit
 * vault_unlock with `to` puts the file in its place. */
Status vault_rekey(StoreSession *session, const MasterKeyPlace *from, const MasterKeyPlace *to, Error *err) MUST_USE;

/* Secrets of a webhook. Sealing fills `out` with plain.len + SEAL_EXTRA_LEN bytes; what doesn't open is
 * { NULL, 0 }, and so is what isn't there. */
void vault_seal(const StoreSession *session, int64_t account_id, Str plain, void *out);
Str vault_open(const StoreSession *session, int64_t account_id, Str sealed, Arena *arena);

#endif
