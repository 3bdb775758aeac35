/* JPEG 2000: inverse wavelet transforms 5/3 and 9/7. ITU-T T.800 §F.3.

   Samples at even places of the grid are low-pass, at odd ones high-pass. n counts pairs: place 2 n is s[n],
   place 2 n + 1 is d[n]. Beyond its ends a signal is mirrored (§F.3.7), which keeps even places even, so a
   row gets a few mirrored pairs at either end and no step has to know where it ends. */
#include "j2k_wavelet.h"

#define MARGIN 4     /* pairs beyond either end */
#define RING_NROWS 8 /* rows of results that stand at a time */

/* Table F.4; K is in the samples already, DCM_J2K_K */
#define ALPHA (-1.586134342059924f)
#define BETA (-0.052980118572961f)
#define GAMMA 0.882911075530934f
#define DELTA 0.443506852043971f

/* Rows of scratch memory. */
enum {
    S_ROW,    /* pairs of the row that is transformed horizontally, half a row each */
    LOW_ROW,  /* what comes out: of the low bands */
    HIGH_ROW, /* of the high bands; and the one before */
    OTHER_HIGH_ROW,
    KEPT_ROW, /* what vertical steps leave for the next pair */
    OTHER_KEPT_ROW,
    D1_ROW,
    S2_ROW,
    RING_ROW, /* results */
    NROWS = RING_ROW + RING_NROWS,
};

/* Where a place beyond the ends is mirrored to. */
DCM_INLINE int64_t mirrored(int64_t place, int64_t start, int64_t end) {
    if (place < start) place = 2 * start - place;
    if (place < end) return place;
    place = 2 * (end - 1) - place;
    if (place >= start) return place;
    const int64_t period = 2 * (end - start - 1); /* a short signal: mirrored again and again */
    int64_t at = (place - start) % period;
    if (at < 0) at += period;
    return start + (at < end - start ? at : period - at);
}

static int64_t pair_of(int64_t place) { /* floor(place / 2) */
    return place >> 1;
}

uint64_t dcm_j2k_lines_nbytes(uint32_t width) {
    return (uint64_t)NROWS * ((width + 15u) / 16 * 16 + 4 * MARGIN + 16) * 4;
}

static uint8_t *row_of(const dcm_j2k_lines *l, uint32_t row) {
    return l->scratch + row * l->row_nsamples * 4;
}

#define SUM(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#define LESS(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)))

/* The pairs of a row, mirrored at both ends; s and d point to the first. Samples are copied as bytes: they
   are of either kind. */
DCM_INLINE void load_pairs(const uint8_t *low, const uint8_t *high, int64_t start, int64_t end, uint8_t *s,
                           uint8_t *d) {
    const int64_t first = pair_of(start), last = pair_of(end - 1);
    const int64_t s_start =
        pair_of(start + 1); /* the first even place; the first odd one is in the first pair */
    memcpy(s + 4 * (s_start - first), low, 4 * (uint64_t)(pair_of(end + 1) - s_start));
    memcpy(d, high, 4 * (uint64_t)(pair_of(end) - first));
    for (int64_t i = 1; i <= MARGIN; i++) {
        const int64_t before = first - i, behind = last + i, n = last - first;
        memcpy(s - 4 * i, low + 4 * (pair_of(mirrored(2 * before, start, end)) - s_start), 4);
        memcpy(d - 4 * i, high + 4 * (pair_of(mirrored(2 * before + 1, start, end)) - first), 4);
        memcpy(s + 4 * (n + i), low + 4 * (pair_of(mirrored(2 * behind, start, end)) - s_start), 4);
        memcpy(d + 4 * (n + i), high + 4 * (pair_of(mirrored(2 * behind + 1, start, end)) - first), 4);
    }
    if (s_start != first) memcpy(s, low, 4);
    if (end % 2) memcpy(d + 4 * (last - first), high + 4 * (pair_of(mirrored(end, start, end)) - first), 4);
}

DCM_INLINE void horizontal_53(int32_t *restrict s, const int32_t *restrict d, int64_t n,
                              int32_t *restrict out) {
    for (int64_t i = 0; i <= n; i++)
        s[i] = LESS(s[i], SUM(SUM(d[i - 1], d[i]), 2) >> 2);
    for (int64_t i = 0; i < n; i++) {
        const int32_t even = s[i], odd = SUM(d[i], SUM(s[i], s[i + 1]) >> 1);
        out[2 * i] = even;
        out[2 * i + 1] = odd;
    }
}

