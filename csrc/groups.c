/* Functional groups of multi-frame images as columns: one attribute for all frames. PS3.3 §C.7.6.16.

   Why it is fast: frames repeat the same structure, so an item is compared with the one before, and where its
   rows are alike the attributes stand at the same distances from it; only else are they searched for. Items
   of a sequence that was left unscanned are scanned in pieces that fit into the cache, and their rows are
   forgotten, because touching fresh memory costs more than scanning. Nothing is allocated for a frame. */
#include "groups.h"

#include "guard.h"
#include "vr.h"

#include <stdlib.h>

#define TAG_ITEM 0xFFFEE000u
#define TAG_CHARACTER_SET 0x00080005u
#define TAG_PIXEL_REPRESENTATION 0x00280103u
#define PIECE_NBYTES (64u << 10) /* of items that are scanned at once */

void dcm_groups_init(dcm_groups *groups, dcm_groups_path *paths, uint32_t npaths) {
    *groups = (dcm_groups){.paths = paths, .npaths = npaths};
}

void dcm_groups_free(dcm_groups *groups) {
    free(groups->cells);
    dcm_groups_init(groups, groups->paths, groups->npaths);
}

static dcm_status reserve(dcm_groups *groups, uint64_t nframes) {
    if (nframes <= groups->frames_cap) return DCM_OK;
    const uint64_t frame_nbytes = (groups->npaths ? groups->npaths : 1) * (uint64_t)sizeof *groups->cells;
    if (nframes > SIZE_MAX / 2 / frame_nbytes) return DCM_E_NO_MEMORY;
    uint64_t capacity = nframes < 2 * groups->frames_cap ? 2 * groups->frames_cap : nframes;
    dcm_groups_cell *cells = realloc(groups->cells, (size_t)(capacity * frame_nbytes));
    if (!cells) return DCM_E_NO_MEMORY;
    groups->cells = cells;
    groups->frames_cap = capacity;
    return DCM_OK;
}

dcm_status dcm_groups_resize(dcm_groups *groups, uint64_t nframes) {
    dcm_status status = reserve(groups, nframes);
    if (status != DCM_OK) return status;
    if (nframes > groups->nframes && groups->npaths)
        memset(groups->cells + groups->nframes * groups->npaths, 0,
               (size_t)((nframes - groups->nframes) * groups->npaths * sizeof *groups->cells));
    groups->nframes = nframes;
    return DCM_OK;
}

/* ---- where the attributes stand */

static uint32_t first_item(const dcm_element *rows, uint32_t sequence, bool *unscanned) {
    const dcm_element *row = &rows[sequence];
    if (row->flags & DCM_ROW_FRAGMENTS || (row->vr != DCM_VR_SQ && row->vr != DCM_VR_UN)) return DCM_NO_ROW;
    if (row->end > sequence + 1) return sequence + 1;
    *unscanned = row->length != 0;
    return DCM_NO_ROW;
}

static uint32_t find_path(const dcm_index *index, uint32_t item, const dcm_groups_path *path,
                          bool *unscanned) {
    uint32_t row = item;
    for (uint32_t i = 0; row != DCM_NO_ROW; i++) {
        row = dcm_index_find(index, row, path->tags[i]);
        if (row == DCM_NO_ROW || i + 1 == path->ntags) return row;
        row = first_item(index->rows, row, unscanned);
    }
    return DCM_NO_ROW;
}

/* In the first items of the sequences, in the order of their tags, private ones last. */
static uint32_t find_in_macros(const dcm_index *index, uint32_t item, uint32_t tag) {
    const dcm_element *rows = index->rows;
    const bool unsorted = rows[item].flags & DCM_ROW_UNSORTED;
    uint64_t best = UINT64_MAX;
    uint32_t found = DCM_NO_ROW;
    for (uint32_t row = item + 1; row < rows[item].end; row = rows[row].end) {
        const uint64_t rank = (uint64_t)(rows[row].tag >> 16 & 1) << 32 | rows[row].tag;
        if (rows[row].vr != DCM_VR_SQ || rank >= best) continue;
        bool unscanned;
        const uint32_t inner = first_item(rows, row, &unscanned);
        if (inner == DCM_NO_ROW) continue;
        const uint32_t hit = dcm_index_find(index, inner, tag);
        if (hit == DCM_NO_ROW || (unsorted && dcm_index_find(index, item, rows[row].tag) != row)) continue;
        best = rank;
        found = hit;
    }
    return found;
}

