/* What was read, into a plan: as it stands where that will do, in another encoding where it must. PS3.5 §7,
   §10.

   In the encoding that it was read in, a child is a range of the source, with its header, its items and its
   delimiters, as long as nothing had to be repaired there. Neighbours are one range. Only what must change is
   taken apart: its rows are gone through in order, with a stack of the containers that are open. Values are
   ranges even then; where the byte order changes, the range says so, and it happens while it is written. */
#include "rewrite.h"

#include "vr.h"

enum {
    TAG_BITS_ALLOCATED = 0x00280100,
    TAG_PIXEL_REPRESENTATION = 0x00280103,
    TAG_LUT_DESCRIPTOR = 0x00283002,
    TAG_LUT_DATA = 0x00283006
};

/* Containers of a row that is taken apart. */
typedef struct open_rows {
    uint32_t depth;
    uint32_t rows[DCM_EMIT_MAX_DEPTH];
    bool is_signed[DCM_EMIT_MAX_DEPTH];
} open_rows;

void dcm_rewrite_children(dcm_rewrite *rewrite, uint32_t parent) {
    rewrite->list = NULL;
    rewrite->i = parent + 1;
    rewrite->n = rewrite->index->rows[parent].end;
}

void dcm_rewrite_list(dcm_rewrite *rewrite, const uint32_t *rows, uint32_t nrows) {
    rewrite->list = rows;
    rewrite->i = 0;
    rewrite->n = nrows;
}

uint32_t dcm_rewrite_row(const dcm_rewrite *rewrite) {
    if (rewrite->i >= rewrite->n) return DCM_NO_ROW;
    return rewrite->list ? rewrite->list[rewrite->i] : rewrite->i;
}

void dcm_rewrite_skip(dcm_rewrite *rewrite) {
    rewrite->i = rewrite->list ? rewrite->i + 1 : rewrite->index->rows[rewrite->i].end;
}

uint64_t dcm_row_start(const dcm_element *row) {
    return row->offset - dcm_row_header_nbytes(row);
}

uint64_t dcm_row_end(const dcm_index *index, uint32_t row, uint64_t end_offset) {
    const dcm_element *element = &index->rows[row];
    uint64_t limit = end_offset;
    if (element->parent != DCM_NO_ROW)
        limit = index->rows[element->parent].offset + index->rows[element->parent].length;
    if (element->flags & DCM_ROW_FRAGMENTS && row + 1 == index->nrows) return limit; /* not walked */
    const uint64_t end = element->offset + element->length + (element->flags & DCM_ROW_UNDEFINED ? 8 : 0);
    return end < limit ? end : limit;
}

static bool is_big(const dcm_element *row) {
    return row->flags & DCM_ROW_BIG_ENDIAN;
}

/* Whether a row and all around it up to the top level are right: where others come to stand beside it, a
   repair may turn out otherwise, and a wrong length would swallow them. */
static bool is_sound(const dcm_index *index, uint32_t row) {
    if (index->nfindings == 0) return true;
    while (index->rows[row].parent != DCM_NO_ROW)
        row = index->rows[row].parent;
    return dcm_index_is_sound(index, row);
}

static bool may_stay(const dcm_rewrite *rewrite, uint32_t i) {
    const dcm_encoding encoding = rewrite->emitter->encoding;
    const dcm_element *row = &rewrite->index->rows[i];
    return rewrite->emitter->lengths == DCM_LENGTHS_KEEP && !(row->flags & DCM_ROW_PARTIAL) &&
           is_big(row) == encoding.big && !(row->flags & DCM_ROW_IMPLICIT) == !encoding.implicit &&
           is_sound(rewrite->index, i);
}

/* First 16-bit number of an element in the container `parent`; `otherwise` if there is none. */
static dcm_status read_u16(const dcm_rewrite *rewrite, uint32_t parent, uint32_t tag, uint16_t otherwise,
                           uint16_t *out) {
    uint8_t bytes[2];
    const uint32_t row = dcm_index_find(rewrite->index, parent, tag);
    *out = otherwise;
    if (row == DCM_NO_ROW || rewrite->index->rows[row].length < 2) return DCM_OK;
    const dcm_element *element = &rewrite->index->rows[row];
    const dcm_status status = dcm_source_copy(rewrite->source, element->offset, 2, bytes);
    if (status == DCM_OK) *out = dcm_load_u16(bytes, is_big(element));
    return status;
}

