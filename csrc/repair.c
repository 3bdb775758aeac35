/* Headers that cannot be taken as they stand: the reading that fits best is chosen and noted. PS3.5 §7.1. */
#include "scan_internal.h"

typedef struct candidate {
    dcm_header header;
    dcm_encoding encoding;
    dcm_finding_code code;
} candidate;

typedef struct candidates {
    candidate items[8];
    int n;
} candidates;

static void propose(candidates *list, dcm_header header, dcm_encoding encoding, dcm_finding_code code) {
    if (header.nbytes == 0 || header.tag == 0 || header.tag >> 16 == 0xFFFE) return;
    if (header.length == DCM_UNDEFINED_LENGTH && header.vr != DCM_VR_SQ && header.vr != DCM_VR_UN) return;
    list->items[list->n++] = (candidate){header, encoding, code};
}

static dcm_header with(dcm_header header, uint16_t vr, uint32_t length, uint8_t nbytes) {
    header.vr = vr;
    header.length = length;
    header.nbytes = nbytes;
    return header;
}

/* Every way to read the header at pos, the likeliest first. */
static void list_candidates(candidates *list, const dcm_window *w, uint64_t pos, dcm_encoding enc) {
    const uint8_t *p = w->bytes + pos;
    bool twelve = w->nbytes - pos >= 12;
    dcm_header as_is = dcm_header_decode(w, pos, enc);
    if (!enc.implicit) {
        uint16_t vr = dcm_load_u16le(p + 4), upper = vr & 0xDFDFu;
        dcm_vr_class class = dcm_vr_class_of(vr), upper_class = dcm_vr_class_of(upper);
        uint32_t short_length = dcm_load_u16(p + 6, enc.big);
        uint32_t long_length = twelve ? dcm_load_u32(p + 8, enc.big) : 0;
        if (class != DCM_VR_UNKNOWN) {
            propose(list, as_is, enc, DCM_F_VALUE_TOO_LONG);
            if (class == DCM_VR_LONG && (short_length || twelve))
                propose(list, with(as_is, vr, short_length, 8), enc, DCM_F_VR_LENGTH_16);
        } else if (upper_class == DCM_VR_SHORT) {
            propose(list, with(as_is, upper, short_length, 8), enc, DCM_F_VR_LOWER_CASE);
        } else if (upper_class == DCM_VR_LONG && twelve) {
            propose(list, with(as_is, upper, long_length, 12), enc, DCM_F_VR_LOWER_CASE);
        } else {
            uint16_t known = dcm_dict_vr(as_is.tag);
            propose(list, dcm_header_decode(w, pos, (dcm_encoding){true, enc.big}),
                    (dcm_encoding){true, enc.big}, DCM_F_ENCODING_CHANGES);
            if (short_length == 0 && twelve)
                propose(list, with(as_is, known, long_length, 12), enc, DCM_F_VR_INVALID);
            propose(list, with(as_is, known, short_length, 8), enc, DCM_F_VR_INVALID);
        }
    } else {
        propose(list, as_is, enc, DCM_F_VALUE_TOO_LONG);
        propose(list, dcm_header_decode(w, pos, (dcm_encoding){false, enc.big}),
                (dcm_encoding){false, enc.big}, DCM_F_ENCODING_CHANGES);
    }
    for (int implicit = 0; implicit < 2; implicit++) {
        dcm_encoding swapped = {implicit != 0, !enc.big};
        dcm_header header = dcm_header_decode(w, pos, swapped);
        /* a swapped tag must be one that exists: anything could be private */
        if (dcm_dict_find(header.tag)) propose(list, header, swapped, DCM_F_ENCODING_CHANGES);
    }
}

/* A VR with a 16-bit length whose writer gave it a reserved field and 32 bits: its length reads as 0 and
   the real one stands where this header was expected. */
