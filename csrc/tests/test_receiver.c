/* Bytes off a connection: PDUs and messages, however they are cut; what cannot be. PS3.8 §9.3, Annex E. */
#include <stdlib.h>
#include <unistd.h>

#include "../receiver.h"
#include "check.h"

typedef struct stream {
    uint8_t p[400000];
    uint64_t nbytes;
} stream;

static void put(stream *s, const void *p, uint64_t nbytes) {
    memcpy(s->p + s->nbytes, p, nbytes);
    s->nbytes += nbytes;
}

static void put_message(stream *s, uint8_t context, bool is_command, const uint8_t *p, uint64_t nbytes,
                        uint32_t max_pdu) {
    uint8_t headers[12 * 1024];
    uint32_t fragments[1024];
    const uint64_t n = dcm_pdata_nfragments(nbytes, max_pdu);
    dcm_pdata_headers(context, is_command, true, nbytes, max_pdu, headers, fragments);
    for (uint64_t i = 0; i < n; i++) {
        put(s, headers + 12 * i, 12);
        put(s, p, fragments[i]);
        p += fragments[i];
    }
}

static const dcm_receive_limits LIMITS = {131072, 1 << 20, 1 << 16, 1 << 30, 0, 0};

/* Give bytes in pieces of a size, and note the events as letters. */
static void run(dcm_receiver *r, const stream *s, uint64_t piece, char *events) {
    uint64_t at = 0;
    char *e = events;
    while (at < s->nbytes) {
        uint64_t n;
        uint8_t *const to = dcm_receiver_space(r, &n);
        if (n > piece) n = piece;
        if (n > s->nbytes - at) n = s->nbytes - at;
        memcpy(to, s->p + at, n);
        at += n;
        dcm_receiver_took(r, n);
        dcm_received event;
        for (;;) {
            CHECK(dcm_receiver_next(r, &event) == DCM_OK);
            if (event == DCM_RECEIVED_NOTHING) break;
            *e++ = "-PCLDF"[event];
            if (event == DCM_RECEIVED_COMMAND) dcm_receiver_expect(r, r->command.p[0] == 'd');
        }
    }
    *e = 0;
}

static void open_receiver(dcm_receiver *r, const dcm_receive_limits *limits) {
    CHECK(dcm_receiver_open(r, limits) == DCM_OK);
    r->wants_data = true;
    r->contexts[0] = 1u << 1 | 1u << 3;
}

static void test_however_it_is_cut(void) {
    static stream s;
    static uint8_t data[100001];
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    const uint8_t release[] = {5, 0, 0, 0, 0, 4, 0, 0, 0, 0};
    s.nbytes = 0;
    put_message(&s, 1, true, (const uint8_t *)"dcommand", 8, 16384);
    put_message(&s, 1, false, data, sizeof data, 16384);
    put_message(&s, 3, true, (const uint8_t *)"no data", 7, 18);
    put(&s, release, sizeof release);
    const uint64_t pieces[] = {1, 2, 3, 7, 100, 4096, 16390, 1 << 20};
    for (uint32_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        dcm_receiver r;
        char events[64];
        open_receiver(&r, &LIMITS);
        run(&r, &s, pieces[i], events);
        CHECK(strcmp(events, "CDCP") == 0);
        CHECK(r.data.nbytes == sizeof data && memcmp(r.data.p, data, sizeof data) == 0);
        CHECK(r.command.nbytes == 7 && r.context == 3 && r.type == DCM_PDU_RELEASE_RQ && r.body.nbytes == 4);
        dcm_receiver_close(&r);
    }
}

static void test_large_data_goes_to_a_file(void) {
    static stream s;
    static uint8_t data[60000], back[60001];
    memset(data, 7, sizeof data);
    s.nbytes = 0;
    put_message(&s, 1, true, (const uint8_t *)"d", 1, 0);
    put_message(&s, 1, false, data, sizeof data, 4096);
    dcm_receive_limits limits = LIMITS;
    limits.large_nbytes = 10000, limits.held_nbytes = 20000; /* of memory only */
    dcm_receiver r;
    char path[] = "dicomet-receiver-XXXXXX";
    const int fd = mkstemp(path);
    open_receiver(&r, &limits);
    for (uint64_t at = 0; at < s.nbytes;) {
        uint64_t n;
        uint8_t *const to = dcm_receiver_space(&r, &n);
        if (n > 5000) n = 5000;
        if (n > s.nbytes - at) n = s.nbytes - at;
        memcpy(to, s.p + at, n);
        at += n;
        dcm_receiver_took(&r, n);
        dcm_received event;
        while (dcm_receiver_next(&r, &event), event != DCM_RECEIVED_NOTHING) {
            if (event == DCM_RECEIVED_COMMAND) dcm_receiver_expect(&r, true);
            if (event == DCM_RECEIVED_LARGE) dcm_receiver_sink(&r, fd);
        }
    }
    CHECK(r.data_nbytes == sizeof data && r.data.nbytes < 20000 && r.sink_errno == 0);
    CHECK(pread(fd, back, sizeof back, 0) == sizeof data && memcmp(back, data, sizeof data) == 0);
    close(fd);
    unlink(path);
    dcm_receiver_close(&r);
}

