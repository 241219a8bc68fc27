/* Money: int64 in minor units with an ISO 4217 currency. Checked arithmetic only. Pure. */
#ifndef DOMAIN_MONEY_H
#define DOMAIN_MONEY_H

#include "base/status.h"
#include "base/str.h"

typedef struct Currency {
    char code[4]; /* "USD"; "" for none */
} Currency;

typedef struct MoneyText {
    char text[32];
} MoneyText;

/* Three capital letters; STATUS_INVALID for anything else. */
Status currency_parse(Str text, Currency *out_currency, Error *err) MUST_USE;
/* Digits behind the point: 2 for most, 0 for JPY and its like, 3 for KWD and its like. */
int currency_digits(Currency currency);

/* "25", "25.5", "25.00": never negative, no more digits than the currency has, within int64. */
Status money_parse(Str text, Currency currency, int64_t *out_minor, Error *err) MUST_USE;
/* "25.00": always all digits of the currency. */
MoneyText money_text(int64_t minor, Currency currency);
/* False on overflow, with *out untouched. */
bool money_add(int64_t a_minor, int64_t b_minor, int64_t *out_minor) MUST_USE;

#endif
