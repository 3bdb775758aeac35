/* Bytes off a connection to PDUs and messages. PS3.8 §9.3, Annex E. */
#include "receiver.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define IN_NBYTES (UINT64_C(1) << 19)   /* received at a time, where they are not placed */
#define DIRECT_NBYTES 8192u             /* what is left of a fragment, from which on it is placed */
#define SINKABLE_NBYTES 32768u          /* what is left of a fragment, from which on it is passed on */
#define SEVERAL_NBYTES 65536u           /* read beyond that, where the last data set was not long */
#define PEEK_NBYTES 8192u               /* read beyond what makes a data set long, command set included */
#define STEP_NBYTES (UINT64_C(1) << 20) /* reserved beyond what is there, at most */

enum { IN_HEADER, IN_BODY, IN_SKIPPED, IN_PDVS, IN_FRAGMENT, IN_FAULT };
enum { WANTS_COMMAND, IN_COMMAND, IS_ASKED, WANTS_DATA, IN_DATA };

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

dcm_status dcm_receiver_open(dcm_receiver *r, const dcm_receive_limits *limits) {
    *r = (dcm_receiver){.limits = *limits, .sink_fd = -1};
    r->in.p = malloc(IN_NBYTES);
    if (!r->in.p) return DCM_E_NO_MEMORY;
    r->in.capacity = IN_NBYTES;
    return DCM_OK;
}

void dcm_receiver_close(dcm_receiver *r) {
    free(r->in.p);
    free(r->command.p);
    free(r->data.p);
    free(r->body.p);
    r->in.p = r->command.p = r->data.p = r->body.p = NULL;
}

bool dcm_block_reserve(dcm_block *b, uint64_t more) {
    if (more <= b->capacity - b->nbytes) return true;
    uint64_t capacity = b->nbytes + more;
    if (capacity < 2 * b->capacity) capacity = 2 * b->capacity;
    if (capacity < 4096) capacity = 4096;
    uint8_t *const grown = realloc(b->p, capacity);
    if (!grown) return false;
    b->p = grown, b->capacity = capacity;
    return true;
}

bool dcm_block_append(dcm_block *b, const void *p, uint64_t nbytes) {
    if (nbytes == 0) return true;
    if (!dcm_block_reserve(b, nbytes)) return false;
    memcpy(b->p + b->nbytes, p, nbytes);
    b->nbytes += nbytes;
    return true;
}

/* The longest data set that is taken to where this one goes; 0: any length. */
static uint64_t most_of(const dcm_receiver *r) {
    const uint64_t most = r->limits.data_nbytes, held = r->limits.held_nbytes;
    if (r->sink_fd >= 0 || held == 0) return most;
    return most ? smaller(most, held) : held;
}

/* Whether what is left of the fragment is of a data set, and not beyond what is taken. */
static bool is_data(const dcm_receiver *r) {
    const uint64_t most = most_of(r);
    return r->state == IN_FRAGMENT && !r->is_command && !r->is_too_long &&
           (most == 0 || (r->data_nbytes <= most && r->fragment_left <= most - r->data_nbytes));
}

/* Whether it goes into the block of the data set. */
static bool is_placed(const dcm_receiver *r) {
    return is_data(r) && r->sink_fd < 0 && r->fragment_left >= DIRECT_NBYTES;
}

uint64_t dcm_receiver_sinkable(const dcm_receiver *r) {
    const bool is_sunk = r->passes_on && r->at == r->in.nbytes && is_data(r) && r->sink_fd >= 0 &&
                         !r->sink_errno && r->fragment_left >= SINKABLE_NBYTES;
    return is_sunk ? r->fragment_left : 0;
}

void dcm_receiver_sank(dcm_receiver *r, uint64_t nbytes) {
    r->data_nbytes += nbytes;
    r->fragment_left -= (uint32_t)nbytes;
}

/* No more bytes than what is looked at: what is behind them may be passed on to a file. Until a data set is
   known to be long, as many as make it long; then headers, and rests that are not worth passing on. */
static uint64_t wanted(const dcm_receiver *r) {
    const uint64_t room = r->in.capacity - r->in.nbytes, large = r->limits.large_nbytes;
    if (!r->passes_on || large == 0) return room;
    const uint64_t message = large + PEEK_NBYTES;
    if (r->phase != IN_DATA) return smaller(room, r->is_large ? message : message + SEVERAL_NBYTES);
    if (r->sink_fd < 0 || r->sink_errno)
        return r->is_large ? room : smaller(room, message - smaller(r->data_nbytes, large));
    const uint64_t header = (r->state == IN_HEADER ? DCM_PDU_HEADER_NBYTES : 0) + DCM_PDV_HEADER_NBYTES;
    if (r->state == IN_HEADER || r->state == IN_PDVS)
        return r->in.nbytes < header ? header - r->in.nbytes : room;
    if (r->state != IN_FRAGMENT) return room;
    return smaller(room, r->fragment_left + (r->is_last ? message : 0));
}

