/* Columns of a bulk read: which element, by which path, as which type. PS3.5 §7.5, §7.8. */
#include "pathcol.h"

#include "text.h"
#include "vr.h"

#define TAG_PIXEL_REPRESENTATION 0x00280103u
#define MAX_CREATOR_NBYTES 1024u /* an LO has 64 characters; longer values may lie in a gap */

/* First position in index->top with at least this tag. */
static uint32_t lower_bound_top(const dcm_index *index, uint32_t tag) {
    uint32_t lo = 0, n = index->ntop;
    while (n > 0) {
        uint32_t half = n / 2;
        if (index->rows[index->top[lo + half]].tag < tag) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return lo;
}

static bool is_creator(const dcm_element *row, const dcm_column_step *step, const uint8_t *bytes,
                       uint64_t nbytes) {
    uint32_t element = row->tag & 0xFFFF;
    if (row->tag >> 16 != step->tag >> 16 || element < 0x10 || element > 0xFF) return false;
    if (row->length > MAX_CREATOR_NBYTES) return false;
    if (row->offset > nbytes || row->length > nbytes - row->offset) return false;
    const uint8_t *p = bytes + row->offset;
    uint64_t n = dcm_text_trim(p, row->length);
    while (n > 0 && *p == ' ')
        p++, n--;
    return n == step->creator_nbytes && memcmp(p, step->creator, n) == 0;
}

/* Tag of a private element in the block that its creator reserved; 0 if the creator is not there.
 */
static uint32_t private_tag(const dcm_index *index, uint32_t parent, const dcm_column_step *step,
                            const uint8_t *bytes, uint64_t nbytes) {
    uint32_t group = step->tag & 0xFFFF0000u;
    const dcm_element *rows = index->rows;
    const dcm_element *creator = NULL;
    if (parent == DCM_NO_ROW) {
        for (uint32_t i = lower_bound_top(index, group | 0x10);
             !creator && i < index->ntop && rows[index->top[i]].tag <= (group | 0xFF); i++)
            if (is_creator(&rows[index->top[i]], step, bytes, nbytes)) creator = &rows[index->top[i]];
    } else {
        for (uint32_t row = parent + 1; !creator && row < rows[parent].end; row = rows[row].end)
            if (is_creator(&rows[row], step, bytes, nbytes)) creator = &rows[row];
    }
    return creator ? group | (creator->tag & 0xFF) << 8 | (step->tag & 0xFF) : 0;
}

/* Row of item number n of a sequence. */
static uint32_t find_item(const dcm_index *index, uint32_t sequence, uint32_t n) {
    const dcm_element *rows = index->rows;
    if (rows[sequence].flags & DCM_ROW_FRAGMENTS) return DCM_NO_ROW;
    for (uint32_t row = sequence + 1; row < rows[sequence].end; row = rows[row].end)
        if (n-- == 0) return row;
    return DCM_NO_ROW;
}

uint32_t dcm_column_find(const dcm_column *column, const dcm_index *index, const uint8_t *bytes,
                         uint64_t nbytes) {
    if (column->source == DCM_COLUMN_META) return dcm_index_find(index, DCM_META_ROW, column->steps[0].tag);
    uint32_t parent = DCM_NO_ROW;
    for (uint32_t i = 0;; i++) {
        const dcm_column_step *step = &column->steps[i];
        uint32_t tag = step->tag;
        if (step->creator) {
            tag = private_tag(index, parent, step, bytes, nbytes);
            if (tag == 0) return DCM_NO_ROW;
        }
        uint32_t row = dcm_index_find(index, parent, tag);
        if (row == DCM_NO_ROW || i + 1 == column->nsteps) return row;
        parent = find_item(index, row, step->item);
        if (parent == DCM_NO_ROW) return DCM_NO_ROW;
    }
}

uint32_t dcm_columns_stop_tag(const dcm_column *columns, uint32_t ncolumns) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < ncolumns; i++) {
        const dcm_column *column = &columns[i];
        if (column->source != DCM_COLUMN_ELEMENT) continue;
        const dcm_column_step *step = &column->steps[0];
        /* The block of a private element is not known beforehand: read its group to the end. */
        uint32_t tag = step->creator ? step->tag | 0xFFFFu : step->tag;
        if (tag > last) last = tag;
        bool sign_unknown = column->vr == DCM_VR_XS || column->vr == DCM_VR_XO;
        if (sign_unknown && last < TAG_PIXEL_REPRESENTATION) last = TAG_PIXEL_REPRESENTATION;
    }
    return last ? last + 1 : 0;
}
