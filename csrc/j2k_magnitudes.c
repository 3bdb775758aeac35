/* JPEG 2000 code-blocks: bit-planes to coefficients. ITU-T T.800 §E.1.

   Eight coefficients of a row at a time: bits of one plane are compared with a mask for each of them, and
   what comes out doubles what there was and adds one. */
#include "j2k_coder.h"

typedef uint32_t lanes __attribute__((vector_size(32)));
typedef int32_t signed_lanes __attribute__((vector_size(32)));
typedef float float_lanes __attribute__((vector_size(32)));

/* All ones where the mask has a sample: columns 0 to 3 in its lower 24 bits, 4 to 7 above. A macro, because
   vectors as results are not alike in all builds. */
#define LOW(mask) ((uint32_t)(mask))
#define HIGH(mask) ((uint32_t)((mask) >> 24))
#define BOTH(mask)                                                                                           \
    ((lanes){LOW(mask), LOW(mask), LOW(mask), LOW(mask), HIGH(mask), HIGH(mask), HIGH(mask), HIGH(mask)})
#define BITS ((lanes){1, 1u << 6, 1u << 12, 1u << 18, 1, 1u << 6, 1u << 12, 1u << 18})
#define HAS(mask, row) ((lanes)((BOTH(mask) & BITS << (row)) != 0))

/* Four rows of eight coefficients, times two and without a sign. */
DCM_INLINE void put_together(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, uint32_t i,
                             uint64_t significant, lanes out[4]) {
    for (uint32_t row = 0; row < 4; row++)
        out[row] = (lanes){0};
    for (uint32_t p = 0; p < m->nplanes; p++) {
        const uint64_t bits = c->planes[p][i];
        for (uint32_t row = 0; row < 4; row++)
            out[row] = out[row] + out[row] - HAS(bits, row);
    }
    const uint64_t not_refined = m->ends_early ? significant & ~c->planes[m->nplanes - 1][i] : 0;
    for (uint32_t row = 0; row < 4; row++)
        out[row] = (out[row] * 2 + 1 - HAS(not_refined, row)) << m->nmissing & HAS(significant, row);
}

DCM_INLINE void emit(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, const dcm_j2k_block *block,
                     uint8_t *out, uint64_t stride) {
    for (uint32_t i = 0, stripe = 0; stripe < c->nstripes; stripe++) {
        const uint64_t at = dcm_j2k_word_index(c, stripe);
        const uint32_t nrows = block->height - 4 * stripe < 4 ? block->height - 4 * stripe : 4;
        for (uint32_t w = 0; w < c->nwords; w++, i++) {
            const uint64_t significant = c->significant[at + w] >> 7 & c->samples[i];
            const uint64_t negative = c->negative[at + w] >> 7 & c->samples[i];
            const uint64_t n = block->width - 8 * w < 8 ? block->width - 8 * w : 8;
            lanes rows[4];
            put_together(c, m, i, significant, rows);
            for (uint32_t row = 0; row < nrows; row++) {
                uint8_t *const to = out + ((4 * stripe + row) * stride + 8 * w) * 4;
                const lanes sign = HAS(negative, row);
                lanes v;
                if (m->reversible) {
                    v = (rows[row] >> 1 ^ sign) - sign;
                } else {
                    const float_lanes f = __builtin_convertvector((signed_lanes)rows[row], float_lanes);
                    v = (lanes)(f * m->half_step) ^ (sign & 0x80000000u);
                }
                if (n == 8)
                    memcpy(to, &v, sizeof v);
                else
                    memcpy(to, &v, n * 4);
            }
        }
    }
}

static void emit_portable(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, const dcm_j2k_block *block,
                          uint8_t *out, uint64_t stride) {
    emit(c, m, block, out, stride);
}

DCM_AVX2 static void emit_avx2(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m,
                               const dcm_j2k_block *block, uint8_t *out, uint64_t stride) {
    emit(c, m, block, out, stride);
}

void dcm_j2k_emit_block(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, const dcm_j2k_block *block,
                        void *out, uint64_t stride) {
    if (m->nplanes == 0)
        for (uint32_t y = 0; y < block->height; y++)
            memset((uint8_t *)out + y * stride * 4, 0, block->width * 4u);
    else if (dcm_simd_avx2())
        emit_avx2(c, m, block, out, stride);
    else
        emit_portable(c, m, block, out, stride);
}
