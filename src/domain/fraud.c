#include "domain/fraud.h"

#include <stdlib.h>

static const char *const rule_names[] = { "self_referral_alias", "same_ip",       "ip_velocity",
                                          "referrer_velocity",   "burner_domain", "code_guessing" };
const NameTable fraud_rule_names = NAME_TABLE(rule_names);
_Static_assert(ARRAY_LEN(rule_names) == FRAUD_RULE_COUNT, "each rule has a name");

static const char *const action_names[] = { "off", "flag", "hold", "block" };
const NameTable fraud_action_names = NAME_TABLE(action_names);

/* ---- mailboxes --------------------------------------------------------- */

Str fraud_mailbox(Str email_key, char out[LIMIT_EMAIL_LEN])
{
    ptrdiff_t at = str_index(email_key, '@');
    if (at < 0 || email_key.len > LIMIT_EMAIL_LEN)
        return email_key;
    Str local = { email_key.ptr, (size_t)at }, domain = str_skip(email_key, (size_t)at + 1);
    ptrdiff_t plus = str_index(local, '+');
    if (plus > 0)
        local.len = (size_t)plus;
    if (str_is(domain, "googlemail.com"))
        domain = STR("gmail.com");
    bool ignores_dots = str_is(domain, "gmail.com");
    size_t len = 0;
    for (size_t i = 0; i < local.len; i++)
        if (local.ptr[i] != '.' || !ignores_dots)
            out[len++] = local.ptr[i];
    out[len++] = '@';
    memcpy(out + len, domain.ptr, domain.len);
    return (Str){ out, len + domain.len };
}

bool fraud_same_mailbox(Str email_key_a, Str email_key_b)
{
    char a[LIMIT_EMAIL_LEN], b[LIMIT_EMAIL_LEN];
    return str_eq(fraud_mailbox(email_key_a, a), fraud_mailbox(email_key_b, b));
}

/* ---- burner mailboxes -------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    const Str *x = a, *y = b;
    int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

bool burner_list_read(Str text, Arena *arena, BurnerList *out_list)
{
    size_t lines = 0;
    for (Str rest = text, line; str_cut(&rest, '\n', &line);)
        lines++;
    *out_list = (BurnerList){ .domains = ARENA_ARRAY(arena, Str, lines + 1) };
    if (out_list->domains == NULL)
        return false;
    for (Str rest = text, line; str_cut(&rest, '\n', &line);) {
        line = str_trim(line);
        if (line.len && line.ptr[0] != '#')
            out_list->domains[out_list->count++] = line;
    }
    qsort(out_list->domains, out_list->count, sizeof *out_list->domains, by_text);
    return true;
}

bool burner_list_has(const BurnerList *list, Str email_key)
{
    Str domain = str_skip(email_key, (size_t)(str_index(email_key, '@') + 1));
    for (ptrdiff_t dot = 0; dot >= 0 && domain.len; domain = str_skip(domain, (size_t)dot + 1)) {
        if (bsearch(&domain, list->domains, list->count, sizeof *list->domains, by_text))
            return true;
        dot = str_index(domain, '.');
    }
    return false;
}

/* ---- judging ----------------------------------------------------------- */

static bool both_and_equal(Str a, Str b)
{
    return a.len && str_eq(a, b);
}

FraudStrikes fraud_judge(const FraudFacts *facts)
{
    bool alias = facts->referrer_email_key.len && fraud_same_mailbox(facts->email_key, facts->referrer_email_key);
    FraudStrikes strikes = 0;
    strikes |= (FraudStrikes)alias << FRAUD_SELF_REFERRAL_ALIAS;
    strikes |= (FraudStrikes)both_and_equal(facts->ip, facts->referrer_ip) << FRAUD_SAME_IP;
    strikes |= (FraudStrikes)facts->many_from_ip << FRAUD_IP_VELOCITY;
    strikes |= (FraudStrikes)facts->many_for_referrer << FRAUD_REFERRER_VELOCITY;
    strikes |= (FraudStrikes)facts->is_burner << FRAUD_BURNER_DOMAIN;
    strikes |= (FraudStrikes)facts->has_guessed << FRAUD_CODE_GUESSING;
    return strikes;
}

FraudAction fraud_worst(int64_t fraud, FraudStrikes strikes)
{
    FraudAction worst = FRAUD_OFF;
    for (int rule = 0; rule < FRAUD_RULE_COUNT; rule++)
        if ((strikes >> rule & 1) && fraud_action(fraud, (FraudRule)rule) > worst)
            worst = fraud_action(fraud, (FraudRule)rule);
    return worst;
}

FraudRule fraud_rule_with(int64_t fraud, FraudStrikes strikes, FraudAction action)
{
    int rule = 0;
    while (rule < FRAUD_RULE_COUNT &&
           !((strikes >> rule & 1) && fraud_action(fraud, (FraudRule)rule) == action))
        rule++;
    return (FraudRule)rule;
}
