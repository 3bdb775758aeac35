/* What the files of the scanner share among themselves. */
#ifndef DCM_SCAN_INTERNAL_H
#define DCM_SCAN_INTERNAL_H

#include "dict.h"
#include "header.h"
#include "scan.h"
#include "vr.h"

enum { DCM_FRAME_DATASET, DCM_FRAME_SEQUENCE, DCM_FRAME_FRAGMENTS };

/* A value this much longer is not followed to see what stands behind it. The bound is the same however the
   bytes arrive, so that pieces and whole files scan alike. */
#define DCM_SIGHT_NBYTES (1u << 20)

/* Preamble, prefix, File Meta Information, transfer syntax (prelude.c). OK: the body may begin. */
dcm_status dcm_scan_prelude(dcm_scanner *scanner, const dcm_window *window, dcm_index *index);

typedef enum dcm_repair {
    DCM_REPAIR_NONE,      /* nothing fits */
    DCM_REPAIR_USE,       /* take the header that was found */
    DCM_REPAIR_AGAIN,     /* the element before was mended: read on at scanner.pos */
    DCM_REPAIR_NEED_MORE, /* more bytes are wanted to decide */
} dcm_repair;

/* A header that cannot be taken as it stands (repair.c): finds the reading that fits best, notes it. */
dcm_repair dcm_scan_repair(dcm_scanner *scanner, const dcm_window *window, dcm_index *index,
                           dcm_header *header, dcm_encoding *encoding);

/* Whether the bytes before `offset`, or all that the source has, are visible. */
static inline bool dcm_scan_sees(const dcm_scanner *scanner, const dcm_window *window, uint64_t offset) {
    return window->eof || window->nbytes >= scanner->total || window->nbytes >= offset;
}

/* Ask for bytes up to `need`. */
static inline dcm_status dcm_scan_need(dcm_scanner *scanner, uint64_t need) {
    scanner->need = need < scanner->total ? need : scanner->total;
    return DCM_NEED_MORE;
}

/* Read on as long as everything is well formed (straight.c). True when the frame on top of the stack is
   another one now; else the next thing at scanner.pos wants care, or has not arrived. */
bool dcm_scan_straight(dcm_scanner *scanner, const dcm_window *window, dcm_index *index, uint32_t stop);

#endif
