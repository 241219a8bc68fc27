#include "base/time.h"

#include <stdio.h>
#include <time.h>

#include "base/failpoint.h"

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
    return read_clock(CLOCK_REALTIME) + failpoint_clock_us();
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

/* ---- reading ----------------------------------------------------------- */

/* Takes exactly `digits` digits off the front. */
static bool take_number(Str *rest, int digits, int *out_value)
{
    int value = 0;
    if (rest->len < (size_t)digits)
        return false;
    for (int i = 0; i < digits; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        value = value * 10 + (rest->ptr[i] - '0');
    }
    *rest = str_skip(*rest, (size_t)digits);
    *out_value = value;
    return true;
}

static bool take_char(Str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = str_skip(*rest, 1);
    return true;
}

static bool take_date(Str *rest, int64_t *out_utc_us)
{
    struct tm tm = { 0 };
    if (!take_number(rest, 4, &tm.tm_year) || !take_char(rest, '-') || !take_number(rest, 2, &tm.tm_mon) ||
        !take_char(rest, '-') || !take_number(rest, 2, &tm.tm_mday))
        return false;
    struct tm wanted = tm;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t seconds = timegm(&tm);
    /* timegm makes 1 March of 29 February where there is none. */
    bool exists = tm.tm_mon + 1 == wanted.tm_mon && tm.tm_mday == wanted.tm_mday;
    *out_utc_us = seconds * US_PER_SECOND;
    return exists && wanted.tm_year >= 1970;
}

/* A fraction of one to nine digits; beyond milliseconds they are dropped. */
static bool take_milliseconds(Str *rest, int *out_ms)
{
    int digits = 0, digit;
    *out_ms = 0;
    for (; digits < 9 && take_number(rest, 1, &digit); digits++)
        if (digits < 3)
            *out_ms = *out_ms * 10 + digit;
    for (int i = digits; i < 3; i++)
        *out_ms *= 10;
    return digits > 0;
}

static bool take_clock(Str *rest, int64_t *out_us, int64_t *out_span_us)
{
    int hour, minute, second = 0, ms = 0;
    if (!take_number(rest, 2, &hour) || !take_char(rest, ':') || !take_number(rest, 2, &minute))
        return false;
    *out_span_us = US_PER_MINUTE;
    if (take_char(rest, ':')) {
        if (!take_number(rest, 2, &second))
            return false;
        *out_span_us = US_PER_SECOND;
        if (take_char(rest, '.')) {
            if (!take_milliseconds(rest, &ms))
                return false;
            *out_span_us = US_PER_MS;
        }
    }
    *out_us = hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_SECOND + ms * US_PER_MS;
    return hour < 24 && minute < 60 && second < 60;
}

/* "", "Z", "+02:00", "-0530" */
static bool take_offset(Str *rest, int64_t *out_us)
{
    int hours, minutes;
    *out_us = 0;
    if (rest->len == 0 || take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    bool east = take_char(rest, '+');
    if (!east && !take_char(rest, '-'))
        return false;
    if (!take_number(rest, 2, &hours))
        return false;
    (void)take_char(rest, ':');
    if (!take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_us = (hours * US_PER_HOUR + minutes * US_PER_MINUTE) * (east ? 1 : -1);
    return true;
}

bool time_parse(Str text, int64_t *out_utc_us, int64_t *out_span_us)
{
    int64_t date_us, clock_us = 0, offset_us = 0, span_us = US_PER_DAY;
    Str rest = str_trim(text);
    if (!take_date(&rest, &date_us))
        return false;
    if (rest.len > 0) {
        if (!take_char(&rest, 'T') && !take_char(&rest, 't') && !take_char(&rest, ' '))
            return false;
        if (!take_clock(&rest, &clock_us, &span_us) || !take_offset(&rest, &offset_us))
            return false;
    }
    *out_utc_us = date_us + clock_us - offset_us;
    if (out_span_us)
        *out_span_us = span_us;
    return rest.len == 0 && *out_utc_us >= 0;
}
