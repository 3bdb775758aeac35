/* Colour spaces: YBR_FULL, YBR_FULL_422 and the retired partial range, to RGB and back. PS3.3 §C.7.6.3.1.2.

   Fast because pixels are taken apart into three short planes that stay in the first cache, where the
   equations are loops without branches that compilers vectorise, and put together again.

   Exact: with 8 bits, R - Y and B - Y take 256 values each and G - Y 65,536, and constants of fixed point
   were searched for that give the rounded value for every one (the tests try all). The other equations are
   quotients of integers by a constant; adding a half before multiplying by its reciprocal keeps the error of
   the floating point product away from where it would matter. */
#include "color.h"

#include "planes.h"
#include "simd.h"

#define TILE 1024u /* pixels */

#define BIG_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* Three planes of n samples, changed in place. */
#define PLANES(type) type *restrict a, type *restrict b, type *restrict c, size_t n

static inline uint8_t clip_8(int16_t v) {
    v = v < 0 ? 0 : v;
    return (uint8_t)(v > 255 ? 255 : v);
}

/* (a b) / 2^16 rounded down: one instruction for vectors of int16_t. */
static inline int16_t high_half(int16_t a, int16_t b) {
    return (int16_t)((int32_t)a * b >> 16);
}

/* R = Y + 1.402 CR', B = Y + 1.772 CB', G = Y - (0.202008 CB' + 0.419198 CR') / 0.587, where CB' = CB - 128.
   32 bits are needed for G only. */
DCM_INLINE void full_to_rgb_8(PLANES(uint8_t)) {
    int16_t green[TILE];
    for (size_t i = 0; i < n; i++) {
        const int16_t cb = (int16_t)(b[i] - 128), cr = (int16_t)(c[i] - 128);
        green[i] = (int16_t)((1048620 - 721707 * cb - 1497653 * cr) >> 21);
    }
    for (size_t i = 0; i < n; i++) {
        const int16_t y = a[i], cb = (int16_t)(b[i] - 128), cr = (int16_t)(c[i] - 128);
        a[i] = clip_8((int16_t)(y + cr + high_half((int16_t)(37 * cr + 46), 712)));
        b[i] = clip_8((int16_t)(y + green[i]));
        c[i] = clip_8((int16_t)(y + cb + high_half((int16_t)(124 * cb + 81), 408)));
    }
}

/* n / d rounded down, for 0 <= n < 2^19 and d <= 1772. */
static inline int32_t quotient(int32_t n, float d) {
    return (int32_t)(((float)n + 0.5f) * (1.0f / d));
}

/* Y = 0.299 R + 0.587 G + 0.114 B, CB = (B - Y) / 1.772 + 128, CR = (R - Y) / 1.402 + 128. */
DCM_INLINE void rgb_to_full_8(PLANES(uint8_t)) {
    for (size_t i = 0; i < n; i++) {
        const int32_t r = a[i], g = b[i], blue = c[i];
        a[i] = (uint8_t)quotient(299 * r + 587 * g + 114 * blue + 500, 1000);
        b[i] = clip_8((int16_t)quotient(886 * blue - 299 * r - 587 * g + 886 + 128 * 1772, 1772));
        c[i] = clip_8((int16_t)quotient(701 * r - 587 * g - 114 * blue + 701 + 128 * 1402, 1402));
    }
}

/* The equations of YBR_PARTIAL_422 as they are printed, times 10,000: Y, CB, CR of R, G, B, behind 16, 128,
 * 128. */
#define YR 2568.0
#define YG 5041.0
#define YB 979.0
#define BR (-1482.0)
#define BG (-2910.0)
#define BB 4392.0
#define RR 4392.0
#define RG (-3678.0)
#define RB (-714.0)
#define DETERMINANT (YR * (BG * RB - BB * RG) - YG * (BR * RB - BB * RR) + YB * (BR * RG - BG * RR))

/* Cramer's rule; numerators are integers below 2^53, so that only the division rounds. */
static inline uint8_t solve(double y, double cb, double cr, double by_y, double by_cb, double by_cr) {
    double v = (20000.0 * (by_y * y + by_cb * cb + by_cr * cr) + DETERMINANT) / (2.0 * DETERMINANT);
    v = v > 0.0 ? v : 0.0;
    v = v < 255.0 ? v : 255.0;
    return (uint8_t)(int32_t)v;
}

