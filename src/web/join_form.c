#include "web/join_form.h"

#include "base/limits.h"
#include "base/time.h"
#include "domain/fraud.h"
#include "domain/proof.h"
#include "domain/stamp.h"
#include "domain/text.h"
#include "http/route.h"
#include "web/cookie.h"
#include "web/page.h"

/* ---- showing ----------------------------------------------------------- */

/* The name of the text that says it. */
static const char *why_closed(const Campaign *campaign, int64_t now_us)
{
    bool ended = campaign->archived_us || campaign->status == CAMPAIGN_ENDED;
    if (ended || (campaign->ends_us && now_us >= campaign->ends_us))
        return "closed.ended";
    if (campaign->status == CAMPAIGN_PAUSED)
        return "closed.paused";
    return campaign_check_open(campaign, now_us, NULL) ? "closed.early" : "closed.invitation";
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
        { .name = "reason", .text = text_of(form->language, why_closed(&form->campaign, time_now_us())) },
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

/* The page keeps its stamp when it comes back, so that whoever was too quick need not wait again. */
static Str stamp_of(const JoinForm *form)
{
    ClickId stamp = click_id_of(&form->context->engine->code_key, form->code, time_now_us());
    return form->stamp.ptr ? form->stamp : arena_str(form->request->arena, str_of(stamp.text));
}

static Str form_html(const JoinForm *form)
{
    /* The focus goes to the first field that needs it. */
    bool focus_name = form->first_name_error.len, focus_email = !focus_name && form->email_error.len;
    bool focus_extra = !focus_name && !focus_email;
    bool focus_consent = focus_extra && extra_fields_fit(&form->extra) && form->consent_error.len;
    Str yes = STR("yes"), no = STR("");
    Str proof_bits = form->campaign.proof_of_work ? arena_printf(form->request->arena, "%d", PROOF_BITS) : no;
    Str extra = extra_fields_html(&form->extra, form->language, focus_extra, form->request->arena);
    Str extra_errors = extra_fields_errors_html(&form->extra, form->language, form->request->arena);
    if (extra.ptr == NULL || extra_errors.ptr == NULL)
        return STR_NONE;
    TemplateValue values[] = {
        { .name = "code", .text = form->code },
        { .name = "referrer", .text = form->referrer_name },
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
        { .name = "proof_bits", .text = proof_bits },
        { .name = "stamp", .text = stamp_of(form) },
        { .name = "source",
          .text = form->source ? str_of(name_of(user_source_names, (int)form->source)) : no },
        { .name = "sets_cookie", .text = form->is_lead && form->campaign.cookie_days ? yes : no },
        { .name = "pictures", .text = form->campaign.logo_url.len || form->campaign.hero_url.len ? yes : no },
        { .name = "focus_name", .text = focus_name ? yes : no },
        { .name = "focus_email", .text = focus_email ? yes : no },
        { .name = "focus_consent", .text = focus_consent ? yes : no },
    };
    return page_part(form->request->arena, form->language, PAGE_FORM, values, ARRAY_LEN(values));
}

static Str title_of(const JoinForm *form)
{
    Arena *arena = form->request->arena;
    TemplateValue values[] = { { .name = "referrer", .text = form->referrer_name },
                               { .name = "campaign", .text = form->campaign.name } };
    Str text = text_of(form->language, form->is_lead ? "landing.title" : "signup.title");
    Str title = text_fill(arena, text, values, ARRAY_LEN(values));
    if (title.ptr == NULL || !has_error(form))
        return title;
    TemplateValue wrong[] = { { .name = "title", .text = title } };
    return text_fill(arena, text_of(form->language, "error.title"), wrong, ARRAY_LEN(wrong));
}

/* Owners' sites say in the query what leads to the sign-up page, and the form hands it on. */
static UserSource source_of(const HttpRequest *request)
{
    int source;
    Str from = request->method == HTTP_POST ? request->body : request->query;
    Str name = http_form_value(request->arena, from, "source");
    bool known = name_find(user_source_names, name, &source);
    return known && (source == SOURCE_WIDGET || source == SOURCE_POPUP || source == SOURCE_EMBED) ? (UserSource)source
                                                                                                   : SOURCE_DIRECT;
}

Status join_form_prepare(JoinForm *form)
{
    form->source = source_of(form->request);
    form->language = page_language(form->request, &form->campaign);
    return extra_fields_load(&form->campaign, form->is_lead, form->request->arena, &form->extra);
}

typedef struct ExtraHeader {
    const char *name; /* NULL: none */
    Str value;
} ExtraHeader;

static ExtraHeader extra_header(const JoinForm *form, int status)
{
    if (status == 503)
        return (ExtraHeader){ "Retry-After", STR("5") };
    return (ExtraHeader){ form->set_cookie.ptr ? "Set-Cookie" : NULL, form->set_cookie };
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
        { .name = "hero", .text = form->campaign.hero_url },
        { .name = "referrer", .text = form->referrer_name },
        { .name = "initial", .text = text_initial(form->referrer_name) },
        { .name = "form", .text = html, .trusted = true },
    };
    ExtraHeader extra = extra_header(form, status);
    page_send(form->request, &(Page){ .id = form->is_lead ? PAGE_LANDING : PAGE_SIGNUP,
                                      .status = status,
                                      .title = title,
                                      .campaign = &form->campaign,
                                      .values = values,
                                      .count = ARRAY_LEN(values),
                                      .card = form->code,
                                      .description = form->campaign.offer,
                                      .script = form->campaign.proof_of_work ? SCRIPT_PROOF : SCRIPT_NONE,
                                      .embedded = form->source == SOURCE_EMBED && !form->is_lead,
                                      .extra_header = extra.name,
                                      .extra_value = extra.value });
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
    form->stamp = posted(form, "stamp");
    form->first_name = posted(form, "first_name");
    form->email = posted(form, "email");
    form->consented = !str_is_empty(posted(form, "consent"));
    extra_fields_read(&form->extra, form->language, form->request);
}

