/* Fraud signals, and looks for what is too much. Part of store/store.h: include that. */
#ifndef STORE_FRAUD_H
#define STORE_FRAUD_H

#include "domain/fraud.h"
#include "domain/user.h"
#include "store/command.h"

typedef enum SignalState { SIGNAL_OPEN, SIGNAL_APPROVED, SIGNAL_REJECTED } SignalState;
extern const NameTable signal_state_names;

typedef struct FraudSignal {
    int64_t id, account_id;
    int64_t user_id; /* who joined */
    FraudRule rule;
    FraudAction action;
    SignalState state;
    Str detail; /* JSON object */
    int64_t created_us;
} FraudSignal;

/* Sets id and created_us. */
Status store_signal_insert(StoreSession *session, FraudSignal *signal) MUST_USE;
Status store_signal_get(StoreSession *session, int64_t account_id, int64_t id, Arena *arena,
                        FraudSignal *out_signal) MUST_USE;
/* Ends what is open about a user. */
Status store_signal_settle(StoreSession *session, int64_t account_id, int64_t user_id, SignalState state) MUST_USE;

/* Have the newest `count` users who joined from `ip`, or whom `referrer_id` brought, all come since `since_us`? */
Status store_user_many_from_ip(StoreSession *session, int64_t account_id, Str ip, int64_t count, int64_t since_us,
                               bool *out_many) MUST_USE;
Status store_user_many_for_referrer(StoreSession *session, int64_t account_id, int64_t referrer_id, int64_t count,
                                    int64_t since_us, bool *out_many) MUST_USE;

Status store_user_set_review(StoreSession *session, int64_t account_id, int64_t id, UserReview review) MUST_USE;

#endif
