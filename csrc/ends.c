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
        if (!dcm_scan_sees(s, w, s->pos + 12)) return dcm_scan_need(s, s->pos + 12);
        dcm_header header = dcm_header_decode(w, s->pos, frame->encoding);
        if (header.tag == DCM_TAG_ITEM || header.tag == DCM_TAG_ITEM_END ||
            header.tag == DCM_TAG_SEQUENCE_END) {
            /* the item's length reaches into what follows it */
            dcm_index_note(index, s->pos, header.tag, DCM_F_ITEM_LENGTH);
            dcm_scan_close(s, index, s->pos);
            return DCM_OK;
        }
        if (header.nbytes && (frame->last_row == DCM_NO_ROW || header.tag > frame->last_tag)) {
            dcm_repair widened = dcm_scan_widen(s, w, index, &header);
            if (widened != DCM_REPAIR_NONE) return widened == DCM_REPAIR_USE ? DCM_OK : DCM_NEED_MORE;
        }
        /* the container still says where to go on */
        dcm_index_note(index, s->pos, tag, DCM_F_ITEM_LENGTH);
        s->pos = frame->limit;
        return DCM_OK;
    }
    /* fewer than 12 bytes are all visible by now */
    bool at_end = s->total - s->pos < 12;
    bool zeros = at_end && s->depth == 0;
    for (uint64_t i = s->pos; zeros && i < w->nbytes; i++)
        zeros = w->bytes[i] == 0;
    dcm_finding_code code = at_end ? DCM_F_TRUNCATED : DCM_F_TRAILING_DATA;
    if (zeros) code = DCM_F_TRAILING_PADDING;
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

dcm_repair dcm_scan_widen(dcm_scanner *s, const dcm_window *w, dcm_index *index, const dcm_header *h) {
    const uint64_t end = s->pos + h->nbytes + h->length;
    if (h->length > DCM_SIGHT_NBYTES || end > s->stack[0].limit) return DCM_REPAIR_NONE;
    if (!dcm_scan_sees(s, w, end + 12)) {
        dcm_scan_need(s, end + 12);
        return DCM_REPAIR_NEED_MORE;
    }
    for (uint32_t i = s->depth; i > 0; i--) {
        dcm_scan_frame *outer = &s->stack[i - 1];
        if (end > outer->limit || outer->limit == s->stack[i].limit) continue;
        if (!dcm_header_may_follow(w, end, outer->limit, 0, outer->encoding, outer->encoding)) continue;
        bool sequence = outer->kind == DCM_FRAME_DATASET;
        dcm_index_note(index, s->pos, h->tag, sequence ? DCM_F_SEQUENCE_LENGTH : DCM_F_ITEM_LENGTH);
        for (uint32_t k = i; k <= s->depth; k++)
            s->stack[k].limit = end;
        return DCM_REPAIR_USE;
    }
    return DCM_REPAIR_NONE;
}

dcm_status dcm_scan_too_long(dcm_scanner *s, const dcm_window *w, dcm_index *index, const dcm_header *h) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    bool cut = frame->limit == s->total;
    bool un_sequence = h->vr == DCM_VR_UN && !frame->encoding.implicit && dcm_dict_vr(h->tag) == DCM_VR_SQ;
    if (un_sequence && !dcm_scan_sees(s, w, s->pos + h->nbytes + 8))
        return dcm_scan_need(s, s->pos + h->nbytes + 8);
    dcm_index_note(index, s->pos, h->tag, cut ? DCM_F_TRUNCATED : DCM_F_VALUE_TOO_LONG);
    if (h->nbytes > frame->limit - s->pos) {
        s->pos = frame->limit;
        return DCM_OK;
    }
    if (h->vr == DCM_VR_SQ || un_sequence) {
        bool opened; /* what is there of its items is read */
        dcm_header header = *h;
        dcm_status status = dcm_scan_open_defined(s, w, index, &header, frame->encoding, &opened);
        if (status != DCM_OK || opened) return status;
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
