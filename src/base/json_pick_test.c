#include "base/json_pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OBJECT STR("{\"id\":7,\"name\":\"Zo\xc3\xab\",\"total\":25.50,\"none\":null,\"who\":{\"email\":\"a@b\",\"tags\":[1,true]}}")

static void check(Str picks, const char *expected)
{
    JsonDoc doc;
    Buf out = buf_new(1000);
    assert_int_equal(json_parse(OBJECT, &doc, NULL), STATUS_OK);
    json_pick(doc.root, picks, &out);
    buf_append_char(&out, 0);
    assert_string_equal(out.ptr, expected);
    json_doc_free(&doc);
    buf_free(&out);
}

static void members_come_in_the_order_and_under_the_names_that_were_asked_for(void **state UNUSED)
{
    check(STR("name=Full \"name\"\nid=id"), "{\"Full \\\"name\\\"\":\"Zo\xc3\xab\",\"id\":7}");
    check(STR("total=a=b"), "{\"a=b\":25.5}");
}

static void paths_lead_into_objects(void **state UNUSED)
{
    check(STR("who.email=mail\nwho.tags=tags\nwho=who"), "{\"mail\":\"a@b\",\"tags\":[1,true],\"who\":{\"email\":\"a@b\",\"tags\":[1,true]}}");
}

static void what_is_not_there_is_null(void **state UNUSED)
{
    check(STR("gone=a\nnone=b\nid.email=c\nwho.gone=d"), "{\"a\":null,\"b\":null,\"c\":null,\"d\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_the_order_and_under_the_names_that_were_asked_for),
        cmocka_unit_test(paths_lead_into_objects),
        cmocka_unit_test(what_is_not_there_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
