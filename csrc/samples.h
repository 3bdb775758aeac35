/* Native pixel cells to samples: one frame to an array. PS3.5 §8.1.1, §8.2, PS3.3 §C.7.6.3.1. */
#ifndef DCM_SAMPLES_H
#define DCM_SAMPLES_H

#include "base.h"

/* How samples lie in a native frame. Cells of whole bytes (8, 16, 24 to 64 bits) have a byte order. All
   others are packed: they follow one another without a gap, from the least significant bit of the first byte
   on. */
typedef struct dcm_samples {
    uint32_t bits_allocated; /* of a cell, 1..64 */
    uint32_t bits_stored;    /* of the sample in it, 1..bits_allocated */
    uint32_t
        high_bit; /* place of its highest bit: the sample is bits high_bit - bits_stored + 1 .. high_bit */
    uint32_t bit_offset; /* where the first cell begins, counted from the first byte; 0..7, or 0..15 with
                            swap_pairs; a multiple of 8 for cells of whole bytes */
    uint32_t nplanes;    /* 1: by pixel. More: the input is so many planes, the output is by pixel */
    uint32_t out_nbytes; /* of a sample in the output: 1, 2, 4 or 8, in the order of this machine */
    bool is_signed;      /* two's complement: extended by the sign, else by zeros */
    bool big_endian; /* the bytes of a cell of several bytes; packed cells and single bytes have no order */
    bool swap_pairs; /* the two bytes of every 16-bit word stand in exchanged order: OW in big-endian.
                        Before anything else is done they are put right; a last odd byte is no word */
} dcm_samples;

/* Whether all of this holds, and nsamples are whole planes. */
bool dcm_samples_sound(const dcm_samples *layout, uint64_t nsamples);

/* nsamples samples to out, which has room for nsamples * out_nbytes bytes and does not overlap in. Samples
   whose cells are not whole in in[0 .. in_nbytes) become 0. The layout must be sound. Returns how many were
   there, counted in the order of the input. */
uint64_t dcm_samples_unpack(const dcm_samples *layout, const uint8_t *in, size_t in_nbytes, uint8_t *out,
                            uint64_t nsamples);

#endif
