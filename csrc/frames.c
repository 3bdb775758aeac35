/* The frame table: where the bytes of each encapsulated frame lie. PS3.5 §A.4, PS3.3 §C.7.6.3.1.8.

   A table of the file is believed as far as it can be checked without touching the frames: it ascends, stays
   inside, and its first and last entries lead to items. The rest is checked when a frame is asked for, so
   that opening a slide of many gigabytes reads a few pages. Only where no table holds are the fragments
   walked. */
#include "frames.h"

#include "codestream.h"
#include "frames_split.h"
#include "header.h"

#include <stdlib.h>

#define LEAST_NBYTES 12 /* of a cut last fragment: with fewer nobody can tell what it is */

void dcm_frames_init(dcm_frames *frames) {
    *frames = (dcm_frames){0};
}

void dcm_frames_free(dcm_frames *frames) {
    free(frames->spans);
    free(frames->first);
    dcm_frames_init(frames);
}

typedef struct dcm_item {
    bool is_item;  /* an Item tag stands there, with its length */
    bool is_end;   /* a Sequence Delimitation Item does */
    bool is_cut;   /* the value reaches past the end */
    uint64_t next; /* first byte behind the item */
    dcm_span span; /* of the value, as far as it is there */
} dcm_item;

static dcm_item item_at(const dcm_frames *frames, const uint8_t *bytes, uint64_t pos) {
    dcm_item item = {0};
    const uint64_t end = frames->input.end;
    const bool big = frames->input.big_endian;
    if (pos > end || end - pos < 8) return item;
    uint32_t tag = dcm_load_tag(bytes + pos, big);
    uint32_t length = dcm_load_u32(bytes + pos + 4, big);
    item.is_end = tag == DCM_TAG_SEQUENCE_END;
    item.is_item = tag == DCM_TAG_ITEM;
    uint64_t left = end - pos - 8;
    item.is_cut = length > left;
    item.span = (dcm_span){pos + 8, item.is_cut ? left : length};
    item.next = pos + 8 + item.span.nbytes;
    return item;
}

static uint64_t table_entry(const dcm_frames *frames, const uint8_t *bytes, uint32_t i) {
    const uint8_t *p = bytes + frames->table.offset + (uint64_t)i * frames->width;
    return frames->width == 8 ? dcm_load_u64(p, frames->input.big_endian)
                              : dcm_load_u32(p, frames->input.big_endian);
}

/* Whether offsets ascend, stay inside, and lead to items at both ends. */
static bool table_holds(const dcm_frames *frames, const uint8_t *bytes) {
    const uint64_t room = frames->input.end - frames->items;
    uint64_t last = 0;
    for (uint32_t i = 0; i < frames->nframes; i++) {
        uint64_t offset = table_entry(frames, bytes, i);
        if (offset >= room || (i == 0 ? offset != 0 : offset <= last)) return false;
        last = offset;
    }
    return item_at(frames, bytes, frames->items).is_item &&
           item_at(frames, bytes, frames->items + last).is_item;
}

/* Take the table if it fits what is known. */
static bool try_table(dcm_frames *frames, const uint8_t *bytes, dcm_span table, uint8_t width) {
    uint64_t n = table.nbytes / width;
    if (n == 0 || table.nbytes % width || n > UINT32_MAX) return false;
    if (frames->input.declared && n != frames->input.declared) return false;
    frames->table = table;
    frames->width = width;
    frames->nframes = (uint32_t)n;
    if (table_holds(frames, bytes)) return true;
    frames->table = (dcm_span){0};
    frames->nframes = 0;
    return false;
}

/* Whether the source ends inside the last frame, or behind it without a delimiter. */
static void note_end(dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes) {
    dcm_item item = item_at(frames, bytes, frames->items + table_entry(frames, bytes, frames->nframes - 1));
    while (item.is_item && !item.is_cut)
        item = item_at(frames, bytes, item.next);
    if (item.is_item)
        frames->notes |= DCM_FRAMES_CUT;
    else if (!item.is_end && frames->input.end == nbytes)
        frames->notes |= DCM_FRAMES_NO_END;
}

static bool inside(dcm_span span, uint64_t nbytes) {
    return span.offset <= nbytes && span.nbytes <= nbytes - span.offset;
}

/* The first item holds the Basic Offset Table, unless some writer forgot it. */
static void find_basic_table(dcm_frames *frames, const uint8_t *bytes) {
    dcm_item item = item_at(frames, bytes, frames->input.offset);
    frames->items = frames->input.offset;
    if (!item.is_item || item.is_cut) return;
    bool forgotten =
        item.span.nbytes % 4 != 0 || dcm_codestream_begins(bytes + item.span.offset, item.span.nbytes);
    if (forgotten) {
        frames->notes |= DCM_FRAMES_NO_TABLE_ITEM;
        return;
    }
    frames->basic = item.span;
    frames->items = item.next;
}

