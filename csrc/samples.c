/* Native pixel cells to samples: one frame to an array. PS3.5 §8.1.1, §8.2, PS3.3 §C.7.6.3.1.

   Fast because the cells that are common go straight from input to output by the loops of cellrun.c and
   bitrun.c. Planes and exchanged bytes are put right in tiles that stay in the first cache, before or behind
   the same loops. Odd cells (12, 24 bits and the like) are one unaligned load and a shift each. */
#include "samples.h"

#include "bitrun.h"
#include "cellrun.h"
#include "planes.h"

#define TILE 1024u /* samples; a multiple of 16, so that tiles of a stream begin at whole words */
#define MAX_IN_NBYTES (UINT64_MAX / 16) /* more cannot be in memory, and so many bits can be counted */

/* A stream of cells from bit `pos` of in[0 .. in_nbytes) on, all of which are there. */
typedef struct stream {
    const uint8_t *in;
    size_t in_nbytes;
    uint64_t pos;
} stream;

bool dcm_samples_sound(const dcm_samples *l, uint64_t nsamples) {
    if (l->bits_allocated < 1 || l->bits_allocated > 64) return false;
    if (l->bits_stored < 1 || l->bits_stored > l->bits_allocated) return false;
    if (l->high_bit >= l->bits_allocated || l->high_bit + 1 < l->bits_stored) return false;
    if (l->bit_offset > (l->swap_pairs ? 15u : 7u)) return false;
    if (l->bits_allocated % 8 == 0 && l->bit_offset % 8 != 0) return false;
    if (l->out_nbytes != 1 && l->out_nbytes != 2 && l->out_nbytes != 4 && l->out_nbytes != 8) return false;
    if (l->bits_stored > 8 * l->out_nbytes) return false;
    return l->nplanes >= 1 && nsamples % l->nplanes == 0 && nsamples <= UINT64_MAX / 64;
}

static void store(uint64_t sample, uint8_t *out, uint32_t nbytes) {
    const uint8_t s8 = (uint8_t)sample;
    const uint16_t s16 = (uint16_t)sample;
    const uint32_t s32 = (uint32_t)sample;
    switch (nbytes) {
    case 1:
        memcpy(out, &s8, 1);
        return;
    case 2:
        memcpy(out, &s16, 2);
        return;
    case 4:
        memcpy(out, &s32, 4);
        return;
    default:
        memcpy(out, &sample, 8);
    }
}

/* nbits (1..64) bits from bit pos on; they are there. */
static inline uint64_t load_bits(const stream *s, uint64_t pos, uint32_t nbits) {
    const size_t byte = (size_t)(pos / 8);
    const uint32_t shift = (uint32_t)(pos % 8);
    const uint64_t mask = UINT64_MAX >> (64 - nbits);
    if (shift + nbits <= 64 && s->in_nbytes - byte >= 8) return dcm_load_u64le(s->in + byte) >> shift & mask;
    const uint32_t nbytes = (shift + nbits + 7) / 8; /* 1..9 */
    uint64_t bits = s->in[byte] >> shift;
    for (uint32_t i = 1; i < nbytes; i++)
        bits |= (uint64_t)s->in[byte + i] << (8 * i - shift);
    return bits & mask;
}

/* The cell's bytes in opposite order. */
static inline uint64_t reversed(uint64_t cell, uint32_t nbytes) {
    return __builtin_bswap64(cell) >> (64 - 8 * nbytes);
}

static void unpack_any(const dcm_samples *l, dcm_cell_bits bits, stream s, uint8_t *out, size_t n) {
    const bool reverse = l->big_endian && l->bits_allocated % 8 == 0;
    for (size_t i = 0; i < n; i++, s.pos += l->bits_allocated) {
        uint64_t cell = load_bits(&s, s.pos, l->bits_allocated);
        if (reverse) cell = reversed(cell, l->bits_allocated / 8);
        const uint64_t sample = cell >> bits.low & bits.mask;
        store((sample ^ bits.sign) - bits.sign, out + i * l->out_nbytes, l->out_nbytes);
    }
}

/* n samples by the loop that is made for them. */
static void unpack_straight(const dcm_samples *l, stream s, uint8_t *out, size_t n) {
    if (n == 0) return;
    const uint32_t low = l->high_bit + 1 - l->bits_stored;
    const dcm_cell_bits bits = dcm_cell_bits_of(low, l->bits_stored, l->is_signed);
    const uint32_t cell_nbytes = l->bits_allocated / 8;
    switch (l->bits_allocated) {
    case 8:
    case 16:
    case 32:
    case 64:
        dcm_cellrun_unpack(bits, s.in + s.pos / 8, cell_nbytes, l->big_endian, out, l->out_nbytes, n);
        return;
    case 1:
        if (l->out_nbytes == 1) {
            dcm_bitrun_unpack(s.in + s.pos / 8, (uint32_t)(s.pos % 8), l->is_signed ? 0xFF : 1, out, n);
            return;
        }
        break;
    default:
        break;
    }
    unpack_any(l, bits, s, out, n);
}

