/* The ledger. Entries are added and never changed. Part of store/store.h: include that. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "domain/ledger.h"
#include "store/command.h"

typedef struct LedgerList {
    LedgerEntry *items;
    size_t count;
} LedgerList;

/* Both entries of a posting; sets their ids and times. */
Status store_ledger_insert(StoreSession *session, LedgerEntry entries[2]) MUST_USE;
/* A grant's, oldest first. */
Status store_ledger_list_of_grant(StoreSession *session, int64_t account_id, int64_t grant_id, Arena *arena,
                                  LedgerList *out_list) MUST_USE;

/* What a user is owed (negative: owes) and has been paid in one currency; "" for coupons and custom rewards. */
typedef struct Balance {
    Currency currency;
    int64_t owed_minor, paid_minor;
} Balance;
typedef struct BalanceList {
    Balance *items;
    size_t count;
} BalanceList;
Status store_ledger_balances(StoreSession *session, int64_t account_id, int64_t user_id, Arena *arena,
                             BalanceList *out_list) MUST_USE;
/* STATUS_INTERNAL when the entries of some currency do not add up to zero. Reads all of the account's. */
Status store_ledger_check(StoreSession *session, int64_t account_id) MUST_USE;

#endif
