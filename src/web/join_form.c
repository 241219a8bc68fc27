#include "web/join_form.h"

#include "base/limits.h"
#include "base/time.h"
#include "domain/text.h"
#include "http/route.h"
#include "web/page.h"

/* ---- showing ----------------------------------------------------------- */

static const char *why_closed(const Campaign *campaign, int64_t now_us)
{
    bool ended = campaign->archived_us || campaign->status == CAMPAIGN_ENDED;
    if (ended || (campaign->ends_us && now_us >= campaign->ends_us))
        return "It has ended. Thank you for your interest.";
    if (campaign->status == CAMPAIGN_PAUSED)
        return "It is paused at the moment. Please try again later.";
    if (campaign_check_open(campaign, now_us, NULL))
        return "It has not started yet. Please come back later.";
    return "It is by invitation only: ask a friend for a link.";
}

/* Is this form open to visitors now? */
static bool is_closed(const JoinForm *form)
{
    bool by_invitation = form->campaign.kind == CAMPAIGN_INVITE_ONLY && !form->is_lead;
    return by_invitation || campaign_check_open(&form->campaign, time_now_us(), NULL) != STATUS_OK;
}

static void show_closed(const JoinForm *form, int status)
{
    TemplateValue values[] = {
        { .name = "campaign", .text = form->campaign.name },
        { .name = "reason", .text = str_of(why_closed(&form->campaign, time_now_us())) },
    };
    page_send(form->request, &(Page){ .id = PAGE_CLOSED,
                                      .status = status,
                                      .title = form->campaign.name,
                                      .campaign = &form->campaign,
                                      .values = values,
                                      .count = ARRAY_LEN(values) });
}

static bool has_error(const JoinForm *form)
{
    return form->first_name_error.len || form->email_error.len || form->consent_error.len ||
           form->form_error.len || !extra_fields_fit(&form->extra);
}

static Str form_html(const JoinForm *form)
{
    /* The focus goes to the first field that needs it. */
    bool focus_name = form->first_name_error.len, focus_email = !focus_name && form->email_error.len;
    bool focus_extra = !focus_name && !focus_email;
    bool focus_consent = focus_extra && extra_fields_fit(&form->extra) && form->consent_error.len;
    Str yes = STR("yes"), no = STR("");
    Str extra = extra_fields_html(&form->extra, focus_extra, form->request->arena);
    Str extra_errors = extra_fields_errors_html(&form->extra, form->request->arena);
    if (extra.ptr == NULL || extra_errors.ptr == NULL)
        return STR_NONE;
    TemplateValue values[] = {
        { .name = "code", .text = form->code },
        { .name = "is_lead", .text = form->is_lead ? yes : no },
        { .name = "first_name", .text = form->first_name },
        { .name = "email", .text = form->email },
        { .name = "consented", .text = form->consented ? yes : no },
        { .name = "has_error", .text = has_error(form) ? yes : no },
        { .name = "form_error", .text = form->form_error },
        { .name = "first_name_error", .text = form->first_name_error },
        { .name = "email_error", .text = form->email_error },
        { .name = "consent_error", .text = form->consent_error },
        { .name = "extra", .text = extra, .trusted = true },
        { .name = "extra_errors", .text = extra_errors, .trusted = true },
        { .name = "focus_name", .text = focus_name ? yes : no },
        { .name = "focus_email", .text = focus_email ? yes : no },
        { .name = "focus_consent", .text = focus_consent ? yes : no },
    };
    return page_part(form->request->arena, PAGE_FORM, values, ARRAY_LEN(values));
}

/* The first character of a name, for the round sign beside it. */
static Str initial_of(Str name)
{
    size_t len = name.len > 0;
    while (len < name.len && ((unsigned char)name.ptr[len] >> 6) == 2)
        len++;
    return (Str){ name.ptr, len };
}

static Str title_of(const JoinForm *form)
{
    Arena *arena = form->request->arena;
    const char *prefix = has_error(form) ? "Error: " : "";
    Str name = form->campaign.name;
    return form->is_lead ? arena_printf(arena, "%s%.*s invites you: %.*s", prefix,
                                        STR_ARG(form->referrer.first_name), STR_ARG(name))
                         : arena_printf(arena, "%sGet your link: %.*s", prefix, STR_ARG(name));
}

Status join_form_prepare(JoinForm *form)
{
    return extra_fields_load(&form->campaign, form->is_lead, form->request->arena, &form->extra);
}

void join_form_show(const JoinForm *form, int status)
{
    if (is_closed(form)) {
        show_closed(form, status);
        return;
    }
    Str html = form_html(form), title = title_of(form);
    if (html.ptr == NULL || title.ptr == NULL) {
        page_send_failure(form->request, STATUS_NOMEM);
        return;
    }
    TemplateValue values[] = {
        { .name = "campaign", .text = form->campaign.name },
        { .name = "offer", .text = form->campaign.offer },
        { .name = "referrer", .text = form->referrer.first_name },
        { .name = "initial", .text = initial_of(form->referrer.first_name) },
        { .name = "form", .text = html, .trusted = true },
    };
    page_send(form->request, &(Page){ .id = form->is_lead ? PAGE_LANDING : PAGE_SIGNUP,
                                      .status = status,
                                      .title = title,
                                      .campaign = &form->campaign,
                                      .values = values,
                                      .count = ARRAY_LEN(values),
                                      .extra_header = status == 503 ? "Retry-After" : NULL,
                                      .extra_value = STR("5") });
}