uint8_t *dcm_receiver_space(dcm_receiver *r, uint64_t *nbytes) {
    if (r->at == r->in.nbytes) r->at = r->in.nbytes = 0;
    r->is_direct = r->in.nbytes == 0 && is_placed(r);
    if (r->is_direct) {
        const uint64_t n = smaller(r->fragment_left, STEP_NBYTES);
        if (!dcm_block_reserve(&r->data, n)) return NULL;
        *nbytes = n;
        return r->data.p + r->data.nbytes;
    }
    if (r->at) {
        memmove(r->in.p, r->in.p + r->at, r->in.nbytes - r->at);
        r->in.nbytes -= r->at;
        r->at = 0;
    }
    *nbytes = wanted(r);
    return r->in.p + r->in.nbytes;
}

void dcm_receiver_took(dcm_receiver *r, uint64_t nbytes) {
    if (r->is_direct) {
        r->data.nbytes += nbytes;
        r->data_nbytes += nbytes;
        r->fragment_left -= (uint32_t)nbytes;
    } else {
        r->in.nbytes += nbytes;
    }
    r->is_direct = false;
}

/* All bytes to a file; the first failure is kept. */
static void write_all(dcm_receiver *r, const uint8_t *p, uint64_t nbytes) {
    while (nbytes && !r->sink_errno) {
        const ssize_t n = write(r->sink_fd, p, nbytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            r->sink_errno = errno;
            return;
        }
        p += n;
        nbytes -= (uint64_t)n;
    }
}

void dcm_receiver_sink(dcm_receiver *r, int fd) {
    r->sink_fd = fd;
    if (fd >= 0) write_all(r, r->data.p, r->data.nbytes);
}

void dcm_receiver_sink_rest(dcm_receiver *r, int fd) {
    r->sink_fd = fd;
}

/* Bytes of the data set. */
static bool add_data(dcm_receiver *r, const uint8_t *p, uint64_t nbytes) {
    const uint64_t most = most_of(r);
    if (r->is_too_long || (most && (r->data_nbytes > most || nbytes > most - r->data_nbytes))) {
        r->is_too_long = true;
        r->data_nbytes = most + 1;
        return true;
    }
    r->data_nbytes += nbytes;
    if (r->sink_fd < 0) return dcm_block_append(&r->data, p, nbytes);
    write_all(r, p, nbytes);
    return true;
}

static dcm_received refuse(dcm_receiver *r, dcm_abort_reason reason) {
    r->state = IN_FAULT;
    r->fault = reason;
    return DCM_RECEIVED_FAULT;
}

static dcm_received open_pdu(dcm_receiver *r) {
    const uint8_t *const p = r->in.p + r->at;
    const uint32_t length = dcm_load_u32be(p + 2);
    r->type = p[0];
    r->at += DCM_PDU_HEADER_NBYTES;
    r->pdu_left = length;
    if (r->type < DCM_PDU_ASSOCIATE_RQ || r->type > DCM_PDU_ABORT)
        return refuse(r, DCM_ABORT_UNRECOGNIZED_PDU);
    if (r->type == DCM_PDU_P_DATA_TF) {
        r->state = r->wants_data ? IN_PDVS : IN_SKIPPED;
        if (!r->wants_data) return DCM_RECEIVED_PDU;
        const uint32_t most = r->limits.pdu_nbytes;
        if (length < DCM_PDV_HEADER_NBYTES || (most && length > most))
            return refuse(r, DCM_ABORT_INVALID_PARAMETER);
        return DCM_RECEIVED_NOTHING;
    }
    const bool is_short = r->type != DCM_PDU_ASSOCIATE_RQ && r->type != DCM_PDU_ASSOCIATE_AC;
    const uint32_t most = r->limits.other_nbytes;
    if (is_short ? length != 4 : length < DCM_ASSOCIATE_NBYTES || (most && length > most))
        return refuse(r, DCM_ABORT_INVALID_PARAMETER);
    r->state = IN_BODY;
    r->body.nbytes = 0;
    return DCM_RECEIVED_NOTHING;
}

