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

/* BITS(b): the eight bits of b as eight bytes, 0 or 0xFF, in the order of memory. */
#define BIT(b, i) ((b) >> (i)&1 ? 0xFF : 0)
#define BITS(b)                                                                                              \
    { BIT(b, 0), BIT(b, 1), BIT(b, 2), BIT(b, 3), BIT(b, 4), BIT(b, 5), BIT(b, 6), BIT(b, 7) }
#define BITS4(b) BITS(b), BITS((b) + 1), BITS((b) + 2), BITS((b) + 3)
#define BITS16(b) BITS4(b), BITS4((b) + 4), BITS4((b) + 8), BITS4((b) + 12)
#define BITS64(b) BITS16(b), BITS16((b) + 16), BITS16((b) + 32), BITS16((b) + 48)
static const uint8_t bytes_of_bits[256][8] = {BITS64(0), BITS64(64), BITS64(128), BITS64(192)};

/* Eight bits at a time; with first > 0 they lie in two bytes, and the second is there because a bit of it is.
   Returns how many were done: multiples of 8. */
static size_t unpack_by_table(const uint8_t *in, uint32_t first, uint8_t one, uint8_t *out, size_t n) {
    const uint64_t ones = ONES * one;
    size_t i = 0;
    if (first == 0) {
        for (; n - i >= 8; i += 8) {
            uint64_t bytes;
            memcpy(&bytes, bytes_of_bits[in[i / 8]], 8);
            bytes &= ones;
            memcpy(out + i, &bytes, 8);
        }
        return i;
    }
    for (uint32_t here = *in; n - i >= 8; i += 8) {
        here |= (uint32_t)in[i / 8 + 1] << 8;
        uint64_t bytes;
        memcpy(&bytes, bytes_of_bits[here >> first & 0xFF], 8);
        bytes &= ones;
        memcpy(out + i, &bytes, 8);
        here >>= 8;
    }
    return i;
}

#if DCM_X86
/* 32 bits at a time while 64 are there, which means eight bytes that can be loaded. */
DCM_AVX2 static size_t unpack_by_vector(const uint8_t *in, uint32_t first, uint8_t one, uint8_t *out,
                                        size_t n) {
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
                                            2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
    const __m256i ones = _mm256_set1_epi8((char)one);
    size_t i = 0;
    for (; n - i >= 64; i += 32) {
        const uint32_t bits = (uint32_t)(dcm_load_u64le(in + i / 8) >> first);
        __m256i v = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), spread);
        v = _mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit);
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_and_si256(v, ones));
    }
    return i;
}
#endif

void dcm_bitrun_unpack(const uint8_t *in, uint32_t first, uint8_t one, uint8_t *out, size_t n) {
    if (n == 0) return;
    size_t i = 0;
#if DCM_X86
    if (dcm_simd_avx2()) i = unpack_by_vector(in, first, one, out, n);
#endif
    if (n - i >= 8) i += unpack_by_table(in + i / 8, first, one, out + i, n - i);
    for (; i < n; i++)
        out[i] = in[(first + i) / 8] >> (first + i) % 8 & 1 ? one : 0;
}

/* The eight bytes at p, zero or not, as bits. */
static inline uint8_t bits_of_bytes(const uint8_t *p) {
    uint64_t v = dcm_load_u64le(p);
    v = ((v & (ONES * 0x7F)) + ONES * 0x7F) | v; /* the highest bit of each byte: whether it is not zero */
    return (uint8_t)((v >> 7 & ONES) * 0x0102040810204080u >> 56);
}

#if DCM_X86
static inline uint32_t bits_of_16_bytes(const uint8_t *p) {
    const __m128i v = _mm_loadu_si128((const __m128i *)p);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) ^ 0xFFFF;
}
#endif

void dcm_bitrun_pack(const uint8_t *in, size_t n, uint32_t first, uint8_t *out) {
    if (n == 0) {
        if (first) *out = 0;
        return;
    }
    uint32_t carry = 0; /* bits that are not written yet, in their places; `first` of them */
#if DCM_X86
    for (; n >= 16; n -= 16, in += 16, out += 2) {
        carry |= bits_of_16_bytes(in) << first;
        out[0] = (uint8_t)carry;
        out[1] = (uint8_t)(carry >> 8);
        carry >>= 16;
    }
#endif
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
