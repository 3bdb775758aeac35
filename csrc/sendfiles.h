/* Files over an association, one after another, as long as nothing is out of the ordinary. PS3.4 Annex B;
   PS3.7 §9.1.1.

   The next file is opened, and its beginning read, while the response to the last one is waited for; of a
   long one the rest goes from the system's memory to the socket. What is unusual is left to the caller, who
   does the same in more words: a file that cannot be read or whose syntax nobody took, a response that is no
   plain success, whatever else comes instead. */
#ifndef DCM_SENDFILES_H
#define DCM_SENDFILES_H

#include "message.h"
#include "scan.h"
#include "wire.h"

/* A presentation context that was accepted. */
typedef struct dcm_send_context {
    const char *sop_class, *transfer_syntax;
    uint8_t id;
} dcm_send_context;

typedef enum dcm_send_end {
    DCM_SEND_DONE = 0,    /* all files were sent and answered with success, or the time is over */
    DCM_SEND_UNUSUAL = 1, /* the next file is the caller's; nothing was sent of it */
    DCM_SEND_ANSWER =
        2, /* the next file was sent; what came instead of success: `event`, taken off the receiver */
    DCM_SEND_TIMEOUT =
        3, /* the next file was sent, in part perhaps: the peer took or answered nothing in time */
    DCM_SEND_CLOSED = 4, /* the connection was closed, or broke */
    DCM_SEND_NO_MEMORY = 5,
    DCM_SEND_SHORT = 6, /* the next file was cut while it was sent: the message cannot be ended */
} dcm_send_end;

/* A file that is ready to be sent. */
typedef struct dcm_send_file {
    int fd;          /* behind the bytes that were read; -1 if those are all */
    dcm_block bytes; /* its beginning */
    uint64_t offset; /* of its data set */
    uint64_t nbytes; /* of the file */
    uint8_t context;
    dcm_command command;
} dcm_send_file;

typedef struct dcm_sender {
    dcm_wire wire;
    dcm_receiver *receiver; /* of the association */
    const dcm_send_context *contexts;
    uint32_t ncontexts;
    uint32_t max_pdu_nbytes; /* that the peer takes */
    uint16_t message_id;     /* of the message that was sent last */
    uint8_t context;         /* and the context it went over */
    int write_ms, read_ms;   /* how long a peer may take; -1: any time */
    dcm_received event;
    dcm_send_file files[2];
    dcm_scanner scanner;
    dcm_index index;
    dcm_block pieces;
} dcm_sender;

/* What a file says of itself. */
typedef struct dcm_send_item {
    char sop_class[DCM_UID_NBYTES + 1], sop_instance[DCM_UID_NBYTES + 1], transfer_syntax[DCM_UID_NBYTES + 1];
    uint64_t offset, nbytes; /* of the data set, and of the file */
} dcm_send_item;

void dcm_sender_open(dcm_sender *s);
void dcm_sender_close(dcm_sender *s);

/* Read the beginning of a file. False: it is unusual. */
bool dcm_send_look(dcm_sender *s, const char *path, dcm_send_item *item);

/* Send files until max_ms have passed. *done tells how many were answered with success. */
dcm_send_end dcm_send_files(dcm_sender *s, const char *const *paths, uint32_t npaths, uint32_t max_ms,
                            uint32_t *done);

#endif
