/* JPEG-LS: lines of samples. ITU-T T.87 Annex A.

   A sample needs the one before it to know its context, and the context to know how many bits it has: a chain
   of some twenty cycles, beside which some seventy instructions are to be done. So what does not depend on
   the sample before is done for the whole line at once (two of three gradients), contexts are updated without
   a branch, and keep the parameter of their next code and whether it is turned; the place in the bits is one
   number, and a load gives 57 bits from there. Codes that are longer than that, and what no sound stream has,
   are decoded out of line; zeros behind the last bit lead there as well, so nothing else has to look for the
   end. */
#include "jpegls_internal.h"

/* Table A.1's J: how long runs are. */
static const uint8_t run_nbits[32] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,  2,  3,  3,  3,  3,
                                      4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* What a line is decoded by: constants of the scan in registers. */
typedef struct coding {
    bool is_simple; /* lossless, and MAXVAL is 2^n - 1 */
    bool clips;     /* differences are brought into reach */
} coding;

/* The next 57 bits or more, the first highest. */
DCM_INLINE uint64_t window(const uint8_t *p, uint64_t at) {
    return dcm_load_u64be(p + (at >> 3)) << (at & 7);
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
    return v <= 4 * (int64_t)d->range ? v : -1;
}

/* A Golomb code: its value, or -1. */
DCM_INLINE int64_t decode_code(const dcm_jpls *d, uint64_t *at, uint32_t k) {
    const uint64_t w = window(d->bits.p, *at);
    const uint32_t nzeros = (uint32_t)__builtin_clzll(w | 1);
    if (DCM_UNLIKELY(nzeros >= d->max_nzeros[k])) return decode_long(d, at, k, d->limit);
    *at += nzeros + 1 + k;
    return (int64_t)((uint64_t)nzeros << k | w << nzeros << 1 >> 1 >> (63 - k));
}

/* The smallest k for which n 2^k >= a. §A.5.1 */
DCM_INLINE uint32_t golomb_parameter(uint32_t n, uint32_t a) {
    const int32_t k = larger(__builtin_clz(n) - __builtin_clz(a | 1), 0);
    return (uint32_t)k + (n << k < a);
}

/* §A.6 */
DCM_INLINE void update(const dcm_jpls *d, dcm_jpls_context *q, int32_t error, bool is_simple) {
    uint32_t a = q->a + (uint32_t)(error < 0 ? -error : error), n = q->n;
    int32_t b = q->b + (is_simple ? error : error * d->step);
    if (DCM_UNLIKELY((int32_t)n == d->parameters.reset)) a >>= 1, b >>= 1, n >>= 1;
    n++;
    const int32_t least = 1 - (int32_t)n, is_low = b<least, is_high = b> 0;
    b += (-is_low & (int32_t)n) - (-is_high & (int32_t)n);
    b = within(b, least, 0);
    q->c = (int16_t)within(q->c + is_high - is_low, -128, 127);
    const uint32_t k = golomb_parameter(n, a);
    q->a = a, q->b = b, q->n = (uint16_t)n, q->k = (uint8_t)k;
    if (is_simple) q->turn = (int8_t) - (int32_t)(k == 0 && 2 * b <= -(int32_t)n);
    if (!is_simple) q->turn = (int8_t) - (int32_t)(d->step == 1 && k == 0 && 2 * b <= -(int32_t)n);
}

/* The sample of a prediction and an error. §A.4.5 */
DCM_INLINE int32_t reconstruct(const dcm_jpls *d, int32_t predicted, int32_t error, bool is_simple) {
    const int32_t maxval = d->parameters.maxval, near = d->parameters.near;
    if (is_simple) return (predicted + error) & maxval;
    int32_t v = predicted + error * d->step;
    if (v < -near)
        v += d->range * d->step;
    else if (v > maxval + near)
        v -= d->range * d->step;
    return within(v, 0, maxval);
}

/* Decode the difference of a sample in a regular context, and give the sample; -1 where that cannot be. */
DCM_INLINE int32_t decode_regular(dcm_jpls *d, uint64_t *at, int32_t context, int32_t a, int32_t b, int32_t c,
                                  bool is_simple) {
    const int32_t sign = context >> 31;
    dcm_jpls_context *const q = &d->contexts[(context ^ sign) - sign];
    /* the median of a, b and a + b - c */
    int32_t predicted = within(a + b - c, smaller(a, b), larger(a, b));
    predicted = within(predicted + ((q->c ^ sign) - sign), 0, d->parameters.maxval);
    const int64_t code = decode_code(d, at, q->k);
    if (DCM_UNLIKELY(code < 0)) return -1;
    const int32_t error = (int32_t)(code >> 1) ^ -(int32_t)(code & 1) ^ q->turn;
    update(d, q, error, is_simple);
    return reconstruct(d, predicted, (error ^ sign) - sign, is_simple);
}

