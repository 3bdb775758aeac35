/* The scanner: bytes of a DICOM source, in one piece or many, to rows of an index. PS3.5 §7, PS3.10 §7.

   Why it is fast: one pass, one 8-byte load and one table look-up decide on an explicit VR header, values
   are stepped over without being touched, rows are appended to one array, nesting lives on an explicit
   stack. Everything odd leaves the straight line for repair.c or containers.c. */
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

/* How many bytes the header of a plain element has: 0 where the VR is none, or one that opens a sequence. */
static inline uint32_t plain_header(const uint8_t *p, uint32_t tag, bool implicit, bool big,
                                    uint16_t *vr, uint32_t *length) {
    if (implicit) {
        *vr = dcm_dict_vr(tag);
        *length = dcm_load_u32(p + 4, big);
        return *vr == DCM_VR_SQ ? 0 : 8;
    }
    uint16_t v = *vr = dcm_load_u16le(p + 4);
    *length = dcm_load_u16(p + 6, big);
    dcm_vr_class class = dcm_vr_class_of(v);
    if (DCM_LIKELY(class == DCM_VR_SHORT)) return 8;
    if (class == DCM_VR_UNKNOWN || *length != 0 || v == DCM_VR_SQ || v == DCM_VR_UN) return 0;
    *length = dcm_load_u32(p + 8, big);
    return 12;
}

/* The straight line: whole plain elements in ascending order. Stops before the first that wants care of any
   kind, be it only that memory must grow. `implicit` and `big` are constants where it is called. */
static inline void read_plain(dcm_scanner *s, dcm_scan_frame *frame, const dcm_window *w,
                              dcm_index *index, uint32_t stop, const bool implicit, const bool big) {
    const uint8_t *const bytes = w->bytes;
    const uint64_t limit = frame->limit;
    const uint32_t parent = frame->row, depth = s->depth;
    const uint32_t form = (implicit ? DCM_ROW_IMPLICIT : 0u) | (big ? DCM_ROW_BIG_ENDIAN : 0u);
    const uint32_t first = index->nrows;
    uint64_t room = index->rows_cap < s->max_rows ? index->rows_cap : s->max_rows;
    room = room > first ? room - first : 0;
    if (depth == 0 && index->top_cap - index->ntop < room) room = index->top_cap - index->ntop;
    if (room == 0 || w->nbytes < 12 || frame->last_tag >= stop) return;
    const uint64_t last = w->nbytes - 12; /* up to here a whole header can be seen */
    uint32_t last_tag = frame->last_tag;
    uint64_t pos = s->pos;
    dcm_element *row = index->rows + first;
    const dcm_element *const row_end = row + room;
    while (pos <= last && pos < limit && row < row_end) {
        const uint8_t *p = bytes + pos;
        const uint32_t tag = dcm_load_tag(p, big);
        uint16_t vr;
        uint32_t length;
        const uint32_t header = plain_header(p, tag, implicit, big, &vr, &length);
        const uint64_t value = pos + header, end = value + length;
        /* ascending and below stop, no group length, even */
        if (tag - last_tag - 1 >= stop - last_tag - 1 || (tag & 0xFFFF) == 0 || length & 1 ||
            header == 0 || end > limit)
            break;
        row->offset = value;
        row->length = length;
        row->tag = tag;
        row->end = (uint32_t)(row - index->rows) + 1;
        row->parent = parent;
        row->vr = vr;
        row->depth = (uint8_t)depth;
        row->flags = (uint8_t)(form | (header & 4) << 1); /* 12: DCM_ROW_LONG */
        row++;
        last_tag = tag;
        pos = end;
    }
    const uint32_t n = (uint32_t)(row - index->rows);
    if (n == first) return;
    if (depth == 0)
        for (uint32_t i = first; i < n; i++) index->top[index->ntop++] = i;
    frame->last_tag = last_tag;
    frame->last_row = n - 1;
    index->nrows = n;
    s->pos = pos;
}
_Static_assert(DCM_ROW_LONG == 8, "the flag is made from the header's size");