DCM_INLINE void partial_to_rgb_8(PLANES(uint8_t)) {
    for (size_t i = 0; i < n; i++) {
        const double y = a[i] - 16, cb = b[i] - 128, cr = c[i] - 128;
        a[i] = solve(y, cb, cr, BG * RB - BB * RG, YB * RG - YG * RB, YG * BB - YB * BG);
        b[i] = solve(y, cb, cr, BB * RR - BR * RB, YR * RB - YB * RR, YB * BR - YR * BB);
        c[i] = solve(y, cb, cr, BR * RG - BG * RR, YG * RR - YR * RG, YR * BG - YG * BR);
    }
}

static inline uint16_t clip_16(double v, double max) {
    v = v > 0.0 ? v : 0.0;
    v = v < max ? v : max;
    return (uint16_t)(int32_t)v;
}

/* The same equations where the middle of CB and CR is 2^(bits - 1). Every numerator is an integer. */
DCM_INLINE void full_to_rgb_16(uint32_t bits, PLANES(uint16_t)) {
    const double max = (double)((1u << bits) - 1);
    const int32_t middle = 1 << (bits - 1);
    for (size_t i = 0; i < n; i++) {
        const double y = a[i], cb = b[i] - middle, cr = c[i] - middle;
        a[i] = clip_16((1000.0 * y + 1402.0 * cr + 500.0) / 1000.0, max);
        b[i] = clip_16((587000.0 * y - 202008.0 * cb - 419198.0 * cr + 293500.0) / 587000.0, max);
        c[i] = clip_16((1000.0 * y + 1772.0 * cb + 500.0) / 1000.0, max);
    }
}

DCM_INLINE void rgb_to_full_16(uint32_t bits, PLANES(uint16_t)) {
    const double max = (double)((1u << bits) - 1);
    const int32_t middle = 1 << (bits - 1);
    for (size_t i = 0; i < n; i++) {
        const double r = a[i], g = b[i], blue = c[i];
        a[i] = clip_16((299.0 * r + 587.0 * g + 114.0 * blue + 500.0) / 1000.0, max);
        b[i] = clip_16((886.0 * blue - 299.0 * r - 587.0 * g + 886.0 + middle * 1772.0) / 1772.0, max);
        c[i] = clip_16((701.0 * r - 587.0 * g - 114.0 * blue + 701.0 + middle * 1402.0) / 1402.0, max);
    }
}

/* a[0 .. 2n) and so on from n groups; the two samples of a group are moved as one of 16 bits. */
DCM_INLINE void take_groups(const uint8_t *restrict in, PLANES(uint8_t)) {
    for (size_t i = 0; i < n; i++) {
        uint32_t group;
        memcpy(&group, in + 4 * i, 4);
        const uint16_t y = (uint16_t)(BIG_HOST ? group >> 16 : group);
        const uint16_t cb = (uint16_t)((group >> (BIG_HOST ? 8 : 16) & 0xFF) * 0x0101);
        const uint16_t cr = (uint16_t)((group >> (BIG_HOST ? 0 : 24) & 0xFF) * 0x0101);
        memcpy(a + 2 * i, &y, 2);
        memcpy(b + 2 * i, &cb, 2);
        memcpy(c + 2 * i, &cr, 2);
    }
}

DCM_INLINE void step_8(dcm_color_step step, PLANES(uint8_t)) {
    if (step == DCM_COLOR_FULL_TO_RGB) full_to_rgb_8(a, b, c, n);
    if (step == DCM_COLOR_RGB_TO_FULL) rgb_to_full_8(a, b, c, n);
    if (step == DCM_COLOR_PARTIAL_TO_RGB) partial_to_rgb_8(a, b, c, n);
}

DCM_INLINE void step_16(dcm_color_step step, uint32_t bits, PLANES(uint16_t)) {
    if (step == DCM_COLOR_FULL_TO_RGB) full_to_rgb_16(bits, a, b, c, n);
    if (step == DCM_COLOR_RGB_TO_FULL) rgb_to_full_16(bits, a, b, c, n);
}

