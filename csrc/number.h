/* Decimal strings (DS) and integer strings (IS) to numbers. PS3.5 §6.2. */
#ifndef DCM_NUMBER_H
#define DCM_NUMBER_H

#include "base.h"

/* One value (no backslash). Spaces on both sides and NUL bytes behind are padding; the rest must be
   a number by the grammar of the VR from its first byte to its last: no NaN, infinity, hexadecimal
   or digit separators. False, with *out untouched, for everything else and for an empty value. */

/* The double nearest to the decimal. False also for what is too large for a finite double and for
   numbers of more than 1,000 bytes (a DS has 16 at most). */
bool dcm_parse_ds(const uint8_t *p, size_t n, double *out);

/* An integer of 64 bits; "1." and "1.00" count as 1, as they are met in practice. */
bool dcm_parse_is(const uint8_t *p, size_t n, int64_t *out);

/* All values of a DS, backslash between them, to out[0 .. nvalues); nvalues is one more than there are
   backslashes. False at the first that is no number. */
bool dcm_parse_ds_list(const uint8_t *p, size_t n, double *out, size_t nvalues);

#endif
