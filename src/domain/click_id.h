/* Click ids: "this link was opened then", signed, so that nothing has to be stored for each click and
 * nobody can make one up.
 *
 *   uK3p9ZtQ 1o8fQz 4gT0sWm2vXk
 *   code     time   MAC          8 + 6 + 11 characters of [0-9A-Za-z]
 *
 * The time is whole seconds since 1970. The MAC is SipHash-2-4 over what stands before it, under the key of the
 * public codes: its 14 bytes never meet the 6 that domain/code.c hashes, and SipHash's last block carries the
 * length. 64 bits are enough against guessing at a server that has to be asked each time. Pure, any thread. */
#ifndef DOMAIN_CLICK_ID_H
#define DOMAIN_CLICK_ID_H

#include "domain/code.h"

enum { CLICK_TIME_LEN = 6, CLICK_MAC_LEN = 11, CLICK_ID_LEN = CODE_LEN + CLICK_TIME_LEN + CLICK_MAC_LEN };

typedef struct ClickId {
    char text[CLICK_ID_LEN + 1];
} ClickId;

/* `code` is what was opened: CODE_LEN characters. */
ClickId click_id_of(const CodeKey *key, Str code, int64_t now_us);

/* Made by this server, for whatever code? Takes the same time whatever is wrong with the MAC. */
bool click_id_check(const CodeKey *key, Str text, int64_t *out_clicked_us);

/* … and for a user's code? Says nothing of whether the user still is there. */
bool click_id_parse(const CodeKey *key, Str text, int64_t *out_user_id, int64_t *out_clicked_us);

#endif
