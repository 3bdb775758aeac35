/* Lossless JPEG, a bit at a time: what the fast decoder is compared with. ITU-T T.81 Annexes B, C, F and H.
 */
#ifndef DCM_JPEG_LOSSLESS_SLOW_H
#define DCM_JPEG_LOSSLESS_SLOW_H

#include "check.h"
#include "jpeg_lossless.h"
#include "simd.h"

#include <stdlib.h>

/* A stream of one scan, but for its entropy-coded data. */
typedef struct made_header {
    uint32_t rows, columns, samples, precision, predictor, point_transform;
    uint32_t interval_rows; /* 0: none */
    uint32_t ntables;       /* 1 or 2: then components take turns */
    uint8_t counts[2][16], values[2][17];
} made_header;

/* Numbers of codes that can be, drawn from 16 bytes; the values in order from first on. */
static inline void make_table(made_header *h, uint32_t table, const uint8_t *bytes, uint32_t first) {
    uint32_t room = 1, left = 17;
    for (uint32_t n = 0; n < 16; n++) {
        room *= 2;
        uint32_t count = bytes[n] % 4;
        /* mostly few bits that are no code */
        if (bytes[0] < 192 && 2 * room > left + 1 + count) count = 2 * room - left - 1;
        if (n == 15) count = left;
        if (count > left) count = left;
        if (count > room - 1) count = room - 1; /* ones alone are no code */
        h->counts[table][n] = (uint8_t)count;
        room -= count;
        left -= count;
    }
    for (uint32_t i = 0; i < 17; i++)
        h->values[table][i] = (uint8_t)((first + i) % 17);
}

static inline uint32_t table_nvalues(const made_header *h, uint32_t table) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < 16; i++)
        n += h->counts[table][i];
    return n;
}

/* Bits of a segment, without what was stuffed in. */
typedef struct slow_bits {
    const uint8_t *p;
    uint64_t n, pos;
    bool used_up;
} slow_bits;

static inline uint32_t slow_bit(slow_bits *b) {
    const uint8_t byte = b->pos / 8 < b->n ? b->p[b->pos / 8] : 0;
    if (b->pos / 8 >= b->n) b->used_up = true;
    return byte >> (7 - b->pos++ % 8) & 1u;
}

/* §F.2.2.3, §H.1.2.2. False if no whole symbol is there. */
static inline bool slow_difference(const made_header *h, uint32_t table, slow_bits *b, int32_t *difference) {
    uint32_t code = 0, first = 0, index = 0;
    for (uint32_t n = 0; n < 16; n++) {
        code = code << 1 | slow_bit(b);
        first <<= 1;
        if (code - first < h->counts[table][n]) {
            const uint32_t category = h->values[table][index + code - first];
            int32_t behind = 0;
            for (uint32_t i = 0; i < category && category < 16; i++)
                behind = behind << 1 | (int32_t)slow_bit(b);
            *difference = behind;
            if (category == 16) *difference = 32768;
            if (category && category < 16 && !(behind >> (category - 1)))
                *difference = behind - (1 << category) + 1;
            return !b->used_up;
        }
        first += h->counts[table][n];
        index += h->counts[table][n];
    }
    return false;
}

/* Table H.1. `at` is the sample's place among unshifted ones. */
static inline uint32_t slow_prediction(const made_header *h, const uint16_t *at, uint32_t x, bool is_first) {
    const uint32_t n = h->samples, width = n * h->columns;
    if (is_first) return x ? at[-(int64_t)n] : 1u << (h->precision - h->point_transform - 1);
    if (x == 0) return at[-(int64_t)width];
    const int32_t a = at[-(int64_t)n], b = at[-(int64_t)width], c = at[-(int64_t)(width + n)];
    const int32_t all[8] = {0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1};
    return (uint32_t)all[h->predictor];
}

/* Blocks of exact size, so that sanitizers see any byte outside of them. */
static inline void *block(uint64_t nbytes, int fill) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    memset(p, fill, nbytes ? nbytes : 1);
    return p;
}

