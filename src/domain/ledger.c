#include "domain/ledger.h"

static const char *const book_names[] = { "promised", "owed", "paid" };
static const char *const kind_names[] = { "grant", "issue", "fail", "cancel", "reverse", "return", "adjust" };
const NameTable ledger_book_names = NAME_TABLE(book_names);
const NameTable ledger_kind_names = NAME_TABLE(kind_names);
_Static_assert(ARRAY_LEN(kind_names) == LEDGER_KIND_COUNT, "each kind has a name");

static const struct {
    LedgerBook from, to;
} ways[LEDGER_KIND_COUNT] = {
    [LEDGER_GRANT] = { BOOK_PROMISED, BOOK_OWED },   [LEDGER_ISSUE] = { BOOK_OWED, BOOK_PAID },
    [LEDGER_FAIL] = { BOOK_PAID, BOOK_OWED },        [LEDGER_CANCEL] = { BOOK_OWED, BOOK_PROMISED },
    [LEDGER_REVERSE] = { BOOK_OWED, BOOK_PROMISED }, [LEDGER_RETURN] = { BOOK_PROMISED, BOOK_OWED },
    [LEDGER_ADJUST] = { BOOK_PROMISED, BOOK_OWED },
};

void ledger_post(const Grant *grant, LedgerKind kind, int64_t amount_minor, LedgerEntry out_entries[2])
{
    LedgerEntry entry = { .account_id = grant->account_id,
                          .kind = kind,
                          .grant_id = grant->id,
                          .campaign_id = grant->campaign_id,
                          .user_id = grant->recipient_id,
                          .currency = grant->currency };
    out_entries[0] = out_entries[1] = entry;
    out_entries[0].book = ways[kind].from;
    out_entries[0].amount_minor = -amount_minor;
    out_entries[1].book = ways[kind].to;
    out_entries[1].amount_minor = amount_minor;
}
