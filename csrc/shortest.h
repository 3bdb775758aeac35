/* Numbers to text: the shortest decimal that reads back as the same double. PS3.18 §F.2.3. */
#ifndef DCM_SHORTEST_H
#define DCM_SHORTEST_H

#include "base.h"

#define DCM_NUMBER_NCHARS 32u /* room for any number's text */

/* The text that Python's repr() gives to a finite double: "0.1", "-5.0", "1e+16", "5e-324". Returns its
   length; nothing terminates it. */
uint32_t dcm_format_double(double value, char *out);

/* The same for a decimal string of at most 15 significant digits, without the way over the double: such a
   decimal is the shortest that reads back as its double. 0, with nothing written, for everything else: ask
   dcm_parse_ds then. */
uint32_t dcm_format_decimal(const uint8_t *p, size_t n, char *out);

uint32_t dcm_format_unsigned(uint64_t value, char *out);
uint32_t dcm_format_signed(int64_t value, char *out);

#define DCM_POWERS_FIRST (-292)
extern const uint64_t dcm_powers_of_ten[617][2]; /* 10^k as 128 bits, from DCM_POWERS_FIRST on; rounded up */

#endif
