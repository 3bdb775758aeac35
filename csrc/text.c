/* Text values: what is plain ASCII, where values end, what is padding. PS3.5 §6.1.2.3, §6.2. */
#include "text.h"

#include "vr.h"

dcm_text_kind dcm_text_kind_of(uint16_t vr) {
    switch (vr) {
    case DCM_VR_LT:
    case DCM_VR_ST:
    case DCM_VR_UR:
    case DCM_VR_UT:
        return DCM_TEXT_SINGLE;
    case DCM_VR_AE:
    case DCM_VR_AS:
    case DCM_VR_CS:
    case DCM_VR_DA:
    case DCM_VR_DS:
    case DCM_VR_DT:
    case DCM_VR_IS:
    case DCM_VR_LO:
    case DCM_VR_PN:
    case DCM_VR_SH:
    case DCM_VR_TM:
    case DCM_VR_UC:
    case DCM_VR_UI:
        return DCM_TEXT_MULTI;
    default:
        return DCM_TEXT_NOT;
    }
}

bool dcm_text_has_charset(uint16_t vr) {
    return vr == DCM_VR_LO || vr == DCM_VR_LT || vr == DCM_VR_PN || vr == DCM_VR_SH || vr == DCM_VR_ST ||
           vr == DCM_VR_UC || vr == DCM_VR_UT;
}

/* A byte of the word is 0x1B: the classic zero-byte test after an exclusive or. */
static inline uint64_t odd_bytes(uint64_t v) {
    uint64_t esc = v ^ 0x1B1B1B1B1B1B1B1Bu;
    return (v | ((esc - 0x0101010101010101u) & ~esc)) & 0x8080808080808080u;
}

bool dcm_text_is_plain(const uint8_t *p, uint64_t nbytes) {
    uint64_t i = 0, odd = 0;
    for (; nbytes - i >= 8; i += 8)
        odd |= odd_bytes(dcm_load_u64le(p + i));
    for (; i < nbytes; i++)
        odd |= (uint64_t)(p[i] >= 0x80 || p[i] == 0x1B);
    return odd == 0;
}

uint64_t dcm_text_nvalues(const uint8_t *p, uint64_t nbytes) {
    nbytes = dcm_text_trim(p, nbytes);
    if (nbytes == 0) return 0;
    uint64_t n = 1;
    for (uint64_t i = 0; i < nbytes; i++)
        n += p[i] == '\\';
    return n;
}
