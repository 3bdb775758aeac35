/* Lossless JPEG: entropy-coded segments to differences. ITU-T T.81 §B.1.1.5, §F.2.2, §H.2.

   Decoding is a chain: the next bits choose an entry, the entry tells how many bits it has, and only then the
   next ones are known. A shift, a load and a shift again take some eight cycles, in which the machine could
   do four times as much. So a piece of the segment is decoded in two places at once. The second decoder
   starts in the middle, at any bit. Huffman codes synchronise by themselves: after some symbols that are
   wrong it is nearly always at the start of one. Those are thrown away, and where it is then is the end of
   the first decoder's half: if that one arrives exactly there, both are right. Else what the second one made
   is forgotten, and it is given more symbols to begin with the next time.

   Stuffed zeros are taken out first, piece by piece, so that refilling is one load without a branch. Symbols
   whose code is longer than what chooses an entry are decoded out of line. */
#include "jpeg_lossless_internal.h"

#define MIN_PAIR_NBYTES 512u /* shorter pieces are decoded in one place */
#define MIN_NWARM 24u
#define MAX_NWARM 512u

/* A place of the buffer where symbols are decoded. */
typedef struct lane {
    uint64_t bits;     /* the next 64 bits of the stream, or what is left of them */
    uint64_t nbits;    /* that are counted: those behind them are right, but come again */
    const uint8_t *in; /* from here the bits behind those that are counted */
    uint16_t *out;
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
    l->bits |= load_bits(l->in) >> l->nbits;
    l->in += (63 - l->nbits) >> 3;
    l->nbits |= 56;
}

DCM_INLINE uint64_t position_of(const lane *l, const uint8_t *buffer) {
    return 8 * (uint64_t)(l->in - buffer) - l->nbits;
}

DCM_INLINE lane lane_at(const uint8_t *buffer, uint64_t position, uint16_t *out) {
    lane l = {0, 0, buffer + position / 8, out};
    refill(&l);
    l.bits <<= position % 8;
    l.nbits -= position % 8;
    return l;
}

/* Decode the symbols of one entry. At most 31 bits are used, 25 unless the code is a long one; 56 are
   counted before, so that two calls can follow a refill. False if the bits are no code. */
DCM_INLINE bool look(const dcm_jpll_table *t, lane *l) {
    dcm_jpll_entry e = t->entries[l->bits >> (64 - DCM_JPLL_LOOK_BITS)];
    if (DCM_UNLIKELY(DCM_JPLL_NBITS(e) == 0)) {
        refill(l);
        e = dcm_jpll_symbol(t, l->bits);
        if (e == 0) return false;
    }
    const uint64_t nleft = e >> 8 & 255u;
    const uint64_t left = (l->bits >> (-e & 63)) & ((UINT64_C(1) << nleft) - 1);
    const uint64_t differences = (e >> 16) + (left << (e >> 2 & 0x30));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(l->out, &differences, sizeof differences);
#else
    for (uint32_t i = 0; i < 3; i++)
        l->out[i] = (uint16_t)(differences >> 16 * i);
#endif
    l->out += DCM_JPLL_NSYMBOLS(e);
    l->bits <<= e & 63;
    l->nbits -= e & 63;
    return true;
}

/* Both, until the first is within 8 bytes of a_stop or the second is beyond b_stop. False if one of them met
   bits that are no code. */
