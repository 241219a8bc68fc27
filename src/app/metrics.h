/* /metrics in the text format of Prometheus (version 0.0.4). */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "base/buf.h"
#include "http/http.h"
#include "store/store.h"
#include "webhook/sender.h"

typedef struct MetricsInput {
    HttpStats http;
    StoreStats store;
    SenderStats sender;
    DeliveryDepths depths; /* waiting -1: not known */
    int64_t started_us;
} MetricsInput;

void metrics_write(Buf *buf, const MetricsInput *input);

#endif
