/* The rules of texts, campaigns, users, rewards and events, without a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/time.h"
#include "domain/event.h"
#include "domain/text.h"

/* ---- texts ------------------------------------------------------------- */

static void addresses_that_mail_can_have_are_accepted(void **state UNUSED)
{
    static const char *const good[] = { "a@b.co",          " lee@example.org ", "x+tag@sub.example.co.uk",
                                        "o'hara@example.org", "j\xc3\xbcrgen@z\xc3\xbcri.example",
                                        "a.b.c@1-2.example" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        Str email = str_of(good[i]);
        assert_int_equal(text_check_email(&email, "email", NULL), STATUS_OK);
        assert_int_not_equal(email.ptr[0], ' ');
    }
}

static void what_is_no_address_is_refused(void **state UNUSED)
{
    static const char *const bad[] = { "",           "a",          "@b.co",     "a@",         "a@b",
                                       "a@@b.co",    "a b@c.de",   "a@b..co",   ".a@b.co",    "a.@b.co",
                                       "a@-b.co",    "a@b-.co",    "a@[1.2.3.4]", "a@b.co\r\nBcc: x@y.z",
                                       "a\x01@b.co", "a@b.co\xff", "\"a b\"@c.de", "a@b,co",
                                       "a@1.2.3.4",  "a\xe2\x80\x8b@b.co", "a\xc2\xa0@b.co", "a\xc2\xad@b.co",
                                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.co" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Str email = str_of(bad[i]);
        Error err;
        assert_int_equal(text_check_email(&email, "email", &err), STATUS_INVALID);
        assert_string_equal(err.field, "email");
    }
    Str with_nul = { "a\0@b.co", 7 };
    assert_int_equal(text_check_email(&with_nul, "email", NULL), STATUS_INVALID);
}

static void addresses_compare_without_regard_to_case(void **state UNUSED)
{
    Arena *arena = arena_new(4096);
    assert_true(str_is(email_key(arena, STR("Lee+X@Example.ORG")), "lee+x@example.org"));
    assert_true(str_is(email_key(arena, STR("J\xc3\x9cRGEN@x.de")), "j\xc3\x9crgen@x.de"));
    arena_free(&arena);
}

static void names_are_trimmed_and_bounded_in_characters(void **state UNUSED)
{
    char longest[LIMIT_NAME_CHARS * 2 + 1], longer[LIMIT_NAME_CHARS + 2];
    for (int i = 0; i < LIMIT_NAME_CHARS; i++)
        memcpy(longest + 2 * i, "\xc3\xa9", 2);
    longest[sizeof longest - 1] = 0;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    Str name = STR("  Zo\xc3\xab "), most = str_of(longest), over = str_of(longer);
    assert_int_equal(text_check_name(&name, "first_name", NULL), STATUS_OK);
    assert_true(str_is(name, "Zo\xc3\xab"));
    assert_int_equal(text_check_name(&most, "first_name", NULL), STATUS_OK);
    assert_int_equal(text_check_name(&over, "first_name", NULL), STATUS_INVALID);
}

static void names_with_control_or_bidi_characters_are_refused(void **state UNUSED)
{
    static const char *const bad[] = { "", "  ", "a\nb", "a\x7f", "a\xc2\x85", "a\xe2\x80\xae" "b", "\xff", "a\xed\xa0\x80",
                                       "\xc2\xa0", "\xe2\x80\x8b", "a\xe2\x80\xa8" "b" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Str name = str_of(bad[i]);
        assert_int_equal(text_check_name(&name, "first_name", NULL), STATUS_INVALID);
    }
}