DCM_INLINE bool pair_loop(const dcm_jpll_table *t, lane *first, lane *second, const uint8_t *a_stop,
                          const uint8_t *b_stop) {
    lane a = *first, b = *second;
    bool sound = true;
    while (sound && a.in < a_stop && b.in < b_stop) {
        refill(&a);
        refill(&b);
        sound = look(t, &a) && look(t, &b) && look(t, &a) && look(t, &b);
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

static bool pair_portable(const dcm_jpll_table *t, lane *a, lane *b, const uint8_t *as, const uint8_t *bs) {
    return pair_loop(t, a, b, as, bs);
}

static bool single_portable(const dcm_jpll_table *t, lane *a, const uint8_t *stop) {
    return single_loop(t, a, stop);
}

#if DCM_X86
__attribute__((target("avx2,bmi,bmi2"))) static bool pair_wide(const dcm_jpll_table *t, lane *a, lane *b,
                                                               const uint8_t *as, const uint8_t *bs) {
    return pair_loop(t, a, b, as, bs);
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

/* Decode symbol by symbol until the position is at least `until`, which is at most the end of the data. False
   if the next bits are no code, or no whole symbol is left. */
static bool step_until(dcm_jpll *d, const dcm_jpll_table *t, uint16_t **out, uint64_t until) {
    dcm_jpll_segment *s = &d->segment;
    while (s->position < until) {
        const lane l = lane_at(d->buffer, s->position, NULL);
        const dcm_jpll_entry e = dcm_jpll_symbol(t, l.bits);
        if (e == 0 || DCM_JPLL_NBITS(e) > 8 * (uint64_t)s->nheld - s->position) return false;
        *(*out)++ = (uint16_t)(e >> 16);
        s->position += DCM_JPLL_NBITS(e);
    }
    return true;
}

/* The first decoder goes on alone up to `until`, from where it is. */
static bool run_until(dcm_jpll *d, const dcm_jpll_table *t, uint16_t **out, uint64_t until, bool wide) {
    dcm_jpll_segment *s = &d->segment;
    if (until >= s->position + 128) {
        lane a = lane_at(d->buffer, s->position, *out);
        const uint8_t *const stop = d->buffer + (until - 64) / 8;
        const bool sound = wide ? single_wide(t, &a, stop) : single_portable(t, &a, stop);
        *out = a.out;
        s->position = position_of(&a, d->buffer);
        if (!sound) return false;
    }
    return step_until(d, t, out, until);
}

/* Decode what is held in two places; gives the end of the differences. */
static uint16_t *decode_pair(dcm_jpll *d, const dcm_jpll_table *t, uint16_t *out, bool wide) {
    dcm_jpll_segment *s = &d->segment;
    const uint8_t *const end = d->buffer + s->nheld;
    const uint64_t middle = (s->position / 8 + s->nheld) / 2;
    lane b = lane_at(d->buffer, 8 * middle, d->ahead);
    bool guessed = true;
    while (guessed && b.out < d->ahead + d->nwarm && b.in < end - 64) {
        refill(&b);
        guessed = look(t, &b) && look(t, &b);
    }
    const uint64_t start = position_of(&b, d->buffer);
    b.out = d->ahead;
    if (guessed && start >= s->position + 128) {
        lane a = lane_at(d->buffer, s->position, out);
        const uint8_t *const stop = d->buffer + (start - 64) / 8;
        if (wide)
            pair_wide(t, &a, &b, stop, end - 8);
        else
            pair_portable(t, &a, &b, stop, end - 8);
        out = a.out;
        s->position = position_of(&a, d->buffer);
    }
    if (!run_until(d, t, &out, start, wide)) {
        s->damaged = true;
        return out;
    }
    if (guessed && s->position == start) {
        const uint64_t n = (uint64_t)(b.out - d->ahead);
        memcpy(out, d->ahead, n * sizeof *out);
        s->position = position_of(&b, d->buffer);
        if (d->nwarm > MIN_NWARM) d->nwarm--;
        return out + n;
    }
    if (d->nwarm < MAX_NWARM) d->nwarm *= 2;
    return out;
}

/* Components with tables of their own take turns. */
static uint16_t *decode_turns(dcm_jpll *d, uint16_t *out, uint32_t phase) {
    dcm_jpll_segment *s = &d->segment;
    const uint64_t end = 8 * (uint64_t)s->nheld, stop = s->ended ? end : end - 64;
    while (s->position < stop) {
        if (!step_until(d, d->scan_tables[phase], &out, s->position + 1)) {
            s->damaged = true;
            break;
        }
        phase = phase + 1 == d->scan_samples ? 0 : phase + 1;
    }
    return out;
}

uint64_t dcm_jpll_differences(dcm_jpll *d, uint16_t *out, uint32_t phase) {
    dcm_jpll_segment *s = &d->segment;
    const dcm_jpll_table *t = d->scan_tables[0];
    uint16_t *end = out;
    if (s->damaged) return 0;
    fill(d);
    bool alike = true;
    for (uint32_t i = 1; i < d->scan_samples; i++)
        alike = alike && d->scan_tables[i] == t;
    if (!alike) return (uint64_t)(decode_turns(d, out, phase) - out);
    const bool wide = has_wide();
    const uint64_t held = 8 * (uint64_t)s->nheld;
    if (held - s->position >= 8 * MIN_PAIR_NBYTES)
        end = decode_pair(d, t, out, wide);
    else if (!run_until(d, t, &end, held, wide))
        s->damaged = true;
    return (uint64_t)(end - out);
}
