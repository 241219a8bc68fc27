/* Forgetting a person who is erased: what was written about them in passing. Only engine/ includes this.
 *
 * Events keep their numbers, types and ids, without the person's name, addresses and fields; receivers' answers to them
 * go. What is about the person and was not sent yet is cancelled; what is about others goes on without them. Decisions
 * keep rule and outcome. The ledger has only ids and stays. Answers kept for an Idempotency-Key are sealed with that
 * key, which the database doesn't have, and go after a day. */
#ifndef ENGINE_FORGET_H
#define ENGINE_FORGET_H

#include "engine/emit.h"

Status forget_user(const Work *work, const User *user) MUST_USE;
/* Was there a lead in this campaign with that address (email_key of domain/text.h) who has been erased? */
Status forget_find_lead(const Work *work, const Campaign *campaign, Str email_key, bool *out_found) MUST_USE;

#endif
