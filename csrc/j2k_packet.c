/* JPEG 2000: packets: their headers, and the bytes of code-blocks behind them. ITU-T T.800 §B.9, §B.10. */
#include "j2k_tile.h"

#define MAX_TREE_DEPTH 33u
#define MAX_ZERO_PLANES 80u /* more than any image has */
#define MAX_LBLOCK 32u

/* Bits of a packet header: behind FF a byte has seven. §B.10.1 */
typedef struct bits {
    const uint8_t *p, *end;
    uint32_t byte, nbits; /* of the last byte, and how many of them are left */
    bool is_cut;
} bits;

static uint32_t read_bit(bits *b) {
    if (b->nbits == 0) {
        b->nbits = b->byte == 0xFF ? 7 : 8;
        if (b->p == b->end)
            b->is_cut = true, b->byte = 0;
        else
            b->byte = *b->p++;
    }
    return b->byte >> --b->nbits & 1u;
}

static uint32_t read_bits(bits *b, uint32_t n) {
    uint32_t v = 0;
    while (n--)
        v = v << 1 | read_bit(b);
    return v;
}

/* Whether the value of a leaf of a tag tree is less than a limit. §B.10.2 */
static bool is_below(dcm_j2k_tile *t, bits *b, uint32_t first, const dcm_j2k_cell *cell, uint32_t column,
                     uint32_t row, uint32_t limit) {
    uint32_t path[MAX_TREE_DEPTH], depth = 0, low = 0;
    for (uint32_t w = cell->ncolumns, h = cell->nrows;;) {
        path[depth++] = first + row * w + column;
        if (w == 1 && h == 1) break;
        first += w * h;
        column /= 2, row /= 2;
        w = (w + 1) / 2, h = (h + 1) / 2;
    }
    while (depth--) {
        dcm_j2k_node *const node = &t->nodes[path[depth]];
        if (low < node->low) low = node->low;
        while (low < limit && low < node->value) {
            if (read_bit(b))
                node->value = (uint16_t)low;
            else
                low++;
        }
        node->low = (uint16_t)low;
    }
    return t->nodes[path[0]].value < limit;
}

/* Table B.4 */
static uint32_t read_npasses(bits *b) {
    if (!read_bit(b)) return 1;
    if (!read_bit(b)) return 2;
    uint32_t n = read_bits(b, 2);
    if (n < 3) return 3 + n;
    n = read_bits(b, 5);
    return n < 31 ? 6 + n : 37 + read_bits(b, 7);
}

static uint32_t log2_of(uint32_t v) {
    return 31 - (uint32_t)__builtin_clz(v);
}

/* How many coding passes the codeword segment has from pass `index` on; whether it begins there. Table D.9 */
static uint32_t segment_npasses(uint32_t style, uint32_t index, bool *starts) {
    *starts = index == 0;
    if (style & DCM_J2K_TERMALL) {
        *starts = true;
        return 1;
    }
    if (!(style & DCM_J2K_BYPASS)) return UINT32_MAX;
    if (index < 10) return 10 - index;
    const uint32_t phase = (index - 10) % 3; /* two raw passes, an arithmetic one */
    *starts = phase != 1;
    return phase == 0 ? 2 : 1;
}

/* What a packet brings of a block that is in it: passes, and the lengths of their segments. §B.10.6, §B.10.7
 */
static dcm_status read_block(dcm_j2k_tile *t, bits *b, uint32_t index, uint32_t style) {
    dcm_j2k_block *const block = &t->blocks[index];
    uint32_t left = read_npasses(b);
    while (read_bit(b))
        if (++block->lblock > MAX_LBLOCK || b->is_cut) return DCM_E_ENCODED;
    while (left) {
        bool starts;
        const uint32_t most = segment_npasses(style, block->npasses, &starts), n = left < most ? left : most;
        const uint32_t nbits = block->lblock + log2_of(n);
        if (nbits > 32 || block->npasses + n > UINT16_MAX) return DCM_E_ENCODED;
        if (!dcm_j2k_grow(&t->pieces, t->npieces + 1u, sizeof *t->pieces, &t->pieces_capacity))
            return DCM_E_NO_MEMORY;
        t->pieces[t->npieces++] = (dcm_j2k_piece){
            .nbytes = read_bits(b, nbits), .block = index, .npasses = (uint16_t)n, .starts = starts};
        if (b->is_cut) return DCM_E_ENCODED;
        block->npasses = (uint16_t)(block->npasses + n);
        left -= n;
    }
    return DCM_OK;
}

