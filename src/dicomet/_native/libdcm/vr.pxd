# Mirror of csrc/vr.h.
from libc.stdint cimport uint16_t, uint32_t

cdef extern from "vr.h" nogil:
    enum:
        DCM_VR_NONE
        DCM_VR_AE
        DCM_VR_AS
        DCM_VR_AT
        DCM_VR_CS
        DCM_VR_DA
        DCM_VR_DS
        DCM_VR_DT
        DCM_VR_FD
        DCM_VR_FL
        DCM_VR_IS
        DCM_VR_LO
        DCM_VR_LT
        DCM_VR_OB
        DCM_VR_OD
        DCM_VR_OF
        DCM_VR_OL
        DCM_VR_OV
        DCM_VR_OW
        DCM_VR_PN
        DCM_VR_SH
        DCM_VR_SL
        DCM_VR_SQ
        DCM_VR_SS
        DCM_VR_ST
        DCM_VR_SV
        DCM_VR_TM
        DCM_VR_UC
        DCM_VR_UI
        DCM_VR_UL
        DCM_VR_UN
        DCM_VR_UR
        DCM_VR_US
        DCM_VR_UT
        DCM_VR_UV
        DCM_VR_XS
        DCM_VR_OX
        DCM_VR_XO
        DCM_VR_UO
    uint32_t dcm_vr_unit_nbytes(uint16_t vr)
