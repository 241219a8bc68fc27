/* Fraud rules: what each is called and what a campaign wants done when one strikes. Pure. */
#ifndef DOMAIN_FRAUD_H
#define DOMAIN_FRAUD_H

#include "domain/names.h"

typedef enum FraudRule {
    FRAUD_SELF_REFERRAL_ALIAS, /* referrer's and lead's addresses end in one mailbox */
    FRAUD_SAME_IP,             /* lead and referrer joined from one address */
    FRAUD_IP_VELOCITY,         /* many joined from one address within a while */
    FRAUD_REFERRER_VELOCITY,   /* one person brought many within a while */
    FRAUD_BURNER_DOMAIN,       /* a mailbox made to be thrown away */
    FRAUD_CODE_GUESSING,       /* codes that nobody has were tried from that address */
    FRAUD_RULE_COUNT,
} FraudRule;
extern const NameTable fraud_rule_names;

/* In rising order of severity. Flag: a signal is kept. Hold: and the user's rewards wait for a review.
 * Block: nobody joins that way. */
typedef enum FraudAction { FRAUD_OFF, FRAUD_FLAG, FRAUD_HOLD, FRAUD_BLOCK } FraudAction;
extern const NameTable fraud_action_names;

/* A campaign's actions, two bits a rule. */
#define FRAUD_BITS 2
#define FRAUD_ALL_BITS ((INT64_C(1) << (FRAUD_BITS * FRAUD_RULE_COUNT)) - 1)
#define FRAUD_DEFAULTS (FRAUD_ALL_BITS / 3 * FRAUD_FLAG) /* every rule flags */

static inline FraudAction fraud_action(int64_t fraud, FraudRule rule)
{
    return (FraudAction)(fraud >> (FRAUD_BITS * (int)rule) & 3);
}

static inline int64_t fraud_with(int64_t fraud, FraudRule rule, FraudAction action)
{
    int shift = FRAUD_BITS * (int)rule;
    return (fraud & ~(INT64_C(3) << shift)) | (int64_t)action << shift;
}

#endif
