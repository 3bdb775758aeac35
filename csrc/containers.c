/* Sequences, items and fragments: how they open and what stands between them. PS3.5 §7.5, §A.4. */
#include "scan_containers.h"

static dcm_status push(dcm_scanner *s, uint8_t kind, uint32_t row, uint64_t limit, bool undefined,
                       dcm_encoding enc) {
    /* a sequence brings its items with it */
    uint32_t frames = kind == DCM_FRAME_SEQUENCE ? 2 : 1;
    if (s->depth + frames > 2 * s->options.max_depth) return DCM_E_TOO_DEEP;
    s->stack[++s->depth] = (dcm_scan_frame){.limit = limit,
                                            .row = row,
                                            .last_row = DCM_NO_ROW,
                                            .encoding = enc,
                                            .kind = kind,
                                            .undefined = undefined,
                                            .fresh = true};
    return DCM_OK;
}

void dcm_scan_close(dcm_scanner *s, dcm_index *index, uint64_t end) {
    dcm_element *row = &index->rows[s->stack[s->depth].row];
    row->end = index->nrows;
    row->length = end > row->offset ? end - row->offset : 0;
    s->depth--;
}

/* A file from before DICOM says so in Recognition Code, which DICOM retired. */
static void note_acr_nema(dcm_index *index) {
    for (uint32_t i = 0; i < index->ntop; i++) {
        const dcm_element *row = &index->rows[index->top[i]];
        if (row->tag > DCM_TAG_RECOGNITION_CODE) return;
        if (row->tag < DCM_TAG_RECOGNITION_CODE) continue;
        dcm_index_note(index, row->offset - dcm_row_header_nbytes(row), row->tag, DCM_F_ACR_NEMA);
        return;
    }
}

void dcm_scan_finish(dcm_scanner *s, dcm_index *index) {
    if (index->nmeta == 0) note_acr_nema(index);
    while (s->depth > 0)
        dcm_scan_close(s, index, s->pos);
    s->phase = DCM_PHASE_DONE;
}

/* Before memory grows: how many rows the whole source will have if it goes on as it began. Touching fresh
   memory costs more than scanning, so it is asked for once. */
static void expect_rows(const dcm_scanner *s, dcm_index *index) {
    if (index->nrows < 32768 || s->total == UINT64_MAX || s->pos == 0) return;
    double expected = (double)index->nrows * ((double)s->total / (double)s->pos) * 1.05;
    index->expected = expected < (double)s->max_rows ? (uint64_t)expected : s->max_rows;
}

static inline dcm_status add(dcm_scanner *s, dcm_index *index, const dcm_header *h, dcm_encoding enc,
                             uint8_t flags, uint32_t *row) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    s->error_tag = h->tag;
    if (DCM_UNLIKELY(index->nrows >= s->max_rows)) return DCM_E_TOO_MANY_ROWS;
    if (DCM_UNLIKELY(index->nrows >= index->rows_cap)) expect_rows(s, index);
    if (DCM_UNLIKELY(h->tag <= frame->last_tag && frame->last_row != DCM_NO_ROW) &&
        frame->kind == DCM_FRAME_DATASET) {
        bool same = h->tag == frame->last_tag;
        dcm_index_note(index, s->pos, h->tag, same ? DCM_F_DUPLICATE : DCM_F_OUT_OF_ORDER);
        if (s->depth)
            index->rows[frame->row].flags |= DCM_ROW_UNSORTED;
        else
            index->top_unsorted = true;
    }
    dcm_element element = {.offset = s->pos + h->nbytes,
                           .length = h->length,
                           .tag = h->tag,
                           .end = index->nrows + 1,
                           .parent = frame->row,
                           .vr = h->vr,
                           .depth = (uint8_t)s->depth};
    element.flags = (uint8_t)(flags | (enc.implicit ? DCM_ROW_IMPLICIT : 0) |
                              (enc.big ? DCM_ROW_BIG_ENDIAN : 0) | (h->nbytes == 12 ? DCM_ROW_LONG : 0));
    dcm_status status = DCM_OK;
    if (s->depth == 0) status = dcm_index_add_top(index, index->nrows);
    if (status == DCM_OK) status = dcm_index_add(index, &element, row);
    if (status != DCM_OK) return status;
    frame->last_tag = h->tag;
    frame->last_row = *row;
    return DCM_OK;
}

dcm_status dcm_scan_add(dcm_scanner *s, dcm_index *index, const dcm_header *h, dcm_encoding enc,
                        uint8_t flags, uint32_t *row) {
    return add(s, index, h, enc, flags, row);
}

