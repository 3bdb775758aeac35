/* Plans: segments that join, room that grows, bytes that change their order. */
#include "check.h"
#include "plan.h"

#include <stdlib.h>

static void neighbours_are_one_segment(void) {
    dcm_plan plan;
    dcm_plan_init(&plan);
    CHECK(dcm_plan_put(&plan, (const uint8_t *)"ab", 2) == DCM_OK);
    CHECK(dcm_plan_put(&plan, (const uint8_t *)"", 0) == DCM_OK);
    CHECK(dcm_plan_put(&plan, (const uint8_t *)"cd", 2) == DCM_OK);
    CHECK(plan.nsegments == 1 && plan.nbytes == 4 && memcmp(plan.own, "abcd", 4) == 0);
    CHECK(dcm_plan_copy(&plan, 0, 10, 5, 0) == DCM_OK);
    CHECK(dcm_plan_copy(&plan, 0, 15, 5, 0) == DCM_OK);
    CHECK(plan.nsegments == 2 && plan.segments[1].nbytes == 10);
    CHECK(dcm_plan_copy(&plan, 0, 21, 5, 0) == DCM_OK); /* a gap */
    CHECK(dcm_plan_copy(&plan, 1, 26, 5, 0) == DCM_OK); /* another source */
    CHECK(dcm_plan_copy(&plan, 1, 31, 5, 2) == DCM_OK); /* numbers */
    CHECK(dcm_plan_copy(&plan, 1, 36, 4, 2) == DCM_OK); /* one that is odd would spoil what follows */
    CHECK(dcm_plan_copy(&plan, 1, 40, 4, 0) == DCM_OK);
    CHECK(dcm_plan_copy(&plan, 1, 44, 0, 0) == DCM_OK); /* nothing */
    CHECK(plan.nsegments == 7 && plan.nbytes == 4 + 10 + 5 + 5 + 5 + 4 + 4);
    CHECK(dcm_plan_put(&plan, (const uint8_t *)"e", 1) == DCM_OK);
    CHECK(plan.nsegments == 8 && plan.segments[7].offset == 4);
    dcm_plan_free(&plan);
    CHECK(plan.nbytes == 0 && plan.own == NULL && plan.segments == NULL);
}

static void it_grows(void) {
    dcm_plan plan;
    dcm_plan_init(&plan);
    for (uint32_t i = 0; i < 5000; i++) {
        uint8_t *room = dcm_plan_extend(&plan, 3);
        CHECK(room != NULL);
        if (!room) break;
        memset(room, (int)(i & 0xFF), 3);
        CHECK(dcm_plan_copy(&plan, i & 1, 7 * (uint64_t)i, 2, 0) == DCM_OK);
    }
    CHECK(plan.nsegments == 10000 && plan.nbytes == 25000 && plan.own_nbytes == 15000);
    for (uint32_t i = 0; i < 5000; i++)
        CHECK(plan.own[3 * i] == (i & 0xFF) && plan.own[3 * i + 2] == (i & 0xFF));
    dcm_plan_free(&plan);
}

static void what_cannot_be_counted_is_refused(void) {
    dcm_plan plan;
    dcm_plan_init(&plan);
    CHECK(dcm_plan_copy(&plan, 0, 0, UINT64_MAX - 1, 0) == DCM_OK);
    CHECK(dcm_plan_copy(&plan, 1, 0, 2, 0) == DCM_E_RANGE);
    CHECK(dcm_plan_extend(&plan, SIZE_MAX / 2) == NULL);
    CHECK(plan.nsegments == 1 && plan.nbytes == UINT64_MAX - 1);
    dcm_plan_free(&plan);
}

static void whole_numbers_are_swapped(void) {
    for (uint32_t unit = 2; unit <= 8; unit *= 2) {
        for (uint32_t n = 0; n < 40; n++) {
            uint8_t bytes[40], expected[40];
            for (uint32_t i = 0; i < n; i++)
                bytes[i] = expected[i] = (uint8_t)(i + 1);
            for (uint32_t i = 0; i + unit <= n; i += unit)
                for (uint32_t k = 0; k < unit; k++)
                    expected[i + k] = (uint8_t)(i + unit - k);
            dcm_swap_units(bytes, n, unit);
            CHECK(memcmp(bytes, expected, n) == 0);
        }
    }
    uint8_t bytes[] = {1, 2, 3, 4};
    dcm_swap_units(bytes, 4, 1);
    CHECK(bytes[0] == 1 && bytes[3] == 4);
}

int main(void) {
    neighbours_are_one_segment();
    it_grows();
    what_cannot_be_counted_is_refused();
    whole_numbers_are_swapped();
    return check_result();
}
