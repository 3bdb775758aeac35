/* Files over an association: what goes over the wire, and what ends it. PS3.7 §9.1.1. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../command.h"
#include "../sendfiles.h"
#include "check.h"

static const char *const CT = "1.2.840.10008.5.1.4.1.1.2";
static const char *const EXPLICIT = "1.2.840.10008.1.2.1";

static uint8_t *put_element(uint8_t *at, uint16_t group, uint16_t element, const char *value) {
    const uint32_t n = (uint32_t)strlen(value), padded = n + n % 2;
    const uint8_t header[8] = {(uint8_t)group,
                               (uint8_t)(group >> 8),
                               (uint8_t)element,
                               (uint8_t)(element >> 8),
                               'U',
                               'I',
                               (uint8_t)padded,
                               0};
    memcpy(at, header, 8);
    memset(at + 8, 0, padded);
    memcpy(at + 8, value, n);
    return at + 8 + padded;
}

/* A file of a syntax, with a value behind its UIDs; gives the bytes of its data set. */
static uint64_t write_file(const char *path, const char *syntax, uint32_t nbytes) {
    static uint8_t bytes[500000];
    memset(bytes, 0, 132);
    memcpy(bytes + 128, "DICM", 4);
    uint8_t *const meta = put_element(bytes + 132, 2, 0x10, syntax);
    uint8_t *at = put_element(put_element(meta, 8, 0x16, CT), 8, 0x18, "1.2.3.4");
    const uint8_t header[12] = {
        0x10, 0, 0x10, 0x40, 'O', 'B', 0, 0, (uint8_t)nbytes, (uint8_t)(nbytes >> 8), (uint8_t)(nbytes >> 16),
        0};
    memcpy(at, header, 12);
    memset(at + 12, 7, nbytes);
    at += 12 + nbytes;
    FILE *const file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, (size_t)(at - bytes), file) == (size_t)(at - bytes));
    if (file) fclose(file);
    return (uint64_t)(at - meta);
}

static void answer(int fd, uint16_t message_id, uint16_t status) {
    uint8_t command[64], header[12], *at = command;
    const uint16_t values[4][2] = {
        {0x0100, 0x8001}, {0x0120, message_id}, {0x0800, 0x0101}, {0x0900, status}};
    uint32_t length;
    for (int i = 0; i < 4; i++) {
        uint8_t *const to = dcm_command_put(at, values[i][0], 2);
        to[0] = (uint8_t)values[i][1], to[1] = (uint8_t)(values[i][1] >> 8);
        at += dcm_command_nbytes(2);
    }
    dcm_pdata_headers(1, true, true, (uint64_t)(at - command), 0, header, &length);
    CHECK(write(fd, header, 12) == 12 && write(fd, command, length) == (ssize_t)length);
}

static const dcm_send_context CONTEXT = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", 1};
static const dcm_receive_limits LIMITS = {0, 1 << 20, 1 << 16, 0, 0, 0};

typedef struct ends {
    int pair[2];
    dcm_receiver receiver, theirs;
    dcm_sender sender;
    dcm_send_told told[8];
} ends;

static void open_ends(ends *e) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, e->pair) == 0);
    CHECK(dcm_receiver_open(&e->receiver, &LIMITS) == DCM_OK &&
          dcm_receiver_open(&e->theirs, &LIMITS) == DCM_OK);
    e->receiver.wants_data = e->theirs.wants_data = true;
    e->receiver.contexts[0] = e->theirs.contexts[0] = 2;
    dcm_sender_open(&e->sender);
    dcm_wire_open(&e->sender.wire, e->pair[0]);
    e->sender.receiver = &e->receiver;
    e->sender.contexts = &CONTEXT, e->sender.ncontexts = 1;
    e->sender.max_pdu_nbytes = 1000, e->sender.window = 1;
    e->sender.write_ms = e->sender.read_ms = 100;
}

static void close_ends(ends *e) {
    dcm_sender_close(&e->sender);
    dcm_receiver_close(&e->receiver);
    dcm_receiver_close(&e->theirs);
    close(e->pair[0]), close(e->pair[1]);
}

