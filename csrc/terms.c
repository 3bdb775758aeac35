/* Attributes with Enumerated Values: whether a value is one of them. PS3.3. */
#include "terms.h"

#include "text.h"
#include "vr.h"

#include <stdio.h>

bool dcm_term_is_one_of(const char *texts, const uint8_t *value, uint64_t nbytes) {
    nbytes = dcm_text_trim(value, nbytes);
    while (nbytes && *value == ' ')
        value++, nbytes--;
    for (;;) {
        const size_t n = strcspn(texts, "|");
        if (n == nbytes && memcmp(texts, value, n) == 0) return true;
        if (!texts[n]) return false;
        texts += n + 1;
    }
}

static const dcm_enumerated *find(uint32_t tag) {
    uint32_t low = 0, high = dcm_nenumerated_values;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (dcm_enumerated_values[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == dcm_nenumerated_values || dcm_enumerated_values[low].tag != tag) return NULL;
    return &dcm_enumerated_values[low];
}

static bool may_be(const dcm_enumerated *rule, uint32_t tag, uint32_t number, const uint8_t *p,
                   uint64_t nbytes) {
    for (; rule < dcm_enumerated_values + dcm_nenumerated_values && rule->tag == tag; rule++)
        if ((rule->number == 0 || rule->number == number) && !dcm_term_is_one_of(rule->values, p, nbytes))
            return false;
    return true;
}

uint32_t dcm_terms_check(uint32_t tag, uint16_t vr, const uint8_t *p, uint64_t nbytes, bool big) {
    const dcm_enumerated *rule = find(tag);
    if (!rule) return 0;
    uint32_t number = 1;
    if (vr == DCM_VR_US) {
        for (; nbytes >= 2; number++, p += 2, nbytes -= 2) {
            char text[8];
            const int n = snprintf(text, sizeof text, "%u", dcm_load_u16(p, big));
            if (!may_be(rule, tag, number, (const uint8_t *)text, (uint64_t)n)) return number;
        }
        return 0;
    }
    if (vr != DCM_VR_CS) return 0;
    for (const uint8_t *const end = p + nbytes;; number++) {
        const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
        if (!stop) stop = end;
        if (stop > p && !may_be(rule, tag, number, p, (uint64_t)(stop - p))) return number;
        if (stop == end) return 0;
        p = stop + 1;
    }
}
