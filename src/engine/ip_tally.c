#include "engine/ip_tally.h"

#include <sodium.h>

#include "base/alloc.h"
#include "base/random.h"
#include "domain/fraud.h"

enum { TALLY_SLOTS = 1024 };

typedef struct TallySlot {
    IpAddress address;
    int64_t since_us; /* when its hour began */
    uint32_t count;
} TallySlot;

struct IpTally {
    uint8_t key[crypto_shorthash_KEYBYTES]; /* so that nobody can choose whose slot to take */
    TallySlot slots[TALLY_SLOTS];
};

IpTally *ip_tally_new(void)
{
    IpTally *tally = mem_alloc(sizeof *tally);
    if (tally)
        random_bytes(tally->key, sizeof tally->key);
    return tally;
}

void ip_tally_free(IpTally **tally)
{
    mem_free(*tally);
    *tally = NULL;
}

static size_t slot_of(const IpTally *tally, IpAddress address)
{
    uint64_t hash;
    crypto_shorthash((uint8_t *)&hash, address.bytes, address.len, tally->key);
    return hash % TALLY_SLOTS;
}

static bool is_of(const TallySlot *slot, IpAddress address, int64_t now_us)
{
    return slot->address.len == address.len && memcmp(slot->address.bytes, address.bytes, address.len) == 0 &&
           now_us - slot->since_us < FRAUD_WHILE_US;
}

void ip_tally_add(IpTally *tally, IpAddress address, int64_t now_us)
{
    TallySlot *slot = &tally->slots[slot_of(tally, address)];
    if (!is_of(slot, address, now_us))
        *slot = (TallySlot){ .address = address, .since_us = now_us };
    if (slot->count < UINT32_MAX)
        slot->count++;
}

bool ip_tally_reached(const IpTally *tally, IpAddress address, int64_t now_us, uint32_t limit)
{
    const TallySlot *slot = &tally->slots[slot_of(tally, address)];
    return is_of(slot, address, now_us) && slot->count >= limit;
}
