/* What a call brings along: its body, as JSON or as a form, and its query string. Both become the same
 * kind of tree, which fields_read checks. */
#include "api/handlers.h"
#include "base/json_form.h"
#include "base/limits.h"
#include "http/route.h"

/* ---- forms ------------------------------------------------------------- */

static bool decode(Arena *arena, Str text, Str *out_decoded)
{
    return http_percent_decode(arena, text.ptr ? text : STR(""), true, out_decoded) &&
           str_index(*out_decoded, 0) < 0 && str_is_utf8(*out_decoded);
}

/* Does "filters[0][field]" begin with the name of one of the fields? v1 takes the fields of a campaign's form,
 * which no table names. */
static bool is_wanted(const ApiCall *call, Str name, const Field *fields, size_t count)
{
    ptrdiff_t bracket = str_index(name, '[');
    if (bracket < 0 && name.len > 0 && call->route->family == API_V1)
        return true;
    Str head = { name.ptr, bracket < 0 ? name.len : (size_t)bracket };
    for (size_t i = 0; i < count; i++)
        if (str_is(head, fields[i].name))
            return true;
    return false;
}

/* Reads "a=1&b[c]=2" into a tree, those pairs that a field names; others are ignored, as in JSON. Empty
 * pairs are skipped: senders of forms leave them (contract 2.2). */
static Status read_form(ApiCall *call, Str form, const Field *fields, size_t count, JsonDoc *out_doc, Error *err)
{
    Arena *arena = call->request->arena;
    Status status = json_form_begin(out_doc);
    Str pair, name, value;
    for (int pairs = 0; !status && str_cut(&form, '&', &pair);) {
        value = pair;
        if (!str_cut(&value, '=', &name) || !decode(arena, name, &name) || !is_wanted(call, name, fields, count))
            continue;
        if (++pairs > LIMIT_FORM_PAIRS)
            return error_set(err, STATUS_INVALID, NULL, "There are more than %d fields.", LIMIT_FORM_PAIRS);
        if (!decode(arena, value, &value))
            return error_set(err, STATUS_INVALID, NULL, "The field %.60s is not well encoded: send UTF-8, percent-encoded.",
                             name.ptr);
        status = json_form_put(out_doc, name, value, err);
    }
    return status;
}

/* ---- bodies ------------------------------------------------------------ */

static bool needs_any(const ApiRoute *route)
{
    for (size_t i = 0; i < route->field_count; i++)
        if (route->fields[i].required)
            return true;
    return false;
}

static Status read_json(ApiCall *call, Error *err)
{
    Str body = call->request->body;
    if (str_is_empty(str_trim(body)) && !needs_any(call->route))
        return STATUS_OK; /* the same as {} */
    Status status = json_parse(body, &call->body, err);
    if (status == STATUS_OK && json_type_of(call->body.root) != JSON_TYPE_OBJECT)
        status = error_set(err, STATUS_INVALID, NULL, "The body must be a JSON object.");
    return status;
}

/* What can't be read at all is a 400, what doesn't fit the fields a 422. */
static bool is_read(ApiCall *call, Status status, const Error *err)
{
    if (status == STATUS_INVALID)
        api_fail_as(call, 400, err->text, NULL);
    else if (status)
        api_fail(call, status, err);
    return status == STATUS_OK;
}

static bool read_body(ApiCall *call)
{
    const ApiRoute *route = call->route;
    if (route->fields == NULL)
        return true;
    Error err = { 0 };
    Status status;
    Str type = http_media_type(http_header(call->request, "Content-Type"));
    if (str_ieq(type, STR("application/x-www-form-urlencoded"))) {
        status = read_form(call, call->request->body, route->fields, route->field_count, &call->body, &err);
    } else if (type.ptr == NULL || str_ieq(type, STR("application/json")) || str_ends(type, STR("+json"))) {
        status = read_json(call, &err);
    } else {
        api_fail_as(call, 415, "Send the body as JSON, with the header Content-Type: application/json.", NULL);
        return false;
    }
    FieldErrors errors;
    if (!is_read(call, status, &err))
        return false;
    bool fits = fields_read(route->fields, route->field_count, call->body.root, call->request->arena, &call->values,
                            &errors);
    if (!fits)
        api_fail_fields(call, &errors);
    return fits;
}

static bool read_query(ApiCall *call)
{
    const ApiRoute *route = call->route;
    if (route->query == NULL)
        return true;
    Error err = { 0 };
    Status status = read_form(call, call->request->query, route->query, route->query_count, &call->query, &err);
    FieldErrors errors;
    if (!is_read(call, status, &err))
        return false;
    bool fits = fields_read(route->query, route->query_count, call->query.root, call->request->arena,
                            &call->query_values, &errors);
    if (!fits)
        api_fail_fields(call, &errors);
    return fits;
}

bool api_read_input(ApiCall *call)
{
    return read_query(call) && read_body(call);
}
