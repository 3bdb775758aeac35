/* A finished record batch in Arrow's layout: one allocation, never changed, shared by counting. */
#include "batch.h"

#include <stdlib.h>

#define ALIGNMENT 64u /* what Arrow recommends for buffers */

/* The values that some rows of a column have, and their text. */
typedef struct value_range {
    uint64_t first, end;
    uint64_t text_first, text_end;
} value_range;

static value_range values_of(const dcm_cells *cells, uint64_t first, uint64_t nrows) {
    value_range range = {first, first + nrows, 0, 0};
    if (cells->list) {
        range.first = first ? cells->row_ends[first - 1] : 0;
        range.end = nrows ? cells->row_ends[first + nrows - 1] : range.first;
    }
    if (cells->type == DCM_CELL_TEXT) {
        range.text_first = range.first ? cells->slots[range.first - 1] : 0;
        range.text_end = range.end ? cells->slots[range.end - 1] : 0;
    }
    return range;
}

static size_t aligned(size_t nbytes) {
    return (nbytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Hands out the parts of the one allocation; with base NULL it only adds up. Everything counted
   here exists in the workers' memory already, so the sums cannot wrap. */
typedef struct arena {
    uint8_t *base;
    size_t used;
} arena;

static void *take(arena *from, size_t nbytes) {
    void *p = from->base ? from->base + from->used : NULL;
    from->used += aligned(nbytes);
    return p;
}

static void lay_out(dcm_batch_column *column, uint64_t nrows, uint64_t text_nbytes, arena *from) {
    bool text = column->type == DCM_CELL_TEXT;
    column->value_bitmap = take(from, (size_t)(column->nvalues / 8 + 1));
    column->slots = take(from, (size_t)(column->nvalues + text) * sizeof *column->slots);
    if (text) column->text = take(from, (size_t)text_nbytes + 1);
    if (column->list) {
        column->row_bitmap = take(from, (size_t)(nrows / 8 + 1));
        column->row_offsets = take(from, (size_t)(nrows + 1) * sizeof *column->row_offsets);
    }
}

/* Append flags of 0 and 1 to a bitmap that starts zeroed; gives the number of zeros. */
static uint64_t append_bits(uint8_t *bitmap, uint64_t at, const uint8_t *flags, uint64_t n) {
    uint64_t nones = 0;
    for (uint64_t i = 0; i < n; i++, at++) {
        bitmap[at >> 3] |= (uint8_t)(flags[i] << (at & 7));
        nones += flags[i];
    }
    return n - nones;
}

static void fill_column(dcm_batch_column *column, uint32_t number, const dcm_run *runs, uint32_t nruns) {
    bool text = column->type == DCM_CELL_TEXT;
    uint64_t row = 0, value = 0, text_nbytes = 0;
    if (text) column->slots[0] = 0;
    if (column->list) column->row_offsets[0] = 0;
    for (uint32_t r = 0; r < nruns; r++) {
        const dcm_cells *cells = &runs[r].cells[number];
        value_range range = values_of(cells, runs[r].first, runs[r].nrows);
        uint64_t n = range.end - range.first;
        if (column->list) {
            for (uint64_t i = 0; i < runs[r].nrows; i++)
                column->row_offsets[row + i + 1] = cells->row_ends[runs[r].first + i] - range.first + value;
            column->nrow_nulls +=
                append_bits(column->row_bitmap, row, cells->row_valid + runs[r].first, runs[r].nrows);
        }
        if (n > 0) {
            column->nvalue_nulls += append_bits(column->value_bitmap, value, cells->valid + range.first, n);
            if (text)
                for (uint64_t i = 0; i < n; i++)
                    column->slots[value + i + 1] =
                        cells->slots[range.first + i] - range.text_first + text_nbytes;
            else
                memcpy(column->slots + value, cells->slots + range.first, n * sizeof *column->slots);
        }
        if (range.text_end > range.text_first)
            memcpy(column->text + text_nbytes, cells->text + range.text_first,
                   (size_t)(range.text_end - range.text_first));
        text_nbytes += range.text_end - range.text_first;
        row += runs[r].nrows;
        value += n;
    }
}

dcm_batch *dcm_batch_join(const dcm_run *runs, uint32_t nruns, uint32_t ncolumns) {
    size_t head = aligned(sizeof(dcm_batch) + ncolumns * sizeof(dcm_batch_column));
    dcm_batch_column *columns = calloc(ncolumns ? ncolumns : 1, sizeof *columns);
    uint64_t *text_nbytes = calloc(ncolumns ? ncolumns : 1, sizeof *text_nbytes);
    dcm_batch *batch = NULL;
    if (!columns || !text_nbytes) goto done;

    uint64_t nrows = 0;
    arena measure = {NULL, head};
    for (uint32_t r = 0; r < nruns; r++)
        nrows += runs[r].nrows;
    for (uint32_t c = 0; c < ncolumns; c++) {
        for (uint32_t r = 0; r < nruns; r++) {
            const dcm_cells *cells = &runs[r].cells[c];
            value_range range = values_of(cells, runs[r].first, runs[r].nrows);
            columns[c].type = cells->type;
            columns[c].list = cells->list;
            columns[c].nvalues += range.end - range.first;
            text_nbytes[c] += range.text_end - range.text_first;
        }
        lay_out(&columns[c], nrows, text_nbytes[c], &measure);
    }

    batch = aligned_alloc(ALIGNMENT, measure.used);
    if (!batch) goto done;
    memset(batch, 0, measure.used);
    atomic_init(&batch->nusers, 1);
    batch->ncolumns = ncolumns;
    batch->nrows = nrows;
    arena memory = {(uint8_t *)batch, head};
    for (uint32_t c = 0; c < ncolumns; c++) {
        batch->columns[c] = columns[c];
        lay_out(&batch->columns[c], nrows, text_nbytes[c], &memory);
        fill_column(&batch->columns[c], c, runs, nruns);
    }
done:
    free(columns);
    free(text_nbytes);
    return batch;
}

void dcm_batch_retain(dcm_batch *batch) {
    atomic_fetch_add_explicit(&batch->nusers, 1, memory_order_relaxed);
}

void dcm_batch_release(dcm_batch *batch) {
    if (atomic_fetch_sub_explicit(&batch->nusers, 1, memory_order_acq_rel) == 1) free(batch);
}
