#include "domain/user.h"

static const char *const source_names[] = { "Direct", "Referred", "Api",  "Added", "Zapier", "Widget",
                                            "Popup",  "Embed",    "Test", "Make",  "N8n" };
const NameTable user_source_names = NAME_TABLE(source_names);
static const char *const review_names[] = { "none", "held", "approved", "rejected" };
const NameTable user_review_names = NAME_TABLE(review_names);
_Static_assert(ARRAY_LEN(source_names) == SOURCE_COUNT, "each source has a name");

Status qualify_decide(const User *user, bool qualified, QualifyOutcome *out_outcome, Error *err)
{
    *out_outcome = QUALIFY_NOTHING;
    if (!user_is_lead(user))
        return error_set(err, STATUS_INVALID, NULL,
                         "This user is a person referring. Only invited people can be qualified.");
    if (qualified && user->review == REVIEW_REJECTED)
        return error_set(err, STATUS_INVALID, NULL, "This user was rejected in review, so they can't be qualified.");
    if (qualified && !user->qualified_us)
        *out_outcome = QUALIFY_SET;
    if (!qualified && user->qualified_us)
        *out_outcome = QUALIFY_CLEARED;
    return STATUS_OK;
}
