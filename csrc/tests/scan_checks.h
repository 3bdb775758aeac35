/* What must hold of every scan, whatever the bytes: shared by the scanner's tests and its fuzzer. */
#ifndef DCM_SCAN_CHECKS_H
#define DCM_SCAN_CHECKS_H

#include "check.h"
#include "dict.h"
#include "header.h"
#include "scan.h"
#include "vr.h"

#include <stdlib.h>

/* How a source arrives. */
typedef enum pieces {
    PIECES_WHOLE,    /* all at once */
    PIECES_NEED,     /* what the scanner asked for, no byte more */
    PIECES_DOUBLING, /* powers of two, as a reader with a buffer would */
    PIECES_RANDOM,   /* what was asked for and something on top */
    PIECES_BYTES,    /* one byte more each time, whatever was asked for */
} pieces;

static inline uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Run a scanner to its end. Every window is a block of its own, so that a sanitizer sees each byte read
   past its end. `known` tells whether the scanner was given the source's size. */
static inline dcm_status run_in_pieces(dcm_scanner *s, const uint8_t *bytes, uint64_t nbytes, pieces how,
                                       uint64_t seed, bool known, dcm_index *index) {
    uint64_t visible = how == PIECES_WHOLE ? nbytes : 0;
    for (uint64_t ncalls = 0;; ncalls++) {
        bool eof = visible == nbytes && (!known || how == PIECES_WHOLE);
        uint8_t *window = malloc(visible ? visible : 1);
        if (!window) abort();
        if (visible) memcpy(window, bytes, visible);
        dcm_status status = dcm_scan_run(s, window, visible, eof, index);
        free(window);
        if (status != DCM_NEED_MORE) return status;
        CHECK(visible < nbytes);  /* what is all there is enough */
        CHECK(s->need > visible); /* progress */
        CHECK(!known || s->need <= nbytes);
        if (visible >= nbytes || s->need <= visible || ncalls > nbytes) return status;
        uint64_t want = s->need;
        if (how == PIECES_BYTES) want = visible + 1;
        if (how == PIECES_DOUBLING)
            for (want = 1; want < s->need;)
                want *= 2;
        if (how == PIECES_RANDOM) want += next_random(&seed) % (nbytes + 1);
        visible = want < nbytes ? want : nbytes;
    }
}

static inline dcm_status scan_bytes(const dcm_scan_options *options, const uint8_t *bytes, uint64_t nbytes,
                                    pieces how, uint64_t seed, bool known, dcm_scanner *s, dcm_index *index) {
    dcm_index_init(index);
    dcm_scan_init(s, options, known ? nbytes : UINT64_MAX);
    return run_in_pieces(s, bytes, nbytes, how, seed, known, index);
}

static inline bool same_index(const dcm_index *a, const dcm_index *b) {
    if (a->nrows != b->nrows || a->ntop != b->ntop || a->nmeta != b->nmeta || a->nfindings != b->nfindings)
        return false;
    if (a->top_unsorted != b->top_unsorted) return false;
    if (a->nrows && memcmp(a->rows, b->rows, a->nrows * sizeof *a->rows) != 0) return false;
    if (a->ntop && memcmp(a->top, b->top, a->ntop * sizeof *a->top) != 0) return false;
    return a->nfindings == 0 || memcmp(a->findings, b->findings, a->nfindings * sizeof *a->findings) == 0;
}

/* The same scanner on the same bytes must come to the same end however they arrive. */
static inline void check_same_in_pieces(const dcm_scan_options *options, const uint8_t *bytes,
                                        uint64_t nbytes, pieces how, uint64_t seed, bool known) {
    dcm_scanner whole, split;
    dcm_index a, b;
    dcm_status one = scan_bytes(options, bytes, nbytes, PIECES_WHOLE, 0, true, &whole, &a);
    dcm_status two = scan_bytes(options, bytes, nbytes, how, seed, known, &split, &b);
    CHECK(one == two);
    CHECK(one < 0 ? whole.error_tag == split.error_tag : same_index(&a, &b)); /* an error leaves no index */
    CHECK(whole.pos == split.pos);
    CHECK(whole.body_offset == split.body_offset);
    CHECK(whole.stopped == split.stopped);
    CHECK(whole.has_preamble == split.has_preamble);
    CHECK(whole.encoding.implicit == split.encoding.implicit && whole.encoding.big == split.encoding.big);
    CHECK(strcmp(whole.transfer_syntax, split.transfer_syntax) == 0);
    dcm_index_free(&a);
    dcm_index_free(&b);
}

static inline bool is_row_vr(uint16_t vr) {
    return vr == DCM_VR_XS || vr == DCM_VR_OX || vr == DCM_VR_XO || vr == DCM_VR_UO ||
           dcm_vr_class_of(vr) != DCM_VR_UNKNOWN;
}

