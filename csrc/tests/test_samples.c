/* Native samples against a definition bit by bit, in blocks of exact size. PS3.5 §8.1.1, §8.2. */
#include "bitrun.h"
#include "cellrun.h"
#include "check.h"
#include "planes.h"
#include "samples.h"
#include "simd.h"

#include <stdlib.h>

static uint64_t seed = 1;

static uint32_t any(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static uint8_t *block(size_t nbytes) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    for (size_t i = 0; i < nbytes; i++)
        p[i] = (uint8_t)any(256);
    return p;
}

/* Bit `place` of the stream, with words put right; false behind its end. */
static bool bit_at(const dcm_samples *l, const uint8_t *in, size_t nbytes, uint64_t place, uint64_t *bit) {
    size_t byte = (size_t)(place / 8);
    if (l->swap_pairs) nbytes -= nbytes % 2;
    if (byte >= nbytes) return false;
    *bit = in[l->swap_pairs ? byte ^ 1 : byte] >> place % 8 & 1;
    return true;
}

static bool sample_slowly(const dcm_samples *l, const uint8_t *in, size_t nbytes, uint64_t i, uint64_t *out) {
    uint64_t cell = 0, sample = 0, bit = 0;
    for (uint32_t k = 0; k < l->bits_allocated; k++) {
        if (!bit_at(l, in, nbytes, l->bit_offset + i * l->bits_allocated + k, &bit)) return false;
        uint32_t to = k;
        if (l->big_endian && l->bits_allocated % 8 == 0) to = l->bits_allocated - 8 - k / 8 * 8 + k % 8;
        cell |= bit << to;
    }
    for (uint32_t k = 0; k < 64; k++) {
        uint32_t from = l->high_bit + 1 - l->bits_stored + k;
        bit = from <= l->high_bit ? cell >> from & 1 : l->is_signed ? cell >> l->high_bit & 1 : 0;
        sample |= bit << k;
    }
    *out = sample;
    return true;
}

static void check_unpack(const dcm_samples *l, size_t in_nbytes, uint64_t nsamples) {
    CHECK(dcm_samples_sound(l, nsamples));
    uint8_t *in = block(in_nbytes), *out = block((size_t)nsamples * l->out_nbytes);
    uint64_t there = dcm_samples_unpack(l, in, in_nbytes, out, nsamples), want_there = 0;
    const uint64_t npixels = nsamples / l->nplanes;
    for (uint64_t i = 0; i < nsamples; i++) {
        uint64_t want = 0, got = 0;
        if (sample_slowly(l, in, in_nbytes, i, &want)) want_there++;
        uint64_t place = l->nplanes == 1 ? i : i % npixels * l->nplanes + i / npixels;
        uint32_t shift = 64 - 8 * l->out_nbytes;
        memcpy(&got, out + place * l->out_nbytes, l->out_nbytes); /* little-endian, or shifted below */
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) got >>= shift;
        CHECK(got << shift == want << shift);
    }
    CHECK(there == want_there);
    free(in);
    free(out);
}

static dcm_samples any_layout(uint32_t bits_allocated) {
    dcm_samples l = {.bits_allocated = bits_allocated, .nplanes = 1};
    l.bits_stored = any(3) ? 1 + any(bits_allocated) : bits_allocated;
    l.high_bit = any(2) ? l.bits_stored - 1 : l.bits_stored - 1 + any(bits_allocated - l.bits_stored + 1);
    l.is_signed = any(2);
    l.big_endian = any(2);
    l.swap_pairs = any(3) == 0;
    l.bit_offset = any(l.swap_pairs ? 16 : 8);
    if (bits_allocated % 8 == 0) l.bit_offset = l.bit_offset / 8 * 8;
    do
        l.out_nbytes = 1u << any(4);
    while (8 * l.out_nbytes < l.bits_stored);
    return l;
}

static void cells_of_every_size_become_samples(void) {
    for (uint32_t bits = 1; bits <= 64; bits++) {
        for (uint32_t round = 0; round < 200; round++) {
            dcm_samples l = any_layout(bits);
            uint64_t nsamples = round <= 40 ? round : any(41);
            size_t nbytes = (size_t)((l.bit_offset + nsamples * bits + 7) / 8);
            if (any(3) == 0) nbytes = any((uint32_t)nbytes + 1); /* cut */
            if (any(3) == 0) nbytes += any(20);
            check_unpack(&l, nbytes, nsamples);
            l.nplanes = 1 + any(5);
            check_unpack(&l, nbytes, nsamples / l.nplanes * l.nplanes);
        }
    }
}

static void large_frames_cross_tiles(void) {
    static const uint32_t all[] = {1, 2, 8, 12, 16, 24, 32, 64};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (uint32_t round = 0; round < 12; round++) {
            dcm_samples l = any_layout(all[i]);
            l.nplanes = 1 + any(4);
            uint64_t nsamples = l.nplanes * (uint64_t)(1000 + any(1200));
            check_unpack(&l, (size_t)((l.bit_offset + nsamples * all[i] + 15) / 16 * 2), nsamples);
            check_unpack(&l, (size_t)(nsamples * all[i] / 8 / l.nplanes), nsamples);
        }
    }
}