static uint32_t find(const dcm_index *index, uint32_t item, const dcm_groups_path *path, bool *unscanned) {
    *unscanned = false;
    const uint32_t row = find_path(index, item, path, unscanned);
    return row == DCM_NO_ROW && path->anywhere ? find_in_macros(index, item, path->tags[0]) : row;
}

/* Whether two items have the same elements, at the same distances. */
static bool are_alike(const dcm_element *rows, uint32_t before, uint32_t item) {
    const uint32_t n = rows[item].end - item, shift = item - before;
    if (rows[before].end - before != n || rows[before].flags != rows[item].flags) return false;
    const dcm_element *a = rows + before, *b = rows + item;
    uint32_t differ = 0;
    for (uint32_t i = 1; i < n; i++)
        differ |= (a[i].tag ^ b[i].tag) | ((a[i].end + shift) ^ b[i].end) |
                  (uint32_t)((a[i].vr ^ b[i].vr) | (a[i].flags ^ b[i].flags)) |
                  (uint32_t)((a[i].length == 0) ^ (b[i].length == 0));
    return differ == 0;
}

static void find_all(dcm_groups *groups, const dcm_index *index, uint32_t item) {
    const dcm_element *rows = index->rows;
    for (uint32_t row = item + 1; row < rows[item].end; row++)
        if (rows[row].tag == TAG_CHARACTER_SET || rows[row].tag == TAG_PIXEL_REPRESENTATION)
            groups->own_context = true;
    for (uint32_t p = 0; p < groups->npaths; p++) {
        dcm_groups_path *path = &groups->paths[p];
        const uint32_t row = find(index, item, path, &path->unscanned);
        path->distance = row == DCM_NO_ROW ? DCM_NO_ROW : row - item;
    }
}

static inline dcm_groups_cell cell_of(const dcm_element *row) {
    return (dcm_groups_cell){.offset = row->offset,
                             .length = row->length,
                             .vr = row->vr,
                             .flags = row->flags,
                             .state = DCM_GROUPS_FOUND};
}

static dcm_groups_cell cell_at(const dcm_groups_path *path, const dcm_element *item) {
    if (path->distance != DCM_NO_ROW) return cell_of(item + path->distance);
    return (dcm_groups_cell){.state = path->unscanned ? DCM_GROUPS_UNSCANNED : DCM_GROUPS_ABSENT};
}

/* Room for the frame was made; `before` is the item of the frame before, DCM_NO_ROW if its rows are gone. */
static inline void add_frame(dcm_groups *groups, const dcm_index *index, uint32_t before, uint32_t item) {
    const dcm_element *rows = index->rows;
    if (before == DCM_NO_ROW || !are_alike(rows, before, item)) find_all(groups, index, item);
    dcm_groups_cell *cells = groups->cells + groups->nframes++ * groups->npaths;
    for (uint32_t p = 0; p < groups->npaths; p++)
        cells[p] = cell_at(&groups->paths[p], &rows[item]);
}

dcm_status dcm_groups_add(dcm_groups *groups, const dcm_index *index, const uint32_t *items,
                          uint32_t nitems) {
    dcm_status status = reserve(groups, groups->nframes + nitems);
    if (status != DCM_OK) return status;
    for (uint32_t i = 0; i < nitems; i++)
        add_frame(groups, index, i ? items[i - 1] : DCM_NO_ROW, items[i]);
    return DCM_OK;
}

void dcm_groups_fill_path(dcm_groups *groups, uint32_t path, const dcm_element *element) {
    const dcm_groups_cell cell = cell_of(element);
    for (uint64_t f = 0; f < groups->nframes; f++) {
        dcm_groups_cell *at = &groups->cells[f * groups->npaths + path];
        if (at->state == DCM_GROUPS_ABSENT) *at = cell;
    }
}

