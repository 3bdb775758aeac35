/* Text values: what is plain ASCII, where values end, what is padding. PS3.5 §6.1.2.3, §6.2. */
#ifndef DCM_TEXT_H
#define DCM_TEXT_H

#include "base.h"

typedef enum dcm_text_kind {
    DCM_TEXT_NOT = 0,    /* no text VR */
    DCM_TEXT_SINGLE = 1, /* LT ST UT UR: a backslash is a character */
    DCM_TEXT_MULTI = 2,  /* values are separated by backslashes */
} dcm_text_kind;

dcm_text_kind dcm_text_kind_of(uint16_t vr);

/* Whether Specific Character Set rules the VR: LO LT PN SH ST UC UT. PS3.5 §6.1.2.2. */
bool dcm_text_has_charset(uint16_t vr);

/* All bytes below 0x80 and no ESC: such text is the same in every character set. */
bool dcm_text_is_plain(const uint8_t *p, uint64_t nbytes);

/* Bytes left without trailing spaces and NULs. */
static inline uint64_t dcm_text_trim(const uint8_t *p, uint64_t nbytes) {
    while (nbytes && (p[nbytes - 1] == ' ' || p[nbytes - 1] == 0))
        nbytes--;
    return nbytes;
}

/* Number of values: 0 for no bytes but padding, else separators + 1. */
uint64_t dcm_text_nvalues(const uint8_t *p, uint64_t nbytes);

#endif
