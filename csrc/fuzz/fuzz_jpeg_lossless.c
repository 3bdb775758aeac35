/* libFuzzer target: lossless JPEG. Entropy-coded data under a sound header against the slow decoder; and any
 * bytes at all as a stream, with and without the instructions that only some machines have. */
#include "../tests/jpeg_lossless_slow.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* Any stream, of the size that its first frame header tells, if that is small. */
static void check_any(const uint8_t *bytes, size_t nbytes) {
    dcm_jpll_layout layout = {1, 1, 1, 1};
    for (size_t i = 0; i + 9 < nbytes; i++) {
        if (bytes[i] != 0xFF || bytes[i + 1] != 0xC3) continue;
        layout =
            (dcm_jpll_layout){dcm_load_u16be(bytes + i + 5), dcm_load_u16be(bytes + i + 7), bytes[i + 9], 2};
        break;
    }
    if (layout.rows == 0) layout.rows = 5;
    const uint64_t row = (uint64_t)layout.columns * layout.samples,
                   out_nbytes = layout.rows * row * layout.sample_nbytes;
    if (out_nbytes > 1 << 20) return;
    dcm_jpll *const d = dcm_jpll_new(row);
    if (!d) return;
    uint8_t *const exact = block(nbytes, 0), *const one = block(out_nbytes, 1),
                   *const two = block(out_nbytes, 2);
    if (nbytes) memcpy(exact, bytes, nbytes);
    uint32_t notes = 0, again = 0;
    const dcm_status status = dcm_jpll_decode(d, &layout, exact, nbytes, one, out_nbytes, &notes);
    dcm_simd_force_portable(true);
    CHECK(dcm_jpll_decode(d, &layout, exact, nbytes, two, out_nbytes, &again) == status);
    dcm_simd_force_portable(false);
    if (status == DCM_OK) CHECK(notes == again && memcmp(one, two, out_nbytes) == 0);
    dcm_jpll_free(d);
    free(exact), free(one), free(two);
}

/* The first 24 bytes say what the header of the made stream is. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    check_any(bytes, nbytes);
    if (nbytes < 24) goto end;
    made_header h = {.samples = 1 + bytes[0] % 4, .ntables = 1 + (bytes[0] >> 7)};
    h.precision = 2 + bytes[1] % 15;
    h.predictor = 1 + bytes[2] % 7;
    h.point_transform = (bytes[2] >> 4) % h.precision;
    h.columns = 1 + bytes[3];
    h.rows = 1 + bytes[4] % 64;
    h.interval_rows = bytes[5] % 4 ? 0 : 1 + bytes[5] / 4 % 16;
    make_table(&h, 0, bytes + 8, bytes[6] % 17);
    make_table(&h, 1, bytes + 7, bytes[7] % 17);
    check_made(&h, bytes + 24, nbytes - 24);
    /* the same again and again, for what is decoded in two places */
    if (bytes[5] >= 192 && nbytes > 40) {
        const uint64_t each = nbytes - 24, times = 1 + 9000 / each;
        uint8_t *const many = block(times * each, 0);
        for (uint64_t i = 0; i < times; i++)
            memcpy(many + i * each, bytes + 24, each);
        check_made(&h, many, times * each);
        free(many);
    }
end:
    if (check_nfailed) abort();
    return 0;
}
