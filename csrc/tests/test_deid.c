/* Rows by rules, and values that hold patterns. PS3.15 Annex E. */
#include "build.h"
#include "check.h"
#include "deid.h"
#include "scan.h"

enum { X = 2, MAP = 5, PRIVATE = 9, UNKNOWN = 10, SOME_UID = 11, CURVE = 12, OVERLAY = 13, MAX_ROWS = 64 };

static dcm_index scanned(const build *b, dcm_source *source) {
    dcm_index index;
    dcm_scan_options options;
    dcm_scanner scanner;
    dcm_scan_options_init(&options);
    dcm_source_init(source);
    dcm_source_borrow(source, b->bytes, b->nbytes);
    dcm_index_init(&index);
    dcm_scan_init(&scanner, &options, b->nbytes);
    CHECK(dcm_source_scan(source, &scanner, &index) == DCM_OK);
    CHECK(dcm_index_freeze(&index) == DCM_OK);
    return index;
}

static dcm_deid_rules rules_of(void) {
    dcm_deid_rules rules;
    CHECK(dcm_deid_rules_init(&rules, 4) == DCM_OK);
    rules.of_private = PRIVATE, rules.of_unknown = UNKNOWN, rules.of_uid = SOME_UID;
    rules.of_curve = CURVE, rules.of_overlay = OVERLAY;
    dcm_deid_rules_put(&rules, 0x00100010, X);
    dcm_deid_rules_put(&rules, 0x0020000D, MAP);
    dcm_deid_rules_put(&rules, 0x00080080, DCM_DEID_KEEP);
    dcm_deid_rules_put(&rules, 0x00080016, DCM_DEID_PLAIN);
    return rules;
}

static void a_rule_is_found_by_tag_or_group(void) {
    dcm_deid_rules rules = rules_of();
    CHECK(dcm_deid_rule_of(&rules, 0x00100010) == X);
    CHECK(dcm_deid_rule_of(&rules, 0x00100020) == DCM_DEID_NO_RULE);
    CHECK(dcm_deid_rule_of(&rules, 0x00091001) == PRIVATE);
    CHECK(dcm_deid_rule_of(&rules, 0x50020010) == CURVE);
    CHECK(dcm_deid_rule_of(&rules, 0x601E3000) == OVERLAY);
    CHECK(dcm_deid_rule_of(&rules, 0x60010010) == PRIVATE);
    CHECK(dcm_deid_rule_of(&rules, 0x60000000) == DCM_DEID_NO_RULE);
    dcm_deid_rules_free(&rules);
    CHECK(dcm_deid_rules_init(&rules, 1000) == DCM_OK);
    for (uint32_t i = 0; i < 1000; i++)
        dcm_deid_rules_put(&rules, 0x00080001 + i * 0x1F, (uint8_t)(2 + i % 100));
    for (uint32_t i = 0; i < 1000; i++)
        if ((uint16_t)(0x0001 + i * 0x1F))
            CHECK(dcm_deid_rule_of(&rules, 0x00080001 + i * 0x1F) == 2 + i % 100);
    dcm_deid_rules_free(&rules);
}

