/* JPEG 2000: rows of components to samples. ITU-T T.800 §E.1.2, Annex G. */
#include "j2k_output.h"

#define SUM(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#define LESS(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)))

/* 1.5 x 2^23: what is added to it is rounded to a whole number, of two equally near ones to the even one, and
   stands in the lower bits of the sum. */
#define ROUNDING 12582912.0f
#define ROUNDING_BITS 0x4B400000
#define REACH 131072.0f /* beyond any sample */

/* A sample as an integer, or the bits of one that was rounded; of any alignment where it is stored. */
typedef int32_t __attribute__((may_alias)) cell;
typedef uint16_t __attribute__((aligned(1))) sample_16;

/* §G.2 */
DCM_INLINE void undo_rct(const int32_t *restrict y, const int32_t *restrict u, const int32_t *restrict v,
                         int32_t *restrict r, int32_t *restrict g, int32_t *restrict b, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const int32_t green = LESS(y[i], SUM(u[i], v[i]) >> 2);
        g[i] = green;
        r[i] = SUM(v[i], green);
        b[i] = SUM(u[i], green);
    }
}

/* Within reach, and rounded. What is not a number is as far as below. */
DCM_INLINE float rounded(float v) {
    v = v > -REACH ? v : -REACH;
    v = v < REACH ? v : REACH;
    return v + ROUNDING;
}

DCM_INLINE void round_row(const float *restrict in, float *restrict out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        out[i] = rounded(in[i]);
}

/* §G.3 */
DCM_INLINE void undo_ict(const float *restrict y, const float *restrict u, const float *restrict v,
                         float *restrict r, float *restrict g, float *restrict b, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        r[i] = rounded(y[i] + 1.402f * v[i]);
        g[i] = rounded(y[i] - 0.344136f * u[i] - 0.714136f * v[i]);
        b[i] = rounded(y[i] + 1.772f * u[i]);
    }
}

/* The limits of a component, and what is added before them. §G.1 */
typedef struct limits {
    int32_t bias, shift, low, high;
} limits;

static limits limits_of(const dcm_j2k_output *o, uint32_t i) {
    const int32_t half = 1 << (o->precision[i] - 1), bias = o->reversible[i] ? 0 : ROUNDING_BITS;
    /* limits are held against the sample before the shift, so that nothing overflows */
    return o->is_signed[i] ? (limits){bias, 0, -half, half - 1} : (limits){bias, half, -half, half - 1};
}

DCM_INLINE int32_t clipped(int32_t v, limits l) {
    v = LESS(v, l.bias);
    v = v < l.low ? l.low : v;
    v = v > l.high ? l.high : v;
    return v + l.shift;
}

#define STORE(NAME, TYPE)                                                                                    \
    DCM_INLINE void NAME(const cell *restrict in, uint32_t n, limits l, TYPE *restrict out) {                \
        for (uint32_t i = 0; i < n; i++)                                                                     \
            out[i] = (TYPE)clipped(in[i], l);                                                                \
    }                                                                                                        \
    DCM_INLINE void NAME##_3(const cell *restrict a, const cell *restrict b, const cell *restrict c,         \
                             uint32_t n, const limits *l, TYPE *restrict out) {                              \
        for (uint32_t i = 0; i < n; i++) {                                                                   \
            out[3 * i] = (TYPE)clipped(a[i], l[0]);                                                          \
            out[3 * i + 1] = (TYPE)clipped(b[i], l[1]);                                                      \
            out[3 * i + 2] = (TYPE)clipped(c[i], l[2]);                                                      \
        }                                                                                                    \
    }                                                                                                        \
    DCM_INLINE void NAME##_apart(const cell *restrict in, uint32_t n, limits l, uint32_t step,               \
                                 TYPE *restrict out) {                                                       \
        for (uint32_t i = 0; i < n; i++)                                                                     \
            out[i * step] = (TYPE)clipped(in[i], l);                                                         \
    }                                                                                                        \
    DCM_INLINE void NAME##_all(const cell *const *in, uint32_t samples, uint32_t n, const limits *l,         \
                               TYPE *out) {                                                                  \
        if (samples == 1)                                                                                    \
            NAME(in[0], n, l[0], out);                                                                       \
        else if (samples == 3)                                                                               \
            NAME##_3(in[0], in[1], in[2], n, l, out);                                                        \
        else                                                                                                 \
            for (uint32_t i = 0; i < samples; i++)                                                           \
                NAME##_apart(in[i], n, l[i], samples, out + i);                                              \
    }
STORE(store_8, uint8_t)
STORE(store_16, sample_16)

DCM_INLINE void output_row(const dcm_j2k_output *o, const void *const *rows, uint32_t n, uint8_t *scratch,
                           uint8_t *out) {
    const cell *in[4];
    void *to[4];
    limits l[4];
    for (uint32_t i = 0; i < o->samples; i++) {
        l[i] = limits_of(o, i);
        to[i] = scratch + (uint64_t)i * ((n + 15) / 16 * 16) * 4;
        in[i] = rows[i];
        if (o->reversible[i] && !(o->mct && i < 3)) continue;
        in[i] = to[i];
        if (!(o->mct && i < 3)) round_row(rows[i], to[i], n);
    }
    if (o->mct && o->reversible[0])
        undo_rct(rows[0], rows[1], rows[2], to[0], to[1], to[2], n);
    else if (o->mct)
        undo_ict(rows[0], rows[1], rows[2], to[0], to[1], to[2], n);
    if (o->sample_nbytes == 1)
        store_8_all(in, o->samples, n, l, out);
    else
        store_16_all(in, o->samples, n, l, (sample_16 *)(void *)out);
}

static void output_portable(const dcm_j2k_output *o, const void *const *rows, uint32_t n, void *scratch,
                            uint8_t *out) {
    output_row(o, rows, n, scratch, out);
}

DCM_AVX2 static void output_avx2(const dcm_j2k_output *o, const void *const *rows, uint32_t n, void *scratch,
                                 uint8_t *out) {
    output_row(o, rows, n, scratch, out);
}

void dcm_j2k_output_row(const dcm_j2k_output *o, const void *const *rows, uint32_t width, void *scratch,
                        uint8_t *out) {
    if (dcm_simd_avx2())
        output_avx2(o, rows, width, scratch, out);
    else
        output_portable(o, rows, width, scratch, out);
}