/* The straight line through well-formed sequences. Each of these does its step and says so, or leaves
   everything as it is for the careful way in containers.c. */

static inline void place(dcm_scanner *s, dcm_index *index, uint64_t value, uint64_t length, uint32_t tag,
                         uint16_t vr, uint32_t flags) {
    dcm_scan_frame *frame = &s->stack[s->depth];
    const uint32_t n = index->nrows++;
    index->rows[n] = (dcm_element){.offset = value,
                                   .length = length,
                                   .tag = tag,
                                   .end = n + 1,
                                   .parent = frame->row,
                                   .vr = vr,
                                   .depth = (uint8_t)s->depth,
                                   .flags = (uint8_t)flags};
    frame->last_tag = tag;
    frame->last_row = n;
}

static inline void enter(dcm_scanner *s, uint8_t kind, uint32_t row, uint64_t limit, bool undefined,
                         bool fresh) {
    const dcm_encoding enc = s->stack[s->depth].encoding;
    s->stack[++s->depth] = (dcm_scan_frame){.limit = limit,
                                            .row = row,
                                            .last_row = DCM_NO_ROW,
                                            .encoding = enc,
                                            .kind = kind,
                                            .undefined = undefined,
                                            .fresh = fresh};
}

/* The next item of the sequence on top of the stack. */
static inline bool enter_item(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    const dcm_scan_frame *sequence = &s->stack[s->depth];
    const uint64_t pos = s->pos;
    if (pos > w->nbytes || w->nbytes - pos < 20 || sequence->limit < pos + 8) return false;
    const uint8_t *p = w->bytes + pos;
    const bool big = sequence->encoding.big;
    if (dcm_load_tag(p, big) != DCM_TAG_ITEM) return false;
    const uint64_t length = dcm_load_u32(p + 4, big), value = pos + 8;
    const bool undefined = length == DCM_UNDEFINED_LENGTH;
    if (!undefined && length > sequence->limit - value) return false;
    if (index->nrows >= index->rows_cap || index->nrows >= s->max_rows || s->depth == 0 ||
        s->depth >= 2 * s->options.max_depth)
        return false;
    const bool implicit = sequence->encoding.implicit;
    const uint32_t flags = (undefined ? DCM_ROW_UNDEFINED : 0u) | (implicit ? DCM_ROW_IMPLICIT : 0u) |
                           (big ? DCM_ROW_BIG_ENDIAN : 0u);
    place(s, index, value, undefined ? 0 : length, DCM_TAG_ITEM, DCM_VR_NONE, flags);
    /* letters where the VR would be: the careful way looks whether the item is explicit */
    const bool fresh = implicit && dcm_vr_class_of(dcm_load_u16le(p + 12)) != DCM_VR_UNKNOWN;
    enter(s, DCM_FRAME_DATASET, index->nrows - 1, undefined ? sequence->limit : value + length,
          undefined, fresh);
    s->pos = value;
    return true;
}

