/* libFuzzer target: RLE Lossless frames against the slow decoder, and the same bytes encoded and decoded
 * again. */
#include "../tests/rle_slow.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* The layout is in the first four bytes: samples, bytes a sample, pixels, width of a row. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    if (nbytes < 4) return 0;
    const uint32_t samples = 1 + bytes[0] % 16, sample_nbytes = 1 + bytes[1] % 8;
    const uint64_t nplanes = (uint64_t)samples * sample_nbytes;
    /* sometimes so many pixels that planes are longer than a piece */
    const uint64_t height = bytes[3] % 32 == 0 && nplanes <= 4 ? 255 : 1 + bytes[3] % 8;
    const dcm_rle_layout layout = {bytes[2] * height, samples, sample_nbytes};
    const uint8_t *data = bytes + 4;
    const uint64_t ndata = nbytes - 4;
    check_decode(&layout, data, ndata, NULL);
    /* with a header that is sound as far as it goes, most bytes are runs */
    if (nplanes <= DCM_RLE_MAX_SEGMENTS && ndata >= DCM_RLE_HEADER_NBYTES) {
        uint8_t *sound = block(ndata, 0);
        memcpy(sound, data, ndata);
        sound[0] = (uint8_t)nplanes, sound[1] = sound[2] = sound[3] = 0;
        for (uint64_t k = 0; k < nplanes; k++) {
            const uint64_t at = 64 + k * ((ndata - 64) / nplanes);
            for (uint32_t i = 0; i < 4; i++)
                sound[4 + 4 * k + i] = (uint8_t)(at >> 8 * i);
        }
        CHECK(check_decode(&layout, sound, ndata, NULL) == DCM_OK);
        free(sound);
    }
    if (nplanes <= DCM_RLE_MAX_SEGMENTS) {
        const uint64_t width = 1 + bytes[2], nrows = ndata / nplanes / width;
        if (nrows > 0)
            check_round_trip(&(dcm_rle_layout){nrows * width, samples, sample_nbytes}, width, data);
    }
    if (check_nfailed) abort();
    return 0;
}
