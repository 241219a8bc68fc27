#include "web/page.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>

#include "base/asset.h"
#include "base/limits.h"
#include "base/log.h"
#include "domain/wording.h"
#include "engine/domains.h"
#include "engine/loop.h"
#include "http/route.h"
#include "web/theme.h"
#include "web/url.h"

enum {
    MAX_PAGE_LEN = 256 * 1024,
    MAX_SOURCE_LEN = 16 * 1024, /* a template with its texts */
    MAX_LINK_LEN = 2048,
    MAX_STYLE_LEN = 24 * 1024,
    MAX_POLICY_LEN = 6 * LIMIT_URL_LEN + 512, /* a host stands in it twice */
};

static const char *const files[PAGE_COUNT] = {
    [PAGE_LAYOUT] = "web/assets/layout.html",       [PAGE_FORM] = "web/assets/form.html",
    [PAGE_FIELD] = "web/assets/field.html",         [PAGE_CHOICE] = "web/assets/choice.html",
    [PAGE_FIELD_ERROR] = "web/assets/field-error.html",
    [PAGE_SHARING] = "web/assets/sharing.html",     [PAGE_ROW] = "web/assets/row.html",
    [PAGE_PORTAL] = "web/assets/portal.html",       [PAGE_LOGIN] = "web/assets/login.html",
    [PAGE_HOME] = "web/assets/home.html",           [PAGE_LANDING] = "web/assets/landing.html",
    [PAGE_SIGNUP] = "web/assets/signup.html",       [PAGE_WELCOME] = "web/assets/welcome.html",
    [PAGE_THANK_YOU] = "web/assets/thank-you.html", [PAGE_CLOSED] = "web/assets/closed.html",
    [PAGE_NOTICE] = "web/assets/notice.html",
};

/* A style sheet in the page itself, so that nothing need arrive before it is shown. */
typedef struct Style {
    Str element;     /* empty: none */
    char source[64]; /* allows it, and no other, in the policy (CSP 3, 2.3.1) */
} Style;

/* Made by the first page, the same for all threads from then on; they live as long as the program. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static Template *templates[LANG_COUNT][PAGE_COUNT];
static Version icon_version;
static Style page_style;
static const char *const script_files[SCRIPT_COUNT] = { [SCRIPT_SHARING] = "sharing.js", [SCRIPT_PROOF] = "proof.js" };
static char script_elements[SCRIPT_COUNT][96]; /* templates have none */

/* The source must live as long as the template that points into it: for good. */
static void parse_template(const Language *language, PageId id)
{
    Buf source = buf_new(MAX_SOURCE_LEN);
    texts_put_in(language, asset_find(files[id]), &source);
    Error err = { .field = "", .text = "no memory" };
    Status status =
        source.failed ? STATUS_NOMEM : template_parse(buf_str(&source), &templates[language->id][id], &err);
    if (status)
        log_error("web.template", log_text("file", str_of(files[id])), log_text("language", str_of(language->tag)),
                  log_text("error", str_of(err.text)));
}

/* CSS of ours or checked, so that it does not end the element. */
static Style style_of(Str css, Buf *buf)
{
    Style style = { .element = STR("") };
    uint8_t hash[crypto_hash_sha256_BYTES];
    char base64[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];
    if (str_is_empty(css))
        return style;
    crypto_hash_sha256(hash, (const uint8_t *)css.ptr, css.len);
    sodium_bin2base64(base64, sizeof base64, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    snprintf(style.source, sizeof style.source, " 'sha256-%s'", base64);
    buf_append(buf, STR("<style>"));
    buf_append(buf, css);
    buf_append(buf, STR("</style>\n"));
    style.element = buf->failed ? STR("") : buf_str(buf);
    return style;
}

static void make_script_element(PageScript script)
{
    char file[64];
    snprintf(file, sizeof file, "web/assets/%s", script_files[script]);
    snprintf(script_elements[script], sizeof script_elements[script],
             "<script type=\"module\" src=\"/assets/%s?v=%s\"></script>\n", script_files[script],
             page_version(asset_find(file)).text);
}

static void parse_templates(void)
{
    for (int lang = 0; lang < LANG_COUNT; lang++)
        for (int id = 0; id < PAGE_COUNT; id++)
            parse_template(language_at((LanguageId)lang), (PageId)id);
    Buf style = buf_new(MAX_STYLE_LEN);
    page_style = style_of(asset_find("web/assets/page.css"), &style);
    icon_version = page_version(asset_find("web/assets/favicon.svg"));
    for (int script = SCRIPT_NONE + 1; script < SCRIPT_COUNT; script++)
        make_script_element((PageScript)script);
}

Version page_version(Str bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a: no secret, only "is it the same" */
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (unsigned char)bytes.ptr[i]) * UINT64_C(0x100000001b3);
    Version version;
    snprintf(version.text, sizeof version.text, "%016llx", (unsigned long long)hash);
    return version;
}

