/* Granting against a model: random streams of events go through the engine on a real database, and through a
 * slow, plain account of them. Both must come to the same grants, balances and counts, to the last minor
 * unit.
 *
 * The model knows nothing of falling and returning. After each event it lists anew what should stand, by
 * asking of every possible grant: is there a reason for it now? What is new on the list and has room under
 * cap and budget is granted; what is no longer on it goes. There are two referrers, between whom leads move.
 *
 * REFMILL_STREAMS and REFMILL_SEED choose how many and which; a failure tells the seed of its stream. */
#include <time.h>

#include "engine/clock.h"
#include "engine/fraud.h"
#include "engine/grant_model.h"
#include "engine/refer.h"
#include "engine/user.h"

#ifdef __SANITIZE_THREAD__
enum { STREAMS = 200 }; /* one thread works: there is nothing more to see */
#else
enum { STREAMS = 10000 };
#endif
enum { AT_ONCE = 50 };
enum { MOST_SECONDS = 90 }; /* on a slow machine fewer streams have to do */

/* Streams run on the writer's thread, where cmocka can't fail a test. */
static _Noreturn void wrong(uint64_t seed, const char *format, ...) PRINTF_LIKE(2, 3);
static _Noreturn void wrong(uint64_t seed, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fprintf(stderr, "[  FAILED  ] seed %llu: ", (unsigned long long)seed);
    vfprintf(stderr, format, values);
    fprintf(stderr, "\n");
    va_end(values);
    _exit(1);
}

/* ---- streams, in one transaction --------------------------------------- */

typedef struct Stream {
    Command base;
    Kit *kit;
    uint64_t first, end; /* its seeds */
    uint64_t seed;       /* of the stream under way */
    StoreSession *session; /* the writer's */
    Model model;
} Stream;

/* Commands of a stream run inside of the stream's own. */
static Status inside(Stream *stream, Command *command)
{
    command->status = command->run(command, stream->session);
    return command->status;
}

static void inside_must(Stream *stream, Command *command)
{
    if (inside(stream, command) != STATUS_OK)
        wrong(stream->seed, "%s %s", status_name(command->status), command->error.text);
}

static Reward random_reward(Model *model, int index)
{
    static const RewardFrequency frequencies[] = {
        FREQUENCY_EACH,       FREQUENCY_ONCE,  FREQUENCY_EVERY_N,
        FREQUENCY_MILESTONES, FREQUENCY_ORDER, FREQUENCY_RECURRING
    };
    Reward reward = dollars(100 + below(900));
    reward.frequency = frequencies[below(6)];
    bool recurs = reward.frequency == FREQUENCY_RECURRING;
    if (recurs) {
        reward.period = PERIOD_MONTH;
        reward.periods = below(4);
    } else if (below(3) == 0) {
        reward.metric = METRIC_COMMISSION;
        reward.value_minor = 1 + below(4000);
        reward.cap_minor = below(2) ? 50 + below(500) : 0;
    } else if (reward.frequency != FREQUENCY_ORDER && below(4) == 0) {
        reward.when = REWARD_WHEN_INVITED;
    }
    reward.every = reward.frequency == FREQUENCY_EVERY_N ? 1 + below(3) : 0;
    reward.automatic = below(3) == 0;
    reward.approval = below(4) == 0;
    bool tiers = (reward.frequency == FREQUENCY_EACH || reward.frequency == FREQUENCY_ORDER) && below(2);
    if (tiers || reward.frequency == FREQUENCY_MILESTONES) {
        int first = 1 + below(2);
        model->steps[index][0] = (RewardStep){ first, 1 + below(2000) };
        model->steps[index][1] = (RewardStep){ first + 1 + below(2), 1 + below(4000) };
        reward.step_count = 2;
    }
    reward.steps = model->steps[index];
    if (below(3) == 0) {
        bool by_count = below(2);
        model->caps[index] = (RewardCap){ below(2) ? CAP_PERSON : CAP_CAMPAIGN, PERIOD_EVER,
                                          by_count ? 1 + below(3) : 0, by_count ? 0 : 200 + below(3000) };
        reward.cap_count = 1;
    }
    reward.caps = &model->caps[index];
    return reward;
}

