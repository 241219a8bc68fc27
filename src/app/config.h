/* The server's configuration: options as data, read into values. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "app/args.h"
#include "base/ip.h"
#include "base/log.h"
#include "domain/schedule.h"
#include "store/command.h"

enum { MAX_RANGES = 64 };

typedef struct ConfigRanges {
    IpRange items[MAX_RANGES];
    size_t count;
} ConfigRanges;

typedef struct Config {
    Str db;
    MasterKeyPlace key;
    Str host;
    uint16_t port;
    Str burner_domains; /* a file; empty: the built-in list */
    Str country_db;     /* a file; empty: none */
    Str fallback_url;   /* empty: none */
    Str base_url;       /* without a slash at the end; empty: http://host:port */
    ConfigRanges webhook_allow, trusted_proxies;
    Str webhook_ca; /* empty: only the system's */
    bool webhook_https_only;
    Schedule webhook_schedule;
    int64_t keep_attempts_days, keep_events_days, keep_clicks_days; /* 0: for ever */
    int64_t keep_size_mb; /* 0: no limit */
    bool durable_clicks;
    int64_t form_seconds;
    int64_t rate_limit;   /* calls per token and minute, 0: none */
    int64_t threads;
    LogLevel log_level;
} Config;

extern const ArgSpec serve_spec;

/* Texts point into `args`. */
Status config_read(const Args *args, Config *out_config, Error *err) MUST_USE;

/* `refmill serve`: until it is told to stop; gives the exit status. */
int serve_main(const Config *config);

/* An option that commands share with the server. */
#define CONFIG_WEBHOOK_ALLOW                                                                                     \
    { "webhook-allow", "CIDR", NULL, \
      "private addresses that webhooks may go to, e.g. 127.0.0.0/8 or 172.18.0.0/16", false, true }

#define CONFIG_WEBHOOK_CA                                                                                        \
    { "webhook-ca", "FILE", NULL, "authorities (PEM) that webhooks trust beside the system's", false, false }

/* For functions that want C's; NULL: it is not set. */
const char *config_text(Str value, Arena *arena);
/* Adds ranges such as 10.0.0.0/8, with commas between them. */
Status config_read_ranges(const char *name, Str text, ConfigRanges *ranges, Error *err) MUST_USE;

#endif
