/* libFuzzer target: JPEG-LS. Any bytes as a stream, with and without the instructions that only some machines
 * have. */
#include "../tests/check.h"
#include "jpegls.h"
#include "simd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* Of the size that the first frame header tells, if that is small. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    dcm_jpls_layout layout = {1, 1, 1, 1};
    for (size_t i = 0; i + 9 < nbytes; i++) {
        if (bytes[i] != 0xFF || bytes[i + 1] != 0xF7) continue;
        layout =
            (dcm_jpls_layout){dcm_load_u16be(bytes + i + 5), dcm_load_u16be(bytes + i + 7), bytes[i + 9], 2};
        break;
    }
    if (layout.rows == 0) layout.rows = 5;
    const uint64_t out_nbytes = (uint64_t)layout.rows * layout.columns * layout.samples * 2;
    if (out_nbytes == 0 || out_nbytes > 1 << 18) return 0;
    layout.sample_nbytes = 2;
    static dcm_jpls *d;
    if (!d) d = dcm_jpls_new();
    uint8_t *const one = calloc(1, out_nbytes), *const two = malloc(out_nbytes);
    if (!d || !one || !two) abort();
    uint32_t notes = 0, again = 0;
    const dcm_status status = dcm_jpls_decode(d, &layout, bytes, nbytes, one, out_nbytes, &notes);
    dcm_simd_force_portable(true);
    CHECK(dcm_jpls_decode(d, &layout, bytes, nbytes, two, out_nbytes, &again) == status);
    dcm_simd_force_portable(false);
    if (status == DCM_OK) CHECK(notes == again && memcmp(one, two, out_nbytes) == 0);
    free(one), free(two);
    if (check_nfailed) abort();
    return 0;
}
