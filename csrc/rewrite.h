/* What was read, into a plan: as it stands where that will do, in another encoding where it must. PS3.5 §7,
 * §10. */
#ifndef DCM_REWRITE_H
#define DCM_REWRITE_H

#include "emit.h"
#include "source.h"

#define DCM_REWRITE_ALL (UINT64_C(1) << 32) /* behind every tag */

/* The children of one container, in order of their tags. */
typedef struct dcm_rewrite {
    dcm_emitter *emitter;
    const dcm_index *index;
    const dcm_source *source;
    uint32_t source_number; /* of `source` in the plan */
    uint64_t end_offset;    /* first byte behind the last child, for those at top level */
    const uint32_t *list;   /* rows of the children; NULL: they stand in order, one after the other */
    uint32_t i, n;          /* the next in the list, or its row; behind the last one */
    bool is_signed;         /* Pixel Representation in force. PS3.3 C.7.6.3.1 */
    bool group_lengths;     /* copied as well; they are retired, and wrong once something changes. §7.2 */
} dcm_rewrite;

/* Children of a row; a list of them for the top level, for the meta group, and where they are out of order.
 */
void dcm_rewrite_children(dcm_rewrite *rewrite, uint32_t parent);
void dcm_rewrite_list(dcm_rewrite *rewrite, const uint32_t *rows, uint32_t nrows);

/* Emit the children in front of a tag, and step over the tag itself. Neighbours that may stay as they are
   become one range. NEED_MORE: the child at dcm_rewrite_row must be written anew, and was not scanned; its
   items are the caller's task, then dcm_rewrite_skip. RANGE, TOO_DEEP, CHANGED, ENCODED, NO_MEMORY: at the
   child at dcm_rewrite_row. */
dcm_status dcm_rewrite_until(dcm_rewrite *rewrite, uint64_t tag);

/* Row of the next child; DCM_NO_ROW behind the last. */
uint32_t dcm_rewrite_row(const dcm_rewrite *rewrite);
void dcm_rewrite_skip(dcm_rewrite *rewrite);

/* Where the bytes of an element with its header begin, and where they end with its delimiter. Bytes behind it
   that belong to no element (stray delimiters, what was cut off) are not among them. */
uint64_t dcm_row_start(const dcm_element *row);
uint64_t dcm_row_end(const dcm_index *index, uint32_t row, uint64_t end_offset);

#endif
