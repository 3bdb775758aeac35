/* Lossless JPEG: entropy-coded segments to differences. ITU-T T.81 §B.1.1.5, §F.2.2, §H.2.

   Decoding is a chain: the next bits choose an entry, the entry tells how many bits it has, and only then the
   next ones are known. A shift, a load and a shift again take some eight cycles, in which the machine could
   do four times as much. So a piece of the segment is decoded in two places at once. The second decoder
   starts in the middle, at any bit. Huffman codes synchronise by themselves: after some symbols that are
   wrong, often three to fifteen, it is at the start of one that is right. When the first decoder comes to the
   middle, both go on from there in turns, symbol by symbol, until they meet; what the second one made up to
   that place is dropped, and the rest counts. If they do not meet, all of it is forgotten.

   Stuffed zeros are taken out first, piece by piece, so that refilling is one load without a branch. Symbols
   without an entry are decoded out of line. Two places keep the machine
   busy, and a third would not pay: it is instructions that count. */
#include "jpeg_lossless_internal.h"

#define LOOK DCM_JPLL_LOOK_BITS
#define MIN_PAIR_NBYTES 512u /* shorter pieces are decoded in one place */
#define MAX_NPASSED 1000u    /* symbols until the two decoders are at one place */

/* A place of the buffer where symbols are decoded. */
typedef struct lane {
    uint64_t bits;     /* the next bits of the stream: all 64 after a refill */
    uint64_t nbits;    /* the last 6 bits of it: how many of them are counted. The others come again */
    const uint8_t *in; /* from here the bits behind those that are counted */
    uint8_t *out;      /* differences */
} lane;

DCM_INLINE uint64_t load_bits(const uint8_t *p) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
#else
    return dcm_load_u64be(p);
#endif
}

/* At least 56 bits are counted then. */
DCM_INLINE void refill(lane *l) {
    const uint64_t nbits = l->nbits & 63;
    l->bits |= load_bits(l->in) >> nbits;
    l->in += (63 - nbits) >> 3;
    l->nbits = nbits | 56;
}

DCM_INLINE uint64_t position_of(const lane *l, const uint8_t *buffer) {
    return 8 * (uint64_t)(l->in - buffer) - (l->nbits & 63);
}

DCM_INLINE lane lane_at(const uint8_t *buffer, uint64_t position, uint16_t *out) {
    lane l = {0, 0, buffer + position / 8, (uint8_t *)out};
    refill(&l);
    l.bits <<= position % 8;
    l.nbits -= position % 8;
    return l;
}

/* The bits of an entry's last symbol behind those that chose it: 0 if there are none. */
DCM_INLINE uint64_t left_of(dcm_jpll_entry e, uint64_t bits) {
    return (bits & (~UINT64_C(0) >> LOOK)) >> (-e & 63);
}

/* The symbol of a code that has no entry: rare. Counts 56 bits again. False if the bits are no code. */
static __attribute__((noinline)) bool look_long(const dcm_jpll_table *t, lane *l) {
    refill(l);
    const dcm_jpll_entry e = dcm_jpll_symbol(t, l->bits);
    const uint16_t difference = (uint16_t)(e >> 16);
    if (e == 0) return false;
    memcpy(l->out, &difference, sizeof difference);
    l->out += sizeof difference;
    l->bits <<= DCM_JPLL_NBITS(e);
    l->nbits -= DCM_JPLL_NBITS(e);
    refill(l);
    return true;
}

/* Decode the symbols of one entry. Of the 56 bits that are counted after a refill, an entry uses 18, or 26 if
   the table is a long one: so three or two calls can follow. False if the bits are no code. */
DCM_INLINE bool look(const dcm_jpll_table *t, lane *l) {
    const dcm_jpll_entry e = t->entries[l->bits >> (64 - LOOK)];
    if (DCM_UNLIKELY(DCM_JPLL_NBITS(e) == 0)) {
        lane copy = *l; /* so that l stays in registers */
        const bool sound = look_long(t, &copy);
        *l = copy;
        return sound;
    }
    const uint64_t out_nbytes = DCM_JPLL_OUT_NBYTES(e);
    const uint64_t differences = (e >> 16) + (left_of(e, l->bits) << (8 * out_nbytes - 16));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(l->out, &differences, sizeof differences);
#else
    for (uint32_t i = 0; i < 3; i++)
        memcpy(l->out + 2 * i, &(uint16_t){(uint16_t)(differences >> 16 * i)}, 2);
#endif
    l->out += out_nbytes;
    l->bits <<= e & 63;
    l->nbits -= e; /* only the last bits count */
    return true;
}

/* Both, until the first is within 16 bytes of a_stop or the second beyond b_stop. False if one of them met
   bits that are no code. */
