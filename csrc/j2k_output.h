/* JPEG 2000: rows of components to samples: component transforms, level shift, clipping. ITU-T T.800 Annex G.
 */
#ifndef DCM_J2K_OUTPUT_H
#define DCM_J2K_OUTPUT_H

#include "simd.h"

typedef struct dcm_j2k_output {
    uint32_t samples;       /* components, 1 to 4 */
    uint32_t sample_nbytes; /* 1 or 2 */
    bool mct;               /* the first three are transformed */
    bool reversible[4];     /* rows are int32_t, else float */
    bool is_signed[4];
    uint8_t precision[4]; /* 1 to 16 */
} dcm_j2k_output;

/* Write `width` pixels: rows[i] has the samples of a component; scratch has room for samples times width
   rounded up to 16 of 4 bytes, aligned to 64. */
void dcm_j2k_output_row(const dcm_j2k_output *o, const void *const *rows, uint32_t width, void *scratch,
                        uint8_t *out);

#endif
