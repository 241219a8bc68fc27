/* The ledger: what is promised, owed and paid, as postings of two entries that add up to zero. Pure.
 *
 *   kind      from (−)    to (+)     when
 *   grant     promised    owed       a grant is made
 *   issue     owed        paid       it is issued
 *   fail      paid        owed       issuing it did not work
 *   cancel    owed        promised   it is cancelled before it was issued
 *   reverse   owed        promised   it falls after it was issued: the user owes it back
 *   return    promised    owed       what had fallen stands again
 *   adjust    promised    owed       its value changes (the difference; negative: a refund)
 *
 * So for each grant, at any time: promised is minus its value while it stands and else 0, paid is what was
 * issued, and owed is what makes the sum zero. Nothing is ever changed or removed. */
#ifndef DOMAIN_LEDGER_H
#define DOMAIN_LEDGER_H

#include "domain/grant.h"

typedef enum LedgerBook { BOOK_PROMISED, BOOK_OWED, BOOK_PAID } LedgerBook;
typedef enum LedgerKind {
    LEDGER_GRANT,
    LEDGER_ISSUE,
    LEDGER_FAIL,
    LEDGER_CANCEL,
    LEDGER_REVERSE,
    LEDGER_RETURN,
    LEDGER_ADJUST,
    LEDGER_KIND_COUNT,
} LedgerKind;
extern const NameTable ledger_book_names, ledger_kind_names;

typedef struct LedgerEntry {
    int64_t id, account_id;
    int64_t posting_id; /* the id of its first entry */
    LedgerKind kind;
    LedgerBook book;
    int64_t grant_id, campaign_id;
    int64_t user_id; /* the recipient */
    Currency currency;
    int64_t amount_minor;
    int64_t occurred_us;
} LedgerEntry;

/* The two entries of a posting about `grant`. */
void ledger_post(const Grant *grant, LedgerKind kind, int64_t amount_minor, LedgerEntry out_entries[2]);

#endif
