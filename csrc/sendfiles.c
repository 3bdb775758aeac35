/* Files over an association, one after another. PS3.4 Annex B; PS3.7 §9.1.1. */
#include "sendfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.h"

#define HEAD_NBYTES (UINT64_C(64) << 10)     /* read of a long file */
#define MIN_PDU_NBYTES (UINT32_C(64) << 10)  /* with shorter ones a file costs more calls than copies */
#define MAX_READ_NBYTES (UINT64_C(64) << 20) /* longer files are mapped by the caller then */
#define LOOK_NBYTES (UINT64_C(4) << 10)      /* read of a file to tell what it is */
#define MAX_NBYTES (UINT64_C(256) << 20)     /* still longer ones are the caller's, who can be interrupted */
#define SOP_CLASS 0x00080016u
#define SOP_INSTANCE 0x00080018u

void dcm_sender_open(dcm_sender *s) {
    memset(s, 0, sizeof *s);
    dcm_wire_open(&s->wire, -1);
    s->files[0].fd = s->files[1].fd = -1;
    dcm_index_init(&s->index);
}

static void close_file(dcm_send_file *f) {
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

void dcm_sender_close(dcm_sender *s) {
    dcm_wire_close(&s->wire);
    for (int i = 0; i < 2; i++) {
        close_file(&s->files[i]);
        free(s->files[i].bytes.p);
    }
    free(s->pieces.p);
    dcm_index_free(&s->index);
}

static bool reserve(dcm_block *b, uint64_t nbytes) {
    if (nbytes <= b->capacity) return true;
    uint8_t *const p = realloc(b->p, nbytes + nbytes / 4);
    if (!p) return false;
    b->p = p, b->capacity = nbytes + nbytes / 4;
    return true;
}

static bool read_all(dcm_send_file *f, uint64_t nbytes) {
    f->bytes.nbytes = 0;
    if (!reserve(&f->bytes, nbytes + 1)) return false;
    while (f->bytes.nbytes < nbytes) {
        const ssize_t n = read(f->fd, f->bytes.p + f->bytes.nbytes, nbytes - f->bytes.nbytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        f->bytes.nbytes += (uint64_t)n;
    }
    return true;
}

/* Open a file, and read it as far as it does not go to the socket by itself. */
static bool open_file(dcm_send_file *f, const char *path, uint64_t head_nbytes) {
    struct stat st;
    close_file(f);
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    f->nbytes = (uint64_t)st.st_size;
    const bool is_whole = f->nbytes <= head_nbytes;
    if (!read_all(f, is_whole ? f->nbytes : head_nbytes)) return false;
    if (is_whole) close_file(f);
    return true;
}

static bool take_uid(const dcm_sender *s, const dcm_send_file *f, uint32_t tag, char *out) {
    const uint32_t row = dcm_index_find(&s->index, DCM_NO_ROW, tag);
    if (row == DCM_NO_ROW) return false;
    const dcm_element *const e = &s->index.rows[row];
    return e->offset <= f->bytes.nbytes && e->length <= f->bytes.nbytes - e->offset &&
           dcm_uid_read(f->bytes.p + e->offset, e->length, out);
}

/* Find where the data set begins, and which object it is. */
static bool scan(dcm_sender *s, dcm_send_file *f) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.stop_tag = SOP_INSTANCE + 1;
    dcm_index_clear(&s->index);
    dcm_scan_init(&s->scanner, &options, f->nbytes);
    if (dcm_scan_run(&s->scanner, f->bytes.p, f->bytes.nbytes, f->bytes.nbytes == f->nbytes, &s->index) !=
            DCM_OK ||
        dcm_index_freeze(&s->index) != DCM_OK)
        return false;
    f->offset = s->scanner.body_offset;
    f->command =
        (dcm_command){.field = DCM_C_STORE_RQ, .data_set_type = 1, .has = DCM_HAS_CLASS | DCM_HAS_INSTANCE};
    return f->offset < f->bytes.nbytes && take_uid(s, f, SOP_CLASS, f->command.sop_class) &&
           take_uid(s, f, SOP_INSTANCE, f->command.sop_instance);
}

bool dcm_send_look(dcm_sender *s, const char *path, dcm_send_item *item) {
    dcm_send_file *const f = &s->files[0];
    const char *const syntax = s->scanner.transfer_syntax;
    const bool found = open_file(f, path, LOOK_NBYTES) && scan(s, f) &&
                       dcm_uid_read((const uint8_t *)syntax, strlen(syntax), item->transfer_syntax);
    close_file(f);
    if (!found) return false;
    memcpy(item->sop_class, f->command.sop_class, sizeof item->sop_class);
    memcpy(item->sop_instance, f->command.sop_instance, sizeof item->sop_instance);
    item->offset = f->offset, item->nbytes = f->nbytes;
    return true;
}

/* Open a file, and find the context it goes over. */
static bool prepare(dcm_sender *s, dcm_send_file *f, const char *path) {
    const bool is_sent_by_itself = s->max_pdu_nbytes == 0 || s->max_pdu_nbytes >= MIN_PDU_NBYTES;
    if (!open_file(f, path, is_sent_by_itself ? HEAD_NBYTES : MAX_READ_NBYTES) || !scan(s, f)) return false;
    if ((!is_sent_by_itself && f->fd >= 0) || f->nbytes > MAX_NBYTES || (f->nbytes - f->offset) % 2)
        return false;
    for (uint32_t i = 0; i < s->ncontexts; i++) {
        const dcm_send_context *const c = &s->contexts[i];
        if (strcmp(c->sop_class, f->command.sop_class) ||
            strcmp(c->transfer_syntax, s->scanner.transfer_syntax))
            continue;
        f->context = c->id;
        return true;
    }
    return false;
}

/* The fragments of a long file: what was read from memory, the rest from the file. v: headers and fragments
   without a place, behind those of the command set. */
static dcm_wire_end write_long(dcm_sender *s, const dcm_send_file *f, struct iovec *v, uint64_t ncommand,
                               uint64_t n) {
    uint64_t at = f->offset, first = 0;
    for (uint64_t i = ncommand; i < n; i += 2) {
        const uint64_t nbytes = v[i + 1].iov_len, there = at < f->bytes.nbytes ? f->bytes.nbytes - at : 0;
        const uint64_t read = there < nbytes ? there : nbytes;
        v[i + 1] = (struct iovec){there ? f->bytes.p + at : NULL, read};
        at += nbytes;
        if (read == nbytes) continue;
        dcm_wire_end end = dcm_wire_write(&s->wire, v + first, i + 2 - first, true, s->write_ms);
        if (end == DCM_WIRE_DONE) end = dcm_wire_write_file(&s->wire, f->fd, nbytes - read, s->write_ms);
        if (end != DCM_WIRE_DONE) return end;
        first = i + 2;
    }
    return dcm_wire_write(&s->wire, v + first, n - first, false, s->write_ms);
}

static dcm_wire_end send_file(dcm_sender *s, dcm_send_file *f) {
    uint8_t command[DCM_COMMAND_MAX_NBYTES];
    uint64_t n;
    s->message_id = f->command.message_id = (uint16_t)(s->message_id % 0xFFFF + 1);
    s->context = f->context;
    const uint64_t command_nbytes = dcm_command_write(&f->command, command),
                   ncommand = 2 * dcm_pdata_nfragments(command_nbytes, s->max_pdu_nbytes);
    struct iovec *const v = dcm_message_pieces(&s->pieces, f->context, command, command_nbytes,
                                               f->fd < 0 ? f->bytes.p + f->offset : NULL,
                                               f->nbytes - f->offset, s->max_pdu_nbytes, &n);
    if (!v) return DCM_WIRE_NO_MEMORY;
    return f->fd < 0 ? dcm_wire_write(&s->wire, v, n, false, s->write_ms) : write_long(s, f, v, ncommand, n);
}

/* Whether the command set that came is the response to what was sent last, and says that all is well. */
static bool is_success(const dcm_sender *s) {
    const dcm_receiver *const r = s->receiver;
    const uint16_t wanted = DCM_HAS_FIELD | DCM_HAS_MESSAGE_ID | DCM_HAS_DATA_SET_TYPE | DCM_HAS_STATUS;
    dcm_command c;
    return dcm_command_read(r->command.p, r->command.nbytes, &c) && (c.has & wanted) == wanted &&
           c.field == (DCM_C_STORE_RQ | DCM_RESPONSE) && c.message_id == s->message_id &&
           c.data_set_type == DCM_NO_DATA_SET && c.status == 0 && r->context == s->context;
}

static dcm_send_end end_of(dcm_wire_end end) {
    switch (end) {
    case DCM_WIRE_DONE:
        return DCM_SEND_DONE;
    case DCM_WIRE_TIMEOUT:
        return DCM_SEND_TIMEOUT;
    case DCM_WIRE_NO_MEMORY:
        return DCM_SEND_NO_MEMORY;
    case DCM_WIRE_SHORT:
        return DCM_SEND_SHORT;
    default:
        return DCM_SEND_CLOSED;
    }
}

static dcm_send_end receive_success(dcm_sender *s) {
    for (;;) {
        if (dcm_receiver_next(s->receiver, &s->event) != DCM_OK) return DCM_SEND_NO_MEMORY;
        if (s->event == DCM_RECEIVED_COMMAND && is_success(s)) {
            dcm_receiver_expect(s->receiver, false);
            return DCM_SEND_DONE;
        }
        if (s->event != DCM_RECEIVED_NOTHING) return DCM_SEND_ANSWER;
        const dcm_wire_end end = dcm_wire_receive(&s->wire, s->receiver, s->read_ms);
        if (end != DCM_WIRE_DONE) return end_of(end);
    }
}

dcm_send_end dcm_send_files(dcm_sender *s, const char *const *paths, uint32_t npaths, uint32_t max_ms,
                            uint32_t *done) {
    const uint64_t end_ns = dcm_now_ns() + (uint64_t)max_ms * 1000000u;
    *done = 0;
    bool is_ready = npaths && prepare(s, &s->files[0], paths[0]);
    while (*done < npaths) {
        if (!is_ready) return DCM_SEND_UNUSUAL;
        const dcm_send_end sent = end_of(send_file(s, &s->files[*done % 2]));
        if (sent != DCM_SEND_DONE) return sent;
        is_ready = *done + 1 < npaths && prepare(s, &s->files[(*done + 1) % 2], paths[*done + 1]);
        const dcm_send_end end = receive_success(s);
        if (end != DCM_SEND_DONE) return end;
        ++*done;
        if (dcm_now_ns() >= end_ns) break;
    }
    return DCM_SEND_DONE;
}
