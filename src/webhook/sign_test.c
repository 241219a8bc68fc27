#include "webhook/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"

#define SECRET_A "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_B "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define ID_A "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME_A 1614265330
#define BODY_A "{\"test\": 2432232314}"
#define ENTRY_A "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define ENTRY_B "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44="

static Signer *signer;

static int open_signer(void **state UNUSED)
{
    return random_init() && signer_new(&signer) == STATUS_OK ? 0 : -1;
}

static int close_signer(void **state UNUSED)
{
    signer_free(&signer);
    return 0;
}

static SignSecret secret_of(const char *text)
{
    SignSecret secret;
    assert_int_equal(sign_secret_parse(str_of(text), &secret, NULL), STATUS_OK);
    return secret;
}

static void check_header(const char *const *secret_texts, size_t count, SignMessage message,
                         const char *expected)
{
    SignSecret secrets[SIGN_MAX_SECRETS];
    Str bytes[SIGN_MAX_SECRETS];
    for (size_t i = 0; i < count; i++) {
        secrets[i] = secret_of(secret_texts[i]);
        bytes[i] = sign_secret_bytes(&secrets[i]);
    }
    Buf header = buf_new(SIGN_MAX_HEADER_LEN);
    assert_int_equal(sign_message(signer, &message, bytes, count, &header), STATUS_OK);
    assert_int_equal(header.len, strlen(expected));
    assert_memory_equal(header.ptr, expected, header.len);
    buf_free(&header);
}

static void gives_the_five_vectors(void **state UNUSED)
{
    static const struct {
        const char *secret;
        SignMessage message;
        const char *header;
    } vectors[] = {
        { SECRET_A, { STR(ID_A), TIME_A, STR(BODY_A), false }, ENTRY_A },
        { SECRET_B,
          { STR("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"), 1649367553,
            STR("{\"email\":\"test@example.com\",\"username\":\"test_user\"}"), false },
          "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=" },
        { SECRET_A,
          { STR(ID_A), TIME_A, STR(""), false },
          "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=" },
        { SECRET_A,
          { STR(ID_A), TIME_A, STR("{\"name\":\"Zo\xc3\xab\"}"), false },
          "v1,3Y0uOXEca2zsElJwlDVR3YZoq8JPNDFNFfgiXf6SB8Y=" },
        { SECRET_B, { STR(ID_A), TIME_A, STR(BODY_A), false }, ENTRY_B },
    };
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        check_header(&vectors[i].secret, 1, vectors[i].message, vectors[i].header);
}

static const SignMessage message_a = { STR(ID_A), TIME_A, STR(BODY_A), false };
/* WH-63: made by BLAKE2b of Python and ed25519 of OpenSSL. Receivers keep public keys: these never change. */
static void ed25519_signs_beside_v1_with_keys_made_of_the_secret(void **state UNUSED)
{
    SignMessage message = message_a;
    message.ed25519 = true;
    check_header(
        (const char *[]){ SECRET_A }, 1, message,
        ENTRY_A
        " v1a,yUB4Z0rkcWzSMpTDedYnMOvg8zpKwXak/r4fElej11kFjp1Qf3+iW7VSK0KbNXub5r7nhA/UPY+sFhW5Ce/sBQ==");
    SignSecret secret = secret_of(SECRET_A);
    assert_string_equal(sign_public_text(sign_secret_bytes(&secret)).text,
                        "whpk_15/ifGmT/xPhuLsFYJyI2FAApLyBskQiVOdZiWTBvQo=");
}

static const SignHeaders good_headers = { STR(ID_A), STR("1614265330"), STR(ENTRY_A) };

static Status verify(const char *secret_text, SignHeaders headers, int64_t now_s)
{
    SignSecret secret = secret_of(secret_text);
    Str bytes = sign_secret_bytes(&secret);
    return sign_verify(signer, headers, STR(BODY_A), &bytes, 1, now_s, NULL);
}

static void a_header_in_rotation_verifies_with_either_secret(void **state UNUSED)
{
    check_header((const char *[]){ SECRET_B, SECRET_A }, 2, message_a, ENTRY_B " " ENTRY_A);
    SignHeaders headers = good_headers;
    headers.signature = STR(ENTRY_B " " ENTRY_A);
    assert_int_equal(verify(SECRET_A, headers, TIME_A), STATUS_OK);
    assert_int_equal(verify(SECRET_B, headers, TIME_A), STATUS_OK);
    SignSecret other = sign_secret_new();
    assert_int_equal(verify(sign_secret_text(sign_secret_bytes(&other)).text, headers, TIME_A),
                     STATUS_DENIED);
}

