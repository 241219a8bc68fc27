/* Filters to SQL. What a condition means is SQL's: a field that is null is neither equal nor unequal to
 * anything; only NULL finds it. */
#include "base/limits.h"
#include "base/time.h"
#include "domain/text.h"
#include "store/query_internal.h"

typedef enum Operator {
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_LIKE,
    OP_IN,
    OP_NOT_IN,
    OP_NULL,
    OP_NOT_NULL,
    OP_COUNT,
} Operator;

static const char *const operator_names[OP_COUNT] = { "=",    "!=", "<",      "<=",   ">",       ">=",
                                                      "LIKE", "IN", "NOT IN", "NULL", "NOT NULL" };

typedef struct Compiler {
    const ListTable *table;
    const CodeKey *code_key;
    Arena *arena;
    SqlText *sql;
    BlockScope *scope;
    Error *err;
    size_t conditions, values;
} Compiler;

/* ---- values ------------------------------------------------------------ */

static Status fail_value(Compiler *compiler, const Column *column, const char *text)
{
    return error_set(compiler->err, STATUS_INVALID, column->name, "%s", text);
}

static Status read_number(Compiler *compiler, const Column *column, Str value, SqlValue *out_value)
{
    int64_t number;
    if (!str_to_i64(str_trim(value), &number))
        return fail_value(compiler, column, "This field is compared with a number.");
    *out_value = sql_int(number);
    return STATUS_OK;
}

static Status read_name(Compiler *compiler, const Column *column, Str value, SqlValue *out_value)
{
    int number;
    if (!name_find(*column->names, str_trim(value), &number))
        return fail_value(compiler, column, "This field has no such value.");
    *out_value = sql_int(number);
    return STATUS_OK;
}

static Status read_bool(Compiler *compiler, const Column *column, Str value, SqlValue *out_value)
{
    bool yes = str_is(value, "1") || str_is(value, "true"), no = str_is(value, "0") || str_is(value, "false");
    if (!yes && !no)
        return fail_value(compiler, column, "This field is compared with true or false.");
    *out_value = sql_int(yes);
    return STATUS_OK;
}

/* A code that is none belongs to nobody, and so does the id 0. */
static Status read_code(Compiler *compiler, CodeKind kind, Str value, SqlValue *out_value)
{
    int64_t id = 0;
    Str code = str_trim(value);
    for (ptrdiff_t slash; (slash = str_index(code, '/')) >= 0;)
        code = str_skip(code, (size_t)slash + 1);
    if (!code_parse(compiler->code_key, kind, code, &id))
        id = 0;
    *out_value = sql_int(id);
    return STATUS_OK;
}

static Status read_value(Compiler *compiler, const Column *column, Str value, SqlValue *out_value)
{
    if (value.ptr == NULL || value.len > LIMIT_FILTER_VALUE_LEN)
        return fail_value(compiler, column, value.ptr ? "This value is too long to filter by."
                                                      : "To find what has no value, use the operator NULL.");
    switch (column->type) {
    case COLUMN_INT:
        return read_number(compiler, column, value, out_value);
    case COLUMN_NAME:
        return read_name(compiler, column, value, out_value);
    case COLUMN_BOOL:
        return read_bool(compiler, column, value, out_value);
    case COLUMN_USER_CODE:
        return read_code(compiler, CODE_USER, value, out_value);
    case COLUMN_CAMPAIGN_CODE:
        return read_code(compiler, CODE_CAMPAIGN, value, out_value);
    case COLUMN_EMAIL:
        *out_value = sql_text(email_key(compiler->arena, str_trim(value)));
        return out_value->type == SQL_TEXT ? STATUS_OK : STATUS_NOMEM;
    case COLUMN_TEXT:
        *out_value = sql_text(value);
        return STATUS_OK;
    case COLUMN_TIME:
        break; /* a span, not a value: see append_time */
    }
    return STATUS_INTERNAL;
}

/* ---- conditions -------------------------------------------------------- */

static void append(Compiler *compiler, const char *text)
{
    buf_append(&compiler->sql->text, str_of(text));
}

static void append_compared(Compiler *compiler, const Column *column, const char *with, SqlValue value)
{
    append(compiler, column->sql);
    append(compiler, with);
    sql_text_value(compiler->sql, value);
}