static void set_up(Stream *stream)
{
    Kit *kit = stream->kit;
    Model *model = &stream->model;
    CampaignCommand *campaign = campaign_command_new(kit->arena);
    campaign->campaign = (Campaign){ .account_id = ACCOUNT,
                                     .name = STR("Stream"),
                                     .status = CAMPAIGN_LAUNCHED,
                                     .lang = STR("en"),
                                     .live = true };
    model->min_spend = below(3) ? 0 : 1000 + below(3000);
    model->budget = below(4) ? 0 : 1000 + below(8000);
    campaign->campaign.min_spend_minor = model->min_spend;
    campaign->campaign.budget_minor = model->budget;
    if (model->min_spend)
        campaign->campaign.min_spend_currency = (Currency){ "USD" };
    if (model->budget)
        campaign->campaign.budget_currency = (Currency){ "USD" };
    inside_must(stream, &campaign->base);
    kit->campaign_id = campaign->campaign.id;
    for (int r = 0; r < REWARDS; r++) {
        RewardCommand *command = reward_command_new(kit->arena);
        command->reward = random_reward(model, r);
        command->reward.account_id = ACCOUNT;
        command->reward.campaign_id = kit->campaign_id;
        command->reward.name = STR("Reward");
        inside_must(stream, &command->base);
        model->rewards[r] = command->reward;
    }
}

static int64_t inside_join(Stream *stream, int64_t referrer_id)
{
    JoinCommand *command = join_command(stream->kit, referrer_id);
    inside_must(stream, &command->base);
    return command->user.id;
}

/* ---- events ------------------------------------------------------------ */

static void lead_joins(Stream *stream)
{
    Model *model = &stream->model;
    if (model->lead_count == LEADS)
        return;
    int referrer = below(REFERRERS);
    model->leads[model->lead_count++] =
        (ModelLead){ .id = inside_join(stream, model->referrers[referrer]), .referrer = referrer };
    settle(model, plain);
}

/* NULL: it has been erased, or there is none yet. */
static ModelLead *any_lead(Model *model)
{
    ModelLead *lead = model->lead_count ? &model->leads[below(model->lead_count)] : NULL;
    return lead && !lead->gone ? lead : NULL;
}

static void lead_is_judged(Stream *stream, bool qualified)
{
    ModelLead *lead = any_lead(&stream->model);
    if (lead == NULL)
        return;
    QualifyCommand *command = qualify_command_new(&stream->kit->engine, stream->kit->arena);
    command->account_id = ACCOUNT;
    command->key = by_id(lead->id);
    command->qualified = qualified;
    Status status = inside(stream, &command->base);
    bool refused = qualified && lead->rejected;
    if ((status == STATUS_OK) == refused)
        wrong(stream->seed, "judging lead %lld gave %s", (long long)lead->id, status_name(status));
    if (refused || lead->qualified == qualified)
        return;
    lead->qualified = qualified;
    lead->by_order = false;
    settle(&stream->model, effect_of(lead, -1));
}

/* From one referrer to the other, and perhaps back some time. */
static void lead_moves(Stream *stream)
{
    Model *model = &stream->model;
    ModelLead *lead = any_lead(model);
    if (lead == NULL)
        return;
    ReferCommand *command = refer_command_new(&stream->kit->engine, stream->kit->arena);
    command->account_id = ACCOUNT;
    command->user_id = lead->id;
    command->referrer = by_id(model->referrers[!lead->referrer]);
    Status status = inside(stream, &command->base);
    if ((status == STATUS_OK) == lead->qualified)
        wrong(stream->seed, "moving lead %lld gave %s", (long long)lead->id, status_name(status));
    if (lead->qualified)
        return;
    lead->referrer = !lead->referrer;
    settle(model, effect_of(lead, -1));
}

/* What is not issued of what is owed because of this lead alone. */
static void forfeit_in_model(Model *model, const ModelLead *lead)
{
    for (int i = 0; i < model->grant_count; i++) {
        ModelGrant *grant = &model->grants[i];
        for (int p = 0; p < grant->part_count; p++) {
            ModelPart *part = &grant->parts[p];
            if (grant->lead != lead - model->leads || !part->stands || part->issued)
                continue;
            part->stands = false;
            part->closed = true;
        }
    }
}

static void lead_is_rejected(Stream *stream)
{
    ModelLead *lead = any_lead(&stream->model);
    if (lead == NULL || lead->rejected)
        return;
    ReviewCommand *command = review_command_new(&stream->kit->engine, stream->kit->arena);
    command->account_id = ACCOUNT;
    command->user_id = lead->id;
    inside_must(stream, &command->base);
    forfeit_in_model(&stream->model, lead);
    lead->rejected = true;
    lead->qualified = lead->by_order = false;
    settle(&stream->model, effect_of(lead, -1));
}

