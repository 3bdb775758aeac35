/* Colour spaces against their equations in integers, for every colour of 8 bits. PS3.3 §C.7.6.3.1.2. */
#include "check.h"
#include "color.h"
#include "simd.h"

#include <stdlib.h>

/* Of the third samples of a colour all are tried, but where sanitizers make that slow, 16 of 256. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define STRIDE 17u
#else
#define STRIDE 1u
#endif

static int64_t floor_div(int64_t n, int64_t d) {
    const int64_t q = n / d;
    return n % d < 0 ? q - 1 : q;
}

static int64_t clip(int64_t v, int64_t max) {
    return v < 0 ? 0 : v > max ? max : v;
}

/* (by_a a + by_b b + by_c c) / d + behind, rounded and clipped. */
static int64_t equation(const int64_t *v, int64_t by_a, int64_t by_b, int64_t by_c, int64_t d, int64_t behind,
                        int64_t max) {
    if (d < 0) return equation(v, -by_a, -by_b, -by_c, -d, behind, max);
    return clip(floor_div(2 * (by_a * v[0] + by_b * v[1] + by_c * v[2]) + d, 2 * d) + behind, max);
}

static void convert_slowly(dcm_color_step step, const uint32_t *in, uint32_t bits, uint32_t *out) {
    const int64_t max = (INT64_C(1) << bits) - 1, middle = INT64_C(1) << (bits - 1);
    int64_t v[3] = {in[0], in[1], in[2]};
    if (step == DCM_COLOR_FULL_TO_RGB) {
        v[1] -= middle;
        v[2] -= middle;
        out[0] = (uint32_t)equation(v, 1000, 0, 1402, 1000, 0, max);
        out[1] = (uint32_t)equation(v, 587000, -202008, -419198, 587000, 0, max);
        out[2] = (uint32_t)equation(v, 1000, 1772, 0, 1000, 0, max);
    } else if (step == DCM_COLOR_RGB_TO_FULL) {
        out[0] = (uint32_t)equation(v, 299, 587, 114, 1000, 0, max);
        out[1] = (uint32_t)equation(v, -299, -587, 886, 1772, middle, max);
        out[2] = (uint32_t)equation(v, 701, -587, -114, 1402, middle, max);
    } else if (step == DCM_COLOR_PARTIAL_TO_RGB) {
        static const int64_t m[3][3] = {{2568, 5041, 979}, {-1482, -2910, 4392}, {4392, -3678, -714}};
        int64_t det = 0;
        v[0] -= 16;
        v[1] -= 128;
        v[2] -= 128;
        for (int k = 0; k < 3; k++)
            det += m[0][k] * (m[1][(k + 1) % 3] * m[2][(k + 2) % 3] - m[1][(k + 2) % 3] * m[2][(k + 1) % 3]);
        for (int row = 0; row < 3; row++) {
            int64_t by[3]; /* of the adjugate, times 10,000 */
            for (int k = 0; k < 3; k++) {
                const int a = (k + 1) % 3, b = (k + 2) % 3, p = (row + 1) % 3, q = (row + 2) % 3;
                by[k] = 10000 * (m[a][p] * m[b][q] - m[a][q] * m[b][p]);
            }
            out[row] = (uint32_t)equation(v, by[0], by[1], by[2], det, 0, max);
        }
    } else {
        memcpy(out, in, 3 * sizeof *in);
    }
}

