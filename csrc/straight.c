/* The straight line of the scanner: well-formed elements, sequences and items. PS3.5 §7.1, §7.5.

   Why it is fast: one 8-byte load and one table look-up decide on an explicit VR header; values are stepped
   over without being touched; the state of the innermost data set lives in registers and goes to the stack
   only when a sequence opens; a row is written once. Anything that is not as it should be, be it only that
   memory must grow, ends the line in front of it, with the state as the careful way (scan.c) wants it. */
#include "scan_internal.h"

/* Size of the header of an element: 12 for a sequence too, 0 for what is no VR, and for UN. */
static inline uint32_t header_nbytes(const uint8_t *p, uint32_t tag, bool implicit, bool big, uint16_t *vr,
                                     uint32_t *length) {
    if (implicit) {
        *vr = dcm_dict_vr(tag);
        *length = dcm_load_u32(p + 4, big);
        return 8;
    }
    const uint16_t v = *vr = dcm_load_u16le(p + 4);
    *length = dcm_load_u16(p + 6, big);
    const dcm_vr_class class = dcm_vr_class_of(v);
    if (DCM_LIKELY(class == DCM_VR_SHORT)) return 8;
    if (class == DCM_VR_UNKNOWN || *length != 0 || v == DCM_VR_UN) return 0;
    *length = dcm_load_u32(p + 8, big);
    return 12;
}

static inline void write_row(dcm_element *rows, uint32_t n, uint64_t value, uint64_t length, uint32_t tag,
                             uint16_t vr, uint32_t parent, uint32_t depth, uint32_t flags) {
    rows[n] = (dcm_element){.offset = value,
                            .length = length,
                            .tag = tag,
                            .end = n + 1,
                            .parent = parent,
                            .vr = vr,
                            .depth = (uint8_t)depth,
                            .flags = (uint8_t)flags};
}

