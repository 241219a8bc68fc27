/* The handlers that the route table names, by family. Only api/ includes this. */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/call.h"
#include "engine/join.h"

/* An error with a code that no Status has (401, 405, 415, …), and one more header or NULL. */
void api_fail_as(ApiCall *call, int http_status, const char *text, const HttpHeader *extra);

/* Contract 2.1 */
void n8n_test(ApiCall *call);
void n8n_campaigns(ApiCall *call);
void n8n_sources(ApiCall *call);
void n8n_rewards(ApiCall *call);
void n8n_subscribe(ApiCall *call);
void n8n_webhook(ApiCall *call);
void n8n_unsubscribe(ApiCall *call);
void n8n_bind_reward(ApiCall *call);
void n8n_unbind_reward(ApiCall *call);
void n8n_add_user(ApiCall *call);
void n8n_qualify_user(ApiCall *call);

/* Contract 2.3 */
void v2_add_user(ApiCall *call);
void v2_user(ApiCall *call);
void v2_issue_reward(ApiCall *call);

/* Builds the command of user_fields; a call that can't be one is answered, and NULL is given. */

JoinCommand *join_command_of(ApiCall *call, int source);

#endif
