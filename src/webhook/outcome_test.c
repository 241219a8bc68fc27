#include "webhook/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_answer_is_judged_by_status_acknowledgement_and_page(void **state UNUSED)
{
    static const struct {
        int status;
        const char *type, *body;
        bool expects_ack;
        Outcome expected;
    } cases[] = {
        { 200, NULL, "", false, OUTCOME_OK },
        { 204, NULL, "", false, OUTCOME_OK },
        { 299, "text/plain", "ok", false, OUTCOME_OK },
        { 200, "text/html", "<html>hello", false, OUTCOME_OK },
        { 300, NULL, "", false, OUTCOME_REDIRECT },
        { 304, NULL, "", false, OUTCOME_REDIRECT },
        { 399, NULL, "", false, OUTCOME_REDIRECT },
        { 400, NULL, "", false, OUTCOME_CLIENT_ERROR },
        { 401, NULL, "{\"received\":true}", true, OUTCOME_CLIENT_ERROR },
        { 404, "text/html", "<pre>Cannot POST", false, OUTCOME_CLIENT_ERROR },
        { 410, NULL, "", false, OUTCOME_CLIENT_ERROR },
        { 500, "application/json", "{\"received\":true}", true, OUTCOME_SERVER_ERROR },
        { 599, NULL, "", false, OUTCOME_SERVER_ERROR },
        { 600, NULL, "", false, OUTCOME_SERVER_ERROR },
        { 0, NULL, "", false, OUTCOME_SERVER_ERROR },
        { 101, NULL, "", false, OUTCOME_SERVER_ERROR },
        /* n8n's start-up page, for receivers of any kind */
        { 200, "text/html", "n8n is starting up. Please wait", false, OUTCOME_STARTING },
        { 200, "text/html; charset=utf-8", "\r\n n8n is starting up. Please wait", false, OUTCOME_STARTING },
        { 200, "Text/HTML", "n8n is starting up", true, OUTCOME_STARTING },
        { 200, "application/json", "n8n is starting up", false, OUTCOME_OK },
        { 200, "text/html", "our n8n is starting up", false, OUTCOME_OK },
        /* acknowledged by our node, or not */
        { 200, "application/json", "{\"received\":true}", true, OUTCOME_OK },
        { 202, "application/json; charset=utf-8", " {\"received\": true, \"executionId\": \"6\"} ", true,
          OUTCOME_OK },
        { 200, "text/html", "{\"received\":true}", true, OUTCOME_OK },
        { 200, "text/html", "firstEntryJson", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "{\"message\":\"Workflow was started\"}", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "{\"received\":false}", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "{\"received\":1}", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "{\"received\":\"true\"}", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "[{\"received\":true}]", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "{\"a\":{\"received\":true}}", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "true", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "{\"received\":true", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 200, "application/json", "", true, OUTCOME_NOT_ACKNOWLEDGED },
        { 204, NULL, "", true, OUTCOME_NOT_ACKNOWLEDGED },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Answer answer = { .http_status = cases[i].status,
                          .content_type = str_of(cases[i].type),
                          .body = str_of(cases[i].body),
                          .expects_ack = cases[i].expects_ack };
        Outcome outcome = outcome_of_answer(&answer);
        if (outcome != cases[i].expected)
            fail_msg("%d %s: %s", cases[i].status, cases[i].body, name_of(outcome_names, (int)outcome));
    }
}

static void each_outcome_has_a_name_of_its_own(void **state UNUSED)
{
    for (int i = 0; i < OUTCOME_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name_of(outcome_names, i), name_of(outcome_names, j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_judged_by_status_acknowledgement_and_page),
        cmocka_unit_test(each_outcome_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
