/* PDUs: items of associations, headers of P-DATA-TF, command sets. PS3.8 §9.3; PS3.7 Annex E. */
#include <stdlib.h>

#include "../command.h"
#include "../pdu.h"
#include "check.h"

static void test_items(void) {
    uint8_t body[DCM_ASSOCIATE_NBYTES + 40] = {0, 1};
    const uint8_t items[] = {0x10, 0, 0, 2,    '1', '2', /* application context */
                             0x20, 0, 0, 14,   1,   0,   0, 0,    0x30, 0, 0, 2, '3', '4', 0x40,
                             0,    0, 0, 0x50, 0,   0,   8, 0x51, 0,    0, 4, 0, 0,   64,  0};
    memcpy(body + DCM_ASSOCIATE_NBYTES, items, sizeof items);
    const uint32_t nbytes = DCM_ASSOCIATE_NBYTES + sizeof items;
    dcm_pdu_item out[64];
    uint32_t n, fault;
    CHECK(dcm_pdu_items(body, nbytes, out, &n, &fault) == DCM_OK);
    CHECK(n == 6);
    const uint8_t types[] = {0x10, 0x20, 0x30, 0x40, 0x50, 0x51}, depths[] = {0, 0, 1, 1, 0, 1};
    for (uint32_t i = 0; i < n; i++)
        CHECK(out[i].type == types[i] && out[i].depth == depths[i]);
    CHECK(out[2].length == 2 && body[out[2].offset] == '3');
    /* cut anywhere: never beyond the end, and what fits is listed */
    for (uint32_t cut = 0; cut < nbytes; cut++) {
        uint8_t *const exact = malloc(cut + 1u);
        memcpy(exact, body, cut);
        dcm_pdu_item some[64];
        const dcm_status status = dcm_pdu_items(exact, cut, some, &n, &fault);
        const bool is_between = cut == DCM_ASSOCIATE_NBYTES || cut == DCM_ASSOCIATE_NBYTES + 6 ||
                                cut == DCM_ASSOCIATE_NBYTES + 24;
        CHECK((status == DCM_OK) == is_between);
        CHECK(n <= dcm_pdu_max_items(cut) && fault <= cut);
        free(exact);
    }
}

static void test_fragments(void) {
    uint8_t headers[12 * 64];
    uint32_t fragments[64];
    CHECK(dcm_pdata_nfragments(0, 16384) == 1);
    CHECK(dcm_pdata_nfragments(16378, 16384) == 1 && dcm_pdata_nfragments(16379, 16384) == 2);
    CHECK(dcm_pdata_nfragments(UINT64_C(1) << 33, 0) == 3);
    CHECK(dcm_pdata_nfragments(100, 1) == 10); /* absurdly small: 16 */
    dcm_pdata_headers(3, false, true, 25, 17, headers, fragments);
    CHECK(fragments[0] == 10 && fragments[1] == 10 && fragments[2] == 5);
    const uint8_t first[] = {4, 0, 0, 0, 0, 16, 0, 0, 0, 12, 3, 0},
                  last[] = {4, 0, 0, 0, 0, 11, 0, 0, 0, 7, 3, 2};
    CHECK(memcmp(headers, first, 12) == 0 && memcmp(headers + 24, last, 12) == 0);
    dcm_pdata_headers(255, true, true, 0, 16384, headers, fragments);
    CHECK(fragments[0] == 0 && headers[11] == 3 && headers[10] == 255);
}

static void test_commands(void) {
    uint8_t out[64];
    uint8_t *at = out;
    memcpy(dcm_command_put(at, 0x0002, 3), "1.2", 3);
    at += dcm_command_nbytes(3);
    memcpy(dcm_command_put(at, 0x0600, 3), "AET", 3);
    at += dcm_command_nbytes(3);
    CHECK(out[11] == 0 && at[-1] == ' ');
    uint32_t place = 0;
    dcm_command_element e;
    const uint32_t n = (uint32_t)(at - out);
    CHECK(dcm_command_next(out, n, &place, &e) == DCM_OK && e.element == 2 && e.length == 4 && e.offset == 8);
    CHECK(dcm_command_next(out, n, &place, &e) == DCM_OK && e.element == 0x600);
    CHECK(dcm_command_next(out, n, &place, &e) == DCM_NEED_MORE);
    place = 0;
    CHECK(dcm_command_next(out, 7, &place, &e) == DCM_E_RANGE);
    CHECK(dcm_command_next(out, 11, &place, &e) == DCM_E_RANGE);
    out[0] = 8;
    CHECK(dcm_command_next(out, n, &place, &e) == DCM_E_RANGE);
}

int main(void) {
    test_items();
    test_fragments();
    test_commands();
    return check_result();
}