DCM_INLINE void horizontal_97(float *restrict s, float *restrict d, int64_t n, float *restrict out) {
    for (int64_t i = -1; i <= n + 1; i++)
        s[i] -= DELTA * (d[i - 1] + d[i]);
    for (int64_t i = -1; i <= n; i++)
        d[i] -= GAMMA * (s[i] + s[i + 1]);
    for (int64_t i = 0; i <= n; i++)
        s[i] -= BETA * (d[i - 1] + d[i]);
    for (int64_t i = 0; i < n; i++) {
        const float even = s[i], odd = d[i] - ALPHA * (s[i] + s[i + 1]);
        out[2 * i] = even;
        out[2 * i + 1] = odd;
    }
}

/* The horizontal transform of one row. What comes out begins at the place x0, behind one more where that is
 * odd. */
DCM_INLINE void horizontal(const dcm_j2k_lines *l, const uint8_t *low, const uint8_t *high, uint8_t *out) {
    const dcm_j2k_level *const level = l->level;
    const int64_t x0 = level->x0, x1 = level->x1, n = pair_of(x1 - 1) - pair_of(x0) + 1;
    uint8_t *const s = row_of(l, S_ROW) + 32, *const d = s + l->row_nsamples / 2 * 4;
    if (x1 - x0 == 1) { /* §F.3.6 */
        uint32_t v;
        memcpy(&v, x0 % 2 ? high : low, sizeof v);
        if (x0 % 2 && level->reversible) v = (uint32_t)((int32_t)v >> 1);
        if (x0 % 2 && !level->reversible) {
            float f;
            memcpy(&f, &v, sizeof f);
            f /= 2;
            memcpy(&v, &f, sizeof v);
        }
        memcpy(out + 4 * (x0 % 2), &v, sizeof v);
        return;
    }
    load_pairs(low, high, x0, x1, s, d);
    if (level->reversible)
        horizontal_53((int32_t *)(void *)s, (int32_t *)(void *)d, n, (int32_t *)(void *)out);
    else
        horizontal_97((float *)(void *)s, (float *)(void *)d, n, (float *)(void *)out);
}

DCM_INLINE void vertical_53(const int32_t *restrict s, const int32_t *restrict d,
                            const int32_t *restrict before, const int32_t *restrict kept,
                            int32_t *restrict even, int32_t *restrict odd, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        const int32_t e = LESS(s[i], SUM(SUM(before[i], d[i]), 2) >> 2);
        odd[i] = SUM(before[i], SUM(kept[i], e) >> 1);
        even[i] = e;
    }
}

/* d1 and s2 are kept from pair to pair, and s1 in `kept`. */
DCM_INLINE void vertical_97(const float *restrict s, const float *restrict d, const float *restrict before,
                            float *restrict kept, float *restrict d1, float *restrict s2,
                            float *restrict even, float *restrict odd, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        const float s1 = s[i] - DELTA * (before[i] + d[i]);
        const float d1_next = before[i] - GAMMA * (kept[i] + s1);
        const float s2_next = kept[i] - BETA * (d1[i] + d1_next);
        odd[i] = d1[i] - ALPHA * (s2[i] + s2_next);
        even[i] = s2_next;
        kept[i] = s1;
        d1[i] = d1_next;
        s2[i] = s2_next;
    }
}

/* A row of the low or the high bands, by its place, mirrored; transformed horizontally. */
DCM_INLINE const uint8_t *take_row(const dcm_j2k_lines *l, int64_t place, uint8_t *out) {
    const dcm_j2k_level *const level = l->level;
    const int64_t at = mirrored(place, level->y0, level->y1);
    const uint32_t high = at % 2 != 0;
    const uint64_t row =
        (uint64_t)(pair_of(at) - (high ? pair_of(level->y0) : pair_of((int64_t)level->y0 + 1)));
    horizontal(l, (const uint8_t *)level->bands[2 * high] + row * level->strides[2 * high] * 4,
               (const uint8_t *)level->bands[2 * high + 1] + row * level->strides[2 * high + 1] * 4, out);
    return out + 4 * (level->x0 % 2);
}

