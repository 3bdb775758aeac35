/* JPEG 2000 code-blocks: bit-planes to coefficients. ITU-T T.800 §E.1.

   Four coefficients of a row at a time: bits of one plane are compared with a mask for each of them, and
   what comes out doubles what there was and adds one. */
#include "j2k_coder.h"

typedef uint32_t lanes __attribute__((vector_size(16)));
typedef int32_t signed_lanes __attribute__((vector_size(16)));
typedef float float_lanes __attribute__((vector_size(16)));

/* All ones where the mask has a sample: of four columns, which stand in its lower 24 bits. A macro, because
   vectors as results are not alike in all builds. */
#define HAS(mask, row)                                                                                       \
    ((lanes)((((lanes){0} + (uint32_t)(mask)) & (lanes){1, 1u << 6, 1u << 12, 1u << 18} << (row)) != 0))

/* Four rows of four coefficients, times two and without a sign. `shift` brings their columns to the lower
 * bits of masks. */
DCM_INLINE void put_together(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, uint32_t i, uint32_t shift,
                             uint64_t significant, lanes out[4]) {
    for (uint32_t row = 0; row < 4; row++)
        out[row] = (lanes){0};
    for (uint32_t p = 0; p < m->nplanes; p++) {
        const uint64_t bits = c->planes[p][i] >> shift;
        for (uint32_t row = 0; row < 4; row++)
            out[row] = out[row] + out[row] - HAS(bits, row);
    }
    const uint64_t not_refined = m->ends_early ? significant & ~c->planes[m->nplanes - 1][i] >> shift : 0;
    for (uint32_t row = 0; row < 4; row++)
        out[row] = (out[row] * 2 + 1 - HAS(not_refined, row)) << m->nmissing & HAS(significant, row);
}

/* The samples of half a word: nrows of them by ncolumns, at most four each. */
DCM_INLINE void emit_half(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, uint32_t i, uint64_t at,
                          uint32_t shift, uint32_t ncolumns, uint32_t nrows, uint8_t *out, uint64_t stride) {
    const uint64_t significant = (c->significant[at] >> 7 & c->samples[i]) >> shift;
    const uint64_t negative = (c->negative[at] >> 7 & c->samples[i]) >> shift;
    lanes rows[4];
    put_together(c, m, i, shift, significant, rows);
    for (uint32_t row = 0; row < nrows; row++) {
        const lanes sign = HAS(negative, row);
        lanes v;
        if (m->reversible) {
            v = (rows[row] >> 1 ^ sign) - sign;
        } else {
            const float_lanes f = __builtin_convertvector((signed_lanes)rows[row], float_lanes);
            v = (lanes)(f * m->half_step) ^ (sign & 0x80000000u);
        }
        if (ncolumns == 4)
            memcpy(out + row * stride * 4, &v, sizeof v);
        else
            memcpy(out + row * stride * 4, &v, ncolumns * 4);
    }
}

void dcm_j2k_emit_block(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, const dcm_j2k_block *block,
                        void *out, uint64_t stride) {
    if (m->nplanes == 0) {
        for (uint32_t y = 0; y < block->height; y++)
            memset((uint8_t *)out + y * stride * 4, 0, block->width * 4u);
        return;
    }
    for (uint32_t i = 0, stripe = 0; stripe < c->nstripes; stripe++) {
        const uint64_t at = dcm_j2k_word_index(c, stripe);
        const uint32_t nrows = block->height - 4 * stripe < 4 ? block->height - 4 * stripe : 4;
        uint8_t *to = (uint8_t *)out + 4 * stripe * stride * 4;
        for (uint32_t w = 0, x = 0; w < c->nwords; w++, i++)
            for (uint32_t shift = 0; shift <= 24 && x < block->width; shift += 24, x += 4, to += 16)
                emit_half(c, m, i, at + w, shift, block->width - x < 4 ? block->width - x : 4, nrows, to,
                          stride);
    }
}