/* One VR of the several that the dictionary leaves open. PS3.5 Annex A; PS3.3 C.7.6.3.1, C.11.1.1 */
static dcm_status settle_vr(const dcm_rewrite *rewrite, const dcm_element *row, bool is_signed,
                            uint16_t *vr) {
    uint16_t nentries = 0;
    dcm_status status = DCM_OK;
    switch (row->vr) {
    case DCM_VR_XS:
        *vr = is_signed ? DCM_VR_SS : DCM_VR_US;
        break;
    case DCM_VR_XO:
    case DCM_VR_UO:
        if (row->tag == TAG_LUT_DATA)
            status = read_u16(rewrite, row->parent, TAG_LUT_DESCRIPTOR, 0, &nentries);
        *vr = nentries == 1 ? DCM_VR_US : DCM_VR_OW;
        break;
    case DCM_VR_OX:
        *vr = row->flags & DCM_ROW_UNDEFINED ? DCM_VR_OB : DCM_VR_OW;
        break;
    default:
        *vr = row->vr;
    }
    return status;
}

/* Bytes of the numbers whose order changes with the byte order; 0 if none does. Pixel cells of more than 16
   bits are OW as well, and change as a whole: so those who write them have it. */
static dcm_status unit_of(const dcm_rewrite *rewrite, const dcm_element *row, uint16_t vr, uint32_t *unit) {
    uint16_t bits = 16;
    dcm_status status = DCM_OK;
    *unit = dcm_vr_unit_nbytes(vr);
    if (is_big(row) == rewrite->emitter->encoding.big) {
        *unit = 0;
    } else if (row->tag == DCM_TAG_PIXEL_DATA && vr == DCM_VR_OW) {
        status = read_u16(rewrite, row->parent, TAG_BITS_ALLOCATED, 16, &bits);
        if (bits == 32 || bits == 64) *unit = bits / 8u;
    }
    return status;
}

/* A value with a new header. */
static dcm_status put_value(dcm_rewrite *rewrite, uint32_t row, bool is_signed) {
    dcm_emitter *emitter = rewrite->emitter;
    const dcm_element *element = &rewrite->index->rows[row];
    uint16_t vr;
    dcm_status status = settle_vr(rewrite, element, is_signed, &vr);
    if (status != DCM_OK) return status;
    const uint8_t padding = dcm_padding_of(vr);
    uint32_t unit_nbytes;
    const uint64_t nbytes = element->length;
    status = unit_of(rewrite, element, vr, &unit_nbytes);
    if (status == DCM_OK) status = dcm_emit_header(emitter, element->tag, &vr, nbytes + (nbytes & 1));
    if (status == DCM_OK)
        status = dcm_plan_copy(&emitter->plan, rewrite->source_number, element->offset, nbytes, unit_nbytes);
    if (status == DCM_OK && nbytes & 1) status = dcm_plan_put(&emitter->plan, &padding, 1);
    return status;
}

/* Fragments whose lengths or whose delimiter are wrong, with right ones. */
static dcm_status put_items(dcm_rewrite *rewrite, uint32_t row) {
    static const uint8_t end[] = {0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0};
    const dcm_element *rows = rewrite->index->rows;
    dcm_plan *plan = &rewrite->emitter->plan;
    dcm_status status = DCM_OK;
    for (uint32_t i = row + 1; status == DCM_OK && i < rows[row].end; i++) {
        const uint64_t nbytes = rows[i].length;
        if (nbytes + (nbytes & 1) >= DCM_UNDEFINED_LENGTH) return DCM_E_RANGE;
        const uint32_t even = (uint32_t)(nbytes + (nbytes & 1));
        const uint8_t item[] = {0xFE,
                                0xFF,
                                0x00,
                                0xE0,
                                (uint8_t)even,
                                (uint8_t)(even >> 8),
                                (uint8_t)(even >> 16),
                                (uint8_t)(even >> 24)};
        status = dcm_plan_put(plan, item, sizeof item);
        if (status == DCM_OK) status = dcm_plan_copy(plan, rewrite->source_number, rows[i].offset, nbytes, 0);
        if (status == DCM_OK && nbytes & 1) status = dcm_plan_put(plan, (const uint8_t[]){0}, 1);
    }
    return status == DCM_OK ? dcm_plan_put(plan, end, sizeof end) : status;
}