/* The sample that ends a run; `alike`: it stands between a and b that are alike. §A.7.2 */
DCM_INLINE int32_t decode_interruption(dcm_jpls *d, uint64_t *at, uint32_t run_index, int32_t a, int32_t b,
                                       int32_t alike, bool is_simple) {
    const int32_t sign = !alike && a > b ? -1 : 0;
    dcm_jpls_context *const q = &d->contexts[DCM_JPLS_RUN_CONTEXT + (uint32_t)alike];
    const uint32_t k = golomb_parameter(q->n, q->a + (alike ? q->n >> 1 : 0u));
    const int32_t limit = d->limit - run_nbits[run_index] - 1;
    const uint64_t w = window(d->bits.p, *at);
    const int32_t nzeros = __builtin_clzll(w | 1);
    int64_t code;
    if (DCM_UNLIKELY(nzeros >= d->max_nzeros[k] || nzeros >= limit - d->qbpp - 1)) {
        code = decode_long(d, at, k, limit);
        if (code < 0) return -1;
    } else {
        *at += (uint32_t)nzeros + 1 + k;
        code = (int64_t)((uint64_t)nzeros << k | w << nzeros << 1 >> 1 >> (63 - k));
    }
    const int32_t doubled = (int32_t)code + alike, odd = doubled & 1, magnitude = (doubled + odd) >> 1;
    const bool negative = (k != 0 || 2 * q->nn >= q->n) == odd;
    const int32_t error = negative ? -magnitude : magnitude;
    if (error < 0) q->nn++;
    q->a += (uint32_t)((int32_t)code + 1 - alike) >> 1;
    if (q->n == d->parameters.reset) q->a >>= 1, q->n >>= 1, q->nn >>= 1;
    q->n++;
    return reconstruct(d, alike ? a : b, (error ^ sign) - sign, is_simple);
}

/* How many samples a run has, at most `room`. *ended: it ends before, with a sample of its own. -1 where that
   cannot be. §A.7.1 */
DCM_INLINE int64_t decode_run(const dcm_jpls *d, uint64_t *at, uint32_t *run_index, uint64_t room,
                              bool *ended) {
    uint64_t n = 0;
    uint32_t index = *run_index;
    for (;;) {
        const uint64_t w = window(d->bits.p, *at);
        if (w >> 63 == 0) break;
        if (DCM_UNLIKELY(*at >= d->bits.end)) return -1;
        ++*at;
        const uint64_t length = UINT64_C(1) << run_nbits[index];
        if (n + length > room) { /* cut by the end of the line */
            *run_index = index;
            *ended = false;
            return (int64_t)room;
        }
        n += length;
        if (index < 31) index++;
        if (n == room) {
            *run_index = index;
            *ended = false;
            return (int64_t)n;
        }
    }
    const uint32_t nbits = run_nbits[index];
    const uint64_t w = window(d->bits.p, *at + 1);
    *at += 1 + nbits;
    n += w >> 1 >> (63 - nbits);
    *run_index = index;
    *ended = n < room;
    return n <= room ? (int64_t)n : -1;
}

/* 81 Q1 + 9 Q2 of every sample of a line, which depend on the line before alone: what is Q1 for a sample is
   Q2 for the next. §A.3.3 */
DCM_INLINE void quantise_line(const dcm_jpls *d, const uint16_t *restrict before, int16_t *restrict out,
                              uint64_t n) {
    const int32_t near = d->parameters.near, t1 = d->parameters.t1, t2 = d->parameters.t2,
                  t3 = d->parameters.t3;
    for (uint64_t i = 0; i <= n; i++) {
        const int32_t v = before[i] - before[i - 1];
        out[i] = (int16_t)((v > near) + (v >= t1) + (v >= t2) + (v >= t3) - (v < -near) - (v <= -t1) -
                           (v <= -t2) - (v <= -t3));
    }
    for (uint64_t i = 0; i < n; i++)
        out[i] = (int16_t)(81 * out[i + 1] + 9 * out[i]);
}

DCM_INLINE int32_t quantised(const dcm_jpls *d, int32_t difference, bool clips) {
    if (clips) difference = within(difference, -d->reach, d->reach);
    return d->quantised[difference + d->reach];
}

DCM_INLINE bool decode_line(dcm_jpls *d, uint32_t component, const coding coding) {
    const uint64_t width = d->layout.columns;
    const uint16_t *const before = dcm_jpls_line(d, component, 1);
    uint16_t *const line = dcm_jpls_line(d, component, 0);
    int16_t *const gradients = d->gradients;
    uint64_t at = d->bits.at;
    uint32_t run_index = d->run_index[component];
    quantise_line(d, before, gradients, width);
    int32_t a = line[-1], c = before[-1];
    for (uint64_t x = 0; x < width;) {
        const int32_t b = before[x], context = gradients[x] + quantised(d, c - a, coding.clips);
        if (context) {
            a = decode_regular(d, &at, context, a, b, c, coding.is_simple);
            if (DCM_UNLIKELY(a < 0)) return false;
            line[x++] = (uint16_t)a;
            c = b;
            continue;
        }
        bool ended;
        const int64_t n = decode_run(d, &at, &run_index, width - x, &ended);
        if (n < 0) return false;
        for (const uint64_t end = x + (uint64_t)n; x < end; x++)
            line[x] = (uint16_t)a;
        if (ended) {
            const int32_t v = before[x], alike = (a < v ? v - a : a - v) <= d->parameters.near;
            a = decode_interruption(d, &at, run_index, a, v, alike, coding.is_simple);
            if (a < 0) return false;
            line[x++] = (uint16_t)a;
            if (run_index) run_index--;
        }
        c = before[x - 1];
    }
    d->bits.at = at;
    d->run_index[component] = run_index;
    return true;
}

