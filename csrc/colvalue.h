/* The value of a column's element as cells of the column's type. PS3.5 §6.2, §6.1.2. */
#ifndef DCM_COLVALUE_H
#define DCM_COLVALUE_H

#include "pathcol.h"

/* Bytes that are somebody else's. What a hook hands back stays valid until its next call for the
   same worker. */
typedef struct dcm_borrowed {
    const uint8_t *p;
    uint64_t nbytes;
} dcm_borrowed;

/* A scanned source, as far as its columns need it. */
typedef struct dcm_record {
    const dcm_index *index;
    const uint8_t *bytes; /* the source from its start; ranges that nobody asked for may be missing */
    uint64_t nbytes;
    void *context; /* for the two functions */
    /* Have bytes[offset .. offset+nbytes) in place; NULL if nothing is ever missing. */
    bool (*fill)(void *context, uint64_t offset, uint64_t nbytes);
    /* Text in the character sets of `terms` (the raw value of Specific Character Set) to UTF-8;
       NULL if there is nobody to ask: such text is null then. */
    bool (*decode)(void *context, dcm_borrowed text, uint16_t vr, dcm_borrowed terms, dcm_borrowed *utf8_out);
    uint8_t *scratch; /* for text in Latin-1; kept between sources, freed by the owner */
    uint64_t scratch_cap;
} dcm_record;

/* Append one row to `cells`: the value of the element at `row`, or null when there is no row, the
   value is empty, or it is of no use as the column's type. A scalar text column has all of a value
   of many, a scalar number column the first of them. */
void dcm_column_emit(const dcm_column *column, dcm_record *record, uint32_t row, dcm_cells *cells);

/* True if the bytes are well-formed UTF-8 (Unicode 15 §3.9 table 3-7). */
bool dcm_is_utf8(const uint8_t *p, uint64_t nbytes);

#endif
