/* Columns of a bulk read: which element, by which path, as which type. PS3.5 §7.5, §7.8. */
#ifndef DCM_PATHCOL_H
#define DCM_PATHCOL_H

#include "cells.h"
#include "index.h"

#define DCM_COLUMN_MAX_NSTEPS 16

typedef enum dcm_column_source {
    DCM_COLUMN_ELEMENT,         /* of the data set */
    DCM_COLUMN_META,            /* of the File Meta Information */
    DCM_COLUMN_PATH,            /* as it was given; bytes that are not UTF-8 become \xNN */
    DCM_COLUMN_SIZE,            /* of the file in bytes */
    DCM_COLUMN_MTIME,           /* last modification, UTC */
    DCM_COLUMN_TRANSFER_SYNTAX, /* UID */
    DCM_COLUMN_STATUS,          /* "ok" or why not */
    DCM_COLUMN_STATUS_OFFSET,   /* byte where the file went wrong */
} dcm_column_source;

typedef struct dcm_column_step {
    uint32_t tag;        /* 0xGGGGEEEE; of a private element only its group and low byte count */
    uint32_t item;       /* of a sequence: which item to go into, from 0 */
    const char *creator; /* private creator without padding; NULL for a standard element */
    uint32_t creator_nbytes;
} dcm_column_step;

typedef struct dcm_column {
    const char *name;
    dcm_column_source source;
    dcm_cell_type type;
    bool list;
    uint16_t vr;     /* by the dictionary, for elements that the file gives as UN; DCM_VR_UN if unknown */
    uint32_t nsteps; /* sequences, then the element itself */
    dcm_column_step steps[DCM_COLUMN_MAX_NSTEPS];
} dcm_column;

/* Row of the column's element; DCM_NO_ROW if the source has none. `bytes` are the source from its
 * start. */
uint32_t dcm_column_find(const dcm_column *column, const dcm_index *index, const uint8_t *bytes,
                         uint64_t nbytes);

/* First top-level tag behind everything that the columns ask for; 0 if they ask for no element. */
uint32_t dcm_columns_stop_tag(const dcm_column *columns, uint32_t ncolumns);

#endif
