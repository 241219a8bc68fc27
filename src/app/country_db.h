/* The operator's list of countries. */
#ifndef APP_COUNTRY_DB_H
#define APP_COUNTRY_DB_H

#include "domain/country.h"

/* `path` empty: none is known. A line that is wrong is named. */
Status country_db_load(Str path, Countries *out_countries, Error *err) MUST_USE;

#endif