/* Where a row of results goes, by its place. */
DCM_INLINE uint8_t *target(const dcm_j2k_lines *l, int64_t place) {
    const int64_t y = place - l->level->y0;
    if (l->out && y >= l->begin && y < l->end) return l->out + (uint64_t)y * l->out_stride * 4;
    return row_of(l, RING_ROW + (uint32_t)(place & (RING_NROWS - 1)));
}

/* Read a pair of rows, and go as far as they reach: two rows of results, one or two pairs before it. */
DCM_INLINE void step(dcm_j2k_lines *l) {
    const dcm_j2k_level *const level = l->level;
    const int64_t n = l->next++, y0 = level->y0;
    const uint64_t width = level->x1 - level->x0;
    const bool turn = n & 1;
    const uint8_t *const s = take_row(l, 2 * n, row_of(l, LOW_ROW));
    uint8_t *const d = row_of(l, turn ? HIGH_ROW : OTHER_HIGH_ROW) + 4 * (level->x0 % 2);
    uint8_t *const before = row_of(l, turn ? OTHER_HIGH_ROW : HIGH_ROW) + 4 * (level->x0 % 2);
    take_row(l, 2 * n + 1, d - 4 * (level->x0 % 2));
    if (level->reversible) {
        uint8_t *const even = target(l, 2 * n), *const odd = target(l, 2 * n - 1);
        const uint8_t *const kept = target(l, 2 * n - 2);
        vertical_53((const int32_t *)(const void *)s, (const int32_t *)(const void *)d,
                    (const int32_t *)(const void *)before, (const int32_t *)(const void *)kept,
                    (int32_t *)(void *)even, (int32_t *)(void *)odd, width);
        l->ndone = 2 * n + 1 - y0;
    } else {
        vertical_97((const float *)(const void *)s, (const float *)(const void *)d,
                    (const float *)(const void *)before, (float *)(void *)row_of(l, KEPT_ROW),
                    (float *)(void *)row_of(l, D1_ROW), (float *)(void *)row_of(l, S2_ROW),
                    (float *)(void *)target(l, 2 * n - 2), (float *)(void *)target(l, 2 * n - 3), width);
        l->ndone = 2 * n - 1 - y0;
    }
}

static void step_portable(dcm_j2k_lines *l) {
    step(l);
}

DCM_AVX2 static void step_avx2(dcm_j2k_lines *l) {
    step(l);
}

void dcm_j2k_lines_open(dcm_j2k_lines *l, const dcm_j2k_level *level, uint32_t begin, uint32_t end,
                        void *scratch, void *out, uint64_t out_stride) {
    const uint32_t width = level->x1 - level->x0;
    /* the first row that is asked for depends on so many pairs before it */
    *l = (dcm_j2k_lines){.level = level,
                         .next = pair_of((int64_t)level->y0 + begin) - (level->reversible ? 1 : 2),
                         .row_nsamples = dcm_j2k_lines_nbytes(width) / NROWS / 4,
                         .scratch = scratch,
                         .out = out,
                         .out_stride = out_stride,
                         .begin = begin,
                         .end = end,
                         .wide = dcm_simd_avx2()};
    l->ndone = INT64_MIN;
}

/* The only row of a level. §F.3.6 */
static const void *only_row(dcm_j2k_lines *l) {
    const dcm_j2k_level *const level = l->level;
    const uint32_t high = level->y0 % 2, width = level->x1 - level->x0;
    uint8_t *const line = row_of(l, LOW_ROW), *const row = line + 4 * (level->x0 % 2);
    horizontal(l, level->bands[2 * high], level->bands[2 * high + 1], line);
    for (uint32_t i = 0; i < width && high; i++) {
        if (level->reversible)
            ((int32_t *)(void *)row)[i] >>= 1;
        else
            ((float *)(void *)row)[i] /= 2;
    }
    if (l->out) memcpy(l->out, row, width * 4u);
    return row;
}

const void *dcm_j2k_lines_row(dcm_j2k_lines *l, uint32_t y) {
    const dcm_j2k_level *const level = l->level;
    if (level->is_plain) return (const uint8_t *)level->bands[0] + y * level->strides[0] * 4;
    if (level->y1 - level->y0 == 1) return only_row(l);
    while (l->ndone <= (int64_t)y) {
        if (l->wide)
            step_avx2(l);
        else
            step_portable(l);
    }
    return target(l, (int64_t)level->y0 + y);
}
