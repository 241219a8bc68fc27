#include "webhook/retry_after.h"

#include <curl/curl.h>

#define MOST_US US_PER_DAY

static bool is_digits(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

/* As a time since 1970; false when it is no HTTP date (RFC 9110, 5.6.7). */
static bool parse_date(Str value, int64_t *out_us)
{
    char copy[40];
    if (value.len == 0 || value.len >= sizeof copy || str_index(value, ':') < 0)
        return false;
    memcpy(copy, value.ptr, value.len);
    copy[value.len] = 0;
    time_t seconds = curl_getdate(copy, NULL);
    if (seconds < 0 || seconds > INT64_MAX / US_PER_SECOND)
        return false;
    *out_us = seconds * US_PER_SECOND;
    return true;
}

int64_t retry_after_us(Str value, int http_status, int64_t now_us)
{
    value = str_trim(value);
    if (http_status < 300 || http_status > 599)
        return 0;
    if (is_digits(value)) {
        int64_t seconds;
        bool fits = str_to_i64(value, &seconds) && seconds <= MOST_US / US_PER_SECOND;
        return fits ? seconds * US_PER_SECOND : MOST_US;
    }
    int64_t date_us;
    if (!parse_date(value, &date_us))
        return 0;
    return i64_max(0, i64_min(date_us - now_us, MOST_US));
}
