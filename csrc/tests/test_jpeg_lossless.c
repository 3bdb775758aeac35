/* Lossless JPEG: the decoder against a slow one, over random bits. ITU-T T.81 Annex H. */
#include "jpeg_lossless_slow.h"

static uint64_t state = 2026;

static uint32_t below(uint32_t n) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

static uint8_t data[1 << 16];

static made_header made(uint32_t rows, uint32_t columns) {
    made_header h = {rows, columns, 1 + below(4), 2 + below(15), 1 + below(7),
                     0,    0,       1 + below(2), {{0}},         {{0}}};
    uint8_t bytes[16];
    if (below(4) == 0) h.point_transform = below(h.precision);
    if (below(4) == 0) h.interval_rows = 1 + below(rows);
    for (uint32_t t = 0; t < 2; t++) {
        for (uint32_t i = 0; i < 16; i++)
            bytes[i] = (uint8_t)(below(3) ? below(256) : 0);
        make_table(&h, t, bytes, below(17));
    }
    return h;
}

/* Any bits are symbols, as long as they are codes. */
static void fill(uint64_t n, uint32_t kind) {
    for (uint64_t i = 0; i < n; i++)
        data[i] = (uint8_t)(kind == 0 ? below(256) : kind == 1 ? 0 : kind == 2 ? 0x55 : below(16) * 17);
}

static void test_random_bits(void) {
    uint32_t nshort = 0, n = 600;
    for (uint32_t i = 0; i < n; i++) {
        const bool is_large = i % 20 == 0;
        const uint64_t ndata = below(is_large ? sizeof data : 4000);
        fill(ndata, i % 4);
        for (uint32_t k = below(2) * below(4); k > 0 && ndata > 2; k--) { /* markers, or what is none */
            const uint32_t at = below((uint32_t)ndata - 1);
            data[at] = 0xFF, data[at + 1] = (uint8_t)(below(2) ? 0xD0 + below(10) : below(2) ? 0 : 0xFF);
        }
        const made_header h = made(1 + below(is_large ? 200 : 12), 1 + below(is_large ? 300 : 40));
        nshort += check_made(&h, data, ndata) == DCM_JPLL_SHORT;
    }
    CHECK(nshort > 50 && nshort < n - 50);
}

/* A stream that is cut gives what the slow decoder gives, at every length. */
static void test_cut_anywhere(void) {
    fill(400, 0);
    for (uint32_t i = 0; i < 3; i++) {
        const made_header h = made(20, 30);
        for (uint64_t n = 0; n < 400; n += 1 + below(3))
            check_made(&h, data, n);
    }
}

static void test_headers_cut_anywhere(void) {
    const made_header h = made(3, 4);
    uint8_t *const stream = block(400, 0), out[3 * 4 * 4 * 2];
    const uint64_t n = put_header(&h, stream);
    dcm_jpll *const d = dcm_jpll_new(64);
    const dcm_jpll_layout layout = {3, 4, h.samples, 2};
    for (uint64_t i = 0; i < n; i++) {
        uint8_t *const exact = block(i, 0);
        uint32_t notes = 0;
        uint64_t offset = 0;
        memcpy(exact, stream, i);
        CHECK(dcm_jpll_decode(d, &layout, exact, i, out, 24ull * h.samples, &notes) == DCM_E_ENCODED);
        CHECK(dcm_jpll_fault_of(d, &offset) != DCM_JPLL_SOUND && offset <= i);
        free(exact);
    }
    uint32_t notes = 0;
    CHECK(dcm_jpll_decode(d, &layout, stream, n, out, 24ull * h.samples - 1, &notes) == DCM_E_RANGE);
    CHECK(dcm_jpll_decode(d, &(dcm_jpll_layout){3, 65, 1, 2}, stream, n, out, 390, &notes) == DCM_E_RANGE);
    CHECK(dcm_jpll_new(UINT64_MAX) == NULL);
    dcm_jpll_free(d);
    free(stream);
}

int main(void) {
    test_random_bits();
    test_cut_anywhere();
    test_headers_cut_anywhere();
    return check_result();
}
