/* JPEG-LS: what the files of the decoder share. ITU-T T.87.

   jpegls.c reads headers and goes through scans, jpegls_scan.c through lines and restart intervals,
   jpegls_line.c decodes lines, jpegls_parameters.c makes the tables that lines need. */
#ifndef DCM_JPEGLS_INTERNAL_H
#define DCM_JPEGLS_INTERNAL_H

#include "jpegls.h"
#include "simd.h"

#define DCM_JPLS_MAX_SAMPLES 4u
#define DCM_JPLS_RUN_CONTEXT 365u /* of run interruptions, and the one behind it */
#define DCM_JPLS_NCONTEXTS 367u
#define DCM_JPLS_TAIL_NBYTES 64u  /* zeros behind the bits, which may be read */
#define DCM_JPLS_WINDOW_NBITS 57u /* that one load surely gives */
#define DCM_JPLS_MAX_K 24u        /* more no stream can have: differences are bounded */
#define DCM_JPLS_MAX_REACH 65535

/* A context: what its differences were like. §A.2.1. The first four stand in one vector. */
typedef struct dcm_jpls_context {
    int32_t a;       /* sum of their magnitudes */
    int32_t b;       /* sum of them, within limits */
    int32_t n;       /* how many they were; of run interruptions too */
    int32_t c;       /* what is added to predictions */
    uint32_t k;      /* Golomb parameter of the next one */
    int32_t c_again; /* c, stored by itself: what was stored as part of a vector comes later */
    int32_t nn;      /* of run interruptions: how many of them were negative */
    int32_t unused;
} dcm_jpls_context;

#define DCM_JPLS_CONTEXT_NBYTES 32

/* What follows from the n of a context alone, for a, b, n and c. §A.6 */
typedef struct dcm_jpls_step {
    int32_t shift[4];  /* 1 where a and b are halved; in the third place what the float of the next n is as an
                          integer, less 2^23 - 1 */
    int32_t change[4]; /* by what b and c change where b is too high */
    int32_t least[4];  /* what they are at least; both of n are the next n */
    int32_t greatest[4];
} dcm_jpls_step;

#define DCM_JPLS_NSTEPS 256 /* a RESET beyond goes the slower way */

/* What coding goes by: §A.2.1, §C.2.4.1.1. */
typedef struct dcm_jpls_parameters {
    int32_t maxval, near, t1, t2, t3, reset;
} dcm_jpls_parameters;

/* Lines of a component. They stand at fixed distances, so that one register leads to all of them. */
#define DCM_JPLS_LINE_NSAMPLES (65536 + 96)
typedef struct dcm_jpls_lines {
    uint16_t current[DCM_JPLS_LINE_NSAMPLES]; /* samples; the first one stands at DCM_JPLS_FIRST */
    uint16_t before[DCM_JPLS_LINE_NSAMPLES];  /* the line above */
    /* what the line before tells of each sample's context */
    int16_t gradients[DCM_JPLS_LINE_NSAMPLES];
    int16_t sums[DCM_JPLS_LINE_NSAMPLES];   /* 81 Q1 + 9 Q2 */
    int32_t places[DCM_JPLS_LINE_NSAMPLES]; /* the sum; below, in 16 bits, its magnitude times a context's
                                               bytes */
    uint32_t
        thirds[DCM_JPLS_LINE_NSAMPLES]; /* where a sample of 0 before it finds the third gradient's part */
} dcm_jpls_lines;

#define DCM_JPLS_FIRST 32

/* A place in the bits of a scan, which stand without what was stuffed in. */
typedef struct dcm_jpls_bits {
    const uint8_t *p;
    uint64_t at, end; /* bits */
} dcm_jpls_bits;

struct dcm_jpls {
    /* aligned: none of them lies in two lines of a cache, where what was just written comes late */
    _Alignas(64) dcm_jpls_context contexts[DCM_JPLS_NCONTEXTS];
    _Alignas(64) dcm_jpls_step steps[DCM_JPLS_NSTEPS]; /* by n; as many as RESET wants */
    /* of the parameters that were last used */
    dcm_jpls_parameters parameters;
    bool has_tables;
    bool is_small;                          /* sums of magnitudes are exact as floats, RESET is in steps */
    int32_t range, qbpp, limit, step;       /* step: 2 NEAR + 1 */
    uint32_t first_a;                       /* of all contexts */
    int32_t reach;                          /* the largest difference */
    uint8_t max_nzeros[DCM_JPLS_MAX_K + 1]; /* by k: longer codes are decoded out of line */

    dcm_jpls_bits bits;
    uint32_t run_index[DCM_JPLS_MAX_SAMPLES];
    /* Three tables of -4 to 4, times the bytes of a context, by the sample before less the one above it: what
       a third gradient adds to the context where the first two are more than 0, less, or 0. §A.3.3 */
    int16_t thirds[3 * (2 * DCM_JPLS_MAX_REACH + 1)];

    uint8_t *unstuffed;
    uint64_t unstuffed_capacity;
    dcm_jpls_lines *lines; /* of the components of a scan, and three more */
    uint32_t nlines;

    dcm_jpls_layout layout;
    uint8_t *out;
    uint32_t precision; /* of the frame header; 0 before it */
    uint8_t ids[DCM_JPLS_MAX_SAMPLES];
    uint32_t seen;              /* components that had their scan, as bits */
    uint32_t restart_interval;  /* lines */
    uint32_t transform;         /* of HP: 0 none, 1 to 3 */
    dcm_jpls_parameters preset; /* of LSE; 0: default */
    uint32_t scan_samples, interleave, point_transform;
    uint32_t scan_index[DCM_JPLS_MAX_SAMPLES];
    dcm_jpls_fault fault;
    uint64_t fault_offset;
};

/* Fill in what a preset leaves at 0. False if they cannot be. */
bool dcm_jpls_complete(dcm_jpls_parameters *p, uint32_t precision);

/* Make the tables of parameters, if they are not there already. */
void dcm_jpls_use(dcm_jpls *d, const dcm_jpls_parameters *p);

/* Set all contexts and run indexes as they begin. §A.2.1 */
void dcm_jpls_reset(dcm_jpls *d);

/* Decode the current line of a component of the scan, or of all n of them, sample by sample. False if bits
   are missing or damaged: the rest of the lines is not written. */
bool dcm_jpls_decode_line(dcm_jpls *d, uint32_t component);
bool dcm_jpls_decode_lines(dcm_jpls *d, uint32_t n);

/* Decode a scan whose bits start at *at, and go on to where they end. DCM_OK or DCM_E_NO_MEMORY. */
dcm_status dcm_jpls_decode_scan(dcm_jpls *d, const uint8_t **at, const uint8_t *end, uint32_t *notes);

#endif
