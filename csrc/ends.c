/* Where bytes run out or stop making sense: truncation, padding, wrong lengths. PS3.5 §7.1, PS3.10 §7. */
#include "scan_containers.h"

bool dcm_scan_keeps_partial(uint16_t vr) {
    return vr == DCM_VR_OB || vr == DCM_VR_OW || vr == DCM_VR_OF || vr == DCM_VR_OD || vr == DCM_VR_OL ||
           vr == DCM_VR_OV || vr == DCM_VR_OX || vr == DCM_VR_XO || vr == DCM_VR_UO || vr == DCM_VR_UN ||
           vr == DCM_VR_NONE;
}

dcm_status dcm_scan_cut_short(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t tag) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    if (frame->limit != s->total) {
        if (dcm_scan_unseen(s, w, s->pos)) return dcm_scan_need(s, s->pos + 12);
        dcm_header header = dcm_header_decode(w, s->pos, frame->encoding);
        if (header.tag == DCM_TAG_ITEM || header.tag == DCM_TAG_ITEM_END ||
            header.tag == DCM_TAG_SEQUENCE_END) {
            /* the item's length reaches into what follows it */
            dcm_index_note(index, s->pos, header.tag, DCM_F_ITEM_LENGTH);
            dcm_scan_close(s, index, s->pos);
            return DCM_OK;
        }
        bool widened = false;
        if (header.nbytes && (frame->last_row == DCM_NO_ROW || header.tag > frame->last_tag)) {
            dcm_status status = dcm_scan_widen(s, w, index, &header, &widened);
            if (status != DCM_OK || widened) return status;
        }
        /* the container still says where to go on */
        dcm_index_note(index, s->pos, tag, DCM_F_ITEM_LENGTH);
        s->pos = frame->limit;
        return DCM_OK;
    }
    bool zeros = true;
    for (uint64_t i = s->pos; i < w->nbytes; i++) {
        if (w->bytes[i] == 0) continue;
        zeros = false;
        break;
    }
    bool at_end = w->nbytes - s->pos < 12;
    dcm_finding_code code = at_end ? DCM_F_TRUNCATED : DCM_F_TRAILING_DATA;
    if (zeros && s->depth == 0) code = DCM_F_TRAILING_PADDING;
    dcm_index_note(index, s->pos, tag, code);
    dcm_scan_finish(s, index);
    return DCM_OK;
}

bool dcm_scan_is_padding(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    if (s->depth != 0 || s->stack[0].last_row == DCM_NO_ROW || dcm_load_u64le(w->bytes + s->pos) != 0)
        return false;
    dcm_index_note(index, s->pos, 0, DCM_F_TRAILING_PADDING);
    dcm_scan_finish(s, index);
    return true;
}

bool dcm_scan_is_explicit(const dcm_scanner *s, const dcm_window *w) {
    const dcm_scan_frame *frame = &s->stack[s->depth];
    if (s->depth == 0) return false; /* the prelude has looked */
    dcm_encoding enc = {.implicit = false, .big = frame->encoding.big};
    dcm_header header = dcm_header_decode(w, s->pos, enc);
    uint64_t left = frame->limit - s->pos;
    if (header.nbytes == 0 || header.nbytes > left) return false;
    return header.length == DCM_UNDEFINED_LENGTH || header.length <= left - header.nbytes;
}

dcm_status dcm_scan_widen(dcm_scanner *s, const dcm_window *w, dcm_index *index, const dcm_header *h,
                          bool *widened) {
    const uint64_t end = s->pos + h->nbytes + h->length;
    *widened = false;
    if (h->length > DCM_SIGHT_NBYTES || end > s->total) return DCM_OK;
    if (dcm_scan_unseen(s, w, end) && end < s->total) return dcm_scan_need(s, end + 12);
    for (uint32_t i = s->depth; i > 0; i--) {
        dcm_scan_frame *outer = &s->stack[i - 1];
        if (end > outer->limit || outer->limit == s->stack[i].limit) continue;
        if (!dcm_header_may_follow(w, end, outer->limit, 0, outer->encoding, outer->encoding)) continue;
        bool sequence = outer->kind == DCM_FRAME_DATASET;
        dcm_index_note(index, s->pos, h->tag, sequence ? DCM_F_SEQUENCE_LENGTH : DCM_F_ITEM_LENGTH);
        for (uint32_t k = i; k <= s->depth; k++) s->stack[k].limit = end;
        *widened = true;
        return DCM_OK;
    }
    return DCM_OK;
}

dcm_status dcm_scan_too_long(dcm_scanner *s, dcm_index *index, const dcm_header *h) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    bool cut = frame->limit == s->total;
    dcm_index_note(index, s->pos, h->tag, cut ? DCM_F_TRUNCATED : DCM_F_VALUE_TOO_LONG);
    if (h->nbytes > frame->limit - s->pos) {
        s->pos = frame->limit;
        return DCM_OK;
    }
    if (h->vr == DCM_VR_SQ) {
        bool opened;
        dcm_header header = *h;
        dcm_window nothing = {.bytes = NULL, .nbytes = 0, .eof = true};
        return dcm_scan_open_defined(s, &nothing, index, &header, frame->encoding, &opened);
    }
    if (!cut || dcm_scan_keeps_partial(h->vr)) {
        uint32_t row;
        dcm_status status = dcm_scan_add(s, index, h, frame->encoding, DCM_ROW_PARTIAL, &row);
        if (status != DCM_OK) return status;
        index->rows[row].length = frame->limit - s->pos - h->nbytes;
    }
    s->pos = frame->limit;
    return DCM_OK;
}