static void every_colour_of_8_bits_is_exact(dcm_color_step step) {
    uint8_t *in = malloc(3 * 65536), *out = malloc(3 * 65536);
    if (!in || !out) abort();
    for (uint32_t third = 0; third < 256; third += STRIDE) {
        for (uint32_t i = 0; i < 65536; i++) {
            in[3 * i] = (uint8_t)(i >> 8);
            in[3 * i + 1] = (uint8_t)i;
            in[3 * i + 2] = (uint8_t)third;
        }
        dcm_color_convert_8(step, in, out, 65536);
        uint32_t nwrong = 0;
        for (uint32_t i = 0; i < 3 * 65536; i += 3) {
            uint32_t want[3];
            convert_slowly(step, (const uint32_t[]){in[i], in[i + 1], in[i + 2]}, 8, want);
            nwrong += out[i] != want[0] || out[i + 1] != want[1] || out[i + 2] != want[2];
        }
        CHECK(nwrong == 0);
        dcm_color_convert_8(step, in, in, 65536);
        CHECK(!memcmp(in, out, 3 * 65536));
    }
    free(in);
    free(out);
}

static uint32_t seed = 7;

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

static void colours_of_16_bits_are_exact(dcm_color_step step) {
    for (uint32_t bits = 1; bits <= 16; bits++) {
        for (size_t n = 0; n < 2200; n = n < 40 ? n + 1 : n * 5) {
            uint8_t *in = block(6 * n), *out = block(6 * n);
            dcm_color_convert_16(step, in, bits, out, n);
            for (size_t i = 0; i < n; i++) {
                uint16_t v[3], got[3];
                uint32_t want[3];
                memcpy(v, in + 6 * i, 6);
                memcpy(got, out + 6 * i, 6);
                convert_slowly(step, (const uint32_t[]){v[0], v[1], v[2]}, bits, want);
                CHECK(got[0] == want[0] && got[1] == want[1] && got[2] == want[2]);
            }
            free(in);
            free(out);
        }
    }
}

static void check_groups(dcm_color_step step, size_t nbytes, size_t columns, size_t npixels) {
    uint8_t *in = block(nbytes), *out = block(3 * npixels);
    const size_t done = dcm_color_convert_422(step, in, nbytes, columns, out, npixels);
    const size_t width = columns ? columns : npixels;
    size_t want_done = 0;
    for (size_t i = 0; i < npixels; i++) {
        const size_t row = i / width, column = i % width;
        const uint8_t *const group = in + 4 * (row * ((width + 1) / 2) + column / 2);
        uint32_t want[3] = {0, 0, 0};
        if ((size_t)(group - in) + 4 <= nbytes) {
            want_done++;
            convert_slowly(step, (const uint32_t[]){group[column % 2], group[2], group[3]}, 8, want);
        }
        for (size_t k = 0; k < 3; k++)
            CHECK(out[3 * i + k] == want[k]);
    }
    CHECK(done == want_done);
    free(in);
    free(out);
}

static void groups_give_their_chroma_to_both_pixels(dcm_color_step step) {
    for (size_t columns = 0; columns < 12; columns++) {
        for (size_t rows = 0; rows < 6; rows++) {
            const size_t npixels = columns * rows, nbytes = (columns + 1) / 2 * rows * 4;
            for (size_t n = 0; n <= nbytes + 3; n++)
                check_groups(step, n, columns, npixels);
        }
    }
    for (size_t n = 0; n < 60; n++)
        check_groups(step, (n + 1) / 2 * 4, 0, n);
    check_groups(step, 3000 * 4, 0, 5999);
    check_groups(step, 3 * 1201 * 4, 2401, 3 * 2401);
    check_groups(step, 2 * 4 * 1025, 2050, 2 * 2050);
}

int main(void) {
    static const dcm_color_step steps[] = {DCM_COLOR_KEEP, DCM_COLOR_FULL_TO_RGB, DCM_COLOR_RGB_TO_FULL,
                                           DCM_COLOR_PARTIAL_TO_RGB};
    for (int portable = 0; portable < 2; portable++) {
        dcm_simd_force_portable(portable);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            if (steps[i] != DCM_COLOR_KEEP) every_colour_of_8_bits_is_exact(steps[i]);
            groups_give_their_chroma_to_both_pixels(steps[i]);
            if (steps[i] != DCM_COLOR_PARTIAL_TO_RGB) colours_of_16_bits_are_exact(steps[i]);
        }
    }
    return check_result();
}