static void lead_is_erased(Stream *stream)
{
    ModelLead *lead = any_lead(&stream->model);
    if (lead == NULL)
        return;
    UserEraseCommand *command = user_erase_command_new(&stream->kit->engine, stream->kit->arena);
    command->account_id = ACCOUNT;
    command->user_id = lead->id;
    inside_must(stream, &command->base);
    forfeit_in_model(&stream->model, lead);
    lead->gone = true;
    settle(&stream->model, (Effect){ .order = -1, .by_nobody = true, .erases = true });
}

static int64_t spent_by(const Model *model, int lead, int *out_orders)
{
    int64_t spent = 0;
    *out_orders = 0;
    for (int o = 0; o < model->order_count; o++) {
        if (model->orders[o].lead != lead || model->orders[o].all_back)
            continue;
        spent += net_of(model, o);
        ++*out_orders;
    }
    return spent;
}

static bool spends_enough(const Model *model, int lead)
{
    int orders;
    int64_t spent = spent_by(model, lead, &orders);
    return orders > 0 && spent >= model->min_spend;
}

static void lead_orders(Stream *stream)
{
    Model *model = &stream->model;
    ModelLead *lead = any_lead(model);
    if (lead == NULL || lead->rejected) /* whose orders are refused */
        return;
    int place = model->order_count++, number = (int)(lead - model->leads);
    ModelOrder *order = &model->orders[place];
    *order = (ModelOrder){ .lead = number, .amount = below(4000) };
    char name[32];
    snprintf(name, sizeof name, "order-%d", place);
    for (int times = 0; times < 2; times++) { /* the same order again is nothing */
        ConvertCommand *command = order_command(stream->kit, lead->id, name, order->amount);
        inside_must(stream, &command->base);
        if (command->created != (times == 0))
            wrong(stream->seed, "%s counted %d times", name, times + 1);
        order->id = command->conversion.id;
    }
    bool qualifies = !lead->qualified && spends_enough(model, number);
    if (qualifies)
        lead->qualified = lead->by_order = true;
    settle(model, effect_of(lead, qualifies ? place : -1));
}

static void order_is_refunded(Stream *stream)
{
    Model *model = &stream->model;
    if (model->order_count == 0)
        return;
    ModelOrder *order = &model->orders[below(model->order_count)];
    int64_t rest = order->amount - order->refunded;
    ModelLead *lead = &model->leads[order->lead];
    if (order->all_back || lead->gone)
        return;
    int64_t back = rest > 1 && below(2) ? 1 + below((int)rest - 1) : rest;
    RefundCommand *command = refund_command_new(&stream->kit->engine, stream->kit->arena);
    command->account_id = ACCOUNT;
    command->conversion_id = order->id;
    if (back < rest)
        command->amount = arena_printf(stream->kit->arena, "%d.%02d", (int)back / 100, (int)back % 100);
    inside_must(stream, &command->base);
    order->refunded += back;
    order->all_back = back == rest;
    if (lead->qualified && lead->by_order && !spends_enough(model, order->lead))
        lead->qualified = lead->by_order = false;
    settle(model, plain);
}

/* One that has begun, so that the few events of a stream get far enough. */
static bool any_recurrence(const Model *model, int *out_reward, int *out_lead, int *out_referrer)
{
    enum { ALL = REWARDS * LEADS * REFERRERS };
    for (int i = 0, first = below(ALL); i < ALL; i++) {
        int at = (first + i) % ALL;
        *out_reward = at / (LEADS * REFERRERS);
        *out_lead = at / REFERRERS % LEADS;
        *out_referrer = at % REFERRERS;
        if (model->recurrences[*out_reward][*out_lead][*out_referrer].next_number)
            return true;
    }
    return false;
}

static Recurrence stored_recurrence(const Stream *stream, int reward, int lead, int referrer)
{
    const Model *model = &stream->model;
    GrantKey key = { model->rewards[reward].id, model->referrers[referrer], model->leads[lead].id, 0 };
    Recurrence recurrence = { 0 };
    if (store_recurrence_get(stream->session, ACCOUNT, &key, &recurrence) == STATUS_INTERNAL)
        wrong(stream->seed, "what recurs can not be read");
    return recurrence;
}

