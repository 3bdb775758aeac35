/* JPEG-LS: decoding frames. ITU-T T.87. */
#ifndef DCM_JPEGLS_H
#define DCM_JPEGLS_H

#include "base.h"

/* What the frame must be. Samples of a pixel stand side by side in out, in the machine's byte order. */
typedef struct dcm_jpls_layout {
    uint32_t rows;          /* of the frame header; where it does not tell them, as many as are wanted */
    uint32_t columns;       /* of the frame header */
    uint32_t samples;       /* components, 1 to 4 */
    uint32_t sample_nbytes; /* 1 for precisions up to 8 bits, or 2 */
} dcm_jpls_layout;

/* What was tolerated, as bits. */
#define DCM_JPLS_SHORT 1u /* samples are missing, and are 0 */

/* Why a stream was refused. */
typedef enum dcm_jpls_fault {
    DCM_JPLS_SOUND = 0,
    DCM_JPLS_CUT = 1,        /* the bytes end within the headers */
    DCM_JPLS_SEGMENT = 2,    /* a marker segment is shorter than what it must hold */
    DCM_JPLS_FRAME = 3,      /* no frame header of JPEG-LS, or not of the layout */
    DCM_JPLS_SCAN = 4,       /* a scan header that does not go with the frame header */
    DCM_JPLS_PARAMETERS = 5, /* coding parameters that cannot be */
    DCM_JPLS_SAMPLING = 6,   /* components of several sizes: not decoded here */
    DCM_JPLS_MAPPING = 7,    /* samples are indices of a mapping table: not decoded here */
    DCM_JPLS_NO_SCAN = 8,    /* no scan at all */
} dcm_jpls_fault;

/* A decoder: its buffers, which grow as they are needed and are kept, and the tables of the last scan, which
   the next one often repeats. For one thread at a time. */
typedef struct dcm_jpls dcm_jpls;

dcm_jpls *dcm_jpls_new(void); /* NULL without memory */
void dcm_jpls_free(dcm_jpls *d);

/* Bytes that it keeps. */
uint64_t dcm_jpls_nbytes(const dcm_jpls *d);

/* Decode the frame that starts at in. DCM_OK with every byte of out written; DCM_E_ENCODED if the headers
   cannot give such a frame, and dcm_jpls_fault_of tells why (out may hold anything then); DCM_E_RANGE if
   layout and out_nbytes do not go together; DCM_E_NO_MEMORY. Entropy-coded data that are damaged or cut give
   what is there, and a note. */
dcm_status dcm_jpls_decode(dcm_jpls *d, const dcm_jpls_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                           uint8_t *out, uint64_t out_nbytes, uint32_t *notes);

/* What was wrong with the frame that was refused last, and where. */
dcm_jpls_fault dcm_jpls_fault_of(const dcm_jpls *d, uint64_t *offset);

#endif
