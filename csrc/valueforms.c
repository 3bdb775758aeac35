/* The forms of single values: dates, times, ages, numbers, UIDs, names. PS3.5 §6.2, §9.1. */
#include "valueforms.h"

#include "number.h"

static inline bool is_digit(uint8_t c) {
    return (uint8_t)(c - '0') < 10;
}

static uint64_t count_digits(const uint8_t *p, uint64_t nbytes) {
    uint64_t n = 0;
    while (n < nbytes && is_digit(p[n]))
        n++;
    return n;
}

/* Two digits, which the caller has seen. */
static inline uint32_t two(const uint8_t *p) {
    return (uint32_t)(p[0] - '0') * 10 + (uint32_t)(p[1] - '0');
}

dcm_value_code dcm_check_age(const uint8_t *p, uint64_t nbytes) {
    const bool sound = nbytes == 4 && count_digits(p, 4) == 3 && memchr("DWMY", p[3], 4);
    return sound ? DCM_V_OK : DCM_V_AGE;
}

static bool is_day(uint32_t year, uint32_t month, uint32_t day) {
    static const uint8_t ndays[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > ndays[month - 1]) return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month != 2 || day < 29 || leap;
}

dcm_value_code dcm_check_date(const uint8_t *p, uint64_t nbytes) {
    if (nbytes == 10 && p[4] == '.' && p[7] == '.') return DCM_V_OLD_DATE;
    if (nbytes != 8 || count_digits(p, 8) != 8) return DCM_V_DATE;
    return is_day(two(p) * 100 + two(p + 2), two(p + 4), two(p + 6)) ? DCM_V_OK : DCM_V_DATE;
}

/* HH[MM[SS[.F to .FFFFFF]]]; a second of 60 is a leap second. */
static bool is_time(const uint8_t *p, uint64_t nbytes) {
    const uint64_t n = count_digits(p, nbytes);
    if ((n != 2 && n != 4 && n != 6) || two(p) > 23) return false;
    if ((n >= 4 && two(p + 2) > 59) || (n == 6 && two(p + 4) > 60)) return false;
    if (n == nbytes) return true;
    const uint64_t fraction = nbytes - n - 1;
    return n == 6 && p[n] == '.' && fraction >= 1 && fraction <= 6 &&
           count_digits(p + n + 1, fraction) == fraction;
}

dcm_value_code dcm_check_time(const uint8_t *p, uint64_t nbytes) {
    if (is_time(p, nbytes)) return DCM_V_OK;
    return nbytes >= 5 && p[2] == ':' ? DCM_V_OLD_TIME : DCM_V_TIME;
}

/* &ZZXX, from -1200 to +1400. */
static bool is_offset(const uint8_t *p) {
    if (count_digits(p + 1, 4) != 4 || two(p + 3) > 59) return false;
    const uint32_t minutes = two(p + 1) * 60 + two(p + 3);
    return *p == '+' ? minutes <= 14 * 60 : minutes >= 1 && minutes <= 12 * 60;
}

dcm_value_code dcm_check_datetime(const uint8_t *p, uint64_t nbytes) {
    if (nbytes > 5 && (p[nbytes - 5] == '+' || p[nbytes - 5] == '-')) {
        if (!is_offset(p + nbytes - 5)) return DCM_V_DATETIME;
        nbytes -= 5;
    }
    const uint64_t n = count_digits(p, nbytes < 8 ? nbytes : 8);
    if (n < 4 || n % 2 || (n < 8 && n != nbytes)) return DCM_V_DATETIME;
    const uint32_t year = two(p) * 100 + two(p + 2), month = n >= 6 ? two(p + 4) : 1;
    if (!is_day(year, month, n == 8 ? two(p + 6) : 1)) return DCM_V_DATETIME;
    return nbytes <= 8 || is_time(p + 8, nbytes - 8) ? DCM_V_OK : DCM_V_DATETIME;
}

dcm_value_code dcm_check_decimal(const uint8_t *p, uint64_t nbytes) {
    double value;
    return dcm_parse_ds(p, (size_t)nbytes, &value) ? DCM_V_OK : DCM_V_DECIMAL;
}

dcm_value_code dcm_check_integer(const uint8_t *p, uint64_t nbytes) {
    while (nbytes && *p == ' ')
        p++, nbytes--;
    const uint64_t sign = nbytes && (*p == '-' || *p == '+');
    if (nbytes == sign || count_digits(p + sign, nbytes - sign) != nbytes - sign) return DCM_V_INTEGER;
    int64_t value;
    const bool fits = dcm_parse_is(p, (size_t)nbytes, &value) && value >= INT32_MIN && value <= INT32_MAX;
    return fits ? DCM_V_OK : DCM_V_INTEGER_RANGE;
}

dcm_value_code dcm_check_uid(const uint8_t *p, uint64_t nbytes) {
    if (nbytes > 64) return DCM_V_UID;
    for (uint64_t at = 0;;) {
        const uint64_t n = count_digits(p + at, nbytes - at);
        if (n == 0 || (n > 1 && p[at] == '0')) return DCM_V_UID;
        at += n;
        if (at == nbytes) return DCM_V_OK;
        if (p[at++] != '.') return DCM_V_UID;
    }
}

dcm_value_code dcm_check_uri(const uint8_t *p, uint64_t nbytes) {
    static const char marks[] = "-._~:/?#[]@!$&'()*+,;=%";
    for (uint64_t i = 0; i < nbytes; i++) {
        const uint8_t c = p[i];
        const bool letter = (uint8_t)((c | 0x20) - 'a') < 26;
        if (!letter && !is_digit(c) && (c == 0 || !strchr(marks, c))) return DCM_V_URI;
    }
    return DCM_V_OK;
}

dcm_value_code dcm_check_name(const uint8_t *p, uint64_t nbytes, uint32_t max_nchars) {
    uint32_t ngroups = 1, ncomponents = 1;
    uint64_t nchars = 0;
    for (uint64_t i = 0; i < nbytes; i++) {
        if (p[i] == '=') {
            if (++ngroups > 3) return DCM_V_NAME_GROUPS;
            ncomponents = 1;
            nchars = 0;
            continue;
        }
        if (p[i] == '^' && ++ncomponents > 5) return DCM_V_NAME_COMPONENTS;
        if (++nchars > max_nchars) return DCM_V_TOO_LONG;
    }
    return DCM_V_OK;
}
