/* Whether a value is as its VR wants it: length, repertoire, form. PS3.5 §6.2. */
#ifndef DCM_VALUECHECK_H
#define DCM_VALUECHECK_H

#include "base.h"

typedef enum dcm_value_code {
    DCM_V_OK = 0,
#define DCM_VALUE(code, name, severity, clause, text) DCM_V_##code,
#include "valuecodes.def"
#undef DCM_VALUE
    DCM_V_COUNT
} dcm_value_code;

typedef enum dcm_severity {
    DCM_SEVERITY_ERROR,   /* the standard says shall */
    DCM_SEVERITY_WARNING, /* allowed, and often a mistake */
    DCM_SEVERITY_NOTE,    /* told on request */
} dcm_severity;

extern const char *const dcm_value_names[DCM_V_COUNT];   /* "date_form"; "" for OK, and so on */
extern const char *const dcm_value_clauses[DCM_V_COUNT]; /* "PS3.5 §6.2" */
extern const char *const dcm_value_texts[DCM_V_COUNT];   /* one sentence */
extern const uint8_t dcm_value_severities[DCM_V_COUNT];  /* dcm_severity */

/* Check all values of an element as they stand in a file, with or without the byte that makes their length
   even. The first thing wrong, or OK; *number is the value that it is about, counted from 1. NOT_ASCII where
   the character set has to be known: nothing but that was checked then. Unknown VRs, SQ and UN are OK. */
dcm_value_code dcm_check_value(uint16_t vr, const uint8_t *p, uint64_t nbytes, uint32_t *number);

/* Characters that a value (UC, UR, UT: all of it) may have; 0: as many as there are. */
uint32_t dcm_vr_max_nchars(uint16_t vr);

#endif
