/* Headers, elements and containers in every encoding. PS3.5 §7.1, §7.5, §6.2.2, Annex A. */
#include "build.h"
#include "check.h"
#include "emit.h"

static const dcm_encoding encodings[] = {{false, false}, {false, true}, {true, false}};
#define NENCODINGS (sizeof encodings / sizeof *encodings)

static build begin(dcm_emitter *emitter, dcm_encoding encoding, dcm_lengths lengths) {
    dcm_emit_init(emitter, encoding, lengths);
    return (build){.implicit = encoding.implicit, .big = encoding.big};
}

/* What was emitted, all of it new bytes, is what was built by hand. */
static void check_same(dcm_emitter *emitter, build *expected) {
    CHECK(emitter->depth == 0);
    CHECK(emitter->plan.nbytes == expected->nbytes && emitter->plan.own_nbytes == expected->nbytes);
    if (emitter->plan.own_nbytes == expected->nbytes && expected->nbytes)
        CHECK(memcmp(emitter->plan.own, expected->bytes, expected->nbytes) == 0);
    dcm_emit_free(emitter);
    free(expected->bytes);
}

static dcm_status emit(dcm_emitter *emitter, uint32_t tag, uint16_t vr, const char *value) {
    return dcm_emit_element(emitter, tag, vr, (const uint8_t *)value, strlen(value));
}

static void every_vr_has_its_header(void) {
    static const char vrs[] = "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSSSTSVTMUCUIULUNURUSUTUV";
    for (size_t i = 0; i < NENCODINGS; i++) {
        dcm_emitter emitter;
        build expected = begin(&emitter, encodings[i], DCM_LENGTHS_KEEP);
        for (const char *vr = vrs; *vr; vr += 2) {
            CHECK(emit(&emitter, 0x00091001, DCM_VR(vr[0], vr[1]), "12345678") == DCM_OK);
            put_text(&expected, 0x00091001, vr, "12345678");
        }
        check_same(&emitter, &expected);
    }
}

