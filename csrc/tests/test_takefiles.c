/* Requests that are answered as they come: files that are stored, responses, and what is left to the caller.
   PS3.7 §9.1.1; PS3.10 §7.1. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../command.h"
#include "../takefiles.h"
#include "check.h"

#define LARGE_NBYTES 65536u

static const char *const CT = "1.2.840.10008.5.1.4.1.1.2";
static const uint8_t META[] = {2, 0, 0x10, 0, 'U', 'I', 4, 0, '1', '.', '2', 0};
static uint32_t nsynced;

/* In place of the system's: counts. */
int fsync(int fd) {
    nsynced++;
    return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

static uint64_t put_text(uint8_t *at, uint32_t tag, const char *vr, const char *value) {
    const uint32_t n = (uint32_t)strlen(value), padded = n + n % 2;
    const uint8_t header[8] = {
        (uint8_t)(tag >> 16), (uint8_t)(tag >> 24), (uint8_t)tag,    (uint8_t)(tag >> 8),
        (uint8_t)vr[0],       (uint8_t)vr[1],       (uint8_t)padded, 0};
    memcpy(at, header, 8);
    memset(at + 8, 0, padded);
    memcpy(at + 8, value, n);
    return 8 + padded;
}

/* A data set with a value of so many bytes. */
static uint64_t make_data(uint8_t *out, const char *instance, const char *study, uint32_t nbytes) {
    uint64_t at = put_text(out, 0x00080016, "UI", CT);
    at += put_text(out + at, 0x00080018, "UI", instance);
    at += put_text(out + at, 0x0020000D, "UI", study);
    const uint8_t header[12] = {0xE0,
                                0x7F,
                                0x10,
                                0,
                                'O',
                                'B',
                                0,
                                0,
                                (uint8_t)nbytes,
                                (uint8_t)(nbytes >> 8),
                                (uint8_t)(nbytes >> 16),
                                (uint8_t)(nbytes >> 24)};
    memcpy(out + at, header, 12);
    for (uint32_t i = 0; i < nbytes; i++)
        out[at + 12 + i] = (uint8_t)(i * 7 + i / 251);
    return at + 12 + nbytes;
}

/* The bytes of a message, in fragments of at most max_pdu_nbytes. */
static uint64_t make_message(uint8_t *out, dcm_command command, const uint8_t *data, uint64_t nbytes,
                             uint32_t max_pdu_nbytes) {
    uint8_t bytes[DCM_COMMAND_MAX_NBYTES];
    dcm_block block = {0};
    uint64_t n, at = 0;
    const uint64_t command_nbytes = dcm_command_write(&command, bytes);
    struct iovec *const v =
        dcm_message_pieces(&block, 1, bytes, command_nbytes, data, nbytes, max_pdu_nbytes, &n);
    for (uint64_t i = 0; v && i < n; i++) {
        memcpy(out + at, v[i].iov_base, v[i].iov_len);
        at += v[i].iov_len;
    }
    free(block.p);
    return at;
}

static dcm_command request(uint16_t field, uint16_t id, const char *instance) {
    dcm_command c = {
        .field = field, .message_id = id, .data_set_type = DCM_NO_DATA_SET, .has = DCM_HAS_CLASS};
    strcpy(c.sop_class, CT);
    if (!instance) return c;
    c.data_set_type = 1;
    c.has |= DCM_HAS_INSTANCE;
    strcpy(c.sop_instance, instance);
    return c;
}

static uint8_t data[600000], message[700000], got[700000];

typedef struct peers {
    int ours, theirs;
    dcm_receiver receiver, answers;
    dcm_taker taker;
    dcm_store_place place;
    dcm_store_piece pieces[4];
    dcm_take_context context;
} peers;

static void open_peers(peers *p, const char *folder, uint64_t data_nbytes) {
    const dcm_receive_limits limits = {0, 1 << 20, 1 << 16, data_nbytes, 0, LARGE_NBYTES};
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    p->ours = pair[0], p->theirs = pair[1];
    const int room = 1 << 20;
    (void)setsockopt(p->theirs, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    CHECK(dcm_receiver_open(&p->receiver, &limits) == DCM_OK &&
          dcm_receiver_open(&p->answers, &limits) == DCM_OK);
    p->receiver.wants_data = p->answers.wants_data = true;
    p->receiver.contexts[0] = p->answers.contexts[0] = 2;
    p->pieces[0] = (dcm_store_piece){0x0020000D, NULL};
    p->pieces[1] = (dcm_store_piece){0, "/"};
    p->pieces[2] = (dcm_store_piece){0x00080018, NULL};
    p->pieces[3] = (dcm_store_piece){0, ".dcm"};
    p->place = (dcm_store_place){folder, p->pieces, 4, true};
    p->context = (dcm_take_context){1, {false, false}, META, sizeof META};
    dcm_taker_open(&p->taker);
    dcm_wire_open(&p->taker.wire, p->ours);
    p->taker.receiver = &p->receiver;
    p->taker.contexts = &p->context, p->taker.ncontexts = 1;
    p->taker.place = &p->place;
    p->taker.echoes = true;
    p->taker.write_ms = 100;
}

static void close_peers(peers *p) {
    dcm_taker_close(&p->taker);
    dcm_receiver_close(&p->receiver);
    dcm_receiver_close(&p->answers);
    close(p->ours);
    if (p->theirs >= 0) close(p->theirs);
}

/* The next response that the peer gets; an empty one if there is none. */
static dcm_command answer_of(peers *p) {
    dcm_received event = DCM_RECEIVED_NOTHING;
    dcm_command c = {0};
    for (;;) {
        CHECK(dcm_receiver_next(&p->answers, &event) == DCM_OK);
        if (event == DCM_RECEIVED_COMMAND) {
            dcm_receiver_expect(&p->answers, false);
            CHECK(dcm_command_read(p->answers.command.p, p->answers.command.nbytes, &c));
            return c;
        }
        uint64_t room;
        uint8_t *const to = dcm_receiver_space(&p->answers, &room);
        const ssize_t n = recv(p->theirs, to, room, MSG_DONTWAIT);
        dcm_receiver_took(&p->answers, n > 0 ? (uint64_t)n : 0);
        if (n <= 0) return c;
    }
}

static bool is_stored(const char *folder, const char *name, uint64_t nbytes) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "rb");
    if (!file) return false;
    const size_t n = fread(got, 1, sizeof got, file);
    fclose(file);
    unlink(path);
    return n > nbytes + 132 && memcmp(got + 128, "DICM", 4) == 0 &&
           memcmp(got + n - nbytes, data, nbytes) == 0 &&
           memcmp(got + n - nbytes - sizeof META, META, sizeof META) == 0;
}

