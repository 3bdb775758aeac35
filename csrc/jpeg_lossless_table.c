/* Lossless JPEG: Huffman tables of differences. ITU-T T.81 Annex C, §F.2.2, §H.1.2.2.

   An entry holds up to three symbols that the next 12 bits contain, with the differences worked out. Of the
   last one only code and sign have to be among these bits: what is missing is added when it is decoded. So
   noisy images, whose symbols have ten bits and more, need one entry a sample as well. */
#include "jpeg_lossless_internal.h"

#define LOOK DCM_JPLL_LOOK_BITS

bool dcm_jpll_define(dcm_jpll_table *t, const uint8_t *counts, const uint8_t *values, uint32_t nvalues) {
    t->defined = false;
    uint32_t code = 0;
    for (uint32_t n = 1; n <= 16; n++) {
        code += counts[n - 1];
        if (code > 1u << n) return false; /* more codes than there are */
        code <<= 1;
    }
    for (uint32_t i = 0; i < nvalues; i++)
        if (values[i] > DCM_JPLL_MAX_CATEGORY) return false;
    t->defined = true;
    if (t->built && t->nvalues == nvalues && memcmp(t->key, counts, 16) == 0 &&
        memcmp(t->key + 16, values, nvalues) == 0)
        return true;
    t->built = false;
    t->nvalues = nvalues;
    memcpy(t->key, counts, 16);
    memcpy(t->key + 16, values, nvalues);
    return true;
}

/* Category and bits behind the code to the difference. Table H.2; 32768 is -32768, modulo 65536. */
static int32_t difference(uint32_t category, uint32_t bits) {
    if (category == 0) return 0;
    if (category == 16) return -32768;
    return bits >> (category - 1) ? (int32_t)bits : (int32_t)bits - (int32_t)((1u << category) - 1u);
}

/* Length of the code that 16 bits of the stream begin with, and its category; 0 if they are none. */
static uint32_t code_of(const dcm_jpll_table *t, uint32_t bits, uint32_t *category) {
    uint32_t n = 1;
    while (n <= 16 && bits >= t->limits[n])
        n++;
    if (n > 16) return 0;
    *category = t->key[16 + (uint32_t)(t->firsts[n] + (int32_t)(bits >> (16 - n)))];
    return n;
}

dcm_jpll_entry dcm_jpll_symbol(const dcm_jpll_table *t, uint64_t bits) {
    uint32_t category = 0;
    const uint32_t n = code_of(t, (uint32_t)(bits >> 48), &category);
    if (n == 0) return 0;
    const uint32_t nbehind = category & 15u; /* 16 has none */
    const uint32_t behind = (uint32_t)((bits << n >> 1) >> (63 - nbehind));
    return (uint64_t)(uint16_t)difference(category, behind) << 16 | 2u << 8 | (n + nbehind);
}

/* The first symbol of the bits that are looked at, zeros taken for those that are not. */
typedef struct first {
    uint16_t difference;
    uint8_t code_nbits; /* 0 if the code is longer than what is looked at */
    uint8_t nbits;      /* of the symbol */
} first;

/* Whether code and sign are among so many bits. */
static bool is_known(first symbol, uint32_t nbits) {
    return symbol.code_nbits && symbol.code_nbits + (symbol.nbits > symbol.code_nbits ? 1u : 0u) <= nbits;
}

static dcm_jpll_entry entry_of(const first *symbols, uint32_t bits, uint32_t most, uint32_t max_nbits) {
    dcm_jpll_entry differences = 0;
    uint32_t n = 0, used = 0;
    while (n < most && used < LOOK) {
        const first symbol = symbols[bits << used & ((1u << LOOK) - 1u)];
        if (!is_known(symbol, LOOK - used) || used + symbol.nbits > max_nbits) break;
        differences |= (dcm_jpll_entry)symbol.difference << 16 * n++;
        used += symbol.nbits;
    }
    return n == 0 ? 0 : differences << 16 | 2 * n << 8 | used;
}

/* What all bits that begin with a code mean. */
static void list_code(first *symbols, uint32_t code, uint32_t n, uint32_t category) {
    const uint32_t nbehind = category & 15u, room = LOOK - n, known = nbehind < room ? nbehind : room;
    for (uint32_t behind = 0; behind < 1u << known; behind++) {
        const int32_t value = difference(category, behind << (nbehind - known));
        const first symbol = {(uint16_t)value, (uint8_t)n, (uint8_t)(n + nbehind)};
        first *const place = symbols + (code << room) + (behind << (room - known));
        for (uint32_t k = 0; k < 1u << (room - known); k++)
            place[k] = symbol;
    }
}

bool dcm_jpll_alike(const dcm_jpll_table *a, const dcm_jpll_table *b) {
    return a->nvalues == b->nvalues && memcmp(a->key, b->key, 16 + a->nvalues) == 0;
}

void dcm_jpll_build(dcm_jpll_table *t, bool single) {
    if (t->built && t->single == single) return;
    t->built = false;
    t->single = single;
    first symbols[1u << LOOK] = {{0, 0, 0}};
    uint32_t code = 0, index = 0, nlong = 0;
    t->nzero = 1;
    for (uint32_t n = 1; n <= 16; n++, code <<= 1) {
        t->firsts[n] = (int32_t)index - (int32_t)code;
        for (uint32_t i = 0; i < t->key[n - 1]; i++, code++, index++) {
            const uint32_t category = t->key[16 + index];
            if (category == 0) t->nzero = n;
            if (n <= LOOK) list_code(symbols, code, n, category);
            if (n < LOOK && n + (category & 15u) > DCM_JPLL_SHORT_NBITS) nlong += 1u << (LOOK - n);
        }
        t->limits[n] = code << (16 - n);
    }
    t->is_long = nlong > (1u << LOOK) / 100;
    const uint32_t max_nbits = t->is_long ? DCM_JPLL_LONG_NBITS : DCM_JPLL_SHORT_NBITS;
    for (uint32_t bits = 0; bits < 1u << LOOK; bits++)
        t->entries[bits] = entry_of(symbols, bits, single ? 1 : 3, max_nbits);
    t->built = true;
}