static void odd_values_get_the_padding_of_their_vr(void) {
    static const struct {
        const char *vr, *padded;
    } cases[] = {{"PN", "A^B "},  {"UI", "1.2\0"}, {"OB", "1.2\0"},
                 {"UN", "1.2\0"}, {"UT", "1.2 "},  {"DS", "1.2 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dcm_emitter emitter;
        const uint16_t vr = DCM_VR(cases[i].vr[0], cases[i].vr[1]);
        build expected = begin(&emitter, encodings[0], DCM_LENGTHS_KEEP);
        CHECK(dcm_emit_element(&emitter, 0x00100010, vr, (const uint8_t *)cases[i].padded, 3) == DCM_OK);
        put_header(&expected, 0x00100010, cases[i].vr, 4);
        put(&expected, cases[i].padded, 4);
        check_same(&emitter, &expected);
    }
}

static void what_is_too_long_for_16_bits_becomes_un(void) {
    static uint8_t value[0x10001];
    for (uint32_t nbytes = 0xFFFE; nbytes <= 0x10000; nbytes++) {
        for (size_t i = 0; i < NENCODINGS; i++) {
            dcm_emitter emitter;
            build expected = begin(&emitter, encodings[i], DCM_LENGTHS_KEEP);
            CHECK(dcm_emit_element(&emitter, 0x00100010, DCM_VR_LO, value, nbytes) == DCM_OK);
            const uint32_t even = nbytes + (nbytes & 1);
            put_header(&expected, 0x00100010, even > 0xFFFF ? "UN" : "LO", even);
            put(&expected, value, nbytes);
            if (nbytes & 1) put(&expected, " ", 1);
            check_same(&emitter, &expected);
        }
    }
}

static void unknown_vrs_become_un(void) {
    static const uint16_t vrs[] = {DCM_VR('Z', 'Z'), DCM_VR_XS, DCM_VR_OX, DCM_VR(' ', ' '), 0};
    for (size_t i = 0; i < sizeof vrs / sizeof *vrs; i++) {
        dcm_emitter emitter;
        uint16_t vr = vrs[i];
        dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
        CHECK(dcm_emit_header(&emitter, 0x00091001, &vr, 4) == DCM_OK);
        CHECK(vr == DCM_VR_UN && emitter.plan.nbytes == 12);
        dcm_emit_free(&emitter);
    }
}

static void lengths_have_32_bits(void) {
    dcm_emitter emitter;
    uint16_t vr = DCM_VR_OB;
    dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
    CHECK(dcm_emit_header(&emitter, DCM_TAG_PIXEL_DATA, &vr, 0xFFFFFFFE) == DCM_OK);
    CHECK(dcm_emit_header(&emitter, DCM_TAG_PIXEL_DATA, &vr, 0xFFFFFFFF) == DCM_E_RANGE);
    CHECK(dcm_emit_header(&emitter, DCM_TAG_PIXEL_DATA, &vr, UINT64_MAX) == DCM_E_RANGE);
    CHECK(emitter.plan.nbytes == 12);
    dcm_emit_free(&emitter);
}

/* Two sequences within each other, two items each, by hand. */
static void build_nested(build *b, bool undefined, uint32_t depth) {
    build item = {.implicit = b->implicit, .big = b->big};
    put_text(&item, 0x00080100, "SH", "T-D0");
    if (depth) build_nested(&item, undefined, depth - 1);
    const uint32_t nbytes = (uint32_t)item.nbytes + 8 + (undefined ? 8 : 0);
    put_header(b, 0x00081140, "SQ", undefined ? DCM_UNDEFINED_LENGTH : 2 * nbytes);
    for (int i = 0; i < 2; i++) {
        put_header(b, DCM_TAG_ITEM, "", undefined ? DCM_UNDEFINED_LENGTH : (uint32_t)item.nbytes);
        put(b, item.bytes, item.nbytes);
        if (undefined) put_header(b, DCM_TAG_ITEM_END, "", 0);
    }
    if (undefined) put_header(b, DCM_TAG_SEQUENCE_END, "", 0);
    free(item.bytes);
}

static void emit_nested(dcm_emitter *emitter, bool was_undefined, uint32_t depth) {
    CHECK(dcm_emit_begin(emitter, 0x00081140, was_undefined) == DCM_OK);
    for (int i = 0; i < 2; i++) {
        CHECK(dcm_emit_begin_item(emitter, was_undefined) == DCM_OK);
        CHECK(emit(emitter, 0x00080100, DCM_VR_SH, "T-D0") == DCM_OK);
        if (depth) emit_nested(emitter, was_undefined, depth - 1);
        CHECK(dcm_emit_end(emitter) == DCM_OK);
    }
    CHECK(dcm_emit_end(emitter) == DCM_OK);
}

static void lengths_are_what_was_asked_for(void) {
    for (size_t i = 0; i < NENCODINGS; i++) {
        for (int was = 0; was < 2; was++) {
            for (int lengths = DCM_LENGTHS_KEEP; lengths <= DCM_LENGTHS_UNDEFINED; lengths++) {
                dcm_emitter emitter;
                build expected = begin(&emitter, encodings[i], (dcm_lengths)lengths);
                emit_nested(&emitter, was, 4);
                build_nested(&expected, lengths == DCM_LENGTHS_KEEP ? was : lengths == DCM_LENGTHS_UNDEFINED,
                             4);
                check_same(&emitter, &expected);
            }
        }
    }
}

/* Ranges of 3 GiB that nobody reads: lengths that 32 bits do not hold become undefined. PS3.5 §7.5 */
static void long_containers_become_undefined(void) {
    static const uint64_t around = 0xFFFFFFFF;
    for (int64_t more = -2; more <= 2; more++) {
        dcm_emitter emitter;
        dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_DEFINED);
        CHECK(dcm_emit_begin(&emitter, 0x00081140, false) == DCM_OK);
        CHECK(dcm_emit_begin_item(&emitter, false) == DCM_OK);
        const uint64_t nbytes = around + (uint64_t)more;
        CHECK(dcm_plan_copy(&emitter.plan, 0, 0, nbytes / 2, 0) == DCM_OK);
        CHECK(dcm_plan_copy(&emitter.plan, 1, 0, nbytes - nbytes / 2, 0) == DCM_OK);
        CHECK(dcm_emit_end(&emitter) == DCM_OK);
        CHECK(dcm_emit_end(&emitter) == DCM_OK);
        const bool item_fits = more < 0;
        CHECK(emitter.plan.nbytes == 12 + 8 + nbytes + (item_fits ? 8 : 16));
        CHECK(dcm_load_u32le(emitter.plan.own + 8) == DCM_UNDEFINED_LENGTH);
        CHECK(dcm_load_u32le(emitter.plan.own + 16) == (item_fits ? (uint32_t)nbytes : DCM_UNDEFINED_LENGTH));
        dcm_emit_free(&emitter);
    }
}

static void nesting_has_an_end(void) {
    dcm_emitter emitter;
    dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
    CHECK(dcm_emit_end(&emitter) == DCM_E_RANGE);
    for (uint32_t i = 0; i < DCM_EMIT_MAX_DEPTH; i++)
        CHECK((i % 2 ? dcm_emit_begin_item(&emitter, false) : dcm_emit_begin(&emitter, 0x00081140, false)) ==
              DCM_OK);
    const uint64_t nbytes = emitter.plan.nbytes;
    CHECK(dcm_emit_begin(&emitter, 0x00081140, false) == DCM_E_TOO_DEEP);
    CHECK(dcm_emit_begin_item(&emitter, false) == DCM_E_TOO_DEEP);
    CHECK(emitter.plan.nbytes == nbytes);
    for (uint32_t i = 0; i < DCM_EMIT_MAX_DEPTH; i++)
        CHECK(dcm_emit_end(&emitter) == DCM_OK);
    CHECK(dcm_load_u32le(emitter.plan.own + 8) == nbytes - 12);
    dcm_emit_free(&emitter);
}

int main(void) {
    every_vr_has_its_header();
    odd_values_get_the_padding_of_their_vr();
    what_is_too_long_for_16_bits_becomes_un();
    unknown_vrs_become_un();
    lengths_are_what_was_asked_for();
    lengths_have_32_bits();
    long_containers_become_undefined();
    nesting_has_an_end();
    return check_result();
}
