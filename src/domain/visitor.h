/* Who opens a link: a person, or a program that looks at it for somebody: a search engine, the preview of a
 * messenger, a browser that loads pages in advance. Only people are counted. Pure, any thread. */
#ifndef DOMAIN_VISITOR_H
#define DOMAIN_VISITOR_H

#include "domain/names.h"

/* By the header User-Agent, as programs name themselves; one without a name is no browser. A program that
 * pretends to be a browser is taken for a person. */
bool visitor_is_person(Str user_agent);

typedef enum Device { DEVICE_OTHER, DEVICE_PHONE, DEVICE_TABLET, DEVICE_DESKTOP } Device;
extern const NameTable device_names;

/* What a person holds, by the header User-Agent. Tablets that call themselves desktops (an iPad usually does) are
 * taken for that. */
Device visitor_device(Str user_agent);

/* By the headers Sec-Purpose, Purpose, X-Purpose or X-Moz: loaded before anybody asked for it. When
 * the person opens it after all, the browser asks again: the answer is not to be kept. */
bool visitor_is_early(Str purpose);

#endif
