/* Periods of the calendar, in UTC: of caps, and of what recurs. Weeks begin on Monday. Pure. */
#ifndef DOMAIN_PERIOD_H
#define DOMAIN_PERIOD_H

#include "domain/names.h"

typedef enum Period { PERIOD_EVER, PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER, PERIOD_YEAR } Period;
extern const NameTable period_names;

/* When the period that `utc_us` lies in began; 0 for PERIOD_EVER. */
int64_t period_start(Period period, int64_t utc_us);
/* `count` periods after `utc_us`, at the same time of day; where the month is too short, on its last day.
 * PERIOD_EVER gives INT64_MAX. */
int64_t period_after(Period period, int64_t utc_us, int64_t count);

#endif