static dcm_repair widen_last(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    if (frame->last_row == DCM_NO_ROW || frame->encoding.implicit) return DCM_REPAIR_NONE;
    dcm_element *last = &index->rows[frame->last_row];
    if (last->length != 0 || last->flags & DCM_ROW_LONG || last->offset != s->pos) return DCM_REPAIR_NONE;
    if (w->nbytes - s->pos < 4) return DCM_REPAIR_NONE;
    uint64_t length = dcm_load_u32(w->bytes + s->pos, frame->encoding.big);
    uint64_t left = frame->limit - s->pos;
    if (left < 4 || length == 0 || length > left - 4 || length > DCM_SIGHT_NBYTES) return DCM_REPAIR_NONE;
    uint64_t end = s->pos + 4 + length;
    if (!dcm_scan_sees(s, w, end + 12)) {
        dcm_scan_need(s, end + 12);
        return DCM_REPAIR_NEED_MORE;
    }
    if (!dcm_header_may_follow(w, end, frame->limit, last->tag, frame->encoding, frame->encoding))
        return DCM_REPAIR_NONE;
    last->offset = s->pos + 4;
    last->length = length;
    last->flags |= DCM_ROW_LONG;
    dcm_index_note(index, s->pos - 8, last->tag, DCM_F_VR_LENGTH_32);
    s->pos = end;
    return DCM_REPAIR_AGAIN;
}

static bool fits(const candidate *c, uint64_t left) {
    if (c->header.length == DCM_UNDEFINED_LENGTH) return c->header.nbytes <= left;
    return c->header.nbytes + (uint64_t)c->header.length <= left;
}

dcm_repair dcm_scan_repair(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *header,
                           dcm_encoding *encoding) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    uint64_t left = frame->limit - s->pos;
    candidates list = {.n = 0};
    list_candidates(&list, w, s->pos, frame->encoding);

    uint64_t sight = s->pos;
    for (int i = 0; i < list.n; i++) {
        const dcm_header *h = &list.items[i].header;
        if (!fits(&list.items[i], left) || h->length > DCM_SIGHT_NBYTES) continue;
        uint64_t end = s->pos + h->nbytes + h->length;
        if (end > sight) sight = end;
    }
    if (!dcm_scan_sees(s, w, sight + 12)) {
        dcm_scan_need(s, sight + 12);
        return DCM_REPAIR_NEED_MORE;
    }
    /* a header that is well formed and merely too long gives way only to one that fits what follows */
    bool well_formed = dcm_header_decode(w, s->pos, frame->encoding).nbytes != 0;
    if (!well_formed) {
        dcm_repair widened = widen_last(s, w, index);
        if (widened != DCM_REPAIR_NONE) return widened;
    }
    int best = -1, best_score = 0;
    for (int i = 0; i < list.n; i++) {
        const candidate *c = &list.items[i];
        if (!fits(c, left)) continue;
        int score = 1;
        bool unseen = c->header.length > DCM_SIGHT_NBYTES;
        uint64_t end = s->pos + c->header.nbytes + c->header.length;
        if (unseen ||
            dcm_header_may_follow(w, end, frame->limit, c->header.tag, c->encoding, frame->encoding))
            score += unseen ? 1 : 3;
        else if (well_formed)
            continue;
        if (dcm_dict_find(c->header.tag) || c->header.tag >> 16 & 1) score++;
        if (frame->last_row == DCM_NO_ROW || c->header.tag > frame->last_tag) score++;
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    if (best < 0 || best_score < 3) return DCM_REPAIR_NONE;
    const candidate *c = &list.items[best];
    *header = c->header;
    *encoding = c->encoding;
    if (c->code != DCM_F_VALUE_TOO_LONG) dcm_index_note(index, s->pos, c->header.tag, c->code);
    if (c->code == DCM_F_ENCODING_CHANGES && frame->last_row == DCM_NO_ROW) frame->encoding = c->encoding;
    return DCM_REPAIR_USE;
}