dcm_status dcm_frames_open(dcm_frames *frames, const dcm_frames_input *input, const uint8_t *bytes,
                           uint64_t nbytes) {
    dcm_frames_free(frames);
    frames->input = *input;
    if (input->end > nbytes || input->offset > input->end) return DCM_E_RANGE;
    if (!inside(input->eot, nbytes) || !inside(input->eot_nbytes, nbytes)) return DCM_E_RANGE;
    find_basic_table(frames, bytes);
    if (input->joined) return dcm_frames_walk(frames, bytes, nbytes);
    if (input->eot.nbytes) {
        bool paired = input->eot_nbytes.nbytes == input->eot.nbytes;
        if (!paired || !try_table(frames, bytes, input->eot, 8)) frames->notes |= DCM_FRAMES_TABLE_WRONG;
    }
    if (!frames->table.nbytes && !try_table(frames, bytes, frames->basic, 4))
        return dcm_frames_walk(frames, bytes, nbytes);
    note_end(frames, bytes, nbytes);
    return DCM_OK;
}

static dcm_status add_span(dcm_frames *frames, dcm_span span, uint64_t nbytes) {
    if (frames->nspans == frames->spans_cap) {
        uint64_t cap = frames->spans_cap ? 2 * frames->spans_cap : 16;
        if (frames->nspans >= (1u << 20) + nbytes / 16) return DCM_E_TOO_MANY_ROWS;
        if (cap > SIZE_MAX / sizeof(dcm_span)) return DCM_E_NO_MEMORY;
        dcm_span *spans = realloc(frames->spans, (size_t)cap * sizeof(dcm_span));
        if (!spans) return DCM_E_NO_MEMORY;
        frames->spans = spans;
        frames->spans_cap = cap;
    }
    frames->spans[frames->nspans++] = span;
    return DCM_OK;
}

dcm_status dcm_frames_walk(dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes) {
    if (frames->input.end > nbytes) return DCM_E_RANGE;
    if (frames->table.nbytes) frames->notes |= DCM_FRAMES_TABLE_WRONG;
    frames->table = (dcm_span){0};
    frames->nspans = 0;
    uint64_t pos = frames->items;
    for (;;) {
        dcm_item item = item_at(frames, bytes, pos);
        if (!item.is_item) {
            if (!item.is_end && frames->input.end == nbytes) frames->notes |= DCM_FRAMES_NO_END;
            break;
        }
        if (item.is_cut) frames->notes |= DCM_FRAMES_CUT;
        if (item.is_cut && item.span.nbytes < LEAST_NBYTES) break;
        dcm_status status = add_span(frames, item.span, nbytes);
        if (status != DCM_OK) return status;
        pos = item.next;
        if (item.is_cut) break;
    }
    return dcm_frames_split(frames, bytes);
}

/* Fragments from where the table says that the frame begins to where it says that the next one does. */
static dcm_status locate_by_table(const dcm_frames *frames, const uint8_t *bytes, uint32_t frame,
                                  dcm_span *spans, uint64_t cap, uint64_t *nspans) {
    const bool is_last = frame + 1 == frames->nframes;
    const uint64_t start = table_entry(frames, bytes, frame);
    const uint64_t stop = is_last ? UINT64_MAX : table_entry(frames, bytes, frame + 1);
    const uint64_t room = frames->input.end - frames->items;
    if (start >= room || (!is_last && (stop >= room || stop <= start))) return DCM_E_ENCODED;
    uint64_t pos = frames->items + start;
    for (;;) {
        dcm_item item = item_at(frames, bytes, pos);
        if (!item.is_item) return is_last && *nspans ? DCM_OK : DCM_E_ENCODED;
        if (*nspans < cap) spans[*nspans] = item.span;
        ++*nspans;
        pos = item.next;
        if (!is_last && pos - frames->items == stop) return DCM_OK;
        if (!is_last && pos - frames->items > stop) return DCM_E_ENCODED;
        if (item.is_cut) return is_last ? DCM_OK : DCM_E_ENCODED;
    }
}

dcm_status dcm_frames_locate(const dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes, uint32_t frame,
                             dcm_span *spans, uint64_t cap, uint64_t *nspans) {
    *nspans = 0;
    if (frame >= frames->nframes || frames->input.end > nbytes) return DCM_E_RANGE;
    if (frames->table.nbytes == 0) {
        *nspans = frames->first[frame + 1] - frames->first[frame];
        for (uint64_t i = 0; i < *nspans && i < cap; i++)
            spans[i] = frames->spans[frames->first[frame] + i];
        return DCM_OK;
    }
    dcm_status status = locate_by_table(frames, bytes, frame, spans, cap, nspans);
    if (status != DCM_OK || frames->width != 8) return status;
    /* the extended table tells the length without padding, and allows one fragment only */
    uint64_t told =
        dcm_load_u64(bytes + frames->input.eot_nbytes.offset + 8 * (uint64_t)frame, frames->input.big_endian);
    if (*nspans == 1 && cap && told && told <= spans[0].nbytes && spans[0].nbytes - told <= 1)
        spans[0].nbytes = told;
    return DCM_OK;
}
