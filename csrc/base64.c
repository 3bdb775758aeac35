/* Base64 text of bulk data. RFC 4648 §4; PS3.18 §F.2.7, PS3.19 §A.1.

   With AVX2 24 bytes become 32 characters in a dozen instructions, after W. Muła and D. Lemire, "Faster
   Base64 Encoding and Decoding Using AVX2 Instructions": the six-bit groups are moved to their places by
   multiplications, and a table of distances, by range, makes letters of them. */
#include "base64.h"

#include "simd.h"

static const uint8_t alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_rest(const uint8_t *p, size_t nbytes, uint8_t *out) {
    for (; nbytes >= 3; nbytes -= 3, p += 3, out += 4) {
        const uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        out[0] = alphabet[v >> 18];
        out[1] = alphabet[v >> 12 & 63];
        out[2] = alphabet[v >> 6 & 63];
        out[3] = alphabet[v & 63];
    }
    if (nbytes == 0) return;
    const uint32_t v = (uint32_t)p[0] << 16 | (nbytes == 2 ? (uint32_t)p[1] << 8 : 0);
    out[0] = alphabet[v >> 18];
    out[1] = alphabet[v >> 12 & 63];
    out[2] = nbytes == 2 ? alphabet[v >> 6 & 63] : '=';
    out[3] = '=';
}

#if DCM_X86
#include <immintrin.h>

/* Returns how many bytes are done, a multiple of 24. */
DCM_AVX2 static size_t encode_avx2(const uint8_t *p, size_t nbytes, uint8_t *out) {
    const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4,
                                            3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const __m256i to_letter = _mm256_setr_epi8(
        'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0, 'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    size_t done = 0;
    for (; nbytes - done >= 28; done += 24, out += 32) { /* 16 bytes are loaded from the twelfth on */
        const __m128i first = _mm_loadu_si128((const __m128i *)(p + done));
        const __m128i second = _mm_loadu_si128((const __m128i *)(p + done + 12));
        const __m256i v = _mm256_shuffle_epi8(_mm256_set_m128i(second, first), spread);
        const __m256i odd = _mm256_mulhi_epu16(_mm256_and_si256(v, _mm256_set1_epi32(0x0FC0FC00)),
                                               _mm256_set1_epi32(0x04000040));
        const __m256i even = _mm256_mullo_epi16(_mm256_and_si256(v, _mm256_set1_epi32(0x003F03F0)),
                                                _mm256_set1_epi32(0x01000010));
        const __m256i six = _mm256_or_si256(odd, even);
        /* the range: 0 for a-z, 1 to 10 for the digits, 11 and 12, 13 for A-Z */
        const __m256i capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), six);
        const __m256i range = _mm256_or_si256(_mm256_subs_epu8(six, _mm256_set1_epi8(51)),
                                              _mm256_and_si256(capital, _mm256_set1_epi8(13)));
        const __m256i letters = _mm256_add_epi8(six, _mm256_shuffle_epi8(to_letter, range));
        _mm256_storeu_si256((__m256i *)out, letters);
    }
    return done;
}
#endif

void dcm_base64_encode(const uint8_t *p, size_t nbytes, uint8_t *out) {
    size_t done = 0;
#if DCM_X86
    if (nbytes >= 28 && dcm_simd_avx2()) done = encode_avx2(p, nbytes, out);
#endif
    encode_rest(p + done, nbytes - done, out + done / 3 * 4);
}
