#include "webhook/sign.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/random.h"

#define VERSION_PREFIX STR("v1,")
#define ED25519_PREFIX STR("v1a,")

enum { MAC_LEN = 32, MAC_TEXT_LEN = 44, ED25519_TEXT_LEN = 88 };

typedef struct MacText {
    char text[MAC_TEXT_LEN + 1];
} MacText;

struct Signer {
    EVP_MAC_CTX *context;
};

Status signer_new(Signer **out_signer)
{
    Signer *signer = mem_alloc(sizeof *signer);
    if (signer == NULL)
        return STATUS_NOMEM;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    signer->context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
                            OSSL_PARAM_END };
    if (signer->context == NULL || EVP_MAC_CTX_set_params(signer->context, params) != 1) {
        signer_free(&signer);
        return STATUS_INTERNAL;
    }
    *out_signer = signer;
    return STATUS_OK;
}

void signer_free(Signer **signer)
{
    if (*signer == NULL)
        return;
    EVP_MAC_CTX_free((*signer)->context);
    mem_free(*signer);
    *signer = NULL;
}

/* ---- signatures -------------------------------------------------------- */

static bool mac_add(EVP_MAC_CTX *context, Str part)
{
    return part.len == 0 || EVP_MAC_update(context, (const uint8_t *)part.ptr, part.len) == 1;
}

/* `timestamp` as text, since a verifier must take the very bytes that came. */
static Status mac_of(Signer *signer, Str secret, Str id, Str timestamp, Str body, MacText *out_mac)
{
    if (secret.len < SIGN_SECRET_MIN_LEN || secret.len > SIGN_SECRET_MAX_LEN)
        return STATUS_INVALID;
    uint8_t mac[MAC_LEN];
    size_t len = 0;
    EVP_MAC_CTX *context = signer->context;
    bool done = EVP_MAC_init(context, (const uint8_t *)secret.ptr, secret.len, NULL) == 1 &&
                mac_add(context, id) && mac_add(context, STR(".")) && mac_add(context, timestamp) &&
                mac_add(context, STR(".")) && mac_add(context, body) &&
                EVP_MAC_final(context, mac, &len, sizeof mac) == 1 && len == sizeof mac;
    if (!done)
        return STATUS_INTERNAL;
    sodium_bin2base64(out_mac->text, sizeof out_mac->text, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    return STATUS_OK;
}

/* The bytes that are signed, in one piece as ed25519 needs them; the caller frees it. */
static Buf signed_bytes(const SignMessage *message, Str timestamp)
{
    Buf buf = buf_new(message->id.len + timestamp.len + message->body.len + 2);
    buf_append(&buf, message->id);
    buf_append_char(&buf, '.');
    buf_append(&buf, timestamp);
    buf_append_char(&buf, '.');
    buf_append(&buf, message->body);
    return buf;
}

static void add_ed25519(Str bytes, Str secret, Buf *out_header)
{
    uint8_t signature[crypto_sign_BYTES];
    char text[ED25519_TEXT_LEN + 1];
    SignKeys keys = sign_keys_of(secret);
    crypto_sign_detached(signature, NULL, (const uint8_t *)bytes.ptr, bytes.len, keys.private_key);
    sodium_memzero(&keys, sizeof keys);
    sodium_bin2base64(text, sizeof text, signature, sizeof signature, sodium_base64_VARIANT_ORIGINAL);
    buf_append_char(out_header, ' ');
    buf_append(out_header, ED25519_PREFIX);
    buf_append(out_header, str_of(text));
}

static Status add_all_ed25519(const SignMessage *message, Str timestamp, const Str *secrets, size_t count,
                              Buf *out_header)
{
    Buf bytes = signed_bytes(message, timestamp);
    for (size_t i = 0; i < count && !bytes.failed; i++)
        add_ed25519(buf_str(&bytes), secrets[i], out_header);
    bool done = !bytes.failed && !out_header->failed;
    buf_free(&bytes);
    return done ? STATUS_OK : STATUS_NOMEM;
}

Status sign_message(Signer *signer, const SignMessage *message, const Str *secrets, size_t count,
                    Buf *out_header)
{
    if (count == 0 || count > SIGN_MAX_SECRETS || str_index(message->id, '.') >= 0)
        return STATUS_INVALID;
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, message->sent_s);
    for (size_t i = 0; i < count; i++) {
        MacText mac;
        Status status = mac_of(signer, secrets[i], message->id, str_of(timestamp), message->body, &mac);
        if (status)
            return status;
        if (i > 0)
            buf_append_char(out_header, ' ');
        buf_append(out_header, VERSION_PREFIX);
        buf_append(out_header, (Str){ mac.text, MAC_TEXT_LEN });
    }
    if (message->ed25519)
        return add_all_ed25519(message, str_of(timestamp), secrets, count, out_header);
    return out_header->failed ? STATUS_NOMEM : STATUS_OK;
}

static bool header_has(Str header, const MacText *mac)
{
    bool found = false;
    Str entry;
    while (str_cut(&header, ' ', &entry)) {
        if (!str_starts(entry, VERSION_PREFIX))
            continue;
        Str value = str_skip(entry, VERSION_PREFIX.len);
        if (value.len == MAC_TEXT_LEN && CRYPTO_memcmp(value.ptr, mac->text, MAC_TEXT_LEN) == 0)
            found = true;
    }
    return found;
}

static Status check_time(Str timestamp, int64_t now_s, Error *err)
{
    int64_t sent_s;
    if (!str_to_i64(timestamp, &sent_s) || sent_s < 0)
        return error_set(err, STATUS_DENIED, "webhook-timestamp",
                         "The timestamp is not a number of seconds.");
    if (sent_s < now_s - SIGN_TOLERANCE_SECONDS)
        return error_set(err, STATUS_DENIED, "webhook-timestamp", "The message is more than 5 minutes old.");
    if (sent_s > now_s + SIGN_TOLERANCE_SECONDS)
        return error_set(err, STATUS_DENIED, "webhook-timestamp", "The message comes from the future.");
    return STATUS_OK;
}

Status sign_verify(Signer *signer, SignHeaders headers, Str body, const Str *secrets, size_t count,
                   int64_t now_s, Error *err)
{
    if (str_is_empty(headers.id) || str_is_empty(headers.timestamp) || str_is_empty(headers.signature))
        return error_set(err, STATUS_DENIED, NULL, "A signature header is missing.");
    Status status = check_time(headers.timestamp, now_s, err);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++) {
        MacText mac;
        status = mac_of(signer, secrets[i], headers.id, headers.timestamp, body, &mac);
        if (status)
            return error_set(err, status, "secret", "The secret can't be used.");
        if (header_has(headers.signature, &mac))
            return STATUS_OK;
    }
    return error_set(err, STATUS_DENIED, "webhook-signature", "No signature fits.");
}