static void urls_are_absolute_http_without_user_info(void **state UNUSED)
{
    static const char *const good[] = { "", "https://shop.example", "http://127.0.0.1:5678/webhook/x?y=1#z",
                                        "http://localhost:65535?x", "https://[2001:db8::1]:8443/x", "https://[::1]" };
    static const char *const bad[] = { "shop.example",        "//shop.example",        "javascript:alert(1)",
                                       "ftp://x.example",     "https://",              "https:///x",
                                       "https://a@b.example", "https://x.example/a b", "https://x.example/\r\nX: y",
                                       "https://x.example/\"", "https://x.example\\@y.example",
                                       "https://x.example:0",  "https://x.example:65536/", "https://x.example:",
                                       "https://x.example:8o", "https://[::1",          "https://[1.2.3.4]/",
                                       "https://[x.example]/", "https://[::1]x",        "https://x%2fy.example/" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        Str url = str_of(good[i]);
        assert_int_equal(text_check_url(&url, "url", NULL), STATUS_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Str url = str_of(bad[i]);
        assert_int_equal(text_check_url(&url, "url", NULL), STATUS_INVALID);
    }
}

static void joiners_within_a_name_stay(void **state UNUSED)
{
    Str persian = STR("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xb1");
    assert_int_equal(text_check_name(&persian, "first_name", NULL), STATUS_OK);
}

/* ---- campaigns and users ----------------------------------------------- */

static void people_join_only_while_a_campaign_is_open(void **state UNUSED)
{
    Campaign campaign = { .id = 1, .status = CAMPAIGN_LAUNCHED, .starts_us = 100, .ends_us = 200 };
    assert_int_equal(campaign_check_open(&campaign, 99, NULL), STATUS_INVALID);
    assert_int_equal(campaign_check_open(&campaign, 100, NULL), STATUS_OK);
    assert_int_equal(campaign_check_open(&campaign, 199, NULL), STATUS_OK);
    assert_int_equal(campaign_check_open(&campaign, 200, NULL), STATUS_INVALID);
    campaign.status = CAMPAIGN_PAUSED;
    assert_int_equal(campaign_check_open(&campaign, 150, NULL), STATUS_INVALID);
    campaign.status = CAMPAIGN_DRAFT;
    assert_int_equal(campaign_check_open(&campaign, 150, NULL), STATUS_INVALID);
}

static void qualifying_twice_is_nothing_and_referrers_cannot(void **state UNUSED)
{
    User lead = { .id = 6, .referrer_id = 5 }, referrer = { .id = 5 };
    QualifyOutcome outcome;
    assert_int_equal(qualify_decide(&lead, true, &outcome, NULL), STATUS_OK);
    assert_int_equal(outcome, QUALIFY_SET);
    assert_int_equal(qualify_decide(&lead, false, &outcome, NULL), STATUS_OK);
    assert_int_equal(outcome, QUALIFY_NOTHING);
    lead.qualified_us = 1;
    assert_int_equal(qualify_decide(&lead, true, &outcome, NULL), STATUS_OK);
    assert_int_equal(outcome, QUALIFY_NOTHING);
    assert_int_equal(qualify_decide(&lead, false, &outcome, NULL), STATUS_OK);
    assert_int_equal(outcome, QUALIFY_CLEARED);
    assert_int_equal(qualify_decide(&referrer, true, &outcome, NULL), STATUS_INVALID);
}

/* ---- events ------------------------------------------------------------ */

static void a_webhook_wants_what_its_filters_say(void **state UNUSED)
{
    Event join = { .type = EVENT_USER_JOIN, .campaign_id = 1, .source = SOURCE_REFERRED };
    Event issued = { .type = EVENT_REWARD_ISSUED, .campaign_id = 1, .reward_id = 7, .source = SOURCE_N8N };
    Webhook webhook = { .event = EVENT_USER_JOIN };
    assert_true(webhook_wants(&webhook, &join));
    assert_false(webhook_wants(&webhook, &issued));
    webhook.sources = 1u << SOURCE_REFERRED | 1u << SOURCE_API;
    assert_true(webhook_wants(&webhook, &join));
    webhook.sources = 1u << SOURCE_API;
    assert_false(webhook_wants(&webhook, &join));
    webhook = (Webhook){ .event = EVENT_USER_JOIN, .campaign_id = 2 };
    assert_false(webhook_wants(&webhook, &join));
    webhook = (Webhook){ .event = EVENT_REWARD_ISSUED, .reward_id = 8, .sources = 1u << SOURCE_REFERRED };
    assert_false(webhook_wants(&webhook, &issued));
    webhook.reward_id = 7;
    assert_true(webhook_wants(&webhook, &issued));
}

static void an_event_has_one_public_id_without_a_dot(void **state UNUSED)
{
    const CodeKey key = { { 9 } };
    char id[EVENT_PUBLIC_ID_LEN + 1], again[EVENT_PUBLIC_ID_LEN + 1], other[EVENT_PUBLIC_ID_LEN + 1];
    event_public_id(&key, 1, 42, id);
    event_public_id(&key, 1, 42, again);
    event_public_id(&key, 2, 42, other);
    assert_int_equal(strlen(id), EVENT_PUBLIC_ID_LEN);
    assert_string_equal(id, again);
    assert_string_not_equal(id, other);
    assert_null(strchr(id, '.'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_mail_can_have_are_accepted),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(addresses_compare_without_regard_to_case),
        cmocka_unit_test(names_are_trimmed_and_bounded_in_characters),
        cmocka_unit_test(names_with_control_or_bidi_characters_are_refused),
        cmocka_unit_test(joiners_within_a_name_stay),
        cmocka_unit_test(urls_are_absolute_http_without_user_info),
        cmocka_unit_test(people_join_only_while_a_campaign_is_open),
        cmocka_unit_test(qualifying_twice_is_nothing_and_referrers_cannot),
        cmocka_unit_test(a_webhook_wants_what_its_filters_say),
        cmocka_unit_test(an_event_has_one_public_id_without_a_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
