-- Conventions: account_id comes first in every key, so that one account's rows lie together and
-- the schema can be distributed by it. Times are UTC microseconds. Money is in minor units.
-- What must be found without an account has a directory table keyed by what is known.
--
-- WITHOUT ROWID stands where rows are narrow and written often: the key's tree is then the only one.
-- It is SQLite's word; PostgreSQL's driver drops it.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY NOT NULL,
  value BLOB NOT NULL
) WITHOUT ROWID;

-- The next number of each kind; account 0 for numbers that are unique in the whole database.
CREATE TABLE counter (
  account_id BIGINT NOT NULL,
  name       TEXT NOT NULL,
  next       BIGINT NOT NULL,
  PRIMARY KEY (account_id, name)
) WITHOUT ROWID;

CREATE TABLE account (
  id           BIGINT PRIMARY KEY NOT NULL,
  name         TEXT NOT NULL,
  created_us   BIGINT NOT NULL,
  fallback_url TEXT NOT NULL DEFAULT '' -- empty: none
);

-- Directory: a token is known by the SHA-256 of its text, which is all that is kept of it.
CREATE TABLE token (
  hash       BLOB PRIMARY KEY NOT NULL,
  account_id BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  name       TEXT NOT NULL,
  kind       INTEGER NOT NULL, -- 0 of the API, 1 inbound
  scopes     BIGINT NOT NULL, -- bits
  is_main    INTEGER NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT,
  used_us    BIGINT
);
CREATE UNIQUE INDEX token_by_account ON token (account_id, id);

-- Answers of writes with an Idempotency-Key, for a day. The body is sealed with the key, the key is hashed.
CREATE TABLE idempotency (
  account_id   BIGINT NOT NULL,
  key_hash     BLOB NOT NULL,
  request_hash BLOB NOT NULL,
  http_status  INTEGER NOT NULL,
  body         BLOB NOT NULL,
  created_us   BIGINT NOT NULL,
  PRIMARY KEY (account_id, key_hash)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_us);

CREATE TABLE campaign (
  account_id    BIGINT NOT NULL,
  id            BIGINT NOT NULL,
  name          TEXT NOT NULL,
  status        INTEGER NOT NULL,
  lang          TEXT NOT NULL,
  offer         TEXT NOT NULL,
  landing_url   TEXT NOT NULL,
  thank_you_url TEXT NOT NULL,
  starts_us     BIGINT,
  ends_us       BIGINT,
  created_us    BIGINT NOT NULL,
  kind          INTEGER NOT NULL,
  live          INTEGER NOT NULL,
  share_subject TEXT NOT NULL,
  share_text    TEXT NOT NULL,
  form          TEXT,             -- JSON of the extra fields; NULL: none
  attribution   INTEGER NOT NULL, -- 0 first touch, 1 last touch
  sources       BIGINT NOT NULL,  -- bits, 0: any
  fraud         BIGINT NOT NULL,  -- two bits a rule: domain/fraud.h
  click_window_s     BIGINT NOT NULL, -- 0: no end
  credit_window_s    BIGINT NOT NULL, -- 0: no end
  cookie_days        BIGINT NOT NULL DEFAULT 0, -- 0: no cookie
  proof_of_work      INTEGER NOT NULL DEFAULT 0,
  budget_minor       BIGINT NOT NULL, -- 0: no bound
  budget_currency    TEXT NOT NULL,
  min_spend_minor    BIGINT NOT NULL, -- 0: none
  min_spend_currency TEXT NOT NULL,
  min_spend_window_s BIGINT NOT NULL, -- 0: no end
  archived_us        BIGINT,
  accent_color       TEXT NOT NULL DEFAULT '', -- "#rrggbb"; of these, empty: ours
  accent_color_dark  TEXT NOT NULL DEFAULT '',
  logo_url           TEXT NOT NULL DEFAULT '',
  hero_url           TEXT NOT NULL DEFAULT '',
  texts              TEXT NOT NULL DEFAULT '', -- lines "name: text"
  custom_css         TEXT NOT NULL DEFAULT '',
  embed_origins      TEXT NOT NULL DEFAULT '', -- by spaces
  PRIMARY KEY (account_id, id)
);

