/* RLE Lossless: decoding frames. PS3.5 Annex G. */
#ifndef DCM_RLE_H
#define DCM_RLE_H

#include "base.h"

/* A frame: its samples are little-endian, those of a pixel side by side (colour by pixel). Pixels of 1 bit
   count as bytes of eight. */
typedef struct dcm_rle_layout {
    uint64_t npixels;       /* of a frame */
    uint32_t samples;       /* a pixel */
    uint32_t sample_nbytes; /* 1 to 8 */
} dcm_rle_layout;

/* What was tolerated, as bits. */
#define DCM_RLE_SHORT 1u          /* a segment ended before its plane was full: the rest is 0 */
#define DCM_RLE_LONG 2u           /* a segment went on when its plane was full: the rest was left out */
#define DCM_RLE_EXTRA_SEGMENTS 4u /* more segments than bytes a pixel: the last were left out */
#define DCM_RLE_ORDER 8u          /* the offsets do not ascend */

#define DCM_RLE_HEADER_NBYTES 64u
#define DCM_RLE_MAX_SEGMENTS 15u

/* Decode a frame of in_nbytes bytes to out, whose out_nbytes must be those of the layout. DCM_OK with every
   byte of out written; DCM_E_ENCODED if header and layout do not go together (out is untouched); DCM_E_RANGE
   if the layout and out_nbytes do not. */
dcm_status dcm_rle_decode(const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes, uint8_t *out,
                          uint64_t out_nbytes, uint32_t *notes);

/* The same without the instructions that only some machines have: for tests. */
dcm_status dcm_rle_decode_portable(const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                                   uint8_t *out, uint64_t out_nbytes, uint32_t *notes);

#endif
