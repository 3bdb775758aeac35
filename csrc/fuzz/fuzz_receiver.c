/* libFuzzer target: a connection's bytes in pieces of any size. What a peer claims reserves no memory, the
   same bytes in other pieces give the same, and a fault is the last that comes. Of long data sets the rest
   goes to a file, through the receiver or past it, and is as long. */
#include <fcntl.h>
#include <stdlib.h>

#include "../command.h"
#include "../receiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

static int sink = -1; /* where long data sets go */

static uint64_t mix(uint64_t hash, const uint8_t *p, uint64_t nbytes) {
    for (uint64_t i = 0; i < nbytes; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}

static void read_items(const uint8_t *body, uint32_t nbytes) {
    dcm_pdu_item *const items = malloc(dcm_pdu_max_items(nbytes) * sizeof *items);
    uint32_t n, fault;
    if (dcm_pdu_items(body, nbytes, items, &n, &fault) != DCM_OK && fault > nbytes) abort();
    if (n > dcm_pdu_max_items(nbytes)) abort();
    for (uint32_t i = 0; i < n; i++)
        if (items[i].length > nbytes - items[i].offset) abort();
    free(items);
}

static bool read_command(const uint8_t *p, uint32_t nbytes) {
    dcm_command_element e;
    bool has_data = false;
    for (uint32_t at = 0; dcm_command_next(p, nbytes, &at, &e) == DCM_OK;) {
        if (e.length > nbytes - e.offset || at > nbytes) abort();
        if (e.element == 0x0800 && e.length == 2) has_data = dcm_load_u16le(p + e.offset) != 0x0101;
    }
    return has_data;
}

/* What came. */
static void tell(dcm_receiver *r, uint64_t *hash, bool *is_over) {
    dcm_received event;
    while (dcm_receiver_next(r, &event) == DCM_OK && event != DCM_RECEIVED_NOTHING) {
        if (*is_over) abort();
        const uint8_t note[] = {(uint8_t)event, r->type, r->context, (uint8_t)r->fault};
        if (event != DCM_RECEIVED_LARGE) *hash = mix(*hash, note, sizeof note);
        if (event == DCM_RECEIVED_FAULT) *is_over = true;
        if (event == DCM_RECEIVED_PDU && r->type != DCM_PDU_P_DATA_TF) {
            *hash = mix(*hash, r->body.p, r->body.nbytes);
            if (r->type <= DCM_PDU_ASSOCIATE_AC) read_items(r->body.p, (uint32_t)r->body.nbytes);
            r->wants_data = true;
        }
        if (event == DCM_RECEIVED_COMMAND) {
            *hash = mix(*hash, r->command.p, r->command.nbytes);
            dcm_receiver_expect(r, read_command(r->command.p, (uint32_t)r->command.nbytes));
        }
        if (event == DCM_RECEIVED_LARGE) dcm_receiver_sink(r, sink);
        if (event == DCM_RECEIVED_DATA) {
            *hash = mix(*hash, (const uint8_t *)&r->data_nbytes, r->is_too_long ? 0 : sizeof r->data_nbytes);
            if (r->sink_fd < 0 && !r->is_too_long) *hash = mix(*hash, r->data.p, r->data.nbytes);
        }
    }
}

static uint64_t run(const uint8_t *bytes, uint64_t nbytes, uint64_t piece, uint8_t options, bool passes_on) {
    const dcm_receive_limits limits = {
        options & 1 ? 0 : 16384, 1 << 16, 1 << 12, options & 2 ? 5000 : 0, options & 16 ? 4000 : 0,
        options & 8 ? 3000 : 0};
    dcm_receiver r;
    uint64_t hash = 0;
    bool is_over = false;
    if (dcm_receiver_open(&r, &limits) != DCM_OK) return 0;
    r.contexts[0] = 0xAA;
    r.wants_data = !(options & 4);
    r.passes_on = passes_on;
    for (uint64_t at = 0; at < nbytes;) {
        uint64_t n = dcm_receiver_sinkable(&r);
        if (n) {
            if (n > piece) n = piece;
            if (n > nbytes - at) n = nbytes - at;
            at += n;
            dcm_receiver_sank(&r, n);
            tell(&r, &hash, &is_over);
            continue;
        }
        uint8_t *const to = dcm_receiver_space(&r, &n);
        if (!to || n == 0) abort();
        if (n > piece) n = piece;
        if (n > nbytes - at) n = nbytes - at;
        memcpy(to, bytes + at, n);
        at += n;
        dcm_receiver_took(&r, n);
        tell(&r, &hash, &is_over);
        if (r.data.capacity > 4 * nbytes + (1 << 21) || r.command.capacity > 16384 ||
            r.body.capacity > 1 << 18)
            abort();
    }
    dcm_receiver_close(&r);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    if (nbytes < 2) return 0;
    if (sink < 0) sink = open("/dev/null", O_WRONLY);
    const uint64_t whole = run(bytes + 2, nbytes - 2, nbytes, bytes[0], false);
    if (run(bytes + 2, nbytes - 2, 1 + bytes[1] % 64u, bytes[0], false) != whole) abort();
    if (run(bytes + 2, nbytes - 2, 1 + bytes[1] % 64u, bytes[0], true) != whole) abort();
    if (run(bytes + 2, nbytes - 2, nbytes, bytes[0], true) != whole) abort();
    return 0;
}
