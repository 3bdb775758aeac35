/* Files over an association. PS3.4 Annex B; PS3.7 §9.1.1. */
#include "sendfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.h"

#define WHOLE_NBYTES (UINT64_C(64) << 10)    /* a file up to this is read */
#define HEAD_NBYTES (UINT64_C(16) << 10)     /* read of a longer one */
#define MIN_PDU_NBYTES (UINT32_C(64) << 10)  /* with shorter ones a file costs more calls than copies */
#define MAX_READ_NBYTES (UINT64_C(64) << 20) /* longer files are mapped by the caller then */
#define LOOK_NBYTES (UINT64_C(4) << 10)      /* read of a file to tell what it is */
#define MAX_NBYTES (UINT64_C(256) << 20)     /* still longer ones are the caller's, who can be interrupted */
#define STEP_NBYTES (UINT64_C(256) << 10)    /* written at a time, apart */
#define AHEAD_NBYTES (UINT64_C(512) << 10)   /* of requests under way, where there are several */
#define AHEAD_APART_NBYTES (UINT64_C(1250) << 10)
#define SOP_CLASS 0x00080016u
#define SOP_INSTANCE 0x00080018u

void dcm_sender_open(dcm_sender *s) {
    memset(s, 0, sizeof *s);
    dcm_wire_open(&s->wire, -1);
    s->file.fd = -1;
    dcm_index_init(&s->index);
}

