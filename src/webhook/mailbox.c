#include "webhook/mailbox.h"

#include "base/alloc.h"

Status mailbox_init(Mailbox *mailbox, CURLM *multi)
{
    *mailbox =
        (Mailbox){ .multi = multi, .fresh = mem_alloc(sizeof(Mail)), .spare = mem_alloc(sizeof(Mail)) };
    pthread_mutex_init(&mailbox->lock, NULL);
    return mailbox->fresh && mailbox->spare ? STATUS_OK : STATUS_NOMEM;
}

void mailbox_destroy(Mailbox *mailbox)
{
    if (mailbox->multi == NULL)
        return; /* never made */
    pthread_mutex_destroy(&mailbox->lock);
    mem_free(mailbox->fresh);
    mem_free(mailbox->spare);
    *mailbox = (Mailbox){ 0 };
}

static Mail *open_mail(Mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    return mailbox->fresh;
}

/* Wakes the sender once for all that came since it looked last. */
static void close_mail(Mailbox *mailbox)
{
    bool had_mail = mailbox->has_mail;
    mailbox->has_mail = true;
    pthread_mutex_unlock(&mailbox->lock);
    if (!had_mail)
        curl_multi_wakeup(mailbox->multi);
}

void mailbox_note_changes(void *arg, const StoreNotes *notes)
{
    if (notes->due_count == 0)
        return;
    Mailbox *mailbox = arg;
    Mail *mail = open_mail(mailbox);
    size_t count = size_min(notes->due_count, MAILBOX_MAX_DUE - mail->due_count);
    if (count)
        memcpy(&mail->due[2 * mail->due_count], notes->due, count * 2 * sizeof mail->due[0]);
    mail->due_count += count;
    mail->overflow = mail->overflow || count < notes->due_count;
    close_mail(mailbox);
}

void mailbox_wake(void *arg)
{
    open_mail(arg);
    close_mail(arg);
}

void mailbox_round_done(Mailbox *mailbox)
{
    open_mail(mailbox)->round_done = true;
    close_mail(mailbox);
}

Status mailbox_probe(Mailbox *mailbox, Command *probe)
{
    Mail *mail = open_mail(mailbox);
    bool has_room = mail->probe_count < MAILBOX_MAX_PROBES;
    if (has_room)
        mail->probes[mail->probe_count++] = probe;
    close_mail(mailbox);
    return has_room ? STATUS_OK : STATUS_BUSY;
}

void mailbox_end_probes(Mailbox *mailbox)
{
    open_mail(mailbox)->end_probes = true;
    close_mail(mailbox);
}

void mailbox_stop(Mailbox *mailbox, int64_t grace_us)
{
    Mail *mail = open_mail(mailbox);
    mail->stop = true;
    mail->grace_us = grace_us;
    close_mail(mailbox);
}

static void clear(Mail *mail)
{
    mail->due_count = mail->probe_count = 0;
    mail->overflow = mail->round_done = mail->end_probes = mail->stop = false;
}

const Mail *mailbox_take(Mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    Mail *taken = mailbox->has_mail ? mailbox->fresh : NULL;
    if (taken) {
        clear(mailbox->spare);
        mailbox->fresh = mailbox->spare;
        mailbox->spare = taken;
        mailbox->has_mail = false;
    }
    pthread_mutex_unlock(&mailbox->lock);
    return taken;
}
