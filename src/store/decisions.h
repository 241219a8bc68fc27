/* Decisions: why something was credited, granted or refused, written in the transaction that decided
 * it and never changed. Part of store/store.h: include that. */
#ifndef STORE_DECISIONS_H
#define STORE_DECISIONS_H

#include "domain/names.h"
#include "store/command.h"

typedef enum DecisionKind {
    DECISION_ATTRIBUTION,
    DECISION_QUALIFICATION,
    DECISION_REWARD,
    DECISION_FRAUD,
} DecisionKind;
extern const NameTable decision_kind_names;

typedef struct Decision {
    int64_t id, account_id;
    DecisionKind kind;
    int64_t user_id;       /* about whom */
    int64_t grant_id;      /* 0: about none */
    int64_t conversion_id; /* the order behind it; 0: none */
    Str rule, outcome;     /* short words of the rules, e.g. "first_touch", "won" */
    Str inputs;            /* JSON object */
    int64_t decided_us;
} Decision;

typedef struct DecisionList {
    Decision *items;
    size_t count;
} DecisionList;

/* Sets id and decided_us. */
Status store_decision_insert(StoreSession *session, Decision *decision) MUST_USE;
/* Oldest first: from behind `after_id`, LIMIT_BATCH_ROWS at most; the others LIMIT_LIST_ROWS. */
Status store_decision_list_of_user(StoreSession *session, int64_t account_id, int64_t user_id, int64_t after_id,
                                   Arena *arena, DecisionList *out_list) MUST_USE;
Status store_decision_list_of_grant(StoreSession *session, int64_t account_id, int64_t grant_id, Arena *arena,
                                    DecisionList *out_list) MUST_USE;
Status store_decision_list_of_conversion(StoreSession *session, int64_t account_id, int64_t conversion_id,
                                         Arena *arena, DecisionList *out_list) MUST_USE;

#endif
