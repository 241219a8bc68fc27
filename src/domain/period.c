#include "domain/period.h"

#include "base/time.h"

static const char *const names[] = { "ever", "day", "week", "month", "quarter", "year" };
const NameTable period_names = NAME_TABLE(names);

/* A day of the proleptic Gregorian calendar; months count from 0. */
typedef struct Day {
    int64_t year, month, day;
} Day;

/* Days since 1970, and back, after Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": years begin
 * in March, so that the leap day is the last. For times since 1970 only. */
static int64_t day_number(Day date)
{
    int64_t year = date.year - (date.month < 2);
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * ((date.month + 10) % 12) + 2) / 5 + date.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static Day day_of(int64_t number)
{
    int64_t shifted = number + 719468;
    int64_t era = shifted / 146097, of_era = shifted % 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    Day out = { .year = year_of_era + era * 400,
                .month = (from_march + 2) % 12,
                .day = of_year - (153 * from_march + 2) / 5 + 1 };
    out.year += out.month < 2;
    return out;
}

static int64_t months_of(Period period)
{
    return period == PERIOD_MONTH ? 1 : period == PERIOD_QUARTER ? 3 : 12;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    Day first = { year, month, 1 }, next = { year + (month == 11), (month + 1) % 12, 1 };
    return day_number(next) - day_number(first);
}

int64_t period_start(Period period, int64_t utc_us)
{
    int64_t number = utc_us / US_PER_DAY;
    if (period == PERIOD_EVER)
        return 0;
    if (period == PERIOD_DAY)
        return number * US_PER_DAY;
    if (period == PERIOD_WEEK) /* 1970 began on a Thursday; its own first days belong to no week of ours */
        return i64_max(number - (number + 3) % 7, 0) * US_PER_DAY;
    Day date = day_of(number);
    date.day = 1;
    date.month -= date.month % months_of(period);
    return day_number(date) * US_PER_DAY;
}

int64_t period_after(Period period, int64_t utc_us, int64_t count)
{
    if (period == PERIOD_EVER)
        return INT64_MAX;
    if (period == PERIOD_DAY || period == PERIOD_WEEK)
        return utc_us + count * (period == PERIOD_DAY ? 1 : 7) * US_PER_DAY;
    Day date = day_of(utc_us / US_PER_DAY);
    int64_t months = date.year * 12 + date.month + count * months_of(period);
    date.year = months / 12;
    date.month = months % 12;
    date.day = i64_min(date.day, days_in_month(date.year, date.month));
    return day_number(date) * US_PER_DAY + utc_us % US_PER_DAY;
}
