/* Bytes of an association through a socket. PS3.8 §9.1.

   Why it is fast: a message goes out in one gathered write, or a file straight from the system's memory; what
   comes for a file goes there the same way, copied once; who
   answers at once is waited for awake, because to sleep and be woken takes longer than such an answer. Where
   answers are slow, nobody stays awake: that is found out as it goes on. */
#ifndef DCM_WIRE_H
#define DCM_WIRE_H

#include <sys/uio.h>

#include "receiver.h"

typedef enum dcm_wire_end {
    DCM_WIRE_DONE = 0,
    DCM_WIRE_TIMEOUT = 1, /* the peer took or sent nothing in time */
    DCM_WIRE_CLOSED = 2,  /* the connection was closed, or broke */
    DCM_WIRE_NO_MEMORY = 3,
    DCM_WIRE_SHORT = 4, /* a file has fewer bytes than were to be sent */
} dcm_wire_end;

typedef struct dcm_wire {
    int fd;
    int pipe[2];       /* what goes to a file passes through; -1 before the first */
    bool passes_on;    /* the system does that */
    bool can_be_awake; /* there are processors enough */
    uint32_t awake_ns; /* how long an answer is waited for awake */
} dcm_wire;

/* Over a socket, which stays the caller's. */
void dcm_wire_open(dcm_wire *w, int fd);
void dcm_wire_close(dcm_wire *w);

/* Write pieces, which are used up; the peer may take ms for the next bytes, -1: any time. `more`: something
   follows at once. */
dcm_wire_end dcm_wire_write(dcm_wire *w, struct iovec *pieces, uint64_t npieces, bool more, int ms);

/* Write bytes of a file from its position on. */
dcm_wire_end dcm_wire_write_file(dcm_wire *w, int file, uint64_t nbytes, int ms);

/* Take what comes within ms into a receiver. What goes to a file goes there without being here, if the
   receiver passes it on and the system can. */
dcm_wire_end dcm_wire_receive(dcm_wire *w, dcm_receiver *r, int ms);

/* Take what comes within ms as it is: for bytes that are encrypted. is_inside: more is sure to come. */
dcm_wire_end dcm_wire_read(dcm_wire *w, uint8_t *room, uint64_t room_nbytes, bool is_inside, int ms,
                           uint64_t *nbytes);

#endif
