/* Upper layer protocol data units: items of associations, headers of P-DATA-TF. PS3.8 §9.3. */
#include "pdu.h"

#define ITEM_HEADER_NBYTES 4u
#define CONTEXT_NBYTES 4u /* of a presentation context before its sub-items */

static bool is_context(uint8_t type) {
    return type == 0x20 || type == 0x21;
}

uint32_t dcm_pdu_max_items(uint32_t body_nbytes) {
    return body_nbytes / ITEM_HEADER_NBYTES + 1;
}

dcm_status dcm_pdu_items(const uint8_t *body, uint32_t body_nbytes, dcm_pdu_item *items, uint32_t *nitems,
                         uint32_t *fault) {
    uint32_t at = DCM_ASSOCIATE_NBYTES, end = body_nbytes, n = 0;
    uint8_t depth = 0;
    *nitems = 0;
    *fault = 0;
    if (body_nbytes < DCM_ASSOCIATE_NBYTES) return DCM_E_RANGE;
    for (;;) {
        if (at == end && depth) {
            depth = 0;
            end = body_nbytes;
        }
        if (at == end) break;
        *fault = at;
        if (end - at < ITEM_HEADER_NBYTES) return DCM_E_RANGE;
        const dcm_pdu_item item = {body[at], depth, dcm_load_u16be(body + at + 2), at + ITEM_HEADER_NBYTES};
        if (item.length > end - item.offset) return DCM_E_RANGE;
        items[n++] = item;
        *nitems = n;
        at = item.offset + item.length;
        if (depth || !(is_context(item.type) || item.type == 0x50)) continue;
        if (is_context(item.type) && item.length < CONTEXT_NBYTES) return DCM_E_RANGE;
        end = at;
        at = item.offset + (is_context(item.type) ? CONTEXT_NBYTES : 0);
        depth = 1;
    }
    return DCM_OK;
}

/* Bytes of a fragment, at most. */
static uint64_t fragment_nbytes(uint32_t max_pdu_nbytes) {
    if (max_pdu_nbytes == 0) return (UINT32_MAX - DCM_PDV_HEADER_NBYTES) & ~UINT64_C(1);
    const uint32_t most = max_pdu_nbytes < DCM_PDV_LEAST_NBYTES ? DCM_PDV_LEAST_NBYTES : max_pdu_nbytes;
    return (most - DCM_PDV_HEADER_NBYTES) & ~UINT64_C(1);
}

uint64_t dcm_pdata_nfragments(uint64_t nbytes, uint32_t max_pdu_nbytes) {
    const uint64_t most = fragment_nbytes(max_pdu_nbytes);
    return nbytes ? (nbytes - 1) / most + 1 : 1;
}

static void store_u32be(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24), p[1] = (uint8_t)(v >> 16), p[2] = (uint8_t)(v >> 8), p[3] = (uint8_t)v;
}

void dcm_pdata_headers(uint8_t context, bool is_command, bool is_last, uint64_t nbytes,
                       uint32_t max_pdu_nbytes, uint8_t *headers, uint32_t *fragments) {
    const uint64_t most = fragment_nbytes(max_pdu_nbytes), n = dcm_pdata_nfragments(nbytes, max_pdu_nbytes);
    for (uint64_t i = 0; i < n; i++, headers += DCM_PDU_HEADER_NBYTES + DCM_PDV_HEADER_NBYTES) {
        const uint32_t length = (uint32_t)(nbytes < most ? nbytes : most);
        nbytes -= length;
        headers[0] = DCM_PDU_P_DATA_TF, headers[1] = 0;
        store_u32be(headers + 2, length + DCM_PDV_HEADER_NBYTES);
        store_u32be(headers + 6, length + 2);
        headers[10] = context;
        headers[11] =
            (uint8_t)((is_command ? DCM_PDV_COMMAND : 0) | (is_last && i + 1 == n ? DCM_PDV_LAST : 0));
        fragments[i] = length;
    }
}
