/* Runs of single bits, eight to a byte, least significant bit first: to bytes and back. PS3.5 §8.2, Annex D.
 */
#ifndef DCM_BITRUN_H
#define DCM_BITRUN_H

#include "base.h"

/* n bits from bit first (0..7) of in[0] on, to n bytes: 0 or `one`. Reads no byte that has none of the bits.
 */
void dcm_bitrun_unpack(const uint8_t *in, uint32_t first, uint8_t one, uint8_t *out, size_t n);

/* n bytes, each zero or not, to bits from bit first (0..7) of out[0] on. Writes (first + n + 7) / 8 bytes;
   bits in front of the first and behind the last become 0. */
void dcm_bitrun_pack(const uint8_t *in, size_t n, uint32_t first, uint8_t *out);

#endif
