/* JPEG 2000 code-blocks: the fast decoder against one that goes sample by sample. T.800 Annexes C and D. */
#include "j2k_block_slow.h"

static uint64_t seed = 1;

static uint32_t draw(uint32_t n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

/* The block as pieces: its segments cut at random into what packets would bring. */
static uint32_t make_pieces(const slow_block *s, dcm_j2k_block *block, dcm_j2k_piece *pieces) {
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < s->nsegments; i++) {
        uint32_t left = s->nbytes[i], passes = s->npasses[i];
        bool starts = true;
        do {
            const uint32_t nbytes = draw(2) ? left : draw(left + 1),
                           part = nbytes == left ? passes : draw(passes + 1);
            pieces[n] = (dcm_j2k_piece){s->bytes + at, nbytes, n + 1, 0, (uint16_t)part, starts};
            n++, at += nbytes, left -= nbytes, passes -= part, starts = false;
        } while (left || passes);
        block->npasses = (uint16_t)(block->npasses + s->npasses[i]);
        block->nbytes += s->nbytes[i];
    }
    block->first_piece = n ? 0 : DCM_J2K_NO_PIECE;
    if (n) pieces[n - 1].next = DCM_J2K_NO_PIECE;
    return n;
}

/* Decode both ways and compare: the slow decoder has decoded already. */
static void check_decoded(const slow_block *s, dcm_j2k_coder *c, uint32_t extra_planes) {
    static dcm_j2k_piece pieces[4000];
    const uint32_t zero = draw(5), stride = s->width + draw(3);
    dcm_j2k_block block = {
        .width = (uint16_t)s->width, .height = (uint16_t)s->height, .zero_planes = (uint8_t)zero};
    dcm_j2k_coding coding = {.style = (uint8_t)s->style,
                             .orientation = (uint8_t)s->orientation,
                             .nplanes = (uint8_t)(s->nplanes + zero + extra_planes),
                             .step = 0.375f};
    make_pieces(s, &block, pieces);
    uint8_t *const buffer = malloc(dcm_j2k_buffer_nbytes(block.nbytes));
    int32_t *const plane = malloc((size_t)s->height * stride * sizeof *plane);
    if (!buffer || !plane) abort();
    for (uint32_t i = 0; i < 4; i++) {
        coding.reversible = i % 2;
        dcm_simd_force_portable(i / 2);
        memset(plane, 0x55, (size_t)s->height * stride * sizeof *plane);
        CHECK(dcm_j2k_decode_block(c, &coding, &block, pieces, buffer, plane, stride));
        uint32_t nwrong = 0;
        for (uint32_t y = 0; y < s->height; y++)
            for (uint32_t x = 0; x < stride; x++) {
                int32_t found = plane[y * stride + x], expected = 0x55555555;
                if (x < s->width) {
                    const int64_t doubled = slow_doubled(s, y * s->width + x) * (1 << extra_planes);
                    const float real = (float)doubled * (0.375f / 2);
                    expected = (int32_t)(doubled / 2);
                    if (!coding.reversible) memcpy(&expected, &real, sizeof real);
                    if (!coding.reversible && expected == INT32_MIN) expected = 0;
                }
                nwrong += found != expected;
            }
        CHECK(nwrong == 0);
    }
    dcm_simd_force_portable(false);
    free(buffer);
    free(plane);
}

static void set_sizes(slow_block *s) {
    static const uint16_t sizes[][2] = {{64, 64}, {32, 32}, {1024, 4}, {4, 1024},
                                        {1, 1},   {9, 7},   {128, 32}, {1, 64}};
    const uint32_t which = draw(16);
    s->width = which < 8 ? sizes[which][0] : 1 + draw(40);
    s->height = which < 8 ? sizes[which][1] : 1 + draw(40);
}

static void fill(slow_block *s) {
    const uint32_t kind = draw(4), limit = 1u << (kind == 0 ? 1 : s->nplanes);
    for (uint32_t i = 0; i < s->width * s->height; i++) {
        const uint32_t v = draw(limit);
        s->magnitude[i] = kind == 1               ? v & draw(limit) & draw(limit) & draw(limit)
                          : kind == 2 && draw(50) ? 0
                                                  : v;
        s->negative[i] = draw(2);
    }
}

