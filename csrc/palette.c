/* Indices to colours by a lookup table. PS3.3 §C.7.6.3.1.5, §C.7.6.3.1.6.

   Fast because 256 possible indices are looked up beforehand, so that a pixel is one load and one store: a
   word that is a byte or two too long, which the next pixel writes over. */
#include "palette.h"

#define NBYTE_INDICES 256u

/* Place in the table of the entry for an index. */
static inline size_t entry_of(const dcm_palette *palette, int32_t index) {
    const int32_t entry = index - palette->first, last = (int32_t)palette->nentries - 1;
    return (size_t)(entry < 0 ? 0 : entry > last ? last : entry);
}

/* Entries of size bytes, to pixels of size bytes: padded words are written for all pixels but the last. */
#define DEFINE_BYTES(name, word, size)                                                                       \
    static void name(const dcm_palette *palette, const uint8_t *restrict in, uint8_t *restrict out,          \
                     size_t n) {                                                                             \
        word table[NBYTE_INDICES];                                                                           \
        for (uint32_t i = 0; i < NBYTE_INDICES; i++) {                                                       \
            const int32_t index = palette->index_is_signed ? (int8_t)i : (int32_t)i;                         \
            table[i] = 0;                                                                                    \
            memcpy(&table[i], palette->lut + entry_of(palette, index) * (size), size);                       \
        }                                                                                                    \
        for (size_t i = 0; i + 1 < n; i++)                                                                   \
            memcpy(out + i * (size), &table[in[i]], sizeof(word));                                           \
        memcpy(out + (n - 1) * (size), &table[in[n - 1]], size);                                             \
    }

DEFINE_BYTES(apply_bytes_3, uint32_t, 3)
DEFINE_BYTES(apply_bytes_6, uint64_t, 6)

#define DEFINE_WORDS(name, type, size)                                                                       \
    static void name(const dcm_palette *palette, const uint8_t *restrict in, uint8_t *restrict out,          \
                     size_t n) {                                                                             \
        for (size_t i = 0; i < n; i++) {                                                                     \
            type index;                                                                                      \
            memcpy(&index, in + i * sizeof index, sizeof index);                                             \
            memcpy(out + i * (size), palette->lut + entry_of(palette, index) * (size), size);                \
        }                                                                                                    \
    }

DEFINE_WORDS(apply_u16_3, uint16_t, 3)
DEFINE_WORDS(apply_u16_6, uint16_t, 6)
DEFINE_WORDS(apply_i16_3, int16_t, 3)
DEFINE_WORDS(apply_i16_6, int16_t, 6)

void dcm_palette_apply(const dcm_palette *palette, const uint8_t *in, uint8_t *out, size_t n) {
    if (n == 0) return;
    const bool wide = palette->lut_nbytes == 2;
    if (palette->index_nbytes == 1)
        (wide ? apply_bytes_6 : apply_bytes_3)(palette, in, out, n);
    else if (palette->index_is_signed)
        (wide ? apply_i16_6 : apply_i16_3)(palette, in, out, n);
    else
        (wide ? apply_u16_6 : apply_u16_3)(palette, in, out, n);
}
