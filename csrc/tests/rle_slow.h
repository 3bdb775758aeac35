/* RLE Lossless, one byte at a time: what the fast decoder is compared with. PS3.5 Annex G. */
#ifndef DCM_RLE_SLOW_H
#define DCM_RLE_SLOW_H

#include "check.h"
#include "rle_encode.h"

#include <stdlib.h>

/* One plane to every step-th byte of out; gives the notes. */
static inline uint32_t slow_plane(const uint8_t *in, uint64_t pos, uint64_t end, uint8_t *out, uint64_t step,
                                  uint64_t npixels) {
    uint64_t i = 0;
    bool cut = false;
    if (npixels == 0) return 0;
    while (i < npixels && pos < end) {
        const uint32_t control = in[pos++];
        if (control == 128 || pos == end) continue;
        const uint32_t n = control < 128 ? control + 1 : 257 - control;
        for (uint32_t j = 0; j < n && pos < end && !cut; j++) {
            if (i == npixels) cut = true;
            if (!cut) out[step * i++] = in[pos];
            if (!cut && control < 128) pos++;
        }
        if (control > 128) pos++;
    }
    const bool is_short = i < npixels, is_padded = end - pos == 1 && in[pos] == 0;
    while (i < npixels)
        out[step * i++] = 0;
    if (is_short) return DCM_RLE_SHORT;
    return cut || (pos < end && !is_padded) ? DCM_RLE_LONG : 0;
}

static inline dcm_status slow_decode(const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                                     uint8_t *out, uint32_t *notes) {
    const uint64_t nplanes = (uint64_t)layout->samples * layout->sample_nbytes;
    if (nplanes > 15 || in_nbytes < 64 || dcm_load_u32le(in) < nplanes) return DCM_E_ENCODED;
    for (uint64_t k = 0; k < nplanes; k++) {
        const uint32_t start = dcm_load_u32le(in + 4 + 4 * k);
        if (start < 64 || start > in_nbytes) return DCM_E_ENCODED;
    }
    *notes = dcm_load_u32le(in) > nplanes ? DCM_RLE_EXTRA_SEGMENTS : 0;
    for (uint64_t k = 0; k < nplanes; k++) {
        const uint64_t start = dcm_load_u32le(in + 4 + 4 * k);
        const bool is_listed = k + 1 < dcm_load_u32le(in) && k + 1 < 15;
        const uint64_t next = is_listed ? dcm_load_u32le(in + 8 + 4 * k) : in_nbytes;
        if (k + 1 < nplanes && next <= start) *notes |= DCM_RLE_ORDER;
        const uint64_t end = next > start && next <= in_nbytes ? next : in_nbytes;
        const uint64_t sample = k / layout->sample_nbytes, byte = k % layout->sample_nbytes;
        const uint64_t place = (sample + 1) * layout->sample_nbytes - 1 - byte;
        *notes |= slow_plane(in, start, end, out + place, nplanes, layout->npixels);
    }
    return DCM_OK;
}

/* Blocks of exact size, so that sanitizers see any byte outside of them. */
static inline uint8_t *block(uint64_t nbytes, int fill) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    memset(p, fill, nbytes ? nbytes : 1);
    return p;
}

/* Decode in all ways, from and to blocks of exact size; gives the status and, if wanted, the notes. */
static inline dcm_status check_decode(const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                                      uint32_t *notes) {
    const uint64_t out_nbytes = layout->npixels * layout->samples * layout->sample_nbytes;
    uint8_t *copy = block(in_nbytes, 0);
    if (in_nbytes) memcpy(copy, in, in_nbytes);
    uint8_t *want = block(out_nbytes, 0xA5), *got = block(out_nbytes, 0xA5),
            *portable = block(out_nbytes, 0x5A);
    uint32_t want_notes = 0, got_notes = 0, portable_notes = 0;
    const dcm_status status = slow_decode(layout, copy, in_nbytes, want, &want_notes);
    CHECK(dcm_rle_decode(layout, copy, in_nbytes, got, out_nbytes, &got_notes) == status);
    CHECK(dcm_rle_decode_portable(layout, copy, in_nbytes, portable, out_nbytes, &portable_notes) == status);
    CHECK(memcmp(want, got, out_nbytes) == 0); /* untouched where it was refused */
    if (status == DCM_OK) CHECK(memcmp(want, portable, out_nbytes) == 0);
    CHECK(got_notes == want_notes && portable_notes == want_notes);
    if (notes) *notes = want_notes;
    free(copy), free(want), free(got), free(portable);
    return status;
}

/* Encode a frame and decode it again; gives the encoded length. */
static inline uint64_t check_round_trip(const dcm_rle_layout *layout, uint64_t row_npixels,
                                        const uint8_t *in) {
    const uint64_t nbytes = layout->npixels * layout->samples * layout->sample_nbytes;
    const uint64_t bound = dcm_rle_bound(layout, row_npixels);
    CHECK(bound != 0);
    uint8_t *from = block(nbytes, 0), *encoded = block(bound, 0xEE), *decoded = block(nbytes, 0xEE);
    if (nbytes) memcpy(from, in, nbytes);
    uint64_t written = 0, again = 0;
    uint32_t notes = 99;
    CHECK(dcm_rle_encode(layout, row_npixels, from, nbytes, encoded, bound, &written) == DCM_OK);
    CHECK(written <= bound && written % 2 == 0);
    for (uint64_t k = 0; k < (uint64_t)layout->samples * layout->sample_nbytes; k++)
        CHECK(dcm_load_u32le(encoded + 4 + 4 * k) % 2 == 0);
    CHECK(dcm_rle_decode(layout, encoded, written, decoded, nbytes, &notes) == DCM_OK);
    CHECK(notes == 0 && memcmp(decoded, from, nbytes) == 0);
    CHECK(check_decode(layout, encoded, written, NULL) == DCM_OK);
    /* what it wrote is also enough room, and one byte less is too little */
    uint8_t *exact = block(written, 0x11);
    CHECK(dcm_rle_encode(layout, row_npixels, from, nbytes, exact, written, &again) == DCM_OK);
    CHECK(again == written && memcmp(exact, encoded, written) == 0);
    CHECK(dcm_rle_encode(layout, row_npixels, from, nbytes, exact, written - 1, &again) == DCM_E_RANGE);
    free(from), free(encoded), free(decoded), free(exact);
    return written;
}

#endif
