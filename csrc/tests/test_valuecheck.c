/* Values against their VRs: a row a rule; every value in a block of exact size. PS3.5 §6.2, §9.1. */
#include "check.h"
#include "text.h"
#include "valuecheck.h"
#include "vr.h"

#include <stdlib.h>

static dcm_value_code check_bytes(const char *vr, const char *value, size_t nbytes) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    memcpy(p, value, nbytes);
    uint32_t number;
    const dcm_value_code code = dcm_check_value(DCM_VR(vr[0], vr[1]), p, nbytes, &number);
    free(p);
    return code;
}

typedef struct rule {
    const char *vr, *value;
    dcm_value_code code;
} rule;

static const rule rules[] = {
    {"AE", "STORE_SCP 1", DCM_V_OK},
    {"AE", "   ", DCM_V_BLANK},
    {"AE", "A\\\\B", DCM_V_OK},
    {"AE", "12345678901234567", DCM_V_TOO_LONG},
    {"AE", "\xC4", DCM_V_CHARACTER},
    {"AE", "A\nB", DCM_V_CONTROL},
    {"AS", "018M", DCM_V_OK},
    {"AS", "018m", DCM_V_AGE},
    {"AS", "18M", DCM_V_AGE},
    {"AS", "0018M", DCM_V_AGE},
    {"CS", "ISO_IR 100", DCM_V_OK},
    {"CS", "\\ISO 2022 IR 87", DCM_V_OK},
    {"CS", "Other", DCM_V_CHARACTER},
    {"CS", "A-B", DCM_V_CHARACTER},
    {"CS", "A23456789012345 ", DCM_V_OK},
    {"CS", "A2345678901234567", DCM_V_TOO_LONG},
    {"DA", "20240229", DCM_V_OK},
    {"DA", "20230229", DCM_V_DATE},
    {"DA", "19000229", DCM_V_DATE},
    {"DA", "20000229", DCM_V_OK},
    {"DA", "20241301", DCM_V_DATE},
    {"DA", "20240431", DCM_V_DATE},
    {"DA", "20240100", DCM_V_DATE},
    {"DA", "2024", DCM_V_DATE},
    {"DA", "2024-1-1", DCM_V_DATE},
    {"DA", "20240101-20240131", DCM_V_DATE},
    {"DA", "20240101\\20240102 ", DCM_V_OK},
    {"DA", "1997.04.24", DCM_V_OLD_DATE},
    {"DS", "1.5", DCM_V_OK},
    {"DS", " -1.5E+3 ", DCM_V_OK},
    {"DS", "1,5", DCM_V_DECIMAL},
    {"DS", "nan", DCM_V_DECIMAL},
    {"DS", "1.5\\\\2", DCM_V_OK},
    {"DS", "1.2345678901234567", DCM_V_TOO_LONG},
    {"DT", "2024", DCM_V_OK},
    {"DT", "20240229123059.123456+0100", DCM_V_OK},
    {"DT", "2024022912", DCM_V_OK},
    {"DT", "202402-0500", DCM_V_OK},
    {"DT", "202402+1401", DCM_V_DATETIME},
    {"DT", "202402-1201", DCM_V_DATETIME},
    {"DT", "202402-0000", DCM_V_DATETIME},
    {"DT", "202", DCM_V_DATETIME},
    {"DT", "2024022", DCM_V_DATETIME},
    {"DT", "20240230", DCM_V_DATETIME},
    {"DT", "20240229 1", DCM_V_DATETIME},
    {"IS", "-2147483648", DCM_V_OK},
    {"IS", "2147483648", DCM_V_INTEGER_RANGE},
    {"IS", "+7 ", DCM_V_OK},
    {"IS", "1.0", DCM_V_INTEGER},
    {"IS", "+", DCM_V_INTEGER},
    {"IS", "0000000000007", DCM_V_TOO_LONG},
    {"LO", "any text", DCM_V_OK},
    {"LO", "a\tb", DCM_V_CONTROL},
    {"LO", "a\x7F", DCM_V_CONTROL},
    {"LO", "M\xFCller", DCM_V_NOT_ASCII},
    {"LT", "a\r\n\tb\\c\f", DCM_V_OK},
    {"LT", "a\x01", DCM_V_CONTROL},
    {"PN", "Doe^Jane^^Dr^^=A=B", DCM_V_NAME_COMPONENTS},
    {"PN", "Doe^Jane^^Dr^=A=B", DCM_V_OK},
    {"PN", "A=B=C=D", DCM_V_NAME_GROUPS},
    {"SH", "12345678901234567", DCM_V_TOO_LONG},
    {"SH", "1234567890123456\\1", DCM_V_OK},
    {"ST", "a\\b", DCM_V_OK},
    {"TM", "235960", DCM_V_OK},
    {"TM", "23", DCM_V_OK},
    {"TM", "2359", DCM_V_OK},
    {"TM", "235959.123456 ", DCM_V_OK},
    {"TM", "240000", DCM_V_TIME},
    {"TM", "236000", DCM_V_TIME},
    {"TM", "235961", DCM_V_TIME},
    {"TM", "2359.5", DCM_V_TIME},
    {"TM", "235959.", DCM_V_TIME},
    {"TM", "14:04:38", DCM_V_OLD_TIME},
    {"TM", "12:34:56.123456", DCM_V_OLD_TIME},
    {"UC", "no limit", DCM_V_OK},
    {"UI", "1.2.840.10008.1.2", DCM_V_OK},
    {"UI", "1.02", DCM_V_UID},
    {"UI", "1..2", DCM_V_UID},
    {"UI", ".1", DCM_V_UID},
    {"UI", "1.", DCM_V_UID},
    {"UI", "1.2a", DCM_V_UID},
    {"UI", "1.2.3\\1.0.0", DCM_V_OK},
    {"UI", "1.2.3 ", DCM_V_PADDING},
    {"UI", "1.12345678901234567890123456789012345678901234567890123456789012", DCM_V_OK},
    {"UI", "1.123456789012345678901234567890123456789012345678901234567890123", DCM_V_UID},
    {"UR", "https://a.example/b?c=%20#d ", DCM_V_OK},
    {"UR", " https://a.example", DCM_V_URI},
    {"UR", "a\\b", DCM_V_URI},
    {"UT", "a\\b\n", DCM_V_OK},
    {"SQ", "anything", DCM_V_OK},
    {"UN", "anything", DCM_V_OK},
    {"US", "abc", DCM_V_UNIT},
    {"US", "abcd", DCM_V_OK},
    {"AT", "ab", DCM_V_UNIT},
    {"FD", "12345678", DCM_V_OK},
    {"FD", "1234", DCM_V_UNIT},
    {"OB", "abc", DCM_V_OK},
    {"OW", "abc", DCM_V_UNIT},
};