static void send_bytes(peers *p, const uint8_t *bytes, uint64_t n) {
    for (uint64_t at = 0; at < n;) {
        const ssize_t done = send(p->theirs, bytes + at, n - at, MSG_DONTWAIT);
        if (done > 0)
            at += (uint64_t)done;
        else
            CHECK(dcm_take(&p->taker, 1) == DCM_TAKE_TIME);
    }
}

/* A C-STORE with a value of so many bytes, in PDUs of at most max_pdu_nbytes: the file, and the response. */
static void store(peers *p, const char *folder, uint32_t nbytes, uint32_t max_pdu_nbytes) {
    const uint64_t n = make_data(data, "1.2.3", "1.9", nbytes);
    const uint64_t total = make_message(message, request(1, 7, "1.2.3"), data, n, max_pdu_nbytes);
    send_bytes(p, message, total);
    CHECK(dcm_take(&p->taker, 20) == DCM_TAKE_TIME);
    const dcm_command c = answer_of(p);
    CHECK(c.field == 0x8001 && c.message_id == 7 && c.status == 0 && c.data_set_type == DCM_NO_DATA_SET);
    CHECK(strcmp(c.sop_class, CT) == 0 && strcmp(c.sop_instance, "1.2.3") == 0);
    CHECK(is_stored(folder, "1.9/1.2.3.dcm", n));
}

