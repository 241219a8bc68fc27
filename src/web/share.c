#include "web/share.h"

#include "web/url.h"

enum { MAX_SHARE_LEN = 16 * 1024 };

/* In a pattern stand, percent-encoded, {U} for the link, {S} for the subject, {T} for the text and {M}
 * for the text with the link behind it; {L} is the link as it is.
 *
 * WeChat opens no page for sharing; people scan, so it gets the QR code. Messenger has no page
 * without an application of one's own at Facebook, but its app takes a link. */
static const struct {
    const char *network, *pattern;
} networks[] = {
    { "sms", "sms:?&body={M}" }, /* "?&" is what both iOS and Android read */
    { "lineme", "https://line.me/R/msg/text/?{M}" },
    { "email", "mailto:?subject={S}&body={M}" },
    { "wechat", "{L}/qr-code" },
    { "twitter", "https://twitter.com/intent/tweet?text={T}&url={U}" },
    { "facebook", "https://www.facebook.com/sharer/sharer.php?u={U}" },
    { "linkedin", "https://www.linkedin.com/sharing/share-offsite/?url={U}" },
    { "telegram", "https://t.me/share/url?url={U}&text={T}" },
    { "whatsapp", "https://wa.me/?text={M}" },
    { "messenger", "fb-messenger://share/?link={U}" },
};

static void append_part(Buf *out, char part, const ShareText *share)
{
    switch (part) {
    case 'L':
        buf_append(out, share->url);
        break;
    case 'U':
        url_append_component(out, share->url);
        break;
    case 'S':
        url_append_component(out, share->subject);
        break;
    case 'M':
        url_append_component(out, share->message);
        break;
    default:
        url_append_component(out, share->text);
    }
}

static Str fill(Arena *arena, Str pattern, const ShareText *share)
{
    Buf out = buf_in_arena(arena, MAX_SHARE_LEN);
    Str literal, part;
    while (str_cut(&pattern, '{', &literal)) {
        buf_append(&out, literal);
        if (str_cut(&pattern, '}', &part) && part.len == 1)
            append_part(&out, part.ptr[0], share);
        /* What stands behind "}" is the next literal. */
    }
    return buf_str(&out);
}

Status share_url(Arena *arena, Str network, const ShareText *share, Str *out_url)
{
    for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
        if (!str_is(network, networks[i].network))
            continue;
        *out_url = fill(arena, str_of(networks[i].pattern), share);
        return out_url->ptr ? STATUS_OK : STATUS_NOMEM;
    }
    return STATUS_NOT_FOUND;
}