static void each_rule_holds(void) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const rule *r = &rules[i];
        const dcm_value_code code = check_bytes(r->vr, r->value, strlen(r->value));
        if (code != r->code) fprintf(stderr, "%s '%s': %s\n", r->vr, r->value, dcm_value_names[code]);
        CHECK(code == r->code);
        CHECK(check_bytes(r->vr, "", 0) == DCM_V_OK);
    }
}

static void padding_is_a_nul_for_uids_and_spaces_else(void) {
    CHECK(check_bytes("UI", "1.2\0", 4) == DCM_V_OK);
    CHECK(check_bytes("UI", "1.2\0\0", 5) == DCM_V_PADDING);
    CHECK(check_bytes("CS", "ABC\0", 4) == DCM_V_PADDING);
    CHECK(check_bytes("LO", "ABC\0", 4) == DCM_V_PADDING);
    CHECK(check_bytes("DS", "1 \0\0", 4) == DCM_V_PADDING);
    CHECK(check_bytes("LO", "A\0BC", 4) == DCM_V_CONTROL);
}

static void lengths_are_those_of_the_table(void) {
    static const char *const vrs[] = {"LO", "PN", "ST", "LT"};
    for (size_t i = 0; i < sizeof vrs / sizeof *vrs; i++) {
        const uint32_t n = dcm_vr_max_nchars(DCM_VR(vrs[i][0], vrs[i][1]));
        char *text = malloc(n + 2);
        if (!text) abort();
        memset(text, 'a', n + 2);
        CHECK(check_bytes(vrs[i], text, n) == DCM_V_OK);
        CHECK(check_bytes(vrs[i], text, n + 1) == DCM_V_TOO_LONG);
        text[n] = ' '; /* the byte that makes the length even does not count */
        CHECK(check_bytes(vrs[i], text, n + 1) == DCM_V_OK);
        free(text);
    }
    CHECK(dcm_vr_max_nchars(DCM_VR_UC) == 0 && dcm_vr_max_nchars(DCM_VR_OB) == 0);
}

static void the_value_is_counted(void) {
    uint32_t number;
    const char text[] = "1\\2\\x\\y";
    CHECK(dcm_check_value(DCM_VR_DS, (const uint8_t *)text, sizeof text - 1, &number) == DCM_V_DECIMAL);
    CHECK(number == 3);
}

static void every_code_is_described(void) {
    for (int code = 1; code < DCM_V_COUNT; code++) {
        CHECK(dcm_value_names[code][0] && dcm_value_texts[code][0]);
        CHECK(strncmp(dcm_value_clauses[code], "PS3.", 4) == 0);
    }
}

int main(void) {
    each_rule_holds();
    padding_is_a_nul_for_uids_and_spaces_else();
    lengths_are_those_of_the_table();
    the_value_is_counted();
    every_code_is_described();
    return check_result();
}
