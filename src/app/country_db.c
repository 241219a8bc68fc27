#include "app/country_db.h"

#include <stdio.h>

enum { LONGEST_LINE = 256, LONGEST_PATH = 4096 };

static Status read_lines(FILE *file, Countries *countries, Error *err)
{
    char line[LONGEST_LINE];
    Status status = STATUS_OK;
    for (long long number = 1; !status && fgets(line, sizeof line, file); number++) {
        Error why;
        status = countries_add(countries, str_of(line), &why);
        if (status == STATUS_INVALID)
            status = error_set(err, status, "country-db", "--country-db: line %lld: %.200s", number, why.text);
    }
    return status || !ferror(file) ? status : error_set(err, STATUS_INVALID, "country-db", "--country-db: The file can't be read.");
}

Status country_db_load(Str path, Countries *out_countries, Error *err)
{
    *out_countries = (Countries){ 0 };
    if (str_is_empty(path))
        return STATUS_OK;
    char name[LONGEST_PATH];
    snprintf(name, sizeof name, "%.*s", STR_ARG(path));
    FILE *file = fopen(name, "r");
    if (file == NULL)
        return error_set(err, STATUS_INVALID, "country-db", "--country-db: %.*s can't be read.", STR_ARG(path));
    Status status = read_lines(file, out_countries, err);
    fclose(file);
    if (status)
        countries_free(out_countries);
    return status;
}
