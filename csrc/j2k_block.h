/* JPEG 2000 code-blocks: what packets bring of them, and decoding them. ITU-T T.800 Annexes C and D. */
#ifndef DCM_J2K_BLOCK_H
#define DCM_J2K_BLOCK_H

#include "base.h"

#define DCM_J2K_NO_PIECE UINT32_MAX

/* Code-block style: SPcod, Table A.19. */
#define DCM_J2K_BYPASS 1u       /* raw bits instead of arithmetic coding in the lower bit-planes */
#define DCM_J2K_RESET 2u        /* contexts begin anew with each coding pass */
#define DCM_J2K_TERMALL 4u      /* each coding pass ends its codeword segment */
#define DCM_J2K_CAUSAL 8u       /* contexts do not look at the next stripe */
#define DCM_J2K_PREDICTABLE 16u /* how segments end is told: nothing to decode differently */
#define DCM_J2K_SEGSYM 32u      /* a segmentation symbol, 1010, ends each cleanup pass */

/* Bytes of one packet that belong to one codeword segment of a block. */
typedef struct dcm_j2k_piece {
    const uint8_t *bytes; /* within the codestream, which may be mapped */
    uint32_t nbytes;
    uint32_t next;    /* index of the block's next piece; DCM_J2K_NO_PIECE */
    uint16_t npasses; /* coding passes that begin with it: 0 only if bytes are missing from the codestream */
    bool starts;      /* a codeword segment begins; else it goes on */
} dcm_j2k_piece;

typedef struct dcm_j2k_block {
    uint32_t x, y;          /* of its first sample, within its band */
    uint16_t width, height; /* 1 to 1024 each, 4096 samples at most */
    uint32_t first_piece;   /* index, DCM_J2K_NO_PIECE: all its samples are 0 */
    uint32_t last_piece;
    uint32_t nbytes;     /* of all its pieces */
    uint16_t npasses;    /* coding passes of all its pieces */
    uint8_t zero_planes; /* most significant bit-planes that are not coded */
    uint8_t lblock;      /* state of packet headers: §B.10.7.1 */
    bool included;       /* it was in a packet */
} dcm_j2k_block;

#endif
