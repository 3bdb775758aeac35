/* Attributes with Enumerated Values, as far as tools/data/enumerated_values.csv has them. PS3.3. */
#ifndef DCM_TERMS_H
#define DCM_TERMS_H

#include "base.h"

typedef struct dcm_enumerated {
    uint32_t tag;
    uint32_t number;    /* of the value that it is about, from 1 on; 0: every one */
    const char *values; /* separated by | */
} dcm_enumerated;

extern const dcm_enumerated dcm_enumerated_values[]; /* ascending by tag, then by number */
extern const uint32_t dcm_nenumerated_values;

/* Whether one of the texts between the bars is the value, spaces around which do not count. */
bool dcm_term_is_one_of(const char *texts, const uint8_t *value, uint64_t nbytes);

/* The first value that may not be, counted from 1; 0 where all may. `nbytes` of text without padding, or of
   16-bit numbers. */
uint32_t dcm_terms_check(uint32_t tag, uint16_t vr, const uint8_t *p, uint64_t nbytes, bool big);

#endif
