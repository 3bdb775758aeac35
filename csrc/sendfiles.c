/* Files over an association, one after another. PS3.4 Annex B; PS3.7 §9.1.1. */
#include "sendfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "command.h"
#include "platform.h"

#define MAX_FILE_NBYTES (UINT64_C(64) << 20) /* longer ones are mapped by the caller */
#define MAX_NFRAGMENTS 4096u
#define NVECTORS 512u
#define HEADER_NBYTES (DCM_PDU_HEADER_NBYTES + DCM_PDV_HEADER_NBYTES)
#define COMMAND_NBYTES 512u /* more than any of ours has */
#define SOP_CLASS 0x00080016u
#define SOP_INSTANCE 0x00080018u
#define C_STORE_RSP 0x8001u
#define NO_DATA_SET 0x0101u

void dcm_sender_open(dcm_sender *s) {
    memset(s, 0, sizeof *s);
    dcm_index_init(&s->index);
}

void dcm_sender_close(dcm_sender *s) {
    free(s->files[0].bytes.p);
    free(s->files[1].bytes.p);
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

static bool read_file(dcm_block *b, const char *path) {
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) return false;
    bool whole = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= MAX_FILE_NBYTES &&
                 reserve(b, (uint64_t)st.st_size + 1);
    b->nbytes = 0;
    while (whole && b->nbytes < (uint64_t)st.st_size) {
        const ssize_t n = read(fd, b->p + b->nbytes, (uint64_t)st.st_size - b->nbytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) whole = false;
        if (n > 0) b->nbytes += (uint64_t)n;
    }
    close(fd);
    return whole;
}

static bool take_uid(const dcm_sender *s, const dcm_send_file *f, uint32_t tag, char *out) {
    const uint32_t row = dcm_index_find(&s->index, DCM_NO_ROW, tag);
    if (row == DCM_NO_ROW) return false;
    const dcm_element *const e = &s->index.rows[row];
    if (e->length == 0 || e->length > 64 || e->offset > f->bytes.nbytes ||
        e->length > f->bytes.nbytes - e->offset)
        return false;
    uint64_t n = e->length;
    const char *const p = (const char *)f->bytes.p + e->offset;
    while (n && (p[n - 1] == 0 || p[n - 1] == ' '))
        n--;
    for (uint64_t i = 0; i < n; i++)
        if ((p[i] < '0' || p[i] > '9') && p[i] != '.') return false;
    memcpy(out, p, n);
    out[n] = 0;
    return n > 0;
}

/* Read a file, and find the context it goes over. */
static bool prepare(dcm_sender *s, dcm_send_file *f, const char *path) {
    dcm_scan_options options;
    if (!read_file(&f->bytes, path)) return false;
    dcm_scan_options_init(&options);
    options.stop_tag = SOP_INSTANCE + 1;
    dcm_index_clear(&s->index);
    dcm_scan_init(&s->scanner, &options, f->bytes.nbytes);
    if (dcm_scan_run(&s->scanner, f->bytes.p, f->bytes.nbytes, true, &s->index) != DCM_OK ||
        dcm_index_freeze(&s->index) != DCM_OK)
        return false;
    f->offset = s->scanner.body_offset;
    if (f->offset >= f->bytes.nbytes || (f->bytes.nbytes - f->offset) % 2) return false;
    if (!take_uid(s, f, SOP_CLASS, f->sop_class) || !take_uid(s, f, SOP_INSTANCE, f->sop_instance))
        return false;
    for (uint32_t i = 0; i < s->ncontexts; i++) {
        const dcm_send_context *const c = &s->contexts[i];
        if (strcmp(c->sop_class, f->sop_class) || strcmp(c->transfer_syntax, s->scanner.transfer_syntax))
            continue;
        f->context = c->id;
        return dcm_pdata_nfragments(f->bytes.nbytes - f->offset, s->max_pdu_nbytes) <= MAX_NFRAGMENTS;
    }
    return false;
}

static uint8_t *put(uint8_t *at, uint16_t element, const void *value, uint32_t nbytes) {
    memcpy(dcm_command_put(at, element, nbytes), value, nbytes);
    return at + dcm_command_nbytes(nbytes);
}

static uint8_t *put_number(uint8_t *at, uint16_t element, uint32_t v, uint32_t nbytes) {
    const uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    return put(at, element, bytes, nbytes);
}

/* The command set of a C-STORE-RQ of medium priority. PS3.7 Table 9.3-1 */
static uint64_t make_command(const dcm_sender *s, const dcm_send_file *f, uint8_t *out) {
    uint8_t *at = out + dcm_command_nbytes(4);
    at = put(at, 0x0002, f->sop_class, (uint32_t)strlen(f->sop_class));
    at = put_number(at, 0x0100, 1, 2);
    at = put_number(at, 0x0110, s->message_id, 2);
    at = put_number(at, 0x0700, 0, 2);
    at = put_number(at, 0x0800, 1, 2);
    at = put(at, 0x1000, f->sop_instance, (uint32_t)strlen(f->sop_instance));
    put_number(out, 0x0000, (uint32_t)(at - out - (int64_t)dcm_command_nbytes(4)), 4);
    return (uint64_t)(at - out);
}

/* Wait until a socket can be read or written. */
static dcm_send_end wait_for(int fd, short what, int ms) {
    struct pollfd one = {.fd = fd, .events = what};
    for (;;) {
        const int n = poll(&one, 1, ms);
        if (n > 0) return DCM_SEND_DONE;
        if (n == 0) return DCM_SEND_TIMEOUT;
        if (errno != EINTR) return DCM_SEND_CLOSED;
    }
}

