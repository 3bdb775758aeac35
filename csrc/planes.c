/* Colour by plane and colour by pixel: Planar Configuration 1 and 0. PS3.3 §C.7.6.3.1.3.

   Fast for three planes because the loop over three streams is one that compilers turn into shuffles. Other
   numbers of planes go one plane after another, in tiles that stay in the first cache. */
#include "planes.h"

#include "simd.h"

#define TILE_NBYTES 8192u /* of output */

#define DEFINE_SIZE(BITS)                                                                                    \
    DCM_INLINE void join3_loop_##BITS(const uint8_t *restrict a, const uint8_t *restrict b,                  \
                                      const uint8_t *restrict c, uint8_t *restrict out, size_t n) {          \
        const size_t size = sizeof(uint##BITS##_t);                                                          \
        for (size_t i = 0; i < n; i++) {                                                                     \
            uint##BITS##_t x, y, z;                                                                          \
            memcpy(&x, a + i * size, size);                                                                  \
            memcpy(&y, b + i * size, size);                                                                  \
            memcpy(&z, c + i * size, size);                                                                  \
            memcpy(out + 3 * i * size, &x, size);                                                            \
            memcpy(out + (3 * i + 1) * size, &y, size);                                                      \
            memcpy(out + (3 * i + 2) * size, &z, size);                                                      \
        }                                                                                                    \
    }                                                                                                        \
    DCM_AVX2 static void join3_avx2_##BITS(const uint8_t *a, const uint8_t *b, const uint8_t *c,             \
                                           uint8_t *out, size_t n) {                                         \
        join3_loop_##BITS(a, b, c, out, n);                                                                  \
    }                                                                                                        \
    static void join3_##BITS(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *out, size_t n) { \
        if (dcm_simd_avx2())                                                                                 \
            join3_avx2_##BITS(a, b, c, out, n);                                                              \
        else                                                                                                 \
            join3_loop_##BITS(a, b, c, out, n);                                                              \
    }                                                                                                        \
    DCM_INLINE void split3_loop_##BITS(const uint8_t *restrict in, uint8_t *restrict a, uint8_t *restrict b, \
                                       uint8_t *restrict c, size_t n) {                                      \
        const size_t size = sizeof(uint##BITS##_t);                                                          \
        for (size_t i = 0; i < n; i++) {                                                                     \
            uint##BITS##_t x, y, z;                                                                          \
            memcpy(&x, in + 3 * i * size, size);                                                             \
            memcpy(&y, in + (3 * i + 1) * size, size);                                                       \
            memcpy(&z, in + (3 * i + 2) * size, size);                                                       \
            memcpy(a + i * size, &x, size);                                                                  \
            memcpy(b + i * size, &y, size);                                                                  \
            memcpy(c + i * size, &z, size);                                                                  \
        }                                                                                                    \
    }                                                                                                        \
    DCM_AVX2 static void split3_avx2_##BITS(const uint8_t *in, uint8_t *a, uint8_t *b, uint8_t *c,           \
                                            size_t n) {                                                      \
        split3_loop_##BITS(in, a, b, c, n);                                                                  \
    }                                                                                                        \
    static void split3_##BITS(const uint8_t *in, uint8_t *a, uint8_t *b, uint8_t *c, size_t n) {             \
        if (dcm_simd_avx2())                                                                                 \
            split3_avx2_##BITS(in, a, b, c, n);                                                              \
        else                                                                                                 \
            split3_loop_##BITS(in, a, b, c, n);                                                              \
    }                                                                                                        \
    /* Every from_step-th sample of one array to every to_step-th of another. */                             \
    static void copy_##BITS(const uint8_t *restrict from, size_t from_step, uint8_t *restrict to,            \
                            size_t to_step, size_t n) {                                                      \
        const size_t size = sizeof(uint##BITS##_t);                                                          \
        for (size_t i = 0; i < n; i++)                                                                       \
            memcpy(to + i * to_step * size, from + i * from_step * size, size);                              \
    }

DEFINE_SIZE(8)
DEFINE_SIZE(16)
DEFINE_SIZE(32)
DEFINE_SIZE(64)

static void copy_steps(const uint8_t *from, size_t from_step, uint8_t *to, size_t to_step, uint32_t nbytes,
                       size_t n) {
    switch (nbytes) {
    case 1:
        copy_8(from, from_step, to, to_step, n);
        return;
    case 2:
        copy_16(from, from_step, to, to_step, n);
        return;
    case 4:
        copy_32(from, from_step, to, to_step, n);
        return;
    default:
        copy_64(from, from_step, to, to_step, n);
    }
}

void dcm_planes_scatter(const uint8_t *in, uint32_t nplanes, uint32_t nbytes, uint8_t *out, size_t n) {
    copy_steps(in, 1, out, nplanes, nbytes, n);
}

/* Pixels that fill a tile, at least one. */
static size_t tile_of(uint32_t nplanes, uint32_t nbytes) {
    const size_t tile = TILE_NBYTES / nbytes / nplanes;
    return tile ? tile : 1;
}

void dcm_planes_interleave(const uint8_t *in, size_t stride_nbytes, uint32_t nplanes, uint32_t nbytes,
                           uint8_t *out, size_t npixels) {
    if (npixels == 0 || nplanes == 0) return;
    if (nplanes == 3) {
        const uint8_t *const b = in + stride_nbytes, *const c = b + stride_nbytes;
        switch (nbytes) {
        case 1:
            join3_8(in, b, c, out, npixels);
            return;
        case 2:
            join3_16(in, b, c, out, npixels);
            return;
        case 4:
            join3_32(in, b, c, out, npixels);
            return;
        default:
            join3_64(in, b, c, out, npixels);
            return;
        }
    }
    const size_t tile = tile_of(nplanes, nbytes);
    for (size_t i = 0; i < npixels; i += tile) {
        const size_t n = npixels - i < tile ? npixels - i : tile;
        for (uint32_t p = 0; p < nplanes; p++)
            copy_steps(in + p * stride_nbytes + i * nbytes, 1, out + (i * nplanes + p) * nbytes, nplanes,
                       nbytes, n);
    }
}

void dcm_planes_deinterleave(const uint8_t *in, uint32_t nplanes, uint32_t nbytes, uint8_t *out,
                             size_t npixels) {
    if (npixels == 0 || nplanes == 0) return;
    const size_t stride_nbytes = npixels * nbytes;
    if (nplanes == 3) {
        uint8_t *const b = out + stride_nbytes, *const c = b + stride_nbytes;
        switch (nbytes) {
        case 1:
            split3_8(in, out, b, c, npixels);
            return;
        case 2:
            split3_16(in, out, b, c, npixels);
            return;
        case 4:
            split3_32(in, out, b, c, npixels);
            return;
        default:
            split3_64(in, out, b, c, npixels);
            return;
        }
    }
    const size_t tile = tile_of(nplanes, nbytes);
    for (size_t i = 0; i < npixels; i += tile) {
        const size_t n = npixels - i < tile ? npixels - i : tile;
        for (uint32_t p = 0; p < nplanes; p++)
            copy_steps(in + (i * nplanes + p) * nbytes, nplanes, out + p * stride_nbytes + i * nbytes, 1,
                       nbytes, n);
    }
}
