/* libFuzzer target: JPEG 2000 code-blocks. Any bytes as codeword segments, decoded fast (with and without the
   instructions that only some machines have) and sample by sample. */
#include "../tests/j2k_block_slow.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* Share the bytes out among the segments: equal parts, the last one takes the rest. */
static uint32_t make_pieces(slow_block *s, const uint8_t *bytes, uint32_t nbytes, uint32_t npasses,
                            dcm_j2k_piece *pieces) {
    uint32_t begun = 0, at = 0;
    s->nsegments = 0;
    for (uint32_t i = 0; i < npasses; i++) {
        begun++;
        if (!slow_ends(s, i, npasses)) continue;
        s->npasses[s->nsegments++] = begun;
        begun = 0;
    }
    for (uint32_t i = 0; i < s->nsegments; i++) {
        const bool is_last = i + 1 == s->nsegments;
        s->nbytes[i] = is_last ? nbytes - at : nbytes / s->nsegments;
        pieces[i] = (dcm_j2k_piece){
            bytes + at, s->nbytes[i], is_last ? DCM_J2K_NO_PIECE : i + 1, 0, (uint16_t)s->npasses[i], true};
        at += s->nbytes[i];
    }
    return s->nsegments;
}

static void check(dcm_j2k_coder *c, const slow_block *s, const dcm_j2k_piece *pieces, uint32_t npasses,
                  uint32_t nbytes) {
    static int32_t plane[4096];
    const dcm_j2k_block block = {.width = (uint16_t)s->width,
                                 .height = (uint16_t)s->height,
                                 .npasses = (uint16_t)npasses,
                                 .nbytes = nbytes};
    const dcm_j2k_coding coding = {.style = (uint8_t)s->style,
                                   .orientation = (uint8_t)s->orientation,
                                   .nplanes = (uint8_t)s->nplanes,
                                   .reversible = true};
    uint8_t *const buffer = malloc(dcm_j2k_buffer_nbytes(nbytes));
    if (!buffer) abort();
    for (uint32_t portable = 0; portable < 2; portable++) {
        dcm_simd_force_portable(portable);
        CHECK(dcm_j2k_decode_block(c, &coding, &block, pieces, buffer, plane, s->width));
        for (uint32_t i = 0; i < s->width * s->height; i++)
            CHECK(plane[i] == slow_doubled(s, i) / 2);
    }
    dcm_simd_force_portable(false);
    free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    static slow_block s;
    static dcm_j2k_piece pieces[SLOW_MAX_NSEGMENTS];
    static dcm_j2k_coder *c;
    if (!c) c = dcm_j2k_coder_new();
    if (!c) abort();
    if (nbytes < 6 || nbytes > 4000) return 0;
    s.width = 1 + bytes[0] % 70, s.height = 1 + bytes[1] % 50;
    if (bytes[2] >= 250) s.width = 1024, s.height = 4;
    if (s.width * s.height > 4096) s.height = 4096 / s.width;
    s.style = bytes[3] % 64, s.orientation = bytes[3] / 64;
    s.nplanes = 1 + bytes[4] % 14;
    const uint32_t npasses = 1 + bytes[5] % (3 * s.nplanes - 2);
    s.bytes = (uint8_t *)(uintptr_t)(bytes + 6); /* decoding only reads */
    s.encoding = false;
    memset(s.magnitude, 0, sizeof s.magnitude);
    memset(s.negative, 0, sizeof s.negative);
    make_pieces(&s, bytes + 6, (uint32_t)nbytes - 6, npasses, pieces);
    slow_code(&s, npasses);
    check(c, &s, pieces, npasses, (uint32_t)nbytes - 6);
    if (check_nfailed) abort();
    return 0;
}
