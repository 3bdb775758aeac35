/* Messages put together of pieces. PS3.7 §6.3; PS3.8 Annex E. */
#include "message.h"

#include <stdlib.h>

#include "command.h"

#define HEADER_NBYTES (DCM_PDU_HEADER_NBYTES + DCM_PDV_HEADER_NBYTES)

bool dcm_uid_read(const uint8_t *p, uint64_t n, char *out) {
    while (n && (p[n - 1] == 0 || p[n - 1] == ' '))
        n--;
    if (n == 0 || n > DCM_UID_NBYTES) return false;
    for (uint32_t i = 0; i < n; i++)
        if ((p[i] < '0' || p[i] > '9') && p[i] != '.') return false;
    memcpy(out, p, n);
    out[n] = 0;
    return true;
}

bool dcm_command_read(const uint8_t *in, uint64_t in_nbytes, dcm_command *out) {
    uint32_t at = 0;
    dcm_command_element e;
    dcm_status status;
    *out = (dcm_command){0};
    if (in_nbytes > UINT32_MAX) return false;
    while ((status = dcm_command_next(in, (uint32_t)in_nbytes, &at, &e)) == DCM_OK) {
        const uint8_t *const p = in + e.offset;
        uint16_t bit = 0, *number = NULL;
        switch (e.element) {
        case 0x0002:
            out->has &= (uint16_t)~DCM_HAS_CLASS;
            if (dcm_uid_read(p, e.length, out->sop_class)) out->has |= DCM_HAS_CLASS;
            break;
        case 0x0100:
            bit = DCM_HAS_FIELD, number = &out->field;
            break;
        case 0x0110:
        case 0x0120:
            bit = DCM_HAS_MESSAGE_ID, number = &out->message_id;
            break;
        case 0x0800:
            bit = DCM_HAS_DATA_SET_TYPE, number = &out->data_set_type;
            break;
        case 0x0900:
            bit = DCM_HAS_STATUS, number = &out->status;
            break;
        case 0x1000:
            out->has &= (uint16_t)~DCM_HAS_INSTANCE;
            if (dcm_uid_read(p, e.length, out->sop_instance)) out->has |= DCM_HAS_INSTANCE;
            break;
        default:
            break;
        }
        if (!number) continue;
        out->has &= (uint16_t)~bit;
        if (e.length != 2) continue;
        *number = dcm_load_u16le(p);
        out->has |= bit;
    }
    return status == DCM_NEED_MORE;
}

static uint8_t *put(uint8_t *at, uint16_t element, const void *value, uint32_t nbytes) {
    memcpy(dcm_command_put(at, element, nbytes), value, nbytes);
    return at + dcm_command_nbytes(nbytes);
}

static uint8_t *put_number(uint8_t *at, uint16_t element, uint32_t v, uint32_t nbytes) {
    const uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    return put(at, element, bytes, nbytes);
}

uint64_t dcm_command_write(const dcm_command *c, uint8_t *out) {
    const bool is_response = c->field & DCM_RESPONSE;
    uint8_t *at = out + dcm_command_nbytes(4);
    if (c->has & DCM_HAS_CLASS) at = put(at, 0x0002, c->sop_class, (uint32_t)strlen(c->sop_class));
    at = put_number(at, 0x0100, c->field, 2);
    at = put_number(at, is_response ? 0x0120 : 0x0110, c->message_id, 2);
    if (!is_response) at = put_number(at, 0x0700, 0, 2);
    at = put_number(at, 0x0800, c->data_set_type, 2);
    if (is_response) at = put_number(at, 0x0900, c->status, 2);
    if (c->has & DCM_HAS_INSTANCE) at = put(at, 0x1000, c->sop_instance, (uint32_t)strlen(c->sop_instance));
    put_number(out, 0x0000, (uint32_t)(at - out - (int64_t)dcm_command_nbytes(4)), 4);
    return (uint64_t)(at - out);
}

struct iovec *dcm_message_pieces(dcm_block *block, uint8_t context, const uint8_t *command,
                                 uint64_t command_nbytes, const uint8_t *data, uint64_t data_nbytes,
                                 uint32_t max_pdu_nbytes, uint64_t *npieces) {
    const uint64_t ncommand = dcm_pdata_nfragments(command_nbytes, max_pdu_nbytes),
                   ndata = data_nbytes ? dcm_pdata_nfragments(data_nbytes, max_pdu_nbytes) : 0,
                   n = ncommand + ndata,
                   wanted = n * (HEADER_NBYTES + sizeof(uint32_t)) + 2 * n * sizeof(struct iovec);
    if (wanted > block->capacity) {
        uint8_t *const p = realloc(block->p, wanted);
        if (!p) return NULL;
        block->p = p, block->capacity = wanted;
    }
    struct iovec *const v = (struct iovec *)(void *)block->p;
    uint32_t *const lengths = (uint32_t *)(void *)(v + 2 * n);
    uint8_t *const headers = (uint8_t *)(lengths + n);
    dcm_pdata_headers(context, true, true, command_nbytes, max_pdu_nbytes, headers, lengths);
    if (ndata)
        dcm_pdata_headers(context, false, true, data_nbytes, max_pdu_nbytes,
                          headers + ncommand * HEADER_NBYTES, lengths + ncommand);
    uint64_t at = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (i == ncommand) at = 0;
        const uint8_t *const from = i < ncommand ? command : data;
        v[2 * i] = (struct iovec){headers + i * HEADER_NBYTES, HEADER_NBYTES};
        v[2 * i + 1] = (struct iovec){from ? (void *)(uintptr_t)(from + at) : NULL, lengths[i]};
        at += lengths[i];
    }
    *npieces = 2 * n;
    return v;
}