static Str referrer_in(const TemplateValue *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, "referrer") == 0)
            return values[i].text;
    return STR_NONE;
}

/* The values of a part, and behind them its campaign's own texts; without memory, as they are. */
static const TemplateValue *with_own_texts(Arena *arena, Str own, const TemplateValue *values, size_t *count)
{
    TemplateValue *all = own.len ? arena_alloc(arena, (*count + WORDING_COUNT) * sizeof *all) : NULL;
    if (all == NULL)
        return values;
    const WordingValues known = { .referrer = referrer_in(values, *count) };
    memcpy(all, values, *count * sizeof *all);
    for (Str name, text; wording_next(&own, &name, &text);) {
        Str copy = arena_str(arena, name); /* names end with NUL */
        Buf filled = buf_in_arena(arena, WORDING_FILLED_MAX);
        wording_append(&filled, text, &known);
        if (copy.ptr)
            all[(*count)++] = (TemplateValue){ .name = copy.ptr, .text = buf_str(&filled) };
    }
    return all;
}

Str page_part(Arena *arena, const Language *language, PageId id, const TemplateValue *values, size_t count)
{
    pthread_once(&once, parse_templates);
    const Template *template = templates[language->id][id];
    if (template == NULL)
        return STR_NONE;
    Buf out = buf_in_arena(arena, MAX_PAGE_LEN);
    values = with_own_texts(arena, language->own, values, &count);
    template_render(template, values, count, &out);
    return buf_str(&out);
}

/* ---- headers ----------------------------------------------------------- */

/* Browsers apply form-action to what a form's answer redirects to as well. A thank-you page may go on
 * from http to https or from shop.example to www.shop.example, so its host counts with what is
 * below it ("http://" in a policy covers https, CSP 3, 6.7.2.8). */
static void append_form_targets(Buf *policy, const Campaign *campaign)
{
    Str host = campaign ? url_host(campaign->thank_you_url) : STR_NONE;
    if (host.ptr == NULL)
        return;
    Str domain = str_skip(host, str_starts(host, STR("www.")) ? 4 : 0);
    buf_append(policy, STR(" http://"));
    buf_append(policy, domain);
    bool is_name = (domain.ptr[domain.len - 1] | 0x20) >= 'a' && str_index(domain, '.') > 0;
    if (is_name) {
        buf_append(policy, STR(" http://*."));
        buf_append(policy, domain);
    }
}

static void append_picture_source(Buf *policy, Str picture_url)
{
    Str host = url_host(picture_url);
    if (host.ptr == NULL)
        return;
    buf_append(policy, STR(" https://"));
    buf_append(policy, host);
}

