/* JPEG 2000 code-blocks: codeword segments and the order of coding passes. ITU-T T.800 §D.3, §D.4, §D.6. */
#include "j2k_coder.h"

#include <stdlib.h>

#define FIRST_RAW_PASS 10u /* with DCM_J2K_BYPASS: Table D.9 */
#define SEGMENT_PAD DCM_J2K_PAD_NBYTES

/* Table D.1 */
static uint8_t zero_context(uint32_t orientation, uint32_t h, uint32_t v, uint32_t d) {
    if (orientation == 1) { /* HL: as the others, turned */
        const uint32_t turned = h;
        h = v, v = turned;
    }
    if (orientation == 3) {
        const uint32_t hv = h + v;
        if (d >= 3) return 8;
        if (d == 2) return hv ? 7 : 6;
        if (d == 1) return hv >= 2 ? 5 : hv ? 4 : 3;
        return hv >= 2 ? 2 : (uint8_t)hv;
    }
    if (h == 2) return 8;
    if (h == 1) return v ? 7 : d ? 6 : 5;
    if (v) return v == 2 ? 4 : 3;
    return d >= 2 ? 2 : (uint8_t)d;
}

/* What two neighbours in line say of the sign: Table D.2. -1, 0, 1 */
static int32_t contribution(uint32_t significant, uint32_t negative) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < 2; i++)
        if (significant >> i & 1) sum += negative >> i & 1 ? -1 : 1;
    return sum > 0 ? 1 : sum < 0 ? -1 : 0;
}

/* Tables D.2 and D.3. Bits of the index: the neighbours to the left, above, below, to the right; significant,
   then negative. */
static uint8_t sign_context(uint32_t index) {
    static const uint8_t contexts[3][3] = {
        {0x80 | 13, 0x80 | 12, 0x80 | 11}, {0x80 | 10, 9, 10}, {11, 12, 13}};
    const uint32_t significant = index & 15, negative = index >> 4;
    const int32_t h =
        contribution((significant & 1) | (significant >> 2 & 2), (negative & 1) | (negative >> 2 & 2));
    const int32_t v = contribution(significant >> 1 & 3, negative >> 1 & 3);
    return contexts[h + 1][v + 1];
}

dcm_j2k_coder *dcm_j2k_coder_new(void) {
    dcm_j2k_coder *c = aligned_alloc(64, (sizeof *c + 63) / 64 * 64);
    if (!c) return NULL;
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < 512; i++) { /* three columns of three rows */
        const uint32_t h = (i >> 1 & 1) + (i >> 7 & 1), v = (i >> 3 & 1) + (i >> 5 & 1);
        const uint32_t d = (i & 1) + (i >> 2 & 1) + (i >> 6 & 1) + (i >> 8 & 1);
        for (uint32_t orientation = 0; orientation < 4; orientation++)
            c->zero_coding[orientation][i] = zero_context(orientation, h, v, d);
    }
    for (uint32_t i = 0; i < 256; i++)
        c->sign_coding[i] = sign_context(i);
    return c;
}

void dcm_j2k_coder_free(dcm_j2k_coder *c) {
    free(c);
}

uint64_t dcm_j2k_buffer_nbytes(uint64_t block_nbytes) {
    return block_nbytes + SEGMENT_PAD;
}

/* Prepare for a block whose samples are all 0 so far. */
static void open_block(dcm_j2k_coder *c, const dcm_j2k_block *block) {
    c->nwords = (block->width + 7u) / 8;
    c->nstripes = (block->height + 3u) / 4;
    c->stride = c->nwords + 1;
    const uint64_t naround = (uint64_t)(c->nstripes + 2) * c->stride + 1,
                   n = (uint64_t)c->nwords * c->nstripes;
    memset(c->significant, 0, naround * sizeof *c->significant);
    memset(c->negative, 0, naround * sizeof *c->negative);
    memset(c->visited, 0, n * sizeof *c->visited);
    memset(c->refined, 0, n * sizeof *c->refined);
    memset(c->planes[0], 0, n * sizeof **c->planes);
    const uint32_t ncolumns = block->width - 8 * (c->nwords - 1),
                   nrows = block->height - 4 * (c->nstripes - 1);
    const uint64_t some_columns = DCM_J2K_SAMPLES & ((UINT64_C(1) << 6 * ncolumns) - 1);
    const uint64_t some_rows = DCM_J2K_TOP_ROW * ((1u << nrows) - 1);
    for (uint32_t i = 0, stripe = 0; stripe < c->nstripes; stripe++)
        for (uint32_t w = 0; w < c->nwords; w++, i++)
            c->samples[i] = (w + 1 < c->nwords ? DCM_J2K_SAMPLES : some_columns) &
                            (stripe + 1 < c->nstripes ? DCM_J2K_SAMPLES : some_rows);
}

