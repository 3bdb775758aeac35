/* Lossless JPEG with Huffman coding: decoding frames. ITU-T T.81 Annex H, processes 14 and 14 SV1. */
#ifndef DCM_JPEG_LOSSLESS_H
#define DCM_JPEG_LOSSLESS_H

#include "base.h"

/* What the frame must be. Components are of one size, restart intervals of whole lines. Samples of a pixel
 * stand side by side in out, in the machine's byte order. */
typedef struct dcm_jpll_layout {
    uint32_t rows;          /* of the frame header; where a DNL segment tells them, as many as are wanted */
    uint32_t columns;       /* of the frame header */
    uint32_t samples;       /* components, 1 to 4 */
    uint32_t sample_nbytes; /* 1 for precisions up to 8 bits, or 2 */
} dcm_jpll_layout;

/* What was tolerated, as bits. */
#define DCM_JPLL_SHORT 1u /* samples are missing: their differences were taken as 0 */

/* Why a stream was refused. */
typedef enum dcm_jpll_fault {
    DCM_JPLL_SOUND = 0,
    DCM_JPLL_CUT = 1,      /* the bytes end within the headers */
    DCM_JPLL_SEGMENT = 2,  /* a marker segment is shorter than what it must hold */
    DCM_JPLL_FRAME = 3,    /* no frame header of process 14, or not of the layout */
    DCM_JPLL_SCAN = 4,     /* a scan header that does not go with the frame header */
    DCM_JPLL_TABLE = 5,    /* a Huffman table that cannot be, or is missing */
    DCM_JPLL_SAMPLING = 6, /* components of several sizes: not decoded here */
    DCM_JPLL_INTERVAL = 7, /* a restart interval that is no whole number of lines */
    DCM_JPLL_NO_SCAN = 8,  /* no scan at all */
} dcm_jpll_fault;

/* A decoder: its buffers, and the tables of the last frame, which the next one often repeats. For one thread
   at a time. */
typedef struct dcm_jpll dcm_jpll;

/* A decoder for lines of at most so many samples (columns times components); NULL without memory. */
dcm_jpll *dcm_jpll_new(uint64_t row_nsamples);
void dcm_jpll_free(dcm_jpll *d);

/* The longest line that it takes. */
uint64_t dcm_jpll_row_nsamples(const dcm_jpll *d);

/* Decode the frame that starts at in. DCM_OK with every byte of out written; DCM_E_ENCODED if the headers
   cannot give such a frame, and dcm_jpll_fault_of tells why (out may hold anything then); DCM_E_RANGE if
   layout and out_nbytes do not go together. Allocates nothing. Entropy-coded data that are damaged or cut
   give what is there, and a note. */
dcm_status dcm_jpll_decode(dcm_jpll *d, const dcm_jpll_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                           uint8_t *out, uint64_t out_nbytes, uint32_t *notes);

/* What was wrong with the frame that was refused last, and where. */
dcm_jpll_fault dcm_jpll_fault_of(const dcm_jpll *d, uint64_t *offset);

#endif
