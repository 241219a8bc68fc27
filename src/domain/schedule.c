#include "domain/schedule.h"

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
            return error_set(err, STATUS_INVALID, NULL, "At most %d waits can be given.", SCHEDULE_MAX_WAITS);
        int64_t seconds;
        if (!str_to_i64(str_trim(part), &seconds) || seconds < 1 || seconds > SCHEDULE_MAX_WAIT_SECONDS)
            return error_set(
                err, STATUS_INVALID, NULL,
                "\"%.*s\" is no wait: give seconds from 1 to %d, with commas between them, as in 5,300,1800.",
                (int)size_min(part.len, 40), part.ptr, SCHEDULE_MAX_WAIT_SECONDS);
        schedule.waits_us[schedule.count++] = seconds * US_PER_SECOND;
    }
    if (schedule.count == 0)
        return error_set(err, STATUS_INVALID, NULL, "Give at least one wait in seconds.");
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
