/* Fraud rules: what each looks for, and what a campaign wants done when one strikes. Pure: what the rules need is
 * gathered by others. A rule that strikes is a suspicion, and names its reason; people decide.
 *
 *   self_referral_alias  referrer's and lead's addresses end in one mailbox: they differ by a +tag alone or, at
 *                        Gmail, by dots. (The very same address can never refer itself, whatever is set here.)
 *   same_ip              lead and referrer joined from one IP address
 *   ip_velocity          the tenth person, or a later one, to join from one IP address within an hour
 *   referrer_velocity    the twentieth lead, or a later one, of one referrer within an hour
 *   burner_domain        a mailbox made to be thrown away
 *   code_guessing        links that nobody has were tried from that IP address, 20 or more within an hour
 */
#ifndef DOMAIN_FRAUD_H
#define DOMAIN_FRAUD_H

#include "base/arena.h"
#include "base/limits.h"
#include "domain/names.h"

typedef enum FraudRule {
    FRAUD_SELF_REFERRAL_ALIAS,
    FRAUD_SAME_IP,
    FRAUD_IP_VELOCITY,
    FRAUD_REFERRER_VELOCITY,
    FRAUD_BURNER_DOMAIN,
    FRAUD_CODE_GUESSING,
    FRAUD_RULE_COUNT,
} FraudRule;
extern const NameTable fraud_rule_names;

#define FRAUD_WHILE_US (INT64_C(3600) * 1000000)
enum { FRAUD_IP_JOINS = 10, FRAUD_REFERRALS = 20, FRAUD_GUESSES = 20 };

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

/* What is known of somebody who joins. E-mails are email_keys; what is not known is { NULL, 0 } or 0. */
typedef struct FraudFacts {
    Str email_key, ip;
    Str referrer_email_key, referrer_ip;
    bool many_from_ip;      /* FRAUD_IP_JOINS joined from there within the while, this one included */
    bool many_for_referrer; /* FRAUD_REFERRALS likewise */
    bool is_burner, has_guessed;
} FraudFacts;

/* Which rules strike: a bit for each. */
typedef uint32_t FraudStrikes;
FraudStrikes fraud_judge(const FraudFacts *facts);
/* The most severe of what a campaign wants done about these. */
FraudAction fraud_worst(int64_t fraud, FraudStrikes strikes);
/* The rule that wants it; FRAUD_RULE_COUNT: none does. */
FraudRule fraud_rule_with(int64_t fraud, FraudStrikes strikes, FraudAction action);

/* The mailbox that an e-mail key ends in, written as the shortest address of it. */
Str fraud_mailbox(Str email_key, char out[LIMIT_EMAIL_LEN]);
/* Do two e-mail keys end in one mailbox? */
bool fraud_same_mailbox(Str email_key_a, Str email_key_b);

/* Domains of burner mailboxes, sorted. Texts point into what was read. */
typedef struct BurnerList {
    Str *domains;
    size_t count;
} BurnerList;
/* A domain a line in lower case, '#' begins a comment. False without memory. */
bool burner_list_read(Str text, Arena *arena, BurnerList *out_list) MUST_USE;
/* Is the address at one of the domains, or below one? */
bool burner_list_has(const BurnerList *list, Str email_key);

#endif
