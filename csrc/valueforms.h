/* The forms of single values: dates, times, ages, numbers, UIDs, names. PS3.5 §6.2, §9.1. */
#ifndef DCM_VALUEFORMS_H
#define DCM_VALUEFORMS_H

#include "valuecheck.h"

/* One value, without padding at its end and not empty. OK or what is wrong. */
dcm_value_code dcm_check_age(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_date(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_time(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_datetime(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_decimal(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_integer(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_uid(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_uri(const uint8_t *p, uint64_t nbytes);
dcm_value_code dcm_check_name(const uint8_t *p, uint64_t nbytes, uint32_t max_nchars);

#endif
