/* Numbers to text against the definition: it reads back, nothing shorter does, and it looks as Python has it.
 */
#include "number.h"
#include "scan_checks.h"
#include "shortest.h"

#include <math.h>

static bool reads_back(const char *text, double value) {
    return strtod(text, NULL) == value;
}

/* Significant digits of the shortest text that printf finds, which looks at the nearest decimals only. */
static int ndigits_slowly(double value) {
    char text[64];
    for (int n = 1; n < 17; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, value);
        if (reads_back(text, value)) return n;
    }
    return 17;
}

static int ndigits_of(const char *text) {
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (n == 0 && *text == '0')) continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        n++;
    }
    return n - zeros;
}

static void check_double(double value) {
    char text[DCM_NUMBER_NCHARS + 1];
    if (!isfinite(value)) return;
    const uint32_t n = dcm_format_double(value, text);
    CHECK(n < DCM_NUMBER_NCHARS);
    text[n] = 0;
    CHECK(reads_back(text, value) && signbit(value) == (text[0] == '-'));
    if (value != 0) CHECK(ndigits_of(text) <= ndigits_slowly(value));
    CHECK(strpbrk(text, ".e") != NULL);
}

static double as_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return bits;
}

static void doubles_are_shortest(void) {
    uint64_t state = 7;
    for (uint32_t i = 0; i < 40000; i++) {
        check_double(as_double(next_random(&state) << 40 ^ next_random(&state) << 20 ^ next_random(&state)));
        check_double((double)(int64_t)(next_random(&state) % 2000001 - 1000000) / 1000.0);
        check_double((double)(float)next_random(&state) * 1e-5);
    }
    for (int e = -1074; e < 1024; e++) {
        check_double(ldexp(1, e));
        check_double(as_double(bits_of(ldexp(1, e)) - 1));
        check_double(as_double(bits_of(ldexp(1, e)) + 1));
    }
}

static void numbers_look_as_in_python(void) {
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.0, "0.0"},
                {-0.0, "-0.0"},
                {1, "1.0"},
                {-5, "-5.0"},
                {0.1, "0.1"},
                {1e15, "1000000000000000.0"},
                {1e16, "1e+16"},
                {1.5e16, "1.5e+16"},
                {123456789012345680.0, "1.2345678901234568e+17"},
                {0.0001, "0.0001"},
                {0.00001, "1e-05"},
                {-1.25e-7, "-1.25e-07"},
                {5e-324, "5e-324"},
                {1e100, "1e+100"},
                {9007199254740993, "9007199254740992.0"},
                {0.1f, "0.10000000149011612"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[DCM_NUMBER_NCHARS + 1];
        text[dcm_format_double(rows[i].value, text)] = 0;
        CHECK(strcmp(text, rows[i].text) == 0);
    }
}

/* A decimal string either says what its double says, or nothing; and it always speaks where it can. */
static void decimals_are_as_their_doubles(void) {
    uint64_t state = 3;
    uint32_t nsaid = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        char text[48];
        size_t n = 0;
        static const char letters[] = "0123456789012345678900000..+-eE 1x";
        const size_t wanted = next_random(&state) % 17;
        while (n < wanted)
            text[n++] = letters[next_random(&state) % (sizeof letters - 1)];
        char said[DCM_NUMBER_NCHARS], expected[DCM_NUMBER_NCHARS];
        double value;
        const uint32_t length = dcm_format_decimal((const uint8_t *)text, n, said);
        if (length == 0) continue;
        nsaid++;
        CHECK(dcm_parse_ds((const uint8_t *)text, n, &value));
        CHECK(dcm_format_double(value, expected) == length && memcmp(said, expected, length) == 0);
    }
    CHECK(nsaid > 10000);
    static const char *const plain[] = {"12.5", "-0", " 1e3 ", "+7", ".5", "5.", "123456789012345", "0.001"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char said[DCM_NUMBER_NCHARS];
        CHECK(dcm_format_decimal((const uint8_t *)plain[i], strlen(plain[i]), said) != 0);
    }
}

static void integers_have_their_digits(void) {
    uint64_t state = 1;
    for (uint32_t i = 0; i < 20000; i++) {
        const uint64_t value = (next_random(&state) << 33 ^ next_random(&state)) >> next_random(&state) % 64;
        char text[DCM_NUMBER_NCHARS + 1], expected[32];
        text[dcm_format_unsigned(value, text)] = 0;
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
        CHECK(strcmp(text, expected) == 0);
        text[dcm_format_signed((int64_t)value, text)] = 0;
        snprintf(expected, sizeof expected, "%lld", (long long)value);
        CHECK(strcmp(text, expected) == 0);
    }
    char text[DCM_NUMBER_NCHARS + 1];
    text[dcm_format_signed(INT64_MIN, text)] = 0;
    CHECK(strcmp(text, "-9223372036854775808") == 0);
}

int main(void) {
    doubles_are_shortest();
    numbers_look_as_in_python();
    decimals_are_as_their_doubles();
    integers_have_their_digits();
    return check_result();
}
