/* Fraud rules: which strike, and what is done about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/fraud.h"

static void aliases_of_one_mailbox_are_seen_through(void **state UNUSED)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        { "mara@example.org", "mara+2@example.org", true },
        { "mara+1@example.org", "mara+2@example.org", true },
        { "mara+@example.org", "mara@example.org", true },
        { "mara@example.org", "mara@example.com", false },
        { "mara@example.org", "maria@example.org", false },
        { "ma.ra@example.org", "mara@example.org", false }, /* dots are letters but at Gmail */
        { "ma.ra@gmail.com", "mara@gmail.com", true },
        { "m.a.r.a+shop@gmail.com", "mara@googlemail.com", true },
        { "mara@gmail.com", "marab@gmail.com", false },
        { "mara.@gmail.com", "mara@gmail.com", true },
        { "+tag@example.org", "+other@example.org", false }, /* nothing would be left */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(fraud_same_mailbox(str_of(cases[i].a), str_of(cases[i].b)), cases[i].same);
        assert_int_equal(fraud_same_mailbox(str_of(cases[i].b), str_of(cases[i].a)), cases[i].same);
    }
}

static void burner_domains_are_found_with_what_is_below_them(void **state UNUSED)
{
    Arena *arena = arena_new(1 << 16);
    BurnerList list, none;
    assert_true(burner_list_read(STR("# some\nyopmail.com\r\n\n  mailinator.com\ntrash.de"), arena, &list));
    assert_int_equal(list.count, 3);
    assert_true(burner_list_has(&list, STR("a@yopmail.com")));
    assert_true(burner_list_has(&list, STR("a@mailinator.com")));
    assert_true(burner_list_has(&list, STR("a@trash.de")));
    assert_true(burner_list_has(&list, STR("a@mx.sub.mailinator.com")));
    assert_false(burner_list_has(&list, STR("a@notmailinator.com")));
    assert_false(burner_list_has(&list, STR("a@mailinator.com.example.org")));
    assert_false(burner_list_has(&list, STR("mailinator.com@example.org")));
    assert_true(burner_list_read(STR(""), arena, &none));
    assert_false(burner_list_has(&none, STR("a@yopmail.com")));
    arena_free(&arena);
}

static FraudStrikes only(FraudRule rule)
{
    return 1u << rule;
}

static void each_rule_strikes_for_its_own_reason(void **state UNUSED)
{
    const FraudFacts honest = { .email_key = STR("lee@example.org"),
                                .ip = STR("192.0.2.1"),
                                .referrer_email_key = STR("mara@example.org"),
                                .referrer_ip = STR("192.0.2.2") };
    FraudFacts facts = honest;
    assert_int_equal(fraud_judge(&honest), 0);
    facts.referrer_email_key = STR("lee+1@example.org");
    assert_int_equal(fraud_judge(&facts), only(FRAUD_SELF_REFERRAL_ALIAS));
    facts = honest;
    facts.referrer_ip = facts.ip;
    assert_int_equal(fraud_judge(&facts), only(FRAUD_SAME_IP));
    facts = honest;
    facts.many_from_ip = true;
    assert_int_equal(fraud_judge(&facts), only(FRAUD_IP_VELOCITY));
    facts = honest;
    facts.many_for_referrer = true;
    assert_int_equal(fraud_judge(&facts), only(FRAUD_REFERRER_VELOCITY));
    facts = honest;
    facts.is_burner = facts.has_guessed = true;
    assert_int_equal(fraud_judge(&facts), only(FRAUD_BURNER_DOMAIN) | only(FRAUD_CODE_GUESSING));
}

static void what_is_not_known_never_strikes(void **state UNUSED)
{
    assert_int_equal(fraud_judge(&(FraudFacts){ .email_key = STR("lee@example.org") }), 0);
}

static void the_most_severe_action_counts(void **state UNUSED)
{
    int64_t fraud = fraud_with(FRAUD_DEFAULTS, FRAUD_SAME_IP, FRAUD_HOLD);
    fraud = fraud_with(fraud, FRAUD_BURNER_DOMAIN, FRAUD_BLOCK);
    fraud = fraud_with(fraud, FRAUD_IP_VELOCITY, FRAUD_OFF);
    assert_int_equal(fraud_worst(fraud, 0), FRAUD_OFF);
    assert_int_equal(fraud_worst(fraud, only(FRAUD_IP_VELOCITY)), FRAUD_OFF);
    assert_int_equal(fraud_worst(fraud, only(FRAUD_REFERRER_VELOCITY)), FRAUD_FLAG);
    assert_int_equal(fraud_worst(fraud, only(FRAUD_REFERRER_VELOCITY) | only(FRAUD_SAME_IP)), FRAUD_HOLD);
    assert_int_equal(fraud_worst(fraud, only(FRAUD_BURNER_DOMAIN) | only(FRAUD_SAME_IP)), FRAUD_BLOCK);
    assert_int_equal(fraud_rule_with(fraud, only(FRAUD_BURNER_DOMAIN) | only(FRAUD_SAME_IP), FRAUD_BLOCK),
                     FRAUD_BURNER_DOMAIN);
    assert_int_equal(fraud_rule_with(fraud, only(FRAUD_SAME_IP), FRAUD_BLOCK), FRAUD_RULE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_of_one_mailbox_are_seen_through),
        cmocka_unit_test(burner_domains_are_found_with_what_is_below_them),
        cmocka_unit_test(each_rule_strikes_for_its_own_reason),
        cmocka_unit_test(what_is_not_known_never_strikes),
        cmocka_unit_test(the_most_severe_action_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
