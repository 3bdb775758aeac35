/* A finished record batch in Arrow's layout: one allocation, never changed, shared by counting. */
#ifndef DCM_BATCH_H
#define DCM_BATCH_H

#include "cells.h"

#include <stdatomic.h>

/* Bitmaps have bit 1 for a value and 0 for null, least significant bit first. */
typedef struct dcm_batch_column {
    dcm_cell_type type;
    bool list;
    uint64_t nvalues;
    uint64_t nvalue_nulls;
    uint8_t *value_bitmap;
    uint64_t *slots; /* int64 or double: nvalues; text: nvalues + 1 offsets */
    uint8_t *text;
    uint64_t nrow_nulls;   /* lists */
    uint8_t *row_bitmap;   /* lists */
    uint64_t *row_offsets; /* lists: nrows + 1 */
} dcm_batch_column;

typedef struct dcm_batch {
    atomic_uint nusers;
    uint32_t ncolumns;
    uint64_t nrows;
    dcm_batch_column columns[]; /* and behind them what they point to */
} dcm_batch;

/* Rows [first, first+n) of one worker's cells. */
typedef struct dcm_run {
    const dcm_cells *cells; /* array: one a column */
    uint64_t first, nrows;
} dcm_run;

/* Join runs of rows, in their order. NULL if memory is short. The batch has one user. */
dcm_batch *dcm_batch_join(const dcm_run *runs, uint32_t nruns, uint32_t ncolumns);

void dcm_batch_retain(dcm_batch *batch);
void dcm_batch_release(dcm_batch *batch);

#endif
