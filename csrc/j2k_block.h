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
    uint32_t block;   /* index of the block */
    uint16_t npasses; /* coding passes that begin with it */
    bool starts;      /* a codeword segment begins; else it goes on */
} dcm_j2k_piece;

typedef struct dcm_j2k_block {
    uint32_t x, y;          /* of its first sample, within its band */
    uint16_t width, height; /* 1 to 1024 each, 4096 samples at most */
    uint32_t first_piece;   /* index, DCM_J2K_NO_PIECE: all its samples are 0 */
    uint32_t last_piece;
    uint32_t nbytes;     /* of all its pieces */
    uint16_t npasses;    /* coding passes that packet headers told */
    uint8_t zero_planes; /* most significant bit-planes that are not coded */
    uint8_t lblock;      /* state of packet headers: §B.10.7.1 */
    bool included;       /* it was in a packet */
} dcm_j2k_block;

/* What the blocks of a band have in common. */
typedef struct dcm_j2k_coding {
    uint8_t style;       /* code-block style */
    uint8_t orientation; /* 0 LL, 1 HL, 2 LH, 3 HH */
    uint8_t nplanes;     /* magnitude bit-planes, Mb: E-2 */
    bool reversible;     /* samples come as int32_t; else as float, in units of the image's samples */
    float step;          /* irreversible: Δb */
} dcm_j2k_coding;

/* The state of decoding a block: some 100 KB, for one thread at a time. */
typedef struct dcm_j2k_coder dcm_j2k_coder;

dcm_j2k_coder *dcm_j2k_coder_new(void); /* NULL without memory */
void dcm_j2k_coder_free(dcm_j2k_coder *c);

/* Bytes that decoding a block with so many bytes in its pieces wants as a buffer. */
uint64_t dcm_j2k_buffer_nbytes(uint64_t block_nbytes);

/* Decode a block into its place in the band's plane: rows of stride samples of 4 bytes. False if more
   bit-planes or passes are told than there can be: what can be decoded is there then, and 0 for the rest.
   Coefficients whose lower bit-planes are missing are set to the middle of what they can be. */
bool dcm_j2k_decode_block(dcm_j2k_coder *c, const dcm_j2k_coding *coding, const dcm_j2k_block *block,
                          const dcm_j2k_piece *pieces, uint8_t *buffer, void *out, uint64_t stride);

#endif
