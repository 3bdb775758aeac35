/* What stands before the data set: preamble, prefix, File Meta Information, transfer syntax. PS3.10 §7.1. */
#include "scan_internal.h"

static const dcm_encoding EXPLICIT_LE = {false, false};
/* Implicit little endian but for its pixels; registered nowhere. */
static const char GE_PRIVATE[] = "1.2.840.113619.5.2";
static const dcm_encoding IMPLICIT_LE = {true, false};

static const dcm_encoding all[] = {{false, false}, {true, false}, {false, true}, {true, true}};

/* Whether enough is visible to sniff at pos; asks for it if not. */
static bool can_sniff(dcm_scanner *s, const dcm_window *window, uint64_t pos) {
    uint64_t sight = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t one = dcm_header_sight(window, pos, s->total, all[i]);
        if (one > sight) sight = one;
    }
    if (dcm_scan_sees(s, window, sight)) return true;
    dcm_scan_need(s, sight);
    return false;
}

/* Which of the four encodings fits the header at pos best; *score tells how well. */
static dcm_encoding sniff(const dcm_window *window, uint64_t pos, uint64_t limit, int *score) {
    dcm_encoding best = IMPLICIT_LE;
    *score = 0;
    for (int i = 0; i < 4; i++) {
        int s = dcm_header_score(window, pos, limit, all[i]);
        if (s > *score) {
            *score = s;
            best = all[i];
        }
    }
    return best;
}

static bool group_is_meta(const dcm_window *window, uint64_t pos, bool big) {
    return window->nbytes - pos >= 8 && dcm_load_tag(window->bytes + pos, big) >> 16 == 0x0002;
}

/* Where the first header stands. */
static dcm_status find_start(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    if (!w->eof && w->nbytes < 160 && w->nbytes < s->total) return dcm_scan_need(s, 160);
    bool prefix = w->nbytes >= 132 && memcmp(w->bytes + 128, "DICM", 4) == 0;
    int at_start = 0;
    if (prefix && w->nbytes - 132 >= 2 && w->bytes[132] == 2 && w->bytes[133] == 0) {
        s->pos = 132;
    } else {
        int after_prefix = 0;
        if (!can_sniff(s, w, 0) || (prefix && !can_sniff(s, w, 132))) return DCM_NEED_MORE;
        sniff(w, 0, s->total, &at_start);
        if (prefix) sniff(w, 132, s->total, &after_prefix);
        if (prefix && (after_prefix >= DCM_PLAUSIBLE || at_start < DCM_PLAUSIBLE)) {
            s->pos = 132;
        } else if (prefix) {
            dcm_index_note(index, 128, 0, DCM_F_FALSE_PREFIX);
            prefix = false;
        } else if (w->nbytes >= 4 && memcmp(w->bytes, "DICM", 4) == 0) {
            s->pos = 4;
            dcm_index_note(index, 0, 0, DCM_F_NO_PREAMBLE);
        } else if (at_start >= DCM_PLAUSIBLE || s->options.force) {
            dcm_index_note(index, 0, 0, DCM_F_NO_PREAMBLE);
        } else {
            s->error_tag = 0;
            return DCM_E_NOT_DICOM;
        }
    }
    s->has_preamble = prefix;
    s->body_offset = s->pos;
    s->phase = DCM_PHASE_START;
    bool big = !group_is_meta(w, s->pos, false) && group_is_meta(w, s->pos, true);
    if (big || group_is_meta(w, s->pos, false)) {
        const uint8_t *vr = w->bytes + s->pos + 4;
        s->phase = DCM_PHASE_META;
        s->encoding = (dcm_encoding){dcm_vr_class_of(dcm_load_u16le(vr)) == DCM_VR_UNKNOWN, big};
        if (s->encoding.implicit) dcm_index_note(index, s->pos, 0x00020000, DCM_F_META_IMPLICIT);
    } else {
        dcm_index_note(index, s->pos, 0, DCM_F_NO_META);
    }
    return DCM_OK;
}

