/* Runs of single bits, eight to a byte, least significant bit first: to bytes and back. PS3.5 §8.2, Annex D.

   Fast because 32 bits become 32 bytes in four vector operations with AVX2 (spread each byte over eight
   lanes, keep one bit in each, compare), and elsewhere eight bits are one load from a table of 2 KiB. A run
   that begins inside a byte is shifted while it is loaded. Packing gathers the lowest bits of eight bytes by
   one multiplication. */
#include "bitrun.h"

#include "simd.h"

#if DCM_X86
#include <immintrin.h>
#endif

#define ONES 0x0101010101010101u

/* What is at hand here of a run: bits from bit `first` of *in on. */
typedef struct run {
    const uint8_t *in;
    uint8_t *out;
    size_t n;
    uint32_t first;
} run;

/* BITS(b): the eight bits of b as eight bytes in the order of memory, for tables. */
#define BITS(b)                                                                                              \
    { (b) & 1, (b) >> 1 & 1, (b) >> 2 & 1, (b) >> 3 & 1, (b) >> 4 & 1, (b) >> 5 & 1, (b) >> 6 & 1, (b) >> 7 }
#define BITS4(b) BITS(b), BITS((b) + 1), BITS((b) + 2), BITS((b) + 3)
#define BITS16(b) BITS4(b), BITS4((b) + 4), BITS4((b) + 8), BITS4((b) + 12)
#define BITS64(b) BITS16(b), BITS16((b) + 16), BITS16((b) + 32), BITS16((b) + 48)
static const uint8_t bytes_of_bits[256][8] = {BITS64(0), BITS64(64), BITS64(128), BITS64(192)};

static inline void step(run *r, size_t nbits) {
    r->in += nbits / 8;
    r->out += nbits;
    r->n -= nbits;
}

/* Eight bits at a time; with first > 0 they lie in two bytes, and the second is there because a bit of it is.
 */
static void unpack_by_table(run *r, uint8_t one) {
    for (; r->n >= 8; step(r, 8)) {
        uint32_t bits = r->in[0];
        if (r->first) bits = bits >> r->first | (uint32_t)r->in[1] << (8 - r->first);
        uint64_t bytes;
        memcpy(&bytes, bytes_of_bits[bits & 0xFF], 8);
        bytes *= one; /* bytes of 0 and 1: no carry */
        memcpy(r->out, &bytes, 8);
    }
}

#if DCM_X86
DCM_AVX2 static void unpack_by_vector(run *r, uint8_t one) {
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
                                            2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
    const __m256i ones = _mm256_set1_epi8((char)one);
    for (; r->n >= 64; step(r, 32)) { /* 64 bits are there: eight bytes can be loaded */
        const uint32_t bits = (uint32_t)(dcm_load_u64le(r->in) >> r->first);
        __m256i v = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), spread);
        v = _mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit);
        _mm256_storeu_si256((__m256i *)r->out, _mm256_and_si256(v, ones));
    }
}
#endif

void dcm_bitrun_unpack(const uint8_t *in, uint32_t first, uint8_t one, uint8_t *out, size_t n) {
    run r = {.in = in, .out = out, .n = n, .first = first};
#if DCM_X86
    if (dcm_simd_avx2()) unpack_by_vector(&r, one);
#endif
    unpack_by_table(&r, one);
    for (size_t i = 0; i < r.n; i++) {
        const size_t place = r.first + i;
        r.out[i] = r.in[place / 8] >> place % 8 & 1 ? one : 0;
    }
}

/* The eight bytes at p, zero or not, as bits. */
static inline uint8_t bits_of_bytes(const uint8_t *p) {
    uint64_t v = dcm_load_u64le(p);
    v = ((v & (ONES * 0x7F)) + ONES * 0x7F) | v; /* the highest bit of each byte: whether it is not zero */
    return (uint8_t)((v >> 7 & ONES) * 0x0102040810204080u >> 56);
}

void dcm_bitrun_pack(const uint8_t *in, size_t n, uint32_t first, uint8_t *out) {
    if (n == 0) {
        if (first) *out = 0;
        return;
    }
    uint32_t carry = 0; /* bits that are not written yet, in their places; `first` of them */
    for (; n >= 8; n -= 8, in += 8) {
        carry |= (uint32_t)bits_of_bytes(in) << first;
        *out++ = (uint8_t)carry;
        carry >>= 8;
    }
    for (size_t i = 0; i < n; i++)
        carry |= (uint32_t)(in[i] != 0) << (first + i);
    for (size_t left = first + n; left > 0; left -= left < 8 ? left : 8) {
        *out++ = (uint8_t)carry;
        carry >>= 8;
    }
}
