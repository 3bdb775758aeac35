/* Growing columns: what one worker of a bulk read appends to, file after file.
   Every value takes one 8-byte slot whatever its type, so that growing and joining know one layout.
 */
#include "cells.h"

#include <stdlib.h>

void dcm_cells_init(dcm_cells *cells, dcm_cell_type type, bool list) {
    memset(cells, 0, sizeof *cells);
    cells->type = type;
    cells->list = list;
}

void dcm_cells_free(dcm_cells *cells) {
    free(cells->slots);
    free(cells->valid);
    free(cells->row_ends);
    free(cells->row_valid);
    free(cells->text);
    dcm_cells_init(cells, cells->type, cells->list);
}

void dcm_cells_clear(dcm_cells *cells) {
    cells->nvalues = cells->nrows = cells->text_nbytes = 0;
    cells->failed = false;
}

/* Twice the capacity of a pair of arrays, 9 bytes an entry together. */
static bool grow_pair(uint64_t **slots, uint8_t **flags, uint64_t *cap) {
    uint64_t want = *cap ? *cap * 2 : 1024;
    if (want > SIZE_MAX / sizeof **slots) return false;
    uint64_t *new_slots = realloc(*slots, (size_t)want * sizeof **slots);
    if (!new_slots) return false;
    *slots = new_slots;
    uint8_t *new_flags = realloc(*flags, (size_t)want);
    if (!new_flags) return false;
    *flags = new_flags;
    *cap = want;
    return true;
}

static inline void put(dcm_cells *cells, uint64_t slot, uint8_t valid) {
    if (DCM_UNLIKELY(cells->nvalues == cells->values_cap) &&
        !grow_pair(&cells->slots, &cells->valid, &cells->values_cap)) {
        cells->failed = true;
        return;
    }
    cells->slots[cells->nvalues] = slot;
    cells->valid[cells->nvalues++] = valid;
}

void dcm_cells_put_null(dcm_cells *cells) {
    put(cells, cells->type == DCM_CELL_TEXT ? cells->text_nbytes : 0, 0);
}

void dcm_cells_put_int(dcm_cells *cells, int64_t value) {
    put(cells, (uint64_t)value, 1);
}

void dcm_cells_put_float(dcm_cells *cells, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(cells, bits, 1);
}

void dcm_cells_put_text(dcm_cells *cells, const uint8_t *text, size_t nbytes) {
    if (DCM_UNLIKELY(nbytes > cells->text_cap - cells->text_nbytes)) {
        uint64_t want = cells->text_cap ? cells->text_cap : 16384;
        while (want - cells->text_nbytes < nbytes) {
            if (want > SIZE_MAX / 2) {
                cells->failed = true;
                return;
            }
            want *= 2;
        }
        uint8_t *p = realloc(cells->text, (size_t)want);
        if (!p) {
            cells->failed = true;
            return;
        }
        cells->text = p;
        cells->text_cap = want;
    }
    memcpy(cells->text + cells->text_nbytes, text, nbytes);
    cells->text_nbytes += nbytes;
    put(cells, cells->text_nbytes, 1);
}

void dcm_cells_end_row(dcm_cells *cells) {
    if (!cells->list) return;
    if (DCM_UNLIKELY(cells->nrows == cells->rows_cap) &&
        !grow_pair(&cells->row_ends, &cells->row_valid, &cells->rows_cap)) {
        cells->failed = true;
        return;
    }
    uint64_t start = cells->nrows ? cells->row_ends[cells->nrows - 1] : 0;
    cells->row_ends[cells->nrows] = cells->nvalues;
    cells->row_valid[cells->nrows++] = cells->nvalues > start;
}
