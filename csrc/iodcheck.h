/* A data set against its IOD: modules, attribute types, conditions. PS3.3; PS3.5 §7.4. */
#ifndef DCM_IODCHECK_H
#define DCM_IODCHECK_H

#include "iods.h"
#include "source.h"

typedef enum dcm_iod_code {
    DCM_IOD_MISSING,   /* Type 1 or 2, or 1C or 2C whose condition is known to hold: not there */
    DCM_IOD_EMPTY,     /* Type 1 or 1C: there without a value */
    DCM_IOD_NO_ITEMS,  /* likewise, a sequence */
    DCM_IOD_NOT_IN_IOD /* there, and in no module of the IOD */
} dcm_iod_code;

typedef struct dcm_iod_problem {
    uint32_t container; /* item, DCM_NO_ROW at top level */
    uint32_t row;       /* of the attribute; DCM_NO_ROW if it is missing */
    uint32_t tag;
    uint16_t module; /* index into dcm_iod_modules; of the strictest */
    uint8_t code;    /* dcm_iod_code */
    uint8_t type;    /* dcm_attribute_type */
} dcm_iod_problem;

typedef struct dcm_iod_problems {
    dcm_iod_problem *all;
    uint32_t n, capacity;
    uint32_t limit; /* no more than about these; then `cut` is set */
    bool cut;
} dcm_iod_problems;

void dcm_iod_problems_init(dcm_iod_problems *problems, uint32_t limit);
void dcm_iod_problems_free(dcm_iod_problems *problems);

/* Check the data set of a frozen index. Modules of usage C and U count as present if the data set has an
   attribute that no other module of the IOD has. `extra`: tell of attributes outside the IOD too.
   OK, NO_MEMORY, or CHANGED when a mapped file has shrunk. */
dcm_status dcm_check_iod(const dcm_index *index, const dcm_source *source, const dcm_iod *iod, bool extra,
                         dcm_iod_problems *problems);

#endif
