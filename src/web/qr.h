/* QR codes as pictures: SVG and PNG, black on white with the quiet zone of four modules that
 * ISO/IEC 18004 asks for, error correction M (some 15 %). Pure, any thread. */
#ifndef WEB_QR_H
#define WEB_QR_H

#include "base/arena.h"
#include "base/status.h"

/* STATUS_INVALID when `text` is longer than a QR code holds. */
Status qr_svg(Arena *arena, Str text, Str *out_svg) MUST_USE;
Status qr_png(Arena *arena, Str text, Str *out_png) MUST_USE;

enum { QR_QUIET_MODULES = 4 };

/* The code itself, for other pictures: `width` rows of `width` modules, without the quiet zone. */
typedef struct QrModules {
    int width;
    const bool *dark;
} QrModules;
Status qr_modules(Arena *arena, Str text, QrModules *out_modules) MUST_USE;

#endif
