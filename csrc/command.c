/* Command sets: the elements of group 0000, Implicit VR Little Endian. PS3.7 §6.3.1, Annex E. */
#include "command.h"

#define HEADER_NBYTES 8u

dcm_command_form dcm_command_form_of(uint16_t element) {
    switch (element) {
    case 0x0000:
        return DCM_COMMAND_UL;
    case 0x0002:
    case 0x0003:
    case 0x1000:
    case 0x1001:
        return DCM_COMMAND_UI;
    case 0x0100:
    case 0x0110:
    case 0x0120:
    case 0x0700:
    case 0x0800:
    case 0x0900:
    case 0x0903:
    case 0x1002:
    case 0x1008:
    case 0x1020:
    case 0x1021:
    case 0x1022:
    case 0x1023:
    case 0x1031:
        return DCM_COMMAND_US;
    case 0x0600:
    case 0x0902:
    case 0x1030:
        return DCM_COMMAND_TEXT;
    case 0x0901:
    case 0x1005:
        return DCM_COMMAND_AT;
    default:
        return DCM_COMMAND_BYTES;
    }
}

dcm_status dcm_command_next(const uint8_t *in, uint32_t in_nbytes, uint32_t *at, dcm_command_element *out) {
    if (*at == in_nbytes) return DCM_NEED_MORE;
    if (in_nbytes - *at < HEADER_NBYTES) return DCM_E_RANGE;
    const uint8_t *const p = in + *at;
    const uint32_t length = dcm_load_u32le(p + 4), offset = *at + HEADER_NBYTES;
    if (dcm_load_u16le(p) != 0 || length > in_nbytes - offset) return DCM_E_RANGE;
    *out = (dcm_command_element){dcm_load_u16le(p + 2), offset, length};
    *at = offset + length;
    return DCM_OK;
}

uint64_t dcm_command_nbytes(uint32_t value_nbytes) {
    return HEADER_NBYTES + (uint64_t)value_nbytes + value_nbytes % 2;
}

uint8_t *dcm_command_put(uint8_t *out, uint16_t element, uint32_t value_nbytes) {
    const uint32_t length = value_nbytes + value_nbytes % 2;
    out[0] = out[1] = 0;
    out[2] = (uint8_t)element, out[3] = (uint8_t)(element >> 8);
    out[4] = (uint8_t)length, out[5] = (uint8_t)(length >> 8), out[6] = (uint8_t)(length >> 16);
    out[7] = (uint8_t)(length >> 24);
    if (value_nbytes % 2)
        out[HEADER_NBYTES + value_nbytes] = dcm_command_form_of(element) == DCM_COMMAND_TEXT ? ' ' : 0;
    return out + HEADER_NBYTES;
}
