/* JPEG-LS: lines of samples. ITU-T T.87 Annex A.

   A sample needs the one before it to know its context, and the context to know how many bits it has: a chain
   of some twenty cycles, beside which some hundred instructions are to be done. So what does not depend on
   the sample before is done for the whole line at once (two of three gradients), contexts are updated without
   a branch, and keep the parameter of their next code; the place in the bits is one
   number, and a load gives 57 bits from there. Codes that are longer than that, and what no sound stream has,
   are decoded out of line; zeros behind the last bit lead there as well, so nothing else has to look for the
   end. */
#include "jpegls_internal.h"

/* Table A.1's J: how long runs are. */
static const uint8_t run_nbits[32] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,  2,  3,  3,  3,  3,
                                      4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* The next 57 bits or more, the first highest. */
DCM_INLINE uint64_t window(const uint8_t *p, uint64_t at) {
    return dcm_load_u64be(p + (at >> 3)) << (at & 7);
}

/* Keep the compiler from knowing what a number is, and so from computing it in another order. */
#define HIDE(v) __asm__("" : "+r"(v))

DCM_INLINE int32_t load_i32(const uint8_t *p) {
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

DCM_INLINE int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

DCM_INLINE int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

DCM_INLINE int32_t within(int32_t v, int32_t low, int32_t high) {
    v = v < low ? low : v;
    return v > high ? high : v;
}

/* A code that is long, or cannot be: its value, or -1. `limit` is how long codes are at most. §A.5.3 */
static __attribute__((noinline)) int64_t decode_long(const dcm_jpls *d, uint64_t *at, uint32_t k,
                                                     int32_t limit) {
    const int32_t most = limit - d->qbpp - 1;
    int32_t nzeros = 0;
    if (*at >= d->bits.end) return -1;
    uint64_t w = window(d->bits.p, *at);
    /* two loads are enough: no code has more than 64 bits */
    if (w >> 8 == 0) nzeros = 56, *at += 56, w = window(d->bits.p, *at);
    const int32_t more = w ? __builtin_clzll(w) : 64;
    nzeros += more;
    *at += (uint64_t)more + 1;
    if (nzeros > most) return -1;
    w = window(d->bits.p, *at);
    const uint32_t nbits = nzeros == most ? (uint32_t)d->qbpp : k;
    *at += nbits;
    if (*at > d->bits.end) return -1;
    const int64_t low = nbits ? (int64_t)(w >> (64 - nbits)) : 0;
    const int64_t v = nzeros == most ? low + 1 : ((int64_t)nzeros << k) + low;
    return v <= 2 * (int64_t)d->range ? v : -1;
}

/* A Golomb code. False if it cannot be. */
DCM_INLINE bool decode_code(const dcm_jpls *d, uint64_t *at, uint32_t k, int32_t limit, uint32_t max_nzeros,
                            uint32_t *code) {
    const uint64_t w = window(d->bits.p, *at);
    const uint32_t nzeros = (uint32_t)__builtin_clzll(w | 1);
    if (DCM_UNLIKELY(nzeros >= max_nzeros)) {
        uint64_t copy = *at; /* so that it stays in a register */
        const int64_t v = decode_long(d, &copy, k, limit);
        *at = copy;
        *code = (uint32_t)v;
        return v >= 0;
    }
    *at += nzeros + 1 + k;
    /* behind the zeros comes a one: it is taken off with the zeros' part */
    *code = ((nzeros - 1) << k) + (uint32_t)(w << nzeros >> (~k & 63));
    return true;
}

/* The smallest k for which n 2^k >= a. §A.5.1 */
DCM_INLINE uint32_t golomb_parameter(int32_t n, int32_t a) {
    const int32_t k = larger(__builtin_clz((uint32_t)n) - __builtin_clz((uint32_t)a | 1), 0);
    return (uint32_t)k + ((uint32_t)n << k < (uint32_t)a);
}

/* Write a sample n times, and over what stands behind: lines have room there. */
DCM_INLINE void fill(uint16_t *out, uint64_t n, uint16_t v) {
    const uint64_t four = v * UINT64_C(0x0001000100010001);
    for (uint64_t i = 0; i < n; i += 8) {
        memcpy(out + i, &four, 8);
        memcpy(out + i + 4, &four, 8);
    }
}

/* How many samples so many ones stand for, from the start of the table. §A.7.1 */
static const uint32_t run_lengths[33] = {0,   1,   2,   3,   4,    6,    8,    10,   12,    16,    20,
                                         24,  28,  36,  44,  52,   60,   76,   92,   124,   156,   220,
                                         284, 412, 540, 796, 1308, 2332, 4380, 8476, 16668, 33052, 65820};

/* A run that reaches the end of the line, or is longer than any: one after another. */
static __attribute__((noinline)) int64_t decode_long_run(const dcm_jpls *d, uint64_t *at, uint32_t *run_index,
                                                         uint64_t room) {
    uint64_t n = 0;
    while (n < room && window(d->bits.p, *at) >> 63) {
        const uint64_t length = UINT64_C(1) << run_nbits[*run_index];
        if (*at >= d->bits.end) return -1;
        ++*at;
        n += length;
        if (n <= room && *run_index < 31) ++*run_index;
    }
    if (n >= room) return (int64_t)room;
    const uint32_t nbits = run_nbits[*run_index];
    const uint64_t w = window(d->bits.p, *at + 1);
    *at += 1 + nbits;
    n += w >> 1 >> (63 - nbits);
    return n <= room ? (int64_t)n : -1;
}

/* How many samples a run has: `room` at most, where the line ends with it. -1 where that cannot be. §A.7.1 */
DCM_INLINE int64_t decode_run(const dcm_jpls *d, uint64_t *at, uint32_t *run_index, uint64_t room) {
    const uint64_t w = window(d->bits.p, *at);
    const uint32_t nones = (uint32_t)__builtin_clzll(~w | 1), index = *run_index + nones;
    uint64_t copy = *at; /* so that it stays in a register */
    if (DCM_UNLIKELY(index >= 32)) {
        const int64_t n = decode_long_run(d, &copy, run_index, room);
        *at = copy;
        return n;
    }
    const uint32_t nbits = run_nbits[index];
    const uint64_t n = run_lengths[index] - run_lengths[*run_index] + (w << nones << 1 >> 1 >> (63 - nbits));
    /* of the window's 57 bits a run of fewer than 32 ones has 48 at most */
    if (DCM_UNLIKELY(n >= room)) {
        const int64_t n = decode_long_run(d, &copy, run_index, room);
        *at = copy;
        return n;
    }
    *at += nones + 1 + nbits;
    *run_index = index;
    return (int64_t)n;
}

/* What the line before alone tells of every sample's context: 81 Q1 + 9 Q2, and where the third gradient is
   looked up. What is Q1 for a sample is Q2 for the next. §A.3.3, §A.3.4 */
DCM_INLINE void quantise_line(const dcm_jpls *d, dcm_jpls_lines *lines) {
    const uint16_t near = (uint16_t)d->parameters.near, t1 = (uint16_t)d->parameters.t1,
                   t2 = (uint16_t)d->parameters.t2, t3 = (uint16_t)d->parameters.t3;
    const int32_t size = 2 * d->reach + 1, reach = d->reach;
    const int64_t n = d->layout.columns;
    const uint16_t *restrict const before = lines->before + DCM_JPLS_FIRST;
    int16_t *restrict const gradients = lines->gradients;
    int16_t *restrict const sums = lines->sums;
    int32_t *restrict const places = lines->places;
    uint32_t *restrict const thirds = lines->thirds;
    for (int64_t i = 0; i <= n; i++) { /* in 16 bits each, so that a vector has many */
        const uint16_t b = before[i], c = before[i - 1], high = b > c ? b : c, low = b > c ? c : b;
        const uint16_t m = (uint16_t)(high - low);
        const int16_t q =
            (int16_t)((int16_t)(m > near) + (int16_t)(m >= t1) + (int16_t)(m >= t2) + (int16_t)(m >= t3));
        const int16_t sign = (int16_t) - (int16_t)(b < c);
        gradients[i] = (int16_t)((q ^ sign) - sign);
    }
    for (int64_t i = 0; i < n; i++)
        sums[i] = (int16_t)(81 * gradients[i + 1] + 9 * gradients[i]);
    for (int64_t i = 0; i < n; i++) {
        const int32_t g = sums[i];
        places[i] = g * 65536 + (g < 0 ? -g : g) * DCM_JPLS_CONTEXT_NBYTES;
    }
    for (int64_t i = 0; i < n; i++) {
        const int32_t g = sums[i], is_less = g >> 31, is_zero = -(g == 0);
        thirds[i] = (uint32_t)((size & is_less) + (2 * size & is_zero) + reach - before[i - 1]);
    }
}

/* §A.6 */
DCM_INLINE void update(const dcm_jpls *d, dcm_jpls_context *q, int32_t error, int32_t step) {
    int32_t a = (int32_t)((uint32_t)q->a + (uint32_t)(error < 0 ? -error : error)), b = q->b + error * step,
            n = q->n;
    if (DCM_UNLIKELY(n == d->parameters.reset)) a = (int32_t)((uint32_t)a >> 1), b >>= 1, n >>= 1;
    n++;
    const int32_t least = 1 - n, is_low = b<least, is_high = b> 0;
    b += (-is_low & n) - (-is_high & n);
    q->c = within(q->c + is_high - is_low, -128, 127);
    q->a = a, q->b = within(b, least, 0), q->n = n, q->k = golomb_parameter(n, a);
    q->c_again = q->c;
}

/* The sample of a prediction and an error. §A.4.5 */
DCM_INLINE int32_t reconstruct(const dcm_jpls *d, int32_t predicted, int32_t error, bool lossless) {
    const int32_t maxval = d->parameters.maxval, near = d->parameters.near;
    if (lossless) return (predicted + error) & maxval;
    int32_t v = predicted + error * d->step;
    if (DCM_LIKELY((uint32_t)v <= (uint32_t)maxval)) return v;
    if ((uint32_t)(v + near) > (uint32_t)(maxval + 2 * near)) v += (v < 0 ? 1 : -1) * d->range * d->step;
    return within(v, 0, maxval);
}

#define FN DCM_INLINE
#define BUILD_ATTRIBUTES
#define NAME(name) name##_portable
#define UPDATE update
#define LEADING_ZEROS(v) ((uint32_t)__builtin_clzll((v) | 1))
#include "jpegls_line.h"
#undef FN
#undef BUILD_ATTRIBUTES
#undef NAME
#undef UPDATE
#undef LEADING_ZEROS

#if DCM_X86
#include <immintrin.h>
#define BUILD_ATTRIBUTES __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define FN static inline __attribute__((always_inline, target("avx2,bmi,bmi2,lzcnt")))
#define NAME(name) name##_wide
#define UPDATE update_wide
#define LEADING_ZEROS(v) ((uint32_t)_lzcnt_u64(v))

FN __m128i load(const void *p) {
    return _mm_loadu_si128((const __m128i *)p);
}

/* The same, of all four at once. What follows from n alone stands in a table. k is the difference of the
   exponents of a and n as floats, rounded up: mantissas that are subtracted as integers carry into them. */
FN void update_wide(const dcm_jpls *d, dcm_jpls_context *q, int32_t error, int32_t step) {
    uint64_t place = (uint64_t)(uint32_t)q->n * sizeof(dcm_jpls_step);
    HIDE(place);
    const dcm_jpls_step *const s = (const dcm_jpls_step *)(const void *)((const uint8_t *)d->steps + place);
    const __m128i e = _mm_cvtsi32_si128(error), by = step == 1 ? e : _mm_cvtsi32_si128(error * step);
    __m128i v = _mm_add_epi32(_mm_unpacklo_epi32(_mm_abs_epi32(e), by), load(q)); /* of a and b */
    v = _mm_srav_epi32(v, load(s->shift));
    int32_t k = (_mm_cvtsi128_si32(_mm_castps_si128(_mm_cvtepi32_ps(v))) - s->shift[2]) >> 23,
            below = k >> 31;
    HIDE(below); /* or the compiler takes k back into a vector */
    q->k = (uint32_t)(k & ~below);
    const __m128i is_low = _mm_cmpgt_epi32(load(s->least), v),
                  is_high = _mm_cmpgt_epi32(v, _mm_setzero_si128());
    const __m128i sign =
        _mm_shuffle_epi32(_mm_sub_epi32(is_low, is_high), 0x55); /* of what is too much in b */
    v = _mm_add_epi32(v, _mm_sign_epi32(load(s->change), sign));
    v = _mm_min_epi32(_mm_max_epi32(v, load(s->least)), load(s->greatest));
    _mm_storeu_si128((__m128i *)(void *)q, v);
    q->c_again = _mm_extract_epi32(v, 3);
}
#include "jpegls_line.h"

/* Whether that may be called. */
static bool is_wide(const dcm_jpls *d) {
    return d->is_small && dcm_simd_avx2() && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2"); /* those that have it have LZCNT */
}
#else
#define decode_wide decode_portable
static bool is_wide(const dcm_jpls *d) {
    (void)d;
    return false;
}
#endif

bool dcm_jpls_decode_line(dcm_jpls *d, uint32_t component) {
    return is_wide(d) ? decode_wide(d, component, 0) : decode_portable(d, component, 0);
}

bool dcm_jpls_decode_lines(dcm_jpls *d, uint32_t n) {
    return is_wide(d) ? decode_wide(d, 0, n) : decode_portable(d, 0, n);
}
