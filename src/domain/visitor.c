#include "domain/visitor.h"

enum { READ_BYTES = 512 }; /* browsers name themselves in less than half of it */

/* What programs have in their names, in lower case. "whatsapp/" and its like begin the names of those that fetch
 * previews; the browsers within these apps call themselves as their system's browser. */
static const char *const program_words[] = {
    "bot",     "crawl",   "spider",  "slurp",   "preview", "facebookexternal", "facebookcatalog", "meta-external",
    "whatsapp/", "slack-img", "embedly", "imageproxy", "vkshare", "pinterest/", "curl/", "wget/",
    "python-", "go-http-client", "lighthouse",
};

static void copy_lower(Str from, char out[READ_BYTES + 1])
{
    size_t len = from.len < READ_BYTES ? from.len : READ_BYTES;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(from.ptr[i] >= 'A' && from.ptr[i] <= 'Z' ? from.ptr[i] | 0x20 : from.ptr[i]);
    out[len] = 0;
}

/* `name`: in lower case. */
static bool is_program(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(program_words); i++) {
        const char *found = strstr(name, program_words[i]);
        /* "Cubot" makes telephones. */
        if (found && !(i == 0 && found >= name + 2 && memcmp(found - 2, "cu", 2) == 0))
            return true;
    }
    return name[0] == 0;
}

static const char *const devices[] = { "other", "phone", "tablet", "desktop", "bot" };
const NameTable device_names = { devices, ARRAY_LEN(devices) };

/* The first word found decides: Android's browsers say "Mobile" on a phone only. */
static const struct {
    const char *word;
    Device device;
} device_words[] = {
    { "ipad", DEVICE_TABLET },        { "tablet", DEVICE_TABLET },      { "iphone", DEVICE_PHONE },
    { "mobile", DEVICE_PHONE },       { "android", DEVICE_TABLET },     { "windows nt", DEVICE_DESKTOP },
    { "macintosh", DEVICE_DESKTOP },  { "x11", DEVICE_DESKTOP },
};

Device visitor_device(Str user_agent)
{
    char name[READ_BYTES + 1];
    copy_lower(user_agent, name);
    if (is_program(name))
        return DEVICE_BOT;
    for (size_t i = 0; i < ARRAY_LEN(device_words); i++)
        if (strstr(name, device_words[i].word))
            return device_words[i].device;
    return DEVICE_OTHER;
}

bool visitor_is_early(Str purpose)
{
    char text[READ_BYTES + 1];
    copy_lower(purpose, text);
    return strstr(text, "prefetch") || strstr(text, "preview") || strstr(text, "prerender");
}