static bool item_at(const dcm_window *w, uint64_t pos, bool big, bool or_end) {
    if (pos > w->nbytes || w->nbytes - pos < 8) return false;
    uint32_t tag = dcm_load_tag(w->bytes + pos, big);
    return tag == DCM_TAG_ITEM || (or_end && tag == DCM_TAG_SEQUENCE_END);
}

dcm_status dcm_scan_open_defined(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *h,
                                 dcm_encoding enc, bool *opened) {
    *opened = false;
    const uint64_t value = s->pos + h->nbytes;
    dcm_encoding inner = enc;
    if (h->vr == DCM_VR_UN && !enc.implicit) {
        uint16_t known = dcm_dict_vr(h->tag);
        if (known == DCM_VR_SQ && h->length >= 8) {
            if (!w->eof && w->nbytes < s->total && (value > w->nbytes || w->nbytes - value < 8))
                return dcm_scan_need(s, value + 8);
            if (item_at(w, value, false, false)) {
                dcm_index_note(index, s->pos, h->tag, DCM_F_UN_SEQUENCE);
                inner = (dcm_encoding){.implicit = true, .big = false}; /* PS3.5 §6.2.2 note 2 */
                h->vr = DCM_VR_SQ;
            }
        } else if (known != DCM_VR_UN) {
            h->vr = known;
        }
    }
    if (h->vr != DCM_VR_SQ || h->length == 0) return DCM_OK;
    *opened = true;
    bool lazy = s->depth == 0 && s->options.lazy_nbytes && h->length >= s->options.lazy_nbytes &&
                inner.implicit == enc.implicit;
    uint32_t row;
    uint64_t limit = s->stack[s->depth].limit;
    dcm_status status = add(s, index, h, enc, lazy ? DCM_ROW_LAZY : 0, &row);
    if (status != DCM_OK) return status;
    /* a longer one comes here only where nothing else was plausible, and is noted already */
    if (h->length <= limit - value) limit = value + h->length;
    if (lazy) index->rows[row].length = limit - value;
    s->pos = lazy ? limit : value;
    return lazy ? DCM_OK : push(s, DCM_FRAME_SEQUENCE, row, limit, false, inner);
}

/* A value of undefined length that is no sequence: it ends at the sequence delimiter. */
static dcm_status read_to_delimiter(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *h,
                                    dcm_encoding enc) {
    static const uint8_t little[8] = {0xFE, 0xFF, 0xDD, 0xE0}, big[8] = {0xFF, 0xFE, 0xE0, 0xDD};
    const uint64_t value = s->pos + h->nbytes;
    const uint64_t limit = s->stack[s->depth].limit;
    const uint64_t visible = w->nbytes < limit ? w->nbytes : limit;
    const uint8_t *found = NULL;
    if (visible > value)
        found = memmem(w->bytes + value, (size_t)(visible - value), enc.big ? big : little, 8);
    if (!found && !w->eof && w->nbytes < limit && w->nbytes < s->total)
        return dcm_scan_need(s, value + 2 * (visible > value ? visible - value : 4096));
    uint64_t end = found ? (uint64_t)(found - w->bytes) : limit;
    dcm_index_note(index, s->pos, h->tag, found ? DCM_F_UNDEFINED_LENGTH : DCM_F_TRUNCATED);
    uint32_t row;
    h->length = 0;
    dcm_status status = add(s, index, h, enc, DCM_ROW_UNDEFINED | (found ? 0 : DCM_ROW_PARTIAL), &row);
    if (status != DCM_OK) return status;
    index->rows[row].length = end - value;
    s->pos = found ? end + 8 : end;
    return DCM_OK;
}