/* A date names a whole day, "09:30" a whole minute: equal is what lies within, greater what comes after. */
static Status append_time(Compiler *compiler, const Column *column, Operator op, Str value)
{
    int64_t from_us, span_us;
    if (!time_parse(value, &from_us, &span_us))
        return fail_value(compiler, column, "This field is compared with a date, for example 2026-01-14.");
    SqlValue from = sql_int(from_us), end = sql_int(from_us + span_us);
    switch (op) {
    case OP_LESS:
        append_compared(compiler, column, " < ", from);
        break;
    case OP_LESS_EQUAL:
        append_compared(compiler, column, " < ", end);
        break;
    case OP_GREATER:
        append_compared(compiler, column, " >= ", end);
        break;
    case OP_GREATER_EQUAL:
        append_compared(compiler, column, " >= ", from);
        break;
    default:
        append(compiler, op == OP_UNEQUAL ? "NOT (" : "(");
        append_compared(compiler, column, " >= ", from);
        append(compiler, " AND ");
        append_compared(compiler, column, " < ", end);
        append(compiler, ")");
        break;
    }
    return STATUS_OK;
}

static Status append_like(Compiler *compiler, const Column *column, SqlValue value)
{
    size_t wildcards = 0;
    for (size_t i = 0; i < value.bytes.len; i++)
        wildcards += value.bytes.ptr[i] == '%';
    if (wildcards > LIMIT_LIKE_WILDCARDS)
        return fail_value(compiler, column, "A pattern for LIKE has at most four %.");
    append_compared(compiler, column, " LIKE ", value);
    return STATUS_OK;
}

static Status append_one(Compiler *compiler, const Column *column, Operator op, Str value)
{
    static const char *const signs[] = { " = ", " <> ", " < ", " <= ", " > ", " >= " };
    SqlValue parameter;
    if (++compiler->values > LIMIT_FILTER_VALUES)
        return fail_value(compiler, column, "These are too many values to filter by.");
    if (column->type == COLUMN_TIME)
        return append_time(compiler, column, op, value);
    Status status = read_value(compiler, column, value, &parameter);
    if (status)
        return status;
    if (op == OP_LIKE)
        return append_like(compiler, column, parameter);
    append_compared(compiler, column, signs[op], parameter);
    return STATUS_OK;
}

static Status append_list(Compiler *compiler, const Column *column, const Filter *filter, Operator op)
{
    append(compiler, op == OP_IN ? "(" : "NOT (");
    if (filter->value_count == 0)
        append(compiler, "1 = 0");
    for (size_t i = 0; i < filter->value_count; i++) {
        if (i > 0)
            append(compiler, " OR ");
        Status status = append_one(compiler, column, OP_EQUAL, filter->values[i]);
        if (status)
            return status;
    }
    append(compiler, ")");
    return STATUS_OK;
}

/* ---- what counts by block can tell -------------------------------------- */

/* The kinds that one value stands for; the value has been checked. */
static RowKinds kinds_of(const Column *column, Str value)
{
    int number = 0;
    if (column->names)
        (void)name_find(*column->names, str_trim(value), &number);
    switch (column->count) {
    case COUNT_QUALIFIED:
        return user_kinds_of_qualified(str_is(value, "1") || str_is(value, "true"));
    case COUNT_SOURCE:
        return user_kinds_of_source(number);
    case COUNT_TYPE:
        return user_kinds_of_type(number == 1);
    case COUNT_STATE:
        return grant_kinds_of_state(number);
    case COUNT_METRIC:
        return grant_kinds_of_metric(number);
    case COUNT_NO:
    case COUNT_CAMPAIGN:
    case COUNT_FREE:
        break;
    }
    return 0;
}

static void narrow_kinds(BlockScope *scope, const Column *column, const Filter *filter, bool excludes)
{
    RowKinds kinds = 0;
    for (size_t i = 0; i < filter->value_count; i++)
        kinds |= kinds_of(column, filter->values[i]);
    scope->kinds &= excludes ? ~kinds : kinds;
}

static void narrow_campaign(BlockScope *scope, const Filter *filter)
{
    int64_t id = 0;
    (void)str_to_i64(str_trim(filter->values[0]), &id);
    if (id <= 0 || (scope->campaign_id && scope->campaign_id != id))
        scope->kinds = 0; /* nobody is in two campaigns */
    scope->campaign_id = id;
}

/* For a condition that every row must meet. */
static void narrow(Compiler *compiler, const Column *column, const Filter *filter, Operator op)
{
    BlockScope *scope = compiler->scope;
    bool includes = op == OP_EQUAL || op == OP_IN, excludes = op == OP_UNEQUAL || op == OP_NOT_IN;
    if (column->count == COUNT_CAMPAIGN && op == OP_EQUAL)
        narrow_campaign(scope, filter);
    else if (column->count == COUNT_FREE && op == OP_NULL)
        scope->nulls |= UINT32_C(1) << (column - compiler->table->columns);
    else if (column->count > COUNT_FREE && (includes || excludes))
        narrow_kinds(scope, column, filter, excludes);
    else
        scope->known = false;
}

/* ---- the tree ---------------------------------------------------------- */

