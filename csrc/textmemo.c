/* Text that was decoded lately: names repeat file after file, and asking the decoder is slow. */
#include "textmemo.h"

#include <stdlib.h>

#define MAX_NBYTES 1024u /* of terms, text and UTF-8 together */

static uint64_t hash_bytes(uint64_t hash, dcm_borrowed bytes) {
    for (uint64_t i = 0; i < bytes.nbytes; i++) /* FNV-1a */
        hash = (hash ^ bytes.p[i]) * UINT64_C(0x100000001B3);
    return hash ^ bytes.nbytes;
}

static uint32_t slot_of(dcm_borrowed text, uint16_t vr, dcm_borrowed terms) {
    uint64_t hash = hash_bytes(UINT64_C(0xCBF29CE484222325) ^ vr, terms);
    hash = hash_bytes(hash, text);
    return (uint32_t)(hash ^ hash >> 32) & (DCM_TEXTMEMO_NSLOTS - 1);
}

static bool too_long(dcm_borrowed text, dcm_borrowed terms) {
    return text.nbytes > MAX_NBYTES || terms.nbytes > MAX_NBYTES;
}

/* An absent character set has no address to copy from. */
static void copy(uint8_t *to, dcm_borrowed from) {
    if (from.nbytes) memcpy(to, from.p, (size_t)from.nbytes);
}

static bool same(const uint8_t *p, dcm_borrowed other) {
    return other.nbytes == 0 || memcmp(p, other.p, (size_t)other.nbytes) == 0;
}

void dcm_textmemo_free(dcm_textmemo *memo) {
    for (uint32_t i = 0; i < DCM_TEXTMEMO_NSLOTS; i++)
        free(memo->slots[i].bytes);
    memset(memo, 0, sizeof *memo);
}

bool dcm_textmemo_find(const dcm_textmemo *memo, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                       dcm_borrowed *utf8_out) {
    if (too_long(text, terms)) return false;
    const dcm_textmemo_slot *slot = &memo->slots[slot_of(text, vr, terms)];
    if (slot->vr != vr || slot->terms_nbytes != terms.nbytes || slot->text_nbytes != text.nbytes ||
        !same(slot->bytes, terms) || !same(slot->bytes + slot->terms_nbytes, text))
        return false;
    *utf8_out = (dcm_borrowed){slot->bytes + slot->terms_nbytes + slot->text_nbytes, slot->utf8_nbytes};
    return true;
}

void dcm_textmemo_keep(dcm_textmemo *memo, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                       dcm_borrowed utf8) {
    if (too_long(text, terms) || utf8.nbytes > MAX_NBYTES) return;
    uint32_t nbytes = (uint32_t)(text.nbytes + terms.nbytes + utf8.nbytes);
    if (nbytes > MAX_NBYTES) return;
    dcm_textmemo_slot *slot = &memo->slots[slot_of(text, vr, terms)];
    slot->vr = 0;
    if (nbytes > slot->cap) {
        uint8_t *p = realloc(slot->bytes, nbytes);
        if (!p) return;
        slot->bytes = p;
        slot->cap = nbytes;
    }
    slot->vr = vr;
    slot->terms_nbytes = (uint32_t)terms.nbytes;
    slot->text_nbytes = (uint32_t)text.nbytes;
    slot->utf8_nbytes = (uint32_t)utf8.nbytes;
    copy(slot->bytes, terms);
    copy(slot->bytes + terms.nbytes, text);
    copy(slot->bytes + terms.nbytes + text.nbytes, utf8);
}