DCM_INLINE bool pair_loop(const dcm_jpll_table *t, lane *first, lane *second, const uint8_t *a_stop,
                          const uint8_t *b_stop, bool is_long) {
    lane a = *first, b = *second;
    bool sound = true;
    while (sound && a.in < a_stop && b.in < b_stop) {
        refill(&a);
        refill(&b);
        sound = look(t, &a) && look(t, &b) && look(t, &a) && look(t, &b);
        if (!is_long) sound = sound && look(t, &a) && look(t, &b);
    }
    *first = a, *second = b;
    return sound;
}

DCM_INLINE bool single_loop(const dcm_jpll_table *t, lane *only, const uint8_t *stop) {
    lane a = *only;
    bool sound = true;
    while (sound && a.in < stop) {
        refill(&a);
        sound = look(t, &a) && look(t, &a);
    }
    *only = a;
    return sound;
}

DCM_INLINE void run_pair(const dcm_jpll_table *t, lane *a, lane *b, const uint8_t *as, const uint8_t *bs) {
    if (t->is_long)
        pair_loop(t, a, b, as, bs, true);
    else
        pair_loop(t, a, b, as, bs, false);
}

static void pair_portable(const dcm_jpll_table *t, lane *a, lane *b, const uint8_t *as, const uint8_t *bs) {
    run_pair(t, a, b, as, bs);
}

static bool single_portable(const dcm_jpll_table *t, lane *a, const uint8_t *stop) {
    return single_loop(t, a, stop);
}

