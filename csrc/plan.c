/* What is to be written, in order: ranges of sources, copied as they are, and new bytes between them. */
#include "plan.h"

#include <stdlib.h>

void dcm_plan_init(dcm_plan *plan) {
    *plan = (dcm_plan){0};
}

void dcm_plan_free(dcm_plan *plan) {
    free(plan->own);
    free(plan->segments);
    dcm_plan_init(plan);
}

static dcm_status add(dcm_plan *plan, dcm_segment segment) {
    if (segment.nbytes == 0) return DCM_OK;
    if (segment.nbytes > UINT64_MAX - plan->nbytes) return DCM_E_RANGE;
    plan->nbytes += segment.nbytes;
    dcm_segment *last = plan->nsegments ? &plan->segments[plan->nsegments - 1] : NULL;
    if (last && last->source == segment.source && last->unit_nbytes == 0 && segment.unit_nbytes == 0 &&
        last->offset + last->nbytes == segment.offset) {
        last->nbytes += segment.nbytes;
        return DCM_OK;
    }
    if (plan->nsegments == plan->segments_cap) {
        const uint64_t cap = plan->segments_cap ? 2 * plan->segments_cap : 32;
        dcm_segment *p = cap > SIZE_MAX / sizeof *p ? NULL : realloc(plan->segments, (size_t)cap * sizeof *p);
        if (!p) return DCM_E_NO_MEMORY;
        plan->segments = p;
        plan->segments_cap = cap;
    }
    plan->segments[plan->nsegments++] = segment;
    return DCM_OK;
}

uint8_t *dcm_plan_extend(dcm_plan *plan, uint64_t nbytes) {
    if (nbytes > plan->own_cap - plan->own_nbytes) {
        if (nbytes > SIZE_MAX / 4 || plan->own_cap > SIZE_MAX / 4) return NULL;
        const uint64_t least = plan->own_nbytes + nbytes;
        uint64_t cap = plan->own_cap ? 2 * plan->own_cap : 1024;
        if (cap < least) cap = least;
        uint8_t *p = realloc(plan->own, (size_t)cap);
        if (!p) return NULL;
        plan->own = p;
        plan->own_cap = cap;
    }
    const dcm_segment segment = {.offset = plan->own_nbytes, .nbytes = nbytes, .source = DCM_PLAN_OWN};
    if (add(plan, segment) != DCM_OK) return NULL;
    uint8_t *room = plan->own + plan->own_nbytes;
    plan->own_nbytes += nbytes;
    return room;
}

dcm_status dcm_plan_put(dcm_plan *plan, const uint8_t *bytes, uint64_t nbytes) {
    if (nbytes == 0) return DCM_OK;
    uint8_t *room = dcm_plan_extend(plan, nbytes);
    if (!room) return DCM_E_NO_MEMORY;
    memcpy(room, bytes, (size_t)nbytes);
    return DCM_OK;
}

dcm_status dcm_plan_copy(dcm_plan *plan, uint32_t source, uint64_t offset, uint64_t nbytes,
                         uint32_t unit_nbytes) {
    return add(plan, (dcm_segment){offset, nbytes, source, unit_nbytes});
}

void dcm_swap_units(uint8_t *bytes, uint64_t nbytes, uint32_t unit_nbytes) {
    if (unit_nbytes == 2) {
        for (uint64_t i = 0; i + 2 <= nbytes; i += 2) {
            const uint8_t low = bytes[i];
            bytes[i] = bytes[i + 1];
            bytes[i + 1] = low;
        }
    } else if (unit_nbytes == 4) {
        for (uint64_t i = 0; i + 4 <= nbytes; i += 4) {
            uint32_t number;
            memcpy(&number, bytes + i, 4);
            number = __builtin_bswap32(number);
            memcpy(bytes + i, &number, 4);
        }
    } else if (unit_nbytes == 8) {
        for (uint64_t i = 0; i + 8 <= nbytes; i += 8) {
            uint64_t number;
            memcpy(&number, bytes + i, 8);
            number = __builtin_bswap64(number);
            memcpy(bytes + i, &number, 8);
        }
    }
}
