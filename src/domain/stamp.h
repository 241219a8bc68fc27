/* The stamp of a form: when its page was made, signed, so that a robot which sends forms at once is told from people. It is
 * a click id (domain/click_id.h) of the form's own code, and lies in the page: no cookie, nothing is stored. Pure, any
 * thread.
 *
 *   good        the form may be taken
 *   too_soon    nobody reads and fills in a form so quickly; a little later the same stamp is good
 *   worthless   none, made up, of another form, ahead of time, or so old that somebody may have kept it: a new one is needed */
#ifndef DOMAIN_STAMP_H
#define DOMAIN_STAMP_H

#include "domain/click_id.h"

typedef enum StampVerdict { STAMP_GOOD, STAMP_TOO_SOON, STAMP_WORTHLESS } StampVerdict;

/* `least_us`: how long filling in a form takes at least; a stamp has whole seconds, so it is up to a second less. */
StampVerdict stamp_judge(const CodeKey *key, Str code, Str stamp, int64_t least_us, int64_t now_us);

#endif