static bool op_fits(const Column *column, Operator op)
{
    switch (column->type) {
    case COLUMN_INT:
    case COLUMN_TIME:
        return op != OP_LIKE;
    case COLUMN_TEXT:
    case COLUMN_EMAIL:
        return true;
    case COLUMN_BOOL:
    case COLUMN_NAME:
    case COLUMN_USER_CODE:
    case COLUMN_CAMPAIGN_CODE:
        break;
    }
    return op == OP_EQUAL || op == OP_UNEQUAL || op >= OP_IN;
}

/* Missing means equal, as in v1; <> is !=, and null is compared as NULL is. */
static bool find_op(const Filter *filter, Operator *out_op)
{
    Str name = str_trim(filter->op);
    int op = OP_EQUAL;
    if (str_is(name, "<>"))
        op = OP_UNEQUAL;
    else if (name.len > 0)
        for (op = 0; op < OP_COUNT && !str_ieq(name, str_of(operator_names[op])); op++)
            ;
    if (op == OP_COUNT)
        return false;
    bool is_null = filter->value_count == 1 && filter->values[0].ptr == NULL;
    if (is_null && (op == OP_EQUAL || op == OP_UNEQUAL))
        op = op == OP_EQUAL ? OP_NULL : OP_NOT_NULL;
    *out_op = (Operator)op;
    return true;
}

static Status append_condition(Compiler *compiler, const Column *column, const Filter *filter, Operator op)
{
    if (op == OP_NULL || op == OP_NOT_NULL) {
        append(compiler, column->sql);
        append(compiler, op == OP_NULL ? " IS NULL" : " IS NOT NULL");
        return STATUS_OK;
    }
    if (op == OP_IN || op == OP_NOT_IN)
        return append_list(compiler, column, filter, op);
    if (filter->value_count != 1)
        return fail_value(compiler, column, "This operator wants one value; IN and NOT IN take several.");
    return append_one(compiler, column, op, filter->values[0]);
}

static Status compile_condition(Compiler *compiler, const Filter *filter, bool is_required)
{
    const Column *column = list_column(compiler->table, filter->field);
    int shown = (int)size_min(filter->field.len, 40);
    Operator op;
    if (column == NULL)
        return error_set(compiler->err, STATUS_INVALID, "filters", "There is no field \"%.*s\" to filter by.", shown,
                         filter->field.ptr ? filter->field.ptr : "");
    if (!find_op(filter, &op))
        return fail_value(compiler, column,
                          "The operator is =, !=, <, <=, >, >=, LIKE, IN, NOT IN, NULL or NOT NULL.");
    if (!op_fits(column, op))
        return error_set(compiler->err, STATUS_INVALID, column->name, "This field can't be compared with %s.",
                         operator_names[op]);
    if (++compiler->conditions > LIMIT_FILTER_CONDITIONS)
        return error_set(compiler->err, STATUS_INVALID, "filters", "A filter has at most %d conditions.",
                         LIMIT_FILTER_CONDITIONS);
    Status status = append_condition(compiler, column, filter, op);
    if (!status && is_required)
        narrow(compiler, column, filter, op);
    return status;
}

/* `is_required`: no row without it. */
static Status compile(Compiler *compiler, const Filter *filter, int depth, bool is_required)
{
    if (filter->kind == FILTER_CONDITION)
        return compile_condition(compiler, filter, is_required);
    if (depth > LIMIT_FILTER_DEPTH) /* one more than clients may have: the call's own around theirs */
        return error_set(compiler->err, STATUS_INVALID, "filters", "Groups are nested at most %d deep.",
                         LIMIT_FILTER_DEPTH);
    is_required = is_required && (filter->kind == FILTER_AND || filter->member_count <= 1);
    if (!is_required && filter->member_count > 0)
        compiler->scope->known = false;
    append(compiler, filter->member_count ? "(" : "1 = 1");
    for (size_t i = 0; i < filter->member_count; i++) {
        if (i > 0)
            append(compiler, filter->kind == FILTER_AND ? " AND " : " OR ");
        Status status = compile(compiler, &filter->members[i], depth + 1, is_required);
        if (status)
            return status;
    }
    if (filter->member_count)
        append(compiler, ")");
    return STATUS_OK;
}

Status filter_compile(const ListTable *table, const ListQuery *query, Arena *arena, SqlText *sql,
                      BlockScope *out_scope, Error *err)
{
    static const Filter everything = { .kind = FILTER_AND };
    *out_scope = (BlockScope){ .known = table->blocks || query->kind == LIST_OF_COUPONS,
                               .kinds = table->blocks ? table->blocks->all : 1 };
    Compiler compiler = { .table = table, .code_key = query->code_key, .arena = arena, .sql = sql,
                          .scope = out_scope, .err = err };
    return compile(&compiler, query->filter ? query->filter : &everything, 0, true);
}
