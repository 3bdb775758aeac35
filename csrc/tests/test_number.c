/* DS and IS parsing against strtod and strtoll. PS3.5 §6.2. */
#include "number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int nfailed;

static bool ds(const char *text, size_t n, double *out) {
    /* A heap copy of exact size, so that sanitizers see any byte read past the end. */
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    bool ok = dcm_parse_ds(copy, n, out);
    free(copy);
    return ok;
}

static bool is(const char *text, size_t n, int64_t *out) {
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    bool ok = dcm_parse_is(copy, n, out);
    free(copy);
    return ok;
}

static void ds_is(const char *text) {
    double want = strtod(text, NULL), got = 0;
    bool ok = ds(text, strlen(text), &got);
    if (ok && memcmp(&want, &got, sizeof want) == 0) return;
    printf("DS '%s': got %d %.17g, want %.17g\n", text, ok, got, want);
    nfailed++;
}

static void ds_refused(const char *text, size_t n) {
    double got = 42;
    if (!ds(text, n, &got) && got == 42) return;
    printf("DS '%s' taken as %.17g\n", text, got);
    nfailed++;
}

static void is_is(const char *text, size_t n, int64_t want) {
    int64_t got = 0;
    bool ok = is(text, n, &got);
    if (ok && got == want) return;
    printf("IS '%s': got %d %" PRId64 ", want %" PRId64 "\n", text, ok, got, want);
    nfailed++;
}

static void is_refused(const char *text) {
    int64_t got = 42;
    if (!is(text, strlen(text), &got) && got == 42) return;
    printf("IS '%s' taken as %" PRId64 "\n", text, got);
    nfailed++;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 11;
}

static void decimals_are_rounded_correctly(void) {
    uint64_t state = 2026;
    char text[64];
    for (int i = 0; i < 200000; i++) {
        uint64_t mantissa = next_random(&state) >> (next_random(&state) % 50);
        int ndigits = (int)(next_random(&state) % 17), exponent = (int)(next_random(&state) % 60) - 30;
        switch (i % 4) {
        case 0:
            snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, mantissa % 1000, mantissa);
            break;
        case 1:
            snprintf(text, sizeof text, "-%" PRIu64 "E%d", mantissa, exponent);
            break;
        case 2:
            snprintf(text, sizeof text, "%.*f", ndigits, (double)mantissa / 4096);
            break;
        default:
            snprintf(text, sizeof text, "%.*e", ndigits, (double)mantissa * 1e-9);
            break;
        }
        ds_is(text);
    }
}

static void test_lists(void) {
    const char *text = "1\\-2.5\\ 3 \\1e2\\+4\\0.1\\123456789012345.6\\-0\\.5\\6.\\7 ";
    const double want[] = {1, -2.5, 3, 100, 4, 0.1, 123456789012345.6, -0.0, 0.5, 6, 7};
    double out[11];
    if (!dcm_parse_ds_list((const uint8_t *)text, strlen(text), out, 11)) nfailed++, puts("DS list");
    if (memcmp(out, want, sizeof want) != 0) nfailed++, puts("values of a DS list");
    const char *wrong[] = {"1\\x\\2", "\\1", "1\\", "1\\-\\2", "1\\.\\2", "--1\\2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t n = 1;
        for (const char *c = wrong[i]; *c; c++)
            n += *c == '\\';
        if (dcm_parse_ds_list((const uint8_t *)wrong[i], strlen(wrong[i]), out, n))
            nfailed++, printf("DS list taken: %s\n", wrong[i]);
    }
}

int main(void) {
    static const char *const good[] = {
        "0",
        "-0",
        "+1",
        "1",
        ".5",
        "5.",
        "-.5e1",
        "1e22",
        "1E-22",
        "1e23",
        "1E+5",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993e22",
        "0.1",
        "0.30000000000000004",
        "2.2250738585072014e-308",
        "4.9e-324",
        "1e-400",
        "1.7976931348623157e308",
        "00000000000000000000001",
        "0.000000000000000000000001",
        "123456789012345678901234567890",
        "18446744073709551617",
        "0e99999999999",
        "-1.234567890123",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ds_is(good[i]);
    decimals_are_rounded_correctly();

    static const char *const bad[] = {
        "",      " ",   "+",     "-",      ".",    "e5",   "1e",  "1e+",      "--1",
        "+-1",   "1 2", "1.2.3", "1,5",    "0x10", "nan",  "inf", "infinity", "1_0",
        "1e5.5", "1d5", "1e999", "-1e999", "1f",   "1\\2", "\t1", "1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ds_refused(bad[i], strlen(bad[i]));
        if (strcmp(bad[i], "1\\2") != 0) is_refused(bad[i]);
    }
    ds_refused("\0", 1);
    ds_refused("\0 1", 3);
    char many[1002];
    memset(many, '7', sizeof many);
    ds_refused(many, sizeof many);

    double value = 0;
    if (!ds("  1.5 \0", 7, &value) || value != 1.5) nfailed++, puts("DS padding");
    if (!ds("2.5 \0 \0", 7, &value) || value != 2.5) nfailed++, puts("DS mixed padding");

    is_is("0", 1, 0);
    is_is("-0", 2, 0);
    is_is("+12 ", 4, 12);
    is_is(" -12\0", 5, -12);
    is_is("007", 3, 7);
    is_is("1.", 2, 1);
    is_is("1.00", 4, 1);
    is_is("9223372036854775807", 19, INT64_MAX);
    is_is("-9223372036854775808", 20, INT64_MIN);
    is_is("-2147483648 ", 12, INT32_MIN);
    is_refused("9223372036854775808");
    is_refused("-9223372036854775809");
    is_refused("99999999999999999999999");
    is_refused("1.5");
    is_refused("1.0.0");
    is_refused("1e3");
    is_refused(".0");

    test_lists();
    if (nfailed) printf("%d failed\n", nfailed);
    return nfailed != 0;
}