/* `implicit` and `big` are constants where it is called. */
static inline bool straight(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t stop,
                            const bool implicit, const bool big) {
    if (w->nbytes < 12) return false;
    const uint8_t *const bytes = w->bytes;
    const uint64_t last = w->nbytes - 12; /* up to here a whole header can be seen */
    const uint32_t form = (implicit ? DCM_ROW_IMPLICIT : 0u) | (big ? DCM_ROW_BIG_ENDIAN : 0u);
    const uint32_t deepest = 2 * s->options.max_depth;
    const dcm_encoding enc = {.implicit = implicit, .big = big};
    dcm_element *const rows = index->rows;
    const uint32_t bottom = s->depth;
    const uint32_t first = index->nrows;
    uint32_t room = index->rows_cap < s->max_rows ? index->rows_cap : (uint32_t)s->max_rows;
    if (bottom == 0 && first < room && index->top_cap - index->ntop < room - first)
        room = first + (index->top_cap - index->ntop);

    uint32_t depth = bottom, n = first;
    dcm_scan_frame *frame = &s->stack[depth];
    uint64_t pos = s->pos, limit = frame->limit;
    uint32_t last_tag = frame->last_tag, last_row = frame->last_row, parent = frame->row;
    bool moved = false;

    for (;;) {
        /* ---- elements of the data set */
        uint32_t tag = 0, length = 0, header = 0;
        uint64_t value = 0;
        while (pos <= last && pos < limit && n < room) {
            const uint8_t *const p = bytes + pos;
            uint16_t vr;
            tag = dcm_load_tag(p, big);
            header = header_nbytes(p, tag, implicit, big, &vr, &length);
            value = pos + header;
            const uint64_t end = value + length;
            /* ascending and below stop, no group length; even; within the container */
            if (tag <= last_tag || tag >= stop || (tag & 0xFFFF) == 0 || header == 0) {
                header = 0;
                break;
            }
            if (vr == DCM_VR_SQ) break;
            if (length & 1 || end > limit) {
                header = 0;
                break;
            }
            write_row(rows, n, value, length, tag, vr, parent, depth, form | (header & 4) << 1);
            last_row = n++;
            last_tag = tag;
            pos = end;
            header = 0;
        }

        if (header) {
            /* ---- a sequence; at top level the careful way opens it */
            const bool undefined = length == DCM_UNDEFINED_LENGTH;
            if (depth == 0 || n + 2 > room || depth + 2 > deepest || value > limit ||
                (!undefined && (length & 1 || length > limit - value)))
                break;
            write_row(rows, n, value, undefined ? 0 : length, tag, DCM_VR_SQ, parent, depth,
                      form | (header & 4) << 1 | (undefined ? DCM_ROW_UNDEFINED : 0u));
            last_tag = tag;
            last_row = n++;
            pos = value;
            if (length == 0) continue;
            frame->last_tag = last_tag;
            frame->last_row = last_row;
            frame = &s->stack[++depth];
            *frame = (dcm_scan_frame){.limit = undefined ? limit : value + length,
                                      .row = last_row,
                                      .last_row = DCM_NO_ROW,
                                      .encoding = enc,
                                      .kind = DCM_FRAME_SEQUENCE,
                                      .undefined = undefined,
                                      .fresh = true};
            moved = true;
        } else {
            /* ---- the end of an item */
            if (depth < 2) break;
            if (frame->undefined) {
                if (pos > last || limit - pos < 8 || pos > limit) break;
                if (dcm_load_tag(bytes + pos, big) != DCM_TAG_ITEM_END ||
                    dcm_load_u32le(bytes + pos + 4) != 0)
                    break;
            } else if (pos != limit) {
                break;
            }
            rows[parent].length = pos - rows[parent].offset;
            rows[parent].end = n;
            if (frame->undefined) pos += 8;
            frame = &s->stack[--depth];
            moved = true;
            if (frame->encoding.implicit != implicit || frame->encoding.big != big) {
                last_tag = frame->last_tag;
                last_row = frame->last_row;
                break;
            }
            /* and of its sequence */
            bool ends = pos == frame->limit;
            if (frame->undefined) {
                ends = pos <= last && pos <= frame->limit && frame->limit - pos >= 8 &&
                       dcm_load_tag(bytes + pos, big) == DCM_TAG_SEQUENCE_END &&
                       dcm_load_u32le(bytes + pos + 4) == 0;
            }
            if (ends) {
                rows[frame->row].length = pos - rows[frame->row].offset;
                rows[frame->row].end = n;
                if (frame->undefined) pos += 8;
                frame = &s->stack[--depth];
                limit = frame->limit;
                parent = frame->row;
                last_tag = frame->last_tag;
                last_row = frame->last_row;
                if (depth == 0 || frame->kind != DCM_FRAME_DATASET || frame->encoding.implicit != implicit ||
                    frame->encoding.big != big)
                    break;
                continue;
            }
        }

        /* ---- the next item of the sequence on top of the stack */
        last_tag = frame->last_tag;
        last_row = frame->last_row;
        if (depth == 0 || pos > last || last - pos < 8 || pos > frame->limit || frame->limit - pos < 8 ||
            n >= room || depth >= deepest)
            break;
        const uint8_t *const p = bytes + pos;
        const uint32_t item_length = dcm_load_u32(p + 4, big);
        const bool undefined = item_length == DCM_UNDEFINED_LENGTH;
        value = pos + 8;
        if (dcm_load_tag(p, big) != DCM_TAG_ITEM || (!undefined && item_length > frame->limit - value)) break;
        write_row(rows, n, value, undefined ? 0 : item_length, DCM_TAG_ITEM, DCM_VR_NONE, frame->row, depth,
                  form | (undefined ? DCM_ROW_UNDEFINED : 0u));
        frame->last_tag = DCM_TAG_ITEM;
        frame->last_row = n;
        limit = undefined ? frame->limit : value + item_length;
        parent = n++;
        last_tag = 0;
        last_row = DCM_NO_ROW;
        pos = value;
        /* letters where the VR would be: the careful way looks whether the item is explicit after all */
        const bool fresh = implicit && dcm_vr_class_of(dcm_load_u16le(p + 12)) != DCM_VR_UNKNOWN;
        frame = &s->stack[++depth];
        *frame = (dcm_scan_frame){.limit = limit,
                                  .row = parent,
                                  .last_row = DCM_NO_ROW,
                                  .encoding = enc,
                                  .kind = DCM_FRAME_DATASET,
                                  .undefined = undefined,
                                  .fresh = fresh};
        if (fresh) break;
    }

    frame->last_tag = last_tag;
    frame->last_row = last_row;
    if (bottom == 0)
        for (uint32_t i = first; i < n; i++)
            index->top[index->ntop++] = i;
    index->nrows = n;
    s->depth = depth;
    s->pos = pos;
    return moved;
}

bool dcm_scan_straight(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t stop) {
    const dcm_encoding enc = s->stack[s->depth].encoding;
    if (stop > 0xFFFE0000u) stop = 0xFFFE0000u; /* items and delimiters are none of the elements */
    if (enc.big)
        return enc.implicit ? straight(s, w, index, stop, true, true)
                            : straight(s, w, index, stop, false, true);
    return enc.implicit ? straight(s, w, index, stop, true, false)
                        : straight(s, w, index, stop, false, false);
}
