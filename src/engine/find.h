/* Finding users and campaigns by what people hold in hands: ids, codes, e-mails, coupons. */
#ifndef ENGINE_FIND_H
#define ENGINE_FIND_H

#include "engine/engine.h"

typedef enum UserKeyKind {
    USER_KEY_NONE,
    USER_KEY_ID,
    USER_KEY_CODE,
    USER_KEY_EMAIL,
    USER_KEY_COUPON,
    USER_KEY_CUSTOMER, /* the shop's own name for somebody */
    USER_KEY_CLICK,    /* a click id: whose link was opened */
} UserKeyKind;

typedef struct UserKey {
    UserKeyKind kind;
    int64_t id;
    Str text;
    int64_t campaign_id; /* e-mail, customer: in which campaign; 0: the newest user in any */
} UserKey;

/* What a path's {identifier} is: all digits an id, with '@' an e-mail, else a code (contract, Q7). */
UserKey user_key_of(Str identifier);

/* STATUS_NOT_FOUND with a sentence when nobody is there. A code is tried as it is, then without
 * regard to case if that fits one user only (Q24). A coupon finds the lead it was handed to (Q25). */
Status find_user(StoreSession *session, const Engine *engine, int64_t account_id, UserKey key, Arena *arena,
                 User *out_user, Error *err) MUST_USE;

/* The id that a path's {identifier} of a campaign names, or 0: all digits an id, else a code. Says nothing
 * of whether it exists. */
int64_t campaign_id_of(const Engine *engine, Str identifier);

/* Behind a public link, where no account is known. */
typedef struct Link {
    User user;
    Campaign campaign;
} Link;
Status find_link(StoreSession *session, const Engine *engine, Str user_code, Arena *arena, Link *out_link) MUST_USE;
Status find_campaign(StoreSession *session, const Engine *engine, Str campaign_code, Arena *arena,
                     Campaign *out_campaign) MUST_USE;

#endif
