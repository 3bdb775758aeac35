/* Lookup tables that are written as segments: discrete, linear, indirect. PS3.3 §C.7.9.2. */
#ifndef DCM_SEGMENTS_H
#define DCM_SEGMENTS_H

#include "base.h"

typedef enum dcm_segments_status {
    DCM_SEGMENTS_OK = 0,
    DCM_SEGMENTS_CUT,      /* a segment ends behind the data */
    DCM_SEGMENTS_OPCODE,   /* neither discrete, linear nor indirect */
    DCM_SEGMENTS_FIRST,    /* a linear or indirect segment with no entry in front of it */
    DCM_SEGMENTS_OFFSET,   /* an indirect segment that points to no segment in the data */
    DCM_SEGMENTS_NESTED,   /* an indirect segment that copies an indirect one */
    DCM_SEGMENTS_TOO_MANY, /* more entries than the descriptor says */
} dcm_segments_status;

/* The data of a segmented table, entries of 8 or 16 bits, to at most nentries entries in the order of this
   machine. 8 bits: in 16-bit words (OW), so that with big_endian the bytes of each word stand in exchanged
   order. *ndone is how many came out, also where it fails. */
dcm_segments_status dcm_segments_expand(const uint8_t *in, size_t in_nbytes, uint32_t bits, bool big_endian,
                                        uint8_t *out, uint32_t nentries, uint32_t *ndone);

#endif