/* The same where the bytes of words are exchanged: tile by tile, through a copy that is put right. The words
   that a tile begins and ends in are whole: in_nbytes is even, and a tile begins in the word where the last
   ended. */
static void unpack_swapped(const dcm_samples *l, stream s, uint8_t *out, size_t n) {
    uint8_t words[TILE * 8 + 4];
    const dcm_cell_bits whole = dcm_cell_bits_of(0, 16, false);
    while (n) {
        const size_t now = n < TILE ? n : TILE;
        const size_t begin = (size_t)(s.pos / 16 * 2);
        const uint64_t end_pos = s.pos + (uint64_t)now * l->bits_allocated;
        const size_t end = (size_t)((end_pos + 15) / 16 * 2);
        /* cells of the other byte order than this machine's come out exchanged */
        const bool exchanged = __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__;
        dcm_cellrun_unpack(whole, s.in + begin, 2, exchanged, words, 2, (end - begin) / 2);
        unpack_straight(l, (stream){words, end - begin, s.pos - 8 * (uint64_t)begin}, out, now);
        s.pos = end_pos;
        out += now * l->out_nbytes;
        n -= now;
    }
}

static void unpack_run(const dcm_samples *l, stream s, uint8_t *out, size_t n) {
    if (l->swap_pairs)
        unpack_swapped(l, s, out, n);
    else
        unpack_straight(l, s, out, n);
}

/* Cells from number `first` on of a stream. */
static stream cells_from(const dcm_samples *l, stream s, uint64_t first) {
    s.pos += first * l->bits_allocated;
    return s;
}

/* Three whole planes to pixels, through a tile of each. */
static void unpack_three_planes(const dcm_samples *l, stream s, uint8_t *out, size_t npixels) {
    uint8_t tiles[3][TILE * 8];
    for (size_t i = 0; i < npixels; i += TILE) {
        const size_t n = npixels - i < TILE ? npixels - i : TILE;
        for (uint32_t p = 0; p < 3; p++)
            unpack_run(l, cells_from(l, s, p * (uint64_t)npixels + i), tiles[p], n);
        dcm_planes_interleave(tiles[0], sizeof tiles[0], 3, l->out_nbytes, out + i * 3 * l->out_nbytes, n);
    }
}

/* Any number of planes, of which `there` samples are there, one after another to their places. */
static void unpack_planes(const dcm_samples *l, stream s, uint64_t there, uint8_t *out, size_t npixels) {
    uint8_t tile[TILE * 8];
    const uint32_t size = l->out_nbytes;
    for (uint32_t p = 0; p < l->nplanes && there > 0; p++) {
        const size_t here = there < npixels ? (size_t)there : npixels;
        there -= here;
        for (size_t i = 0; i < here; i += TILE) {
            const size_t n = here - i < TILE ? here - i : TILE;
            unpack_run(l, cells_from(l, s, p * (uint64_t)npixels + i), tile, n);
            dcm_planes_scatter(tile, l->nplanes, size, out + (i * l->nplanes + p) * size, n);
        }
    }
}

uint64_t dcm_samples_unpack(const dcm_samples *layout, const uint8_t *in, size_t in_nbytes, uint8_t *out,
                            uint64_t nsamples) {
    if (nsamples == 0) return 0;
    uint64_t nbytes = in_nbytes;
    if (nbytes > MAX_IN_NBYTES) nbytes = MAX_IN_NBYTES;
    if (layout->swap_pairs) nbytes &= ~UINT64_C(1);
    uint64_t there = 0;
    if (nbytes * 8 > layout->bit_offset) there = (nbytes * 8 - layout->bit_offset) / layout->bits_allocated;
    if (there > nsamples) there = nsamples;

    const stream s = {in, (size_t)nbytes, layout->bit_offset};
    if (layout->nplanes == 1) {
        unpack_run(layout, s, out, (size_t)there);
        memset(out + there * layout->out_nbytes, 0, (size_t)(nsamples - there) * layout->out_nbytes);
    } else if (layout->nplanes == 3 && there == nsamples) {
        unpack_three_planes(layout, s, out, (size_t)(nsamples / 3));
    } else {
        if (there < nsamples) memset(out, 0, (size_t)nsamples * layout->out_nbytes);
        unpack_planes(layout, s, there, out, (size_t)(nsamples / layout->nplanes));
    }
    return there;
}