static void test_stores(const char *folder) {
    peers p;
    open_peers(&p, folder, 0);
    nsynced = 0;
    store(&p, folder, 100, 0);
    CHECK(nsynced == 3); /* the file, its folder and what that is new in, before the response */
    nsynced = 0;
    store(&p, folder, 100, 0);
    CHECK(nsynced == 2);
    for (uint32_t nbytes = 65000; nbytes < 600000; nbytes += 133000)
        for (uint32_t max = 16384; max <= 262144; max *= 4)
            store(&p, folder, nbytes, max);
    store(&p, folder, 300000, 0); /* in one PDU */
    p.place.sync = false;
    nsynced = 0;
    store(&p, folder, 300000, 40000);
    CHECK(nsynced == 0);

    /* a tiny PDU is all that the peer takes */
    p.taker.max_pdu_nbytes = 16;
    store(&p, folder, 100, 100);
    p.taker.max_pdu_nbytes = 0;

    /* bytes that come one by one */
    const uint64_t n = make_data(data, "1.2.3", "1.9", 70000),
                   total = make_message(message, request(1, 8, "1.2.3"), data, n, 50000);
    for (uint64_t i = 0; i < 600; i++) {
        send_bytes(&p, message + i, 1);
        CHECK(dcm_take(&p.taker, 0) == DCM_TAKE_TIME);
    }
    send_bytes(&p, message + 600, total - 600);
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_TIME && answer_of(&p).message_id == 8);
    CHECK(is_stored(folder, "1.9/1.2.3.dcm", n));

    /* echoes between; two at a time */
    uint64_t both = make_message(message, request(0x30, 9, NULL), NULL, 0, 0);
    both += make_message(message + both, request(0x30, 10, NULL), NULL, 0, 0);
    send_bytes(&p, message, both);
    CHECK(dcm_take(&p.taker, 5) == DCM_TAKE_TIME);
    CHECK(answer_of(&p).message_id == 9);
    const dcm_command c = answer_of(&p);
    CHECK(c.message_id == 10 && c.field == 0x8030 && !(c.has & DCM_HAS_INSTANCE));
    close_peers(&p);
}

