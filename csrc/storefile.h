/* A received data set to a file below a folder, where nothing is out of the ordinary. PS3.4 Annex B; PS3.10
   §7.1.

   Whatever is unusual (names with odd characters, other text than ASCII, UIDs that are not those of the
   command, no room, a data set that is not whole) is left to the caller: nothing was done then. A long data
   set may be begun when its first bytes are there: what comes behind them goes to the file by itself. The
   scanner goes over them as they are there, and at the end over headers that came later: a value that is the
   last one is not read again. */
#ifndef DCM_STOREFILE_H
#define DCM_STOREFILE_H

#include "outfile.h"
#include "scan.h"

#define DCM_STORE_MAX_PATH 4096u

/* A piece of the path below the folder: text, or the value of an element at top level. */
typedef struct dcm_store_piece {
    uint32_t tag; /* 0: text */
    const char *text;
} dcm_store_piece;

/* Where files go. */
typedef struct dcm_store_place {
    const char *folder;
    const dcm_store_piece *pieces;
    uint32_t npieces;
    bool sync; /* files and their folders are brought to disk */
} dcm_store_place;

typedef struct dcm_store_request {
    const dcm_store_place *place;
    const char *sop_class, *sop_instance; /* of the command, NUL-terminated: the data set must have them */
    const uint8_t *meta;                  /* File Meta Information from (0002,0010) on */
    uint64_t meta_nbytes;
    dcm_encoding encoding;
    const uint8_t *data; /* as much of it as is there */
    uint64_t data_nbytes;
    bool is_whole;
} dcm_store_request;

/* A file that is being stored, and what is kept from one to the next. */
typedef struct dcm_storing {
    dcm_scanner scanner;
    dcm_index index;
    dcm_scanner all; /* over the whole data set, as far as it is known */
    dcm_index found;
    uint64_t head_nbytes; /* of the file, before its data set */
    dcm_replacement file;
    char path[DCM_STORE_MAX_PATH]; /* that it gets, or the last one got */
} dcm_storing;

void dcm_storing_open(dcm_storing *storing);
void dcm_storing_close(dcm_storing *storing); /* takes a file away that was not finished */

/* Begin a file, and write what is there. False: something is unusual, and nothing was begun. */
bool dcm_store_begin(dcm_storing *storing, const dcm_store_request *request);

/* Whether the data set, of which so many bytes came in all, was read to its end without anything missing. */
bool dcm_store_is_whole(dcm_storing *storing, uint64_t data_nbytes);

/* Give it its name, in place of one that is there. False: it could not be, and the file is gone. */
bool dcm_store_commit(dcm_storing *storing, bool sync);

#endif
