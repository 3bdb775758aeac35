/* The scanner: bytes of a DICOM source, in one piece or many, to rows of an index. PS3.5 §7, PS3.10 §7. */
#ifndef DCM_SCAN_H
#define DCM_SCAN_H

#include "index.h"

#define DCM_SCAN_MAX_DEPTH 120 /* sequences; the bound of max_depth */

typedef struct dcm_scan_options {
    uint32_t max_depth;   /* nested sequences; 64 unless told */
    uint64_t max_rows;    /* 0: 1 Mi + nbytes / 16 */
    uint32_t stop_tag;    /* first top-level tag that is not read; 0: none */
    uint64_t lazy_nbytes; /* top-level sequences of defined length at least this long become LAZY; 0: none */
    bool fragments;       /* walk encapsulated Pixel Data at top level and what follows; else stop there */
    bool force;           /* read on as implicit VR little endian where nothing looks like DICOM */
    bool stop_before_pixels; /* Float, Double and plain Pixel Data are not read */
} dcm_scan_options;

/* How the data elements are encoded from here on. */
typedef struct dcm_encoding {
    bool implicit; /* header without a VR */
    bool big;      /* big-endian */
} dcm_encoding;

typedef struct dcm_scan_frame {
    uint64_t limit;    /* first byte after the container; UINT64_MAX when nothing bounds it */
    uint32_t row;      /* of the container */
    uint32_t last_tag; /* last child's tag, for order checks */
    uint32_t last_row; /* last child; DCM_NO_ROW before the first */
    dcm_encoding encoding;
    uint8_t kind;   /* data set, sequence or fragments */
    bool undefined; /* ends at a delimiter */
    bool fresh;     /* no child yet: the encoding is still to be checked */
} dcm_scan_frame;

typedef enum dcm_scan_phase {
    DCM_PHASE_PRELUDE, /* preamble, prefix */
    DCM_PHASE_META,    /* File Meta Information */
    DCM_PHASE_START,   /* transfer syntax chosen, first element still to be checked */
    DCM_PHASE_BODY,
    DCM_PHASE_DONE,
} dcm_scan_phase;

typedef struct dcm_scanner {
    dcm_scan_options options;
    uint64_t pos;         /* next byte to read, counted from the start of the source */
    uint64_t total;       /* size of the source; UINT64_MAX while it is not known */
    uint64_t need;        /* after NEED_MORE: bytes before this offset are wanted */
    uint64_t body_offset; /* first byte of the data set; where the deflated body begins after DEFLATED */
    uint64_t meta_end;    /* what Group Length says; 0 if it is missing */
    uint64_t max_rows;
    uint32_t error_tag; /* after an error: the element concerned; its offset is pos */
    uint32_t meta_first_tag;
    dcm_scan_phase phase;
    bool inflated; /* the caller has put the inflated body behind body_offset */
    bool stopped;  /* ended at stop_tag or at Pixel Data: more may follow */
    bool has_preamble;
    dcm_encoding encoding;    /* of the data set */
    char transfer_syntax[65]; /* NUL-terminated, padding removed; "" if there is none */
    uint32_t depth;
    dcm_scan_frame stack[2 * DCM_SCAN_MAX_DEPTH + 2];
} dcm_scanner;

void dcm_scan_options_init(dcm_scan_options *options);

/* Begin. total_nbytes: size of the source, UINT64_MAX if it is not known yet. */
void dcm_scan_init(dcm_scanner *scanner, const dcm_scan_options *options, uint64_t total_nbytes);

/* Begin in the middle: a bare data set (no preamble, no meta group) in [offset, end), or the items of a
   sequence of defined length when `items` is set (rows then have depth 0 for items). */
void dcm_scan_init_range(dcm_scanner *scanner, const dcm_scan_options *options, uint64_t offset, uint64_t end,
                         dcm_encoding encoding, bool items);

/* After DEFLATED: from now on the source is its bytes before body_offset, then the inflated body. */
void dcm_scan_set_inflated(dcm_scanner *scanner, uint64_t total_nbytes);

/* Read on. bytes[0 .. nbytes) are the source from its start; the pointer may differ between calls. `eof`
   says that the source has no more. Returns OK when the scan is done (the index still wants freezing),
   NEED_MORE, DEFLATED, or an error. */
dcm_status dcm_scan_run(dcm_scanner *scanner, const uint8_t *bytes, uint64_t nbytes, bool eof,
                        dcm_index *index);

#endif
