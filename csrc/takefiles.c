/* Requests of an association answered as they come. PS3.7 §9.1.1, §9.1.5. */
#include "takefiles.h"

#include <stdlib.h>

#include "platform.h"

#define SUCCESS 0x0000u
#define OUT_OF_RESOURCES 0xA700u

void dcm_taker_open(dcm_taker *t) {
    memset(t, 0, sizeof *t);
    dcm_wire_open(&t->wire, -1);
    dcm_storing_open(&t->storing);
}

void dcm_taker_close(dcm_taker *t) {
    dcm_wire_close(&t->wire);
    dcm_storing_close(&t->storing);
    free(t->pieces.p);
    free(t->out.p);
}

int dcm_taker_forget(dcm_taker *t, char **path) {
    dcm_replacement *const file = &t->storing.file;
    const int fd = file->fd;
    t->context = NULL;
    *path = NULL;
    if (fd < 0) return -1;
    *path = file->temporary;
    file->temporary = NULL;
    file->fd = -1;
    dcm_replace_abandon(file);
    return fd;
}

static const dcm_take_context *context_of(const dcm_taker *t) {
    for (uint32_t i = 0; i < t->ncontexts; i++)
        if (t->contexts[i].id == t->receiver->context) return &t->contexts[i];
    return NULL;
}

static dcm_take_end respond(dcm_taker *t, uint16_t status) {
    uint8_t bytes[DCM_COMMAND_MAX_NBYTES];
    uint64_t n;
    dcm_command response = t->command;
    response.field |= DCM_RESPONSE;
    response.data_set_type = DCM_NO_DATA_SET;
    response.status = status;
    const uint64_t nbytes = dcm_command_write(&response, bytes);
    struct iovec *const v =
        dcm_message_pieces(&t->pieces, t->receiver->context, bytes, nbytes, NULL, 0, t->max_pdu_nbytes, &n);
    if (!v) return DCM_TAKE_NO_MEMORY;
    for (uint64_t i = 0; i < n; i++)
        if (!dcm_block_append(&t->out, v[i].iov_base, v[i].iov_len)) return DCM_TAKE_NO_MEMORY;
    return DCM_TAKE_TIME;
}

/* Write the responses, in one go: of requests that came together. */
static dcm_take_end flush(dcm_taker *t) {
    if (t->is_apart || !t->out.nbytes) return DCM_TAKE_TIME;
    struct iovec v = {t->out.p, t->out.nbytes};
    t->out.nbytes = 0;
    switch (dcm_wire_write(&t->wire, &v, 1, false, t->write_ms)) {
    case DCM_WIRE_DONE:
        return DCM_TAKE_TIME;
    case DCM_WIRE_TIMEOUT:
        return DCM_TAKE_TIMEOUT;
    default:
        return DCM_TAKE_CLOSED;
    }
}

/* A command set. TIME: it was dealt with. */
static dcm_take_end take_command(dcm_taker *t) {
    dcm_receiver *const r = t->receiver;
    const uint16_t wanted = DCM_HAS_FIELD | DCM_HAS_MESSAGE_ID | DCM_HAS_DATA_SET_TYPE | DCM_HAS_CLASS;
    dcm_command *const c = &t->command;
    if (!dcm_command_read(r->command.p, r->command.nbytes, c) || (c->has & wanted) != wanted)
        return DCM_TAKE_EVENT;
    const bool has_data = c->data_set_type != DCM_NO_DATA_SET;
    if (c->field == DCM_C_ECHO_RQ && t->echoes && !has_data) {
        c->has &= (uint16_t)~DCM_HAS_INSTANCE;
        dcm_receiver_expect(r, false);
        return respond(t, SUCCESS);
    }
    if (c->field != DCM_C_STORE_RQ || !t->place || !has_data || !(c->has & DCM_HAS_INSTANCE))
        return DCM_TAKE_EVENT;
    t->context = context_of(t);
    if (!t->context) return DCM_TAKE_EVENT;
    dcm_receiver_expect(r, true);
    return DCM_TAKE_TIME;
}

static bool begin(dcm_taker *t, bool is_whole) {
    const dcm_store_request request = {
        .place = t->place,
        .sop_class = t->command.sop_class,
        .sop_instance = t->command.sop_instance,
        .meta = t->context->meta,
        .meta_nbytes = t->context->meta_nbytes,
        .encoding = t->context->encoding,
        .data = t->receiver->data.p,
        .data_nbytes = t->receiver->data.nbytes,
        .is_whole = is_whole,
    };
    return request.data && dcm_store_begin(&t->storing, &request);
}

/* A data set that grows long: it goes to its file from now on. */
static dcm_take_end take_large(dcm_taker *t) {
    if (!t->context || !begin(t, false)) return DCM_TAKE_EVENT;
    dcm_receiver_sink_rest(t->receiver, t->storing.file.fd);
    return DCM_TAKE_TIME;
}

static dcm_take_end take_data(dcm_taker *t) {
    const dcm_receiver *const r = t->receiver;
    if (!t->context || r->is_too_long || r->sink_errno) return DCM_TAKE_EVENT;
    const bool is_long = t->storing.file.fd >= 0;
    if (is_long ? !dcm_store_is_whole(&t->storing, r->data_nbytes) : !begin(t, true)) return DCM_TAKE_EVENT;
    const bool stored = dcm_store_commit(&t->storing, t->place->sync);
    if (!stored && !is_long) return DCM_TAKE_EVENT;
    t->context = NULL;
    return respond(t, stored ? SUCCESS : OUT_OF_RESOURCES);
}

static dcm_take_end take_event(dcm_taker *t) {
    switch (t->event) {
    case DCM_RECEIVED_COMMAND:
        return take_command(t);
    case DCM_RECEIVED_LARGE:
        return take_large(t);
    case DCM_RECEIVED_DATA:
        return take_data(t);
    default:
        return DCM_TAKE_EVENT;
    }
}

/* Deal with all that came. */
static dcm_take_end take_events(dcm_taker *t) {
    for (;;) {
        if (dcm_receiver_next(t->receiver, &t->event) != DCM_OK) return DCM_TAKE_NO_MEMORY;
        if (t->event == DCM_RECEIVED_NOTHING) return DCM_TAKE_TIME;
        const dcm_take_end end = take_event(t);
        if (end != DCM_TAKE_TIME) return end;
    }
}

dcm_take_end dcm_take(dcm_taker *t, uint32_t max_ms) {
    const uint64_t end_ns = dcm_now_ns() + (uint64_t)max_ms * 1000000u;
    for (;;) {
        const dcm_take_end end = take_events(t), written = flush(t);
        if (end != DCM_TAKE_TIME) return end;
        if (written != DCM_TAKE_TIME || t->is_apart) return written;
        const uint64_t now = dcm_now_ns();
        if (now >= end_ns) return DCM_TAKE_TIME;
        switch (dcm_wire_receive(&t->wire, t->receiver, (int)((end_ns - now) / 1000000u) + 1)) {
        case DCM_WIRE_DONE:
            t->nreads++;
            break;
        case DCM_WIRE_TIMEOUT:
            return DCM_TAKE_TIME;
        case DCM_WIRE_NO_MEMORY:
            return DCM_TAKE_NO_MEMORY;
        default:
            return DCM_TAKE_CLOSED;
        }
    }
}
