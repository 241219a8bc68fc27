/* Granting against a model: random streams of events go through the engine on a real database, and through a
 * slow, plain account of them. Both must come to the same grants, balances and counts, to the last minor
 * unit.
 *
 * The model knows nothing of falling and returning. After each event it lists anew what should stand, by
 * asking of every possible grant: is there a reason for it now? What is new on the list and has room under
 * cap and budget is granted; what is no longer on it goes.
 *
 * REFMILL_STREAMS and REFMILL_SEED choose how many and which; a failure tells the seed of its stream. */
#include "engine/grant_test_kit.h"

#ifdef __SANITIZE_THREAD__
enum { STREAMS = 1000 }; /* one thread works: there is nothing more to see */
#else
enum { STREAMS = 10000 };
#endif
enum { LEADS = 4, REWARDS = 3, EVENTS = 14, ORDERS = EVENTS, GRANTS = 200, PARTS = EVENTS, AT_ONCE = 50 };

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

/* ---- chance ------------------------------------------------------------ */

/* SplitMix64: small, good enough, and the same everywhere. */
static uint64_t chance_state;

static int below(int bound)
{
    uint64_t z = chance_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int)((z ^ z >> 31) % (uint64_t)bound);
}

/* ---- the model --------------------------------------------------------- */

/* What was issued is never issued again: what a grant returns for above that is another part. */
typedef struct ModelPart {
    bool stands, issued, closed;
    int64_t value, paid;
    int64_t id; /* in the database */
} ModelPart;

typedef struct ModelGrant {
    const Reward *reward;
    int lead;        /* rewards for each referral or order: whose; else -1 */
    int64_t number;  /* the count, or the order's place in orders[] plus 1; else 0 */
    bool wanted;     /* there is a reason for it */
    bool was_wanted; /* there was before this event */
    int order; /* whose net a commission is computed from; -1: not known */
    int64_t rate;
    ModelPart parts[PARTS];
    int part_count;
} ModelGrant;

typedef struct ModelOrder {
    int lead;
    int64_t id, amount, refunded;
    bool all_back;
} ModelOrder;

typedef struct Model {
    Reward rewards[REWARDS];
    RewardStep steps[REWARDS][2];
    RewardCap caps[REWARDS];
    int64_t min_spend, budget;
    int64_t referrer, leads[LEADS];
    int lead_count;
    bool qualified[LEADS], by_order[LEADS];
    ModelOrder orders[ORDERS];
    int order_count;
    ModelGrant grants[GRANTS];
    int grant_count;
    int64_t invited, qualifieds; /* as of the last event */
} Model;

static int64_t count_of(const Model *model, RewardWhen when)
{
    int64_t qualified = 0;
    for (int i = 0; i < model->lead_count; i++)
        qualified += model->qualified[i];
    return when == REWARD_WHEN_INVITED ? model->lead_count : qualified;
}

static ModelGrant *possible(Model *model, const Reward *reward, int lead, int64_t number)
{
    for (int i = 0; i < model->grant_count; i++) {
        ModelGrant *grant = &model->grants[i];
        if (grant->reward == reward && grant->lead == lead && grant->number == number)
            return grant;
    }
    ModelGrant *grant = &model->grants[model->grant_count++];
    *grant = (ModelGrant){ .reward = reward, .lead = lead, .number = number, .order = -1 };
    return grant;
}

/* Lists what there is a reason for, in the order in which it is granted: rewards first, then orders. */
static void want(Model *model, const Reward *reward, int lead, int64_t number, ModelGrant **list, int *count)
{
    ModelGrant *grant = possible(model, reward, lead, number);
    grant->wanted = true;
    list[(*count)++] = grant;
}

static int list_wanted(Model *model, ModelGrant **list)
{
    int count = 0;
    for (int r = 0; r < REWARDS; r++) {
        const Reward *reward = &model->rewards[r];
        int64_t times = count_of(model, reward->when);
        if (reward->frequency == FREQUENCY_EACH)
            for (int i = 0; i < model->lead_count; i++)
                if (reward->when == REWARD_WHEN_INVITED || model->qualified[i])
                    want(model, reward, i, 0, list, &count);
        if (reward->frequency == FREQUENCY_ONCE && times >= 1)
            want(model, reward, -1, 1, list, &count);
        for (int64_t n = 1; n <= times; n++) {
            bool milestone = n == reward->steps[0].at_count || n == reward->steps[1].at_count;
            if ((reward->frequency == FREQUENCY_EVERY_N && n % reward->every == 0) ||
                (reward->frequency == FREQUENCY_MILESTONES && milestone))
                want(model, reward, -1, n, list, &count);
        }
    }
    for (int o = 0; o < model->order_count; o++)
        for (int r = 0; r < REWARDS; r++)
            if (model->rewards[r].frequency == FREQUENCY_ORDER && model->qualified[model->orders[o].lead] &&
                !model->orders[o].all_back)
                want(model, &model->rewards[r], model->orders[o].lead, o + 1, list, &count);
    return count;
}

