/* Palettes and segmented tables in blocks of exact size. PS3.3 §C.7.6.3.1.5, §C.7.9.2. */
#include "check.h"
#include "palette.h"
#include "segments.h"

#include <stdlib.h>

static uint32_t seed = 3;

static uint32_t any(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static uint8_t *block(size_t nbytes) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    for (size_t i = 0; i < nbytes; i++)
        p[i] = (uint8_t)any(256);
    return p;
}

static int32_t index_at(const dcm_palette *palette, const uint8_t *in, size_t i) {
    uint16_t word;
    if (palette->index_nbytes == 1) return palette->index_is_signed ? (int8_t)in[i] : in[i];
    memcpy(&word, in + 2 * i, 2);
    return palette->index_is_signed ? (int16_t)word : word;
}

static void indices_outside_take_the_first_or_last_entry(void) {
    static const uint32_t sizes[] = {1, 2, 3, 255, 256, 257, 65535, 65536};
    static const int32_t firsts[] = {0, 1, -1, 100, -128, 300, -32768, 65535};
    for (uint32_t round = 0; round < 2000; round++) {
        dcm_palette palette = {.nentries = sizes[any(8)], .first = firsts[any(8)], .lut_nbytes = 1 + any(2)};
        palette.index_nbytes = 1 + any(2);
        palette.index_is_signed = any(2);
        const size_t size = 3 * palette.lut_nbytes, n = any(50);
        uint8_t *lut = block(palette.nentries * size), *in = block(n * palette.index_nbytes),
                *out = block(n * size);
        palette.lut = lut;
        dcm_palette_apply(&palette, in, out, n);
        for (size_t i = 0; i < n; i++) {
            int64_t entry = (int64_t)index_at(&palette, in, i) - palette.first;
            if (entry < 0) entry = 0;
            if (entry >= palette.nentries) entry = palette.nentries - 1;
            CHECK(!memcmp(out + i * size, lut + (size_t)entry * size, size));
        }
        free(lut);
        free(in);
        free(out);
    }
}

/* Any bytes do: nothing is read or written outside, and the number of entries is kept. */
static void segments_of_any_bytes_stay_in_their_bounds(void) {
    int nok = 0, nfailed = 0;
    for (uint32_t round = 0; round < 200000; round++) {
        const uint32_t bits = any(2) ? 8 : 16, nentries = 1 + any(60);
        const size_t nbytes = any(40);
        uint8_t *in = block(nbytes), *out = block(nentries * bits / 8);
        for (size_t i = 0; i < nbytes; i++)
            if (any(4)) in[i] = bits == 16 && i % 2 ? 0 : (uint8_t)any(4);
        uint32_t ndone = UINT32_MAX;
        const dcm_segments_status status =
            dcm_segments_expand(in, nbytes, bits, any(2), out, nentries, &ndone);
        CHECK(ndone <= nentries);
        nok += status == DCM_SEGMENTS_OK && ndone > 0;
        nfailed += status != DCM_SEGMENTS_OK;
        free(in);
        free(out);
    }
    CHECK(nok > 1000);
    CHECK(nfailed > 1000);
}

/* Each copies as many segments without entries as can be written, which would be 2^32 steps in all. */
static void copies_without_entries_come_to_an_end(void) {
    const size_t nvalues = 1 << 20;
    uint8_t *in = calloc(nvalues, 2), out[2];
    if (!in) abort();
    in[2] = 1; /* discrete, one entry: 0; then indirect, and behind all discrete segments of no entries */
    for (size_t i = 3; i + 4 <= nvalues / 4; i += 4) {
        in[2 * i] = 2;
        in[2 * i + 2] = in[2 * i + 3] = 0xFF;
        in[2 * i + 6] = 8;
    }
    uint32_t ndone = 0;
    CHECK(dcm_segments_expand(in, 2 * nvalues, 16, false, out, 1, &ndone) == DCM_SEGMENTS_TOO_MANY);
    CHECK(ndone == 1);
    free(in);
}

int main(void) {
    indices_outside_take_the_first_or_last_entry();
    segments_of_any_bytes_stay_in_their_bounds();
    copies_without_entries_come_to_an_end();
    return check_result();
}
