/* The scanner: bytes of a DICOM source, in one piece or many, to rows of an index. PS3.5 §7, PS3.10 §7.

   Well-formed elements and sequences are read by straight.c, at a few ns each. What it leaves is read here,
   one element at a time: all that is odd goes to repair.c, containers.c or ends.c. */
#include "scan_containers.h"

void dcm_scan_options_init(dcm_scan_options *options) {
    *options = (dcm_scan_options){.max_depth = 64};
}

static void settle_options(dcm_scanner *s) {
    if (s->options.max_depth == 0 || s->options.max_depth > DCM_SCAN_MAX_DEPTH)
        s->options.max_depth = DCM_SCAN_MAX_DEPTH;
    if (s->options.stop_before_pixels &&
        (s->options.stop_tag == 0 || s->options.stop_tag > DCM_TAG_FLOAT_PIXEL_DATA))
        s->options.stop_tag = DCM_TAG_FLOAT_PIXEL_DATA;
    s->max_rows = s->options.max_rows;
}

static void settle_max_rows(dcm_scanner *s) {
    if (s->options.max_rows == 0)
        s->max_rows = (1u << 20) + (s->total == UINT64_MAX ? UINT32_MAX : s->total) / 16;
    if (s->max_rows > UINT32_MAX - 2) s->max_rows = UINT32_MAX - 2;
}

void dcm_scan_init(dcm_scanner *s, const dcm_scan_options *options, uint64_t total_nbytes) {
    s->options = *options;
    s->pos = s->need = s->body_offset = s->meta_end = 0;
    s->total = total_nbytes;
    s->error_tag = 0;
    s->phase = DCM_PHASE_PRELUDE;
    s->inflated = s->stopped = s->has_preamble = false;
    s->encoding = (dcm_encoding){false, false};
    s->transfer_syntax[0] = 0;
    s->depth = 0;
    settle_options(s);
    settle_max_rows(s);
}

void dcm_scan_init_range(dcm_scanner *s, const dcm_scan_options *options, uint64_t offset, uint64_t end,
                         dcm_encoding encoding, bool items) {
    dcm_scan_init(s, options, end);
    s->pos = s->body_offset = offset;
    s->encoding = encoding;
    s->phase = DCM_PHASE_BODY;
    s->stack[0] = (dcm_scan_frame){.limit = end,
                                   .row = DCM_NO_ROW,
                                   .last_row = DCM_NO_ROW,
                                   .encoding = encoding,
                                   .kind = items ? DCM_FRAME_SEQUENCE : DCM_FRAME_DATASET};
}

void dcm_scan_set_inflated(dcm_scanner *s, uint64_t total_nbytes) {
    s->inflated = true;
    s->total = total_nbytes;
    settle_max_rows(s);
}

/* The source turned out to be this long: nothing may claim more. */
static void settle_total(dcm_scanner *s, uint64_t total, dcm_index *index) {
    if (s->total == total) return;
    s->total = total;
    if (s->phase != DCM_PHASE_BODY) return;
    for (uint32_t i = 0; i <= s->depth; i++)
        if (s->stack[i].limit > total) s->stack[i].limit = total;
    if (s->pos <= total) return;
    /* the last value was stepped over before its end was known, and containers may have been closed there */
    s->pos = total;
    for (uint32_t i = 0; i < index->nfindings; i++)
        if (index->findings[i].offset > total) index->findings[i].offset = total;
    if (index->nrows == index->nmeta) return;
    dcm_element *last = &index->rows[index->nrows - 1];
    if (last->length > total - last->offset) {
        dcm_index_note(index, last->offset - dcm_row_header_nbytes(last), last->tag, DCM_F_TRUNCATED);
        if (last->vr == DCM_VR_SQ || dcm_scan_keeps_partial(last->vr)) {
            last->length = total - last->offset;
            if (last->vr != DCM_VR_SQ) last->flags |= DCM_ROW_PARTIAL;
        } else {
            index->nrows--;
            if (last->depth == 0) index->ntop--;
        }
    }
    for (uint32_t i = last->parent; i != DCM_NO_ROW; i = index->rows[i].parent) {
        dcm_element *row = &index->rows[i];
        if (row->length > total - row->offset) row->length = total - row->offset;
        if (row->end > index->nrows) row->end = index->nrows;
    }
}

static inline bool needs_care(const dcm_header *h, uint64_t left) {
    return h->nbytes == 0 || h->nbytes + (uint64_t)h->length > left;
}

/* Decode the header at p; nbytes 0 sends it to repair. */
static inline dcm_header read_header(const uint8_t *p, dcm_encoding enc, uint64_t visible) {
    dcm_header h = {.tag = dcm_load_tag(p, enc.big)};
    if (enc.implicit) {
        h.length = dcm_load_u32(p + 4, enc.big);
        h.vr = dcm_dict_vr(h.tag);
        h.nbytes = 8;
        return h;
    }
    h.vr = dcm_load_u16le(p + 4);
    dcm_vr_class class = dcm_vr_class_of(h.vr);
    h.length = dcm_load_u16(p + 6, enc.big);
    if (DCM_LIKELY(class == DCM_VR_SHORT)) {
        h.nbytes = 8;
    } else if (class == DCM_VR_LONG && h.length == 0 && visible >= 12) {
        h.length = dcm_load_u32(p + 8, enc.big);
        h.nbytes = 12;
    }
    return h;
}

