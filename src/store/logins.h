/* Codes by which people sign in to their portal. Part of store/store.h: include that. */
#ifndef STORE_LOGINS_H
#define STORE_LOGINS_H

#include "domain/event.h"
#include "store/command.h"

/* A code of somebody, and how often it was sent and tried. */
typedef struct Login {
    int64_t account_id, user_id;
    int64_t code;
    int64_t since_us;
    int64_t sent, tries;
} Login;

Status store_login_get(StoreSession *session, int64_t account_id, int64_t user_id, Login *out_login) MUST_USE;
/* Makes it, or replaces it. */
Status store_login_put(StoreSession *session, const Login *login) MUST_USE;
Status store_login_delete(StoreSession *session, int64_t account_id, int64_t user_id) MUST_USE;

/* Would an active webhook get an event of that type and campaign? */
Status store_webhook_any(StoreSession *session, int64_t account_id, EventType event, int64_t campaign_id,
                         bool *out_any) MUST_USE;

#endif