static dcm_send_end write_all(dcm_sender *s, struct iovec *v, uint64_t n) {
    while (n) {
        struct msghdr message = {.msg_iov = v, .msg_iovlen = n < NVECTORS ? n : NVECTORS};
        ssize_t done = sendmsg(s->fd, &message, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            const dcm_send_end end = wait_for(s->fd, POLLOUT, s->write_ms);
            if (end != DCM_SEND_DONE) return end;
            continue;
        }
        if (done < 0) return DCM_SEND_CLOSED;
        while (n && (size_t)done >= v->iov_len)
            done -= (ssize_t)v->iov_len, v++, n--;
        if (n) v->iov_base = (uint8_t *)v->iov_base + done, v->iov_len -= (size_t)done;
    }
    return DCM_SEND_DONE;
}

static dcm_send_end send_file(dcm_sender *s, const dcm_send_file *f) {
    const uint64_t nbytes = f->bytes.nbytes - f->offset;
    uint8_t command[HEADER_NBYTES * 8 + COMMAND_NBYTES];
    s->message_id = (uint16_t)(s->message_id % 0xFFFF + 1);
    s->context = f->context;
    const uint64_t command_nbytes = make_command(s, f, command),
                   ncommand = dcm_pdata_nfragments(command_nbytes, s->max_pdu_nbytes),
                   ndata = dcm_pdata_nfragments(nbytes, s->max_pdu_nbytes), n = ncommand + ndata;
    if (!reserve(&s->pieces, n * (HEADER_NBYTES + sizeof(uint32_t)) + (2 * n + 1) * sizeof(struct iovec)))
        return DCM_SEND_NO_MEMORY;
    struct iovec *const v = (struct iovec *)(void *)s->pieces.p;
    uint32_t *const lengths = (uint32_t *)(void *)(v + 2 * n);
    uint8_t *const headers = (uint8_t *)(lengths + n);
    dcm_pdata_headers(f->context, true, true, command_nbytes, s->max_pdu_nbytes, headers, lengths);
    dcm_pdata_headers(f->context, false, true, nbytes, s->max_pdu_nbytes, headers + ncommand * HEADER_NBYTES,
                      lengths + ncommand);
    uint64_t at = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (i == ncommand) at = 0;
        v[2 * i] = (struct iovec){headers + i * HEADER_NBYTES, HEADER_NBYTES};
        v[2 * i + 1] = (struct iovec){(i < ncommand ? command : f->bytes.p + f->offset) + at, lengths[i]};
        at += lengths[i];
    }
    return write_all(s, v, 2 * n);
}

/* Whether the command set that came is the response to what was sent last, and says that all is well. */
static bool is_success(const dcm_sender *s) {
    const dcm_receiver *const r = s->receiver;
    uint32_t at = 0, found = 0;
    dcm_command_element e;
    while (dcm_command_next(r->command.p, (uint32_t)r->command.nbytes, &at, &e) == DCM_OK) {
        if (dcm_command_form_of(e.element) != DCM_COMMAND_US || e.length != 2) continue;
        const uint16_t v = dcm_load_u16le(r->command.p + e.offset);
        if (e.element == 0x0100) found |= v == C_STORE_RSP ? 1u : 16u;
        if (e.element == 0x0120) found |= v == s->message_id ? 2u : 16u;
        if (e.element == 0x0800) found |= v == NO_DATA_SET ? 4u : 16u;
        if (e.element == 0x0900) found |= v == 0 ? 8u : 16u;
    }
    return found == 15 && r->context == s->context;
}

/* More is sure to come: acknowledge at once what came, for a peer that writes in pieces waits for that. */
static void acknowledge(int fd) {
#ifdef TCP_QUICKACK
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
    (void)fd;
#endif
}

static dcm_send_end receive_success(dcm_sender *s) {
    for (;;) {
        if (dcm_receiver_next(s->receiver, &s->event) != DCM_OK) return DCM_SEND_NO_MEMORY;
        if (s->event == DCM_RECEIVED_COMMAND && is_success(s)) {
            dcm_receiver_expect(s->receiver, false);
            return DCM_SEND_DONE;
        }
        if (s->event != DCM_RECEIVED_NOTHING) return DCM_SEND_ANSWER;
        uint64_t room;
        uint8_t *const p = dcm_receiver_space(s->receiver, &room);
        if (!p) return DCM_SEND_NO_MEMORY;
        const ssize_t n = recv(s->fd, p, room, MSG_DONTWAIT);
        if (n > 0) {
            dcm_receiver_took(s->receiver, (uint64_t)n);
            continue;
        }
        dcm_receiver_took(s->receiver, 0);
        if (n == 0) return DCM_SEND_CLOSED;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return DCM_SEND_CLOSED;
        if (dcm_receiver_is_inside(s->receiver)) acknowledge(s->fd);
        const dcm_send_end end = wait_for(s->fd, POLLIN, s->read_ms);
        if (end != DCM_SEND_DONE) return end;
    }
}

dcm_send_end dcm_send_files(dcm_sender *s, const char *const *paths, uint32_t npaths, uint32_t max_ms,
                            uint32_t *done) {
    const uint64_t end_ns = dcm_now_ns() + (uint64_t)max_ms * 1000000u;
    *done = 0;
    bool is_ready = npaths && prepare(s, &s->files[0], paths[0]);
    while (*done < npaths) {
        if (!is_ready) return DCM_SEND_UNUSUAL;
        dcm_send_end end = send_file(s, &s->files[*done % 2]);
        if (end != DCM_SEND_DONE) return end;
        is_ready = *done + 1 < npaths && prepare(s, &s->files[(*done + 1) % 2], paths[*done + 1]);
        end = receive_success(s);
        if (end != DCM_SEND_DONE) return end;
        ++*done;
        if (dcm_now_ns() >= end_ns) break;
    }
    return DCM_SEND_DONE;
}
