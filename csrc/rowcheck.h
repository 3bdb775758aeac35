/* All elements of an index against the dictionary and their VRs. PS3.5 §6, §7; PS3.6. */
#ifndef DCM_ROWCHECK_H
#define DCM_ROWCHECK_H

#include "source.h"
#include "valuecheck.h"

typedef struct dcm_row_problem {
    uint32_t row;
    uint16_t code;   /* dcm_value_code */
    uint16_t number; /* of the value, from 1 on; 65535: that or a later one; 0 where no value is meant */
} dcm_row_problem;

/* Growing list of what was found, in the order of the rows. */
typedef struct dcm_row_problems {
    dcm_row_problem *all;
    uint32_t n, capacity;
    uint32_t limit; /* no more than these; the first left out sets `cut` */
    bool cut;
} dcm_row_problems;

enum {
    DCM_CHECK_VALUES = 1,   /* values by their VRs */
    DCM_CHECK_ELEMENTS = 2, /* VR, VM, tags and private blocks by the dictionary */
    DCM_CHECK_RETIRED = 4,  /* retired elements too */
};

void dcm_row_problems_init(dcm_row_problems *problems, uint32_t limit);
void dcm_row_problems_free(dcm_row_problems *problems);

/* Check the elements of a frozen index; DCM_CHECK_*. OK, NO_MEMORY, or CHANGED when a mapped file has shrunk.
 */
dcm_status dcm_check_rows(const dcm_index *index, const dcm_source *source, uint32_t what,
                          dcm_row_problems *problems);

/* Number of each item in its sequence, from 0 on, by row; what other rows hold has no meaning. */
void dcm_number_items(const dcm_index *index, uint32_t *numbers);

#endif
