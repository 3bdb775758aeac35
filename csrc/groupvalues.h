/* Values of functional groups as columns of numbers. PS3.3 §C.7.6.16; PS3.5 §6.2. */
#ifndef DCM_GROUPVALUES_H
#define DCM_GROUPVALUES_H

#include "groups.h"

/* What the values of a path have in common. */
typedef struct dcm_groups_column {
    uint16_t vr;          /* of all that are there; DCM_VR_NONE where nothing is */
    bool uniform;         /* VRs agree, and every way could be gone */
    uint64_t max_nvalues; /* the largest number of values, for VRs of numbers; else 0 */
} dcm_groups_column;

/* OK, RANGE, or CHANGED. */
dcm_status dcm_groups_measure(const dcm_groups *groups, uint32_t path, const dcm_source *source,
                              dcm_groups_column *column);

/* Size of a number in a column: DS (double) and IS (int64_t) 8, AT (uint32_t) 4, binary VRs what they are,
   0 for every other VR. */
uint32_t dcm_groups_unit_nbytes(uint16_t vr);

/* All numbers of a path that have that VR, one of numbers, to out: nvalues of each frame, in the byte order
   of the machine. What is missing or no number is NaN (DS, FD, FL) or 0; each has its byte in mask, 1 where
   it is missing. `out` is aligned for its numbers and holds nframes * nvalues of them, as mask does bytes.
   OK, RANGE, or CHANGED. */
dcm_status dcm_groups_numbers(const dcm_groups *groups, uint32_t path, const dcm_source *source, uint16_t vr,
                              uint64_t nvalues, void *out, uint8_t *mask, uint64_t *nmissing_out);

#endif