static void keep_transfer_syntax(dcm_scanner *s, const uint8_t *value, uint64_t nbytes) {
    while (nbytes && (value[nbytes - 1] == 0 || value[nbytes - 1] == ' '))
        nbytes--;
    while (nbytes && *value == ' ')
        value++, nbytes--;
    if (nbytes > 64) nbytes = 64;
    memcpy(s->transfer_syntax, value, (size_t)nbytes);
    s->transfer_syntax[nbytes] = 0;
}

/* VR bytes that are no VR: the dictionary knows what is meant. */
static void mend_vr(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *header) {
    const uint8_t *p = w->bytes + s->pos;
    header->vr = dcm_dict_vr(header->tag);
    header->length = dcm_load_u16(p + 6, s->encoding.big);
    header->nbytes = 8;
    if (dcm_vr_class_of(header->vr) == DCM_VR_LONG && header->length == 0 && w->nbytes - s->pos >= 12) {
        header->length = dcm_load_u32(p + 8, s->encoding.big);
        header->nbytes = 12;
    }
    dcm_index_note(index, s->pos, header->tag, DCM_F_VR_INVALID);
}

/* Elements of group 0002, as long as they last; what Group Length says is only compared. */
static dcm_status read_meta(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    for (;;) {
        if (s->pos > w->nbytes || w->nbytes - s->pos < 12) {
            if (!w->eof && s->pos < s->total && w->nbytes < s->total) return dcm_scan_need(s, s->pos + 12);
            if (w->nbytes - s->pos < 8) break;
        }
        dcm_header header = dcm_header_decode(w, s->pos, s->encoding);
        if (header.tag >> 16 != 0x0002) break;
        if (header.nbytes == 0 && dcm_vr_class_of(header.vr) == DCM_VR_UNKNOWN) mend_vr(s, w, index, &header);
        uint64_t left = s->total - s->pos;
        if (header.nbytes == 0 || header.length == DCM_UNDEFINED_LENGTH ||
            header.length > left - header.nbytes) {
            if (!w->eof && s->total == UINT64_MAX) return dcm_scan_need(s, 2 * w->nbytes);
            dcm_index_note(index, s->pos, header.tag, DCM_F_TRUNCATED);
            s->pos = s->total;
            break;
        }
        uint64_t end = s->pos + header.nbytes + header.length;
        if (end > w->nbytes) {
            if (!w->eof) return dcm_scan_need(s, end + 12);
            dcm_index_note(index, s->pos, header.tag, DCM_F_TRUNCATED);
            s->pos = w->nbytes;
            break;
        }
        const uint8_t *value = w->bytes + s->pos + header.nbytes;
        if (header.tag == 0x00020000 && header.length == 4)
            s->meta_end = end + dcm_load_u32(value, s->encoding.big);
        if (header.tag == 0x00020010) keep_transfer_syntax(s, value, header.length);
        if (header.length & 1) dcm_index_note(index, s->pos, header.tag, DCM_F_ODD_LENGTH);
        uint32_t row;
        dcm_status status =
            dcm_index_add(index,
                          &(dcm_element){.offset = s->pos + header.nbytes,
                                         .length = header.length,
                                         .tag = header.tag,
                                         .end = index->nrows + 1,
                                         .parent = DCM_NO_ROW,
                                         .vr = header.vr,
                                         .flags = (uint8_t)((header.nbytes == 12 ? DCM_ROW_LONG : 0) |
                                                            (s->encoding.implicit ? DCM_ROW_IMPLICIT : 0) |
                                                            (s->encoding.big ? DCM_ROW_BIG_ENDIAN : 0))},
                          &row);
        if (status != DCM_OK) return status;
        if (index->nrows > s->max_rows) return DCM_E_TOO_MANY_ROWS;
        index->nmeta = index->nrows;
        s->pos = end;
    }
    if (s->meta_end != s->pos) dcm_index_note(index, s->pos, 0x00020000, DCM_F_META_LENGTH);
    s->body_offset = s->pos;
    s->phase = DCM_PHASE_START;
    return DCM_OK;
}

