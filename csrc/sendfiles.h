/* Files over an association, as long as nothing is out of the ordinary. PS3.4 Annex B; PS3.7 §9.1.1,
   §D.3.3.3.

   The next file is opened, and its beginning read, while responses are waited for; of a long one the rest
   goes from the system's memory to the socket. As many requests are under way as the window that was
   negotiated has, but of long files one or two: more would wait for the peer in the system's buffers.
   Responses may come in any order. What is unusual is left to the caller, who does the same in more words: a
   file that cannot be read or whose syntax nobody took, a response that is no plain success, whatever else
   comes instead. */
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
    DCM_SEND_DONE = 0, /* all files were sent and answered, or the time is over */
    DCM_SEND_UNUSUAL =
        1, /* the next file is the caller's; nothing was sent of it. Those before are answered */
    DCM_SEND_ANSWER = 2,  /* what came instead of a success: `event`, taken off the receiver */
    DCM_SEND_TIMEOUT = 3, /* the peer took or answered nothing in time */
    DCM_SEND_CLOSED = 4,  /* the connection was closed, or broke */
    DCM_SEND_NO_MEMORY = 5,
    DCM_SEND_SHORT = 6, /* a file was cut while it was sent: its message cannot be ended */
    DCM_SEND_WRITE = 7, /* apart: `out` is to be written */
    DCM_SEND_READ = 8,  /* apart: more is to be read into the receiver */
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

/* A message of which a part is to be written still. */
typedef struct dcm_send_rest {
    struct iovec *pieces; /* headers and fragments; those of a file's end have a length and no place */
    uint64_t npieces, i;
    uint64_t at; /* where the next fragment of the data set begins in the file */
} dcm_send_rest;

/* A request whose response has not come. */
typedef struct dcm_sent {
    uint64_t nbytes;
    uint32_t file; /* its place among the paths */
    uint16_t message_id;
    uint8_t context;
} dcm_sent;

/* What became of a file. */
typedef struct dcm_send_told {
    bool is_done;                          /* it was answered with success */
    char sop_instance[DCM_UID_NBYTES + 1]; /* once it was sent */
} dcm_send_told;

#define DCM_MAX_WINDOW 64u

typedef struct dcm_sender {
    dcm_wire wire;
    dcm_receiver *receiver; /* of the association */
    const dcm_send_context *contexts;
    uint32_t ncontexts;
    uint32_t max_pdu_nbytes; /* that the peer takes */
    uint32_t window;       /* requests that may be under way at a time; at most DCM_MAX_WINDOW of them are */
    bool is_apart;         /* bytes come and go by the caller: see DCM_SEND_WRITE and DCM_SEND_READ */
    uint16_t message_id;   /* of the message that was sent last */
    int write_ms, read_ms; /* how long a peer may take; -1: any time */
    dcm_received event;
    dcm_sent sent[DCM_MAX_WINDOW];
    uint32_t nsent;
    uint64_t sent_nbytes; /* of those */

    /* the files, of dcm_send_begin */
    const char *const *paths;
    uint32_t npaths, next; /* next: that is to be sent */
    dcm_send_told *told;   /* of each */
    bool is_ready;         /* `file` is the next one */
    dcm_send_file file;
    dcm_send_rest rest;
    uint8_t command[DCM_COMMAND_MAX_NBYTES]; /* of the message that was sent last */

    dcm_scanner scanner;
    dcm_index index;
    dcm_block pieces, out;
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

/* Files that are to be sent from now on; paths and told, which begins as zeros, stay the caller's. */
void dcm_send_begin(dcm_sender *s, const char *const *paths, uint32_t npaths, dcm_send_told *told);

/* Send files, and mark those that were answered with success. After max_ms no other is begun. After ANSWER
   and, apart, WRITE and READ, call it again to go on. */
dcm_send_end dcm_send_files(dcm_sender *s, uint32_t max_ms);

/* A response that the caller has read: which file it answers, or npaths if none. That one is under way no
   longer. */
uint32_t dcm_send_answered(dcm_sender *s, uint16_t message_id, uint8_t context);

#endif