/* Encoded, and decoded again. */
static void test_round_trips(slow_block *s, dcm_j2k_coder *c) {
    for (uint32_t n = 0; n < 1500; n++) {
        set_sizes(s);
        s->orientation = draw(4);
        s->style = draw(3) ? draw(64) : 0;
        s->nplanes = 1 + draw(draw(8) ? 9 : 26);
        fill(s);
        const uint32_t max_npasses = 3 * s->nplanes - 2;
        const uint32_t npasses = draw(2) ? max_npasses : 1 + draw(max_npasses);
        s->encoding = true;
        slow_code(s, npasses);
        static slow_block again;
        again = *s;
        again.mq.units = NULL, again.mq.is_short = NULL;
        again.encoding = false;
        memset(again.magnitude, 0, sizeof again.magnitude);
        slow_code(&again, npasses);
        if (npasses == max_npasses) CHECK(memcmp(again.decoded, s->magnitude, s->width * s->height * 4) == 0);
        check_decoded(&again, c, 0);
        free(again.mq.units), free(again.mq.is_short);
    }
}

/* Any bytes. */
static void test_noise(slow_block *s, dcm_j2k_coder *c) {
    for (uint32_t n = 0; n < 1500; n++) {
        set_sizes(s);
        s->orientation = draw(4);
        s->style = draw(64);
        s->nplanes = 1 + draw(12);
        s->encoding = false;
        memset(s->magnitude, 0, sizeof s->magnitude);
        memset(s->negative, 0, sizeof s->negative);
        const uint32_t npasses = 1 + draw(3 * s->nplanes - 2), likely_ff = draw(3);
        uint32_t at = 0, begun = 0;
        s->nsegments = 0;
        for (uint32_t i = 0; i < npasses; i++) {
            begun++;
            if (!slow_ends(s, i, npasses)) continue;
            s->nbytes[s->nsegments] = draw(4) ? draw(2000) : draw(3);
            for (uint32_t k = 0; k < s->nbytes[s->nsegments]; k++)
                s->bytes[at++] = (uint8_t)(likely_ff && draw(1 + 3 * likely_ff) == 0
                                               ? 0xFF
                                               : draw(256) & (draw(2) ? 0x8F : 0xFF));
            s->npasses[s->nsegments++] = begun;
            begun = 0;
        }
        slow_code(s, npasses);
        check_decoded(s, c, draw(2) * draw(4));
    }
}

/* More planes or passes than there can be. */
static void test_impossible(dcm_j2k_coder *c) {
    static const uint8_t bytes[40] = {1, 2, 3};
    int32_t plane[16];
    uint8_t buffer[64];
    dcm_j2k_piece piece = {bytes, sizeof bytes, DCM_J2K_NO_PIECE, 0, 164, true};
    dcm_j2k_block block = {.width = 4, .height = 4, .npasses = 164, .nbytes = sizeof bytes};
    dcm_j2k_coding coding = {.nplanes = 37, .reversible = true};
    CHECK(!dcm_j2k_decode_block(c, &coding, &block, &piece, buffer, plane, 4));
    for (uint32_t i = 0; i < 16; i++)
        CHECK(plane[i] == 0);
    coding.nplanes = 3;
    CHECK(!dcm_j2k_decode_block(c, &coding, &block, &piece, buffer, plane, 4));
    block.zero_planes = 9;
    CHECK(!dcm_j2k_decode_block(c, &coding, &block, &piece, buffer, plane, 4));
    CHECK(plane[5] == 0);
    block.first_piece = DCM_J2K_NO_PIECE, block.npasses = 0;
    CHECK(dcm_j2k_decode_block(c, &coding, &block, &piece, buffer, plane, 4));
}

int main(void) {
    static slow_block s;
    uint8_t *const bytes = malloc(SLOW_MAX_NBYTES);
    dcm_j2k_coder *const c = dcm_j2k_coder_new();
    if (!bytes || !c) return 1;
    s.bytes = bytes;
    test_round_trips(&s, c);
    test_noise(&s, c);
    test_impossible(c);
    dcm_j2k_coder_free(c);
    free(s.mq.units), free(s.mq.is_short);
    free(bytes);
    return check_result();
}