static bool is(const dcm_scanner *s, const char *uid) {
    return strcmp(s->transfer_syntax, uid) == 0;
}

static bool is_deflated(const dcm_scanner *s) {
    return is(s, "1.2.840.10008.1.2.1.99") || is(s, "1.2.840.10008.1.2.4.95") ||
           is(s, "1.2.840.10008.1.2.4.205");
}

static dcm_encoding claimed_encoding(const dcm_scanner *s) {
    /* PS3.5 §A.1, §A.3; Papyrus 3 and the GE private syntax are implicit little endian as well. */
    if (is(s, "1.2.840.10008.1.2") || is(s, GE_PRIVATE) || is(s, "1.2.840.10008.1.20")) return IMPLICIT_LE;
    if (is(s, "1.2.840.10008.1.2.2")) return (dcm_encoding){false, true};
    return EXPLICIT_LE;
}

/* Choose the encoding of the data set: what the transfer syntax says, unless the bytes say otherwise. */
static dcm_status start_body(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    bool at_end = s->pos >= s->total || (w->eof && s->pos >= w->nbytes);
    if (!at_end && !w->eof && w->nbytes < s->total && w->nbytes - s->pos < 64)
        return dcm_scan_need(s, s->pos + 64);
    bool named = s->transfer_syntax[0] != 0;
    bool known = is(s, GE_PRIVATE) || dcm_uid_find(s->transfer_syntax, strlen(s->transfer_syntax));
    dcm_encoding claimed = claimed_encoding(s);
    int best_score = 0, score = 0;
    dcm_encoding best = claimed;
    if (!at_end) {
        uint64_t sight = dcm_header_sight(w, s->pos, s->total, claimed);
        if (!dcm_scan_sees(s, w, sight)) return dcm_scan_need(s, sight);
        score = dcm_header_score(w, s->pos, s->total, claimed);
        /* the other encodings are looked at only where this one is not believed: they may want more bytes */
        if (!named || score < DCM_PLAUSIBLE) {
            if (!can_sniff(s, w, s->pos)) return DCM_NEED_MORE;
            best = sniff(w, s->pos, s->total, &best_score);
        }
    }
    if (is_deflated(s) && !s->inflated && !at_end) {
        if (score < DCM_PLAUSIBLE) return DCM_DEFLATED; /* claimed: explicit VR, little endian */
        dcm_index_note(index, s->pos, 0x00020010, DCM_F_NOT_DEFLATED);
    }
    s->encoding = claimed;
    if (named && !known) dcm_index_note(index, s->pos, 0x00020010, DCM_F_UNKNOWN_SYNTAX);
    if (!named) {
        /* no meta group: raw data sets are implicit by default, PS3.5 §10.1 */
        s->encoding = best_score ? best : IMPLICIT_LE;
        if (index->nmeta) dcm_index_note(index, s->pos, 0x00020010, DCM_F_NO_TRANSFER_SYNTAX);
    } else if (!at_end && score < DCM_PLAUSIBLE && best_score >= DCM_PLAUSIBLE) {
        s->encoding = best;
        if (known) dcm_index_note(index, s->pos, 0x00020010, DCM_F_WRONG_TRANSFER_SYNTAX);
    }
    s->depth = 0;
    s->stack[0] = (dcm_scan_frame){.limit = s->total,
                                   .row = DCM_NO_ROW,
                                   .last_row = DCM_NO_ROW,
                                   .encoding = s->encoding,
                                   .kind = DCM_FRAME_DATASET,
                                   .fresh = true};
    s->phase = DCM_PHASE_BODY;
    return DCM_OK;
}

dcm_status dcm_scan_prelude(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    dcm_status status = DCM_OK;
    if (s->phase == DCM_PHASE_PRELUDE) status = find_start(s, w, index);
    if (status == DCM_OK && s->phase == DCM_PHASE_META) status = read_meta(s, w, index);
    if (status == DCM_OK && s->phase == DCM_PHASE_START) status = start_body(s, w, index);
    return status;
}
