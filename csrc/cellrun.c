/* Runs of pixel cells of 8, 16, 32 or 64 bits: to samples, in place, and what stands in their unused bits.
   PS3.5 §8.1.1.

   Fast because one cell costs a handful of operations that all cells share, without a branch or a table: byte
   order, shift, mask and sign extension are one loop, which the compiler turns into vectors. Whether unused
   bits are set is an OR over a block, looked at once per block. */
#include "cellrun.h"

#include "simd.h"

#define BLOCK_NBYTES 8192u /* has_unused stops after the first block that has some */

#define BIG_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

dcm_cell_bits dcm_cell_bits_of(uint32_t low, uint32_t bits_stored, bool is_signed) {
    dcm_cell_bits bits = {.low = low, .mask = UINT64_MAX >> (64 - bits_stored)};
    bits.sign = is_signed ? UINT64_C(1) << (bits_stored - 1) : 0;
    return bits;
}

#define SWAP_8(x) (x)
#define SWAP_16(x) __builtin_bswap16(x)
#define SWAP_32(x) __builtin_bswap32(x)
#define SWAP_64(x) __builtin_bswap64(x)

/* unpack_8_16 and so on. With constants for `swap` and `shift` a step that is not wanted is not there. */
#define DEFINE_UNPACK(CELL, OUT)                                                                             \
    DCM_INLINE void unpack_loop_##CELL##_##OUT(dcm_cell_bits bits, const uint8_t *restrict in,               \
                                               uint8_t *restrict out, size_t n, bool swap, bool shift) {     \
        const uint##OUT##_t mask = (uint##OUT##_t)bits.mask, sign = (uint##OUT##_t)bits.sign;                \
        for (size_t i = 0; i < n; i++) {                                                                     \
            uint##CELL##_t cell;                                                                             \
            memcpy(&cell, in + i * sizeof cell, sizeof cell);                                                \
            if (swap) cell = SWAP_##CELL(cell);                                                              \
            if (shift) cell = (uint##CELL##_t)(cell >> bits.low);                                            \
            uint##OUT##_t sample = (uint##OUT##_t)((uint##OUT##_t)cell & mask);                              \
            sample = (uint##OUT##_t)((uint##OUT##_t)(sample ^ sign) - sign);                                 \
            memcpy(out + i * sizeof sample, &sample, sizeof sample);                                         \
        }                                                                                                    \
    }                                                                                                        \
    DCM_INLINE void unpack_cases_##CELL##_##OUT(dcm_cell_bits bits, const uint8_t *in, uint8_t *out,         \
                                                size_t n, bool swap) {                                       \
        if (CELL > 8 && swap && bits.low)                                                                    \
            unpack_loop_##CELL##_##OUT(bits, in, out, n, true, true);                                        \
        else if (CELL > 8 && swap)                                                                           \
            unpack_loop_##CELL##_##OUT(bits, in, out, n, true, false);                                       \
        else if (bits.low)                                                                                   \
            unpack_loop_##CELL##_##OUT(bits, in, out, n, false, true);                                       \
        else                                                                                                 \
            unpack_loop_##CELL##_##OUT(bits, in, out, n, false, false);                                      \
    }

/* Where samples change their size, which is rare, one build has to do. */
#define DEFINE_RESIZE(CELL, OUT)                                                                             \
    DEFINE_UNPACK(CELL, OUT)                                                                                 \
    static void unpack_##CELL##_##OUT(dcm_cell_bits bits, const uint8_t *in, uint8_t *out, size_t n,         \
                                      bool swap) {                                                           \
        unpack_cases_##CELL##_##OUT(bits, in, out, n, swap);                                                 \
    }

#define DEFINE_KEEP(CELL)                                                                                    \
    DEFINE_UNPACK(CELL, CELL)                                                                                \
    DCM_AVX2 static void unpack_avx2_##CELL(dcm_cell_bits bits, const uint8_t *in, uint8_t *out, size_t n,   \
                                            bool swap) {                                                     \
        unpack_cases_##CELL##_##CELL(bits, in, out, n, swap);                                                \
    }                                                                                                        \
    static void unpack_##CELL##_##CELL(dcm_cell_bits bits, const uint8_t *in, uint8_t *out, size_t n,        \
                                       bool swap) {                                                          \
        if (dcm_simd_avx2())                                                                                 \
            unpack_avx2_##CELL(bits, in, out, n, swap);                                                      \
        else                                                                                                 \
            unpack_cases_##CELL##_##CELL(bits, in, out, n, swap);                                            \
    }

