/* The tables of IODs: in order, within bounds, and found. PS3.3; PS3.5 §7.4. */
#include "check.h"
#include "dict.h"
#include "iods.h"
#include "terms.h"
#include "vr.h"

#define CT "1.2.840.10008.5.1.4.1.1.2"

static void tables_are_in_order(void) {
    uint32_t nlists = 0;
    for (uint32_t i = 0; i < dcm_iod_nmodules; i++)
        if (dcm_iod_modules[i].list > nlists) nlists = dcm_iod_modules[i].list;
    for (uint32_t list = 0; list <= nlists; list++) {
        CHECK(dcm_iod_lists[list] <= dcm_iod_lists[list + 1]);
        for (uint32_t i = dcm_iod_lists[list]; i < dcm_iod_lists[list + 1]; i++) {
            const dcm_iod_attribute *a = &dcm_iod_attributes[i];
            if (i > dcm_iod_lists[list]) CHECK(a[-1].tag < a->tag);
            CHECK(a->items <= nlists && a->type >= DCM_TYPE_1 && a->type <= DCM_TYPE_3);
            CHECK(dcm_dict_find(a->tag) != NULL);
            if (a->items) CHECK(dcm_dict_vr(a->tag) == DCM_VR_SQ);
            CHECK(dcm_iod_list_find(list, a->tag) == a);
        }
    }
    for (uint32_t i = 1; i < dcm_nsop_classes; i++)
        CHECK(strcmp(dcm_sop_classes[i - 1].uid, dcm_sop_classes[i].uid) < 0);
    for (uint32_t i = 1; i < dcm_nconditions; i++)
        CHECK(dcm_conditions[i - 1].tag <= dcm_conditions[i].tag);
    for (uint32_t i = 1; i < dcm_nenumerated_values; i++)
        CHECK(dcm_enumerated_values[i - 1].tag <= dcm_enumerated_values[i].tag);
}

static void every_name_is_found(void) {
    for (uint32_t i = 0; i < dcm_nsop_classes; i++) {
        const char *uid = dcm_sop_classes[i].uid;
        CHECK(dcm_iod_of_sop_class(uid, strlen(uid)) == &dcm_iods[dcm_sop_classes[i].iod]);
        CHECK(dcm_iod_of_sop_class(uid, strlen(uid) - 1) != &dcm_iods[dcm_sop_classes[i].iod]);
    }
    for (uint32_t i = 0; i < dcm_niods; i++)
        CHECK(dcm_iod_find(dcm_iods[i].name, strlen(dcm_iods[i].name)) == &dcm_iods[i]);
    CHECK(dcm_iod_of_sop_class("", 0) == NULL);
    CHECK(dcm_iod_of_sop_class("1.2\0 3", 6) == NULL);
    CHECK(dcm_iod_module_find("no-module", 9) == NULL);
}

static void types_are_the_strictest(void) {
    const dcm_iod *ct = dcm_iod_of_sop_class(CT, strlen(CT));
    const uint32_t instance[] = {0x00081140, 0x00081155}, nowhere[] = {0x00100010, 0x00100010};
    const uint32_t name = 0x00100010, uid = 0x0020000D, overlay = 0x60020010, private = 0x00091001;
    CHECK(dcm_iod_attribute_type(ct, &name, 1) == DCM_TYPE_2);
    CHECK(dcm_iod_attribute_type(ct, &uid, 1) == DCM_TYPE_1);
    CHECK(dcm_iod_attribute_type(ct, instance, 2) == DCM_TYPE_1);
    CHECK(dcm_iod_attribute_type(ct, nowhere, 2) == DCM_TYPE_NONE);
    CHECK(dcm_iod_attribute_type(ct, &overlay, 1) == DCM_TYPE_1);
    CHECK(dcm_iod_attribute_type(ct, &private, 1) == DCM_TYPE_NONE);
    CHECK(dcm_iod_attribute_type(NULL, &uid, 1) == DCM_TYPE_1);
    CHECK(dcm_iod_attribute_type(ct, NULL, 0) == DCM_TYPE_NONE);
    uint32_t content[100]; /* content items hold content items */
    for (int i = 0; i < 100; i++)
        content[i] = i < 99 ? 0x0040A730 : 0x0040A040;
    const char sr[] = "1.2.840.10008.5.1.4.1.1.88.33";
    CHECK(dcm_iod_attribute_type(dcm_iod_of_sop_class(sr, sizeof sr - 1), content, 100) == DCM_TYPE_1C);
}

static void terms_are_compared_without_padding(void) {
    CHECK(dcm_term_is_one_of("A|BC|D", (const uint8_t *)" BC ", 4));
    CHECK(!dcm_term_is_one_of("A|BC|D", (const uint8_t *)"B", 1));
    CHECK(!dcm_term_is_one_of("A|BC|D", (const uint8_t *)"BC|D", 4));
    CHECK(dcm_terms_check(0x00080008, DCM_VR_CS, (const uint8_t *)"ORIGINAL\\OTHER\\X", 16, false) == 2);
    CHECK(dcm_terms_check(0x00080008, DCM_VR_CS, (const uint8_t *)"ORIGINAL\\PRIMARY\\", 17, false) == 0);
    CHECK(dcm_terms_check(0x00280103, DCM_VR_US, (const uint8_t *)"\0\2", 2, true) == 1);
    CHECK(dcm_terms_check(0x00280103, DCM_VR_US, (const uint8_t *)"\1\0", 2, false) == 0);
    CHECK(dcm_terms_check(0x00100010, DCM_VR_PN, (const uint8_t *)"X", 1, false) == 0);
}

int main(void) {
    tables_are_in_order();
    every_name_is_found();
    types_are_the_strictest();
    terms_are_compared_without_padding();
    return check_result();
}
