#include "engine/explain.h"

#include "base/limits.h"

void explain_begin(Explanation *why, const Work *work, int64_t account_id, DecisionKind kind, int64_t user_id)
{
    why->work = work;
    why->decision = (Decision){ .account_id = account_id, .kind = kind, .user_id = user_id };
    why->buf = buf_in_arena(work->arena, LIMIT_EVENT_BODY);
    why->json = json_out(&why->buf);
    json_begin_object(&why->json);
}

Status explain_end(Explanation *why, const char *rule, const char *outcome)
{
    json_end_object(&why->json);
    why->decision.rule = str_of(rule);
    why->decision.outcome = str_of(outcome);
    why->decision.inputs = buf_str(&why->buf);
    if (why->decision.inputs.ptr == NULL)
        return STATUS_NOMEM;
    return store_decision_insert(why->work->session, &why->decision);
}