static inline void check_row(const dcm_index *index, uint32_t i, uint64_t begin, uint64_t end) {
    const dcm_element *row = &index->rows[i];
    uint32_t header = dcm_row_header_nbytes(row);
    CHECK(row->offset >= begin + header && row->offset <= end);
    CHECK(row->length <= end - row->offset);
    CHECK(row->end > i && row->end <= index->nrows);
    if (i) CHECK(row->offset >= index->rows[i - 1].offset + header);
    if (row->parent == DCM_NO_ROW) {
        CHECK(row->depth == 0);
        return;
    }
    CHECK(row->parent < i);
    if (row->parent >= i) return;
    const dcm_element *parent = &index->rows[row->parent];
    CHECK(row->depth == parent->depth + 1);
    CHECK(row->end <= parent->end);
    CHECK(row->offset - header >= parent->offset);
    CHECK(row->offset + row->length <= parent->offset + parent->length);
    bool container = parent->vr == DCM_VR_SQ || parent->flags & DCM_ROW_FRAGMENTS;
    CHECK(container == (row->tag == DCM_TAG_ITEM && row->vr == DCM_VR_NONE));
    CHECK(container || is_row_vr(row->vr));
}

static inline void check_find(const dcm_index *index, uint32_t parent, uint32_t first, uint32_t end) {
    uint32_t nseen = 0;
    for (uint32_t i = first; i < end && nseen < 64; i = index->rows[i].end, nseen++) {
        uint32_t last = DCM_NO_ROW, tag = index->rows[i].tag;
        for (uint32_t k = first; k < end; k = index->rows[k].end)
            if (index->rows[k].tag == tag) last = k;
        CHECK(dcm_index_find(index, parent, tag) == last);
        CHECK(dcm_index_find(index, parent, tag ^ 0x00010001u) == DCM_NO_ROW ||
              index->rows[dcm_index_find(index, parent, tag ^ 0x00010001u)].tag == (tag ^ 0x00010001u));
    }
}

/* After freezing: rows are a tree in preorder that lies inside [begin, end), and all are found. */
static inline void check_index(const dcm_index *index, uint64_t begin, uint64_t end) {
    CHECK(index->nrows <= (end - begin) / 8);
    CHECK(index->nmeta <= index->nrows && index->ntop <= index->nrows - index->nmeta);
    for (uint32_t i = 0; i < index->nrows; i++)
        check_row(index, i, begin, end);
    for (uint32_t i = 0; i < index->nmeta; i++)
        CHECK(index->rows[i].parent == DCM_NO_ROW && index->rows[i].end == i + 1);
    for (uint32_t i = 0; i < index->ntop; i++) {
        uint32_t row = index->top[i];
        CHECK(row >= index->nmeta && row < index->nrows);
        if (row >= index->nrows) return;
        CHECK(index->rows[row].depth == 0);
        bool items = index->rows[row].tag == DCM_TAG_ITEM;
        if (i && !items) CHECK(index->rows[row].tag > index->rows[index->top[i - 1]].tag);
        if (!items) CHECK(dcm_index_find(index, DCM_NO_ROW, index->rows[row].tag) == row);
    }
    check_find(index, DCM_META_ROW, 0, index->nmeta);
    uint32_t nitems = 0;
    for (uint32_t i = index->nmeta; i < index->nrows && nitems < 64; i++) {
        const dcm_element *row = &index->rows[i];
        bool fragment = row->parent != DCM_NO_ROW && index->rows[row->parent].flags & DCM_ROW_FRAGMENTS;
        if (row->tag != DCM_TAG_ITEM || fragment) continue;
        check_find(index, i, i + 1, row->end);
        nitems++;
    }
    for (uint32_t i = 0; i < index->nfindings; i++) {
        CHECK(index->findings[i].code < DCM_F_COUNT);
        CHECK(index->findings[i].offset <= end);
    }
}

/* A source whose size is not known until it ends may scan otherwise where lengths lie, but is as sound. */
static inline void check_unknown_size(const dcm_scan_options *options, const uint8_t *bytes, uint64_t nbytes,
                                      pieces how, uint64_t seed) {
    dcm_scanner s;
    dcm_index index;
    dcm_status status = scan_bytes(options, bytes, nbytes, how, seed, false, &s, &index);
    CHECK(status != DCM_NEED_MORE);
    if (status == DCM_OK && dcm_index_freeze(&index) == DCM_OK) {
        CHECK(s.pos <= nbytes);
        check_index(&index, 0, nbytes);
    }
    dcm_index_free(&index);
}

#endif
