/* Palettes: indices to colours, and lookup tables that are written as segments. PS3.3 §C.7.6.3.1.5, §C.7.9.2.
 */
#ifndef DCM_PALETTE_H
#define DCM_PALETTE_H

#include "base.h"

#define DCM_PALETTE_MAX_NENTRIES 65536u

typedef struct dcm_palette {
    const uint8_t *lut;    /* nentries times red, green, blue */
    uint32_t nentries;     /* 1..65536 */
    int32_t first;         /* the index that the first entry is for, -32768..65535 */
    uint32_t lut_nbytes;   /* of a colour in the table and in the output, 1 or 2 */
    uint32_t index_nbytes; /* 1 or 2, in the order of this machine */
    bool index_is_signed;
} dcm_palette;

/* n indices to n pixels of red, green, blue. What is below the first entry takes the first, what is above the
   last takes the last. out overlaps nothing. */
void dcm_palette_apply(const dcm_palette *palette, const uint8_t *in, uint8_t *out, size_t n);

#endif
