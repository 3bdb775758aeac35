/* Base64 against a definition of a few lines, in blocks of exact size. RFC 4648 §4. */
#include "base64.h"
#include "scan_checks.h"
#include "simd.h"

static void encode_slowly(const uint8_t *p, size_t nbytes, uint8_t *out) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t bit = 0; bit < 8 * nbytes; bit += 6) {
        unsigned six = 0;
        for (size_t b = bit; b < bit + 6; b++)
            six = six << 1 | (b < 8 * nbytes ? p[b / 8] >> (7 - b % 8) & 1u : 0);
        *out++ = (uint8_t)letters[six];
    }
    for (size_t n = nbytes; n % 3; n++)
        *out++ = '=';
}

static void every_length_is_right(void) {
    uint64_t state = 5;
    for (size_t n = 0; n <= 300; n++) {
        const size_t nchars = (size_t)dcm_base64_nchars(n);
        uint8_t *p = malloc(n ? n : 1), *out = malloc(nchars ? nchars : 1), *expected = malloc(nchars + 4);
        if (!p || !out || !expected) abort();
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)next_random(&state);
        encode_slowly(p, n, expected);
        dcm_base64_encode(p, n, out);
        CHECK(memcmp(out, expected, nchars) == 0);
        free(p), free(out), free(expected);
    }
}

int main(void) {
    every_length_is_right();
    dcm_simd_force_portable(true);
    every_length_is_right();
    return check_result();
}