static void close_file(dcm_send_file *f) {
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

void dcm_sender_close(dcm_sender *s) {
    dcm_wire_close(&s->wire);
    close_file(&s->file);
    free(s->file.bytes.p);
    free(s->pieces.p);
    free(s->out.p);
    dcm_index_free(&s->index);
}

void dcm_send_begin(dcm_sender *s, const char *const *paths, uint32_t npaths, dcm_send_told *told) {
    s->paths = paths, s->npaths = npaths, s->told = told;
    s->next = s->nsent = 0;
    s->sent_nbytes = 0;
    s->is_ready = false;
    s->rest.npieces = s->rest.i = 0;
}

static bool read_all(dcm_send_file *f, uint64_t nbytes) {
    f->bytes.nbytes = 0;
    if (!dcm_block_reserve(&f->bytes, nbytes + 1)) return false;
    while (f->bytes.nbytes < nbytes) {
        const ssize_t n = read(f->fd, f->bytes.p + f->bytes.nbytes, nbytes - f->bytes.nbytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        f->bytes.nbytes += (uint64_t)n;
    }
    return true;
}

/* Open a file, and read it as far as it does not go to the socket by itself. */
static bool open_file(dcm_send_file *f, const char *path, uint64_t whole_nbytes, uint64_t head_nbytes) {
    struct stat st;
    close_file(f);
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    f->nbytes = (uint64_t)st.st_size;
    const bool is_whole = f->nbytes <= whole_nbytes;
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
    dcm_send_file *const f = &s->file;
    const char *const syntax = s->scanner.transfer_syntax;
    const bool found = open_file(f, path, LOOK_NBYTES, LOOK_NBYTES) && scan(s, f) &&
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
    const bool is_sent_by_itself =
        s->is_apart || s->max_pdu_nbytes == 0 || s->max_pdu_nbytes >= MIN_PDU_NBYTES;
    if (!open_file(f, path, is_sent_by_itself ? WHOLE_NBYTES : MAX_READ_NBYTES, HEAD_NBYTES) || !scan(s, f))
        return false;
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

/* The rest of a message, as far as there is room for it in `out`. Apart, where nothing goes to a socket here.
 */
static dcm_send_end fill(dcm_sender *s) {
    dcm_send_rest *const rest = &s->rest;
    s->out.nbytes = 0;
    if (!dcm_block_reserve(&s->out, STEP_NBYTES)) return DCM_SEND_NO_MEMORY;
    while (rest->i < rest->npieces && s->out.nbytes < STEP_NBYTES) {
        struct iovec *const v = &rest->pieces[rest->i];
        const uint64_t room = STEP_NBYTES - s->out.nbytes, n = v->iov_len < room ? v->iov_len : room;
        uint8_t *const to = s->out.p + s->out.nbytes;
        uint64_t taken = n;
        if (v->iov_base) {
            memcpy(to, v->iov_base, n);
            v->iov_base = (uint8_t *)v->iov_base + n;
        } else if (rest->at < s->file.bytes.nbytes) { /* read already */
            const uint64_t there = s->file.bytes.nbytes - rest->at;
            if (taken > there) taken = there;
            memcpy(to, s->file.bytes.p + rest->at, taken);
            rest->at += taken;
        } else if (n) {
            const ssize_t got = read(s->file.fd, to, n);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return DCM_SEND_SHORT;
            taken = (uint64_t)got;
            rest->at += taken;
        }
        s->out.nbytes += taken;
        v->iov_len -= taken;
        if (!v->iov_len) rest->i++;
    }
    return DCM_SEND_WRITE;
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

/* The file that is ready. */
static dcm_send_end send_next(dcm_sender *s) {
    dcm_send_file *const f = &s->file;
    uint64_t n;
    s->is_ready = false;
    s->message_id = f->command.message_id = (uint16_t)(s->message_id % 0xFFFF + 1);
    memcpy(s->told[s->next].sop_instance, f->command.sop_instance, sizeof f->command.sop_instance);
    s->sent[s->nsent++] = (dcm_sent){f->nbytes, s->next++, s->message_id, f->context};
    s->sent_nbytes += f->nbytes;
    const uint64_t command_nbytes = dcm_command_write(&f->command, s->command),
                   ncommand = 2 * dcm_pdata_nfragments(command_nbytes, s->max_pdu_nbytes);
    struct iovec *const v = dcm_message_pieces(&s->pieces, f->context, s->command, command_nbytes,
                                               f->fd < 0 ? f->bytes.p + f->offset : NULL,
                                               f->nbytes - f->offset, s->max_pdu_nbytes, &n);
    if (!v) return DCM_SEND_NO_MEMORY;
    if (s->is_apart) {
        s->rest = (dcm_send_rest){v, n, 0, f->offset};
        return fill(s);
    }
    return end_of(f->fd < 0 ? dcm_wire_write(&s->wire, v, n, false, s->write_ms)
                            : write_long(s, f, v, ncommand, n));
}

uint32_t dcm_send_answered(dcm_sender *s, uint16_t message_id, uint8_t context) {
    for (uint32_t i = 0; i < s->nsent; i++) {
        if (s->sent[i].message_id != message_id || s->sent[i].context != context) continue;
        const uint32_t file = s->sent[i].file;
        s->sent_nbytes -= s->sent[i].nbytes;
        memmove(&s->sent[i], &s->sent[i + 1], (--s->nsent - i) * sizeof *s->sent);
        return file;
    }
    return s->npaths;
}

/* Whether the command set that came is a response to what is under way, and says that all is well. */
static bool take_success(dcm_sender *s) {
    const dcm_receiver *const r = s->receiver;
    const uint16_t wanted = DCM_HAS_FIELD | DCM_HAS_MESSAGE_ID | DCM_HAS_DATA_SET_TYPE | DCM_HAS_STATUS;
    dcm_command c;
    if (!dcm_command_read(r->command.p, r->command.nbytes, &c) || (c.has & wanted) != wanted ||
        c.field != (DCM_C_STORE_RQ | DCM_RESPONSE) || c.data_set_type != DCM_NO_DATA_SET || c.status != 0)
        return false;
    const uint32_t file = dcm_send_answered(s, c.message_id, r->context);
    if (file == s->npaths) return false;
    s->told[file].is_done = true;
    return true;
}

/* Take a response. */
static dcm_send_end receive(dcm_sender *s) {
    for (;;) {
        if (dcm_receiver_next(s->receiver, &s->event) != DCM_OK) return DCM_SEND_NO_MEMORY;
        if (s->event == DCM_RECEIVED_COMMAND && take_success(s)) {
            dcm_receiver_expect(s->receiver, false);
            return DCM_SEND_DONE;
        }
        if (s->event != DCM_RECEIVED_NOTHING) return DCM_SEND_ANSWER;
        if (s->is_apart) return DCM_SEND_READ;
        const dcm_wire_end end = dcm_wire_receive(&s->wire, s->receiver, s->read_ms);
        if (end != DCM_WIRE_DONE) return end_of(end);
    }
}

static bool make_ready(dcm_sender *s) {
    if (!s->is_ready) s->is_ready = prepare(s, &s->file, s->paths[s->next]);
    return s->is_ready;
}

/* Whether the file that is ready may go. What the system cannot give to the peer at once, it gives on the
   peer's processor later, when that has read what was before: who sends far ahead slows it down. Apart, bytes
   are encrypted first, and it pays to be ahead by a file. */
static bool may_go(const dcm_sender *s) {
    const uint64_t most = s->is_apart ? AHEAD_APART_NBYTES : AHEAD_NBYTES;
    return s->nsent == 0 || s->sent_nbytes + s->file.nbytes <= most;
}

dcm_send_end dcm_send_files(dcm_sender *s, uint32_t max_ms) {
    const uint64_t end_ns = dcm_now_ns() + (uint64_t)max_ms * 1000000u;
    const uint32_t window = s->window && s->window < DCM_MAX_WINDOW ? s->window : DCM_MAX_WINDOW;
    if (s->rest.i < s->rest.npieces) return fill(s);
    for (bool is_over = false;;) {
        bool is_usual = true;
        while (s->next < s->npaths && s->nsent < window && !is_over && (is_usual = make_ready(s)) &&
               may_go(s)) {
            const dcm_send_end end = send_next(s);
            if (end != DCM_SEND_DONE) return end;
            is_over = dcm_now_ns() >= end_ns;
        }
        if (!s->nsent) return is_usual ? DCM_SEND_DONE : DCM_SEND_UNUSUAL;
        if (s->next < s->npaths && is_usual && !is_over) (void)make_ready(s);
        const dcm_send_end end = receive(s);
        if (end != DCM_SEND_DONE) return end;
    }
}
