/* Bytes off a connection to PDUs and messages. PS3.8 §9.3, Annex E; PS3.7 §6.3.

   Bytes are received where they are to stay: of a long fragment straight behind those of the fragments before
   it, so that a data set is one piece of memory and was never copied. Nothing is reserved for lengths that a
   peer only claims. */
#ifndef DCM_RECEIVER_H
#define DCM_RECEIVER_H

#include "pdu.h"

/* What came. */
typedef enum dcm_received {
    DCM_RECEIVED_NOTHING = 0, /* more bytes are needed */
    DCM_RECEIVED_PDU =
        1, /* any PDU but P-DATA-TF: its type and body. P-DATA-TF where none is wanted: its type */
    DCM_RECEIVED_COMMAND = 2, /* a whole command set: call dcm_receiver_expect before going on */
    DCM_RECEIVED_LARGE = 3,   /* a data set that is longer than large_nbytes so far, once */
    DCM_RECEIVED_DATA = 4,    /* a whole data set */
    DCM_RECEIVED_FAULT = 5,   /* what cannot be: the reason for an A-ABORT. Nothing more will come */
} dcm_received;

/* Reasons of an A-ABORT by the service-provider. Table 9-26 */
typedef enum dcm_abort_reason {
    DCM_ABORT_NOT_SPECIFIED = 0,
    DCM_ABORT_UNRECOGNIZED_PDU = 1,
    DCM_ABORT_UNEXPECTED_PDU = 2,
    DCM_ABORT_UNRECOGNIZED_PARAMETER = 4,
    DCM_ABORT_UNEXPECTED_PARAMETER = 5,
    DCM_ABORT_INVALID_PARAMETER = 6,
} dcm_abort_reason;

/* What is taken, at most; 0: any length. */
typedef struct dcm_receive_limits {
    uint32_t pdu_nbytes;     /* of a P-DATA-TF behind its header */
    uint32_t other_nbytes;   /* of any other PDU */
    uint32_t command_nbytes; /* of a command set */
    uint64_t data_nbytes;    /* of a data set: the rest is dropped */
    uint64_t held_nbytes;    /* of a data set that goes to no file: the same */
    uint64_t large_nbytes;   /* of a data set before DCM_RECEIVED_LARGE; 0: never */
} dcm_receive_limits;

typedef struct dcm_block {
    uint8_t *p;
    uint64_t nbytes, capacity;
} dcm_block;

/* Room for so many more bytes, at least doubled where there is not enough. False: no memory. */
bool dcm_block_reserve(dcm_block *b, uint64_t more);

/* Bytes behind those that are there. False: no memory. */
bool dcm_block_append(dcm_block *b, const void *p, uint64_t nbytes);

typedef struct dcm_receiver {
    dcm_receive_limits limits;
    bool wants_data;      /* P-DATA-TF is welcome. Set by the caller */
    bool passes_on;       /* the caller takes what is sinkable to the file itself. Set by the caller */
    uint32_t contexts[8]; /* accepted presentation contexts, as bits. Set by the caller */
    int sink_fd;          /* where the data set goes; -1: into memory */
    int sink_errno;       /* why it could not be written; the rest is dropped */
    bool is_too_long;     /* the data set was longer than its limit */
    bool is_large;        /* DCM_RECEIVED_LARGE was told of it */
    dcm_block command, data, body;
    uint64_t data_nbytes; /* of the data set, wherever they went */
    uint8_t context;      /* of the message */
    uint8_t type;         /* of the PDU */
    dcm_abort_reason fault;

    uint8_t state, phase;
    bool is_direct; /* the space that was asked for last is inside data */
    bool is_last, is_command;
    uint32_t pdu_left, fragment_left;
    dcm_block in; /* bytes that were received, up to nbytes */
    uint64_t at;  /* of those, the first that was not looked at */
} dcm_receiver;

/* Start one. DCM_OK or DCM_E_NO_MEMORY. */
dcm_status dcm_receiver_open(dcm_receiver *r, const dcm_receive_limits *limits);
void dcm_receiver_close(dcm_receiver *r);

/* Where the next bytes are to be received, and how many at most. NULL without memory. */
uint8_t *dcm_receiver_space(dcm_receiver *r, uint64_t *nbytes);

/* So many were received there. */
void dcm_receiver_took(dcm_receiver *r, uint64_t nbytes);

/* What came next. *event is DCM_RECEIVED_NOTHING once all bytes were looked at. DCM_OK or DCM_E_NO_MEMORY. */
dcm_status dcm_receiver_next(dcm_receiver *r, dcm_received *event);

/* Whether a PDU or a message has begun and not ended. */
bool dcm_receiver_is_inside(const dcm_receiver *r);

/* Whether a data set follows the command set that came last. */
void dcm_receiver_expect(dcm_receiver *r, bool has_data);

/* Let the rest of a data set go to a file, after what is there of it in memory, which stays; -1: into memory
   again, as for every new one. The caller keeps the descriptor. */
void dcm_receiver_sink(dcm_receiver *r, int fd);

/* The same, where what is there was written by the caller. */
void dcm_receiver_sink_rest(dcm_receiver *r, int fd);

/* Bytes that the caller may take from the connection straight to the file: of a fragment that has begun, and
   of which none are here. 0 if there are none, or few. */
uint64_t dcm_receiver_sinkable(const dcm_receiver *r);

/* So many of them went there. */
void dcm_receiver_sank(dcm_receiver *r, uint64_t nbytes);

/* Give the data set of a message away; the receiver gets another block for the next, or none. */
dcm_block dcm_receiver_exchange(dcm_receiver *r, dcm_block other);

#endif
