/* Who opens a link: a person, or a program that looks at it for somebody: a search engine, the preview of a
 * messenger, a browser that loads pages in advance. Only people are counted. Pure, any thread. */
#ifndef DOMAIN_VISITOR_H
#define DOMAIN_VISITOR_H

#include "domain/names.h"

/* Stored by number. */
typedef enum Device { DEVICE_OTHER, DEVICE_PHONE, DEVICE_TABLET, DEVICE_DESKTOP, DEVICE_BOT } Device;
extern const NameTable device_names;

/* What a person holds, or DEVICE_BOT for a program, by the header User-Agent, as they name themselves; one
 * without a name is no browser. A program that pretends to be a browser is taken for a person, a tablet that
 * calls itself a desktop (an iPad usually does) for that. */
Device visitor_device(Str user_agent);

/* By the headers Sec-Purpose, Purpose, X-Purpose or X-Moz: loaded before anybody asked for it. When
 * the person opens it after all, the browser asks again: the answer is not to be kept. */
bool visitor_is_early(Str purpose);

#endif