static void test_what_is_the_callers(const char *folder) {
    peers p;
    char *path;
    open_peers(&p, folder, 200000);
    /* another instance than that of the command */
    uint64_t n = make_data(data, "1.2.3", "1.9", 100);
    send_bytes(&p, message, make_message(message, request(1, 1, "1.2.4"), data, n, 0));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_DATA);
    CHECK(p.taker.context && dcm_taker_forget(&p.taker, &path) == -1 && !p.taker.context);
    CHECK(p.receiver.data.nbytes == n && memcmp(p.receiver.data.p, data, n) == 0);
    /* a study that is no name */
    n = make_data(data, "1.2.3", "../x", 100000);
    const uint64_t total = make_message(message, request(1, 1, "1.2.3"), data, n, 0);
    send_bytes(&p, message, total);
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_LARGE);
    CHECK(dcm_taker_forget(&p.taker, &path) == -1);
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_DATA);
    CHECK(p.receiver.data.nbytes == n);
    /* too long: the file is given away */
    n = make_data(data, "1.2.3", "1.9", 300000);
    send_bytes(&p, message, make_message(message, request(1, 1, "1.2.3"), data, n, 50000));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_DATA &&
          p.receiver.is_too_long);
    int fd = dcm_taker_forget(&p.taker, &path);
    CHECK(fd >= 0 && path && unlink(path) == 0);
    close(fd);
    free(path);
    /* a file that cannot be written */
    n = make_data(data, "1.2.3", "1.9", 150000);
    const uint64_t begun = make_message(message, request(1, 1, "1.2.3"), data, n, 50000);
    send_bytes(&p, message, 90000);
    CHECK(dcm_take(&p.taker, 5) == DCM_TAKE_TIME && p.taker.storing.file.fd >= 0);
    const int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        p.receiver.sink_fd = full;
        send_bytes(&p, message + 90000, begun - 90000);
        CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.receiver.sink_errno == ENOSPC);
        close(full);
    }
    fd = dcm_taker_forget(&p.taker, &path);
    CHECK(fd >= 0 && unlink(path) == 0);
    close(fd);
    free(path);
    /* a folder has the name: nothing was stored, and the sender hears of it */
    char name[128];
    snprintf(name, sizeof name, "%s/1.9/1.2.3.dcm", folder);
    mkdir(name, 0777);
    n = make_data(data, "1.2.3", "1.9", 150000);
    send_bytes(&p, message, make_message(message, request(1, 5, "1.2.3"), data, n, 50000));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_TIME && answer_of(&p).status == 0xA700);
    rmdir(name);
    /* it ends inside its last value: short, and long, of which the file is given away */
    n = make_data(data, "1.2.3", "1.9", 100);
    send_bytes(&p, message, make_message(message, request(1, 1, "1.2.3"), data, n - 20, 50000));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_DATA);
    CHECK(dcm_taker_forget(&p.taker, &path) == -1);
    n = make_data(data, "1.2.3", "1.9", 150000);
    send_bytes(&p, message, make_message(message, request(1, 1, "1.2.3"), data, n - 20, 50000));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_DATA);
    fd = dcm_taker_forget(&p.taker, &path);
    CHECK(fd >= 0 && unlink(path) == 0);
    close(fd);
    free(path);
    /* elements behind the long value are read as well: sound ones, and one that is cut */
    for (uint32_t cut = 0; cut <= 2; cut += 2) {
        n = make_data(data, "1.2.3", "1.9", 150000);
        n += put_text(data + n, 0xFFFCFFFC, "LO", "behind") - cut;
        send_bytes(&p, message, make_message(message, request(1, 6, "1.2.3"), data, n, 50000));
        const dcm_take_end end = dcm_take(&p.taker, 20);
        CHECK(end == (cut ? DCM_TAKE_EVENT : DCM_TAKE_TIME));
        if (!cut) CHECK(answer_of(&p).status == 0 && is_stored(folder, "1.9/1.2.3.dcm", n));
    }
    fd = dcm_taker_forget(&p.taker, &path);
    CHECK(fd >= 0 && unlink(path) == 0);
    close(fd);
    free(path);
    /* of what could not be written, nothing gets into the next file */
    store(&p, folder, 150000, 50000);
    /* nothing is stored where there is no place; echoes are not answered where that is the caller's */
    p.taker.place = NULL, p.taker.echoes = false;
    send_bytes(&p, message, make_message(message, request(0x30, 9, NULL), NULL, 0, 0));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_COMMAND);
    dcm_receiver_expect(&p.receiver, false);
    n = make_data(data, "1.2.3", "1.9", 100);
    send_bytes(&p, message, make_message(message, request(1, 1, "1.2.3"), data, n, 0));
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_COMMAND);
    dcm_receiver_expect(&p.receiver, true);
    CHECK(dcm_take(&p.taker, 20) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_DATA);
    close_peers(&p);
}

static void test_ends(const char *folder) {
    peers p;
    open_peers(&p, folder, 0);
    CHECK(dcm_take(&p.taker, 5) == DCM_TAKE_TIME && p.taker.nreads == 0);
    const uint8_t release[10] = {5, 0, 0, 0, 0, 4};
    send_bytes(&p, release, sizeof release);
    CHECK(dcm_take(&p.taker, 5) == DCM_TAKE_EVENT && p.taker.event == DCM_RECEIVED_PDU &&
          p.receiver.type == 5);
    /* closed in the middle of a long data set: its file is taken away */
    const uint64_t n = make_data(data, "1.2.3", "1.9", 300000);
    make_message(message, request(1, 1, "1.2.3"), data, n, 50000);
    send_bytes(&p, message, 200000);
    CHECK(dcm_take(&p.taker, 5) == DCM_TAKE_TIME && p.taker.storing.file.fd >= 0);
    char path[256];
    snprintf(path, sizeof path, "%s", p.taker.storing.file.temporary);
    CHECK(access(path, F_OK) == 0);
    close(p.theirs);
    p.theirs = -1;
    CHECK(dcm_take(&p.taker, 5) == DCM_TAKE_CLOSED);
    close_peers(&p);
    CHECK(access(path, F_OK) != 0);
}

int main(void) {
    char folder[] = "dicomet-take-XXXXXX", inner[64];
    CHECK(mkdtemp(folder) != NULL);
    test_stores(folder);
    test_what_is_the_callers(folder);
    test_ends(folder);
    snprintf(inner, sizeof inner, "%s/1.9", folder);
    CHECK(rmdir(inner) == 0 && rmdir(folder) == 0); /* nothing was left */
    return check_result();
}
