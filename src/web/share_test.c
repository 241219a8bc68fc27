#include "web/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const ShareText share = { .url = { "https://r.test/uK3p9ZtQ", 23 },
                                 .subject = { "Spring & more", 13 },
                                 .text = { "10 % off?", 9 },
                                 .message = { "10 % off?\nhttps://r.test/uK3p9ZtQ", 33 } };

static void each_network_of_the_api_has_its_dialogue(void **state UNUSED)
{
#define LINK "https%3A%2F%2Fr.test%2FuK3p9ZtQ"
#define MESSAGE "10%20%25%20off%3F%0A" LINK
    static const char *const cases[][2] = {
        { "sms", "sms:?&body=" MESSAGE },
        { "lineme", "https://line.me/R/msg/text/?" MESSAGE },
        { "email", "mailto:?subject=Spring%20%26%20more&body=" MESSAGE },
        { "wechat", "https://r.test/uK3p9ZtQ/qr-code" },
        { "twitter", "https://twitter.com/intent/tweet?text=10%20%25%20off%3F&url=" LINK },
        { "facebook", "https://www.facebook.com/sharer/sharer.php?u=" LINK },
        { "linkedin", "https://www.linkedin.com/sharing/share-offsite/?url=" LINK },
        { "telegram", "https://t.me/share/url?url=" LINK "&text=10%20%25%20off%3F" },
        { "whatsapp", "https://wa.me/?text=" MESSAGE },
        { "messenger", "fb-messenger://share/?link=" LINK },
    };
    Arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Str url;
        assert_int_equal(share_url(arena, str_of(cases[i][0]), &share, &url), STATUS_OK);
        if (!str_is(url, cases[i][1]))
            fail_msg("%.*s instead of %s", STR_ARG(url), cases[i][1]);
    }
    arena_free(&arena);
}

static void an_unknown_network_is_not_found(void **state UNUSED)
{
    Arena *arena = arena_new(1 << 16);
    Str url;
    assert_int_equal(share_url(arena, STR("myspace"), &share, &url), STATUS_NOT_FOUND);
    assert_int_equal(share_url(arena, STR(""), &share, &url), STATUS_NOT_FOUND);
    assert_int_equal(share_url(arena, STR("SMS"), &share, &url), STATUS_NOT_FOUND);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_network_of_the_api_has_its_dialogue),
        cmocka_unit_test(an_unknown_network_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