static void unsound_layouts_are_told(void) {
    const dcm_samples good = {
        .bits_allocated = 16, .bits_stored = 12, .high_bit = 11, .nplanes = 1, .out_nbytes = 2};
    dcm_samples l = good;
    CHECK(dcm_samples_sound(&l, 7));
#define BAD(field, value)                                                                                    \
    l = good;                                                                                                \
    l.field = value;                                                                                         \
    CHECK(!dcm_samples_sound(&l, 7))
    BAD(bits_allocated, 0);
    BAD(bits_allocated, 65);
    BAD(bits_stored, 0);
    BAD(bits_stored, 13);
    BAD(bits_stored, 17);
    BAD(high_bit, 16);
    BAD(high_bit, 10);
    BAD(high_bit, UINT32_MAX);
    BAD(bit_offset, 1);
    BAD(bit_offset, 8);
    BAD(nplanes, 0);
    BAD(nplanes, 3);
    BAD(out_nbytes, 0);
    BAD(out_nbytes, 1);
    BAD(out_nbytes, 3);
    CHECK(!dcm_samples_sound(&good, UINT64_MAX));
}

static void unused_bits_are_seen_wherever_they_are(void) {
    for (uint32_t nbytes = 1; nbytes <= 8; nbytes *= 2) {
        for (uint32_t round = 0; round < 300; round++) {
            const uint32_t bits = 1 + any(8 * nbytes);
            const bool is_signed = any(2), big = any(2);
            const size_t n = round < 40 ? round : any(6000);
            uint8_t *p = block(n * nbytes);
            dcm_cellrun_correct(dcm_cell_bits_of(0, bits, is_signed), p, nbytes, n);
            if (big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)) {
                for (size_t i = 0; i < n * nbytes; i += nbytes) {
                    for (uint32_t k = 0; k < nbytes / 2; k++) {
                        uint8_t t = p[i + k];
                        p[i + k] = p[i + nbytes - 1 - k];
                        p[i + nbytes - 1 - k] = t;
                    }
                }
            }
            CHECK(!dcm_cellrun_has_unused(p, nbytes, bits, is_signed, big, n));
            if (n && bits < 8 * nbytes) {
                const uint32_t bit = bits + any(8 * nbytes - bits);
                const size_t byte = big ? nbytes - 1 - bit / 8 : bit / 8;
                p[any((uint32_t)n) * nbytes + byte] ^= (uint8_t)(1u << bit % 8);
                CHECK(dcm_cellrun_has_unused(p, nbytes, bits, is_signed, big, n));
            }
            free(p);
        }
    }
}

static void bits_come_back_from_their_packing(void) {
    for (size_t n = 0; n < 300; n++) {
        for (uint32_t first = 0; first < 8; first++) {
            const size_t npacked = (first + n + 7) / 8;
            uint8_t *in = block(n), *packed = block(npacked), *out = block(n);
            for (size_t i = 0; i < n; i++)
                if (any(2)) in[i] = 0;
            dcm_bitrun_pack(in, n, first, packed);
            for (size_t i = 0; i < 8 * npacked; i++) {
                const bool want = i >= first && i < first + n && in[i - first];
                CHECK((packed[i / 8] >> i % 8 & 1) == want);
            }
            dcm_bitrun_unpack(packed, first, 0xFF, out, n);
            for (size_t i = 0; i < n; i++)
                CHECK(out[i] == (in[i] ? 0xFF : 0));
            free(in);
            free(packed);
            free(out);
        }
    }
}

static void planes_become_pixels_and_planes_again(void) {
    for (uint32_t nbytes = 1; nbytes <= 8; nbytes *= 2) {
        for (uint32_t nplanes = 1; nplanes <= 6; nplanes++) {
            for (size_t n = 0; n < 80; n++) {
                const size_t total = n * nplanes * nbytes;
                uint8_t *in = block(total), *out = block(total), *back = block(total);
                dcm_planes_interleave(in, n * nbytes, nplanes, nbytes, out, n);
                for (size_t i = 0; i < n; i++)
                    for (uint32_t p = 0; p < nplanes; p++)
                        CHECK(!memcmp(in + (p * n + i) * nbytes, out + (i * nplanes + p) * nbytes, nbytes));
                dcm_planes_deinterleave(out, nplanes, nbytes, back, n);
                CHECK(!memcmp(in, back, total));
                free(in);
                free(out);
                free(back);
            }
        }
    }
}

int main(void) {
    for (int portable = 0; portable < 2; portable++) {
        dcm_simd_force_portable(portable);
        cells_of_every_size_become_samples();
        large_frames_cross_tiles();
        unused_bits_are_seen_wherever_they_are();
        bits_come_back_from_their_packing();
        planes_become_pixels_and_planes_again();
    }
    unsound_layouts_are_told();
    return check_result();
}
