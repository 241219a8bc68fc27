/* Signing in to the portal: by e-mail one gets a code, with the code a session. Both forms are one page at one
 * address; what is filled in decides. */
#include "engine/login.h"

#include "base/limits.h"
#include "base/time.h"
#include "domain/fraud.h"
#include "domain/text.h"
#include "engine/find.h"
#include "http/route.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/session.h"

enum { MAX_CODE_LEN = 40 };

typedef struct LoginForm {
    HttpRequest *request;
    LoopContext *context;
    const Language *language;
    Campaign campaign;
    Str email, code;
    const char *error; /* the name of a text; NULL: nothing is wrong */
    LoginRequestCommand *asking;
    LoginCommand *trying;
} LoginForm;

typedef enum LoginStep { STEP_LINK_ONLY, STEP_EMAIL, STEP_CODE } LoginStep;

static Str flag(bool set)
{
    return set ? STR("yes") : STR("");
}

static void show(const LoginForm *form, LoginStep step, int status)
{
    static const char *const leads[] = { "login.link_only", "login.lead", "login.sent" };
    TemplateValue values[] = {
        { .name = "campaign", .text = form->campaign.name },
        { .name = "lead", .text = text_of(form->language, leads[step]) },
        { .name = "code", .text = form->request->params[0] },
        { .name = "email", .text = form->email },
        { .name = "asks_email", .text = flag(step == STEP_EMAIL) },
        { .name = "asks_code", .text = flag(step == STEP_CODE) },
        { .name = "error", .text = form->error ? text_of(form->language, form->error) : STR("") },
    };
    page_send(form->request, &(Page){ .id = PAGE_LOGIN,
                                      .status = status,
                                      .title = text_of(form->language, "login.title"),
                                      .campaign = &form->campaign,
                                      .values = values,
                                      .count = ARRAY_LEN(values) });
}

static Status load(HttpRequest *request, LoopContext *context, LoginForm *out_form, bool *out_offered)
{
    *out_form = (LoginForm){ .request = request, .context = context, .email = STR("") };
    Campaign *campaign = &out_form->campaign;
    Status status = find_campaign(context->session, context->engine, request->params[0], request->arena, campaign);
    out_form->language = page_language(request, campaign);
    return status ? status : login_is_offered(context->session, campaign, out_offered);
}

void web_get_login(HttpRequest *request, LoopContext *context)
{
    LoginForm form;
    bool offered;
    Status status = load(request, context, &form, &offered);
    if (status)
        page_send_failure(request, status);
    else
        show(&form, offered ? STEP_EMAIL : STEP_LINK_ONLY, 200);
}

/* ---- taking ------------------------------------------------------------ */

static void note_guess(const LoginForm *form)
{
    ip_tally_add(form->context->guesses, form->request->peer, time_now_us());
}

/* On the loop, after the commit. The answer is the same whether somebody has this e-mail or not. */
static void on_asked(Command *base)
{
    LoginForm *form = base->owner;
    if (base->status) {
        form->error = "error.busy";
        show(form, STEP_EMAIL, 503);
        return;
    }
    if (!form->asking->is_known)
        note_guess(form);
    show(form, STEP_CODE, 200);
}

static void on_tried(Command *base)
{
    LoginForm *form = base->owner;
    const Engine *engine = form->context->engine;
    int64_t user_id = form->trying->user_id;
    if (base->status || user_id == 0) {
        form->error = base->status ? "error.busy" : "login.wrong";
        note_guess(form);
        show(form, STEP_CODE, base->status ? 503 : 422);
        return;
    }
    Str cookie = session_cookie(form->request->arena, engine, user_id);
    Str portal = arena_printf(form->request->arena, "/%s/portal", code_of(&engine->code_key, CODE_USER, user_id).text);
    if (cookie.ptr && portal.ptr)
        page_redirect_with(form->request, 303, portal, cookie);
    else
        page_send_failure(form->request, STATUS_NOMEM);
}

static Command *ask_command(LoginForm *form)
{
    LoginRequestCommand *command = login_request_command_new(form->context->engine, form->request->arena);
    if (command == NULL)
        return NULL;
    form->asking = command;
    command->account_id = form->campaign.account_id;
    command->campaign_id = form->campaign.id;
    command->email = form->email;
    command->base.done = on_asked;
    return &command->base;
}

static Command *try_command(LoginForm *form)
{
    LoginCommand *command = login_command_new(form->request->arena);
    if (command == NULL)
        return NULL;
    form->trying = command;
    command->account_id = form->campaign.account_id;
    command->campaign_id = form->campaign.id;
    command->email = form->email;
    command->code = form->code;
    command->base.done = on_tried;
    return &command->base;
}

static void take(LoginForm *form)
{
    HttpRequest *request = form->request;
    form->email = http_form_value(request->arena, request->body, "email");
    form->code = http_form_value(request->arena, request->body, "code");
    LoginStep step = form->code.ptr ? STEP_CODE : STEP_EMAIL;
    if (form->email.len > LIMIT_EMAIL_LEN || form->code.len > MAX_CODE_LEN)
        form->email = STR("");
    if (ip_tally_reached(form->context->guesses, request->peer, time_now_us(), FRAUD_GUESSES)) {
        form->error = "error.too_many";
        show(form, step, 429);
        return;
    }
    if (text_check_email(&form->email, "email", NULL)) {
        form->error = "error.email";
        show(form, STEP_EMAIL, 422);
        return;
    }
    Command *command = step == STEP_CODE ? try_command(form) : ask_command(form);
    if (command == NULL) {
        page_send_failure(request, STATUS_NOMEM);
        return;
    }
    command->owner = form;
    loop_sink_submit(form->context->sink, form->context->engine->store, command);
}

void web_post_login(HttpRequest *request, LoopContext *context)
{
    bool offered = false;
    LoginForm *form = ARENA_NEW(request->arena, LoginForm); /* it waits for the commit */
    Status status = form ? load(request, context, form, &offered) : STATUS_NOMEM;
    if (status)
        page_send_failure(request, status);
    else if (!offered)
        show(form, STEP_LINK_ONLY, 409);
    else
        take(form);
}
