#include "webhook/schedule.h"

#include <curl/curl.h>

const Schedule schedule_default = {
    .waits_us = { 5 * US_PER_SECOND, 5 * US_PER_MINUTE, 30 * US_PER_MINUTE, 2 * US_PER_HOUR, 5 * US_PER_HOUR,
                  10 * US_PER_HOUR, 14 * US_PER_HOUR, 20 * US_PER_HOUR, 24 * US_PER_HOUR },
    .count = 9,
};

Status schedule_parse(Str text, Schedule *out_schedule, Error *err)
{
    Schedule schedule = { .count = 0 };
    Str part;
    while (str_cut(&text, ',', &part)) {
        if (schedule.count == SCHEDULE_MAX_WAITS)
            return error_set(err, STATUS_INVALID, "webhook-schedule", "At most %d waits can be given.",
                             SCHEDULE_MAX_WAITS);
        int64_t seconds;
        if (!str_to_i64(str_trim(part), &seconds) || seconds < 1 || seconds > SCHEDULE_MAX_WAIT_SECONDS)
            return error_set(
                err, STATUS_INVALID, "webhook-schedule",
                "\"%.*s\" is no wait: give seconds from 1 to %d, with commas between them, as in 5,300,1800.",
                (int)size_min(part.len, 40), part.ptr, SCHEDULE_MAX_WAIT_SECONDS);
        schedule.waits_us[schedule.count++] = seconds * US_PER_SECOND;
    }
    if (schedule.count == 0)
        return error_set(err, STATUS_INVALID, "webhook-schedule", "Give at least one wait in seconds.");
    *out_schedule = schedule;
    return STATUS_OK;
}

bool schedule_wait(const Schedule *schedule, int64_t attempt, uint32_t chance, int64_t *out_wait_us)
{
    if (attempt < 1 || attempt > (int64_t)schedule->count)
        return false;
    int64_t wait_us = schedule->waits_us[attempt - 1];
    int64_t most_us = wait_us / 100 * SCHEDULE_JITTER_PERCENT;
    /* a share of 2^32: uniform, and without overflow for a week's wait */
    int64_t added_us = (int64_t)((double)most_us * (chance / 4294967296.0));
    *out_wait_us = wait_us + added_us;
    return true;
}

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

int64_t schedule_retry_after(Str value, int http_status, int64_t now_us)
{
    value = str_trim(value);
    if (http_status < 300 || http_status > 599)
        return 0;
    if (is_digits(value)) {
        int64_t seconds;
        bool fits = str_to_i64(value, &seconds) && seconds <= SCHEDULE_MAX_RETRY_AFTER_US / US_PER_SECOND;
        return fits ? seconds * US_PER_SECOND : SCHEDULE_MAX_RETRY_AFTER_US;
    }
    int64_t date_us;
    if (!parse_date(value, &date_us))
        return 0;
    return i64_max(0, i64_min(date_us - now_us, SCHEDULE_MAX_RETRY_AFTER_US));
}
