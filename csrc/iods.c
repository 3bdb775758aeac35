/* Look-ups in the tables of IODs, modules and attributes. PS3.3; PS3.5 §7.4. */
#include "iods.h"

static int compare(const char *text, const char *key, size_t key_nbytes) {
    const size_t nbytes = strlen(text);
    const int order = memcmp(text, key, nbytes < key_nbytes ? nbytes : key_nbytes);
    return order ? order : (nbytes > key_nbytes) - (nbytes < key_nbytes);
}

const dcm_iod *dcm_iod_of_sop_class(const char *uid, size_t uid_nbytes) {
    uint32_t low = 0, high = dcm_nsop_classes;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = compare(dcm_sop_classes[middle].uid, uid, uid_nbytes);
        if (order == 0) return &dcm_iods[dcm_sop_classes[middle].iod];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const dcm_iod *dcm_iod_find(const char *name, size_t name_nbytes) {
    for (uint32_t i = 0; i < dcm_niods; i++)
        if (compare(dcm_iods[i].name, name, name_nbytes) == 0) return &dcm_iods[i];
    return NULL;
}

const dcm_iod_module *dcm_iod_module_find(const char *name, size_t name_nbytes) {
    for (uint32_t i = 0; i < dcm_iod_nmodules; i++)
        if (compare(dcm_iod_modules[i].name, name, name_nbytes) == 0) return &dcm_iod_modules[i];
    return NULL;
}

const dcm_iod_attribute *dcm_iod_list_find(uint32_t list, uint32_t tag) {
    uint32_t low = dcm_iod_lists[list], high = dcm_iod_lists[list + 1];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint32_t found = dcm_iod_attributes[middle].tag;
        if (found == tag) return &dcm_iod_attributes[middle];
        if (found < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static dcm_attribute_type type_in_list(uint32_t list, const uint32_t *path, size_t ntags) {
    for (size_t i = 0; i < ntags; i++) {
        const dcm_iod_attribute *found = dcm_iod_list_find(list, dcm_iod_tag(path[i]));
        if (!found) return DCM_TYPE_NONE;
        if (i + 1 == ntags) return (dcm_attribute_type)found->type;
        list = found->items;
    }
    return DCM_TYPE_NONE;
}

dcm_attribute_type dcm_iod_attribute_type(const dcm_iod *iod, const uint32_t *path, size_t ntags) {
    dcm_attribute_type strictest = DCM_TYPE_NONE;
    const uint32_t n = iod ? (uint32_t)(iod->end - iod->first) : dcm_iod_nmodules;
    for (uint32_t i = 0; i < n && strictest != DCM_TYPE_1; i++) {
        const uint32_t module = iod ? dcm_iod_uses[iod->first + i].module : i;
        const dcm_attribute_type type = type_in_list(dcm_iod_modules[module].list, path, ntags);
        if (type != DCM_TYPE_NONE && (strictest == DCM_TYPE_NONE || type < strictest)) strictest = type;
    }
    return strictest;
}
