#include "engine/coupon_csv.h"

#include <csv.h>

typedef struct CouponFile {
    Arena *arena;
    Str *codes;
    size_t count, cap;
    bool first_in_row;
    Status status;
} CouponFile;

static bool is_header(const CouponFile *file, Str cell)
{
    return file->count == 0 && (str_ieq(cell, STR("code")) || str_ieq(cell, STR("coupon")));
}

static void take_cell(void *cell, size_t len, void *arg)
{
    CouponFile *file = arg;
    Str code = str_trim((Str){ cell, len });
    bool wanted = file->first_in_row && !str_is_empty(code) && !is_header(file, code);
    file->first_in_row = false;
    if (!wanted || file->status)
        return;
    if (file->count == file->cap) {
        size_t cap = file->cap ? file->cap * 2 : 256;
        Str *grown = ARENA_ARRAY(file->arena, Str, cap);
        if (grown && file->count)
            memcpy(grown, file->codes, file->count * sizeof *grown);
        file->codes = grown;
        file->cap = cap;
    }
    Str copy = file->codes ? arena_str(file->arena, code) : STR_NONE;
    if (copy.ptr == NULL)
        file->status = STATUS_NOMEM;
    else
        file->codes[file->count++] = copy;
}

static void end_row(int c UNUSED, void *arg)
{
    ((CouponFile *)arg)->first_in_row = true;
}

Status coupon_csv_read(Str text, Arena *arena, Str **out_codes, size_t *out_count, Error *err)
{
    CouponFile file = { .arena = arena, .first_in_row = true };
    struct csv_parser parser;
    if (csv_init(&parser, CSV_APPEND_NULL | CSV_STRICT | CSV_STRICT_FINI) != 0)
        return STATUS_NOMEM;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_skip(text, 3);
    bool fits = csv_parse(&parser, text.ptr, text.len, take_cell, end_row, &file) == text.len &&
                csv_fini(&parser, take_cell, end_row, &file) == 0;
    csv_free(&parser);
    *out_codes = file.codes;
    *out_count = file.count;
    return fits ? file.status : error_set(err, STATUS_INVALID, "csv", "This is no CSV.");
}
