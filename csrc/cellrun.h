/* Runs of pixel cells of 8, 16, 32 or 64 bits: to samples, in place, and what stands in their unused bits.
   PS3.5 §8.1.1. */
#ifndef DCM_CELLRUN_H
#define DCM_CELLRUN_H

#include "base.h"

/* What makes a cell c a sample: ((c >> low & mask) ^ sign) - sign. */
typedef struct dcm_cell_bits {
    uint64_t mask; /* bits_stored ones */
    uint64_t sign; /* the highest of them where samples are signed, else 0 */
    uint32_t low;  /* place of the lowest bit in the cell */
} dcm_cell_bits;

/* 1 <= bits_stored <= 64; low + bits_stored <= the bits of a cell. */
dcm_cell_bits dcm_cell_bits_of(uint32_t low, uint32_t bits_stored, bool is_signed);

/* n cells of cell_nbytes bytes to n samples of out_nbytes bytes; both 1, 2, 4 or 8. in and out do not
   overlap, and need not be aligned. */
void dcm_cellrun_unpack(dcm_cell_bits bits, const uint8_t *in, uint32_t cell_nbytes, bool big_endian,
                        uint8_t *out, uint32_t out_nbytes, size_t n);

/* The same in place, for cells in the order of this machine: keep the stored bits, extend them. */
void dcm_cellrun_correct(dcm_cell_bits bits, uint8_t *cells, uint32_t cell_nbytes, size_t n);

/* Whether any of n cells differs from the sample that is in its lowest bits_stored bits. */
bool dcm_cellrun_has_unused(const uint8_t *in, uint32_t cell_nbytes, uint32_t bits_stored, bool is_signed,
                            bool big_endian, size_t n);

#endif
