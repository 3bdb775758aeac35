/* One file of a bulk read: as much of it as its header takes, scanned. PS3.10 §7.1. */
#ifndef DCM_GATHER_FILE_H
#define DCM_GATHER_FILE_H

#include "gather.h"
#include "platform.h"
#include "scan.h"

/* A stretch of the file that was stepped over: it lies within one value. */
typedef struct dcm_gap {
    uint64_t start, end;
} dcm_gap;

#define DCM_MAX_NGAPS 16

/* What one worker keeps between files: no file costs an allocation once these have grown. */
typedef struct dcm_file_reader {
    dcm_scan_options options;
    const dcm_gather_hooks *hooks;
    uint32_t worker;
    uint8_t *buffer; /* the file from its start, gaps left out */
    uint64_t cap;
    uint64_t filled;      /* bytes before this offset are in the buffer, or in a gap */
    uint64_t head_nbytes; /* first read of the next file; 0: DCM_GATHER_HEAD_NBYTES */
    uint64_t longest;     /* of the last nlearnt files: where the scan ended */
    uint32_t nlearnt;
    dcm_gap gaps[DCM_MAX_NGAPS];
    uint32_t ngaps;
    bool want_time; /* file.mtime_ns is asked for */
    dcm_folder folder;
    dcm_file file; /* of the last open file; closed after the columns are read */
    bool opened;
    bool inflated; /* the buffer has the inflated body instead of the file's */
    const char *path;
    dcm_gathered status;
    int64_t status_offset; /* -1 if there is none */
    dcm_index index;
    dcm_scanner scanner;
} dcm_file_reader;

bool dcm_file_reader_init(dcm_file_reader *reader, const dcm_scan_options *options, bool want_time);
void dcm_file_reader_free(dcm_file_reader *reader);

/* Read and scan; afterwards status, file and index tell what there is. */
void dcm_file_reader_read(dcm_file_reader *reader, const char *path);

/* Have a stretch of the file in the buffer that may lie in a gap. */
bool dcm_file_reader_fill(dcm_file_reader *reader, uint64_t offset, uint64_t nbytes);

/* Close the file, forget it, and give back what only a huge file needed. */
void dcm_file_reader_end(dcm_file_reader *reader);

#endif