static Str say(const JoinForm *form, const char *name)
{
    return text_of(form->language, name);
}

/* Who is caught gets the page again, and nothing that was entered is lost. */
static void check_stamp(JoinForm *form)
{
    const Engine *engine = form->context->engine;
    StampVerdict verdict = stamp_judge(&engine->code_key, form->code, form->stamp, engine->form_wait_us, time_now_us());
    if (verdict == STAMP_WORTHLESS)
        form->stamp = STR_NONE; /* the page gets a new one */
    if (verdict != STAMP_GOOD && engine->form_wait_us)
        form->form_error = say(form, verdict == STAMP_TOO_SOON ? "error.too_soon" : "error.too_late");
}

/* Without its script the page has said so already. */
static void check_proof(JoinForm *form)
{
    bool needed = form->campaign.proof_of_work && str_is_empty(form->form_error);
    if (needed && !proof_is_good(form->stamp, posted(form, "email"), posted(form, "proof")))
        form->form_error = say(form, "error.proof");
}

static bool check_fields(JoinForm *form)
{
    check_stamp(form);
    check_proof(form);
    if (text_check_name(&form->first_name, "first_name", NULL))
        form->first_name_error = say(form, str_has_visible(form->first_name) ? "error.first_name_wrong"
                                                                            : "error.first_name_missing");
    if (text_check_email(&form->email, "email", NULL))
        form->email_error = say(form, "error.email");
    if (!form->consented)
        form->consent_error = say(form, "error.consent");
    if (form_meta_of(&form->extra.asked, form->extra.answers, form->request->arena, &form->meta))
        form->form_error = say(form, "error.too_much");
    return !has_error(form);
}

/* What the rules say is English. */
static Str refusal(const JoinForm *form, const Error *err)
{
    Str text = form->language->id == LANG_EN ? arena_str(form->request->arena, str_of(err->text)) : STR_NONE;
    return text.len ? text : say(form, "error.refused");
}

static void explain_refusal(JoinForm *form, const Error *err)
{
    bool is_email = strcmp(err->field, "email") == 0; /* its shape was checked before */
    if (strcmp(err->field, "first_name") == 0)
        form->first_name_error = refusal(form, err);
    else if (is_email && str_starts(str_of(err->text), STR("People can't refer themselves")))
        form->email_error = say(form, "error.self");
    else if (is_email)
        form->email_error = refusal(form, err);
    else
        form->form_error = refusal(form, err);
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
        form->form_error = say(form, "error.busy");
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
    command->source = form->source;
    if (form->is_lead)
        command->referrer = (UserKey){ .kind = USER_KEY_ID, .id = form->referrer_id };
    if (form->campaign.cookie_days)
        command->click_id = cookie_click(request, context->engine, form->campaign.id);
    /* Whom a click makes a lead has answered what people who refer are asked. */
    command->may_lack_fields = command->click_id.ptr && !form->is_lead;
    Str ip = arena_str(request->arena, str_of(ip_text(request->peer).text));
    command->ip = ip.len ? ip : STR_NONE;
    command->consented = form->consented;
    command->meta = form->meta;
    command->has_guessed = ip_tally_reached(context->guesses, request->peer, time_now_us(), FRAUD_GUESSES);
    ip_tally_add(context->forms, request->peer, time_now_us());
    loop_sink_submit(context->sink, context->engine->store, &command->base);
}

static bool sends_too_many(const JoinForm *form)
{
    return ip_tally_reached(form->context->forms, form->request->peer, time_now_us(), LIMIT_FORMS_PER_HOUR);
}

static void show_too_many(JoinForm *form)
{
    form->form_error = say(form, "error.too_many");
    join_form_show(form, 429);
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
    else if (sends_too_many(form))
        show_too_many(form);
    else
        submit(form);
}
