#include "base/json_pick.h"

#include "base/json_out.h"

static const JsonValue *find(const JsonValue *value, Str path)
{
    char name[128];
    Str part;
    while (value && str_cut(&path, '.', &part)) {
        if (part.len >= sizeof name)
            return NULL;
        memcpy(name, part.ptr, part.len);
        name[part.len] = 0;
        value = json_type_of(value) == JSON_TYPE_OBJECT ? json_get(value, name) : NULL;
    }
    return value;
}

void json_pick(const JsonValue *object, Str picks, Buf *out)
{
    JsonOut json = json_out(out);
    Str line, path;
    json_begin_object(&json);
    while (str_cut(&picks, '\n', &line)) {
        str_cut(&line, '=', &path);
        const JsonValue *value = find(object, path);
        json_key_str(&json, line);
        if (value) {
            json_dump_to(value, out);
            json.needs_comma = true;
        } else
            json_null(&json);
    }
    json_end_object(&json);
}