static Str content_policy(Arena *arena, const Page *page, const Style *theme)
{
    Buf policy = buf_in_arena(arena, MAX_POLICY_LEN);
    buf_append(&policy, STR("default-src 'none'; style-src"));
    buf_append(&policy, str_of(page_style.source));
    buf_append(&policy, str_of(theme->source));
    buf_append(&policy, STR("; base-uri 'none'; img-src 'self' data:"));
    if (page->campaign) {
        append_picture_source(&policy, page->campaign->logo_url);
        append_picture_source(&policy, page->campaign->hero_url);
    }
    buf_append(&policy, STR("; form-action 'self'"));
    append_form_targets(&policy, page->campaign);
    bool framed = page->embedded && page->campaign->embed_origins.len;
    buf_append(&policy, STR("; frame-ancestors "));
    buf_append(&policy, framed ? page->campaign->embed_origins : STR("'none'"));
    if (page->script)
        buf_append(&policy, STR("; script-src 'self'"));
    /* Without memory for it, nothing is allowed. */
    return policy.failed
               ? STR("default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
               : buf_str(&policy);
}

static void add_page_headers(HttpReply *reply, Str policy)
{
    http_reply_header(reply, "Content-Security-Policy", policy);
    http_reply_header(reply, "X-Content-Type-Options", STR("nosniff"));
    http_reply_header(reply, "Referrer-Policy", STR("same-origin"));
    http_reply_header(reply, "Cross-Origin-Opener-Policy", STR("same-origin"));
    http_reply_header(reply, "Cache-Control", STR("private, no-cache"));
}

/* ---- pages ------------------------------------------------------------- */

const Language *page_language(const HttpRequest *request, const Campaign *campaign)
{
    const Language *language =
        campaign ? language_of(campaign->lang) : language_accepted(http_header(request, "Accept-Language"));
    if (language == NULL)
        language = language_at(LANG_EN);
    Language *own = campaign && campaign->texts.len ? ARENA_NEW(request->arena, Language) : NULL;
    if (own == NULL)
        return language;
    *own = *language;
    own->own = campaign->texts;
    return own;
}

/* "pt-BR" where the texts are "pt". */
static Str lang_of(const Campaign *campaign, const Language *language)
{
    return campaign && language_of(campaign->lang) ? campaign->lang : str_of(language->tag);
}

Str page_link(const HttpRequest *request, int64_t campaign_id, Str code)
{
    Buf url = buf_in_arena(request->arena, MAX_LINK_LEN);
    link_base_append(loop_context(request)->engine, campaign_id, &url);
    buf_append_char(&url, '/');
    buf_append(&url, code);
    return buf_str(&url);
}

void page_send(HttpRequest *request, const Page *page)
{
    const Language *language = page_language(request, page->campaign);
    Str content = page_part(request->arena, language, page->id, page->values, page->count);
    const Campaign *campaign = page->campaign;
    Buf theme_buf = buf_in_arena(request->arena, MAX_STYLE_LEN);
    Style theme = style_of(campaign ? theme_css(campaign, request->arena) : STR(""), &theme_buf);
    TemplateValue around[] = {
        { .name = "card", .text = page->card },
        { .name = "description", .text = page->description },
        { .name = "card_url", .text = page->card.len ? page_link(request, campaign->id, page->card) : STR("") },
        { .name = "lang", .text = lang_of(page->campaign, language) },
        { .name = "direction", .text = str_of(language->direction) },
        { .name = "title", .text = page->title },
        { .name = "content", .text = content, .trusted = true },
        { .name = "style", .text = page_style.element, .trusted = true },
        { .name = "theme", .text = theme.element, .trusted = true },
        { .name = "icon_version", .text = str_of(icon_version.text) },
        { .name = "brand", .text = campaign && campaign->logo_url.len ? campaign->name : STR("") },
        { .name = "embedded", .text = page->embedded ? STR("yes") : STR("") },
        { .name = "script", .text = str_of(script_elements[page->script]), .trusted = true },
    };
    Str html = content.ptr ? page_part(request->arena, language, PAGE_LAYOUT, around, ARRAY_LEN(around))
                           : STR_NONE;

    HttpReply reply = { .status = page->status, .content_type = "text/html; charset=utf-8", .body = html };
    if (html.ptr == NULL) {
        reply.status = 503;
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = STR("This page can't be shown at the moment. Please try again in a minute.\n");
    }
    add_page_headers(&reply, content_policy(request->arena, page, &theme));
    if (page->extra_header)
        http_reply_header(&reply, page->extra_header, page->extra_value);
    http_reply(request, &reply);
}

typedef struct Notice {
    int status;
    const char *title, *text; /* names of texts */
    const char *extra_header;
    Str extra_value;
} Notice;

static void send_notice(HttpRequest *request, const Notice *notice)
{
    const Language *language = page_language(request, NULL);
    Str title = text_of(language, notice->title);
    TemplateValue values[] = { { .name = "title", .text = title },
                               { .name = "text", .text = text_of(language, notice->text) } };
    page_send(request, &(Page){ .id = PAGE_NOTICE,
                                .status = notice->status,
                                .title = title,
                                .values = values,
                                .count = ARRAY_LEN(values),
                                .extra_header = notice->extra_header,
                                .extra_value = notice->extra_value });
}

void page_send_not_allowed(HttpRequest *request, Str allow)
{
    send_notice(request, &(Notice){ 405, "notice.method", "notice.method_text", "Allow", allow });
}

void page_send_failure(HttpRequest *request, Status status)
{
    Notice notice = { 503, "notice.busy", "notice.busy_text", "Retry-After", STR("5") };
    if (status == STATUS_NOT_FOUND)
        notice = (Notice){ 404, "notice.lost", "notice.lost_text", NULL, STR_NONE };
    else if (status != STATUS_BUSY && status != STATUS_UNAVAILABLE && status != STATUS_UNCERTAIN &&
             status != STATUS_NOMEM)
        notice = (Notice){ 500, "notice.failed", "notice.failed_text", NULL, STR_NONE };
    send_notice(request, &notice);
}

void page_redirect_with(HttpRequest *request, int status, Str location, Str cookie)
{
    HttpReply reply = { .status = status };
    http_reply_header(&reply, "Location", location);
    http_reply_header(&reply, "Cache-Control", STR("no-store"));
    if (cookie.ptr)
        http_reply_header(&reply, "Set-Cookie", cookie);
    http_reply(request, &reply);
}

void page_redirect(HttpRequest *request, int status, Str location)
{
    page_redirect_with(request, status, location, STR_NONE);
}

/* ---- pictures ---------------------------------------------------------- */

/* RFC 9110, 13.1.2: the weak comparison, so a proxy's W/ in front is of no account. */
static bool client_has(const HttpRequest *request, Str etag)
{
    Str list = http_header(request, "If-None-Match"), item;
    while (str_cut(&list, ',', &item)) {
        item = str_trim(item);
        if (str_is(item, "*") || str_eq(str_skip(item, str_starts(item, STR("W/")) ? 2 : 0), etag))
            return true;
    }
    return false;
}

void page_send_picture(HttpRequest *request, const Picture *picture)
{
    char etag[sizeof(Version) + 2];
    snprintf(etag, sizeof etag, "\"%s\"", page_version(picture->bytes).text);
    HttpReply reply = { .status = 200, .content_type = picture->content_type, .body = picture->bytes };
    if (client_has(request, str_of(etag)))
        reply = (HttpReply){ .status = 304 };
    http_reply_header(&reply, "ETag", str_of(etag));
    http_reply_header(&reply, "Cache-Control", picture->cache_control);
    http_reply_header(&reply, "X-Content-Type-Options", STR("nosniff"));
    http_reply_header(&reply, "Content-Security-Policy", STR("default-src 'none'; frame-ancestors 'none'"));
    if (picture->disposition.ptr)
        http_reply_header(&reply, "Content-Disposition", picture->disposition);
    http_reply(request, &reply);
}

void page_send_versioned(HttpRequest *request, const char *content_type, Str bytes)
{
    Str version = http_form_value(request->arena, request->query, "v");
    bool is_current = str_is(version, page_version(bytes).text);
    page_send_picture(request, &(Picture){
                                   .content_type = content_type,
                                   .bytes = bytes,
                                   .cache_control = is_current ? STR("public, max-age=31536000, immutable")
                                                               : STR("public, max-age=3600"),
                               });
}
