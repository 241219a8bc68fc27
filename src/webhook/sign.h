/* Signing of webhooks: Standard Webhooks, version v1 (HMAC-SHA256), and v1a (ed25519) beside it for those who
 * want it.
 *
 * What is signed is "<id>.<timestamp>.<body>", the body as it goes over the wire. A receiver may
 * hold an old or a new secret while one replaces the other, so a header carries an entry for each.
 *
 * A Signer keeps OpenSSL's context, since setting one up costs more than a signature; it belongs
 * to one thread at a time. Everything else is pure. Errors: STATUS_DENIED for a signature that
 * doesn't hold, STATUS_INVALID for a malformed secret. */
#ifndef WEBHOOK_SIGN_H
#define WEBHOOK_SIGN_H

#include "base/buf.h"
#include "base/sign_secret.h"

enum {
    SIGN_TOLERANCE_SECONDS = 5 * 60,
    SIGN_MAX_SECRETS = 3, /* at work at once */
    SIGN_MAX_HEADER_LEN = SIGN_MAX_SECRETS * (48 + 93),
};

typedef struct Signer Signer;

Status signer_new(Signer **out_signer) MUST_USE;
/* Sets the pointer to NULL; takes NULL. */
void signer_free(Signer **signer);

typedef struct SignMessage {
    Str id;         /* without a dot */
    int64_t sent_s; /* seconds since 1970, of this attempt */
    Str body;
    bool ed25519; /* an entry of v1a per secret, too */
} SignMessage;

/* Appends the value of `webhook-signature`: an entry per secret (their bytes), the newest first; then those
 * of v1a. */
Status sign_message(Signer *signer, const SignMessage *message, const Str *secrets, size_t count,
                    Buf *out_header) MUST_USE;

/* As they came; { NULL, 0 } for one that is missing. */
typedef struct SignHeaders {
    Str id, timestamp, signature;
} SignHeaders;

/* OK when any entry of v1 fits any secret and the time is within the tolerance of `now_s`. */
Status sign_verify(Signer *signer, SignHeaders headers, Str body, const Str *secrets, size_t count,
                   int64_t now_s, Error *err) MUST_USE;

#endif