static void periods_pass(Stream *stream)
{
    int reward, lead, referrer;
    if (!any_recurrence(&stream->model, &reward, &lead, &referrer))
        return;
    for (int times = 1 + below(3); times > 0; times--) {
        Recurrence recurrence = stored_recurrence(stream, reward, lead, referrer);
        if (recurrence.next_us)
            recurrence.next_us = 1;
        if (store_recurrence_put(stream->session, &recurrence) != STATUS_OK)
            wrong(stream->seed, "no time passes");
        inside_must(stream, &clock_command_new(&stream->kit->engine, stream->kit->arena)->base);
        period_passes(&stream->model, &stream->model.rewards[reward], lead, referrer);
    }
}

/* ---- by hand ----------------------------------------------------------- */

static void learn_ids(Stream *stream);

/* With what stands. */
static bool may_be_done(const ModelGrant *grant, const ModelPart *part, GrantAction action)
{
    switch (action) {
    case GRANT_ACTION_ISSUE:
        return !part->issued && !part->waits && is_computed(grant);
    case GRANT_ACTION_APPROVE:
        return part->waits;
    case GRANT_ACTION_REVERSE:
        return part->issued;
    default:
        return !part->issued; /* cancel */
    }
}

static void somebody_acts(Stream *stream)
{
    Model *model = &stream->model;
    learn_ids(stream);
    if (model->grant_count == 0)
        return;
    ModelGrant *grant = &model->grants[below(model->grant_count)];
    if (grant->part_count == 0)
        return;
    ModelPart *part = &grant->parts[below(grant->part_count)];
    GrantAction action = (GrantAction[]){ GRANT_ACTION_ISSUE, GRANT_ACTION_CANCEL, GRANT_ACTION_REVERSE,
                                          GRANT_ACTION_APPROVE }[below(4)];
    Status status = inside(stream, &grant_command(stream->kit, part->id, action)->base);
    bool may = part->stands && may_be_done(grant, part, action);
    if ((status == STATUS_OK) != may)
        wrong(stream->seed, "action %d on grant %lld gave %s", (int)action, (long long)part->id,
              status_name(status));
    if (!may)
        return;
    if (action == GRANT_ACTION_ISSUE) {
        issue_in_model(part);
    } else if (action == GRANT_ACTION_APPROVE) {
        part->waits = false;
        issue_if_automatic(grant, part);
    } else {
        part->stands = false;
        part->closed = true;
    }
}

/* ---- comparing --------------------------------------------------------- */

static GrantList stored(Stream *stream)
{
    GrantList list;
    if (store_grant_list(stream->session, ACCOUNT, stream->kit->campaign_id, stream->kit->arena, &list) !=
        STATUS_OK)
        wrong(stream->seed, "the grants can not be read");
    return list;
}

static int64_t number_in_database(const Model *model, const ModelGrant *grant)
{
    return grant->reward->frequency == FREQUENCY_ORDER ? model->orders[grant->number - 1].id : grant->number;
}

/* Its parts come by their ids. */
static const Grant *find_stored(const GrantList *list, const Model *model, const ModelGrant *wanted, int part)
{
    int64_t referral = wanted->lead < 0 ? 0 : model->leads[wanted->lead].id;
    int64_t recipient = model->referrers[wanted->recipient];
    for (size_t i = 0; i < list->count; i++) {
        const Grant *grant = &list->items[i];
        if (grant->reward_id == wanted->reward->id && grant->recipient_id == recipient &&
            grant->per_referral == referral && grant->number == number_in_database(model, wanted) && part-- == 0)
            return grant;
    }
    return NULL;
}

static void learn_ids(Stream *stream)
{
    GrantList list = stored(stream);
    for (int i = 0; i < stream->model.grant_count; i++) {
        ModelGrant *grant = &stream->model.grants[i];
        for (int p = 0; p < grant->part_count; p++) {
            const Grant *found = find_stored(&list, &stream->model, grant, p);
            grant->parts[p].id = found ? found->id : 0;
        }
    }
}

static GrantState state_of(const ModelPart *part)
{
    if (part->stands)
        return part->issued ? GRANT_ISSUED : part->waits ? GRANT_PENDING : GRANT_DUE;
    return part->issued ? GRANT_REVERSED : GRANT_CANCELLED;
}

static void compare_grant(const Stream *stream, const Grant *found, const ModelGrant *grant, const ModelPart *part)
{
    if (!found)
        wrong(stream->seed, "a grant of reward %lld is missing", (long long)grant->reward->id);
    if (found->state != state_of(part) || (part->stands && found->value_minor != part->value))
        wrong(stream->seed, "grant %lld is %s of %lld, and should be %s of %lld", (long long)found->id,
              name_of(grant_state_names, (int)found->state), (long long)found->value_minor,
              name_of(grant_state_names, (int)state_of(part)), (long long)part->value);
}

