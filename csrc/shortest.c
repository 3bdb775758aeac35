/* Numbers to text: the shortest decimal that reads back as the same double. PS3.18 §F.2.3.

   The algorithm is Giulietti's "The Schubfach way to render doubles": the interval of reals that round to the
   double is scaled by a power of ten so that it holds a few integers; three multiplications of 64 by 128 bits
   tell its ends and middle, and one or two digits decide. No loop, no big numbers. */
#include "shortest.h"

#define MAX_EXACT_NDIGITS 15 /* decimals of so many digits are told apart by doubles */
#define MAX_EXACT_EXPONENT 290
#define MAX_NCHARS 1000u /* a DS has 16 at most */

typedef struct decimal {
    uint64_t digits;
    int32_t exponent;
} decimal;

static inline uint64_t high_half(uint64_t a, uint64_t b) {
    return (uint64_t)((unsigned __int128)a * b >> 64);
}

/* The upper bits of g * factor; bits that are lost leave a one in the last place. */
static uint64_t scale(const uint64_t g[2], uint64_t factor) {
    const uint64_t low = high_half(g[1], factor);
    const unsigned __int128 high = (unsigned __int128)g[0] * factor + low;
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

static inline int32_t floor_log2_of_power(int32_t k) {
    return (int32_t)(((int64_t)k * 1741647) >> 19);
}

/* Positive and finite. */
static decimal shortest(uint64_t fraction, uint32_t biased) {
    const uint64_t c = biased ? fraction | UINT64_C(1) << 52 : fraction;
    const int32_t q = (int32_t)(biased ? biased : 1) - 1075;
    if (q <= 0 && q > -53 && (c & ((UINT64_C(1) << -q) - 1)) == 0) return (decimal){c >> -q, 0};
    const bool odd = c & 1;
    const bool below_is_closer = fraction == 0 && biased > 1;
    /* the power of ten below the width of the interval */
    const int32_t k = (int32_t)(((int64_t)q * 1262611 - (below_is_closer ? 524031 : 0)) >> 22);
    const uint64_t *g = dcm_powers_of_ten[-k - DCM_POWERS_FIRST];
    const int32_t shift = q + floor_log2_of_power(-k) + 1;
    const uint64_t low = scale(g, (4 * c - 2 + below_is_closer) << shift) + odd;
    const uint64_t middle = scale(g, (4 * c) << shift);
    const uint64_t high = scale(g, (4 * c + 2) << shift) - odd;
    const uint64_t s = middle / 4;
    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool down = low <= 40 * tens, up = 40 * tens + 40 <= high;
        if (down != up) return (decimal){tens + up, k + 1};
    }
    const bool down = low <= 4 * s, up = 4 * s + 4 <= high;
    if (down != up) return (decimal){s + up, k};
    const bool round_up = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1));
    return (decimal){s + round_up, k};
}

/* Digits d1 d2 ... dn that stand for 0.d1d2...dn * 10^point, as Python writes them. */
static uint32_t put_digits(bool negative, const char *digits, int32_t ndigits, int32_t point, char *out) {
    char *to = out;
    if (negative) *to++ = '-';
    if (point > 16 || point < -3) {
        *to++ = digits[0];
        if (ndigits > 1) *to++ = '.';
        for (int32_t i = 1; i < ndigits; i++)
            *to++ = digits[i];
        int32_t exponent = point - 1;
        *to++ = 'e';
        *to++ = exponent < 0 ? '-' : '+';
        if (exponent < 0) exponent = -exponent;
        if (exponent >= 100) *to++ = (char)('0' + exponent / 100);
        *to++ = (char)('0' + exponent / 10 % 10);
        *to++ = (char)('0' + exponent % 10);
        return (uint32_t)(to - out);
    }
    if (point <= 0) *to++ = '0', *to++ = '.';
    for (int32_t i = point; i < 0; i++)
        *to++ = '0';
    for (int32_t i = 0; i < ndigits; i++) {
        if (i == point && i > 0) *to++ = '.';
        *to++ = digits[i];
    }
    for (int32_t i = ndigits; i < point; i++)
        *to++ = '0';
    if (point >= ndigits) *to++ = '.', *to++ = '0';
    return (uint32_t)(to - out);
}

static uint32_t put_zero(bool negative, char *out) {
    memcpy(out, negative ? "-0.0" : "0.0", 4);
    return negative ? 4 : 3;
}

uint32_t dcm_format_double(double value, char *out) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    const bool negative = bits >> 63;
    const uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    const uint32_t biased = (uint32_t)(bits >> 52 & 0x7FF);
    if (fraction == 0 && biased == 0) return put_zero(negative, out);
    const decimal found = shortest(fraction, biased);
    char digits[20];
    const int32_t n = (int32_t)dcm_format_unsigned(found.digits, digits);
    int32_t kept = n;
    while (kept > 1 && digits[kept - 1] == '0')
        kept--;
    return put_digits(negative, digits, kept, n + found.exponent, out);
}

uint32_t dcm_format_decimal(const uint8_t *p, size_t n, char *out) {
    if (n > MAX_NCHARS) return 0;
    const uint8_t *end = p + n;
    while (p < end && (end[-1] == ' ' || end[-1] == 0))
        end--;
    while (p < end && *p == ' ')
        p++;
    const bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    char digits[MAX_EXACT_NDIGITS];
    int32_t kept = 0, zeros = 0, point = 0; /* zeros: behind the digits that are kept */
    bool any = false, behind_point = false;
    for (; p < end; p++) {
        if (*p == '.' && !behind_point) {
            behind_point = true;
            continue;
        }
        const uint8_t digit = (uint8_t)(*p - '0');
        if (digit > 9) break;
        any = true;
        point += kept || digit ? !behind_point : -(int32_t)behind_point;
        if (digit == 0) {
            zeros += kept != 0;
            continue;
        }
        if (kept + zeros >= MAX_EXACT_NDIGITS) return 0;
        for (; zeros; zeros--)
            digits[kept++] = '0';
        digits[kept++] = (char)*p;
    }
    if (!any) return 0;
    int32_t exponent = 0;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const bool minus = ++p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end) return 0;
        for (; p < end && (uint8_t)(*p - '0') < 10; p++)
            if (exponent < 10000) exponent = exponent * 10 + (*p - '0');
        if (minus) exponent = -exponent;
    }
    if (p != end) return 0;
    if (kept == 0) return put_zero(negative, out);
    point += exponent;
    if (point > MAX_EXACT_EXPONENT || point < -MAX_EXACT_EXPONENT) return 0;
    return put_digits(negative, digits, kept, point, out);
}

uint32_t dcm_format_unsigned(uint64_t value, char *out) {
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940"
        "4142434445464748495051525354555657585960616263646566676869707172737475767778798081"
        "828384858687888990919293949596979899";
    char text[20];
    char *at = text + sizeof text;
    for (; value >= 100; value /= 100) {
        at -= 2;
        memcpy(at, pairs + 2 * (value % 100), 2);
    }
    at -= 2;
    memcpy(at, pairs + 2 * value, 2);
    at += value < 10;
    const size_t n = (size_t)(text + sizeof text - at);
    memcpy(out, at, n);
    return (uint32_t)n;
}

uint32_t dcm_format_signed(int64_t value, char *out) {
    if (value >= 0) return dcm_format_unsigned((uint64_t)value, out);
    *out = '-';
    return 1 + dcm_format_unsigned(0 - (uint64_t)value, out + 1);
}