static dcm_received open_fragment(dcm_receiver *r) {
    const uint8_t *const p = r->in.p + r->at;
    const uint32_t length = dcm_load_u32be(p);
    const uint8_t context = p[4], control = p[5];
    if (length < 2 || length > r->pdu_left - 4) return refuse(r, DCM_ABORT_INVALID_PARAMETER);
    if (!(r->contexts[context / 32] >> context % 32 & 1)) return refuse(r, DCM_ABORT_INVALID_PARAMETER);
    const bool is_command = control & DCM_PDV_COMMAND, is_first = r->phase == WANTS_COMMAND;
    if (is_command != (r->phase == WANTS_COMMAND || r->phase == IN_COMMAND) ||
        (!is_first && context != r->context))
        return refuse(r, DCM_ABORT_UNEXPECTED_PARAMETER);
    if (is_first) {
        r->context = context;
        r->command.nbytes = 0;
    }
    if (r->phase == WANTS_DATA) {
        r->data.nbytes = r->data_nbytes = 0;
        r->is_too_long = r->is_large = false;
        r->sink_fd = -1;
        r->sink_errno = 0;
    }
    r->phase = is_command ? IN_COMMAND : IN_DATA;
    r->is_command = is_command;
    r->is_last = control & DCM_PDV_LAST;
    r->at += DCM_PDV_HEADER_NBYTES;
    r->fragment_left = length - 2;
    r->pdu_left -= length + 4;
    r->state = IN_FRAGMENT;
    return DCM_RECEIVED_NOTHING;
}

static dcm_received close_fragment(dcm_receiver *r) {
    r->state = r->pdu_left ? IN_PDVS : IN_HEADER;
    if (!r->is_last) return DCM_RECEIVED_NOTHING;
    r->phase = r->is_command ? IS_ASKED : WANTS_COMMAND;
    return r->is_command ? DCM_RECEIVED_COMMAND : DCM_RECEIVED_DATA;
}

bool dcm_receiver_is_inside(const dcm_receiver *r) {
    return r->at < r->in.nbytes || r->phase != WANTS_COMMAND || r->state != IN_HEADER;
}

void dcm_receiver_expect(dcm_receiver *r, bool has_data) {
    if (r->phase == IS_ASKED) r->phase = has_data ? WANTS_DATA : WANTS_COMMAND;
}

dcm_block dcm_receiver_exchange(dcm_receiver *r, dcm_block other) {
    const dcm_block given = r->data;
    r->data = other;
    r->data.nbytes = 0;
    return given;
}

dcm_status dcm_receiver_next(dcm_receiver *r, dcm_received *event) {
    *event = DCM_RECEIVED_NOTHING;
    while (*event == DCM_RECEIVED_NOTHING) {
        const uint64_t there = r->in.nbytes - r->at;
        const uint8_t *const p = r->in.p + r->at;
        uint64_t n;
        switch (r->state) {
        case IN_HEADER:
            if (there < DCM_PDU_HEADER_NBYTES) return DCM_OK;
            *event = open_pdu(r);
            break;
        case IN_BODY:
            n = smaller(there, r->pdu_left);
            if (!dcm_block_append(&r->body, p, n)) return DCM_E_NO_MEMORY;
            r->at += n;
            r->pdu_left -= (uint32_t)n;
            if (r->pdu_left) return DCM_OK;
            r->state = IN_HEADER;
            *event = DCM_RECEIVED_PDU;
            break;
        case IN_SKIPPED:
            n = smaller(there, r->pdu_left);
            r->at += n;
            r->pdu_left -= (uint32_t)n;
            if (r->pdu_left) return DCM_OK;
            r->state = IN_HEADER;
            break;
        case IN_PDVS:
            if (r->pdu_left < DCM_PDV_HEADER_NBYTES) {
                *event = refuse(r, DCM_ABORT_INVALID_PARAMETER);
                break;
            }
            if (there < DCM_PDV_HEADER_NBYTES) return DCM_OK;
            *event = open_fragment(r);
            break;
        case IN_FRAGMENT:
            n = smaller(there, r->fragment_left);
            if (r->is_command) {
                const uint32_t most = r->limits.command_nbytes;
                if (most && n > most - r->command.nbytes) {
                    *event = refuse(r, DCM_ABORT_INVALID_PARAMETER);
                    break;
                }
                if (!dcm_block_append(&r->command, p, n)) return DCM_E_NO_MEMORY;
            } else if (!add_data(r, p, n)) {
                return DCM_E_NO_MEMORY;
            }
            r->at += n;
            r->fragment_left -= (uint32_t)n;
            const uint64_t large = r->limits.large_nbytes;
            if (!r->is_command && large && r->sink_fd < 0 && r->data_nbytes > large && !r->is_large) {
                r->is_large = true;
                *event = DCM_RECEIVED_LARGE;
            } else if (r->fragment_left) {
                return DCM_OK;
            } else {
                *event = close_fragment(r);
            }
            break;
        default: /* a fault: whatever comes is dropped */
            r->at = r->in.nbytes;
            return DCM_OK;
        }
    }
    return DCM_OK;
}
