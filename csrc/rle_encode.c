/* RLE Lossless: encoding frames. PS3.5 Annex G.

   Fast because bytes are compared 16 at a time: of every piece of a row a bit mask tells which byte equals
   the next, and a second one where three in a row do. Runs are found by counting zero bits in these.

   Small because a run of two is left inside a literal run (cutting that costs as much as it saves), and fast
   to decode for the same reason: there are few runs. */
#include "rle_encode.h"

#if defined __SSE2__
#include <emmintrin.h>
#endif

#define RUN_NBYTES 128u                      /* the longest run */
#define PIECE_NBYTES 4096u                   /* of a row; no run crosses its end */
#define PIECE_NWORDS (PIECE_NBYTES / 64 + 1) /* the last is 0 */
#define PIECE_BOUND (PIECE_NBYTES + PIECE_NBYTES / RUN_NBYTES)

/* A stretch of one row of one plane. */
typedef struct piece {
    uint8_t bytes[PIECE_NBYTES + 64]; /* and padding that is compared but not counted */
    uint64_t same[PIECE_NWORDS];      /* bit i: byte i equals the next */
    uint64_t threes[PIECE_NWORDS];    /* bit i: byte i equals the next two */
    uint32_t nbytes;
} piece;

/* Bit i of the result: p[i] == p[i + 1], for 64 bytes. */
static inline uint64_t same_mask(const uint8_t *p) {
    uint64_t mask = 0;
#if defined __SSE2__
    for (uint32_t i = 0; i < 64; i += 16) {
        const __m128i a = _mm_loadu_si128((const __m128i *)(p + i));
        const __m128i b = _mm_loadu_si128((const __m128i *)(p + i + 1));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) << i;
    }
#else
    const uint64_t low = 0x7F7F7F7F7F7F7F7F;
    for (uint32_t i = 0; i < 64; i += 8) {
        const uint64_t x = dcm_load_u64le(p + i) ^ dcm_load_u64le(p + i + 1);
        const uint64_t zero = ~(((x & low) + low) | x | low); /* 0x80 in every byte of x that is 0 */
        mask |= ((zero >> 7) * 0x0102040810204080) >> 56 << i;
    }
#endif
    return mask;
}

static void compare(piece *p) {
    const uint32_t n = p->nbytes, nwords = (n + 63) / 64;
    memset(p->bytes + n, 0, 64);
    for (uint32_t w = 0; w < nwords; w++)
        p->same[w] = same_mask(p->bytes + 64 * w);
    /* the last byte has no next */
    p->same[nwords - 1] &= (UINT64_C(1) << (n - 1) % 64) - 1;
    p->same[nwords] = 0;
    for (uint32_t w = 0; w < nwords; w++)
        p->threes[w] = p->same[w] & (p->same[w] >> 1 | p->same[w + 1] << 63);
    p->threes[nwords] = 0;
}

/* The first i from `from` on whose bit in mask ^ flip is set; nbytes if there is none. */
static inline uint32_t next_bit(const uint64_t *mask, uint64_t flip, uint32_t from, uint32_t nbytes) {
    uint32_t w = from / 64;
    uint64_t bits = (mask[w] ^ flip) >> from % 64 << from % 64;
    while (bits == 0) {
        if (64 * ++w >= nbytes) return nbytes;
        bits = mask[w] ^ flip;
    }
    const uint32_t i = 64 * w + (uint32_t)__builtin_ctzll(bits);
    return i < nbytes ? i : nbytes;
}

static inline uint8_t *put_replicate(uint8_t *out, uint8_t byte, uint32_t n) {
    out[0] = (uint8_t)(257 - n);
    out[1] = byte;
    return out + 2;
}

static inline uint8_t *put_literal(uint8_t *out, const uint8_t *from, uint32_t n) {
    while (n > 0) {
        const uint32_t length = n < RUN_NBYTES ? n : RUN_NBYTES;
        *out++ = (uint8_t)(length - 1);
        memcpy(out, from, length);
        out += length;
        from += length;
        n -= length;
    }
    return out;
}

/* Encode a piece to out, which has PIECE_BOUND bytes. */
static uint8_t *encode_piece(const piece *p, uint8_t *out) {
    const uint32_t n = p->nbytes;
    uint32_t at = 0;
    while (at < n) {
        const uint32_t start = next_bit(p->threes, 0, at, n);
        const uint32_t nliteral = start - at;
        if (nliteral == 2 && p->bytes[at] == p->bytes[at + 1])
            out = put_replicate(out, p->bytes[at], 2);
        else
            out = put_literal(out, p->bytes + at, nliteral);
        at = start;
        if (at == n) break;
        uint32_t nrun = next_bit(p->same, UINT64_MAX, at, n) + 1 - at;
        /* one or two bytes that are left over go to the literal run behind */
        for (; nrun > 2; nrun -= nrun < RUN_NBYTES ? nrun : RUN_NBYTES) {
            const uint32_t length = nrun < RUN_NBYTES ? nrun : RUN_NBYTES;
            out = put_replicate(out, p->bytes[at], length);
            at += length;
        }
    }
    return out;
}

