/* What an attempt sends: method, URL, headers, signature, body. On the sender's thread; only the sender
 * includes this. */
#ifndef WEBHOOK_REQUEST_H
#define WEBHOOK_REQUEST_H

#include "webhook/attempt.h"

/* Sets all of it on the attempt's handle. STATUS_INVALID when its secret can't sign. */
Status request_prepare(Attempt *attempt) MUST_USE;
/* Appends to one of curl's lists; false without memory. `line` ends with a NUL, or is { NULL, 0 }. */
bool request_add_line(struct curl_slist **list, Str line) MUST_USE;

#endif