static void rows_are_selected_in_order(bool junk) {
    static const struct {
        uint32_t tag;
        uint8_t action;
    } expected[] = {{0x00091001, PRIVATE},
                    {0x00100010, X},
                    {0x00189FF1, UNKNOWN},
                    {0x0020000D, MAP},
                    {0x00209312, SOME_UID}};
    build b;
    dcm_source source;
    dcm_deid_hit hits[MAX_ROWS];
    uint8_t marks[MAX_ROWS];
    bool gaps;
    uint32_t n = 0;
    start(&b, "1.2.840.10008.1.2.1");
    put_text(&b, 0x00080016, "UI", "1.2.84");
    put_text(&b, 0x00080080, "LO", "Hosp");
    put_text(&b, 0x00091001, "LO", "priv");
    put_text(&b, 0x00100010, "PN", "Roe^Jane");
    put_text(&b, 0x00180050, "DS", "2.50");
    put_text(&b, 0x00189FF1, "LO", "new.");
    put_text(&b, 0x0020000D, "UI", "1.2.34");
    put_text(&b, 0x00209312, "UI", "1.2.35");
    if (junk) put(&b, "\x01\x02\x03", 3);
    dcm_index index = scanned(&b, &source);
    dcm_deid_rules rules = rules_of();
    n = dcm_deid_select(&index, b.nbytes, &rules, &rules, hits, marks, &gaps);
    CHECK(gaps == junk);
    CHECK(n == 5);
    for (uint32_t i = 0; i < n && i < 5; i++) {
        CHECK(index.rows[hits[i].row].tag == expected[i].tag);
        CHECK(hits[i].action == expected[i].action);
    }
    CHECK(marks[index.nmeta + 1] == DCM_DEID_KEPT);
    CHECK(marks[index.nmeta] == DCM_DEID_UNMARKED);
    dcm_deid_rules_free(&rules);
    dcm_index_free(&index);
    free(b.bytes);
}

static void sweep_finds(uint32_t tag, const char *vr, const char *value, uint32_t nbytes, const char *pattern,
                        bool is_word, int why) {
    build b;
    dcm_source source;
    dcm_deid_find found[MAX_ROWS];
    uint8_t marks[MAX_ROWS] = {0};
    uint32_t n = 9;
    const dcm_deid_pattern one = {(const uint8_t *)pattern, (uint32_t)strlen(pattern), is_word};
    start(&b, "1.2.840.10008.1.2.1");
    put_header(&b, tag, vr, nbytes);
    put(&b, value, nbytes);
    dcm_index index = scanned(&b, &source);
    CHECK(dcm_deid_sweep(&index, &source, marks, &one, 1, found, &n) == DCM_OK);
    CHECK(n == (why ? 1u : 0u));
    if (n == 1) CHECK((int)found[0].why == why && index.rows[found[0].row].tag == tag);
    memset(marks, DCM_DEID_DONE, sizeof marks);
    CHECK(dcm_deid_sweep(&index, &source, marks, &one, 1, found, &n) == DCM_OK);
    CHECK(n == 0);
    dcm_index_free(&index);
    free(b.bytes);
}

int main(void) {
    const uint32_t text = 0x00081030, number = 0x00280010;
    a_rule_is_found_by_tag_or_group();
    rows_are_selected_in_order(false);
    rows_are_selected_in_order(true);
    sweep_finds(text, "LO", "a ROE-4711 b", 12, "roe-4711", false, DCM_DEID_HOLDS);
    sweep_finds(text, "LO", "xROE-4711y", 10, "roe-4711", false, DCM_DEID_HOLDS);
    sweep_finds(text, "LO", "xJanes", 6, "jane", false, 0);
    sweep_finds(text, "LO", "x Jane", 6, "jane", true, DCM_DEID_HOLDS);
    sweep_finds(text, "SH", "x Jane", 6, "jane", true, 0);
    sweep_finds(text, "CS", "XROE-4711Y", 10, "roe-4711", false, 0);
    sweep_finds(text, "DS", "1234", 4, "1234", false, 0);
    sweep_finds(text, "LO", "Jan", 3 + 1, "jane", false, 0);
    sweep_finds(text, "LO", "T2\0axial", 8, "jane", false, DCM_DEID_DAMAGED);
    sweep_finds(text, "LO", "T2 axi\0\0", 8, "jane", false, 0);
    sweep_finds(number, "US", "\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10\0\11\0", 18, "jane", false, DCM_DEID_DAMAGED);
    sweep_finds(0x00283006, "OW", "\0\0\x10\0\x10\0PN\4\0Jane", 14, "doe^", false, DCM_DEID_DAMAGED);
    return check_result();
}