dcm_status dcm_scan_open_undefined(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *h,
                                   dcm_encoding enc) {
    const uint64_t value = s->pos + h->nbytes;
    const uint64_t limit = s->stack[s->depth].limit;
    dcm_encoding inner = enc;
    bool pixels = h->tag == DCM_TAG_PIXEL_DATA;
    if (h->vr != DCM_VR_SQ || pixels) {
        if (!w->eof && w->nbytes < s->total && (value > w->nbytes || w->nbytes - value < 8))
            return dcm_scan_need(s, value + 8);
        bool un = h->vr == DCM_VR_UN && !enc.implicit;
        if (un) inner = (dcm_encoding){.implicit = true, .big = false}; /* PS3.5 §6.2.2 note 2 */
        bool items = item_at(w, value, inner.big, true);
        if (!items && !pixels && !(h->vr == DCM_VR_UN && w->nbytes - value < 8))
            return read_to_delimiter(s, w, index, h, enc);
        if (!pixels) {
            if (h->vr != DCM_VR_UN) dcm_index_note(index, s->pos, h->tag, DCM_F_UNDEFINED_LENGTH);
            if (un) dcm_index_note(index, s->pos, h->tag, DCM_F_UN_SEQUENCE);
            h->vr = DCM_VR_SQ;
        }
    }
    uint32_t row;
    h->length = 0;
    uint8_t flags = DCM_ROW_UNDEFINED | (pixels ? DCM_ROW_FRAGMENTS : 0);
    dcm_status status = add(s, index, h, enc, flags, &row);
    if (status != DCM_OK) return status;
    s->pos = value;
    if (pixels && s->depth == 0 && !s->options.fragments) {
        s->stopped = true;
        dcm_scan_finish(s, index);
        return DCM_OK;
    }
    return push(s, pixels ? DCM_FRAME_FRAGMENTS : DCM_FRAME_SEQUENCE, row, limit, true, inner);
}

/* Open the item whose header stands at scanner.pos. */
static dcm_status open_item(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t length) {
    dcm_scan_frame *sequence = &s->stack[s->depth];
    const uint64_t value = s->pos + 8;
    bool undefined = length == DCM_UNDEFINED_LENGTH;
    if (!undefined && length > sequence->limit - value) {
        dcm_header whole = {.tag = DCM_TAG_ITEM, .length = length, .vr = DCM_VR_NONE, .nbytes = 8};
        if (dcm_scan_widen(s, w, index, &whole) == DCM_REPAIR_NEED_MORE) return DCM_NEED_MORE;
    }
    const uint64_t left = sequence->limit - value;
    uint64_t limit = sequence->limit;
    if (!undefined && length <= left) {
        limit = value + length;
    } else if (!undefined) {
        bool cut = sequence->limit == s->total;
        dcm_index_note(index, s->pos, DCM_TAG_ITEM, cut ? DCM_F_TRUNCATED : DCM_F_ITEM_LENGTH);
    }
    dcm_header header = {.tag = DCM_TAG_ITEM, .length = 0, .vr = DCM_VR_NONE, .nbytes = 8};
    uint32_t row;
    dcm_encoding enc = sequence->encoding;
    dcm_status status = add(s, index, &header, enc, undefined ? DCM_ROW_UNDEFINED : 0, &row);
    if (status != DCM_OK) return status;
    s->pos = value;
    return push(s, DCM_FRAME_DATASET, row, limit, undefined, enc);
}

/* Take up the last item again: its length was too short, or its delimiter came too early. */
static dcm_status reopen(dcm_scanner *s, dcm_index *index, uint8_t kind, uint32_t row) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    dcm_status status = push(s, kind, row, frame->limit, true, frame->encoding);
    if (status != DCM_OK) return status;
    /* the children's order is not looked up again: that would cost a walk each time */
    if (kind == DCM_FRAME_DATASET) index->rows[row].flags |= DCM_ROW_UNSORTED;
    s->stack[s->depth].fresh = false;
    return DCM_OK;
}

/* Elements behind an item: do they belong to it, its length being too short? They do if their chain leads
   to the next item or to the very end of the sequence. */
static dcm_status leads_inside(dcm_scanner *s, const dcm_window *w, bool *inside) {
    const dcm_scan_frame *frame = &s->stack[s->depth];
    uint64_t pos = s->pos;
    uint32_t last_tag = 0;
    *inside = false;
    for (;;) {
        if (pos >= frame->limit) {
            *inside = pos == frame->limit && !frame->undefined;
            return DCM_OK;
        }
        if (pos - s->pos > DCM_SIGHT_NBYTES) return DCM_OK;
        if (!dcm_scan_sees(s, w, pos + 12)) return dcm_scan_need(s, pos + 12);
        dcm_header h = dcm_header_decode(w, pos, frame->encoding);
        if (h.tag == DCM_TAG_ITEM || h.tag == DCM_TAG_SEQUENCE_END) {
            *inside = pos > s->pos;
            return DCM_OK;
        }
        uint64_t left = frame->limit - pos;
        if (h.nbytes == 0 || h.tag <= last_tag || h.tag == DCM_TAG_ITEM_END || h.nbytes > left ||
            h.length > left - h.nbytes)
            return DCM_OK;
        last_tag = h.tag;
        pos += h.nbytes + (uint64_t)h.length;
    }
}

