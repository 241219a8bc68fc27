#include "webhook/resolver.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"

enum { WAIT_SECONDS = 30 };

/* A name service whose answers the test lets out. */
typedef struct Names {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold;
    size_t asked, answered, woken, most_at_once, now;
} Names;

static void lookup(void *arg, const char *name, ResolverAnswer *out_answer)
{
    Names *names = arg;
    pthread_mutex_lock(&names->lock);
    names->asked++;
    names->now++;
    if (names->now > names->most_at_once)
        names->most_at_once = names->now;
    pthread_cond_broadcast(&names->changed);
    while (names->hold)
        pthread_cond_wait(&names->changed, &names->lock);
    names->now--;
    names->answered++;
    pthread_cond_broadcast(&names->changed);
    pthread_mutex_unlock(&names->lock);
    if (name[0] == '?') /* nobody to be asked */
        *out_answer = (ResolverAnswer){ .failed = true };
    else if (name[0] != '-') /* no such name */
        *out_answer =
            (ResolverAnswer){ .addresses = { { .len = 4, .bytes = { 192, 0, 2, (uint8_t)name[0] } } },
                              .count = 1 };
}

static void wake(void *arg)
{
    Names *names = arg;
    pthread_mutex_lock(&names->lock);
    names->woken++;
    pthread_cond_broadcast(&names->changed);
    pthread_mutex_unlock(&names->lock);
}

static void wait_for(Names *names, const size_t *counter, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    int code = 0;
    pthread_mutex_lock(&names->lock);
    while (*counter < count && code == 0)
        code = pthread_cond_timedwait(&names->changed, &names->lock, &until);
    pthread_mutex_unlock(&names->lock);
    assert_int_equal(code, 0);
}

static void let_go(Names *names)
{
    pthread_mutex_lock(&names->lock);
    names->hold = false;
    pthread_cond_broadcast(&names->changed);
    pthread_mutex_unlock(&names->lock);
}

static Resolver *new_resolver(Names *names, bool hold, int64_t keep_us)
{
    *names = (Names){ .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .hold = hold };
    ResolverOptions options = {
        .lookup = lookup, .lookup_arg = names, .wake = wake, .wake_arg = names, .keep_us = keep_us
    };
    Resolver *resolver;
    assert_int_equal(resolver_new(&options, &resolver), STATUS_OK);
    return resolver;
}

static void an_answer_comes_with_a_wake_up_and_is_kept(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, false, US_PER_HOUR);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.woken, 1);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_OK);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.addresses[0].bytes[3], 'a');
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_OK);
    assert_int_equal(names.asked, 1);
    resolver_free(&resolver);
}

static void asking_again_meanwhile_asks_once(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, true, US_PER_HOUR);
    for (int i = 0; i < 5; i++)
        assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.asked, 1);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_BUSY);
    let_go(&names);
    wait_for(&names, &names.woken, 1);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_OK);
    assert_int_equal(names.asked, 1);
    resolver_free(&resolver);
}

static void an_answer_gets_old(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, false, 0);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.woken, 1);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.asked, 2);
    wait_for(&names, &names.woken, 2);
    resolver_free(&resolver);
}

static void a_name_without_addresses_is_an_answer(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, false, US_PER_HOUR);
    assert_int_equal(resolver_ask(resolver, STR("-"), &answer), STATUS_BUSY);
    wait_for(&names, &names.woken, 1);
    assert_int_equal(resolver_ask(resolver, STR("-"), &answer), STATUS_OK);
    assert_int_equal(answer.count, 0);
    resolver_free(&resolver);
}

static void a_few_slow_names_are_looked_up_side_by_side(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, true, US_PER_HOUR);
    static const char *const list[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        assert_int_equal(resolver_ask(resolver, str_of(list[i]), &answer), STATUS_BUSY);
    wait_for(&names, &names.asked, RESOLVER_WORKERS);
    let_go(&names);
    wait_for(&names, &names.woken, ARRAY_LEN(list));
    assert_int_equal(names.most_at_once, RESOLVER_WORKERS);
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        assert_int_equal(resolver_ask(resolver, str_of(list[i]), &answer), STATUS_OK);
    resolver_free(&resolver);
}

static void freeing_does_not_wait_for_a_slow_name(void **state UNUSED)
{
    static Names names; /* the worker looks at it after the test */
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, true, US_PER_HOUR);
    assert_int_equal(resolver_ask(resolver, STR("a.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.asked, 1);
    resolver_free(&resolver);
    assert_null(resolver);
    let_go(&names);
    wait_for(&names, &names.answered, 1);
    assert_int_equal(names.woken, 0);
}

static void many_names_stay_within_bounds(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, true, US_PER_HOUR);
    Status status = STATUS_BUSY;
    char name[32];
    int asked = 0;
    for (; status == STATUS_BUSY && asked < 100000; asked++) {
        snprintf(name, sizeof name, "n%d.example", asked);
        status = resolver_ask(resolver, str_of(name), &answer);
    }
    assert_int_equal(status, STATUS_NOMEM);
    assert_in_range(asked, 1000, 10000);
    assert_int_equal(resolver_ask(resolver, STR(""), &answer), STATUS_INVALID);
    wait_for(&names, &names.asked, RESOLVER_WORKERS);
    resolver_free(&resolver);
    let_go(&names);
    wait_for(&names, &names.answered, RESOLVER_WORKERS);
}

/* WH-15 */
static void it_is_out_while_nothing_can_be_learnt_about_any_name(void **state UNUSED)
{
    Names names;
    ResolverAnswer answer;
    Resolver *resolver = new_resolver(&names, false, US_PER_HOUR);
    assert_int_equal(resolver_ask(resolver, STR("?.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.woken, 1);
    assert_int_equal(resolver_ask(resolver, STR("?.example"), &answer), STATUS_OK);
    assert_true(answer.failed);
    assert_true(resolver_is_out(resolver));
    assert_int_equal(resolver_ask(resolver, STR("-.example"), &answer), STATUS_BUSY);
    wait_for(&names, &names.woken, 2);
    assert_false(resolver_is_out(resolver)); /* that there is no such name is an answer too */
    resolver_free(&resolver);
}

static void the_system_knows_localhost(void **state UNUSED)
{
    ResolverAnswer answer;
    resolver_system_lookup(NULL, "localhost", &answer);
    assert_true(answer.count >= 1);
    resolver_system_lookup(NULL, "no-such-name.invalid", &answer);
    assert_int_equal(answer.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_with_a_wake_up_and_is_kept),
        cmocka_unit_test(asking_again_meanwhile_asks_once),
        cmocka_unit_test(an_answer_gets_old),
        cmocka_unit_test(a_name_without_addresses_is_an_answer),
        cmocka_unit_test(a_few_slow_names_are_looked_up_side_by_side),
        cmocka_unit_test(freeing_does_not_wait_for_a_slow_name),
        cmocka_unit_test(many_names_stay_within_bounds),
        cmocka_unit_test(it_is_out_while_nothing_can_be_learnt_about_any_name),
        cmocka_unit_test(the_system_knows_localhost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
