# Mirror of csrc/iods.h.
from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef extern from "iods.h" nogil:
    ctypedef enum dcm_attribute_type:
        DCM_TYPE_NONE
        DCM_TYPE_1
        DCM_TYPE_1C
        DCM_TYPE_2
        DCM_TYPE_2C
        DCM_TYPE_3
    ctypedef struct dcm_iod_attribute:
        uint32_t tag
        uint16_t items
        uint8_t type
        uint8_t conditional
    ctypedef struct dcm_iod_module:
        const char *name
        const char *clause
        uint16_t list
    ctypedef struct dcm_iod_use:
        uint16_t module
        char usage
    ctypedef struct dcm_iod:
        const char *name
        uint16_t first
        uint16_t end
    ctypedef struct dcm_sop_class:
        const char *uid
        uint16_t iod
    const char dcm_iod_edition[]
    const dcm_iod_attribute dcm_iod_attributes[]
    const uint16_t dcm_iod_lists[]
    const dcm_iod_module dcm_iod_modules[]
    const uint32_t dcm_iod_nmodules
    const dcm_iod_use dcm_iod_uses[]
    const dcm_iod dcm_iods[]
    const uint32_t dcm_niods
    const dcm_sop_class dcm_sop_classes[]
    const uint32_t dcm_nsop_classes
    const dcm_iod *dcm_iod_of_sop_class(const char *uid, size_t uid_nbytes)
    const dcm_iod *dcm_iod_find(const char *name, size_t name_nbytes)
    const dcm_iod_module *dcm_iod_module_find(const char *name, size_t name_nbytes)
    uint32_t dcm_iod_tag(uint32_t tag)
    const dcm_iod_attribute *dcm_iod_list_find(uint32_t list, uint32_t tag)
    dcm_attribute_type dcm_iod_attribute_type(const dcm_iod *iod, const uint32_t *path, size_t ntags)
