/* What a webhook's requests look like (contract 3.1), as lines one after another: "Name: value" of the headers that go
 * along, "path=name" of what is sent of the body. Pure. */
#ifndef DOMAIN_SHAPE_H
#define DOMAIN_SHAPE_H

#include "base/buf.h"
#include "base/status.h"

/* Room for as many lines as there may be. */
size_t shape_headers_room(void);
size_t shape_fields_room(void);

/* Add a line to those there are, or tell why not: too many, a bad one, one that is there twice. */
Status shape_add_header(Buf *lines, Str name, Str value, Error *err) MUST_USE;
/* `as` may be { NULL, 0 }: it keeps its name. */
Status shape_add_field(Buf *lines, Str path, Str as, Error *err) MUST_USE;

#endif