/* Blocks of a cell, row by row. */
static dcm_status read_cell(dcm_j2k_tile *t, bits *b, const dcm_j2k_cell *cell, uint32_t style,
                            uint32_t layer) {
    uint32_t index = cell->first_block;
    for (uint32_t row = 0; row < cell->nrows; row++)
        for (uint32_t column = 0; column < cell->ncolumns; column++, index++) {
            dcm_j2k_block *const block = &t->blocks[index];
            const bool included =
                block->included ? read_bit(b) : is_below(t, b, cell->included, cell, column, row, layer + 1);
            if (b->is_cut) return DCM_E_ENCODED;
            if (!included) continue;
            if (!block->included) {
                uint32_t zero_planes = 0;
                while (!is_below(t, b, cell->zero_planes, cell, column, row, zero_planes + 1))
                    if (++zero_planes > MAX_ZERO_PLANES) return DCM_E_ENCODED;
                block->zero_planes = (uint8_t)zero_planes;
                block->lblock = 3;
                block->included = true;
            }
            const dcm_status status = read_block(t, b, index, style);
            if (status != DCM_OK) return status;
        }
    return DCM_OK;
}

/* Link a piece to its block. */
static void link_piece(dcm_j2k_tile *t, uint32_t index) {
    dcm_j2k_piece *const piece = &t->pieces[index];
    dcm_j2k_block *const block = &t->blocks[piece->block];
    piece->next = DCM_J2K_NO_PIECE;
    if (block->first_piece == DCM_J2K_NO_PIECE)
        block->first_piece = index;
    else
        t->pieces[block->last_piece].next = index;
    block->last_piece = index;
    block->nbytes += piece->nbytes;
    if (block->nbytes > t->max_block_nbytes) t->max_block_nbytes = block->nbytes;
}

/* Give the pieces that a header told their bytes. Of one that is cut those passes are kept that are surely
   there: they get longer from one to the next. */
static dcm_status take_bodies(dcm_j2k_tile *t, dcm_j2k_packets *from, uint32_t first, bool wanted) {
    dcm_status status = DCM_OK;
    for (uint32_t i = first; i < t->npieces; i++) {
        dcm_j2k_piece *const piece = &t->pieces[i];
        const uint64_t left = (uint64_t)(from->end - from->p);
        piece->bytes = from->p;
        if (piece->nbytes > left) {
            piece->npasses = (uint16_t)(piece->npasses * left / piece->nbytes);
            piece->nbytes = (uint32_t)left;
            status = DCM_E_ENCODED;
        }
        from->p += piece->nbytes;
        if (wanted && piece->npasses) link_piece(t, i);
    }
    if (!wanted) t->npieces = first;
    return status;
}

static void skip_marker(const uint8_t **p, const uint8_t *end, uint8_t marker, uint32_t nbytes) {
    if ((uint64_t)(end - *p) >= nbytes && (*p)[0] == 0xFF && (*p)[1] == marker) *p += nbytes;
}

dcm_status dcm_j2k_packet_read(dcm_j2k_tile *t, dcm_j2k_packets *from, dcm_j2k_precinct *precinct,
                               bool wanted) {
    const dcm_j2k_resolution *const r = &t->components[precinct->component].resolutions[precinct->resolution];
    const uint32_t first = t->npieces, style = r->bands[0].coding.style;
    skip_marker(&from->p, from->end, 0x91, 6); /* SOP: no header begins so */
    bits b = {.p = from->packed ? from->header : from->p, .end = from->packed ? from->header_end : from->end};
    dcm_status status = DCM_OK;
    if (read_bit(&b))
        for (uint32_t i = 0; i < r->nbands && status == DCM_OK; i++)
            status = read_cell(t, &b, &precinct->cells[i], style, precinct->next_layer);
    if (b.is_cut) status = DCM_E_ENCODED;
    if (b.byte == 0xFF && b.p < b.end) b.p++; /* a header does not end with FF */
    skip_marker(&b.p, b.end, 0x92, 2);        /* EPH: nor does a body begin so */
    if (from->packed)
        from->header = b.p;
    else
        from->p = b.p;
    precinct->next_layer++;
    if (status == DCM_OK) return take_bodies(t, from, first, wanted);
    t->npieces = first; /* where its bytes stand is not known */
    return status;
}