/* Neither item nor delimiter where one must be. */
static dcm_status not_an_item(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t tag) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    const dcm_encoding enc = frame->encoding;
    const bool at_root = frame->row == DCM_NO_ROW;
    uint32_t sequence_tag = at_root ? UINT32_MAX : index->rows[frame->row].tag;
    dcm_encoding outer = s->depth ? s->stack[s->depth - 1].encoding : enc;
    uint64_t sight = dcm_header_sight(w, s->pos, s->total, enc);
    uint64_t outer_sight = dcm_header_sight(w, s->pos, s->total, outer);
    if (outer_sight > sight) sight = outer_sight;
    if (!dcm_scan_sees(s, w, sight)) return dcm_scan_need(s, sight);
    bool header = dcm_header_score(w, s->pos, s->total, enc) >= DCM_PLAUSIBLE ||
                  dcm_header_score(w, s->pos, s->total, outer) >= DCM_PLAUSIBLE;
    bool outside = header && tag > sequence_tag && !at_root;
    if (outside && frame->last_row != DCM_NO_ROW) {
        bool inside;
        dcm_status status = leads_inside(s, w, &inside);
        if (status != DCM_OK) return status;
        outside = !inside;
    }
    dcm_finding_code code = frame->undefined ? DCM_F_DELIMITER_MISSING : DCM_F_SEQUENCE_LENGTH;
    if (frame->last_row != DCM_NO_ROW && header && !outside) {
        dcm_index_note(index, s->pos, tag, DCM_F_ITEM_LENGTH);
        return reopen(s, index, DCM_FRAME_DATASET, frame->last_row);
    }
    dcm_index_note(index, s->pos, tag, code);
    if (!outside && !frame->undefined) s->pos = frame->limit; /* the length still tells the end */
    if (at_root) {
        dcm_scan_finish(s, index);
        return DCM_OK;
    }
    dcm_scan_close(s, index, s->pos);
    return DCM_OK;
}

/* The next thing in a container is wanted at scanner.pos: OK, *more and its tag where 8 bytes are there;
   the container is closed where it ends. */
static dcm_status next_in_container(dcm_scanner *s, const dcm_window *w, dcm_index *index, bool big,
                                    bool *more, uint32_t *tag) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    *more = false;
    if (s->pos < frame->limit && (s->pos > w->nbytes || w->nbytes - s->pos < 8) && !w->eof &&
        w->nbytes < s->total)
        return dcm_scan_need(s, s->pos + 12);
    if (s->pos < frame->limit && frame->limit - s->pos >= 8) {
        *more = true;
        *tag = dcm_load_tag(w->bytes + s->pos, big);
        return DCM_OK;
    }
    bool cut = frame->limit == s->total && (frame->undefined || s->pos < frame->limit);
    uint64_t end = frame->limit;
    if (!cut && s->pos < end && s->depth > 0) {
        /* a length that is a little too long reaches into what follows */
        if (!dcm_scan_sees(s, w, s->pos + 12)) return dcm_scan_need(s, s->pos + 12);
        if (dcm_header_may_follow(w, s->pos, s->stack[s->depth - 1].limit, 0, s->stack[s->depth - 1].encoding,
                                  frame->encoding))
            end = s->pos;
    }
    if (cut)
        dcm_index_note(index, s->pos, 0, DCM_F_TRUNCATED);
    else if (frame->undefined)
        dcm_index_note(index, s->pos, 0, DCM_F_DELIMITER_MISSING);
    else if (s->pos < frame->limit)
        dcm_index_note(index, s->pos, 0, DCM_F_SEQUENCE_LENGTH);
    if (s->depth > 0) dcm_scan_close(s, index, cut ? s->pos : end); /* bytes of a cut header are no content */
    s->pos = end;
    if (frame == s->stack) dcm_scan_finish(s, index);
    return DCM_OK;
}

dcm_status dcm_scan_read_sequence(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    bool more;
    uint32_t tag;
    dcm_status status = next_in_container(s, w, index, frame->encoding.big, &more, &tag);
    if (status != DCM_OK || !more) return status;
    uint32_t length = dcm_load_u32(w->bytes + s->pos + 4, frame->encoding.big);
    switch (tag) {
    case DCM_TAG_ITEM:
        return open_item(s, w, index, length);
    case DCM_TAG_SEQUENCE_END:
        if (length != 0) dcm_index_note(index, s->pos, tag, DCM_F_DELIMITER_LENGTH);
        if (frame->undefined)
            dcm_scan_close(s, index, s->pos);
        else
            dcm_index_note(index, s->pos, tag, DCM_F_DELIMITER_STRAY);
        s->pos += 8;
        return DCM_OK;
    case DCM_TAG_ITEM_END:
        dcm_index_note(index, s->pos, tag, DCM_F_DELIMITER_STRAY);
        s->pos += 8;
        return DCM_OK;
    default:
        return not_an_item(s, w, index, tag);
    }
}