static int64_t net_of(const Model *model, int order)
{
    return model->orders[order].amount - model->orders[order].refunded;
}

static int64_t worth(const Model *model, const ModelGrant *grant)
{
    if (grant->reward->metric != METRIC_COMMISSION)
        return grant->rate;
    int64_t value = grant->order < 0 ? 0 : net_of(model, grant->order) * grant->rate / 10000;
    return grant->reward->cap_minor && value > grant->reward->cap_minor ? grant->reward->cap_minor : value;
}

/* For a part of `wanted` that is worth so much. */
static bool has_room(const Model *model, const ModelGrant *wanted, bool is_first, int64_t value)
{
    const RewardCap *cap = wanted->reward->cap_count ? wanted->reward->caps : NULL;
    int64_t standing = 0, minor = 0, spent = 0;
    for (int i = 0; i < model->grant_count; i++) {
        const ModelGrant *grant = &model->grants[i];
        for (int p = 0; p < grant->part_count; p++) {
            if (!grant->parts[p].stands)
                continue;
            standing += grant->reward == wanted->reward && p == 0;
            minor += grant->reward == wanted->reward ? grant->parts[p].value : 0;
            spent += grant->parts[p].value;
        }
    }
    if (model->budget && value > 0 && spent + value > model->budget)
        return false;
    return !cap || ((!cap->most_count || !is_first || standing + 1 <= cap->most_count) &&
                    (!cap->most_minor || value <= 0 || minor + value <= cap->most_minor));
}

static int64_t rate_now(const Model *model, const ModelGrant *grant)
{
    const Reward *reward = grant->reward;
    int64_t at = reward->frequency == FREQUENCY_MILESTONES ? grant->number : count_of(model, reward->when);
    int64_t rate = reward->value_minor;
    for (size_t i = 0; i < reward->step_count; i++)
        if (reward->steps[i].at_count <= at)
            rate = reward->steps[i].value_minor;
    return rate;
}

static bool is_computed(const ModelGrant *grant)
{
    return grant->reward->metric != METRIC_COMMISSION || grant->order >= 0;
}

static void issue_in_model(ModelPart *part)
{
    part->issued = true;
    part->paid = part->value;
}

/* False: there is no room for it. */
static bool part_stands(const Model *model, ModelGrant *grant, int place, int64_t value)
{
    ModelPart *part = &grant->parts[place];
    if (!has_room(model, grant, place == 0, value))
        return false;
    part->stands = true;
    part->value = value;
    grant->part_count = place < grant->part_count ? grant->part_count : place + 1;
    if (grant->reward->automatic && !part->issued && is_computed(grant))
        issue_in_model(part);
    return true;
}

/* `order`: which one made this event qualify, or -1. */
static void grant_in_model(Model *model, ModelGrant *grant, int order)
{
    const Reward *reward = grant->reward;
    int order_before = grant->order;
    if (!grant->part_count)
        grant->rate = rate_now(model, grant);
    if (reward->metric == METRIC_COMMISSION && reward->frequency == FREQUENCY_ORDER)
        grant->order = (int)grant->number - 1;
    else if (reward->metric == METRIC_COMMISSION && order >= 0)
        grant->order = order;
    int64_t left = worth(model, grant);
    for (int p = 0; p < PARTS; p++) {
        const ModelPart *part = &grant->parts[p];
        int64_t share = part->issued && part->paid < left ? part->paid : left;
        if (p > 0 && left == 0 && p >= grant->part_count)
            break;
        if (part->closed || ((p == 0 || share > 0) && !part_stands(model, grant, p, share)))
            break;
        left -= share;
    }
    if (!grant->parts[0].stands) /* refused: then nothing of it is kept */
        grant->order = order_before;
}

