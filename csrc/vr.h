/* Value Representations as two ASCII bytes, and what each implies. PS3.5 §6.2, §7.1.2. */
#ifndef DCM_VR_H
#define DCM_VR_H

#include "base.h"

/* A VR is its two characters, first one in the low byte: what a little-endian load gives. */
#define DCM_VR(a, b) ((uint16_t)((uint16_t)(a) | (uint16_t)(b) << 8))

enum {
    DCM_VR_NONE = 0, /* items, delimiters, fragments */
    DCM_VR_AE = DCM_VR('A', 'E'),
    DCM_VR_AS = DCM_VR('A', 'S'),
    DCM_VR_AT = DCM_VR('A', 'T'),
    DCM_VR_CS = DCM_VR('C', 'S'),
    DCM_VR_DA = DCM_VR('D', 'A'),
    DCM_VR_DS = DCM_VR('D', 'S'),
    DCM_VR_DT = DCM_VR('D', 'T'),
    DCM_VR_FD = DCM_VR('F', 'D'),
    DCM_VR_FL = DCM_VR('F', 'L'),
    DCM_VR_IS = DCM_VR('I', 'S'),
    DCM_VR_LO = DCM_VR('L', 'O'),
    DCM_VR_LT = DCM_VR('L', 'T'),
    DCM_VR_OB = DCM_VR('O', 'B'),
    DCM_VR_OD = DCM_VR('O', 'D'),
    DCM_VR_OF = DCM_VR('O', 'F'),
    DCM_VR_OL = DCM_VR('O', 'L'),
    DCM_VR_OV = DCM_VR('O', 'V'),
    DCM_VR_OW = DCM_VR('O', 'W'),
    DCM_VR_PN = DCM_VR('P', 'N'),
    DCM_VR_SH = DCM_VR('S', 'H'),
    DCM_VR_SL = DCM_VR('S', 'L'),
    DCM_VR_SQ = DCM_VR('S', 'Q'),
    DCM_VR_SS = DCM_VR('S', 'S'),
    DCM_VR_ST = DCM_VR('S', 'T'),
    DCM_VR_SV = DCM_VR('S', 'V'),
    DCM_VR_TM = DCM_VR('T', 'M'),
    DCM_VR_UC = DCM_VR('U', 'C'),
    DCM_VR_UI = DCM_VR('U', 'I'),
    DCM_VR_UL = DCM_VR('U', 'L'),
    DCM_VR_UN = DCM_VR('U', 'N'),
    DCM_VR_UR = DCM_VR('U', 'R'),
    DCM_VR_US = DCM_VR('U', 'S'),
    DCM_VR_UT = DCM_VR('U', 'T'),
    DCM_VR_UV = DCM_VR('U', 'V'),
    /* Ambiguous in the dictionary; resolved where the value is read. PS3.5 Annex A. */
    DCM_VR_XS = DCM_VR('x', 's'), /* US|SS */
    DCM_VR_OX = DCM_VR('o', 'x'), /* OB|OW */
    DCM_VR_XO = DCM_VR('x', 'o'), /* US|SS|OW */
    DCM_VR_UO = DCM_VR('u', 'o'), /* US|OW */
};

typedef enum dcm_vr_class {
    DCM_VR_UNKNOWN = 0, /* not a VR of the standard */
    DCM_VR_SHORT = 1,   /* explicit: 16-bit length */
    DCM_VR_LONG = 2,    /* explicit: two reserved bytes, 32-bit length */
} dcm_vr_class;

extern const uint8_t dcm_vr_classes[32 * 32]; /* by (first & 31) << 5 | (second & 31) */

/* Class of a VR given as two upper-case letters; UNKNOWN for everything else. */
static inline dcm_vr_class dcm_vr_class_of(uint16_t vr) {
    if ((vr & 0xE0E0u) != 0x4040u) return DCM_VR_UNKNOWN;
    return (dcm_vr_class)dcm_vr_classes[(vr & 31u) << 5 | (vr >> 8 & 31u)];
}

/* Size of one value in bytes for binary VRs (AT counts as 2), 0 for text, SQ, OB, UN. */
uint32_t dcm_vr_unit_nbytes(uint16_t vr);

#endif
