/* The way back into a portal. */
#include "engine/find.h"
#include "web/handlers.h"
#include "web/page.h"

void web_get_login(HttpRequest *request, LoopContext *context)
{
    Campaign campaign;
    Status status =
        find_campaign(context->session, context->engine, request->params[0], request->arena, &campaign);
    if (status) {
        page_send_failure(request, status);
        return;
    }
    TemplateValue values[] = { { .name = "campaign", .text = campaign.name } };
    page_send(request, &(Page){ .id = PAGE_LOGIN,
                                .status = 200,
                                .title = text_of(page_language(request, &campaign), "login.title"),
                                .campaign = &campaign,
                                .values = values,
                                .count = ARRAY_LEN(values) });
}
