/* Headers that people have webhooks sent with. Pure. */
#ifndef DOMAIN_HEADER_H
#define DOMAIN_HEADER_H

#include "base/status.h"
#include "base/str.h"

/* A name is a token (RFC 9110, 5.1), a value is printable ASCII: neither can end the line and begin another
 * header. Those that frame the message or belong to the connection, and those that we set, are refused. */
Status header_check(Str name, Str value, Error *err) MUST_USE;

#endif