static void a_missing_or_malformed_header_is_denied(void **state UNUSED)
{
    assert_int_equal(verify(SECRET_A, good_headers, TIME_A), STATUS_OK);
    SignHeaders bad[] = { good_headers, good_headers, good_headers, good_headers, good_headers,
                          good_headers, good_headers, good_headers, good_headers };
    bad[0].id = STR_NONE;
    bad[1].timestamp = STR_NONE;
    bad[2].signature = STR_NONE;
    bad[3].timestamp = STR("hello");
    bad[4].signature = STR("v1,");
    bad[5].signature = STR("v1,g0hM9");
    bad[6].signature = STR("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    bad[7].signature = STR("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    bad[8].timestamp = STR("-1614265330");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(verify(SECRET_A, bad[i], TIME_A), STATUS_DENIED);
}

static void a_changed_message_is_denied(void **state UNUSED)
{
    SignHeaders headers = good_headers;
    headers.id = STR("msg_other");
    assert_int_equal(verify(SECRET_A, headers, TIME_A), STATUS_DENIED);
    headers = good_headers;
    headers.timestamp = STR("1614265331");
    assert_int_equal(verify(SECRET_A, headers, TIME_A), STATUS_DENIED);
    SignSecret secret = secret_of(SECRET_A);
    Str bytes = sign_secret_bytes(&secret);
    assert_int_equal(sign_verify(signer, good_headers, STR(BODY_A " "), &bytes, 1, TIME_A, NULL),
                     STATUS_DENIED);
}

static void a_timestamp_holds_for_five_minutes_either_way(void **state UNUSED)
{
    assert_int_equal(verify(SECRET_A, good_headers, TIME_A + 300), STATUS_OK);
    assert_int_equal(verify(SECRET_A, good_headers, TIME_A - 300), STATUS_OK);
    assert_int_equal(verify(SECRET_A, good_headers, TIME_A + 301), STATUS_DENIED);
    assert_int_equal(verify(SECRET_A, good_headers, TIME_A - 301), STATUS_DENIED);
}

static void junk_versions_beside_a_valid_entry_are_skipped(void **state UNUSED)
{
    SignHeaders headers = good_headers;
    headers.signature = STR("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/"
                            "WavXrAFQ/9tdO6mc=  v1a,x junk " ENTRY_A " v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/"
                            "WavXrAFQ/9tdO6mc=");
    assert_int_equal(verify(SECRET_A, headers, TIME_A), STATUS_OK);
}

static void a_secret_has_24_to_64_bytes(void **state UNUSED)
{
    static const struct {
        const char *text;
        size_t len; /* 0: refused */
    } cases[] = {
        { SECRET_A, 24 },
        { "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24 },
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAQ==", 25 },
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAR==", 0 }, /* stray bits */
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAQ", 0 },   /* no padding */
        { "", 0 },
        { "whsec_", 0 },
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", 0 },
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", 0 },
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\n", 0 },
        { "whsec_not base64 at all, though long enough", 0 },
        { "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        SignSecret secret;
        Error err;
        Status status = sign_secret_parse(str_of(cases[i].text), &secret, &err);
        assert_int_equal(status, cases[i].len ? STATUS_OK : STATUS_INVALID);
        if (cases[i].len)
            assert_int_equal(secret.len, cases[i].len);
        else
            assert_string_equal(err.field, "secret");
    }
}

static void the_lengths_at_the_edges_are_kept(void **state UNUSED)
{
    uint8_t bytes[SIGN_SECRET_MAX_LEN + 1];
    random_bytes(bytes, sizeof bytes);
    for (size_t len = SIGN_SECRET_MIN_LEN - 1; len <= sizeof bytes; len++) {
        char text[200] = "whsec_";
        /* sign_secret_text refuses to read beyond the maximum, so the longest is made of its own */
        SignSecretText made = sign_secret_text((Str){ (char *)bytes, len });
        strcpy(text, made.text);
        if (len > SIGN_SECRET_MAX_LEN)
            strcat(text, "AAAA");
        SignSecret secret;
        bool fits = len >= SIGN_SECRET_MIN_LEN && len <= SIGN_SECRET_MAX_LEN;
        assert_int_equal(sign_secret_parse(str_of(text), &secret, NULL), fits ? STATUS_OK : STATUS_INVALID);
        if (fits) {
            assert_int_equal(secret.len, len);
            assert_memory_equal(secret.bytes, bytes, len);
        }
    }
}

static void a_short_secret_or_an_id_with_a_dot_signs_nothing(void **state UNUSED)
{
    Str short_secret = STR("twenty-three bytes long");
    SignSecret secret = secret_of(SECRET_A);
    Str bytes = sign_secret_bytes(&secret);
    Buf header = buf_new(SIGN_MAX_HEADER_LEN);
    assert_int_equal(sign_message(signer, &message_a, &short_secret, 1, &header), STATUS_INVALID);
    assert_int_equal(sign_message(signer, &message_a, &bytes, 0, &header), STATUS_INVALID);
    SignMessage dotted = message_a;
    dotted.id = STR("msg.1");
    assert_int_equal(sign_message(signer, &dotted, &bytes, 1, &header), STATUS_INVALID);
    assert_int_equal(sign_verify(signer, good_headers, STR(BODY_A), &short_secret, 1, TIME_A, NULL),
                     STATUS_INVALID);
    buf_free(&header);
}

static void new_secrets_differ(void **state UNUSED)
{
    SignSecret one = sign_secret_new(), other = sign_secret_new();
    assert_int_equal(one.len, SIGN_SECRET_LEN);
    assert_memory_not_equal(one.bytes, other.bytes, one.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_five_vectors),
        cmocka_unit_test(ed25519_signs_beside_v1_with_keys_made_of_the_secret),
        cmocka_unit_test(a_header_in_rotation_verifies_with_either_secret),
        cmocka_unit_test(a_missing_or_malformed_header_is_denied),
        cmocka_unit_test(a_changed_message_is_denied),
        cmocka_unit_test(a_timestamp_holds_for_five_minutes_either_way),
        cmocka_unit_test(junk_versions_beside_a_valid_entry_are_skipped),
        cmocka_unit_test(a_secret_has_24_to_64_bytes),
        cmocka_unit_test(the_lengths_at_the_edges_are_kept),
        cmocka_unit_test(a_short_secret_or_an_id_with_a_dot_signs_nothing),
        cmocka_unit_test(new_secrets_differ),
    };
    return cmocka_run_group_tests(tests, open_signer, close_signer);
}