/* What cap or budget refused once is tried again with the next referral, if it is for any of them. */
static bool is_new(const ModelGrant *grant, bool more_invited, bool more_qualified)
{
    bool more = grant->reward->when == REWARD_WHEN_INVITED ? more_invited : more_qualified;
    return !grant->was_wanted || (grant->reward->frequency == FREQUENCY_ONCE && more);
}

/* Brings the model's grants up to what should stand now. */
static void settle(Model *model, int order)
{
    ModelGrant *list[GRANTS];
    int64_t invited = count_of(model, REWARD_WHEN_INVITED),
            qualified = count_of(model, REWARD_WHEN_QUALIFIED);
    bool more_invited = invited > model->invited, more_qualified = qualified > model->qualifieds;
    model->invited = invited;
    model->qualifieds = qualified;
    for (int i = 0; i < model->grant_count; i++) {
        model->grants[i].was_wanted = model->grants[i].wanted;
        model->grants[i].wanted = false;
    }
    int count = list_wanted(model, list);
    for (int i = 0; i < model->grant_count; i++) {
        ModelGrant *grant = &model->grants[i];
        int64_t left = grant->order >= 0 ? worth(model, grant) : INT64_MAX;
        for (int p = 0; p < grant->part_count; p++) {
            ModelPart *part = &grant->parts[p];
            part->value = part->value < left ? part->value : left;
            part->stands = part->stands && grant->wanted;
            left -= part->value;
        }
    }
    for (int i = 0; i < count; i++)
        if (is_new(list[i], more_invited, more_qualified) && !list[i]->parts[0].stands && !list[i]->parts[0].closed)
            grant_in_model(model, list[i], order);
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
    static const RewardFrequency frequencies[] = { FREQUENCY_EACH, FREQUENCY_ONCE, FREQUENCY_EVERY_N,
                                                   FREQUENCY_MILESTONES, FREQUENCY_ORDER };
    Reward reward = dollars(100 + below(900));
    reward.frequency = frequencies[below(5)];
    if (below(3) == 0) {
        reward.metric = METRIC_COMMISSION;
        reward.value_minor = 1 + below(4000);
        reward.cap_minor = below(2) ? 50 + below(500) : 0;
    } else if (reward.frequency != FREQUENCY_ORDER && below(4) == 0) {
        reward.when = REWARD_WHEN_INVITED;
    }
    reward.every = reward.frequency == FREQUENCY_EVERY_N ? 1 + below(3) : 0;
    reward.automatic = below(3) == 0;
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
    model->leads[model->lead_count++] = inside_join(stream, model->referrer);
    settle(model, -1);
}

static void lead_is_judged(Stream *stream, bool qualified)
{
    Model *model = &stream->model;
    if (model->lead_count == 0)
        return;
    int lead = below(model->lead_count);
    QualifyCommand *command = qualify_command_new(&stream->kit->engine, stream->kit->arena);
    command->account_id = ACCOUNT;
    command->key = by_id(model->leads[lead]);
    command->qualified = qualified;
    inside_must(stream, &command->base);
    if (model->qualified[lead] == qualified)
        return;
    model->qualified[lead] = qualified;
    model->by_order[lead] = false;
    settle(model, -1);
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
    if (model->lead_count == 0)
        return;
    int lead = below(model->lead_count), place = model->order_count++;
    ModelOrder *order = &model->orders[place];
    *order = (ModelOrder){ .lead = lead, .amount = below(4000) };
    char name[32];
    snprintf(name, sizeof name, "order-%d", place);
    for (int times = 0; times < 2; times++) { /* the same order again is nothing */
        ConvertCommand *command = order_command(stream->kit, model->leads[lead], name, order->amount);
        inside_must(stream, &command->base);
        if (command->created != (times == 0))
            wrong(stream->seed, "%s counted %d times", name, times + 1);
        order->id = command->conversion.id;
    }
    bool qualifies = !model->qualified[lead] && spends_enough(model, lead);
    if (qualifies)
        model->qualified[lead] = model->by_order[lead] = true;
    settle(model, qualifies ? place : -1);
}

static void order_is_refunded(Stream *stream)
{
    Model *model = &stream->model;
    if (model->order_count == 0)
        return;
    ModelOrder *order = &model->orders[below(model->order_count)];
    int64_t rest = order->amount - order->refunded;
    if (order->all_back)
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
    if (model->qualified[order->lead] && model->by_order[order->lead] && !spends_enough(model, order->lead))
        model->qualified[order->lead] = model->by_order[order->lead] = false;
    settle(model, -1);
}

