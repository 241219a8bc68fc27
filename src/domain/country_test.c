#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/country.h"

static Countries read_lines(const char *const *lines, size_t count)
{
    Countries countries = { 0 };
    for (size_t i = 0; i < count; i++)
        if (countries_add(&countries, str_of(lines[i]), NULL) != STATUS_OK)
            fail_msg("refused: %s", lines[i]);
    return countries;
}

static void assert_in(const Countries *countries, const char *text, const char *expected)
{
    IpAddress address;
    assert_true(ip_parse(str_of(text), &address));
    Country country = country_of(countries, address);
    if (strcmp(country.code, expected) != 0)
        fail_msg("%s is in \"%s\", not in \"%s\"", text, country.code, expected);
}

static void an_address_is_in_the_country_of_its_range(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "# start,end,country", "", "1.0.0.0,1.0.0.255,AU", "1.0.1.0,1.0.3.255,CN\r\n", "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP",
        "1.0.4.4,1.0.4.4,NZ",  "255.255.255.255,255.255.255.255,US", "ff00::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR",
    };
    static const char *const cases[][2] = {
        { "1.0.0.0", "AU" },     { "1.0.0.255", "AU" },      { "1.0.1.0", "CN" },         { "1.0.2.77", "CN" },
        { "1.0.3.255", "CN" },   { "1.0.4.3", "" },          { "1.0.4.4", "NZ" },         { "1.0.4.5", "" },
        { "0.255.255.255", "" }, { "255.255.255.255", "US" }, { "::ffff:1.0.0.7", "AU" }, { "2001:200::1", "JP" },
        { "2001:201::", "" },    { "::", "" },               { "ffff::1", "FR" },         { "254.0.0.1", "" },
    };
    Countries countries = read_lines(lines, ARRAY_LEN(lines));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_in(&countries, cases[i][0], cases[i][1]);
    assert_string_equal(country_of(&countries, (IpAddress){ 0 }).code, "");
    countries_free(&countries);
    assert_in(&countries, "1.0.0.0", "");
}

static void a_line_that_is_no_range_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1.0.0.0,1.0.0.255", "1.0.0.0,1.0.0.255,", "1.0.0.0,1.0.0.255,Au", "1.0.0.0,1.0.0.255,AUS", "1.0.0.0,1.0.0.255,AU,x", "1.0.0.0,1.0.0.256,AU",
        "1.0.0.9,1.0.0.8,AU", "1.0.0.0,2001:200::,AU", "start,end,country", "16777216,16777471,AU", "\"1.0.0.0\",\"1.0.0.255\",\"AU\"", "1.0.0.0/24,AU",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Countries countries = { 0 };
        Error err;
        if (countries_add(&countries, str_of(bad[i]), &err) != STATUS_INVALID)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(countries.v4.count + countries.v6.count, 0);
    }
}

static void ranges_that_do_not_rise_are_refused(void **state)
{
    (void)state;
    static const char *const first[] = { "1.0.1.0,1.0.3.255,CN", "2001:200::,2001:200::ff,JP" };
    Countries countries = read_lines(first, ARRAY_LEN(first));
    static const char *const bad[] = { "1.0.1.0,1.0.3.255,CN", "1.0.3.255,1.0.4.0,AU", "1.0.0.0,1.0.0.1,AU", "2001:200::80,2001:201::,JP" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (countries_add(&countries, str_of(bad[i]), NULL) != STATUS_INVALID)
            fail_msg("taken: %s", bad[i]);
    countries_free(&countries);
}

static void as_many_as_there_are_find_room(void **state)
{
    (void)state;
    Countries countries = { 0 };
    for (unsigned i = 0; i < 5000; i++) {
        char line[64];
        snprintf(line, sizeof line, "10.%u.%u.0,10.%u.%u.9,%c%c", i / 250, i % 250, i / 250, i % 250, 'A' + (int)(i % 26), 'A' + (int)(i / 26 % 26));
        assert_int_equal(countries_add(&countries, str_of(line), NULL), STATUS_OK);
    }
    assert_in(&countries, "10.0.0.0", "AA");
    assert_in(&countries, "10.4.27.9", "NN");  /* the 1027th */
    assert_in(&countries, "10.19.249.5", "HK"); /* the last */
    assert_in(&countries, "10.19.249.10", "");
    countries_free(&countries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_in_the_country_of_its_range),
        cmocka_unit_test(a_line_that_is_no_range_is_refused),
        cmocka_unit_test(ranges_that_do_not_rise_are_refused),
        cmocka_unit_test(as_many_as_there_are_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
