/* Two commands as one: in one transaction, the second after the first and only if that went well. */
#ifndef ENGINE_SEQUENCE_H
#define ENGINE_SEQUENCE_H

#include "engine/engine.h"

typedef struct SequenceCommand {
    Command base;
    Command *first, *second; /* as if each had been submitted, without `done` */
} SequenceCommand;

/* NULL without memory. The parts live in the same arena. */
SequenceCommand *sequence_command_new(Arena *arena, Command *first, Command *second) MUST_USE;

#endif
