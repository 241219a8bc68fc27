#include "app/burners.h"

#include <stdio.h>

#include "base/asset.h"
#include "base/buf.h"
#include "base/limits.h"

static Status read_file(Str path, Arena *arena, Str *out_text, Error *err)
{
    Buf buf = buf_in_arena(arena, LIMIT_BURNER_LIST_LEN);
    Str name = arena_str(arena, path);
    char part[4096];
    size_t len;
    FILE *file = name.ptr ? fopen(name.ptr, "rb") : NULL;
    if (file == NULL)
        return error_set(err, STATUS_INVALID, "burner-domains", "--burner-domains: %.*s can't be read.", STR_ARG(path));
    while ((len = fread(part, 1, sizeof part, file)) > 0)
        buf_append(&buf, (Str){ part, len });
    bool failed = ferror(file) || buf.failed;
    fclose(file);
    *out_text = buf_str(&buf);
    return failed ? error_set(err, STATUS_INVALID, "burner-domains",
                              "--burner-domains: %.*s can't be read, or is longer than %d bytes.", STR_ARG(path),
                              LIMIT_BURNER_LIST_LEN)
                  : STATUS_OK;
}

Status burners_load(Str path, Arena *arena, BurnerList *out_list, Error *err)
{
    Str text = asset_find("engine/lists/burner_domains.txt");
    Status status = path.len ? read_file(path, arena, &text, err) : STATUS_OK;
    if (status)
        return status;
    return burner_list_read(text, arena, out_list) ? STATUS_OK : STATUS_NOMEM;
}