/* Samples of the entropy-coded data behind the header, unshifted; gives the notes. */
static inline uint32_t slow_decode(const made_header *h, const uint8_t *data, uint64_t ndata, uint16_t *out) {
    uint8_t *plain = block(ndata, 0);
    uint32_t notes = 0;
    const uint32_t step = h->interval_rows ? h->interval_rows : h->rows, width = h->samples * h->columns;
    uint64_t pos = 0;
    for (uint32_t start = 0; start < h->rows; start += step) {
        slow_bits bits = {plain, 0, 0, false};
        while (pos < ndata && (data[pos] != 0xFF || (pos + 1 < ndata && data[pos + 1] == 0))) {
            plain[bits.n++] = data[pos];
            pos += data[pos] == 0xFF ? 2 : 1;
        }
        while (pos + 1 < ndata && !(data[pos] == 0xFF && data[pos + 1] != 0 && data[pos + 1] != 0xFF))
            pos++;
        const bool restarts = pos + 1 < ndata && data[pos + 1] >= 0xD0 && data[pos + 1] <= 0xD7;
        if (restarts)
            pos += 2;
        else
            ndata = pos;
        bool whole = true;
        for (uint32_t y = start; y < h->rows && y < start + step; y++) {
            for (uint32_t i = 0; i < width; i++) {
                uint16_t *const at = out + (uint64_t)y * width + i;
                int32_t difference = 0;
                whole = whole && slow_difference(h, i % h->samples % h->ntables, &bits, &difference);
                if (!whole) difference = 0;
                *at = (uint16_t)(slow_prediction(h, at, i / h->samples, y == start) + (uint32_t)difference);
            }
        }
        if (!whole) notes = DCM_JPLL_SHORT;
    }
    free(plain);
    return notes;
}

static inline void put(uint8_t *stream, uint64_t *n, const uint8_t *bytes, uint64_t nbytes) {
    if (nbytes) memcpy(stream + *n, bytes, nbytes);
    *n += nbytes;
}

/* The header's segments; at most 400 bytes. */
static inline uint64_t put_header(const made_header *h, uint8_t *stream) {
    uint64_t n = 0;
    const uint8_t samples = (uint8_t)h->samples;
    put(stream, &n,
        (const uint8_t[]){0xFF, 0xD8, 0xFF, 0xC3, 0, (uint8_t)(8 + 3 * samples), (uint8_t)h->precision,
                          (uint8_t)(h->rows >> 8), (uint8_t)h->rows, (uint8_t)(h->columns >> 8),
                          (uint8_t)h->columns, samples},
        12);
    for (uint8_t k = 0; k < samples; k++)
        put(stream, &n, (const uint8_t[]){k, 0x11, 0}, 3);
    for (uint8_t t = 0; t < h->ntables; t++) {
        const uint32_t nvalues = table_nvalues(h, t);
        put(stream, &n, (const uint8_t[]){0xFF, 0xC4, 0, (uint8_t)(19 + nvalues), t}, 5);
        put(stream, &n, h->counts[t], 16);
        put(stream, &n, h->values[t], nvalues);
    }
    const uint32_t interval = h->interval_rows * h->columns;
    put(stream, &n, (const uint8_t[]){0xFF, 0xDD, 0, 4, (uint8_t)(interval >> 8), (uint8_t)interval}, 6);
    put(stream, &n, (const uint8_t[]){0xFF, 0xDA, 0, (uint8_t)(6 + 2 * samples), samples}, 5);
    for (uint8_t k = 0; k < samples; k++)
        put(stream, &n, (const uint8_t[]){k, (uint8_t)(k % h->ntables << 4)}, 2);
    put(stream, &n, (const uint8_t[]){(uint8_t)h->predictor, 0, (uint8_t)h->point_transform}, 3);
    return n;
}

/* Decode in all ways, from and to blocks of exact size; gives the notes. */
static inline uint32_t check_made(const made_header *h, const uint8_t *data, uint64_t ndata) {
    uint8_t *const stream = block(400 + ndata, 0);
    uint64_t n = put_header(h, stream);
    put(stream, &n, data, ndata);
    uint8_t *const exact = block(n, 0);
    memcpy(exact, stream, n);
    const uint64_t nsamples = (uint64_t)h->rows * h->columns * h->samples;
    uint16_t *const want = block(2 * nsamples, 0);
    const uint32_t want_notes = slow_decode(h, data, ndata, want);
    dcm_jpll *const d = dcm_jpll_new((uint64_t)h->columns * h->samples);
    if (!d) abort();
    for (uint32_t way = 0; way < 4; way++) {
        const uint32_t nbytes = way & 1 || h->precision > 8 ? 2 : 1;
        const dcm_jpll_layout layout = {h->rows, h->columns, h->samples, nbytes};
        uint8_t *const got = block(nsamples * nbytes, 0xA5);
        uint32_t notes = 99;
        dcm_simd_force_portable(way >= 2);
        CHECK(dcm_jpll_decode(d, &layout, exact, n, got, nsamples * nbytes, &notes) == DCM_OK);
        CHECK(notes == want_notes);
        uint64_t nwrong = 0;
        for (uint64_t i = 0; i < nsamples; i++) {
            uint16_t sample = got[i];
            if (nbytes == 2) memcpy(&sample, got + 2 * i, 2);
            const uint16_t shifted = (uint16_t)(want[i] << h->point_transform);
            nwrong += sample != (nbytes == 1 ? (uint8_t)shifted : shifted);
        }
        CHECK(nwrong == 0);
        free(got);
    }
    dcm_simd_force_portable(false);
    dcm_jpll_free(d);
    free(stream), free(exact), free(want);
    return want_notes;
}

#endif
