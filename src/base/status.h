/* One outcome type for the whole program.
 *
 * A function that can fail gives a Status; where a person should learn why, it also
 * fills an Error (field, text). HTTP codes are derived from a Status in one table
 * (api/problem.c). Plain values, no ownership, any thread. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/macros.h"

typedef enum Status {
    STATUS_OK = 0,
    STATUS_INVALID,     /* the input is wrong; the Error says what to change */
    STATUS_NOT_FOUND,   /* nothing there, or it belongs to another account */
    STATUS_CONFLICT,    /* the state does not allow it */
    STATUS_DENIED,      /* not allowed with these credentials */
    STATUS_LIMIT,       /* over a limit; later it may work */
    STATUS_BUSY,        /* a queue is full; try again at once or soon */
    STATUS_UNAVAILABLE, /* a part below is down; nothing was changed */
    STATUS_UNCERTAIN,   /* a write whose outcome is not known */
    STATUS_NOMEM,       /* no memory, or over a job's ceiling */
    STATUS_INTERNAL,    /* a defect of ours */
} Status;

typedef struct Error {
    char field[64]; /* the input's name, or "" */
    char text[256]; /* a whole sentence: what is wrong and what to do */
} Error;

/* Fills `err` (which may be NULL) and gives `status` back, so that a failing function can
 * `return error_set(...)`. `field` may be NULL. */
Status error_set(Error *err, Status status, const char *field, const char *format, ...) PRINTF_LIKE(4, 5);

const char *status_name(Status status);

#endif
