/* Whatever the bytes and wherever they are split, the verdict is the same and stays in bounds. */
#include <stdlib.h>

#include "http/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t max_body_len(HttpLoop *loop, Str path, Str authorization)
{
    (void)loop;
    return authorization.len % 2 && path.len ? 1000 : 500;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    size_t split = data[0];
    Str all = { (const char *)data + 1, len - 1 };
    HttpGuard whole = http_guard(500), halves = http_guard(500);
    whole.max_body_len_of = halves.max_body_len_of = max_body_len;
    GuardVerdict at_once = http_guard_feed(&whole, all);
    GuardVerdict later = http_guard_feed(&halves, (Str){ all.ptr, size_min(split, all.len) });
    if (later == GUARD_MORE)
        later = http_guard_feed(&halves, all);
    if (later != at_once || whole.status != halves.status || whole.line_at > all.len)
        abort();
    if (at_once == GUARD_PASS && (whole.body_len > 1000 || whole.status != 0))
        abort();
    return 0;
}
