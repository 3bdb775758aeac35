/* Growing columns: what one worker of a bulk read appends to, file after file. */
#ifndef DCM_CELLS_H
#define DCM_CELLS_H

#include "base.h"

typedef enum dcm_cell_type {
    DCM_CELL_TEXT,  /* UTF-8 */
    DCM_CELL_INT,   /* int64 */
    DCM_CELL_FLOAT, /* float64 */
    DCM_CELL_TIME,  /* int64: microseconds since 1970-01-01 UTC */
} dcm_cell_type;

/* A column of scalars has one value a row. A column of lists has the values of row r in
   [row_ends[r-1], row_ends[r]). The text of value v is text[slots[v-1] .. slots[v]). */
typedef struct dcm_cells {
    dcm_cell_type type;
    bool list;
    bool failed;     /* an allocation failed: the column is useless from here on */
    uint64_t *slots; /* a value: int64, the bits of a double, or the end of its text */
    uint8_t *valid;  /* a value: 1, or 0 for null */
    uint64_t nvalues, values_cap;
    uint64_t *row_ends; /* lists only */
    uint8_t *row_valid; /* lists only: 1, or 0 for null */
    uint64_t nrows, rows_cap;
    uint8_t *text;
    uint64_t text_nbytes, text_cap;
} dcm_cells;

void dcm_cells_init(dcm_cells *cells, dcm_cell_type type, bool list);
void dcm_cells_free(dcm_cells *cells);
void dcm_cells_clear(dcm_cells *cells); /* forgets the values and keeps the memory */

/* One value each. Scalars: this is a row. Lists: end the row afterwards. */
void dcm_cells_put_null(dcm_cells *cells);
void dcm_cells_put_int(dcm_cells *cells, int64_t value);
void dcm_cells_put_float(dcm_cells *cells, double value);
void dcm_cells_put_text(dcm_cells *cells, const uint8_t *text, size_t nbytes);

/* Finish the row: a list of the values since the last one, or null if there are none. Nothing for
   scalars. */
void dcm_cells_end_row(dcm_cells *cells);

#endif