#define DEFINE_CELL(CELL)                                                                                    \
    DEFINE_KEEP(CELL)                                                                                        \
                                                                                                             \
    DCM_INLINE void correct_loop_##CELL(dcm_cell_bits bits, uint8_t *cells, size_t n) {                      \
        const uint##CELL##_t mask = (uint##CELL##_t)bits.mask, sign = (uint##CELL##_t)bits.sign;             \
        for (size_t i = 0; i < n; i++) {                                                                     \
            uint##CELL##_t cell;                                                                             \
            memcpy(&cell, cells + i * sizeof cell, sizeof cell);                                             \
            cell = (uint##CELL##_t)((uint##CELL##_t)((cell & mask) ^ sign) - sign);                          \
            memcpy(cells + i * sizeof cell, &cell, sizeof cell);                                             \
        }                                                                                                    \
    }                                                                                                        \
    DCM_AVX2 static void correct_avx2_##CELL(dcm_cell_bits bits, uint8_t *cells, size_t n) {                 \
        correct_loop_##CELL(bits, cells, n);                                                                 \
    }                                                                                                        \
    static void correct_##CELL(dcm_cell_bits bits, uint8_t *cells, size_t n) {                               \
        if (dcm_simd_avx2())                                                                                 \
            correct_avx2_##CELL(bits, cells, n);                                                             \
        else                                                                                                 \
            correct_loop_##CELL(bits, cells, n);                                                             \
    }                                                                                                        \
                                                                                                             \
    /* A signed cell is its own sample if adding 2^(bits_stored - 1) leaves no bit above bits_stored. */     \
    DCM_INLINE bool unused_loop_##CELL(dcm_cell_bits bits, const uint8_t *in, size_t n, bool swap) {         \
        const uint##CELL##_t above = (uint##CELL##_t) ~bits.mask, sign = (uint##CELL##_t)bits.sign;          \
        uint##CELL##_t seen = 0;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                                     \
            uint##CELL##_t cell;                                                                             \
            memcpy(&cell, in + i * sizeof cell, sizeof cell);                                                \
            if (swap) cell = SWAP_##CELL(cell);                                                              \
            seen |= (uint##CELL##_t)(cell + sign);                                                           \
        }                                                                                                    \
        return seen & above;                                                                                 \
    }                                                                                                        \
    DCM_AVX2 static bool unused_avx2_##CELL(dcm_cell_bits bits, const uint8_t *in, size_t n, bool swap) {    \
        return swap ? unused_loop_##CELL(bits, in, n, true) : unused_loop_##CELL(bits, in, n, false);        \
    }                                                                                                        \
    static bool unused_##CELL(dcm_cell_bits bits, const uint8_t *in, size_t n, bool swap) {                  \
        if (dcm_simd_avx2()) return unused_avx2_##CELL(bits, in, n, swap);                                   \
        return swap ? unused_loop_##CELL(bits, in, n, true) : unused_loop_##CELL(bits, in, n, false);        \
    }

DEFINE_CELL(8)
DEFINE_CELL(16)
DEFINE_CELL(32)
DEFINE_CELL(64)
DEFINE_RESIZE(8, 16)
DEFINE_RESIZE(8, 32)
DEFINE_RESIZE(8, 64)
DEFINE_RESIZE(16, 8)
DEFINE_RESIZE(16, 32)
DEFINE_RESIZE(16, 64)
DEFINE_RESIZE(32, 8)
DEFINE_RESIZE(32, 16)
DEFINE_RESIZE(32, 64)
DEFINE_RESIZE(64, 8)
DEFINE_RESIZE(64, 16)
DEFINE_RESIZE(64, 32)

typedef void unpack_function(dcm_cell_bits bits, const uint8_t *in, uint8_t *out, size_t n, bool swap);

/* 1, 2, 4, 8 to 0, 1, 2, 3. */
static inline uint32_t place_of(uint32_t nbytes) {
    return nbytes == 8 ? 3 : nbytes >> 1;
}

void dcm_cellrun_unpack(dcm_cell_bits bits, const uint8_t *in, uint32_t cell_nbytes, bool big_endian,
                        uint8_t *out, uint32_t out_nbytes, size_t n) {
    static unpack_function *const functions[4][4] = {
        {unpack_8_8, unpack_8_16, unpack_8_32, unpack_8_64},
        {unpack_16_8, unpack_16_16, unpack_16_32, unpack_16_64},
        {unpack_32_8, unpack_32_16, unpack_32_32, unpack_32_64},
        {unpack_64_8, unpack_64_16, unpack_64_32, unpack_64_64},
    };
    const bool swap = cell_nbytes > 1 && big_endian != BIG_HOST;
    if (cell_nbytes == out_nbytes && !swap && bits.mask == UINT64_MAX >> (64 - 8 * cell_nbytes)) {
        if (n) memcpy(out, in, n * cell_nbytes);
        return;
    }
    functions[place_of(cell_nbytes)][place_of(out_nbytes)](bits, in, out, n, swap);
}

void dcm_cellrun_correct(dcm_cell_bits bits, uint8_t *cells, uint32_t cell_nbytes, size_t n) {
    switch (cell_nbytes) {
    case 1:
        correct_8(bits, cells, n);
        return;
    case 2:
        correct_16(bits, cells, n);
        return;
    case 4:
        correct_32(bits, cells, n);
        return;
    default:
        correct_64(bits, cells, n);
    }
}

static bool unused_in_block(dcm_cell_bits bits, const uint8_t *in, uint32_t cell_nbytes, size_t n,
                            bool swap) {
    switch (cell_nbytes) {
    case 1:
        return unused_8(bits, in, n, false);
    case 2:
        return unused_16(bits, in, n, swap);
    case 4:
        return unused_32(bits, in, n, swap);
    default:
        return unused_64(bits, in, n, swap);
    }
}

bool dcm_cellrun_has_unused(const uint8_t *in, uint32_t cell_nbytes, uint32_t bits_stored, bool is_signed,
                            bool big_endian, size_t n) {
    if (bits_stored == 8 * cell_nbytes) return false;
    const dcm_cell_bits bits = dcm_cell_bits_of(0, bits_stored, is_signed);
    const size_t block = BLOCK_NBYTES / cell_nbytes;
    for (; n > block; n -= block, in += BLOCK_NBYTES)
        if (unused_in_block(bits, in, cell_nbytes, block, big_endian != BIG_HOST)) return true;
    return unused_in_block(bits, in, cell_nbytes, n, big_endian != BIG_HOST);
}
