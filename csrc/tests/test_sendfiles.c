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
    static uint8_t bytes[100000];
    memset(bytes, 0, 132);
    memcpy(bytes + 128, "DICM", 4);
    uint8_t *const meta = put_element(bytes + 132, 2, 0x10, syntax);
    uint8_t *at = put_element(put_element(meta, 8, 0x16, CT), 8, 0x18, "1.2.3.4");
    const uint8_t header[12] = {0x10, 0, 0x10, 0x40, 'O', 'B', 0, 0, (uint8_t)nbytes, (uint8_t)(nbytes >> 8),
                                0,    0};
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
static const dcm_receive_limits LIMITS = {0, 1 << 20, 1 << 16, 0, 0};

int main(void) {
    char folder[] = "dicomet-send-XXXXXX", plain[64], other[64];
    int pair[2];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(plain, sizeof plain, "%s/a", folder);
    snprintf(other, sizeof other, "%s/b", folder);
    const uint64_t nbytes = write_file(plain, EXPLICIT, 3000);
    write_file(other, "1.2.840.10008.1.2.4.50", 10);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    dcm_receiver receiver, theirs;
    dcm_sender sender;
    CHECK(dcm_receiver_open(&receiver, &LIMITS) == DCM_OK && dcm_receiver_open(&theirs, &LIMITS) == DCM_OK);
    receiver.wants_data = theirs.wants_data = true;
    receiver.contexts[0] = theirs.contexts[0] = 2;
    dcm_sender_open(&sender);
    dcm_wire_open(&sender.wire, pair[0]), sender.receiver = &receiver, sender.contexts = &CONTEXT,
                                          sender.ncontexts = 1;
    sender.max_pdu_nbytes = 1000, sender.message_id = 65534, sender.write_ms = sender.read_ms = 100;

    /* two answered beforehand; IDs go on behind 65535 with 1; then one of another syntax, which is not sent
     */
    answer(pair[1], 65535, 0);
    answer(pair[1], 1, 0);
    const char *const paths[] = {plain, plain, other, plain};
    uint32_t done;
    CHECK(dcm_send_files(&sender, paths, 4, 10000, &done) == DCM_SEND_UNUSUAL && done == 2 &&
          sender.message_id == 1);
    uint32_t nmessages = 0;
    for (dcm_received event; nmessages < 2;) {
        uint64_t room;
        uint8_t *const to = dcm_receiver_space(&theirs, &room);
        const ssize_t n = recv(pair[1], to, room, MSG_DONTWAIT);
        if (n <= 0) break;
        dcm_receiver_took(&theirs, (uint64_t)n);
        while (dcm_receiver_next(&theirs, &event) == DCM_OK && event != DCM_RECEIVED_NOTHING) {
            if (event == DCM_RECEIVED_COMMAND) dcm_receiver_expect(&theirs, true);
            CHECK(event != DCM_RECEIVED_FAULT);
            if (event == DCM_RECEIVED_DATA) nmessages++;
        }
    }
    CHECK(nmessages == 2 && theirs.data_nbytes == nbytes);

    /* another status, another message, nothing, the end: each is the caller's */
    answer(pair[1], 2, 0xA700);
    CHECK(dcm_send_files(&sender, paths, 1, 1000, &done) == DCM_SEND_ANSWER && done == 0);
    CHECK(sender.event == DCM_RECEIVED_COMMAND);
    dcm_receiver_expect(&receiver, false);
    answer(pair[1], 77, 0);
    CHECK(dcm_send_files(&sender, paths, 1, 1000, &done) == DCM_SEND_ANSWER && done == 0);
    dcm_receiver_expect(&receiver, false);
    CHECK(dcm_send_files(&sender, paths, 1, 1000, &done) == DCM_SEND_TIMEOUT && done == 0);
    close(pair[1]);
    CHECK(dcm_send_files(&sender, paths, 1, 1000, &done) == DCM_SEND_CLOSED && done == 0);
    const char *const missing[] = {folder, "/nowhere/at all"};
    CHECK(dcm_send_files(&sender, missing, 1, 1000, &done) == DCM_SEND_UNUSUAL);
    CHECK(dcm_send_files(&sender, missing + 1, 1, 1000, &done) == DCM_SEND_UNUSUAL);
    CHECK(dcm_send_files(&sender, NULL, 0, 1000, &done) == DCM_SEND_DONE && done == 0);
    dcm_sender_close(&sender);
    dcm_receiver_close(&receiver);
    dcm_receiver_close(&theirs);
    close(pair[0]);
    unlink(plain), unlink(other), rmdir(folder);
    return check_result();
}
