#include "engine/guesses.h"

#include <sodium.h>

#include "base/alloc.h"
#include "base/random.h"
#include "domain/fraud.h"

enum { GUESS_SLOTS = 1024 };

typedef struct GuessSlot {
    IpAddress address;
    int64_t since_us; /* when its hour began */
    uint32_t count;
} GuessSlot;

struct Guesses {
    uint8_t key[crypto_shorthash_KEYBYTES]; /* so that nobody can choose whose slot to take */
    GuessSlot slots[GUESS_SLOTS];
};

Guesses *guesses_new(void)
{
    Guesses *guesses = mem_alloc(sizeof *guesses);
    if (guesses)
        random_bytes(guesses->key, sizeof guesses->key);
    return guesses;
}

void guesses_free(Guesses **guesses)
{
    mem_free(*guesses);
    *guesses = NULL;
}

static size_t slot_of(const Guesses *guesses, IpAddress address)
{
    uint64_t hash;
    crypto_shorthash((uint8_t *)&hash, address.bytes, address.len, guesses->key);
    return hash % GUESS_SLOTS;
}

static bool is_of(const GuessSlot *slot, IpAddress address, int64_t now_us)
{
    return slot->address.len == address.len && memcmp(slot->address.bytes, address.bytes, address.len) == 0 &&
           now_us - slot->since_us < FRAUD_WHILE_US;
}

void guesses_add(Guesses *guesses, IpAddress address, int64_t now_us)
{
    GuessSlot *slot = &guesses->slots[slot_of(guesses, address)];
    if (!is_of(slot, address, now_us))
        *slot = (GuessSlot){ .address = address, .since_us = now_us };
    if (slot->count < UINT32_MAX)
        slot->count++;
}

bool guesses_many(const Guesses *guesses, IpAddress address, int64_t now_us)
{
    const GuessSlot *slot = &guesses->slots[slot_of(guesses, address)];
    return is_of(slot, address, now_us) && slot->count >= FRAUD_GUESSES;
}