/* ---- by hand ----------------------------------------------------------- */

static void learn_ids(Stream *stream);

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
    GrantAction action =
        (GrantAction[]){ GRANT_ACTION_ISSUE, GRANT_ACTION_CANCEL, GRANT_ACTION_REVERSE }[below(3)];
    Status status = inside(stream, &grant_command(stream->kit, part->id, action)->base);
    bool due = part->stands && !part->issued;
    bool may = action == GRANT_ACTION_REVERSE ? part->stands && part->issued
                                              : due && (action == GRANT_ACTION_CANCEL || is_computed(grant));
    if ((status == STATUS_OK) != may)
        wrong(stream->seed, "action %d on grant %lld gave %s", (int)action, (long long)part->id,
              status_name(status));
    if (!may)
        return;
    if (action == GRANT_ACTION_ISSUE) {
        issue_in_model(part);
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
    int64_t referral = wanted->lead < 0 ? 0 : model->leads[wanted->lead];
    for (size_t i = 0; i < list->count; i++) {
        const Grant *grant = &list->items[i];
        if (grant->reward_id == wanted->reward->id && grant->per_referral == referral &&
            grant->number == number_in_database(model, wanted) && part-- == 0)
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
        return part->issued ? GRANT_ISSUED : GRANT_DUE;
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

static void compare(Stream *stream)
{
    const Model *model = &stream->model;
    GrantList list = stored(stream);
    size_t made = 0;
    int64_t owed = 0, paid = 0;
    for (int i = 0; i < model->grant_count; i++) {
        const ModelGrant *grant = &model->grants[i];
        for (int p = 0; p < grant->part_count; p++, made++) {
            const ModelPart *part = &grant->parts[p];
            compare_grant(stream, find_stored(&list, model, grant, p), grant, part);
            owed += (part->stands ? part->value : 0) - part->paid;
            paid += part->paid;
        }
    }
    if (made != list.count)
        wrong(stream->seed, "%zu grants, and should be %zu", list.count, made);
    BalanceList balances;
    User referrer;
    if (store_ledger_balances(stream->session, ACCOUNT, model->referrer, stream->kit->arena, &balances) !=
            STATUS_OK ||
        store_user_get(stream->session, ACCOUNT, model->referrer, stream->kit->arena, &referrer) != STATUS_OK)
        wrong(stream->seed, "the referrer can not be read");
    Balance there = balances.count ? balances.items[0] : (Balance){ 0 };
    if (balances.count > 1 || there.owed_minor != owed || there.paid_minor != paid)
        wrong(stream->seed, "owed %lld and paid %lld, and should be %lld and %lld",
              (long long)there.owed_minor, (long long)there.paid_minor, (long long)owed, (long long)paid);
    if (referrer.referrals != count_of(model, REWARD_WHEN_INVITED) ||
        referrer.qualified_referrals != count_of(model, REWARD_WHEN_QUALIFIED))
        wrong(stream->seed, "%lld of %lld referrals are qualified", (long long)referrer.qualified_referrals,
              (long long)referrer.referrals);
}

/* ---- running ----------------------------------------------------------- */

static void run_stream(Stream *stream)
{
    stream->model = (Model){ 0 };
    chance_state = stream->seed;
    set_up(stream);
    stream->model.referrer = inside_join(stream, 0);
    for (int i = 0; i < EVENTS; i++) {
        int dice = below(10);
        if (dice < 2 || stream->model.lead_count == 0)
            lead_joins(stream);
        else if (dice < 5)
            lead_is_judged(stream, dice < 4);
        else if (dice < 7)
            lead_orders(stream);
        else if (dice < 8)
            order_is_refunded(stream);
        else
            somebody_acts(stream);
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
    kit_open(kit);
    for (; first < end; first += AT_ONCE) {
        Stream *stream = calloc(1, sizeof *stream);
        stream->base = (Command){ .run = run_streams, .arena = kit->arena };
        stream->kit = kit;
        stream->first = first;
        stream->end = first + AT_ONCE < end ? first + AT_ONCE : end;
        must(kit, &stream->base);
        free(stream);
        arena_reset(kit->arena);
    }
    assert_int_equal(store_ledger_check(kit->session, ACCOUNT), STATUS_OK);
    kit_close(kit);
    free(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(grants_and_balances_are_those_of_the_model) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
