from libc.stdint cimport uint8_t, uint16_t, uint64_t


# What a decoded value still wants from the facade; see values.pyi.
cpdef enum:
    PLAIN = 0
    LIST = 1
    PERSON_NAME = 2
    PERSON_NAME_LIST = 3
    UID = 4
    UID_LIST = 5
    TAG = 6
    TAG_LIST = 7
    CHARSET = 8
    SEQUENCE = 9
    UNRESOLVED = 10
    PENDING = 11
    MISSING = 12


cdef object decode(const uint8_t *p, uint64_t nbytes, uint16_t vr, bint big, int *kind)
cdef object finish(int kind, object value)
cdef object vr_text(uint16_t vr)
cdef uint16_t vr_of_text(str text) except? 0