#if DCM_X86
__attribute__((target("avx2,bmi,bmi2"))) static void pair_wide(const dcm_jpll_table *t, lane *a, lane *b,
                                                               const uint8_t *as, const uint8_t *bs) {
    run_pair(t, a, b, as, bs);
}
__attribute__((target("avx2,bmi,bmi2"))) static bool single_wide(const dcm_jpll_table *t, lane *a,
                                                                 const uint8_t *stop) {
    return single_loop(t, a, stop);
}
static bool has_wide(void) {
    return dcm_simd_avx2() && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
#else
#define pair_wide pair_portable
#define single_wide single_portable
static bool has_wide(void) {
    return false;
}
#endif

void dcm_jpll_open_segment(dcm_jpll *d, const uint8_t *in, const uint8_t *end) {
    d->segment = (dcm_jpll_segment){.in = in, .end = end};
}

/* Bring what is left to the front of the buffer, and fill it up to the next marker. §B.1.1.5 */
static void fill(dcm_jpll *d) {
    dcm_jpll_segment *s = &d->segment;
    const uint32_t done = (uint32_t)(s->position / 8);
    memmove(d->buffer, d->buffer + done, s->nheld - done);
    s->nheld -= done;
    s->position -= 8 * (uint64_t)done;
    const uint8_t *in = s->in;
    uint8_t *out = d->buffer + s->nheld;
    while (!s->ended) {
        const uint64_t room = DCM_JPLL_BUFFER_NBYTES - (uint64_t)(out - d->buffer),
                       left = (uint64_t)(s->end - in);
        const uint64_t most = room < left ? room : left;
        if (room == 0) break;
        const uint8_t *found = most ? memchr(in, 0xFF, most) : NULL;
        const uint64_t n = found ? (uint64_t)(found - in) : most;
        memcpy(out, in, n);
        out += n, in += n;
        if (!found && n == left) s->ended = true;
        if (!found) continue;
        if (s->end - in >= 2 && in[1] == 0) {
            *out++ = 0xFF;
            in += 2;
        } else {
            s->ended = true;
        }
    }
    s->in = in;
    s->nheld = (uint32_t)(out - d->buffer);
    memset(out, 0, DCM_JPLL_PAD_NBYTES);
}

/* Decode one symbol at a position of the buffer, and step over it. False if the bits are no code, or not all
   there. */
static bool step(const dcm_jpll *d, const dcm_jpll_table *t, uint64_t *position, uint16_t *out) {
    const lane l = lane_at(d->buffer, *position, NULL);
    dcm_jpll_entry e = t->entries[l.bits >> (64 - LOOK)];
    if (DCM_JPLL_OUT_NBYTES(e) == 2)
        e += left_of(e, l.bits) << 16;
    else
        e = dcm_jpll_symbol(t, l.bits);
    if (e == 0 || DCM_JPLL_NBITS(e) > 8 * (uint64_t)d->segment.nheld - *position) return false;
    *out = (uint16_t)(e >> 16);
    *position += DCM_JPLL_NBITS(e);
    return true;
}

/* Decode symbol by symbol until the position is at least `until`, which is at most the end of the data. */
static bool step_until(dcm_jpll *d, const dcm_jpll_table *t, uint16_t **out, uint64_t until) {
    while (d->segment.position < until) {
        if (!step(d, t, &d->segment.position, *out)) return false;
        ++*out;
    }
    return true;
}

/* The first decoder goes on alone up to `until`, from where it is. */
static bool run_until(dcm_jpll *d, const dcm_jpll_table *t, uint16_t **out, uint64_t until, bool wide) {
    dcm_jpll_segment *s = &d->segment;
    if (until >= s->position + 256) {
        lane a = lane_at(d->buffer, s->position, *out);
        const uint8_t *const stop = d->buffer + (until - 128) / 8;
        const bool sound = wide ? single_wide(t, &a, stop) : single_portable(t, &a, stop);
        *out = (uint16_t *)a.out;
        s->position = position_of(&a, d->buffer);
        if (!sound) return false;
    }
    return step_until(d, t, out, until);
}

/* The first decoder is at the end of its half, the second started near there: both go on in turns, symbol by
   symbol, until they are at one place. `start` is where the second started, and gets to be that place; the
   symbols that it passes count for nothing. False if they do not meet before `end`. */
static bool join(dcm_jpll *d, const dcm_jpll_table *t, uint16_t **out, uint64_t *start, uint64_t *npassed,
                 uint64_t end) {
    uint16_t wrong;
    *npassed = 0;
    while (d->segment.position != *start) {
        if (*start >= end || *npassed > MAX_NPASSED) return false;
        if (d->segment.position < *start) {
            if (!step(d, t, &d->segment.position, *out)) return false;
            ++*out;
        } else {
            if (!step(d, t, start, &wrong)) return false;
            ++*npassed;
        }
    }
    return true;
}

/* Decode what is held in two places; gives the end of the differences. */
static uint16_t *decode_pair(dcm_jpll *d, const dcm_jpll_table *t, uint16_t *out, bool wide) {
    dcm_jpll_segment *s = &d->segment;
    const uint8_t *const end = d->buffer + s->nheld;
    const uint64_t half = (8 * (uint64_t)s->nheld - s->position) / 2;
    uint64_t start = s->position + half - half % t->nzero, npassed = 0;
    lane a = lane_at(d->buffer, s->position, out), b = lane_at(d->buffer, start, d->ahead);
    const uint8_t *const stop = d->buffer + (start - 128) / 8;
    if (wide)
        pair_wide(t, &a, &b, stop, end - 16);
    else
        pair_portable(t, &a, &b, stop, end - 16);
    out = (uint16_t *)a.out;
    s->position = position_of(&a, d->buffer);
    if (!run_until(d, t, &out, start, wide)) {
        s->damaged = true;
        return out;
    }
    const uint64_t b_end = position_of(&b, d->buffer), n = (uint64_t)((uint16_t *)b.out - d->ahead);
    if (!join(d, t, &out, &start, &npassed, b_end)) return out;
    memcpy(out, d->ahead + npassed, (n - npassed) * sizeof *out);
    s->position = b_end;
    return out + n - npassed;
}

/* Components with tables of their own take turns; where such symbols synchronise is not worth a guess. */
static uint16_t *decode_turns(dcm_jpll *d, uint16_t *out, uint32_t phase) {
    dcm_jpll_segment *s = &d->segment;
    const uint32_t n = d->scan_samples;
    const uint64_t end = 8 * (uint64_t)s->nheld;
    bool sound = true;
    if (end >= s->position + 256) {
        lane a = lane_at(d->buffer, s->position, out);
        const uint8_t *const stop = d->buffer + s->nheld - 16;
        while (sound && a.in < stop) {
            refill(&a);
            for (uint32_t i = 0; i < 2 && sound; i++, phase = phase + 1 == n ? 0 : phase + 1)
                sound = look(d->scan_tables[phase], &a);
        }
        out = (uint16_t *)a.out;
        s->position = position_of(&a, d->buffer);
    }
    while (sound && s->ended && s->position < end) {
        sound = step(d, d->scan_tables[phase], &s->position, out);
        out += sound;
        phase = phase + 1 == n ? 0 : phase + 1;
    }
    s->damaged = !sound;
    return out;
}

uint64_t dcm_jpll_differences(dcm_jpll *d, uint16_t *out, uint32_t phase) {
    dcm_jpll_segment *s = &d->segment;
    const dcm_jpll_table *t = d->scan_tables[0];
    uint16_t *end = out;
    if (s->damaged) return 0;
    fill(d);
    if (d->turns) return (uint64_t)(decode_turns(d, out, phase) - out);
    const bool wide = has_wide();
    const uint64_t held = 8 * (uint64_t)s->nheld;
    if (held - s->position >= 8 * MIN_PAIR_NBYTES)
        end = decode_pair(d, t, out, wide);
    else if (!run_until(d, t, &end, held, wide))
        s->damaged = true;
    return (uint64_t)(end - out);
}
