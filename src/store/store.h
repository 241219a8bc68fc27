/* The store: what the rules need of a database, and the one way to change it. Its parts, in one include. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/accounts.h"
#include "store/blocks.h"
#include "store/campaigns.h"
#include "store/clicks.h"
#include "store/command.h"
#include "store/conversions.h"
#include "store/coupons.h"
#include "store/decisions.h"
#include "store/deliveries.h"
#include "store/domains.h"
#include "store/fraud.h"
#include "store/grants.h"
#include "store/idempotency.h"
#include "store/leaders.h"
#include "store/ledger.h"
#include "store/logins.h"
#include "store/outbox.h"
#include "store/query.h"
#include "store/replays.h"
#include "store/retention.h"
#include "store/rewards.h"
#include "store/settings.h"
#include "store/stats.h"
#include "store/users.h"

#endif
