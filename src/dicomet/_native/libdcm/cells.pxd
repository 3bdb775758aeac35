# Mirror of csrc/cells.h, as far as Python needs it.
cdef extern from "cells.h" nogil:
    ctypedef enum dcm_cell_type:
        DCM_CELL_TEXT
        DCM_CELL_INT
        DCM_CELL_FLOAT
        DCM_CELL_TIME
