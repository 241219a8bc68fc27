#include "domain/fraud.h"

#include <stdlib.h>

static const char *const rule_names[] = { "self_referral_alias", "same_ip",       "ip_velocity",
                                          "referrer_velocity",   "burner_domain", "code_guessing" };
const NameTable fraud_rule_names = NAME_TABLE(rule_names);
_Static_assert(ARRAY_LEN(rule_names) == FRAUD_RULE_COUNT, "each rule has a name");

static const char *const action_names[] = { "off", "flag", "hold", "block" };
const NameTable fraud_action_names = NAME_TABLE(action_names);

/* ---- mailboxes --------------------------------------------------------- */

typedef struct Mailbox {
    Str local, domain;
    bool ignores_dots;
} Mailbox;

static Mailbox mailbox_of(Str email)
{
    ptrdiff_t at = str_index(email, '@');
    Mailbox box = { .local = { email.ptr, at < 0 ? email.len : (size_t)at }, .domain = str_skip(email, (size_t)at + 1) };
    ptrdiff_t plus = str_index(box.local, '+');
    if (plus > 0)
        box.local.len = (size_t)plus;
    if (str_is(box.domain, "googlemail.com"))
        box.domain = STR("gmail.com");
    box.ignores_dots = str_is(box.domain, "gmail.com");
    return box;
}

static bool same_without_dots(Str a, Str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.len && a.ptr[i] == '.')
            i++;
        while (j < b.len && b.ptr[j] == '.')
            j++;
        if (i == a.len || j == b.len)
            return i == a.len && j == b.len;
        if (a.ptr[i++] != b.ptr[j++])
            return false;
    }
}

bool fraud_same_mailbox(Str email_key_a, Str email_key_b)
{
    Mailbox a = mailbox_of(email_key_a), b = mailbox_of(email_key_b);
    if (!str_eq(a.domain, b.domain))
        return false;
    return a.ignores_dots ? same_without_dots(a.local, b.local) : str_eq(a.local, b.local);
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
