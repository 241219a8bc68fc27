/* The writer thread: group commit. Only store/ includes this. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/session.h"

typedef struct Writer Writer;

/* Takes over the session. */
Status writer_start(StoreSession *session, Writer **out_writer) MUST_USE;
void writer_stop(Writer **writer);
Status writer_submit(Writer *writer, Command *command) MUST_USE;
void writer_listen(Writer *writer, StoreListener *listener, void *arg);
StoreStats writer_stats(const Writer *writer);

#endif
