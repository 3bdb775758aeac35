/* libFuzzer target: JPEG 2000. Any bytes as a codestream, with and without the instructions that only some
   machines have, with one thread and with two. */
#include "../tests/check.h"
#include "j2k.h"
#include "simd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* Of the size that SIZ tells, if that is small; its first bytes are those of the main header. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    if (nbytes < 44) return 0;
    const uint32_t x1 = dcm_load_u32be(bytes + 8), y1 = dcm_load_u32be(bytes + 12),
                   x0 = dcm_load_u32be(bytes + 16), y0 = dcm_load_u32be(bytes + 20);
    dcm_j2k_request q = {
        .samples = dcm_load_u16be(bytes + 40), .sample_nbytes = 2, .is_signed = bytes[42] >> 7};
    q.reduce = bytes[nbytes - 1] % 3;
    q.columns = (uint32_t)(((uint64_t)x1 + (1u << q.reduce) - 1) >> q.reduce) -
                ((x0 + (1u << q.reduce) - 1) >> q.reduce);
    q.rows = (uint32_t)(((uint64_t)y1 + (1u << q.reduce) - 1) >> q.reduce) -
             ((y0 + (1u << q.reduce) - 1) >> q.reduce);
    if (q.rows > 300 || q.columns > 300 || q.samples > 4 || q.rows * q.columns * q.samples == 0) return 0;
    const uint64_t out_nbytes = (uint64_t)q.rows * q.columns * q.samples * 2;
    static dcm_j2k *d;
    if (!d) d = dcm_j2k_new();
    uint8_t *const one = calloc(1, out_nbytes), *const two = malloc(out_nbytes);
    if (!d || !one || !two) abort();
    uint32_t notes = 0, again = 0;
    const dcm_status status = dcm_j2k_decode(d, &q, bytes, nbytes, one, out_nbytes, &notes);
    dcm_simd_force_portable(true);
    q.nthreads = 2;
    CHECK(dcm_j2k_decode(d, &q, bytes, nbytes, two, out_nbytes, &again) == status);
    dcm_simd_force_portable(false);
    if (status == DCM_OK) CHECK(notes == again && memcmp(one, two, out_nbytes) == 0);
    free(one), free(two);
    if (check_nfailed) abort();
    return 0;
}
