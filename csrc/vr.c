/* Value Representations as two ASCII bytes, and what each implies. PS3.5 §6.2, §7.1.2. */
#include "vr.h"

#define AT(a, b) [((a)&31) << 5 | ((b)&31)]

const uint8_t dcm_vr_classes[32 * 32] = {
    AT('A', 'E') = DCM_VR_SHORT, AT('A', 'S') = DCM_VR_SHORT, AT('A', 'T') = DCM_VR_SHORT,
    AT('C', 'S') = DCM_VR_SHORT, AT('D', 'A') = DCM_VR_SHORT, AT('D', 'S') = DCM_VR_SHORT,
    AT('D', 'T') = DCM_VR_SHORT, AT('F', 'D') = DCM_VR_SHORT, AT('F', 'L') = DCM_VR_SHORT,
    AT('I', 'S') = DCM_VR_SHORT, AT('L', 'O') = DCM_VR_SHORT, AT('L', 'T') = DCM_VR_SHORT,
    AT('P', 'N') = DCM_VR_SHORT, AT('S', 'H') = DCM_VR_SHORT, AT('S', 'L') = DCM_VR_SHORT,
    AT('S', 'S') = DCM_VR_SHORT, AT('S', 'T') = DCM_VR_SHORT, AT('T', 'M') = DCM_VR_SHORT,
    AT('U', 'I') = DCM_VR_SHORT, AT('U', 'L') = DCM_VR_SHORT, AT('U', 'S') = DCM_VR_SHORT,
    AT('O', 'B') = DCM_VR_LONG,  AT('O', 'D') = DCM_VR_LONG,  AT('O', 'F') = DCM_VR_LONG,
    AT('O', 'L') = DCM_VR_LONG,  AT('O', 'V') = DCM_VR_LONG,  AT('O', 'W') = DCM_VR_LONG,
    AT('S', 'Q') = DCM_VR_LONG,  AT('S', 'V') = DCM_VR_LONG,  AT('U', 'C') = DCM_VR_LONG,
    AT('U', 'N') = DCM_VR_LONG,  AT('U', 'R') = DCM_VR_LONG,  AT('U', 'T') = DCM_VR_LONG,
    AT('U', 'V') = DCM_VR_LONG,
};

uint32_t dcm_vr_unit_nbytes(uint16_t vr) {
    switch (vr) {
    case DCM_VR_AT:
    case DCM_VR_OW:
    case DCM_VR_SS:
    case DCM_VR_US:
    case DCM_VR_XS:
    case DCM_VR_XO:
    case DCM_VR_UO:
        return 2;
    case DCM_VR_FL:
    case DCM_VR_OF:
    case DCM_VR_OL:
    case DCM_VR_SL:
    case DCM_VR_UL:
        return 4;
    case DCM_VR_FD:
    case DCM_VR_OD:
    case DCM_VR_OV:
    case DCM_VR_SV:
    case DCM_VR_UV:
        return 8;
    default:
        return 0;
    }
}