/* Begin with other files, none of which is done. */
static void begin(ends *e, const char *const *paths, uint32_t n) {
    memset(e->told, 0, sizeof e->told);
    dcm_send_begin(&e->sender, paths, n, e->told);
}

/* Messages with a data set among bytes that went out. */
static uint32_t nmessages(ends *e) {
    uint32_t n = 0;
    for (dcm_received event; dcm_receiver_next(&e->theirs, &event) == DCM_OK && event;) {
        if (event == DCM_RECEIVED_COMMAND) dcm_receiver_expect(&e->theirs, true);
        CHECK(event != DCM_RECEIVED_FAULT);
        n += event == DCM_RECEIVED_DATA;
    }
    return n;
}

/* The same, off the socket. */
static uint32_t nsent(ends *e) {
    for (uint32_t n = 0;;) {
        uint64_t room;
        uint8_t *const to = dcm_receiver_space(&e->theirs, &room);
        const ssize_t got = recv(e->pair[1], to, room, MSG_DONTWAIT);
        if (got <= 0) return n;
        dcm_receiver_took(&e->theirs, (uint64_t)got);
        n += nmessages(e);
    }
}

static dcm_send_end send_some(ends *e) {
    return dcm_send_files(&e->sender, 1000);
}

static void check_one_by_one(const char *folder, const char *plain, const char *other, uint64_t nbytes) {
    ends e;
    open_ends(&e);
    e.sender.message_id = 65534;

    /* two answered beforehand; IDs go on behind 65535 with 1; then one of another syntax, not sent */
    answer(e.pair[1], 65535, 0);
    answer(e.pair[1], 1, 0);
    const char *const paths[] = {plain, plain, other, plain};
    begin(&e, paths, 4);
    CHECK(send_some(&e) == DCM_SEND_UNUSUAL && e.sender.next == 2 && e.sender.message_id == 1);
    CHECK(e.told[0].is_done && e.told[1].is_done && !e.told[2].is_done);
    CHECK(nsent(&e) == 2 && e.theirs.data_nbytes == nbytes);

    /* another status, another message, nothing, the end: each is the caller's */
    begin(&e, paths, 1);
    answer(e.pair[1], 2, 0xA700);
    CHECK(send_some(&e) == DCM_SEND_ANSWER && !e.told[0].is_done && e.sender.event == DCM_RECEIVED_COMMAND);
    dcm_receiver_expect(&e.receiver, false);
    CHECK(dcm_send_answered(&e.sender, 2, 3) == 1 && dcm_send_answered(&e.sender, 2, 1) == 0);
    CHECK(dcm_send_answered(&e.sender, 2, 1) == 1 && send_some(&e) == DCM_SEND_DONE);
    begin(&e, paths, 1);
    answer(e.pair[1], 77, 0);
    CHECK(send_some(&e) == DCM_SEND_ANSWER && !e.told[0].is_done);
    dcm_receiver_expect(&e.receiver, false);
    begin(&e, paths, 1);
    CHECK(send_some(&e) == DCM_SEND_TIMEOUT && !e.told[0].is_done);
    shutdown(e.pair[1], SHUT_RDWR);
    begin(&e, paths, 1);
    CHECK(send_some(&e) == DCM_SEND_CLOSED && !e.told[0].is_done);
    const char *const missing[] = {folder, "/nowhere/at all"};
    for (int i = 0; i < 2; i++) {
        begin(&e, missing + i, 1);
        CHECK(send_some(&e) == DCM_SEND_UNUSUAL && e.sender.next == 0);
    }
    begin(&e, NULL, 0);
    CHECK(send_some(&e) == DCM_SEND_DONE);
    close_ends(&e);
}

