/* RLE Lossless: encoding frames. PS3.5 Annex G. */
#ifndef DCM_RLE_ENCODE_H
#define DCM_RLE_ENCODE_H

#include "rle.h"

/* Size that holds any frame of this layout once it is encoded. 0 if the layout cannot be encoded: no samples
   or pixels, more than 15 bytes a pixel, or rows that do not make up the frame. */
uint64_t dcm_rle_bound(const dcm_rle_layout *layout, uint64_t row_npixels);

/* Encode a frame, every row for itself (G.3.1), to out; *written is the length of the frame, always even.
   in_nbytes must be those of the layout. DCM_E_RANGE if they are not, if the layout cannot be encoded, if
   out_nbytes are too few (as many as dcm_rle_bound says are enough), or if a segment would begin behind the
   reach of its offset of 32 bits; out is undefined then. */
dcm_status dcm_rle_encode(const dcm_rle_layout *layout, uint64_t row_npixels, const uint8_t *in,
                          uint64_t in_nbytes, uint8_t *out, uint64_t out_nbytes, uint64_t *written);

#endif
