/* What a referrer takes along: the link, its QR code, ways to send it. */
#include "web/sharing.h"

#include "domain/wording.h"
#include "web/card.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/qr.h"
#include "web/share.h"

enum { SHARED_OFFER_CHARS = 200, SHARED_TEXT_CHARS = 500 };

/* The user whose code is in the path. */
static Status load(const HttpRequest *request, const LoopContext *context, Link *out_link)
{
    return find_link(context->session, context->engine, request->params[0], request->arena, out_link);
}

Str sharing_html(const HttpRequest *request, const Link *link)
{
    TemplateValue values[] = { { .name = "code", .text = request->params[0] },
                               { .name = "url", .text = page_link(request, link->campaign.id, request->params[0]) } };
    return page_part(request->arena, page_language(request, &link->campaign), PAGE_SHARING, values,
                     ARRAY_LEN(values));
}

void sharing_show(HttpRequest *request, const Link *link, bool embedded)
{
    const Language *language = page_language(request, &link->campaign);
    TemplateValue values[] = { { .name = "campaign", .text = link->campaign.name },
                               { .name = "sharing", .text = sharing_html(request, link), .trusted = true } };
    page_send(request, &(Page){ .id = PAGE_WELCOME,
                                .status = 200,
                                .title = text_of(language, "welcome.title"),
                                .campaign = &link->campaign,
                                .values = values,
                                .count = ARRAY_LEN(values),
                                .script = SCRIPT_SHARING,
                                .embedded = embedded });
}

void web_get_welcome(HttpRequest *request, LoopContext *context)
{
    Link link;
    Status status = load(request, context, &link);
    if (status)
        page_send_failure(request, status);
    else
        sharing_show(request, &link, false);
}

/* ---- QR codes ---------------------------------------------------------- */

typedef Status DrawQr(Arena *arena, Str text, Str *out_picture);

static void send_qr(HttpRequest *request, LoopContext *context, DrawQr *draw, Picture picture)
{
    Link link;
    Status status = load(request, context, &link);
    Str url = status ? STR_NONE : page_link(request, link.campaign.id, request->params[0]);
    if (!status)
        status = url.ptr ? draw(request->arena, url, &picture.bytes) : STATUS_NOMEM;
    picture.cache_control = STR("public, max-age=86400");
    if (status)
        page_send_failure(request, status);
    else
        page_send_picture(request, &picture);
}

void web_get_qr_png(HttpRequest *request, LoopContext *context)
{
    send_qr(request, context, qr_png, (Picture){ .content_type = "image/png" });
}

void web_get_qr_svg(HttpRequest *request, LoopContext *context)
{
    send_qr(request, context, qr_svg, (Picture){ .content_type = "image/svg+xml" });
}

void web_download_qr(HttpRequest *request, LoopContext *context)
{
    Str disposition = STR("attachment; filename=\"qr-code.png\"");
    send_qr(request, context, qr_png, (Picture){ .content_type = "image/png", .disposition = disposition });
}

/* ---- the picture of previews ------------------------------------------- */

/* Of a user's or a campaign's link. */
static Status load_card(const HttpRequest *request, const LoopContext *context, Campaign *out_campaign)
{
    Link link;
    Status status = load(request, context, &link);
    if (status == STATUS_NOT_FOUND)
        return find_campaign(context->session, context->engine, request->params[0], request->arena, out_campaign);
    *out_campaign = link.campaign;
    return status;
}

void web_get_card(HttpRequest *request, LoopContext *context)
{
    static const Color ours = { 0x0b, 0x7a, 0x75 };
    Picture picture = { .content_type = "image/png", .cache_control = STR("public, max-age=86400") };
    Campaign campaign;
    Color accent = ours;
    Status status = load_card(request, context, &campaign);
    if (!status && campaign.accent_color.len && !color_parse(campaign.accent_color, &accent))
        accent = ours;
    Str url = status ? STR_NONE : page_link(request, campaign.id, request->params[0]);
    if (!status)
        status = url.ptr ? card_png(request->arena, accent, url, &picture.bytes) : STATUS_NOMEM;
    if (status)
        page_send_failure(request, status);
    else
        page_send_picture(request, &picture);
}

/* ---- networks ---------------------------------------------------------- */

/* The first characters of a text, and an ellipsis when there are more. */
static Str shortened(Arena *arena, Str text, size_t most_chars)
{
    if (str_utf8_len(text) <= most_chars)
        return text;
    size_t len = 0, chars = 0;
    for (; len < text.len; len++) {
        bool begins = ((unsigned char)text.ptr[len] >> 6) != 2;
        if (begins && chars++ == most_chars)
            break;
    }
    return arena_printf(arena, "%.*s…", (int)len, text.ptr);
}

static Str filled(Arena *arena, Str text, const WordingValues *values)
{
    Buf out = buf_in_arena(arena, WORDING_FILLED_MAX);
    wording_append(&out, text, values);
    return shortened(arena, str_trim(buf_str(&out)), SHARED_TEXT_CHARS);
}

static Str with_link(Arena *arena, Str text, Str url)
{
    bool has_link = text.len && memmem(text.ptr, text.len, url.ptr, url.len);
    return has_link ? text : arena_printf(arena, "%.*s\n%.*s", STR_ARG(text), STR_ARG(url));
}

/* What the campaign wants people to say, else what it offers, else what it is called. Some networks take the link
 * apart from the text: there its placeholder is empty. */
static ShareText share_text_of(HttpRequest *request, const Link *link)
{
    Arena *arena = request->arena;
    const Campaign *campaign = &link->campaign;
    Str offer = shortened(arena, campaign->offer, SHARED_OFFER_CHARS);
    WordingValues values = { .referrer = link->user.first_name };
    ShareText share = { .url = page_link(request, campaign->id, request->params[0]),
                        .subject = campaign->name,
                        .text = offer.len ? offer : campaign->name };
    Str message = share.text;
    if (campaign->share_text.len) {
        share.text = filled(arena, campaign->share_text, &values);
        values.link = share.url;
        message = filled(arena, campaign->share_text, &values);
    }
    if (campaign->share_subject.len)
        share.subject = filled(arena, campaign->share_subject, &values);
    share.message = with_link(arena, message, share.url);
    return share;
}

void web_get_social(HttpRequest *request, LoopContext *context)
{
    Link link;
    Str location = STR_NONE;
    Status status = load(request, context, &link);
    if (!status) {
        ShareText share = share_text_of(request, &link);
        status = share_url(request->arena, request->params[1], &share, &location);
    }
    if (status)
        page_send_failure(request, status);
    else
        page_redirect(request, 302, location);
}