/* Several at a time, answered in another order; no more than the window has. */
static void check_window(const char *plain, const char *other) {
    ends e;
    open_ends(&e);
    e.sender.window = 3;
    const char *const paths[] = {plain, plain, plain, plain, other};
    begin(&e, paths, 5);
    CHECK(send_some(&e) == DCM_SEND_TIMEOUT && e.sender.nsent == 3 && nsent(&e) == 3);
    answer(e.pair[1], 3, 0);
    answer(e.pair[1], 1, 0xC000);
    CHECK(send_some(&e) == DCM_SEND_ANSWER && e.told[2].is_done && !e.told[0].is_done);
    dcm_receiver_expect(&e.receiver, false);
    CHECK(dcm_send_answered(&e.sender, 1, 1) == 0);
    answer(e.pair[1], 4, 0);
    answer(e.pair[1], 2, 0);
    CHECK(send_some(&e) == DCM_SEND_UNUSUAL && e.sender.next == 4 && nsent(&e) == 1);
    CHECK(!e.told[0].is_done && e.told[1].is_done && e.told[2].is_done && e.told[3].is_done &&
          !e.told[4].is_done);

    /* the time is over: what is under way is answered, no other is begun */
    begin(&e, paths, 4);
    for (uint16_t i = 5; i < 8; i++)
        answer(e.pair[1], i, 0);
    CHECK(dcm_send_files(&e.sender, 0) == DCM_SEND_DONE && e.sender.next == 1 && e.told[0].is_done &&
          !e.told[1].is_done);
    close_ends(&e);
}

/* The caller reads and writes; a file that is longer than what is written at a time. */
static void check_apart(const char *plain, const char *large, uint64_t large_nbytes) {
    ends e;
    open_ends(&e);
    e.sender.is_apart = true;
    e.sender.window = 2;
    const char *const paths[] = {plain, large, plain};
    begin(&e, paths, 3);
    uint32_t nwritten = 0, nread = 0, n = 0;
    for (dcm_send_end end; (end = send_some(&e)) != DCM_SEND_DONE;) {
        if (end == DCM_SEND_WRITE) {
            nwritten++;
            for (uint64_t at = 0; at < e.sender.out.nbytes;) {
                uint64_t room;
                uint8_t *const to = dcm_receiver_space(&e.theirs, &room);
                if (room > e.sender.out.nbytes - at) room = e.sender.out.nbytes - at;
                memcpy(to, e.sender.out.p + at, room);
                at += room;
                dcm_receiver_took(&e.theirs, room);
                n += nmessages(&e);
                if (n == 2) CHECK(e.theirs.data_nbytes == large_nbytes || e.theirs.data_nbytes < 4000);
            }
        } else {
            CHECK(end == DCM_SEND_READ);
            if (end != DCM_SEND_READ || nread == 3) break;
            answer(e.pair[1], (uint16_t)++nread, 0);
            CHECK(dcm_wire_receive(&e.sender.wire, &e.receiver, 100) == DCM_WIRE_DONE);
        }
    }
    CHECK(n == 3 && nread == 3 && nwritten == 4 && e.told[0].is_done && e.told[1].is_done &&
          e.told[2].is_done);

    /* cut while it is sent */
    begin(&e, paths + 1, 1);
    CHECK(send_some(&e) == DCM_SEND_WRITE && truncate(large, 100000) == 0);
    CHECK(send_some(&e) == DCM_SEND_SHORT);
    close_ends(&e);
}

int main(void) {
    char folder[] = "dicomet-send-XXXXXX", plain[64], other[64], large[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(plain, sizeof plain, "%s/a", folder);
    snprintf(other, sizeof other, "%s/b", folder);
    snprintf(large, sizeof large, "%s/c", folder);
    const uint64_t nbytes = write_file(plain, EXPLICIT, 3000);
    write_file(other, "1.2.840.10008.1.2.4.50", 10);
    const uint64_t large_nbytes = write_file(large, EXPLICIT, 400000);
    check_one_by_one(folder, plain, other, nbytes);
    check_window(plain, other);
    check_apart(plain, large, large_nbytes);
    unlink(plain), unlink(other), unlink(large), rmdir(folder);
    return check_result();
}
