/* The form of landing and sign-up page: shows it, takes it, says what is wrong with it. */
#ifndef WEB_JOIN_FORM_H
#define WEB_JOIN_FORM_H

#include "engine/join.h"
#include "engine/loop.h"
#include "web/extra_fields.h"

typedef struct JoinForm {
    HttpRequest *request;
    LoopContext *context;
    const Language *language;
    Str code; /* the link's or the campaign's */
    Campaign campaign;
    bool is_lead; /* a landing page, with a referrer; else a sign-up page */
    int64_t referrer_id;
    Str referrer_name;
    /* What was entered, and for each field what is wrong: */
    Str first_name, email;
    ExtraFields extra;
    Str meta; /* the answers in them */
    Str stamp;         /* of the page: domain/stamp.h */
    UserSource source; /* where the page was opened from */
    bool consented;
    Str first_name_error, email_error, consent_error, form_error;
    Str set_cookie; /* to be set with the page; { NULL, 0 }: none */
    JoinCommand *command;
} JoinForm;

/* Completes a form whose campaign is there: reads what the campaign asks for. */
Status join_form_prepare(JoinForm *form) MUST_USE;

/* Answers with the page, or with the reason why nobody can join now. */
void join_form_show(const JoinForm *form, int status);

/* Reads what was posted, joins, answers. `form` must live as long as the request. */
void join_form_post(JoinForm *form);

#endif
