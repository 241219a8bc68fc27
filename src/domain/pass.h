/* Passes: signed texts that open one person's portal until a time, so that nothing is stored for them and
 * nobody can make one up. A link carries one to the person, the cookie of a session is another.
 *
 *   uK3p9ZtQ l    1o8fQz  4gT0sWm2vXkaYb81LmZ0tR
 *   code     kind expiry  MAC                       8 + 1 + 6 + 22 characters of [0-9A-Za-z]
 *
 * The expiry is whole seconds since 1970. The MAC is keyed BLAKE2b of 128 bits over what stands before it,
 * under the key of the public codes (which domain/code.c uses with SipHash only). Pure, any thread. */
#ifndef DOMAIN_PASS_H
#define DOMAIN_PASS_H

#include "domain/code.h"

typedef enum PassKind { PASS_LINK = 'l', PASS_SESSION = 's' } PassKind;

enum { PASS_EXPIRY_LEN = 6, PASS_MAC_LEN = 22, PASS_LEN = CODE_LEN + 1 + PASS_EXPIRY_LEN + PASS_MAC_LEN };

typedef struct Pass {
    char text[PASS_LEN + 1];
} Pass;

Pass pass_of(const CodeKey *key, PassKind kind, int64_t user_id, int64_t expires_us);

/* False when this server did not make it, made it for something else, or its time is over. Says nothing of whether the
 * user still is there. */
bool pass_parse(const CodeKey *key, PassKind kind, Str text, int64_t now_us, int64_t *out_user_id);

#endif
