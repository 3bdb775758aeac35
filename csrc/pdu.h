/* Upper layer protocol data units: what stands in them. PS3.8 §9.3. */
#ifndef DCM_PDU_H
#define DCM_PDU_H

#include "base.h"

/* Table 9-11 and those after it. */
#define DCM_PDU_ASSOCIATE_RQ 1u
#define DCM_PDU_ASSOCIATE_AC 2u
#define DCM_PDU_ASSOCIATE_RJ 3u
#define DCM_PDU_P_DATA_TF 4u
#define DCM_PDU_RELEASE_RQ 5u
#define DCM_PDU_RELEASE_RP 6u
#define DCM_PDU_ABORT 7u

#define DCM_PDU_HEADER_NBYTES 6u /* type, reserved, length */
#define DCM_PDV_HEADER_NBYTES 6u /* length, context, message control header */
#define DCM_ASSOCIATE_NBYTES 68u /* of an A-ASSOCIATE-RQ or -AC before its items, behind the header */
#define DCM_PDV_COMMAND 1u       /* message control header: a command set, else a data set. Annex E.2 */
#define DCM_PDV_LAST 2u          /* and its last fragment */
#define DCM_PDV_LEAST_NBYTES 16u /* of P-DATA-TF: limits below are taken as this */

/* An item of an A-ASSOCIATE-RQ or -AC, or a sub-item. */
typedef struct dcm_pdu_item {
    uint8_t type;
    uint8_t depth;   /* 0 an item; 1 inside a presentation context or the user information before it */
    uint16_t length; /* of its content; with the sub-items that stand in it */
    uint32_t offset; /* of its content, counted from the start of the body */
} dcm_pdu_item;

/* Items that a body can have at most. */
uint32_t dcm_pdu_max_items(uint32_t body_nbytes);

/* List the items of the body of an A-ASSOCIATE-RQ or -AC, which stands behind the header. DCM_OK, or
   DCM_E_RANGE where the body is too short or an item reaches beyond what it stands in: *fault tells the
   place. */
dcm_status dcm_pdu_items(const uint8_t *body, uint32_t body_nbytes, dcm_pdu_item *items, uint32_t *nitems,
                         uint32_t *fault);

/* P-DATA-TF headers that a command set or data set of nbytes needs, if no PDU behind its header may be longer
   than max_pdu_nbytes (0: any length). */
uint64_t dcm_pdata_nfragments(uint64_t nbytes, uint32_t max_pdu_nbytes);

/* Write those headers, 12 bytes each, and the length of the fragment that follows each. Fragments but the
   last are even. */
void dcm_pdata_headers(uint8_t context, bool is_command, bool is_last, uint64_t nbytes,
                       uint32_t max_pdu_nbytes, uint8_t *headers, uint32_t *fragments);

#endif