/* Elements of the data set on top of the stack, until something else is there. */
static dcm_status read_dataset(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    for (;;) {
        dcm_scan_frame *frame = &s->stack[s->depth];
        if (frame->kind != DCM_FRAME_DATASET) return DCM_OK;
        const uint32_t stop = s->depth == 0 && s->options.stop_tag ? s->options.stop_tag : UINT32_MAX;
        if (!frame->fresh || !frame->encoding.implicit) {
            frame->fresh = false;
            if (dcm_scan_straight(s, w, index, stop)) continue;
        }
        if (s->pos >= frame->limit) return dcm_scan_end_dataset(s, index);
        const uint64_t pos = s->pos;
        if (DCM_UNLIKELY(pos > w->nbytes || w->nbytes - pos < 12)) {
            if (!w->eof && w->nbytes < s->total) return dcm_scan_need(s, pos + 12);
            if (w->nbytes - pos < 8) return dcm_scan_cut_short(s, w, index, 0);
        }
        const uint64_t left = frame->limit - pos;
        if (DCM_UNLIKELY(left < 8)) return dcm_scan_cut_short(s, w, index, 0);

        dcm_encoding enc = frame->encoding;
        dcm_header h = read_header(w->bytes + pos, enc, w->nbytes - pos);
        if (DCM_UNLIKELY(h.tag >> 16 == 0xFFFE)) return dcm_scan_delimiter(s, w, index);
        bool fresh = false;
        if (DCM_UNLIKELY(frame->fresh || h.tag == 0)) {
            fresh = frame->fresh;
            frame->fresh = false; /* of the first element it is asked whether the encoding changed */
            if (h.tag == 0 && dcm_scan_is_padding(s, w, index)) return DCM_OK;
            if (enc.implicit && dcm_scan_is_explicit(s, w)) h.nbytes = 0;
        }
        if (DCM_UNLIKELY(needs_care(&h, left)) &&
            !(h.nbytes && h.nbytes <= left && h.length == DCM_UNDEFINED_LENGTH)) {
            switch (dcm_scan_repair(s, w, index, &h, &enc)) {
            case DCM_REPAIR_NEED_MORE:
                frame->fresh = fresh;
                return DCM_NEED_MORE;
            case DCM_REPAIR_AGAIN:
                continue;
            case DCM_REPAIR_NONE:
                if (h.nbytes == 0) return dcm_scan_cut_short(s, w, index, h.tag);
                switch (dcm_scan_widen(s, w, index, &h)) {
                case DCM_REPAIR_NEED_MORE:
                    frame->fresh = fresh;
                    return DCM_NEED_MORE;
                case DCM_REPAIR_USE:
                    break;
                default: {
                    dcm_status status = dcm_scan_too_long(s, w, index, &h);
                    if (status == DCM_NEED_MORE) frame->fresh = fresh;
                    return status;
                }
                }
                break;
            case DCM_REPAIR_USE:
                break;
            }
        }
        if (DCM_UNLIKELY(h.tag >= stop && stop != UINT32_MAX)) {
            s->stopped = true;
            dcm_scan_finish(s, index);
            return DCM_OK;
        }
        if (DCM_UNLIKELY(h.length & 1)) { /* odd, or undefined */
            if (h.length != DCM_UNDEFINED_LENGTH)
                dcm_index_note(index, pos, h.tag, DCM_F_ODD_LENGTH);
            else
                return dcm_scan_open_undefined(s, w, index, &h, enc);
        }
        if (h.vr == DCM_VR_SQ || h.vr == DCM_VR_UN) {
            bool opened;
            dcm_status status = dcm_scan_open_defined(s, w, index, &h, enc, &opened);
            if (status != DCM_OK || opened) return status;
        }
        if (DCM_UNLIKELY((h.tag & 0xFFFF) == 0 && h.tag >> 16 > 2))
            dcm_index_note(index, pos, h.tag, DCM_F_GROUP_LENGTH);
        uint32_t row;
        dcm_status status = dcm_scan_add(s, index, &h, enc, 0, &row);
        if (DCM_UNLIKELY(status != DCM_OK)) return status;
        s->pos = pos + h.nbytes + h.length;
    }
}

dcm_status dcm_scan_run(dcm_scanner *s, const uint8_t *bytes, uint64_t nbytes, bool eof, dcm_index *index) {
    dcm_window window = {.bytes = bytes, .nbytes = nbytes < s->total ? nbytes : s->total};
    window.eof = eof || window.nbytes == s->total;
    if (window.eof) settle_total(s, window.nbytes, index);
    dcm_status status = DCM_OK;
    if (s->phase < DCM_PHASE_BODY) status = dcm_scan_prelude(s, &window, index);
    while (status == DCM_OK && s->phase == DCM_PHASE_BODY) {
        switch (s->stack[s->depth].kind) {
        case DCM_FRAME_DATASET:
            status = read_dataset(s, &window, index);
            break;
        case DCM_FRAME_SEQUENCE:
            status = dcm_scan_read_sequence(s, &window, index);
            break;
        default:
            status = dcm_scan_read_fragments(s, &window, index);
        }
    }
    return status;
}
