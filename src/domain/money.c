#include "domain/money.h"

#include <stdio.h>

Status currency_parse(Str text, Currency *out_currency, Error *err)
{
    bool fits = text.len == 3;
    for (size_t i = 0; fits && i < 3; i++)
        fits = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z';
    if (!fits)
        return error_set(err, STATUS_INVALID, "currency",
                         "The currency is three capital letters (ISO 4217), for example USD.");
    memcpy(out_currency->code, text.ptr, 3);
    out_currency->code[3] = 0;
    return STATUS_OK;
}

/* ISO 4217, list one: the currencies whose minor unit is not a hundredth. */
int currency_digits(Currency currency)
{
    static const char none[][4] = { "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                    "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF" };
    static const char three[][4] = { "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND" };
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        if (memcmp(none[i], currency.code, 4) == 0)
            return 0;
    for (size_t i = 0; i < ARRAY_LEN(three); i++)
        if (memcmp(three[i], currency.code, 4) == 0)
            return 3;
    return 2;
}

Status money_parse(Str text, Currency currency, int64_t *out_minor, Error *err)
{
    int digits = currency_digits(currency);
    ptrdiff_t point = str_index(text, '.');
    Str whole = point < 0 ? text : (Str){ text.ptr, (size_t)point };
    Str part = point < 0 ? STR("") : str_skip(text, (size_t)point + 1);
    bool fits = whole.len > 0 && part.len <= (size_t)digits && (point < 0 || part.len > 0);
    int64_t minor = 0;
    for (size_t i = 0; fits && i < whole.len + (size_t)digits; i++) {
        size_t at = i - whole.len; /* behind the point, when i has got that far */
        char c = i < whole.len ? whole.ptr[i] : at < part.len ? part.ptr[at] : '0';
        fits = c >= '0' && c <= '9' && !__builtin_mul_overflow(minor, 10, &minor) &&
               !__builtin_add_overflow(minor, c - '0', &minor);
    }
    if (!fits)
        return error_set(err, STATUS_INVALID, "value",
                         "The value is an amount such as 25.00, with at most %d digits behind the point.", digits);
    *out_minor = minor;
    return STATUS_OK;
}

MoneyText money_text(int64_t minor, Currency currency)
{
    int digits = currency_digits(currency);
    uint64_t unit = digits == 0 ? 1 : digits == 2 ? 100 : 1000;
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    const char *sign = minor < 0 ? "-" : "";
    MoneyText out;
    if (digits == 0)
        snprintf(out.text, sizeof out.text, "%s%llu", sign, (unsigned long long)size);
    else
        snprintf(out.text, sizeof out.text, "%s%llu.%0*llu", sign, (unsigned long long)(size / unit), digits,
                 (unsigned long long)(size % unit));
    return out;
}

bool money_add(int64_t a_minor, int64_t b_minor, int64_t *out_minor)
{
    int64_t sum;
    if (__builtin_add_overflow(a_minor, b_minor, &sum))
        return false;
    *out_minor = sum;
    return true;
}
