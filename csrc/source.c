/* Where the bytes of a data set lie: memory, or a file whose beginning is read and whose rest is mapped. */
#include "source.h"

#include "guard.h"

#include <stdlib.h>

/* One read of this size holds the header of nearly every image. */
#define FIRST_NBYTES (16u << 10)
void dcm_source_init(dcm_source *source) {
    *source = (dcm_source){0};
}

void dcm_source_settle(dcm_source *source, uint64_t keep_nbytes) {
    if (!source->file_open) return;
    dcm_file_close(&source->file);
    source->file_open = false;
    if (!source->mapping.bytes || keep_nbytes == 0 || keep_nbytes >= source->head_nbytes) return;
    uint8_t *head = realloc(source->head, (size_t)keep_nbytes);
    if (!head) return;
    source->head = head;
    source->head_nbytes = keep_nbytes;
}

void dcm_source_free(dcm_source *source) {
    if (source->file_open) dcm_file_close(&source->file);
    dcm_unmap(&source->mapping);
    if (!source->borrowed) free(source->head);
    dcm_source_init(source);
}

void dcm_source_borrow(dcm_source *source, const uint8_t *bytes, uint64_t nbytes) {
    dcm_source_init(source);
    source->head = (uint8_t *)(uintptr_t)bytes;
    source->head_nbytes = source->nbytes = nbytes;
    source->borrowed = true;
}

/* Read on until the head is `want` bytes long; a file that became shorter makes the source shorter. */
static dcm_status extend(dcm_source *source, uint64_t want) {
    if (want > source->nbytes) want = source->nbytes;
    if (want > SIZE_MAX) return DCM_E_NO_MEMORY;
    if (want <= source->head_nbytes) return DCM_OK;
    uint8_t *head = realloc(source->head, (size_t)want);
    if (!head) return DCM_E_NO_MEMORY;
    dcm_wish_large_pages(head, (size_t)want);
    source->head = head;
    size_t n = 0;
    size_t left = (size_t)(want - source->head_nbytes);
    if (!dcm_file_read_at(&source->file, source->head_nbytes, head + source->head_nbytes, left, &n))
        return DCM_E_IO;
    source->head_nbytes += n;
    if (n < left) {
        source->nbytes = source->head_nbytes;
        dcm_unmap(&source->mapping);
    }
    return DCM_OK;
}

dcm_status dcm_source_open(dcm_source *source, const char *path, dcm_source_mode mode,
                           dcm_file_error *error) {
    dcm_source_init(source);
    *error = dcm_file_open(path, &source->file);
    if (*error != DCM_FILE_OK) return DCM_E_IO;
    source->file_open = true;
    source->nbytes = source->file.nbytes;
    source->mtime_ns = source->file.mtime_ns;
    bool whole = mode == DCM_SOURCE_READ || source->nbytes <= FIRST_NBYTES;
    if (!whole) whole = !dcm_map(&source->file, &source->mapping);
    dcm_status status = extend(source, whole ? source->nbytes : FIRST_NBYTES);
    if (status != DCM_OK) dcm_source_free(source);
    return status;
}

struct scan {
    dcm_scanner *scanner;
    dcm_index *index;
    const uint8_t *bytes;
    uint64_t nbytes;
    dcm_status status;
};

static void scan_all(void *context) {
    struct scan *scan = context;
    scan->status = dcm_scan_run(scan->scanner, scan->bytes, scan->nbytes, true, scan->index);
}

dcm_status dcm_source_scan(dcm_source *source, dcm_scanner *scanner, dcm_index *index) {
    bool all = source->head_nbytes == source->nbytes;
    dcm_status status = dcm_scan_run(scanner, source->head, source->head_nbytes, all, index);
    if (status != DCM_NEED_MORE) return status;
    if (!source->mapping.bytes) return DCM_E_RANGE;
    struct scan scan = {scanner, index, source->mapping.bytes, source->nbytes, DCM_OK};
    return dcm_guarded(scan_all, &scan) ? scan.status : DCM_E_CHANGED;
}

const uint8_t *dcm_source_held(const dcm_source *source, uint64_t offset, uint64_t nbytes) {
    if (offset > source->head_nbytes || nbytes > source->head_nbytes - offset) return NULL;
    return source->head + offset;
}

dcm_status dcm_source_copy(const dcm_source *source, uint64_t offset, uint64_t nbytes, uint8_t *out) {
    if (offset > source->nbytes || nbytes > source->nbytes - offset) return DCM_E_RANGE;
    const uint8_t *held = dcm_source_held(source, offset, nbytes);
    if (held) {
        memcpy(out, held, (size_t)nbytes);
        return DCM_OK;
    }
    if (!source->mapping.bytes) return DCM_E_RANGE;
    bool whole = dcm_guarded_copy(out, source->mapping.bytes + offset, (size_t)nbytes);
    return whole ? DCM_OK : DCM_E_CHANGED;
}

dcm_status dcm_source_at(const dcm_source *source, const char *path, uint64_t offset, uint64_t nbytes,
                         const uint8_t **out) {
    if (offset > source->nbytes || nbytes > source->nbytes - offset) return DCM_E_RANGE;
    *out = dcm_source_held(source, offset, nbytes);
    if (*out) return DCM_OK;
    if (!source->mapping.bytes) return DCM_E_RANGE;
    if (path && !dcm_mapping_is_whole(&source->mapping, path)) return DCM_E_CHANGED;
    *out = source->mapping.bytes + offset;
    return DCM_OK;
}