/* Sample by sample of all components: a run is of all of them. */
DCM_INLINE bool decode_lines(dcm_jpls *d, uint32_t n, const coding coding) {
    const uint64_t width = d->layout.columns;
    const uint16_t *before[DCM_JPLS_MAX_SAMPLES];
    uint16_t *line[DCM_JPLS_MAX_SAMPLES];
    const int16_t *gradients[DCM_JPLS_MAX_SAMPLES];
    uint64_t at = d->bits.at;
    uint32_t run_index = d->run_index[0];
    for (uint32_t i = 0; i < n; i++) {
        before[i] = dcm_jpls_line(d, i, 1), line[i] = dcm_jpls_line(d, i, 0);
        gradients[i] = d->gradients + i * d->line_stride;
        quantise_line(d, before[i], d->gradients + i * d->line_stride, width);
    }
    for (uint64_t x = 0; x < width;) {
        int32_t context[DCM_JPLS_MAX_SAMPLES], any = 0;
        for (uint32_t i = 0; i < n; i++) {
            context[i] = gradients[i][x] + quantised(d, before[i][x - 1] - line[i][x - 1], coding.clips);
            any |= context[i];
        }
        if (any) {
            for (uint32_t i = 0; i < n; i++) {
                const int32_t v = decode_regular(d, &at, context[i], line[i][x - 1], before[i][x],
                                                 before[i][x - 1], coding.is_simple);
                if (DCM_UNLIKELY(v < 0)) return false;
                line[i][x] = (uint16_t)v;
            }
            x++;
            continue;
        }
        bool ended;
        const int64_t length = decode_run(d, &at, &run_index, width - x, &ended);
        if (length < 0) return false;
        for (uint32_t i = 0; i < n; i++)
            for (uint64_t k = x; k < x + (uint64_t)length; k++)
                line[i][k] = line[i][x - 1];
        x += (uint64_t)length;
        if (!ended) continue;
        for (uint32_t i = 0; i < n; i++) {
            const int32_t v =
                decode_interruption(d, &at, run_index, line[i][x - 1], before[i][x], 0, coding.is_simple);
            if (v < 0) return false;
            line[i][x] = (uint16_t)v;
        }
        x++;
        if (run_index) run_index--;
    }
    d->bits.at = at;
    d->run_index[0] = run_index;
    return true;
}

/* n is 0 for a single line, of the component; else the components. One build for each kind of coding. */
DCM_INLINE bool decode(dcm_jpls *d, uint32_t component, uint32_t n) {
    const bool is_simple =
        d->parameters.near == 0 && (d->parameters.maxval & (d->parameters.maxval + 1)) == 0;
    const coding simple = {true, false}, simple_clipping = {true, true}, any = {false, true};
    if (n == 0 && is_simple && !d->clips) return decode_line(d, component, simple);
    if (n == 0 && is_simple) return decode_line(d, component, simple_clipping);
    if (n == 0) return decode_line(d, component, any);
    if (n == 3 && is_simple && !d->clips) return decode_lines(d, 3, simple);
    if (is_simple) return decode_lines(d, n, simple_clipping);
    return decode_lines(d, n, any);
}

static bool decode_portable(dcm_jpls *d, uint32_t component, uint32_t n) {
    return decode(d, component, n);
}

#if DCM_X86
__attribute__((target("avx2,bmi,bmi2,lzcnt"))) static bool decode_wide(dcm_jpls *d, uint32_t component,
                                                                       uint32_t n) {
    return decode(d, component, n);
}
#define IS_WIDE()                                                                                            \
    (dcm_simd_avx2() && __builtin_cpu_supports("bmi") &&                                                     \
     __builtin_cpu_supports("bmi2")) /* those that have it have LZCNT */
#else
#define decode_wide decode_portable
#define IS_WIDE() false
#endif

bool dcm_jpls_decode_line(dcm_jpls *d, uint32_t component) {
    return IS_WIDE() ? decode_wide(d, component, 0) : decode_portable(d, component, 0);
}

bool dcm_jpls_decode_lines(dcm_jpls *d, uint32_t n) {
    return IS_WIDE() ? decode_wide(d, 0, n) : decode_portable(d, 0, n);
}