-- Hosts of campaigns, in lower case. A directory.
CREATE TABLE domain (
  host         TEXT PRIMARY KEY NOT NULL,
  account_id   BIGINT NOT NULL,
  campaign_id  BIGINT NOT NULL,
  fallback_url TEXT NOT NULL, -- empty: none
  created_us   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX domain_by_campaign ON domain (account_id, campaign_id, created_us, host);

-- Directories of the public codes, which are scrambled ids.
CREATE TABLE campaign_home (
  id         BIGINT PRIMARY KEY NOT NULL,
  account_id BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE user_home (
  id          BIGINT PRIMARY KEY NOT NULL,
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
  account_id      BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  campaign_id     BIGINT NOT NULL,
  referrer_id     BIGINT,
  first_name      TEXT NOT NULL,
  email           TEXT NOT NULL,
  email_key       TEXT NOT NULL,
  source          INTEGER NOT NULL,
  ip              TEXT,
  meta            TEXT,
  signed_up_us    BIGINT NOT NULL,
  qualified_us    BIGINT,
  qualified_by    INTEGER NOT NULL DEFAULT 0, -- 0 by hand, 1 by an order
  qualified_late  INTEGER NOT NULL DEFAULT 0, -- 1: after the credit window, so not to the referrer's credit
  unsubscribed_us BIGINT,
  consented_us    BIGINT,
  touched_us      BIGINT,           -- a lead's: when the touch was that the referrer is credited for
  customer_id     TEXT,             -- the shop's own name for this person
  review          INTEGER NOT NULL, -- 0 none, 1 held, 2 approved, 3 rejected
  kind            INTEGER NOT NULL, -- source, type and qualified in one number: store/blocks.h
  PRIMARY KEY (account_id, id)
);
-- One person joins a campaign once. The e-mail stands first so that it can be found across campaigns.
CREATE UNIQUE INDEX users_by_email ON users (account_id, email_key, campaign_id);
CREATE INDEX users_by_campaign ON users (account_id, campaign_id, id);
CREATE INDEX users_by_kind ON users (account_id, kind, id, campaign_id);
CREATE INDEX users_by_referrer ON users (account_id, referrer_id, id) WHERE referrer_id IS NOT NULL;
CREATE UNIQUE INDEX users_by_customer ON users (account_id, customer_id, campaign_id) WHERE customer_id IS NOT NULL;
-- Only pages know addresses, so that other joins don't pay for this one.
CREATE INDEX users_by_ip ON users (account_id, ip, id) WHERE ip IS NOT NULL;
CREATE INDEX users_held ON users (account_id, id) WHERE review = 1;

-- How many users or grants of each kind have ids of a block (id / 1024): totals and deep pages of lists are found
-- by adding up. What a kind is: store/blocks.h.
CREATE TABLE row_block (
  account_id  BIGINT NOT NULL,
  list        INTEGER NOT NULL, -- 0 users, 1 grants
  campaign_id BIGINT NOT NULL,  -- 0: all of the account
  block       BIGINT NOT NULL,
  kind        INTEGER NOT NULL,
  row_count   BIGINT NOT NULL,
  PRIMARY KEY (account_id, list, campaign_id, block, kind)
) WITHOUT ROWID;

-- Codes by which people sign in to their portal: engine/login.h.
CREATE TABLE login (
  account_id BIGINT NOT NULL,
  user_id    BIGINT NOT NULL,
  code       INTEGER NOT NULL,
  since_us   BIGINT NOT NULL,
  sent       INTEGER NOT NULL,
  tries      INTEGER NOT NULL,
  PRIMARY KEY (account_id, user_id)
) WITHOUT ROWID;

-- Counters live apart from the rows they count for: narrow rows make cheap updates.
CREATE TABLE user_count (
  account_id          BIGINT NOT NULL,
  user_id             BIGINT NOT NULL,
  reach               BIGINT NOT NULL,
  referrals           BIGINT NOT NULL,
  qualified_referrals BIGINT NOT NULL,
  events              BIGINT NOT NULL, -- about this user, after the joining
  PRIMARY KEY (account_id, user_id)
) WITHOUT ROWID;
CREATE TABLE campaign_count (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  reach       BIGINT NOT NULL,
  PRIMARY KEY (account_id, campaign_id)
) WITHOUT ROWID;

-- What happened in a campaign on a day (UTC, days since 1970).
CREATE TABLE campaign_day (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  day         BIGINT NOT NULL,
  clicks      BIGINT NOT NULL,
  joins       BIGINT NOT NULL,
  referrals   BIGINT NOT NULL,
  qualified   BIGINT NOT NULL,
  issued      BIGINT NOT NULL,
  PRIMARY KEY (account_id, campaign_id, day)
) WITHOUT ROWID;

-- Clicks of the last time, a row for each moment, link, device, country and referring host; `at_us` is unique in the account.
CREATE TABLE click (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  at_us       BIGINT NOT NULL,
  user_id     BIGINT NOT NULL,
  clicks      BIGINT NOT NULL,
  device      INTEGER NOT NULL, -- 0 other, 1 phone, 2 tablet, 3 desktop, 4 bot: counts for nobody
  country     TEXT NOT NULL,    -- two letters; empty: unknown
  host        TEXT NOT NULL,    -- of the page that led there; empty: unknown
  PRIMARY KEY (account_id, campaign_id, at_us)
) WITHOUT ROWID;
CREATE TABLE click_origin (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  day         BIGINT NOT NULL,
  device      INTEGER NOT NULL,
  country     TEXT NOT NULL,
  host        TEXT NOT NULL,
  clicks      BIGINT NOT NULL,
  PRIMARY KEY (account_id, campaign_id, day, device, country, host)
) WITHOUT ROWID;

-- Who has qualified referrals, for leaderboards. Among equals it is the one whose count has stood longest.
CREATE TABLE leader (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  user_id     BIGINT NOT NULL,
  qualified   BIGINT NOT NULL,
  since_us    BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id)
) WITHOUT ROWID;
CREATE INDEX leader_by_rank ON leader (account_id, campaign_id, qualified DESC, since_us, user_id);

CREATE TABLE reward (
  account_id  BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  name        TEXT NOT NULL,
  metric      INTEGER NOT NULL, -- 0 amount, 1 commission, 2 coupon, 3 custom
  value_minor BIGINT NOT NULL,
  cap_minor   BIGINT NOT NULL,
  currency    TEXT NOT NULL,
  who         INTEGER NOT NULL,
  cause       INTEGER NOT NULL,
  frequency   INTEGER NOT NULL,
  every       BIGINT NOT NULL,
  period      INTEGER NOT NULL,
  periods     BIGINT NOT NULL,
  steps       INTEGER NOT NULL, -- how many reward_step, reward_cap it has
  caps        INTEGER NOT NULL,
  hold_s      BIGINT NOT NULL,
  approval    INTEGER NOT NULL,
  issue       INTEGER NOT NULL,
  automatic   INTEGER NOT NULL,
  status      INTEGER NOT NULL, -- 0 active, 1 draft, 2 inactive
  created_us  BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX reward_by_campaign ON reward (account_id, campaign_id, id);
CREATE TABLE reward_step (
  account_id  BIGINT NOT NULL,
  reward_id   BIGINT NOT NULL,
  at_count    BIGINT NOT NULL,
  value_minor BIGINT NOT NULL,
  PRIMARY KEY (account_id, reward_id, at_count)
) WITHOUT ROWID;
CREATE TABLE reward_cap (
  account_id BIGINT NOT NULL,
  reward_id  BIGINT NOT NULL,
  scope      INTEGER NOT NULL,
  period     INTEGER NOT NULL,
  most_count BIGINT NOT NULL, -- 0: any
  most_minor BIGINT NOT NULL, -- 0: any
  PRIMARY KEY (account_id, reward_id, scope, period)
) WITHOUT ROWID;
-- What caps count, for rewards that have some: grants that stand, by the time they were made.
CREATE TABLE reward_usage (
  account_id   BIGINT NOT NULL,
  reward_id    BIGINT NOT NULL,
  recipient_id BIGINT NOT NULL, -- 0: all
  period       INTEGER NOT NULL,
  start_us     BIGINT NOT NULL,
  granted      BIGINT NOT NULL,
  minor        BIGINT NOT NULL,
  PRIMARY KEY (account_id, reward_id, recipient_id, period, start_us)
) WITHOUT ROWID;
-- What a campaign has promised and not taken back: its budget is spent from this.
CREATE TABLE campaign_spend (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  currency    TEXT NOT NULL,
  minor       BIGINT NOT NULL,
  PRIMARY KEY (account_id, campaign_id, currency)
) WITHOUT ROWID;

CREATE TABLE reward_grant (
  account_id    BIGINT NOT NULL,
  id            BIGINT NOT NULL,
  reward_id     BIGINT NOT NULL,
  campaign_id   BIGINT NOT NULL,
  recipient_id  BIGINT NOT NULL,
  referral_id   BIGINT NOT NULL,  -- who caused it
  per_referral  BIGINT NOT NULL,  -- referral_id, or 0 for what is granted per recipient
  number        BIGINT NOT NULL,  -- the count reached, the conversion, the period; see domain/reward.h, GrantKey
  rest_of       BIGINT NOT NULL,  -- the grant that was issued for less than is owed by now; 0: none
  conversion_id BIGINT,
  state         INTEGER NOT NULL, -- 0 due, 1 issued, 2 cancelled, 3 pending, 4 failed, 5 reversed
  closed        INTEGER NOT NULL, -- cancelled or reversed by hand
  metric        INTEGER NOT NULL,
  rate          BIGINT NOT NULL,  -- a commission's basis points
  value_minor   BIGINT NOT NULL,
  spend_minor   BIGINT NOT NULL,  -- -1: not known
  currency      TEXT NOT NULL,
  coupon        TEXT,
  reason        TEXT,
  created_us    BIGINT NOT NULL,
  issued_us     BIGINT,
  release_us    BIGINT,           -- while it is held by time
  approved_us   BIGINT,
  PRIMARY KEY (account_id, id)
);
-- A reward is granted once for one reason (with rests, if it grows), whatever is repeated, undone or retried.
CREATE UNIQUE INDEX reward_grant_once ON reward_grant (account_id, reward_id, recipient_id, per_referral, number, rest_of);
CREATE INDEX reward_grant_by_referral ON reward_grant (account_id, referral_id, id);
CREATE INDEX reward_grant_by_recipient ON reward_grant (account_id, recipient_id, id);
CREATE INDEX reward_grant_by_campaign ON reward_grant (account_id, campaign_id, id);
-- Pages of what is due or issued.
CREATE INDEX reward_grant_by_state ON reward_grant (account_id, state, metric, id);
CREATE INDEX reward_grant_by_conversion ON reward_grant (account_id, conversion_id, id) WHERE conversion_id IS NOT NULL;
CREATE INDEX reward_grant_release ON reward_grant (release_us) WHERE release_us IS NOT NULL;
CREATE INDEX reward_grant_couponless ON reward_grant (account_id, campaign_id, id)
  WHERE metric = 2 AND coupon IS NULL AND state = 0;
CREATE INDEX reward_grant_by_coupon ON reward_grant (account_id, reward_id, id)
  WHERE coupon IS NOT NULL AND state IN (0, 1);

-- The grants of a reward that are due or issued, for dashboards.
CREATE TABLE reward_total (
  account_id BIGINT NOT NULL,
  reward_id  BIGINT NOT NULL,
  grants     BIGINT NOT NULL,
  minor      BIGINT NOT NULL,
  PRIMARY KEY (account_id, reward_id)
) WITHOUT ROWID;

-- Rewards that come again each period for as long as the lead is qualified.
CREATE TABLE reward_recurrence (
  account_id   BIGINT NOT NULL,
  reward_id    BIGINT NOT NULL,
  recipient_id BIGINT NOT NULL,
  referral_id  BIGINT NOT NULL,
  start_us     BIGINT NOT NULL, -- when period first_number began
  first_number BIGINT NOT NULL,
  next_number  BIGINT NOT NULL,
  next_us      BIGINT,          -- NULL: stopped, or over
  PRIMARY KEY (account_id, reward_id, recipient_id, referral_id)
) WITHOUT ROWID;
CREATE INDEX reward_recurrence_next ON reward_recurrence (next_us) WHERE next_us IS NOT NULL;
CREATE INDEX reward_recurrence_of_referral ON reward_recurrence (account_id, referral_id);

-- Orders, by the shop's own number: the same order never counts twice.
CREATE TABLE conversion (
  account_id     BIGINT NOT NULL,
  id             BIGINT NOT NULL,
  campaign_id    BIGINT NOT NULL,
  user_id        BIGINT NOT NULL,
  order_id       TEXT NOT NULL,
  amount_minor   BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  currency       TEXT NOT NULL,
  counts         INTEGER NOT NULL, -- 0: it is only noted
  occurred_us    BIGINT NOT NULL,
  created_us     BIGINT NOT NULL,
  refunded_us    BIGINT,           -- when all of it was
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX conversion_by_order ON conversion (account_id, campaign_id, order_id);
CREATE INDEX conversion_by_user ON conversion (account_id, user_id, id);

-- The ledger: postings of two entries that add up to zero. Rows are added and never changed.
CREATE TABLE ledger_entry (
  account_id   BIGINT NOT NULL,
  id           BIGINT NOT NULL,
  posting_id   BIGINT NOT NULL,
  kind         INTEGER NOT NULL,
  book         INTEGER NOT NULL, -- 0 promised (the campaign's), 1 owed, 2 paid (the user's)
  grant_id     BIGINT NOT NULL,
  user_id      BIGINT NOT NULL,
  campaign_id  BIGINT NOT NULL,
  currency     TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  occurred_us  BIGINT NOT NULL,
  PRIMARY KEY (account_id, grant_id, id)
) WITHOUT ROWID;
CREATE INDEX ledger_by_user ON ledger_entry (account_id, user_id, currency, book, amount_minor); -- a balance is read from it alone

CREATE TABLE coupon (
  account_id  BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  code        TEXT NOT NULL,
  user_id     BIGINT,
  taken_us    BIGINT,
  voided_us   BIGINT,
  created_us  BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX coupon_by_code ON coupon (account_id, code);
-- How many of a campaign's coupons are free.
CREATE TABLE coupon_count (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  free        BIGINT NOT NULL,
  PRIMARY KEY (account_id, campaign_id)
) WITHOUT ROWID;
CREATE INDEX coupon_free ON coupon (account_id, campaign_id, id) WHERE user_id IS NULL AND voided_us IS NULL;

-- Why something was credited, granted or refused. Never changed.
CREATE TABLE decision (
  account_id    BIGINT NOT NULL,
  id            BIGINT NOT NULL,
  kind          INTEGER NOT NULL,
  user_id       BIGINT NOT NULL,
  grant_id      BIGINT,
  conversion_id BIGINT,
  rule          TEXT NOT NULL,
  outcome       TEXT NOT NULL,
  inputs        TEXT NOT NULL,
  decided_us    BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX decision_by_user ON decision (account_id, user_id, id);
CREATE INDEX decision_by_grant ON decision (account_id, grant_id, id) WHERE grant_id IS NOT NULL;
CREATE INDEX decision_by_conversion ON decision (account_id, conversion_id, id) WHERE conversion_id IS NOT NULL;

-- What a fraud rule saw. States: 0 open, 1 approved, 2 rejected.
CREATE TABLE fraud_signal (
  account_id BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  user_id    BIGINT NOT NULL,
  rule       INTEGER NOT NULL,
  action     INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  detail     TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX fraud_signal_by_user ON fraud_signal (account_id, user_id, id);
CREATE INDEX fraud_signal_by_state ON fraud_signal (account_id, state, id);

CREATE TABLE event (
  account_id  BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  type        INTEGER NOT NULL,
  campaign_id BIGINT NOT NULL,
  user_id     BIGINT NOT NULL,
  other_id    BIGINT, -- who else is in the body
  occurred_us BIGINT NOT NULL,
  body        TEXT NOT NULL,
  erased      INTEGER NOT NULL DEFAULT 0, -- 1: somebody was taken out of the body; what receivers say of it is not kept
  PRIMARY KEY (account_id, seq)
);
-- To find what speaks of somebody who is erased.
CREATE INDEX event_by_user ON event (account_id, user_id, seq);
CREATE INDEX event_by_other ON event (account_id, other_id, seq) WHERE other_id IS NOT NULL;

-- Leads who were erased, by a keyed hash of their e-mail: joining again, they are credited to nobody.
CREATE TABLE erased_lead (
  account_id  BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  email_hash  BLOB NOT NULL,
  PRIMARY KEY (account_id, campaign_id, email_hash)
) WITHOUT ROWID;

CREATE TABLE webhook (
  account_id    BIGINT NOT NULL,
  id            BIGINT NOT NULL,
  url           TEXT NOT NULL,
  event         INTEGER NOT NULL,
  reward_id     BIGINT NOT NULL, -- 0: any
  campaign_id   BIGINT NOT NULL, -- 0: any
  sources       BIGINT NOT NULL, -- bits, 0: any
  expects_ack   INTEGER NOT NULL,
  secret        BLOB NOT NULL,   -- this and those below are sealed: store/vault.h
  created_us    BIGINT NOT NULL,
  not_before_us BIGINT NOT NULL,
  bound_seq     BIGINT NOT NULL, -- rises with every upsert: which one was bound last
  removed_us    BIGINT,
  state            INTEGER NOT NULL, -- 0 active, 1 paused, 2 disabled: what it waits for is kept
  state_reason     TEXT,             -- why it is disabled
  failing_since_us BIGINT,           -- NULL: its receiver does well
  failures         BIGINT NOT NULL,  -- since then
  strikes          BIGINT NOT NULL DEFAULT 0, -- of those, all that came some time after the one counted before
  strike_us        BIGINT,           -- when the last of these was
  old_secret             BLOB,       -- signs too, until:
  old_secret_until_us    BIGINT,
  oldest_secret          BLOB,
  oldest_secret_until_us BIGINT,
  method        INTEGER NOT NULL, -- 0 POST, 1 PUT, 2 PATCH, 3 GET
  headers       BLOB,             -- sealed lines of "Name: value"
  fields        TEXT,             -- lines of "path=name"; NULL: the whole body
  expires_us    BIGINT,           -- when it is removed by itself
  missed_after  BIGINT,           -- events after this one may not have reached it; NULL: none are missing
  left_us       BIGINT,           -- removed for good: only its place in the events is kept, for when its URL returns
  rate_count    BIGINT,           -- so many deliveries in rate_per_us; NULL: no limit
  rate_per_us   BIGINT,
  rate_burst    BIGINT,           -- NULL: a second's worth
  schedule      TEXT,             -- waits in seconds; NULL: the server's
  ordered       INTEGER,          -- 1: a user's events go one after the other
  ed25519       INTEGER,          -- 1: signed with it, too
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX webhook_by_url ON webhook (account_id, url, event, reward_id);
CREATE INDEX webhook_by_event ON webhook (account_id, event, id) WHERE left_us IS NULL;
CREATE INDEX webhook_held ON webhook (not_before_us) WHERE not_before_us > 0;
CREATE INDEX webhook_removed ON webhook (removed_us) WHERE removed_us IS NOT NULL AND left_us IS NULL;
CREATE INDEX webhook_expiring ON webhook (expires_us) WHERE expires_us IS NOT NULL AND removed_us IS NULL;
CREATE INDEX webhook_left ON webhook (account_id, left_us) WHERE left_us IS NOT NULL;

-- When its owner was last told what is wrong with it.
CREATE TABLE webhook_trouble (
  account_id BIGINT NOT NULL,
  webhook_id BIGINT NOT NULL,
  trouble    INTEGER NOT NULL,
  told_us    BIGINT NOT NULL,
  PRIMARY KEY (account_id, webhook_id, trouble)
) WITHOUT ROWID;

-- States: 0 pending, 1 leased, 2 delivered, 3 dead, 4 blocked, 5 cancelled, 6 held.
CREATE TABLE delivery (
  account_id  BIGINT NOT NULL,
  webhook_id  BIGINT NOT NULL,
  event_seq   BIGINT NOT NULL,
  state       INTEGER NOT NULL,
  attempt     BIGINT NOT NULL,
  due_us      BIGINT NOT NULL, -- pending: when to send; leased: when the lease ends
  lease       BIGINT,
  http_status INTEGER,
  outcome     TEXT,
  created_us  BIGINT NOT NULL,
  settled_us  BIGINT,
  body        TEXT,            -- what is sent, where it isn't the event's: rendered once
  ordering_key BIGINT,         -- the user whose deliveries to this webhook go one after the other; NULL: in no order
  fixed       INTEGER,         -- 1: nothing makes it earlier
  back_state  INTEGER,         -- its next attempt is beyond the schedule; what it is again when that fails
  back_due_us BIGINT,          -- and when, if that is pending
  extras      INTEGER NOT NULL DEFAULT 0, -- how many of its attempts were beyond the schedule, and failed
  PRIMARY KEY (account_id, webhook_id, event_seq)
) WITHOUT ROWID;
-- What waits, per webhook in the order of its time: a claim reads its head, however long it is.
CREATE INDEX delivery_waiting ON delivery (account_id, webhook_id, due_us, event_seq) WHERE state IN (0, 1);
-- What is in an order and not settled: the first of each key may go, the others are held.
CREATE INDEX delivery_in_order ON delivery (account_id, webhook_id, ordering_key, event_seq, state)
  WHERE ordering_key IS NOT NULL AND state IN (0, 1, 4, 6);
-- What goes no further by itself, in the order of its events.
CREATE INDEX delivery_stuck ON delivery (account_id, webhook_id, state, event_seq) WHERE state IN (3, 4, 6);

-- Many deliveries that are sent again: claims take them from the one that runs (store/replays.h).
CREATE TABLE replay (
  account_id  BIGINT NOT NULL,
  webhook_id  BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  status      INTEGER NOT NULL, -- 0 running, 1 done, 2 cancelled
  state       INTEGER NOT NULL, -- of the deliveries that go
  from_us     BIGINT,           -- when their events happened; NULL: open
  to_us       BIGINT,
  rate_count  BIGINT,           -- so many in rate_per_us; NULL: no limit
  rate_per_us BIGINT,
  even_us     BIGINT NOT NULL,  -- domain/rate.h
  next_seq    BIGINT NOT NULL,  -- events from this one on, before the other, were not looked at yet
  end_seq     BIGINT NOT NULL,
  found       BIGINT NOT NULL,
  replayed    BIGINT NOT NULL,
  created_us  BIGINT NOT NULL,
  ended_us    BIGINT,
  PRIMARY KEY (account_id, webhook_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX replay_running ON replay (account_id, webhook_id) WHERE status = 0;

-- What happened at each try. Never changed; goes with its delivery.
CREATE TABLE attempt (
  account_id    BIGINT NOT NULL,
  webhook_id    BIGINT NOT NULL,
  event_seq     BIGINT NOT NULL,
  started_us    BIGINT NOT NULL,
  number        BIGINT NOT NULL, -- those that don't count have their successor's
  took_us       BIGINT NOT NULL,
  resolve_us    BIGINT NOT NULL, -- these four from its start; 0: not reached
  connect_us    BIGINT NOT NULL,
  tls_us        BIGINT NOT NULL,
  first_byte_us BIGINT NOT NULL,
  address       TEXT,
  http_status   INTEGER,
  outcome       TEXT NOT NULL,
  answer        TEXT, -- its first bytes, as text
  PRIMARY KEY (account_id, webhook_id, event_seq, started_us)
) WITHOUT ROWID;