/* Put the bytes of the segment that begins with a piece into the buffer, and FF behind them. Gives its
   passes, and the first piece of the next one. */
static uint32_t gather(const dcm_j2k_piece *pieces, uint32_t *piece, uint8_t *buffer) {
    uint32_t npasses = 0;
    uint64_t nbytes = 0;
    do {
        const dcm_j2k_piece *p = &pieces[*piece];
        if (p->nbytes) memcpy(buffer + nbytes, p->bytes, p->nbytes);
        nbytes += p->nbytes;
        npasses += p->npasses;
        *piece = p->next;
    } while (*piece != DCM_J2K_NO_PIECE && !pieces[*piece].starts);
    memset(buffer + nbytes, 0xFF, SEGMENT_PAD);
    return npasses;
}

static void start_segment(dcm_j2k_coder *c, bool is_raw, const uint8_t *buffer) {
    c->is_raw = is_raw;
    if (!is_raw) dcm_j2k_mq_start(&c->mq, buffer);
    c->raw.in = buffer;
    c->raw.byte = c->raw.nbits = 0;
}

/* §D.5 */
static void skip_segmentation_symbol(dcm_j2k_coder *c) {
    for (uint32_t i = 0; i < 4; i++)
        dcm_j2k_mq_decide(&c->mq, &c->contexts[18]);
}

/* Decode at most max_npasses coding passes of a block; gives their number. */
static uint32_t run_passes(dcm_j2k_coder *c, uint32_t style, const dcm_j2k_block *block,
                           const dcm_j2k_piece *pieces, uint8_t *buffer, uint32_t max_npasses) {
    uint32_t piece = block->first_piece, index = 0;
    dcm_j2k_run_pass *run = dcm_j2k_run_pass_portable;
#if DCM_X86
    if (dcm_j2k_is_wide()) run = dcm_j2k_run_pass_wide;
#endif
    dcm_j2k_reset_contexts(c->contexts);
    while (piece != DCM_J2K_NO_PIECE && index < max_npasses) {
        const uint32_t npasses = gather(pieces, &piece, buffer);
        const dcm_j2k_pass first = (index + 2) % 3;
        start_segment(c, style & DCM_J2K_BYPASS && index >= FIRST_RAW_PASS && first != DCM_J2K_CLEANUP,
                      buffer);
        for (uint32_t i = 0; i < npasses && index < max_npasses; i++, index++) {
            const dcm_j2k_pass pass = (index + 2) % 3;
            if (c->is_raw && pass == DCM_J2K_CLEANUP) return index; /* no segment goes on so */
            run(c, pass, c->planes[(index + 2) / 3]);
            if (style & DCM_J2K_SEGSYM && pass == DCM_J2K_CLEANUP) skip_segmentation_symbol(c);
            if (style & DCM_J2K_RESET) dcm_j2k_reset_contexts(c->contexts);
        }
    }
    return index;
}

bool dcm_j2k_decode_block(dcm_j2k_coder *c, const dcm_j2k_coding *coding, const dcm_j2k_block *block,
                          const dcm_j2k_piece *pieces, uint8_t *buffer, void *out, uint64_t stride) {
    dcm_j2k_magnitudes m = {.reversible = coding->reversible, .half_step = coding->step / 2};
    const bool is_coded = block->first_piece != DCM_J2K_NO_PIECE;
    bool sound = true;
    if (is_coded) {
        const uint32_t told = coding->nplanes, zero = block->zero_planes;
        const uint32_t nplanes = told > zero && told - zero <= DCM_J2K_MAX_NPLANES ? told - zero : 0;
        const uint32_t max_npasses = nplanes ? 3 * nplanes - 2 : 0;
        open_block(c, block);
        c->orientation = coding->orientation;
        c->causal = coding->style & DCM_J2K_CAUSAL;
        const uint32_t npasses = run_passes(c, coding->style, block, pieces, buffer, max_npasses);
        uint32_t nthere = 0;
        for (uint32_t i = block->first_piece; i != DCM_J2K_NO_PIECE; i = pieces[i].next)
            nthere += pieces[i].npasses;
        sound = npasses == nthere;
        m.nplanes = npasses ? (npasses + 4) / 3 : 0;
        m.nmissing = nplanes - m.nplanes;
        m.ends_early = npasses % 3 == 2; /* with a significance pass: the others were not refined */
    }
    dcm_j2k_emit_block(c, &m, block, out, stride);
    return sound;
}
