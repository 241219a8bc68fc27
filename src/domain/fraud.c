#include "domain/fraud.h"

static const char *const rule_names[] = { "self_referral_alias", "same_ip",       "ip_velocity",
                                          "referrer_velocity",   "burner_domain", "code_guessing" };
const NameTable fraud_rule_names = NAME_TABLE(rule_names);
_Static_assert(ARRAY_LEN(rule_names) == FRAUD_RULE_COUNT, "each rule has a name");

static const char *const action_names[] = { "off", "flag", "hold", "block" };
const NameTable fraud_action_names = NAME_TABLE(action_names);
