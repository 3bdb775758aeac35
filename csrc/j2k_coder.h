/* JPEG 2000 code-blocks: the state of decoding one, and its coding passes. ITU-T T.800 Annex D.

   Flags of samples stand in words of 64 bits: 8 columns of a stripe, 4 samples each, in scan order, with what
   lies around them. A column has 6 bits, the sample above and the one below the stripe included; a word has
   10 columns, the one before and the one behind included:

     bit   0        5 6       11            54      59
           +--------+---------+--   --------+--------+
           | left   | column 0|     ...     | right  |     in a column: above, 4 samples, below
           +--------+---------+--   --------+--------+

   So the neighbours of a sample are 3 groups of 3 bits at fixed distances, a shift and a multiplication (or
   pext) make an index of them, and the samples that a pass looks at are found by counting trailing zeros.
   What is kept in memory is without the rows above and below: they come from the stripes there.

   Masks of samples are without the first 7 bits: bit 6 c + r is row r of column c. Sample b of a mask has its
   neighbours in bits b to b + 14 of a word. */
#ifndef DCM_J2K_CODER_H
#define DCM_J2K_CODER_H

#include "j2k_block.h"
#include "j2k_mq.h"

#define DCM_J2K_MAX_NPLANES 30u        /* bit-planes that are decoded */
#define DCM_J2K_MAX_NWORDS 256u        /* of a block: 4096 samples in columns of 4 at least */
#define DCM_J2K_MAX_NWORDS_AROUND 520u /* with a stripe above and below, and a word between stripes */

#define DCM_J2K_ROW_ABOVE UINT64_C(0x041041041041041) /* of a word: the row above, of all 10 columns */
#define DCM_J2K_ROW_BELOW (DCM_J2K_ROW_ABOVE << 5)
#define DCM_J2K_OWN_ROWS (DCM_J2K_ROW_ABOVE * 0x1E)
#define DCM_J2K_COLUMN_0 (UINT64_C(0x1E) << 6)   /* the first own column */
#define DCM_J2K_COLUMN_7 (UINT64_C(0x1E) << 48)  /* the last one */
#define DCM_J2K_SAMPLES UINT64_C(0x3CF3CF3CF3CF) /* of a mask: all 32 samples */
#define DCM_J2K_TOP_ROW UINT64_C(0x041041041041) /* of a mask: the first row */

/* Of a code-block; one for each thread. */
typedef struct dcm_j2k_coder {
    dcm_j2k_state contexts[DCM_J2K_NCONTEXTS];
    uint32_t nwords, nstripes; /* of a stripe; of the block */
    uint32_t stride;           /* words from a stripe to the next */
    uint32_t orientation;      /* 0 LL, 1 HL, 2 LH, 3 HH */
    bool causal, is_raw;
    dcm_j2k_mq mq;
    struct {
        const uint8_t *in; /* where raw bits go on: §D.6 */
        uint32_t byte, nbits;
    } raw;
    uint8_t zero_coding[4][512];                     /* context by orientation and neighbours: Table D.1 */
    uint8_t sign_coding[256];                        /* context, and in bit 7 the XOR bit: Tables D.2, D.3 */
    uint64_t significant[DCM_J2K_MAX_NWORDS_AROUND]; /* words without the rows above and below */
    uint64_t negative[DCM_J2K_MAX_NWORDS_AROUND];    /* the same, of significant samples */
    uint64_t samples[DCM_J2K_MAX_NWORDS];            /* masks: which samples there are */
    uint64_t visited[DCM_J2K_MAX_NWORDS];            /* coded in this plane's significance pass */
    uint64_t refined[DCM_J2K_MAX_NWORDS];            /* refined before */
    uint64_t planes[DCM_J2K_MAX_NPLANES]
                   [DCM_J2K_MAX_NWORDS]; /* bits of magnitudes, the highest plane first */
} dcm_j2k_coder;

/* The first own word of a stripe, in an array of words. */
DCM_INLINE uint64_t dcm_j2k_word_index(const dcm_j2k_coder *c, uint32_t stripe) {
    return (uint64_t)(stripe + 1) * c->stride + 1;
}

typedef enum dcm_j2k_pass {
    DCM_J2K_SIGNIFICANCE = 0, /* §D.3.1 */
    DCM_J2K_REFINEMENT = 1,   /* §D.3.3 */
    DCM_J2K_CLEANUP = 2,      /* §D.3.4 */
} dcm_j2k_pass;

/* Whether functions for processors with AVX2, BMI, BMI2 and LZCNT may be called. */
bool dcm_j2k_is_wide(void);

/* One coding pass over the bits of a plane. */
typedef void dcm_j2k_run_pass(dcm_j2k_coder *c, dcm_j2k_pass pass, uint64_t *plane);

dcm_j2k_run_pass dcm_j2k_run_pass_portable;
#if DCM_X86
dcm_j2k_run_pass dcm_j2k_run_pass_wide;
#endif

/* How bit-planes become coefficients. */
typedef struct dcm_j2k_magnitudes {
    uint32_t nplanes;  /* that were decoded, at least in part; 0: all coefficients are 0 */
    uint32_t nmissing; /* below them */
    bool ends_early;   /* only the significance pass of the last plane was decoded */
    bool reversible;
    float half_step;
} dcm_j2k_magnitudes;

/* Write the coefficients of the block that was decoded. §E.1 */
void dcm_j2k_emit_block(const dcm_j2k_coder *c, const dcm_j2k_magnitudes *m, const dcm_j2k_block *block,
                        void *out, uint64_t stride);

#endif
