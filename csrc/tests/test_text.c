/* Text kernels against definitions of a few lines. PS3.5 §6.1.2.3, §6.2. */
#include "check.h"
#include "text.h"
#include "vr.h"

#include <stdlib.h>

static bool plain_slowly(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i] >= 0x80 || p[i] == 0x1B) return false;
    return true;
}

/* Every byte at every place of every short length, in blocks of exact size. */
static void plain_is_seven_bits_without_escape(void) {
    for (size_t n = 0; n <= 20; n++) {
        uint8_t *p = malloc(n ? n : 1);
        if (!p) abort();
        memset(p, 'a', n);
        CHECK(dcm_text_is_plain(p, n));
        for (size_t i = 0; i < n; i++) {
            for (unsigned c = 0; c < 256; c++) {
                p[i] = (uint8_t)c;
                CHECK(dcm_text_is_plain(p, n) == plain_slowly(p, n));
            }
            p[i] = 0x1A + (uint8_t)(i % 3); /* neighbours of ESC together */
        }
        free(p);
    }
}

static void values_are_separators_plus_one(void) {
    static const struct {
        const char *text;
        uint64_t n, trimmed;
    } all[] = {{"", 0, 0},     {"  ", 0, 0},    {"a", 1, 1},   {"a\\b", 2, 3},  {"\\", 2, 1},
               {"a\\ ", 2, 2}, {"\\\\ ", 3, 2}, {" a ", 1, 2}, {"a\\b  ", 2, 3}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n = strlen(all[i].text);
        uint8_t *p = malloc(n ? n : 1);
        if (!p) abort();
        memcpy(p, all[i].text, n);
        CHECK(dcm_text_nvalues(p, n) == all[i].n);
        CHECK(dcm_text_trim(p, n) == all[i].trimmed);
        free(p);
    }
    CHECK(dcm_text_trim((const uint8_t *)"a\0 \0", 4) == 1);
}

static void vrs_know_their_text(void) {
    static const char *const multi = "AE AS CS DA DS DT IS LO PN SH TM UC UI", *const single = "LT ST UR UT";
    static const char *const ruled = "LO LT PN SH ST UC UT";
    for (char a = 'A'; a <= 'Z'; a++) {
        for (char b = 'A'; b <= 'Z'; b++) {
            char name[3] = {a, b, 0};
            dcm_text_kind want = strstr(multi, name)    ? DCM_TEXT_MULTI
                                 : strstr(single, name) ? DCM_TEXT_SINGLE
                                                        : DCM_TEXT_NOT;
            CHECK(dcm_text_kind_of(DCM_VR(a, b)) == want);
            CHECK(dcm_text_has_charset(DCM_VR(a, b)) == (strstr(ruled, name) != NULL));
        }
    }
}

int main(void) {
    plain_is_seven_bits_without_escape();
    values_are_separators_plus_one();
    vrs_know_their_text();
    return check_result();
}