/* Every step-th byte. The compilers make vectors of the first four. */
static void gather(uint8_t *restrict to, const uint8_t *restrict from, uint32_t step, uint32_t n) {
    if (step == 1) {
        memcpy(to, from, n);
    } else if (step == 2) {
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[2 * i];
    } else if (step == 3) {
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[3 * i];
    } else if (step == 4) {
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[4 * i];
    } else {
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[(uint64_t)step * i];
    }
}

/* Where encoded bytes go. */
typedef struct sink {
    uint8_t *out;
    uint64_t nbytes, written;
} sink;

static bool put_piece(sink *to, const piece *p) {
    const uint64_t room = to->nbytes - to->written;
    uint8_t *const at = to->out + to->written;
    if (room >= PIECE_BOUND) {
        to->written += (uint64_t)(encode_piece(p, at) - at);
        return true;
    }
    uint8_t encoded[PIECE_BOUND];
    const uint64_t n = (uint64_t)(encode_piece(p, encoded) - encoded);
    if (n > room) return false;
    memcpy(at, encoded, n);
    to->written += n;
    return true;
}

/* One row of one plane; in is its first byte. */
static bool put_row(sink *to, const uint8_t *in, uint32_t step, uint64_t npixels) {
    piece p;
    for (uint64_t done = 0; done < npixels; done += p.nbytes) {
        p.nbytes = npixels - done < PIECE_NBYTES ? (uint32_t)(npixels - done) : PIECE_NBYTES;
        gather(p.bytes, in + done * step, step, p.nbytes);
        compare(&p);
        if (!put_piece(to, &p)) return false;
    }
    return true;
}

uint64_t dcm_rle_bound(const dcm_rle_layout *layout, uint64_t row_npixels) {
    const uint32_t sample_nbytes = layout->sample_nbytes;
    if (layout->samples == 0 || sample_nbytes == 0 || sample_nbytes > 8) return 0;
    const uint64_t nplanes = (uint64_t)layout->samples * sample_nbytes;
    if (nplanes > DCM_RLE_MAX_SEGMENTS || layout->npixels > UINT64_MAX / 64) return 0;
    if (layout->npixels == 0 || row_npixels == 0 || layout->npixels % row_npixels != 0) return 0;
    /* at worst one control byte for 128; in a row each piece but the last is a multiple of that */
    const uint64_t ncontrols = (row_npixels - 1) / RUN_NBYTES + 1;
    const uint64_t plane = layout->npixels + layout->npixels / row_npixels * ncontrols;
    return DCM_RLE_HEADER_NBYTES + nplanes * (plane + 1); /* 1: to an even length */
}

static void store_u32le(uint8_t *p, uint32_t value) {
    for (uint32_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

dcm_status dcm_rle_encode(const dcm_rle_layout *layout, uint64_t row_npixels, const uint8_t *in,
                          uint64_t in_nbytes, uint8_t *out, uint64_t out_nbytes, uint64_t *written) {
    if (dcm_rle_bound(layout, row_npixels) == 0) return DCM_E_RANGE;
    const uint32_t sample_nbytes = layout->sample_nbytes, nplanes = layout->samples * sample_nbytes;
    if (in_nbytes != layout->npixels * nplanes || out_nbytes < DCM_RLE_HEADER_NBYTES) return DCM_E_RANGE;
    sink to = {out, out_nbytes, DCM_RLE_HEADER_NBYTES};
    memset(out, 0, DCM_RLE_HEADER_NBYTES);
    store_u32le(out, nplanes);
    for (uint32_t k = 0; k < nplanes; k++) {
        if (to.written > UINT32_MAX) return DCM_E_RANGE;
        store_u32le(out + 4 + 4 * k, (uint32_t)to.written);
        /* the most significant byte comes first */
        const uint32_t place = k - k % sample_nbytes + (sample_nbytes - 1 - k % sample_nbytes);
        for (uint64_t done = 0; done < layout->npixels; done += row_npixels)
            if (!put_row(&to, in + done * nplanes + place, nplanes, row_npixels)) return DCM_E_RANGE;
        if (to.written % 2 == 0) continue;
        if (to.written == to.nbytes) return DCM_E_RANGE;
        out[to.written++] = 0;
    }
    *written = to.written;
    return DCM_OK;
}
