#include "base/json_form.h"

#include <jansson.h>

#include "base/limits.h"

/* One step of a path: a member's name, or a place in an array. */
typedef struct Step {
    Str name;
    bool is_place, is_next;
    int64_t place;
} Step;

typedef struct Path {
    Step steps[LIMIT_FORM_DEPTH];
    size_t count;
} Path;

static Step step_of(Str name, bool in_brackets)
{
    Step step = { .name = name };
    step.is_next = in_brackets && str_is_empty(name);
    step.is_place = step.is_next || (in_brackets && str_to_i64(name, &step.place) && step.place >= 0);
    return step;
}

/* "a[b][0]" → a, b, 0 */
static bool read_path(Str name, Path *out_path)
{
    ptrdiff_t bracket = str_index(name, '[');
    size_t head = bracket < 0 ? name.len : (size_t)bracket;
    *out_path = (Path){ .steps = { step_of((Str){ name.ptr, head }, false) }, .count = 1 };
    for (Str rest = str_skip(name, head); rest.len;) {
        ptrdiff_t end = str_index(rest, ']');
        if (rest.ptr[0] != '[' || end < 0 || out_path->count == LIMIT_FORM_DEPTH)
            return false;
        out_path->steps[out_path->count++] = step_of((Str){ rest.ptr + 1, (size_t)end - 1 }, true);
        rest = str_skip(rest, (size_t)end + 1);
    }
    return head > 0;
}

static json_t *value_at(const json_t *node, const Step *step)
{
    if (json_is_object(node))
        return json_object_getn(node, step->name.ptr, step->name.len);
    return step->is_next ? NULL : json_array_get(node, (size_t)step->place);
}

/* Takes the value over, also when it fails. */
static Status put_at(json_t *node, const Step *step, json_t *value)
{
    if (value == NULL)
        return STATUS_NOMEM;
    int failed;
    if (json_is_object(node))
        failed = json_object_setn_new(node, step->name.ptr, step->name.len, value);
    else if (step->is_next || (size_t)step->place == json_array_size(node))
        failed = json_array_append_new(node, value);
    else
        failed = json_array_set_new(node, (size_t)step->place, value);
    return failed ? STATUS_NOMEM : STATUS_OK;
}

static bool fits(const json_t *node, const Step *step)
{
    if (json_is_object(node))
        return !step->is_place;
    return json_is_array(node) && step->is_place &&
           (step->is_next || (size_t)step->place <= json_array_size(node));
}

/* The node below `node` at a step, made when there is none. */
static Status descend(json_t **node, const Step *step, const Step *below)
{
    json_t *child = value_at(*node, step);
    if (child == NULL) {
        child = below->is_place ? json_array() : json_object();
        Status status = put_at(*node, step, child);
        if (status)
            return status;
    }
    *node = child;
    return STATUS_OK;
}

Status json_form_begin(JsonDoc *out_doc)
{
    out_doc->root = (const JsonValue *)json_object();
    return out_doc->root ? STATUS_OK : STATUS_NOMEM;
}

Status json_form_put(JsonDoc *form, Str name, Str value, Error *err)
{
    static const char malformed[] =
        "A form's field is named like field, field[name] or field[0][name]; places count from 0.";
    Path path;
    if (!read_path(name, &path))
        return error_set(err, STATUS_INVALID, NULL, malformed);
    json_t *node = (json_t *)(uintptr_t)form->root;
    for (size_t i = 0; i < path.count; i++) {
        const Step *step = &path.steps[i];
        if (!fits(node, step))
            return error_set(err, STATUS_INVALID, NULL, malformed);
        Status status = i + 1 < path.count ? descend(&node, step, step + 1)
                                           : put_at(node, step, json_stringn(value.ptr, value.len));
        if (status)
            return status;
    }
    return STATUS_OK;
}
