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
dcm_segments_status dcm_palette_expand(const uint8_t *in, size_t in_nbytes, uint32_t bits, bool big_endian,
                                       uint8_t *out, uint32_t nentries, uint32_t *ndone);

#endif
