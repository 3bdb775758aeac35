/* JPEG 2000 Part 1: decoding frames. ITU-T T.800. */
#ifndef DCM_J2K_H
#define DCM_J2K_H

#include "base.h"

/* What is wanted of a codestream, and what it must be. Samples of a pixel stand side by side in out, in the
   machine's byte order. */
typedef struct dcm_j2k_request {
    uint32_t rows, columns; /* of out: of the image, or of a region of it; reduced */
    uint32_t samples;       /* components, 1 to 4 */
    uint32_t sample_nbytes; /* 1 where all components have at most 8 bits, or 2 */
    bool is_signed;         /* of all components */
    uint32_t reduce;        /* highest resolution levels that are left out */
    uint32_t layers;        /* quality layers that are decoded; 0 for all */
    bool is_region;         /* a region is wanted: only tiles that it meets are decoded */
    uint32_t x, y;          /* its first pixel, counted from that of the reduced image */
    uint32_t nthreads;      /* that work at the same time; 0 and 1: the calling one */
} dcm_j2k_request;

/* What was tolerated, as bits. */
#define DCM_J2K_SHORT 1u /* bytes are missing or damaged: what they would have told was taken as 0 */

/* Why a codestream was refused. */
typedef enum dcm_j2k_fault {
    DCM_J2K_SOUND = 0,
    DCM_J2K_CUT = 1,       /* the bytes end within the headers */
    DCM_J2K_NO_MARKER = 2, /* other bytes where a marker must stand */
    DCM_J2K_SEGMENT = 3,   /* a marker segment is shorter than what it must hold, or has impossible values */
    DCM_J2K_MISSING = 4,   /* no SIZ, COD or QCD */
    DCM_J2K_SIZES = 5,     /* sizes that cannot be, or are not those that were asked for */
    DCM_J2K_UNSUPPORTED = 6, /* sound perhaps, but not decoded here */
    DCM_J2K_NO_TILE = 7,     /* not one tile-part */
    DCM_J2K_REDUCED = 8,     /* fewer resolution levels than are to be left out */
} dcm_j2k_fault;

/* A decoder and its buffers, which grow as they are needed and are kept. For one caller at a time. */
typedef struct dcm_j2k dcm_j2k;

dcm_j2k *dcm_j2k_new(void); /* NULL without memory */
void dcm_j2k_free(dcm_j2k *d);

/* Bytes that it keeps. */
uint64_t dcm_j2k_nbytes(const dcm_j2k *d);

/* Decode the codestream at in, from SOC on. DCM_OK with every byte of out written; DCM_E_ENCODED if the
   headers cannot give what is wanted, and dcm_j2k_fault_of tells why (out may hold anything then);
   DCM_E_RANGE if the request and out_nbytes do not go together; DCM_E_NO_MEMORY; DCM_E_CHANGED if the bytes
   are mapped, and no longer there. */
dcm_status dcm_j2k_decode(dcm_j2k *d, const dcm_j2k_request *request, const uint8_t *in, uint64_t in_nbytes,
                          uint8_t *out, uint64_t out_nbytes, uint32_t *notes);

/* What was wrong with the codestream that was refused last, and where. */
dcm_j2k_fault dcm_j2k_fault_of(const dcm_j2k *d, uint64_t *offset);

#endif