static void compare_grants(Stream *stream, int64_t owed[REFERRERS], int64_t paid[REFERRERS])
{
    const Model *model = &stream->model;
    GrantList list = stored(stream);
    size_t made = 0;
    for (int i = 0; i < model->grant_count; i++) {
        const ModelGrant *grant = &model->grants[i];
        for (int p = 0; p < grant->part_count; p++, made++) {
            const ModelPart *part = &grant->parts[p];
            compare_grant(stream, find_stored(&list, model, grant, p), grant, part);
            owed[grant->recipient] += (part->stands ? part->value : 0) - part->paid;
            paid[grant->recipient] += part->paid;
        }
    }
    if (made != list.count)
        wrong(stream->seed, "%zu grants, and should be %zu", list.count, made);
}

static void compare_referrer(Stream *stream, int which, int64_t owed, int64_t paid)
{
    const Model *model = &stream->model;
    int64_t id = model->referrers[which];
    BalanceList balances;
    User referrer;
    if (store_ledger_balances(stream->session, ACCOUNT, id, stream->kit->arena, &balances) != STATUS_OK ||
        store_user_get(stream->session, ACCOUNT, id, stream->kit->arena, &referrer) != STATUS_OK)
        wrong(stream->seed, "the referrer can not be read");
    Balance there = balances.count ? balances.items[0] : (Balance){ 0 };
    if (balances.count > 1 || there.owed_minor != owed || there.paid_minor != paid)
        wrong(stream->seed, "owed %lld and paid %lld, and should be %lld and %lld",
              (long long)there.owed_minor, (long long)there.paid_minor, (long long)owed, (long long)paid);
    if (referrer.referrals != count_of(model, which, REWARD_WHEN_INVITED) ||
        referrer.qualified_referrals != count_of(model, which, REWARD_WHEN_QUALIFIED))
        wrong(stream->seed, "%lld of %lld referrals are qualified", (long long)referrer.qualified_referrals,
              (long long)referrer.referrals);
}

/* What caps and budget count is what stands: never less, so that none is exceeded, and never more. */
static void compare_usage(Stream *stream, const Reward *reward, int recipient)
{
    const Model *model = &stream->model;
    UsageKey key = { ACCOUNT, reward->id, recipient < 0 ? 0 : model->referrers[recipient], PERIOD_EVER,
                     period_start(PERIOD_EVER, 0) };
    Usage used, should = standing(model, reward, recipient);
    if (store_usage_get(stream->session, &key, &used) != STATUS_OK)
        wrong(stream->seed, "usage can not be read");
    if (used.granted != should.granted || used.minor != should.minor)
        wrong(stream->seed, "a cap counts %lld of %lld, and should %lld of %lld", (long long)used.granted,
              (long long)used.minor, (long long)should.granted, (long long)should.minor);
}

static void compare_counters(Stream *stream)
{
    const Model *model = &stream->model;
    int64_t spent, should = standing(model, NULL, -1).minor;
    if (store_campaign_spend_get(stream->session, ACCOUNT, stream->kit->campaign_id, (Currency){ "USD" }, &spent) ||
        spent != should)
        wrong(stream->seed, "the campaign has spent %lld, and should %lld", (long long)spent, (long long)should);
    for (int r = 0; r < REWARDS; r++) {
        const Reward *reward = &model->rewards[r];
        bool by_person = reward->cap_count && reward->caps[0].scope == CAP_PERSON;
        for (int i = 0; reward->cap_count && i < (by_person ? REFERRERS : 1); i++)
            compare_usage(stream, reward, by_person ? i : -1);
    }
}