/* ---- taking ------------------------------------------------------------ */

static void redirect_to(const JoinForm *form, Str code, const char *page)
{
    Str location = arena_printf(form->request->arena, "/%.*s/%s", STR_ARG(code), page);
    if (location.ptr)
        page_redirect(form->request, 303, location);
    else
        page_send_failure(form->request, STATUS_NOMEM);
}

/* The same for a new e-mail, a known one and a robot. */
static void thank(const JoinForm *form)
{
    if (form->campaign.thank_you_url.len)
        page_redirect(form->request, 303, form->campaign.thank_you_url);
    else
        redirect_to(form, form->code, "thank-you");
}

/* What is far beyond any limit need not be sent back in the page. */
static Str posted(const JoinForm *form, const char *name)
{
    Str value = http_form_value(form->request->arena, form->request->body, name);
    return value.len <= 4 * LIMIT_EMAIL_LEN ? value : STR_NONE;
}

static void read_fields(JoinForm *form)
{
    form->first_name = posted(form, "first_name");
    form->email = posted(form, "email");
    form->consented = !str_is_empty(posted(form, "consent"));
    extra_fields_read(&form->extra, form->request);
}

static Str copy_text(const JoinForm *form, const char *text)
{
    Str copy = arena_str(form->request->arena, str_of(text));
    return copy.len ? copy : STR("This can't be used.");
}

static bool check_fields(JoinForm *form)
{
    Error err = { .field = "" };
    if (text_check_name(&form->first_name, "first_name", &err))
        form->first_name_error =
            str_is_empty(form->first_name) ? STR("Enter your first name.") : copy_text(form, err.text);
    if (text_check_email(&form->email, "email", NULL))
        form->email_error = STR("Enter an e-mail address such as name@example.org.");
    if (!form->consented)
        form->consent_error = STR("Tick the box to go on.");
    if (form_meta_of(&form->extra.asked, form->extra.answers, form->request->arena, &form->meta))
        form->form_error = STR("This is too much text. Please shorten it.");
    return !has_error(form);
}

static void explain_refusal(JoinForm *form, const Error *err)
{
    bool is_email = strcmp(err->field, "email") == 0; /* its shape was checked before */
    if (strcmp(err->field, "first_name") == 0)
        form->first_name_error = copy_text(form, err->text);
    else if (is_email && str_starts(str_of(err->text), STR("People can't refer themselves")))
        form->email_error = STR("This address belongs to the person who shares this link. Nobody can invite "
                                "themselves: use another one, or send the link to a friend.");
    else if (is_email)
        form->email_error = copy_text(form, err->text);
    else
        form->form_error = copy_text(form, err->text);
}

/* On the loop, after the commit. */
static void on_joined(Command *base)
{
    JoinForm *form = base->owner;
    if (base->status == STATUS_INVALID) {
        explain_refusal(form, &base->error);
        /* It may have closed meanwhile: then the page says so. */
        form->campaign = form->command->campaign.id ? form->command->campaign : form->campaign;
        join_form_show(form, 422);
    } else if (base->status != STATUS_OK) {
        form->form_error = STR("We could not save this right now. Please send it again in a minute.");
        join_form_show(form, 503);
    } else if (form->is_lead) {
        thank(form);
    } else {
        const Engine *engine = form->context->engine;
        Code code = code_of(&engine->code_key, CODE_USER, form->command->user.id);
        redirect_to(form, (Str){ code.text, CODE_LEN }, "welcome");
    }
}

static void submit(JoinForm *form)
{
    HttpRequest *request = form->request;
    const LoopContext *context = form->context;
    JoinCommand *command = join_command_new(context->engine, request->arena);
    if (command == NULL) {
        page_send_failure(request, STATUS_NOMEM);
        return;
    }
    form->command = command;
    command->base.done = on_joined;
    command->base.owner = form;
    command->account_id = form->campaign.account_id;
    command->campaign_id = form->campaign.id;
    command->first_name = form->first_name;
    command->email = form->email;
    command->source = SOURCE_DIRECT;
    if (form->is_lead)
        command->referrer = (UserKey){ .kind = USER_KEY_ID, .id = form->referrer.id };
    Str ip = arena_str(request->arena, str_of(ip_text(request->peer).text));
    command->ip = ip.len ? ip : STR_NONE;
    command->consented = form->consented;
    command->meta = form->meta;
    command->has_guessed = guesses_many(context->guesses, request->peer, time_now_us());
    loop_sink_submit(context->sink, context->engine->store, &command->base);
}

void join_form_post(JoinForm *form)
{
    read_fields(form);
    /* Hidden from people; robots fill in whatever there is. */
    bool is_robot = !str_is_empty(posted(form, "topic"));
    if (is_robot && form->is_lead)
        thank(form);
    else if (is_robot)
        redirect_to(form, form->code, "signup");
    else if (is_closed(form))
        join_form_show(form, 409);
    else if (!check_fields(form))
        join_form_show(form, 422);
    else
        submit(form);
}
