/* Answers that visitors see: the pages, made of src/web/assets/, and the headers that all of them
 * carry. Nothing of a page comes from elsewhere, none needs its script, and cookies are few (web/cookie.h). */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "domain/campaign.h"
#include "http/http.h"
#include "web/template.h"
#include "web/texts.h"

typedef enum PageId {
    PAGE_LAYOUT, /* what stands around all others */
    PAGE_FORM,   /* a part of landing and sign-up page */
    PAGE_FIELD,  /* a part of the form: an extra field, … */
    PAGE_CHOICE, /* … a choice in it, … */
    PAGE_FIELD_ERROR, /* … what is wrong with it */
    PAGE_SHARING, /* a part: the link, where it can be shared, its QR code */
    PAGE_ROW,     /* a part: a line of a list in the portal */
    PAGE_HOME,
    PAGE_LANDING,
    PAGE_SIGNUP,
    PAGE_WELCOME,
    PAGE_THANK_YOU,
    PAGE_PORTAL,
    PAGE_LOGIN,
    PAGE_CLOSED,
    PAGE_NOTICE,
    PAGE_COUNT,
} PageId;

/* The one script that a page runs; none needs it, but for forms with a proof of work. */
typedef enum PageScript { SCRIPT_NONE, SCRIPT_SHARING, SCRIPT_PROOF, SCRIPT_COUNT } PageScript;

typedef struct Page {
    PageId id;
    int status;
    Str title;
    const Campaign *campaign; /* whose page it is; NULL: nobody's */
    const TemplateValue *values;
    size_t count;
    const char *extra_header; /* a literal, NULL: none */
    Str extra_value;
    PageScript script;
    Str card;         /* previews of it show the picture of this code of its campaign and `description`; { NULL, 0 }: none */
    Str description;
    bool embedded;    /* the sites of its campaign's embed_origins may show it in a frame */
} Page;

/* The campaign's language; of a page that is no campaign's (NULL) the visitor's. */
const Language *page_language(const HttpRequest *request, const Campaign *campaign);
/* Where a user's or the campaign's code is opened: on the campaign's own host when it has one. { NULL, 0 } without memory. */
Str page_link(const HttpRequest *request, int64_t campaign_id, Str code);
/* Answers with a whole page. */
void page_send(HttpRequest *request, const Page *page);
/* A part as HTML, to be a trusted value of a page; { NULL, 0 } without memory. */
Str page_part(Arena *arena, const Language *language, PageId id, const TemplateValue *values, size_t count);

/* Answers with a sentence or two instead of what was asked for: 404, 503 or 500 as `status` has it. */
void page_send_failure(HttpRequest *request, Status status);
/* 405; `allow` lists the methods that are. */
void page_send_not_allowed(HttpRequest *request, Str allow);

void page_redirect(HttpRequest *request, int status, Str location);
/* The same with a Set-Cookie. */
void page_redirect_with(HttpRequest *request, int status, Str location, Str cookie);

/* Answers with bytes that may be kept: 304 when the client has them already. */
typedef struct Picture {
    const char *content_type;
    Str bytes;
    Str cache_control;
    Str disposition; /* Content-Disposition; { NULL, 0 }: none */
} Picture;
void page_send_picture(HttpRequest *request, const Picture *picture);

/* The same for what pages ask for with ?v= and the version that they were made with: that never changes. */
void page_send_versioned(HttpRequest *request, const char *content_type, Str bytes);

/* A short text that changes when the bytes do. */
typedef struct Version {
    char text[17];
} Version;
Version page_version(Str bytes);

#endif
