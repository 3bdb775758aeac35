/* libFuzzer target: the kernels of pixels with layouts and data out of the same bytes, blocks of exact size.
 */
#include "../tests/check.h"
#include "cellrun.h"
#include "color.h"
#include "palette.h"
#include "samples.h"
#include "segments.h"
#include "simd.h"

#include <stdlib.h>

#define NPARAMETERS 16u

static uint8_t *block(const uint8_t *bytes, size_t nbytes) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    if (bytes && nbytes) memcpy(p, bytes, nbytes);
    return p;
}

static void use_samples(const uint8_t *p, const uint8_t *in, size_t nbytes) {
    dcm_samples l = {.bits_allocated = p[0] % 66, .bits_stored = p[1] % 66, .high_bit = p[2] % 66};
    l.bit_offset = p[3] % 17;
    l.nplanes = p[4] % 5;
    l.out_nbytes = 1u << p[5] % 4;
    l.is_signed = p[6] & 1;
    l.big_endian = p[6] & 2;
    l.swap_pairs = p[6] & 4;
    const uint64_t nsamples = dcm_load_u16le(p + 7);
    if (!dcm_samples_sound(&l, nsamples)) return;
    uint8_t *out = block(NULL, (size_t)nsamples * l.out_nbytes),
            *again = block(NULL, (size_t)nsamples * l.out_nbytes);
    dcm_simd_force_portable(false);
    const uint64_t there = dcm_samples_unpack(&l, in, nbytes, out, nsamples);
    dcm_simd_force_portable(true);
    CHECK(dcm_samples_unpack(&l, in, nbytes, again, nsamples) == there);
    CHECK(!memcmp(out, again, (size_t)nsamples * l.out_nbytes));
    CHECK(!dcm_cellrun_has_unused(out, l.out_nbytes, l.bits_stored, l.is_signed,
                                  __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, (size_t)nsamples));
    free(out);
    free(again);
}

static void use_groups(const uint8_t *p, const uint8_t *in, size_t nbytes) {
    const size_t npixels = dcm_load_u16le(p + 7) % 5000;
    uint8_t *out = block(NULL, 3 * npixels), *again = block(NULL, 3 * npixels);
    dcm_simd_force_portable(false);
    const size_t there = dcm_color_convert_422(DCM_COLOR_FULL_TO_RGB, in, nbytes, p[9], out, npixels);
    dcm_simd_force_portable(true);
    CHECK(dcm_color_convert_422(DCM_COLOR_FULL_TO_RGB, in, nbytes, p[9], again, npixels) == there);
    CHECK(there <= npixels && !memcmp(out, again, 3 * npixels));
    free(out);
    free(again);
}

static void use_segments(const uint8_t *p, const uint8_t *in, size_t nbytes) {
    const uint32_t nentries = dcm_load_u16le(p + 10) % 2000 + 1, size = 1 + p[12] % 2;
    uint8_t *out = block(NULL, (size_t)nentries * size);
    uint32_t ndone = 0;
    const dcm_segments_status status =
        dcm_segments_expand(in, nbytes, 8 * size, p[12] & 2, out, nentries, &ndone);
    CHECK(ndone <= nentries);
    if (status == DCM_SEGMENTS_OK && ndone >= 3) {
        dcm_palette palette = {
            .lut = out, .nentries = ndone / 3, .lut_nbytes = size, .index_nbytes = 1 + p[13] % 2};
        palette.first = (int16_t)dcm_load_u16le(p + 14);
        palette.index_is_signed = p[13] & 2;
        const size_t n = nbytes / palette.index_nbytes;
        uint8_t *colours = block(NULL, n * 3 * size);
        dcm_palette_apply(&palette, in, colours, n);
        free(colours);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    if (nbytes < NPARAMETERS) return 0;
    uint8_t *in = block(bytes + NPARAMETERS, nbytes - NPARAMETERS);
    use_samples(bytes, in, nbytes - NPARAMETERS);
    use_groups(bytes, in, nbytes - NPARAMETERS);
    use_segments(bytes, in, nbytes - NPARAMETERS);
    free(in);
    if (check_nfailed) abort();
    return 0;
}
