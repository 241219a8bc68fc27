/* What the command line's commands share: options, printing, running. Only app/ includes this. */
#ifndef APP_CLI_H
#define APP_CLI_H

#include "app/commands.h"
#include "base/json_out.h"

#define DB_OPTION                                                                                      \
    { "db", "PATH", "refmill.db", "the database", false, false },                                      \
    { "key-file", "FILE", NULL, "its master key (default: PATH.key), unless REFMILL_KEY has it", false, false }
#define JSON_OPTION { "json", NULL, NULL, "print JSON", false, false }
#define CAMPAIGN_OPTION { "campaign", "ID", NULL, "the campaign", true, false }
#define WEBHOOK_OPTION { "webhook", "ID", NULL, "the webhook", true, false }
#define SPEC(array) { (array), ARRAY_LEN(array), NULL }

/* A new thing: its number alone, or {"id": …}. */
void print_id(CliContext *context, int64_t id);

/* Lists: a line per thing, either JSON or columns with tabs between them. */
typedef struct Line {
    CliContext *context;
    JsonOut json;
    bool has_column;
} Line;

Line line_begin(CliContext *context);
void line_text(Line *line, const char *name, Str value);
void line_int(Line *line, const char *name, int64_t value);
/* 0: null, or an empty column. */
void line_time_opt(Line *line, const char *name, int64_t utc_us);
void line_end(Line *line);

Status run_command(CliContext *context, Command *command) MUST_USE;

/* ---- webhook_commands.c ------------------------------------------------- */

extern const ArgOption webhook_options[4], webhook_show_options[6];
extern const ArgOption webhook_purge_options[5];
Status webhook_purge(CliContext *context) MUST_USE;
/* The one that --webhook names. */
Status webhook_of(CliContext *context, Webhook *out_webhook) MUST_USE;
Status webhook_list(CliContext *context) MUST_USE;
Status webhook_secret(CliContext *context) MUST_USE;
Status webhook_show(CliContext *context) MUST_USE;
Status webhook_pause(CliContext *context) MUST_USE;
Status webhook_resume(CliContext *context) MUST_USE;

/* ---- webhook_register.c ------------------------------------------------- */

extern const ArgOption webhook_create_options[17], webhook_change_options[12];
Status webhook_create(CliContext *context) MUST_USE;
Status webhook_change(CliContext *context) MUST_USE;

/* ---- webhook_replay.c --------------------------------------------------- */

extern const ArgOption webhook_replay_options[11], webhook_replays_options[5];
Status webhook_replay(CliContext *context) MUST_USE;
Status webhook_replays(CliContext *context) MUST_USE;

/* ---- webhook_probe.c ---------------------------------------------------- */

extern const ArgOption webhook_test_options[7];
Status webhook_test(CliContext *context) MUST_USE;

#endif
