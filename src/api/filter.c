#include "api/filter.h"

#include "base/limits.h"
#include "http/route.h"

/* More than the store takes: it is the one that complains. */
enum { MEMBERS_MAX = LIMIT_FILTER_CONDITIONS + FILTER_OWN_MAX + 2 };

/* Conditions on their way; those of brackets are known by what stands in the first pair. */
typedef struct Gathered {
    ApiCall *call;
    Filter members[MEMBERS_MAX];
    Str indexes[MEMBERS_MAX]; /* { NULL, 0 }: not of brackets */
    size_t count;
} Gathered;

static bool fail(ApiCall *call, const char *text)
{
    Error err;
    api_fail(call, error_set(&err, STATUS_INVALID, "filters", "%s", text), &err);
    return false;
}

static Filter *add(Gathered *gathered, Filter member, Str index)
{
    if (gathered->count == MEMBERS_MAX)
        return NULL;
    gathered->indexes[gathered->count] = index;
    gathered->members[gathered->count] = member;
    return &gathered->members[gathered->count++];
}

static const Str *one_value(ApiCall *call, Str value)
{
    Str *copy = ARENA_NEW(call->request->arena, Str);
    if (copy)
        *copy = value;
    return copy;
}

static bool add_condition(Gathered *gathered, Str field, Str op, Str value)
{
    const Str *values = one_value(gathered->call, value);
    return values && add(gathered, filter_condition(field, op, values), STR_NONE);
}

/* ---- the query string -------------------------------------------------- */

/* "filters[7][value]" gives "7" and "value"; "filters[7][value][]" too. */
static bool split_name(Str name, Str *out_index, Str *out_part)
{
    static const Str prefix = { "filters[", 8 };
    if (!str_starts(name, prefix))
        return false;
    Str rest = str_skip(name, prefix.len);
    return str_cut(&rest, ']', out_index) && str_starts(rest, STR("[")) &&
           (rest = str_skip(rest, 1), str_cut(&rest, ']', out_part));
}

static Filter *member_of(Gathered *gathered, Str index)
{
    for (size_t i = 0; i < gathered->count; i++)
        if (gathered->indexes[i].ptr && str_eq(gathered->indexes[i], index))
            return &gathered->members[i];
    return add(gathered, (Filter){ .kind = FILTER_CONDITION }, index);
}

/* Appends a value to those of a condition; arrays grow at powers of two. */
static bool add_value(Arena *arena, Filter *condition, Str value)
{
    size_t count = condition->value_count;
    Str *values = (Str *)condition->values;
    if ((count & (count - 1)) == 0) {
        values = ARENA_ARRAY(arena, Str, count ? count * 2 : 1);
        if (values == NULL)
            return false;
        if (count)
            memcpy(values, condition->values, count * sizeof *values);
    }
    values[count] = value;
    condition->values = values;
    condition->value_count++;
    return true;
}

static bool read_bracket(Gathered *gathered, Str index, Str part, Str value)
{
    Filter *member = member_of(gathered, index);
    if (member == NULL)
        return fail(gathered->call, "These are too many filters.");
    if (str_is(part, "field"))
        member->field = value;
    else if (str_is(part, "operator"))
        member->op = value;
    else if (str_is(part, "value") && !add_value(gathered->call->request->arena, member, value))
        return fail(gathered->call, "These are too many values to filter by.");
    return true;
}

/* In a query string the values of IN may stand in one text: value=1,2,3. */
static bool split_value(Arena *arena, Filter *member)
{
    Str op = str_trim(member->op);
    bool takes_list = str_ieq(op, STR("IN")) || str_ieq(op, STR("NOT IN"));
    if (!takes_list || member->value_count != 1)
        return true;
    Str rest = member->values[0], value;
    member->value_count = 0;
    while (str_cut(&rest, ',', &value))
        if (!add_value(arena, member, value))
            return false;
    return true;
}

static bool gather_query(Gathered *gathered, ListKind kind)
{
    ApiCall *call = gathered->call;
    bool plain = call->route->family == API_V2; /* v1 ignores campaign_id=, as the original does */
    Str query = call->request->query, name, value, index, part;
    while (http_form_next(call->request->arena, &query, &name, &value)) {
        if (split_name(name, &index, &part)) {
            if (!read_bracket(gathered, index, part, value))
                return false;
        } else if (plain && !str_is_empty(value) && store_list_knows(kind, name)) {
            if (!add_condition(gathered, name, STR("="), value))
                return fail(call, "These are too many filters.");
        }
    }
    for (size_t i = 0; i < gathered->count; i++)
        if (!split_value(call->request->arena, &gathered->members[i]))
            return fail(call, "These are too many values to filter by.");
    return true;
}

/* ---- the body ---------------------------------------------------------- */

static bool value_text(ApiCall *call, const JsonValue *json, Str *out_text)
{
    *out_text = STR_NONE;
    switch (json_type_of(json)) {
    case JSON_TYPE_STRING:
        *out_text = json_to_str(json);
        return true;
    case JSON_TYPE_BOOL:
        *out_text = json_to_bool(json) ? STR("1") : STR("0");
        return true;
    case JSON_TYPE_INT:
        *out_text = arena_printf(call->request->arena, "%lld", (long long)json_to_int(json));
        return out_text->ptr != NULL;
    case JSON_TYPE_NULL:
    case JSON_TYPE_NONE:
        return true;
    default:
        return fail(call, "A value is a text, a whole number, true, false or null, or an array of them.");
    }
}