/* The sequence that begins at pos in the data set on top of the stack, and its first item. */
static inline bool enter_sequence(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t stop) {
    const dcm_scan_frame *frame = &s->stack[s->depth];
    const uint64_t pos = s->pos;
    const bool big = frame->encoding.big, implicit = frame->encoding.implicit;
    if (pos > w->nbytes || w->nbytes - pos < 12 || s->depth == 0) return false;
    const uint8_t *p = w->bytes + pos;
    const uint32_t tag = dcm_load_tag(p, big), header = implicit ? 8 : 12;
    if (tag <= frame->last_tag || tag >= stop || (tag & 0xFFFF) == 0) return false;
    const bool is_sequence = implicit ? dcm_dict_vr(tag) == DCM_VR_SQ
                                      : dcm_load_u32le(p + 4) == DCM_VR_SQ; /* and nothing reserved */
    if (!is_sequence || frame->fresh) return false;
    const uint32_t length = dcm_load_u32(p + header - 4, big);
    const bool undefined = length == DCM_UNDEFINED_LENGTH;
    const uint64_t value = pos + header;
    if (value > frame->limit || (!undefined && (length & 1 || length > frame->limit - value)))
        return false;
    if (index->nrows >= index->rows_cap || index->nrows >= s->max_rows ||
        s->depth + 2 > 2 * s->options.max_depth)
        return false;
    const uint32_t flags = (undefined ? DCM_ROW_UNDEFINED : 0u) | (implicit ? DCM_ROW_IMPLICIT : 0u) |
                           (big ? DCM_ROW_BIG_ENDIAN : 0u) | (header == 12 ? DCM_ROW_LONG : 0u);
    place(s, index, value, undefined ? 0 : length, tag, DCM_VR_SQ, flags);
    s->pos = value;
    if (length == 0) return true;
    enter(s, DCM_FRAME_SEQUENCE, index->nrows - 1, undefined ? frame->limit : value + length, undefined,
          true);
    enter_item(s, w, index);
    return true;
}

/* Whether the container on top ends at pos, by its length or by an empty delimiter of this tag; closes it. */
static inline bool leave(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t delimiter) {
    const dcm_scan_frame *frame = &s->stack[s->depth];
    const uint64_t pos = s->pos;
    if (frame->undefined) {
        if (pos > w->nbytes || w->nbytes - pos < 8 || frame->limit < pos + 8) return false;
        const uint8_t *p = w->bytes + pos;
        if (dcm_load_tag(p, frame->encoding.big) != delimiter || dcm_load_u32le(p + 4) != 0) return false;
        s->pos = pos + 8;
    } else if (pos != frame->limit) {
        return false;
    }
    dcm_element *row = &index->rows[frame->row];
    row->end = index->nrows;
    row->length = pos - row->offset;
    s->depth--;
    return true;
}

/* The end of an item, of the sequence with it, or the next item. */
static inline bool leave_item(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    if (s->depth < 2 || !leave(s, w, index, DCM_TAG_ITEM_END)) return false;
    if (!leave(s, w, index, DCM_TAG_SEQUENCE_END)) enter_item(s, w, index);
    return true;
}

/* Elements of the data set on top of the stack, until something else is there. */
static dcm_status read_dataset(dcm_scanner *s, const dcm_window *w, dcm_index *index) {
    for (;;) {
        dcm_scan_frame *frame = &s->stack[s->depth];
        if (frame->kind != DCM_FRAME_DATASET) return DCM_OK;
        const uint32_t stop = s->depth == 0 && s->options.stop_tag ? s->options.stop_tag : UINT32_MAX;
        const uint32_t plain_stop = stop < 0xFFFE0000u ? stop : 0xFFFE0000u;
        if (!frame->fresh || !frame->encoding.implicit) {
            frame->fresh = false;
            if (frame->encoding.big && frame->encoding.implicit)
                read_plain(s, frame, w, index, plain_stop, true, true);
            else if (frame->encoding.big)
                read_plain(s, frame, w, index, plain_stop, false, true);
            else if (frame->encoding.implicit)
                read_plain(s, frame, w, index, plain_stop, true, false);
            else
                read_plain(s, frame, w, index, plain_stop, false, false);
            if (leave_item(s, w, index) || enter_sequence(s, w, index, plain_stop)) continue;
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
                default:
                    return dcm_scan_too_long(s, index, &h);
                }
                break;
            case DCM_REPAIR_USE:
                break;
            }
        }
        if (DCM_UNLIKELY(h.tag >= stop)) {
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

dcm_status dcm_scan_run(dcm_scanner *s, const uint8_t *bytes, uint64_t nbytes, bool eof,
                        dcm_index *index) {
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
