#include "domain/stamp.h"

#include "base/limits.h"
#include "base/time.h"

StampVerdict stamp_judge(const CodeKey *key, Str code, Str stamp, int64_t least_us, int64_t now_us)
{
    int64_t made_us;
    if (!click_id_check(key, stamp, &made_us) || !str_starts(stamp, code))
        return STAMP_WORTHLESS;
    int64_t age_us = now_us - made_us;
    if (age_us < 0 || age_us > LIMIT_FORM_AGE_SECONDS * US_PER_SECOND)
        return STAMP_WORTHLESS;
    return age_us < least_us ? STAMP_TOO_SOON : STAMP_GOOD;
}