/* What lists and dashboards are counted by. */
static void compare_lists(Stream *stream)
{
    GrantList list = stored(stream);
    int64_t of_state[GRANT_STATE_COUNT] = { 0 }, in_totals = 0;
    for (size_t i = 0; i < list.count; i++)
        of_state[list.items[i].state]++;
    for (int state = 0; state < GRANT_STATE_COUNT; state++) {
        const BlockRange range = { BLOCKS_OF_GRANTS, ACCOUNT, stream->kit->campaign_id, grant_kinds_of_state(state) };
        BlockSpan span;
        if (store_block_span(stream->session, &range, true, 0, 1, &span) || span.total != of_state[state])
            wrong(stream->seed, "%lld grants are counted as %s, and should be %lld", (long long)span.total,
                  name_of(grant_state_names, state), (long long)of_state[state]);
    }
    for (int r = 0; r < REWARDS; r++) {
        RewardTotals totals;
        if (store_reward_totals(stream->session, ACCOUNT, stream->model.rewards[r].id, stream->kit->arena, &totals))
            wrong(stream->seed, "totals can not be read");
        in_totals += totals.count;
    }
    int64_t should = of_state[GRANT_DUE] + of_state[GRANT_ISSUED];
    if (in_totals != should)
        wrong(stream->seed, "%lld grants in totals, and should be %lld", (long long)in_totals, (long long)should);
}

static void compare_recurrences(Stream *stream)
{
    for (int r = 0; r < REWARDS; r++)
        for (int lead = 0; lead < stream->model.lead_count; lead++)
            for (int i = 0; i < REFERRERS; i++) {
                const ModelRecurrence *should = &stream->model.recurrences[r][lead][i];
                Recurrence there = stored_recurrence(stream, r, lead, i);
                if ((there.next_us != 0) != should->runs || there.next_number != should->next_number)
                    wrong(stream->seed, "period %lld %s, and should be %lld", (long long)there.next_number,
                          there.next_us ? "comes" : "does not come", (long long)should->next_number);
            }
}

static void compare(Stream *stream)
{
    int64_t owed[REFERRERS] = { 0 }, paid[REFERRERS] = { 0 };
    compare_grants(stream, owed, paid);
    for (int i = 0; i < REFERRERS; i++)
        compare_referrer(stream, i, owed[i], paid[i]);
    compare_counters(stream);
    compare_lists(stream);
    compare_recurrences(stream);
}

/* ---- running ----------------------------------------------------------- */

static void run_stream(Stream *stream)
{
    stream->model = (Model){ 0 };
    chance_state = stream->seed;
    set_up(stream);
    for (int i = 0; i < REFERRERS; i++)
        stream->model.referrers[i] = inside_join(stream, 0);
    for (int i = 0; i < EVENTS; i++) {
        int dice = below(26);
        if (dice < 4 || stream->model.lead_count == 0)
            lead_joins(stream);
        else if (dice < 10)
            lead_is_judged(stream, dice < 8);
        else if (dice < 14)
            lead_orders(stream);
        else if (dice < 16)
            order_is_refunded(stream);
        else if (dice < 20)
            somebody_acts(stream);
        else if (dice < 22)
            lead_moves(stream);
        else if (dice < 24)
            periods_pass(stream);
        else if (dice < 25)
            lead_is_rejected(stream);
        else
            lead_is_erased(stream);
    }
    compare(stream);
}

/* Many in one transaction: the disk would take longer than the streams. */
static Status run_streams(Command *base, StoreSession *session)
{
    Stream *stream = (Stream *)base;
    stream->session = session;
    for (uint64_t seed = stream->first; seed < stream->end; seed++) {
        stream->seed = seed;
        run_stream(stream);
    }
    return STATUS_OK;
}

static long long from_environment(const char *name, long long otherwise)
{
    const char *text = getenv(name);
    return text ? atoll(text) : otherwise;
}

static void grants_and_balances_are_those_of_the_model(void **state)
{
    (void)state;
    Kit *kit = calloc(1, sizeof *kit);
    uint64_t first = (uint64_t)from_environment("REFMILL_SEED", 1);
    uint64_t end = first + (uint64_t)from_environment("REFMILL_STREAMS", STREAMS);
    time_t started = time(NULL);
    kit_open(kit);
    for (; first < end && time(NULL) - started < MOST_SECONDS; first += AT_ONCE) {
        Stream *stream = calloc(1, sizeof *stream);
        stream->base = (Command){ .run = run_streams, .arena = kit->arena };
        stream->kit = kit;
        stream->first = first;
        stream->end = first + AT_ONCE < end ? first + AT_ONCE : end;
        must(kit, &stream->base);
        free(stream);
        arena_reset(kit->arena);
    }
    if (first < end)
        print_message("Streams left out, for lack of time: %llu\n", (unsigned long long)(end - first));
    assert_int_equal(store_ledger_check(kit->session, ACCOUNT), STATUS_OK);
    kit_close(kit);
    free(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(grants_and_balances_are_those_of_the_model) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
