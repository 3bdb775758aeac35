/* Lossless JPEG: Huffman tables of differences. ITU-T T.81 Annex C, §F.2.2, §H.1.2.2.

   An entry holds up to three symbols that the next 11 bits contain, with the differences worked out. Of the
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
    return (uint64_t)(uint16_t)difference(category, behind) << 16 | (n + nbehind);
}

typedef struct first {
    uint8_t nbits; /* of the code, 0 if it is longer than what is looked at */
    uint8_t category;
} first;

/* The entry of some bits, of which it is known what code every one of them could begin with. */
static dcm_jpll_entry entry_of(const first *codes, uint32_t bits) {
    uint64_t differences = 0;
    uint32_t n = 0, used = 0, left = 0;
    while (n < 3 && left == 0) {
        const uint32_t rest = (bits << used) & ((1u << LOOK) - 1u), room = LOOK - used;
        const first code = codes[rest];
        if (code.nbits == 0 || code.nbits > room) break;
        const uint32_t nbehind = code.category & 15u, have = room - code.nbits;
        if (nbehind && have == 0) break; /* the sign is not known */
        left = nbehind > have ? nbehind - have : 0;
        const uint32_t known =
            (rest & ((1u << (LOOK - code.nbits)) - 1u)) >> (LOOK - code.nbits - (nbehind - left));
        differences |= (uint64_t)(uint16_t)difference(code.category, known << left) << 16 * n;
        used += code.nbits + nbehind;
        n++;
        if (used >= LOOK) break;
    }
    return n == 0 ? 0 : differences << 16 | (uint64_t)left << 8 | (n - 1) << 6 | used;
}

void dcm_jpll_build(dcm_jpll_table *t) {
    if (t->built) return;
    first codes[1u << LOOK] = {{0, 0}};
    uint32_t code = 0, index = 0;
    for (uint32_t n = 1; n <= 16; n++, code <<= 1) {
        t->firsts[n] = (int32_t)index - (int32_t)code;
        for (uint32_t i = 0; i < t->key[n - 1]; i++, code++, index++) {
            if (n > LOOK) continue;
            const first one = {(uint8_t)n, t->key[16 + index]};
            for (uint32_t k = 0; k < 1u << (LOOK - n); k++)
                codes[(code << (LOOK - n)) + k] = one;
        }
        t->limits[n] = code << (16 - n);
    }
    for (uint32_t bits = 0; bits < 1u << LOOK; bits++)
        t->entries[bits] = entry_of(codes, bits);
    t->built = true;
}
