#include "domain/visitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void browsers_are_people(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/22B83 Instagram 355.0.0.36.103",
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/487.0.0]",
        "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80) Presto/2.12",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (visitor_device(str_of(names[i])) == DEVICE_BOT)
            fail_msg("not taken for a person: %s", names[i]);
}

static void programs_are_bots(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "meta-externalagent/1.1",
        "WhatsApp/2.23.20.0 A",
        "TelegramBot (like TwitterBot)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Slack-ImgProxy (+https://api.slack.com/robots)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Baiduspider+(+http://www.baidu.com/search/spider.htm)",
        "curl/8.5.0",
        "Wget/1.21.4",
        "python-requests/2.32.3",
        "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (visitor_device(str_of(names[i])) != DEVICE_BOT)
            fail_msg("taken for a person: %s", names[i]);
}

static void a_name_of_any_length_is_read_within_bounds(void **state)
{
    (void)state;
    char name[2000];
    memset(name, 'x', sizeof name);
    assert_int_equal(DEVICE_OTHER, visitor_device((Str){ name, sizeof name }));
    memcpy(name + 500, "bot", 3);
    assert_int_equal(DEVICE_BOT, visitor_device((Str){ name, 503 }));
    assert_int_equal(DEVICE_BOT, visitor_device((Str){ "bot", 3 }));
}

static void pages_loaded_in_advance_are_early(void **state)
{
    (void)state;
    assert_true(visitor_is_early(STR("prefetch")));
    assert_true(visitor_is_early(STR("prefetch;prerender")));
    assert_true(visitor_is_early(STR("Preview")));
    assert_false(visitor_is_early(STR_NONE));
    assert_false(visitor_is_early(STR("")));
}

static void devices_are_told_by_what_browsers_call_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        Device device;
    } cases[] = {
        { "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1", DEVICE_PHONE },
        { "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", DEVICE_PHONE },
        { "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", DEVICE_TABLET },
        { "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", DEVICE_TABLET },
        { "Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0", DEVICE_TABLET },
        { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", DEVICE_DESKTOP },
        { "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15", DEVICE_DESKTOP },
        { "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", DEVICE_DESKTOP },
        { "Mozilla/5.0 (PlayStation 5 3.11) AppleWebKit/605.1.15", DEVICE_OTHER },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (visitor_device(str_of(cases[i].name)) != cases[i].device)
            fail_msg("%s", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_told_by_what_browsers_call_themselves),
        cmocka_unit_test(browsers_are_people),
        cmocka_unit_test(programs_are_bots),
        cmocka_unit_test(a_name_of_any_length_is_read_within_bounds),
        cmocka_unit_test(pages_loaded_in_advance_are_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