DCM_AVX2 static void step_8_avx2(dcm_color_step step, PLANES(uint8_t)) {
    step_8(step, a, b, c, n);
}

DCM_AVX2 static void step_16_avx2(dcm_color_step step, uint32_t bits, PLANES(uint16_t)) {
    step_16(step, bits, a, b, c, n);
}

DCM_AVX2 static void take_groups_avx2(const uint8_t *in, PLANES(uint8_t)) {
    take_groups(in, a, b, c, n);
}

/* For each build one copy of every loop, not one for each caller. */
static void step_8_plain(dcm_color_step step, PLANES(uint8_t)) {
    step_8(step, a, b, c, n);
}

static inline size_t at_most(size_t n, size_t limit) {
    return n < limit ? n : limit;
}

void dcm_color_convert_8(dcm_color_step step, const uint8_t *in, uint8_t *out, size_t npixels) {
    uint8_t tile[3 * TILE];
    const bool avx2 = dcm_simd_avx2();
    for (size_t i = 0; i < npixels; i += TILE) {
        const size_t n = at_most(npixels - i, TILE);
        dcm_planes_deinterleave(in + 3 * i, 3, 1, tile, n);
        (avx2 ? step_8_avx2 : step_8_plain)(step, tile, tile + n, tile + 2 * n, n);
        dcm_planes_interleave(tile, n, 3, 1, out + 3 * i, n);
    }
}

void dcm_color_convert_16(dcm_color_step step, const uint8_t *in, uint32_t bits, uint8_t *out,
                          size_t npixels) {
    uint16_t tile[3 * TILE];
    const bool avx2 = dcm_simd_avx2();
    for (size_t i = 0; i < npixels; i += TILE) {
        const size_t n = at_most(npixels - i, TILE);
        dcm_planes_deinterleave(in + 6 * i, 3, 2, (uint8_t *)tile, n);
        if (avx2)
            step_16_avx2(step, bits, tile, tile + n, tile + 2 * n, n);
        else
            step_16(step, bits, tile, tile + n, tile + 2 * n, n);
        dcm_planes_interleave((const uint8_t *)tile, 2 * n, 3, 2, out + 6 * i, n);
    }
}

/* npixels pixels of one row, all there; of the last group perhaps only the first pixel. */
static void convert_row_422(dcm_color_step step, const uint8_t *in, uint8_t *out, size_t npixels) {
    uint8_t tile[3 * TILE];
    const bool avx2 = dcm_simd_avx2();
    for (size_t i = 0; i < npixels; i += TILE) {
        const size_t n = at_most(npixels - i, TILE), ngroups = (n + 1) / 2;
        uint8_t *const a = tile, *const b = tile + TILE, *const c = tile + 2 * TILE;
        if (avx2) {
            take_groups_avx2(in + 2 * i, a, b, c, ngroups);
            step_8_avx2(step, a, b, c, n);
        } else {
            take_groups(in + 2 * i, a, b, c, ngroups);
            step_8_plain(step, a, b, c, n);
        }
        dcm_planes_interleave(tile, TILE, 3, 1, out + 3 * i, n);
    }
}

size_t dcm_color_convert_422(dcm_color_step step, const uint8_t *in, size_t in_nbytes, size_t columns,
                             uint8_t *out, size_t npixels) {
    if (columns % 2 == 0) columns = npixels; /* no group of a row is left half empty: all rows are one */
    size_t ngroups = in_nbytes / 4, done = 0;
    while (done < npixels && ngroups > 0) {
        size_t n = at_most(columns, npixels - done), row_ngroups = n / 2 + n % 2;
        if (row_ngroups > ngroups) {
            row_ngroups = ngroups;
            n = 2 * ngroups;
        }
        convert_row_422(step, in, out + 3 * done, n);
        in += 4 * row_ngroups;
        ngroups -= row_ngroups;
        done += n;
    }
    if (done < npixels) memset(out + 3 * done, 0, 3 * (npixels - done));
    return done;
}
