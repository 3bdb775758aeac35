/* Decimal strings (DS) and integer strings (IS) to numbers. PS3.5 §6.2.
   Fast because a DS of 16 bytes nearly always is m * 10^e with m < 2^53 and |e| <= 22: both are
   exact doubles, so one multiplication or division rounds once, correctly (Clinger 1990). The rest
   goes to strtod. */
#include "number.h"

#include "platform.h"

#include <float.h>
#include <math.h>

#define MAX_NUMBER_NBYTES 1000u
#define MAX_EXACT_MANTISSA (UINT64_C(1) << 53)
#define MAX_MANTISSA_NDIGITS 19u /* any 19 digits fit into 64 bits */

static const double powers_of_ten[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline bool is_digit(uint8_t c) {
    return (uint8_t)(c - '0') < 10;
}

static inline void trim(const uint8_t **p, const uint8_t **end) {
    while (*p < *end && ((*end)[-1] == ' ' || (*end)[-1] == 0))
        --*end;
    while (*p < *end && **p == ' ')
        ++*p;
}

/* The number stands in [p, end) and has been checked against the grammar. */
static bool parse_slowly(const uint8_t *p, const uint8_t *end, double *out) {
    char text[MAX_NUMBER_NBYTES + 1];
    size_t n = (size_t)(end - p);
    if (n > MAX_NUMBER_NBYTES) return false;
    memcpy(text, p, n);
    text[n] = 0;
    char *stop;
    double value = dcm_strtod(text, &stop);
    if (stop != text + n || !isfinite(value)) return false;
    *out = value;
    return true;
}

bool dcm_parse_ds(const uint8_t *p, size_t n, double *out) {
    const uint8_t *end = p + n;
    trim(&p, &end);
    const uint8_t *start = p;
    if (p == end) return false;
    bool negative = *p == '-';
    if (negative || *p == '+') p++;

    uint64_t mantissa = 0;
    const uint8_t *digits = p;
    while (p < end && is_digit(*p))
        mantissa = mantissa * 10 + (uint64_t)(*p++ - '0'); /* may wrap: see ndigits */
    size_t ndigits = (size_t)(p - digits);
    size_t nfraction = 0;
    if (p < end && *p == '.') {
        const uint8_t *fraction = ++p;
        while (p < end && is_digit(*p))
            mantissa = mantissa * 10 + (uint64_t)(*p++ - '0');
        nfraction = (size_t)(p - fraction);
        ndigits += nfraction;
    }
    if (ndigits == 0) return false;

    int32_t exponent = 0;
    if (p < end && (*p == 'E' || *p == 'e')) {
        p++;
        bool minus = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end || !is_digit(*p)) return false;
        for (; p < end && is_digit(*p); p++)
            if (exponent < 100000) exponent = exponent * 10 + (*p - '0');
        if (minus) exponent = -exponent;
    }
    if (p != end) return false;

    if (FLT_EVAL_METHOD != 0 || ndigits > MAX_MANTISSA_NDIGITS || mantissa > MAX_EXACT_MANTISSA)
        return parse_slowly(start, end, out);
    exponent -= (int32_t)nfraction;
    if (exponent < -22 || exponent > 22) return parse_slowly(start, end, out);
    double value = (double)mantissa;
    value = exponent < 0 ? value / powers_of_ten[-exponent] : value * powers_of_ten[exponent];
    *out = negative ? -value : value;
    return true;
}

/* A plain number (sign, digits, point, digits; few enough to be exact) up to the backslash that is known to
   follow: no end needs checking, a backslash is no digit. NULL where it is anything else. */
static inline const uint8_t *parse_plain(const uint8_t *p, double *out) {
    const bool negative = *p == '-';
    p += negative;
    const uint8_t *const digits = p;
    uint64_t mantissa = 0;
    for (uint8_t d; (d = (uint8_t)(*p - '0')) < 10; p++)
        mantissa = mantissa * 10 + d;
    size_t ndigits = (size_t)(p - digits), nfraction = 0;
    if (*p == '.') {
        const uint8_t *const fraction = ++p;
        for (uint8_t d; (d = (uint8_t)(*p - '0')) < 10; p++)
            mantissa = mantissa * 10 + d;
        nfraction = (size_t)(p - fraction);
        ndigits += nfraction;
    }
    /* 15 digits are below 2^53, and 10^15 is exact: one rounding, the right one */
    if (*p != '\\' || ndigits - 1 > 14 || FLT_EVAL_METHOD != 0) return NULL;
    const double value = (double)mantissa / powers_of_ten[nfraction];
    *out = negative ? -value : value;
    return p;
}

bool dcm_parse_ds_list(const uint8_t *p, size_t n, double *out, size_t nvalues) {
    const uint8_t *const end = p + n;
    for (size_t i = 0; i < nvalues; i++) {
        if (i + 1 == nvalues) return dcm_parse_ds(p, (size_t)(end - p), out + i);
        const uint8_t *stop = parse_plain(p, out + i);
        if (!stop) {
            stop = memchr(p, '\\', (size_t)(end - p));
            if (!stop || !dcm_parse_ds(p, (size_t)(stop - p), out + i)) return false;
        }
        p = stop + 1;
    }
    return true;
}

bool dcm_parse_is(const uint8_t *p, size_t n, int64_t *out) {
    const uint8_t *end = p + n;
    trim(&p, &end);
    if (p == end) return false;
    bool negative = *p == '-';
    if (negative || *p == '+') p++;
    if (p == end || !is_digit(*p)) return false;

    const uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t value = 0;
    for (; p < end && is_digit(*p); p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    if (p < end && *p == '.') {
        p++;
        while (p < end && *p == '0')
            p++;
    }
    if (p != end) return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}
