#include "engine/sequence.h"

static Status run_part(SequenceCommand *command, Command *part, StoreSession *session)
{
    part->error = (Error){ 0 };
    Status status = part->run(part, session);
    if (status)
        command->base.error = part->error;
    return status;
}

static Status run_sequence(Command *base, StoreSession *session)
{
    SequenceCommand *command = (SequenceCommand *)base;
    Status status = run_part(command, command->first, session);
    return status ? status : run_part(command, command->second, session);
}

SequenceCommand *sequence_command_new(Arena *arena, Command *first, Command *second)
{
    SequenceCommand *command = ARENA_NEW(arena, SequenceCommand);
    if (command)
        *command = (SequenceCommand){ .base = { .run = run_sequence, .arena = arena }, .first = first, .second = second };
    return command;
}
