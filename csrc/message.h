/* Messages put together of pieces, and what stands in command sets. PS3.7 §6.3; PS3.8 Annex E. */
#ifndef DCM_MESSAGE_H
#define DCM_MESSAGE_H

#include <sys/uio.h>

#include "receiver.h"

#define DCM_UID_NBYTES 64u
#define DCM_NO_DATA_SET 0x0101u /* Command Data Set Type */
#define DCM_C_STORE_RQ 0x0001u  /* Command Field. PS3.7 Table E.1-1 */
#define DCM_C_ECHO_RQ 0x0030u
#define DCM_RESPONSE 0x8000u /* of a response: added to that of its request */

/* Take a UID without its padding; out has DCM_UID_NBYTES + 1. False: not of digits and dots, empty or too
 * long. */
bool dcm_uid_read(const uint8_t *p, uint64_t nbytes, char *out);

/* Elements of a command set that storing and echoing need. PS3.7 §9.3 */
typedef struct dcm_command {
    uint16_t field, message_id, data_set_type, status;
    uint16_t has; /* bits DCM_HAS_* of what is there, in the right length */
    char sop_class[DCM_UID_NBYTES + 1], sop_instance[DCM_UID_NBYTES + 1]; /* affected; NUL-terminated */
} dcm_command;

enum {
    DCM_HAS_FIELD = 1,
    DCM_HAS_MESSAGE_ID = 2, /* Message ID, or Message ID Being Responded To */
    DCM_HAS_DATA_SET_TYPE = 4,
    DCM_HAS_STATUS = 8,
    DCM_HAS_CLASS = 16,    /* of digits and dots */
    DCM_HAS_INSTANCE = 32, /* the same */
};

/* Read one. False: an element is cut off, or is of another group. */
bool dcm_command_read(const uint8_t *in, uint64_t in_nbytes, dcm_command *out);

/* Write one: its field, message ID, data set type; its UIDs if they are there; a priority (medium) in a
   request, else a status. out has DCM_COMMAND_MAX_NBYTES; gives the bytes. */
#define DCM_COMMAND_MAX_NBYTES 256u
uint64_t dcm_command_write(const dcm_command *command, uint8_t *out);

/* Pieces of a message: headers and fragments by turns, in block, which grows. data may be NULL with a length:
   its fragments are left empty then, for a caller who sends them from elsewhere. NULL without memory. */
struct iovec *dcm_message_pieces(dcm_block *block, uint8_t context, const uint8_t *command,
                                 uint64_t command_nbytes, const uint8_t *data, uint64_t data_nbytes,
                                 uint32_t max_pdu_nbytes, uint64_t *npieces);

#endif
