/* Lossless JPEG: what the files of the decoder share. ITU-T T.81 Annex H.

   jpeg_lossless.c reads headers and goes through scans and restart intervals, jpeg_lossless_table.c makes
   tables of DHT segments, jpeg_lossless_entropy.c makes differences of bits, jpeg_lossless_predict.c samples
   of differences. */
#ifndef DCM_JPEG_LOSSLESS_INTERNAL_H
#define DCM_JPEG_LOSSLESS_INTERNAL_H

#include "jpeg_lossless.h"
#include "simd.h"

#define DCM_JPLL_MAX_SAMPLES 4u
#define DCM_JPLL_LOOK_BITS 12u     /* of the stream that choose an entry of a table */
#define DCM_JPLL_SHORT_NBITS 18u   /* of an entry, so that three fit into what a refill gives */
#define DCM_JPLL_LONG_NBITS 26u    /* the longest that there is: two fit */
#define DCM_JPLL_MAX_CATEGORY 16u  /* SSSS: 16 stands for 32768, with no bits behind it. Table H.2 */
#define DCM_JPLL_HALF_NBYTES 4096u /* that each of the two decoders is given at a time */
#define DCM_JPLL_BUFFER_NBYTES (2u * DCM_JPLL_HALF_NBYTES + 256u)
#define DCM_JPLL_PAD_NBYTES 64u /* zeros behind the last byte, which may be read */
#define DCM_JPLL_HALF_NSAMPLES (8u * (DCM_JPLL_HALF_NBYTES + 320u)) /* more differences no half can hold */
#define DCM_JPLL_SLACK 8u /* differences that may be written behind the last */

/* An entry of a table, and what decoding a symbol gives:
     bits 0-5    bits of the stream that its symbols have, with what follows their codes; 0: no such entry
     bits 8-15   bytes of its differences: 2, 4 or 6
     bits 16-63  three differences. If the symbols have more bits than those that chose the entry, the rest of
                 them is still to be added to the last one */
typedef uint64_t dcm_jpll_entry;

#define DCM_JPLL_NBITS(entry) ((entry)&63u)
#define DCM_JPLL_OUT_NBYTES(entry) ((entry) >> 8 & 255u)

/* A Huffman table of class 0. Annex C, §F.2.2.3. */
typedef struct dcm_jpll_table {
    dcm_jpll_entry entries[1u << DCM_JPLL_LOOK_BITS];
    uint32_t limits[18];   /* [n]: the first 16 bits of the stream that are no code of n bits or fewer */
    int32_t firsts[17];    /* [n]: index of the values, less the first code of n bits */
    uint8_t key[16 + 256]; /* the numbers of codes by length, and the values, as DHT has them */
    uint32_t nvalues;
    uint32_t nzero; /* bits of the code of category 0, 1 if there is none */
    bool is_long;   /* symbols of more than DCM_JPLL_SHORT_NBITS are not rare: they have entries */
    bool defined;   /* by this stream */
    bool single;    /* an entry has one symbol: the next one is of another table */
    bool built;     /* entries, limits and firsts are those of the key */
} dcm_jpll_table;

/* The bytes of an entropy-coded segment, a piece at a time, without what was stuffed in. */
typedef struct dcm_jpll_segment {
    const uint8_t *in, *end; /* what is not yet in the buffer, up to the end of the input */
    uint64_t position;       /* bits of the buffer that are decoded */
    uint32_t nheld;          /* bytes in the buffer */
    bool ended;              /* in is at a marker, or the end */
    bool damaged;            /* bits that are no code: nothing is decoded behind them */
} dcm_jpll_segment;

struct dcm_jpll {
    dcm_jpll_table tables[4];
    uint8_t buffer[DCM_JPLL_BUFFER_NBYTES + DCM_JPLL_PAD_NBYTES];
    dcm_jpll_segment segment;

    dcm_jpll_layout layout;
    uint8_t ids[DCM_JPLL_MAX_SAMPLES]; /* of the components, as the frame header has them */
    uint8_t precision;
    bool one_size; /* sampling factors are 1 */
    uint32_t restart_interval;
    uint32_t seen; /* components that had their scan, a bit each */

    uint32_t scan_samples;                     /* components of the scan */
    uint32_t scan_index[DCM_JPLL_MAX_SAMPLES]; /* which of the frame they are */
    dcm_jpll_table *scan_tables[DCM_JPLL_MAX_SAMPLES];
    bool turns; /* they differ: components take turns */
    uint32_t predictor, point_transform;

    uint8_t *out;
    dcm_jpll_fault fault;
    uint64_t fault_offset;
    uint64_t row_nsamples;
    uint16_t *ahead;      /* differences of the second decoder */
    uint16_t line_pool[]; /* a line, a line that is not whole, and a batch of differences; then ahead */
};

/* Read one table of a DHT segment into t. False if it cannot be a table of differences. */
bool dcm_jpll_define(dcm_jpll_table *t, const uint8_t *counts, const uint8_t *values, uint32_t nvalues);

/* Whether they are the same code. */
bool dcm_jpll_alike(const dcm_jpll_table *a, const dcm_jpll_table *b);

/* Make what decoding needs of a table, if it is not there already. */
void dcm_jpll_build(dcm_jpll_table *t, bool single);

/* The entry of the one symbol that these bits of the stream, at least 31, begin with; 0 if they are no
   code. */
dcm_jpll_entry dcm_jpll_symbol(const dcm_jpll_table *t, uint64_t bits);

/* Start an entropy-coded segment at in. */
void dcm_jpll_open_segment(dcm_jpll *d, const uint8_t *in, const uint8_t *end);

/* Decode differences and give their number: at most two halves, with DCM_JPLL_SLACK behind them; 0 where the
   segment has ended or is damaged. `phase` is the component of the first one. */
uint64_t dcm_jpll_differences(dcm_jpll *d, uint16_t *out, uint32_t phase);

/* Make samples of the differences of a line, in place. above is the line before; NULL for the first one of a
   scan or restart interval. §H.1.2 */
void dcm_jpll_predict(const dcm_jpll *d, uint16_t *line, const uint16_t *above);

/* Put a line of samples into out. */
void dcm_jpll_emit(const dcm_jpll *d, const uint16_t *line, uint32_t row);

#endif
