# Mirror of csrc/dict.h: the data dictionary, the UID registry, private elements.
from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from "dict.h" nogil:
    ctypedef struct dcm_dict_entry:
        uint32_t tag
        uint32_t keyword
        uint32_t name
        uint16_t vr
        uint8_t vm
        uint8_t retired

    ctypedef struct dcm_uid_entry:
        uint32_t uid
        uint32_t keyword
        uint32_t name
        uint32_t type
        uint8_t retired

    ctypedef struct dcm_private_entry:
        uint32_t creator
        uint32_t name
        uint16_t group
        uint8_t element
        uint8_t vm
        uint16_t vr

    const char dcm_dict_text[]
    const char *const dcm_dict_vms[]
    const char dcm_dict_edition[]

    const dcm_dict_entry *dcm_dict_find(uint32_t tag) noexcept
    uint32_t dcm_dict_mask(const dcm_dict_entry *entry) noexcept
    uint16_t dcm_dict_vr(uint32_t tag) noexcept
    const dcm_dict_entry *dcm_dict_find_keyword(const char *keyword, size_t keyword_nbytes) noexcept
    const dcm_uid_entry *dcm_uid_find(const char *uid, size_t uid_nbytes) noexcept
    const dcm_uid_entry *dcm_uid_find_keyword(const char *keyword, size_t keyword_nbytes) noexcept
    const dcm_private_entry *dcm_private_find(const char *creator, size_t creator_nbytes,
                                              uint32_t tag) noexcept

    const dcm_dict_entry dcm_dict_entries[]
    const uint32_t dcm_dict_nentries
    const dcm_uid_entry dcm_uid_entries[]
    const uint32_t dcm_uid_nentries
