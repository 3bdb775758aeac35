/* A received data set to a file below a folder, where nothing is out of the ordinary. PS3.4 Annex B; PS3.10
   §7.1.

   Whatever is unusual (names with odd characters, other text than ASCII, UIDs that are not those of the
   command, no room) is left to the caller: nothing was done then. */
#ifndef DCM_STOREFILE_H
#define DCM_STOREFILE_H

#include "scan.h"

#define DCM_STORE_MAX_PATH 4096u

/* A piece of the path below the folder: text, or the value of an element at top level. */
typedef struct dcm_store_piece {
    uint32_t tag; /* 0: text */
    const char *text;
} dcm_store_piece;

typedef struct dcm_store_request {
    const char *folder;
    const dcm_store_piece *pieces;
    uint32_t npieces;
    const uint8_t *head; /* preamble to File Meta Information */
    uint64_t head_nbytes;
    const uint8_t *data;
    uint64_t data_nbytes;
    dcm_encoding encoding;
    const char *sop_class, *sop_instance; /* of the command: the data set must have them */
    bool sync;
} dcm_store_request;

/* What is kept from one to the next. */
typedef struct dcm_store_scratch {
    dcm_scanner scanner;
    dcm_index index;
    char path[DCM_STORE_MAX_PATH]; /* of the file that was stored last */
} dcm_store_scratch;

/* Write the file, and give it its name, in place of one that is there. True: it is stored, at scratch->path.
   False: it is not, and no temporary file is left. */
bool dcm_store_file(dcm_store_scratch *scratch, const dcm_store_request *request);

#endif
