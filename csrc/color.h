/* Colour spaces: YBR_FULL, YBR_FULL_422 and the retired partial range, to RGB and back. PS3.3 §C.7.6.3.1.2.
 */
#ifndef DCM_COLOR_H
#define DCM_COLOR_H

#include "base.h"

typedef enum dcm_color_step {
    DCM_COLOR_KEEP,           /* only the layout changes */
    DCM_COLOR_FULL_TO_RGB,    /* the inverse of the equations of YBR_FULL */
    DCM_COLOR_RGB_TO_FULL,    /* YBR_FULL */
    DCM_COLOR_PARTIAL_TO_RGB, /* the inverse of the equations of YBR_PARTIAL_422 (retired; CCIR 601-2) */
} dcm_color_step;

/* All are by pixel. Results are the exact value of the equation, rounded to the nearest integer, halves up,
   and clipped. out is in, or does not overlap it. */

/* Samples of 8 bits. */
void dcm_color_convert_8(dcm_color_step step, const uint8_t *in, uint8_t *out, size_t npixels);

/* Samples of `bits` (1..16) bits in 16, in the order of this machine; not the partial range, which has 8. */
void dcm_color_convert_16(dcm_color_step step, const uint8_t *in, uint32_t bits, uint8_t *out,
                          size_t npixels);

/* Chroma for two pixels: groups of Y1 Y2 CB CR, 8 bits each, which begin anew in every row. So columns
   matters if it is odd: the last group of a row has a Y that is not used. 0: one row. Pixels whose group is
   not whole in in[0 .. in_nbytes) become 0. Returns how many were there. out does not overlap in. */
size_t dcm_color_convert_422(dcm_color_step step, const uint8_t *in, size_t in_nbytes, size_t columns,
                             uint8_t *out, size_t npixels);

#endif
