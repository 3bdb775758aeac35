/* JPEG 2000: rows of components to samples. ITU-T T.800 §E.1.2, Annex G. */
#include "j2k_output.h"

#define SUM(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#define LESS(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)))
#define ROUNDING                                                                                             \
    12582912.0f         /* 1.5 x 2^23: what is added to it is rounded to a whole number, half to even        \
                         */
#define REACH 131072.0f /* beyond any sample */

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

DCM_INLINE int32_t rounded(float v) {
    float near = v > -REACH ? v : -REACH; /* not a number: as far as below */
    near = near < REACH ? near : REACH;
    near += ROUNDING;
    int32_t bits;
    memcpy(&bits, &near, sizeof bits);
    return bits - 0x4B400000;
}

/* §G.3 */
DCM_INLINE void undo_ict(const float *restrict y, const float *restrict u, const float *restrict v,
                         int32_t *restrict r, int32_t *restrict g, int32_t *restrict b, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        r[i] = rounded(y[i] + 1.402f * v[i]);
        g[i] = rounded(y[i] - 0.344136f * u[i] - 0.714136f * v[i]);
        b[i] = rounded(y[i] + 1.772f * u[i]);
    }
}

DCM_INLINE void round_row(const float *restrict in, int32_t *restrict out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        out[i] = rounded(in[i]);
}

/* The limits of a component, and what is added before them. §G.1 */
typedef struct limits {
    int32_t shift, low, high;
} limits;

static limits limits_of(const dcm_j2k_output *o, uint32_t i) {
    const int32_t half = 1 << (o->precision[i] - 1);
    return o->is_signed[i] ? (limits){0, -half, half - 1} : (limits){half, 0, 2 * half - 1};
}

DCM_INLINE int32_t clipped(int32_t v, limits l) {
    const int32_t least = l.low - l.shift, most = l.high - l.shift; /* so that nothing overflows */
    v = v < least ? least : v;
    v = v > most ? most : v;
    return v + l.shift;
}

/* Of any alignment. */
typedef uint16_t __attribute__((aligned(1))) sample_16;

#define STORE(NAME, TYPE)                                                                                    \
    DCM_INLINE void NAME(const int32_t *restrict in, uint32_t n, limits l, uint8_t *restrict out) {          \
        TYPE *restrict const to = (TYPE *)(void *)out;                                                       \
        for (uint32_t i = 0; i < n; i++)                                                                     \
            to[i] = (TYPE)clipped(in[i], l);                                                                 \
    }                                                                                                        \
    DCM_INLINE void NAME##_3(const int32_t *restrict a, const int32_t *restrict b,                           \
                             const int32_t *restrict c, uint32_t n, const limits *l,                         \
                             uint8_t *restrict out) {                                                        \
        TYPE *restrict const to = (TYPE *)(void *)out;                                                       \
        for (uint32_t i = 0; i < n; i++) {                                                                   \
            to[3 * i] = (TYPE)clipped(a[i], l[0]);                                                           \
            to[3 * i + 1] = (TYPE)clipped(b[i], l[1]);                                                       \
            to[3 * i + 2] = (TYPE)clipped(c[i], l[2]);                                                       \
        }                                                                                                    \
    }                                                                                                        \
    DCM_INLINE void NAME##_apart(const int32_t *restrict in, uint32_t n, limits l, uint32_t step,            \
                                 uint8_t *restrict out) {                                                    \
        TYPE *restrict const to = (TYPE *)(void *)out;                                                       \
        for (uint32_t i = 0; i < n; i++)                                                                     \
            to[i * step] = (TYPE)clipped(in[i], l);                                                          \
    }
STORE(store_8, uint8_t)
STORE(store_16, sample_16)

DCM_INLINE void output_row(const dcm_j2k_output *o, const void *const *rows, uint32_t n, int32_t *scratch,
                           uint8_t *out) {
    const int32_t *in[4];
    limits l[4];
    int32_t *to[4];
    uint32_t first = 0;
    for (uint32_t i = 0; i < o->samples; i++) {
        l[i] = limits_of(o, i);
        to[i] = scratch + (uint64_t)i * ((n + 15) / 16 * 16);
        in[i] = rows[i];
    }
    if (o->mct && o->reversible[0]) {
        undo_rct(in[0], in[1], in[2], to[0], to[1], to[2], n);
        first = 3;
    } else if (o->mct) {
        undo_ict(rows[0], rows[1], rows[2], to[0], to[1], to[2], n);
        first = 3;
    }
    for (uint32_t i = 0; i < first; i++)
        in[i] = to[i];
    for (uint32_t i = first; i < o->samples; i++) {
        if (o->reversible[i]) continue;
        round_row(rows[i], to[i], n);
        in[i] = to[i];
    }
    const bool wide = o->sample_nbytes == 2;
    if (o->samples == 1)
        wide ? store_16(in[0], n, l[0], out) : store_8(in[0], n, l[0], out);
    else if (o->samples == 3)
        wide ? store_16_3(in[0], in[1], in[2], n, l, out) : store_8_3(in[0], in[1], in[2], n, l, out);
    else
        for (uint32_t i = 0; i < o->samples; i++)
            wide ? store_16_apart(in[i], n, l[i], o->samples, out + 2 * i)
                 : store_8_apart(in[i], n, l[i], o->samples, out + i);
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
