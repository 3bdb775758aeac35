/* Lookup tables that are written as segments: discrete, linear, indirect. PS3.3 §C.7.9.2.

   An indirect segment copies others by where they begin, and no indirect ones: so there is no recursion. What
   is copied makes entries, of which there is room for nentries; copies of segments without entries are
   counted too, or a small table could take for ever. */
#include "segments.h"

#define DISCRETE 0u
#define LINEAR 1u
#define INDIRECT 2u

#define MAX_COPIES 131072u /* twice the entries that a table can have */

typedef struct segments {
    const uint8_t *in;
    size_t nvalues; /* opcodes, lengths and entries: all have the size of an entry */
    uint32_t entry_nbytes;
    bool big_endian;
    uint8_t *out;
    uint32_t nentries; /* room in out */
    uint32_t ndone;
    uint32_t last;        /* the last entry, where ndone > 0 */
    uint32_t copies_left; /* segments that indirect ones may still copy */
} segments;

static inline uint32_t value_at(const segments *s, size_t place) {
    if (s->entry_nbytes == 1) return s->in[s->big_endian ? place ^ 1 : place];
    return dcm_load_u16(s->in + 2 * place, s->big_endian);
}

static inline void put(segments *s, uint32_t entry) {
    if (s->entry_nbytes == 1) {
        s->out[s->ndone] = (uint8_t)entry;
    } else {
        const uint16_t word = (uint16_t)entry;
        memcpy(s->out + 2 * (size_t)s->ndone, &word, 2);
    }
    s->ndone++;
    s->last = entry;
}

/* length steps from the last entry to `end`; halves go to the even number, as IEEE 754 has it. */
static void put_line(segments *s, uint32_t end, uint32_t length) {
    const int64_t from = s->last, rise = (int64_t)end - from;
    for (uint32_t i = 1; i <= length; i++) {
        const int64_t above = from * length + rise * i; /* not negative: between from and end, times length */
        int64_t entry = above / length;
        const int64_t rest = 2 * (above % length);
        if (rest > length || (rest == length && entry % 2 != 0)) entry++;
        put(s, (uint32_t)entry);
    }
}

/* One discrete or linear segment at *place, which goes behind it. */
static dcm_segments_status expand_plain(segments *s, size_t *place) {
    if (s->nvalues - *place < 2) return DCM_SEGMENTS_CUT;
    const uint32_t opcode = value_at(s, *place), length = value_at(s, *place + 1);
    const uint32_t nvalues = opcode == DISCRETE ? length : 1;
    if (opcode == INDIRECT) return DCM_SEGMENTS_NESTED;
    if (opcode > INDIRECT) return DCM_SEGMENTS_OPCODE;
    *place += 2;
    if (nvalues > s->nvalues - *place) return DCM_SEGMENTS_CUT;
    if (opcode == LINEAR && s->ndone == 0) return DCM_SEGMENTS_FIRST;
    if (length > s->nentries - s->ndone) return DCM_SEGMENTS_TOO_MANY;
    if (opcode == LINEAR) {
        put_line(s, value_at(s, *place), length);
    } else {
        for (uint32_t i = 0; i < length; i++)
            put(s, value_at(s, *place + i));
    }
    *place += nvalues;
    return DCM_SEGMENTS_OK;
}

/* The indirect segment at *place: `length` segments from a byte offset on, whose low half comes first. */
static dcm_segments_status expand_indirect(segments *s, size_t *place) {
    const uint32_t size = s->entry_nbytes, nvalues = 4 / size;
    if (nvalues > s->nvalues - *place - 2) return DCM_SEGMENTS_CUT;
    uint32_t length = value_at(s, *place + 1), offset = 0;
    for (uint32_t i = 0; i < nvalues; i++)
        offset |= value_at(s, *place + 2 + i) << (8 * size * i);
    *place += 2 + nvalues;
    if (s->ndone == 0) return DCM_SEGMENTS_FIRST;
    if (offset % size != 0 || offset / size >= s->nvalues) return DCM_SEGMENTS_OFFSET;
    size_t from = offset / size;
    if (length > s->copies_left) return DCM_SEGMENTS_TOO_MANY;
    s->copies_left -= length;
    for (; length > 0; length--) {
        const dcm_segments_status status = expand_plain(s, &from);
        if (status != DCM_SEGMENTS_OK) return status;
    }
    return DCM_SEGMENTS_OK;
}

dcm_segments_status dcm_segments_expand(const uint8_t *in, size_t in_nbytes, uint32_t bits, bool big_endian,
                                        uint8_t *out, uint32_t nentries, uint32_t *ndone) {
    segments s = {
        .in = in, .entry_nbytes = bits / 8, .big_endian = big_endian, .out = out, .nentries = nentries};
    if (big_endian) in_nbytes &= ~(size_t)1; /* whole words */
    s.nvalues = in_nbytes / s.entry_nbytes;
    s.copies_left = MAX_COPIES;
    dcm_segments_status status = DCM_SEGMENTS_OK;
    /* one value that is left over is padding */
    for (size_t place = 0; status == DCM_SEGMENTS_OK && s.nvalues - place >= 2;)
        status = value_at(&s, place) == INDIRECT ? expand_indirect(&s, &place) : expand_plain(&s, &place);
    *ndone = s.ndone;
    return status;
}
