/* JPEG 2000: inverse wavelet transforms, a row at a time. ITU-T T.800 Annex F.

   A level needs a few rows of its bands at once, not planes: a row of the low bands and one of the high bands
   go through the horizontal transform, and then both through the steps of the vertical one, together with
   what those left of the rows before. So every band is read once, every result is written once, and all
   between is in the caches nearest to the processor. */
#ifndef DCM_J2K_WAVELET_H
#define DCM_J2K_WAVELET_H

#include "simd.h"

/* K of Table F.4. The 9/7 transform leaves its scaling to who makes the samples of the bands: those that are
   low-pass along a side of more than one sample are to be K times, those that are high-pass 1 / K times what
   they were. */
#define DCM_J2K_K 1.230174104914001f

/* How a resolution is made of the one below and three bands. Samples have 4 bytes: int32_t where reversible,
   else float. */
typedef struct dcm_j2k_level {
    uint32_t x0, y0, x1, y1; /* of the resolution that is made, on its own grid */
    bool reversible;         /* 5/3, else 9/7 */
    bool is_plain;           /* nothing is transformed: rows are those of the first band */
    const void *bands[4];    /* LL, HL, LH, HH */
    uint64_t strides[4];     /* in samples */
} dcm_j2k_level;

/* Rows of a level, from one on. */
typedef struct dcm_j2k_lines {
    const dcm_j2k_level *level;
    int64_t next;          /* the pair of rows 2 n and 2 n + 1 that is read next */
    int64_t ndone;         /* rows before it, counted from y0, are done */
    uint64_t row_nsamples; /* of a row of scratch memory */
    uint8_t *scratch;
    uint8_t *out; /* where rows go, else into scratch memory */
    uint64_t out_stride;
    uint32_t begin, end; /* rows that go there */
    bool wide;
} dcm_j2k_lines;

/* Bytes of scratch memory, aligned to 64 bytes, for rows of a width. */
uint64_t dcm_j2k_lines_nbytes(uint32_t width);

/* Start at row `begin` of a level, counted from its first. Rows up to `end` go to out (out_stride samples
   from one to the next), or, if that is NULL, to scratch memory. */
void dcm_j2k_lines_open(dcm_j2k_lines *l, const dcm_j2k_level *level, uint32_t begin, uint32_t end,
                        void *scratch, void *out, uint64_t out_stride);

/* A row; they must be asked for in order. It stands until the next is asked for. */
const void *dcm_j2k_lines_row(dcm_j2k_lines *l, uint32_t y);

#endif