/* Encapsulated data: fragments and delimiter as they are, which every encapsulated syntax shares. */
static dcm_status put_fragments(dcm_rewrite *rewrite, uint32_t row) {
    static const uint8_t header[] = {0, 0, 0, 0, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    dcm_plan *plan = &rewrite->emitter->plan;
    const dcm_element *element = &rewrite->index->rows[row];
    if (rewrite->emitter->encoding.implicit || rewrite->emitter->encoding.big || is_big(element))
        return DCM_E_ENCODED;
    uint8_t *p = dcm_plan_extend(plan, sizeof header);
    if (!p) return DCM_E_NO_MEMORY;
    memcpy(p, header, sizeof header);
    p[0] = (uint8_t)(element->tag >> 16), p[1] = (uint8_t)(element->tag >> 24);
    p[2] = (uint8_t)element->tag, p[3] = (uint8_t)(element->tag >> 8);
    if (!dcm_index_is_sound(rewrite->index, row)) return put_items(rewrite, row);
    const uint64_t end = dcm_row_end(rewrite->index, row, rewrite->end_offset);
    if (end < element->offset) return DCM_E_RANGE;
    return dcm_plan_copy(plan, rewrite->source_number, element->offset, end - element->offset, 0);
}

static bool is_container(const dcm_index *index, uint32_t row) {
    const dcm_element *element = &index->rows[row];
    return element->vr == DCM_VR_SQ || (!(element->flags & DCM_ROW_FRAGMENTS) && element->end > row + 1);
}

/* Open the sequence or item of a row. */
static dcm_status enter(dcm_rewrite *rewrite, uint32_t row, open_rows *open) {
    const dcm_element *element = &rewrite->index->rows[row];
    const bool undefined = element->flags & DCM_ROW_UNDEFINED;
    bool is_signed = open->depth ? open->is_signed[open->depth - 1] : rewrite->is_signed;
    dcm_status status;
    if (open->depth >= DCM_EMIT_MAX_DEPTH) return DCM_E_TOO_DEEP;
    if (element->vr == DCM_VR_NONE) {
        uint16_t representation;
        status = read_u16(rewrite, row, TAG_PIXEL_REPRESENTATION, is_signed, &representation);
        is_signed = representation != 0;
        if (status == DCM_OK) status = dcm_emit_begin_item(rewrite->emitter, undefined);
    } else {
        status = dcm_emit_begin(rewrite->emitter, element->tag, undefined);
    }
    open->rows[open->depth] = row;
    open->is_signed[open->depth++] = is_signed;
    return status;
}

/* Everything from a row on to its last descendant, one row after the other. */
static dcm_status put_row(dcm_rewrite *rewrite, uint32_t row) {
    const dcm_element *rows = rewrite->index->rows;
    const uint32_t end = rows[row].end;
    open_rows open = {.depth = 0};
    dcm_status status = DCM_OK;
    uint32_t i = row;
    while (status == DCM_OK && i < end) {
        while (status == DCM_OK && open.depth && rows[open.rows[open.depth - 1]].end <= i) {
            status = dcm_emit_end(rewrite->emitter);
            open.depth--;
        }
        if (status != DCM_OK) break;
        const bool is_signed = open.depth ? open.is_signed[open.depth - 1] : rewrite->is_signed;
        if (rows[i].vr == DCM_VR_NONE || is_container(rewrite->index, i)) {
            status = enter(rewrite, i++, &open);
        } else {
            const bool is_group_length = open.depth && (rows[i].tag & 0xFFFF) == 0;
            if (rows[i].flags & DCM_ROW_FRAGMENTS)
                status = put_fragments(rewrite, i);
            else if (!is_group_length)
                status = put_value(rewrite, i, is_signed);
            i = rows[i].end;
        }
    }
    for (; status == DCM_OK && open.depth; open.depth--)
        status = dcm_emit_end(rewrite->emitter);
    return status;
}

static dcm_status copy_range(dcm_rewrite *rewrite, uint64_t from, uint64_t to) {
    if (to < from) return DCM_E_RANGE;
    return dcm_plan_copy(&rewrite->emitter->plan, rewrite->source_number, from, to - from, 0);
}

dcm_status dcm_rewrite_until(dcm_rewrite *rewrite, uint64_t tag) {
    const dcm_element *rows = rewrite->index->rows;
    for (;; dcm_rewrite_skip(rewrite)) {
        const uint32_t row = dcm_rewrite_row(rewrite);
        dcm_status status;
        if (row == DCM_NO_ROW || rows[row].tag > tag) return DCM_OK;
        if (rows[row].tag == tag) continue;
        if ((rows[row].tag & 0xFFFF) == 0 && !rewrite->group_lengths) continue;
        /* File Meta Information astray: in front of a data set it would be taken for that. PS3.10 §7.1 */
        if (rows[row].tag >> 16 == 2 && row >= rewrite->index->nmeta) continue;
        if (may_stay(rewrite, row)) {
            const uint64_t end = dcm_row_end(rewrite->index, row, rewrite->end_offset);
            status = copy_range(rewrite, dcm_row_start(&rows[row]), end);
        } else if (rows[row].flags & DCM_ROW_LAZY) {
            status = DCM_NEED_MORE;
        } else {
            status = put_row(rewrite, row);
        }
        if (status != DCM_OK) return status;
    }
}
