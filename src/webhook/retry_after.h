/* How long a receiver asks to be left alone. Pure. */
#ifndef WEBHOOK_RETRY_AFTER_H
#define WEBHOOK_RETRY_AFTER_H

#include "base/str.h"
#include "base/time.h"

/* What a Retry-After asks for, seconds or an HTTP date, as a wait within [0, 24 h]; 0 when it is
 * neither, or when the answer's status doesn't go with it (RFC 9110, 10.2.3: 3xx and failures). */
int64_t retry_after_us(Str value, int http_status, int64_t now_us);

#endif