static void check_fault(const uint8_t *p, uint64_t nbytes, const char *wanted, dcm_abort_reason reason) {
    static stream s;
    s.nbytes = 0;
    put(&s, p, nbytes);
    dcm_receiver r;
    char events[64];
    open_receiver(&r, &LIMITS);
    run(&r, &s, 1, events);
    CHECK(strcmp(events, wanted) == 0);
    CHECK(r.fault == reason);
    dcm_receiver_close(&r);
}
#define FAULT(wanted, reason, ...)                                                                           \
    do {                                                                                                     \
        const uint8_t bytes[] = {__VA_ARGS__};                                                               \
        check_fault(bytes, sizeof bytes, wanted, reason);                                                    \
    } while (0)

static void test_faults(void) {
    FAULT("F", DCM_ABORT_UNRECOGNIZED_PDU, 8, 0, 0, 0, 0, 0);
    FAULT("F", DCM_ABORT_UNRECOGNIZED_PDU, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF);
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF);       /* giant A-ASSOCIATE-RQ */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 1, 0, 0, 0, 0, 67);                  /* too short for one */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 7, 0, 0, 0, 0, 5);                   /* A-ABORT has 4 bytes */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 2, 0, 1);                   /* longer than was agreed */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 0, 0, 0);                   /* no fragment at all */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 0, 0, 8, 0, 0, 0, 1, 1, 3); /* no room for the control */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 0, 0, 8, 0, 0, 0, 9, 1, 3); /* beyond the PDU */
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 3);
    FAULT("F", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 5, 3); /* context not accepted */
    FAULT("F", DCM_ABORT_UNEXPECTED_PARAMETER, 4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 1,
          2); /* data before a command */
    /* after a command without data: data. Another context inside a message. A command in the middle of data
     */
    FAULT("CF", DCM_ABORT_UNEXPECTED_PARAMETER, 4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 3, 'n', 4, 0, 0, 0, 0, 7, 0,
          0, 0, 3, 1, 2, 'x');
    FAULT("F", DCM_ABORT_UNEXPECTED_PARAMETER, 4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 1, 'n', 4, 0, 0, 0, 0, 7, 0,
          0, 0, 3, 3, 3, 'x');
    FAULT("CF", DCM_ABORT_UNEXPECTED_PARAMETER, 4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 3, 'd', 4, 0, 0, 0, 0, 7, 0,
          0, 0, 3, 1, 1, 'x');
    /* a rest that is no fragment header */
    FAULT("CF", DCM_ABORT_INVALID_PARAMETER, 4, 0, 0, 0, 0, 9, 0, 0, 0, 3, 1, 3, 'n', 0, 0);
    /* fragments of one and of no byte are sound */
    FAULT("CD", DCM_ABORT_NOT_SPECIFIED, 4, 0, 0, 0, 0, 13, 0, 0, 0, 2, 1, 1, 0, 0, 0, 3, 1, 3, 'd', 4, 0, 0,
          0, 0, 6, 0, 0, 0, 2, 1, 2);
}

static void test_limits(void) {
    static stream s;
    static uint8_t data[70000];
    dcm_receiver r;
    char events[64];
    s.nbytes = 0;
    put_message(&s, 1, true, data, sizeof data, 0);
    open_receiver(&r, &LIMITS);
    run(&r, &s, 1000, events);
    CHECK(strcmp(events, "F") == 0 && r.command.capacity <= 1 << 17);
    dcm_receiver_close(&r);
    s.nbytes = 0;
    put_message(&s, 1, true, (const uint8_t *)"d", 1, 0);
    put_message(&s, 1, false, data, sizeof data, 4096);
    dcm_receive_limits limits = LIMITS;
    limits.data_nbytes = 30000;
    open_receiver(&r, &limits);
    run(&r, &s, 1000, events);
    CHECK(strcmp(events, "CD") == 0 && r.is_too_long && r.data.capacity <= 65536);
    dcm_receiver_close(&r);
    limits.data_nbytes = 0, limits.held_nbytes = 30000;
    open_receiver(&r, &limits);
    run(&r, &s, 1000, events);
    CHECK(strcmp(events, "CD") == 0 && r.is_too_long && r.data.capacity <= 65536);
    dcm_receiver_close(&r);
    /* what was too long for memory before it was large stays too long, file or not */
    limits.held_nbytes = 8000, limits.large_nbytes = 10000;
    open_receiver(&r, &limits);
    run(&r, &s, 1000, events);
    CHECK(strcmp(events, "CD") == 0 && r.is_too_long && r.data_nbytes == 8001);
    dcm_receiver_close(&r);
    /* P-DATA-TF that is not wanted is told, and dropped */
    open_receiver(&r, &LIMITS);
    r.wants_data = false;
    run(&r, &s, 100000, events);
    CHECK(events[0] == 'P' && r.type == DCM_PDU_P_DATA_TF && strchr(events, 'F') == NULL);
    dcm_receiver_close(&r);
}

int main(void) {
    test_however_it_is_cut();
    test_large_data_goes_to_a_file();
    test_faults();
    test_limits();
    return check_result();
}
