/* The index: one flat row per data element, item or fragment, in file order (preorder). PS3.5 §7. */
#ifndef DCM_INDEX_H
#define DCM_INDEX_H

#include "base.h"

typedef struct dcm_element {
    uint64_t offset; /* first byte of the value, counted from the start of the source */
    uint64_t length; /* bytes of the value; undefined lengths are resolved here, delimiters not counted */
    uint32_t tag;    /* 0xGGGGEEEE */
    uint32_t end;    /* row after the last descendant: skips a sequence in O(1) */
    uint32_t parent; /* row of the container; DCM_NO_ROW at top level */
    uint16_t vr;     /* two ASCII bytes; DCM_VR_NONE for items and fragments */
    uint8_t depth;   /* containers above: 0 at top level, 1 for items of a top-level sequence, ... */
    uint8_t flags;   /* DCM_ROW_* */
} dcm_element;

enum {
    DCM_ROW_UNDEFINED = 1,  /* the length field said undefined */
    DCM_ROW_IMPLICIT = 2,   /* header without a VR */
    DCM_ROW_BIG_ENDIAN = 4, /* header and value are big-endian */
    DCM_ROW_LONG = 8,       /* 12-byte header; else 8 */
    DCM_ROW_UNSORTED = 16,  /* container: children are out of order or doubled */
    DCM_ROW_LAZY = 32,      /* sequence of defined length that was not scanned: scan it on first touch */
    DCM_ROW_FRAGMENTS = 64, /* encapsulated: children (once scanned) are fragments, not items */
    DCM_ROW_PARTIAL = 128,  /* the source ends before the value does; length is what is there */
};

static inline uint32_t dcm_row_header_nbytes(const dcm_element *row) {
    return row->flags & DCM_ROW_LONG ? 12 : 8;
}

typedef struct dcm_finding {
    uint64_t offset; /* where in the source */
    uint32_t tag;    /* element concerned */
    uint32_t code;   /* dcm_finding_code */
} dcm_finding;

typedef enum dcm_finding_code {
#define DCM_FINDING(code, name, clause, text) DCM_F_##code,
#include "findings.def"
#undef DCM_FINDING
    DCM_F_COUNT
} dcm_finding_code;

extern const char *const dcm_finding_names[DCM_F_COUNT];   /* "odd_length" */
extern const char *const dcm_finding_clauses[DCM_F_COUNT]; /* "PS3.5 §7.1.1" */
extern const char *const dcm_finding_texts[DCM_F_COUNT];   /* one sentence */

/* Children of a container that are out of order or doubled, in order. */
typedef struct dcm_reordered {
    uint32_t row;      /* of the container */
    uint32_t first, n; /* dcm_index.order[first .. first + n) */
} dcm_reordered;

typedef struct dcm_index {
    dcm_element *rows;
    uint32_t nrows, rows_cap;
    uint32_t *top; /* rows at depth 0 of the data set (not the meta group), ascending by tag once frozen */
    uint32_t ntop, top_cap;
    uint32_t nmeta;        /* rows 0..nmeta-1 are the File Meta Information */
    dcm_finding *findings; /* ascending by offset once frozen */
    uint32_t nfindings, findings_cap;
    uint64_t expected;        /* rows there may come to be, by the look of those there are; 0 if not known */
    dcm_reordered *reordered; /* ascending by row; made by freezing */
    uint32_t nreordered, reordered_cap;
    uint32_t *order; /* rows of children, ascending by tag in each container, the last of doubled ones */
    uint32_t norder, order_cap;
    bool top_unsorted; /* the file had them in another order, or doubled */
} dcm_index;

void dcm_index_init(dcm_index *index);
void dcm_index_free(dcm_index *index);  /* releases the memory; the struct may be used again */
void dcm_index_clear(dcm_index *index); /* forgets the rows and keeps the memory */

/* Room for one more row in a building index: grows the memory if it must. */
dcm_status dcm_index_grow(dcm_index *index);

/* Add to a building index. */
static inline dcm_status dcm_index_add(dcm_index *index, const dcm_element *row, uint32_t *row_out) {
    if (DCM_UNLIKELY(index->nrows >= index->rows_cap)) {
        dcm_status status = dcm_index_grow(index);
        if (status != DCM_OK) return status;
    }
    *row_out = index->nrows;
    index->rows[index->nrows++] = *row;
    return DCM_OK;
}
dcm_status dcm_index_add_top(dcm_index *index, uint32_t row);
void dcm_index_note(dcm_index *index, uint64_t offset, uint32_t tag, dcm_finding_code code);

/* Sort what came out of order; after this the index never changes. */
dcm_status dcm_index_freeze(dcm_index *index);

/* Row of a tag among the children of an item, at top level (DCM_NO_ROW) or in the File Meta Information
   (DCM_META_ROW); DCM_NO_ROW if absent. Of doubled tags the last one counts. */
uint32_t dcm_index_find(const dcm_index *index, uint32_t parent, uint32_t tag);

/* Children of a container that is out of order and large, ascending by tag, the last of doubled ones; NULL
   for others. */
const uint32_t *dcm_index_order(const dcm_index *index, uint32_t parent, uint32_t *nrows_out);

/* Whether a row and what is in it were read as they stand. What was repaired depends on what is around it. */
bool dcm_index_is_sound(const dcm_index *index, uint32_t row);

/* Leave only these tags (ascending) at top level. */
void dcm_index_keep(dcm_index *index, const uint32_t *tags, uint32_t ntags);

#endif
