/* What is to be written, in order: ranges of sources, copied as they are, and new bytes between them. */
#ifndef DCM_PLAN_H
#define DCM_PLAN_H

#include "base.h"

#define DCM_PLAN_OWN UINT32_MAX /* as a source: the plan's own bytes */

typedef struct dcm_segment {
    uint64_t offset; /* first byte, in the source or in dcm_plan.own */
    uint64_t nbytes;
    uint32_t source;      /* number that the caller gave it; DCM_PLAN_OWN */
    uint32_t unit_nbytes; /* 2, 4 or 8: numbers whose bytes change their order on the way; else 0 */
} dcm_segment;

typedef struct dcm_plan {
    uint8_t *own; /* new bytes */
    uint64_t own_nbytes, own_cap;
    dcm_segment *segments;
    uint64_t nsegments, segments_cap;
    uint64_t nbytes; /* of all segments together */
} dcm_plan;

void dcm_plan_init(dcm_plan *plan);
void dcm_plan_free(dcm_plan *plan); /* the struct may be used again */

/* Room for nbytes new ones at the end, to be filled by the caller at once; NULL without memory. */
uint8_t *dcm_plan_extend(dcm_plan *plan, uint64_t nbytes);

dcm_status dcm_plan_put(dcm_plan *plan, const uint8_t *bytes, uint64_t nbytes);
dcm_status dcm_plan_copy(dcm_plan *plan, uint32_t source, uint64_t offset, uint64_t nbytes,
                         uint32_t unit_nbytes);

/* Change the byte order of whole numbers in place; bytes behind the last whole one stay. */
void dcm_swap_units(uint8_t *bytes, uint64_t nbytes, uint32_t unit_nbytes);

#endif
