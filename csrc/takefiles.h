/* Requests of an association answered as they come, as long as nothing is out of the ordinary: C-STORE into a
   folder, C-ECHO. PS3.4 Annexes A and B; PS3.7 §9.

   What is unusual is left to the caller, who does the same in more words: any other request or PDU, a data
   set that dcm_store_begin does not take, one that is too long or cannot be written. */
#ifndef DCM_TAKEFILES_H
#define DCM_TAKEFILES_H

#include "message.h"
#include "storefile.h"
#include "wire.h"

/* A presentation context that was accepted, and whose data sets may be stored. */
typedef struct dcm_take_context {
    uint8_t id;
    dcm_encoding encoding;
    const uint8_t *meta; /* File Meta Information of its files, from (0002,0010) on */
    uint64_t meta_nbytes;
} dcm_take_context;

typedef enum dcm_take_end {
    DCM_TAKE_TIME = 0,    /* the time is over */
    DCM_TAKE_EVENT = 1,   /* the caller's: `event`, taken off the receiver */
    DCM_TAKE_TIMEOUT = 2, /* the peer does not take a response */
    DCM_TAKE_CLOSED = 3,  /* the connection was closed, or broke */
    DCM_TAKE_NO_MEMORY = 4,
} dcm_take_end;

typedef struct dcm_taker {
    dcm_wire wire;
    dcm_receiver *receiver; /* of the association */
    const dcm_take_context *contexts;
    uint32_t ncontexts;
    const dcm_store_place *place; /* NULL: nothing is stored */
    bool echoes;                  /* C-ECHO is answered */
    bool is_apart;                /* bytes come and go by the caller, who takes them from `out` */
    uint32_t max_pdu_nbytes;      /* that the peer takes */
    int write_ms;                 /* how long a peer may take for a response; -1: any time */
    dcm_received event;
    uint64_t nreads;                 /* times that something came, in all */
    const dcm_take_context *context; /* of the C-STORE that is being received; NULL: of none */
    dcm_command command;
    dcm_storing storing;
    dcm_block pieces, out; /* out: responses that are not written yet */
} dcm_taker;

void dcm_taker_open(dcm_taker *t);
void dcm_taker_close(dcm_taker *t); /* takes a file away that was not finished */

/* Answer until max_ms have passed; where bytes come by the caller, what came. Responses of requests that came
   together go out together, before more is read and before an event is given. */
dcm_take_end dcm_take(dcm_taker *t, uint32_t max_ms);

/* Forget the C-STORE that is being received: it is the caller's. Its file, if it has one, is given away:
   gives its descriptor and the path of the temporary file, which is to be freed; -1 if there is none. */
int dcm_taker_forget(dcm_taker *t, char **path);

#endif