dcm_status dcm_scan_delimiter(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    const bool big = frame->encoding.big;
    uint32_t tag = dcm_load_tag(w->bytes + s->pos, big);
    uint32_t length = dcm_load_u32(w->bytes + s->pos + 4, big);
    const bool item = s->depth > 0;
    if (tag == DCM_TAG_ITEM_END && item && frame->undefined) {
        if (length != 0) dcm_index_note(index, s->pos, tag, DCM_F_DELIMITER_LENGTH);
        dcm_scan_close(s, index, s->pos);
        s->pos += 8;
        return DCM_OK;
    }
    if (tag == DCM_TAG_ITEM && frame->last_row != DCM_NO_ROW) {
        const dcm_element *last = &index->rows[frame->last_row];
        bool adjacent = last->offset + last->length == s->pos;
        if (last->vr == DCM_VR_SQ && adjacent && !(last->flags & (DCM_ROW_LAZY | DCM_ROW_UNDEFINED))) {
            dcm_index_note(index, s->pos, last->tag, DCM_F_SEQUENCE_LENGTH);
            return reopen(s, index, DCM_FRAME_SEQUENCE, frame->last_row);
        }
    }
    if (item && (tag == DCM_TAG_ITEM || tag == DCM_TAG_SEQUENCE_END)) {
        bool belongs = frame->undefined || tag == DCM_TAG_ITEM || s->stack[s->depth - 1].undefined;
        if (belongs) {
            dcm_index_note(index, s->pos, tag,
                           frame->undefined ? DCM_F_DELIMITER_MISSING : DCM_F_ITEM_LENGTH);
            dcm_scan_close(s, index, s->pos);
            return DCM_OK; /* the sequence reads it */
        }
    }
    dcm_index_note(index, s->pos, tag, DCM_F_DELIMITER_STRAY);
    s->pos += 8;
    return DCM_OK;
}

dcm_status dcm_scan_read_fragments(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    for (;;) {
        bool more;
        uint32_t tag;
        dcm_status status = next_in_container(s, w, index, frame->encoding.big, &more, &tag);
        if (status != DCM_OK || !more) return status;
        uint32_t length = dcm_load_u32(w->bytes + s->pos + 4, frame->encoding.big);
        if (tag != DCM_TAG_ITEM) {
            bool end = tag == DCM_TAG_SEQUENCE_END;
            if (!end) dcm_index_note(index, s->pos, tag, DCM_F_FRAGMENT);
            if (end && length) dcm_index_note(index, s->pos, tag, DCM_F_DELIMITER_LENGTH);
            dcm_scan_close(s, index, s->pos);
            if (end || tag == DCM_TAG_ITEM_END) s->pos += 8;
            return DCM_OK;
        }
        dcm_header header = {.tag = tag, .length = length, .vr = DCM_VR_NONE, .nbytes = 8};
        uint64_t left = frame->limit - s->pos - 8;
        uint8_t flags = 0;
        if (length > left) {
            bool cut = frame->limit == s->total && length != DCM_UNDEFINED_LENGTH;
            dcm_index_note(index, s->pos, tag, cut ? DCM_F_TRUNCATED : DCM_F_FRAGMENT);
            flags = DCM_ROW_PARTIAL;
        }
        uint32_t row;
        status = add(s, index, &header, frame->encoding, flags, &row);
        if (status != DCM_OK) return status;
        if (flags) index->rows[row].length = left;
        s->pos += 8 + index->rows[row].length;
    }
}

dcm_status dcm_scan_end_dataset(dcm_scanner *s, dcm_index *index) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    if (s->depth == 0) {
        dcm_scan_finish(s, index);
        return DCM_OK;
    }
    if (frame->undefined)
        dcm_index_note(index, s->pos, DCM_TAG_ITEM_END,
                       frame->limit == s->total ? DCM_F_TRUNCATED : DCM_F_DELIMITER_MISSING);
    dcm_scan_close(s, index, frame->limit);
    return DCM_OK;
}