void dcm_groups_fill(dcm_groups *groups, const dcm_index *index, uint32_t item) {
    find_all(groups, index, item);
    for (uint32_t p = 0; p < groups->npaths; p++) {
        const dcm_groups_cell cell = cell_at(&groups->paths[p], &index->rows[item]);
        for (uint64_t f = 0; f < groups->nframes; f++) {
            dcm_groups_cell *at = &groups->cells[f * groups->npaths + p];
            if (at->state == DCM_GROUPS_ABSENT) *at = cell;
        }
    }
}

/* ---- items that have no rows yet */

struct unscanned {
    dcm_groups *groups;
    dcm_index *index; /* of one piece */
    dcm_scanner *scanner;
    const dcm_scan_options *options;
    dcm_encoding encoding;
    const uint8_t *bytes; /* the source from its start */
    uint64_t pos, end;    /* what is left of the sequence */
    dcm_status status;
    bool sound;
};

/* End of the whole items from `pos` on that make up a piece; 0 if there is something else. */
static uint64_t end_of_piece(const struct unscanned *u, uint64_t pos) {
    const uint64_t start = pos;
    while (pos < u->end && pos - start < PIECE_NBYTES) {
        if (u->end - pos < 8 || dcm_load_u16(u->bytes + pos, u->encoding.big) != TAG_ITEM >> 16 ||
            dcm_load_u16(u->bytes + pos + 2, u->encoding.big) != (TAG_ITEM & 0xFFFF))
            return 0;
        const uint32_t length = dcm_load_u32(u->bytes + pos + 4, u->encoding.big);
        pos += 8;
        if (length > u->end - pos) return 0; /* undefined lengths as well: no sequence is so long */
        pos += length;
    }
    return pos;
}

static void add_pieces(void *context) {
    struct unscanned *u = context;
    dcm_index *index = u->index;
    while (u->pos < u->end) {
        const uint64_t stop = end_of_piece(u, u->pos);
        if (stop == 0) return;
        dcm_index_clear(index);
        dcm_scan_init_range(u->scanner, u->options, u->pos, stop, u->encoding, true);
        const dcm_status status = dcm_scan_run(u->scanner, u->bytes, stop, true, index);
        /* what is noted may be read otherwise where more can be seen */
        if (status != DCM_OK || index->nfindings || u->scanner->pos != stop) return;
        u->status = reserve(u->groups, u->groups->nframes + index->ntop);
        if (u->status != DCM_OK) return;
        uint32_t before = DCM_NO_ROW;
        for (uint32_t item = 0; item < index->nrows; item = index->rows[item].end) {
            add_frame(u->groups, index, before, item);
            before = item;
        }
        u->pos = stop;
    }
    u->sound = true;
}

dcm_status dcm_groups_add_unscanned(dcm_groups *groups, const dcm_source *source, const dcm_element *sequence,
                                    const dcm_scan_options *options, bool *sound) {
    const bool mapped = !dcm_source_held(source, sequence->offset, sequence->length);
    const uint64_t nbytes = mapped ? source->nbytes : source->head_nbytes;
    const uint64_t nframes = groups->nframes;
    *sound = false;
    if (mapped && !source->mapping.bytes) return DCM_OK;
    if (sequence->offset > nbytes || sequence->length > nbytes - sequence->offset) return DCM_OK;
    dcm_index index;
    dcm_scanner scanner;
    dcm_index_init(&index);
    struct unscanned u = {.groups = groups,
                          .index = &index,
                          .scanner = &scanner,
                          .options = options,
                          .encoding = {.implicit = sequence->flags & DCM_ROW_IMPLICIT,
                                       .big = sequence->flags & DCM_ROW_BIG_ENDIAN},
                          .bytes = mapped ? source->mapping.bytes : source->head,
                          .pos = sequence->offset,
                          .end = sequence->offset + sequence->length};
    const bool whole = dcm_guarded(add_pieces, &u);
    dcm_index_free(&index);
    *sound = whole && u.sound;
    if (!*sound) groups->nframes = nframes;
    return whole ? u.status : DCM_E_CHANGED;
}
