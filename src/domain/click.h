/* A click: somebody has opened somebody's link. Nothing of it tells who the visitor was. */
#ifndef DOMAIN_CLICK_H
#define DOMAIN_CLICK_H

#include "domain/visitor.h"

/* A longer name of a host is left out. */
enum { CLICK_HOST_MAX = 63 };

typedef struct Click {
    int64_t campaign_id, user_id; /* whose link it was */
    int64_t at_us;                /* when; its number, too: rising and unique in the account */
    int64_t count;                /* of visitors at this moment who have the rest in common */
    Device device;
    Str country;                  /* two letters; empty: unknown */
    Str host;                     /* of the page that led there; empty: unknown */
} Click;

#endif
