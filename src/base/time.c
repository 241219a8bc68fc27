#include "base/time.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t time_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* Seconds rounded down, so that times before 1970 keep their day. */
static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static struct tm calendar(int64_t utc_us)
{
    time_t seconds = (time_t)floor_div(utc_us, US_PER_SECOND);
    struct tm tm = { 0 };
    gmtime_r(&seconds, &tm);
    return tm;
}

TimeText time_date(int64_t utc_us)
{
    struct tm tm = calendar(utc_us);
    TimeText out;
    snprintf(out.text, sizeof out.text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    return out;
}

TimeText time_iso8601(int64_t utc_us)
{
    struct tm tm = calendar(utc_us);
    int ms = (int)((utc_us % US_PER_SECOND + US_PER_SECOND) % US_PER_SECOND / 1000);
    TimeText out;
    snprintf(out.text, sizeof out.text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
    return out;
}