static bool read_values(ApiCall *call, const JsonValue *json, Filter *condition)
{
    bool is_array = json_type_of(json) == JSON_TYPE_ARRAY;
    size_t count = is_array ? json_array_len(json) : 1;
    Str *values = ARENA_ARRAY(call->request->arena, Str, count);
    if (values == NULL || count > LIMIT_FILTER_VALUES)
        return fail(call, "These are too many values to filter by.");
    for (size_t i = 0; i < count; i++)
        if (!value_text(call, is_array ? json_array_at(json, i) : json, &values[i]))
            return false;
    condition->values = values;
    condition->value_count = count;
    return true;
}

static bool read_member(ApiCall *call, const JsonValue *json, int depth, Filter *out_filter);

static bool read_group(ApiCall *call, const JsonValue *json, int depth, Filter *out_filter)
{
    const JsonValue *name = json_get(json, "operator"), *members = json_get(json, "value");
    Str op = name ? str_trim(json_to_str(name)) : STR("AND");
    size_t count = json_array_len(members);
    bool is_or = str_ieq(op, STR("OR"));
    if ((!is_or && !str_ieq(op, STR("AND"))) || (members && json_type_of(members) != JSON_TYPE_ARRAY))
        return fail(call, "A group is {\"operator\": \"AND\" or \"OR\", \"value\": [conditions or groups]}.");
    if (count > MEMBERS_MAX || depth > LIMIT_FILTER_DEPTH)
        return fail(call, "A filter has at most 50 conditions, in groups nested at most 8 deep.");
    Filter *items = ARENA_ARRAY(call->request->arena, Filter, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        if (items == NULL || !read_member(call, json_array_at(members, i), depth, &items[i]))
            return items ? false : fail(call, "These are too many filters.");
    *out_filter = (Filter){ .kind = is_or ? FILTER_OR : FILTER_AND, .members = items, .member_count = count };
    return true;
}

static bool read_member(ApiCall *call, const JsonValue *json, int depth, Filter *out_filter)
{
    const JsonValue *field = json_get(json, "field"), *op = json_get(json, "operator");
    if (json_type_of(json) != JSON_TYPE_OBJECT)
        return fail(call, "A condition is {\"field\": …, \"operator\": …, \"value\": …}.");
    if (field == NULL)
        return read_group(call, json, depth + 1, out_filter);
    if (json_type_of(field) != JSON_TYPE_STRING || (op && json_type_of(op) != JSON_TYPE_STRING))
        return fail(call, "Field and operator of a condition are texts.");
    *out_filter = (Filter){ .kind = FILTER_CONDITION, .field = json_to_str(field), .op = json_to_str(op) };
    return read_values(call, json_get(json, "value"), out_filter);
}

static bool gather_body(Gathered *gathered)
{
    ApiCall *call = gathered->call;
    const JsonValue *json = json_get(call->body.root, "filters");
    Filter filter;
    if (json == NULL || json_type_of(json) == JSON_TYPE_NULL)
        return true;
    if (!read_group(call, json, 1, &filter))
        return false;
    return add(gathered, filter, STR_NONE) || fail(call, "These are too many filters.");
}

/* Does one of these conditions, or of the groups in them, speak of the field? */
static bool speaks_of(const Filter *members, size_t count, const char *field)
{
    for (size_t i = 0; i < count; i++)
        if (members[i].kind == FILTER_CONDITION ? str_is(members[i].field, field)
                                                : speaks_of(members[i].members, members[i].member_count, field))
            return true;
    return false;
}

static bool add_own(Gathered *gathered, const OwnFilter *own, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (own[i].yields && speaks_of(gathered->members, gathered->count, own[i].field))
            continue;
        if (!add_condition(gathered, str_of(own[i].field), str_of(own[i].op), str_of(own[i].value)))
            return fail(gathered->call, "These are too many filters.");
    }
    return true;
}

/* ---- sorting ----------------------------------------------------------- */

static void read_order(ApiCall *call, ListQuery *query)
{
    Str rest = call->request->query, name, value;
    while (http_form_next(call->request->arena, &rest, &name, &value)) {
        if (str_is(name, "sort")) {
            Str first;
            query->ascending = !str_starts(value, STR("-"));
            if (str_cut(&value, ',', &first))
                query->order = query->ascending ? first : str_skip(first, 1);
        } else if (str_starts(name, STR("order[")) && str_ends(name, STR("]"))) {
            query->order = (Str){ name.ptr + 6, name.len - 7 };
            query->ascending = str_ieq(str_trim(value), STR("asc"));
        }
    }
    if (!store_list_knows(query->kind, query->order))
        query->ascending = false; /* an unknown field is ignored: newest first */
}

bool list_query_of(ApiCall *call, ListKind kind, const OwnFilter *own, size_t own_count, ListQuery *out_query)
{
    Gathered *gathered = ARENA_NEW(call->request->arena, Gathered);
    Filter *all = ARENA_NEW(call->request->arena, Filter);
    if (gathered == NULL || all == NULL)
        return fail(call, "The server has no memory left for this.");
    gathered->call = call;
    if (!gather_query(gathered, kind) || !gather_body(gathered) || !add_own(gathered, own, own_count))
        return false;
    *all = filter_all_of(gathered->members, gathered->count);
    *out_query = (ListQuery){ .kind = kind,
                              .account_id = call->account_id,
                              .code_key = &call->context->engine->code_key,
                              .filter = all };
    read_order(call, out_query);
    return true;
}
