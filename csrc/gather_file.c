/* One file of a bulk read: as much of it as its header takes, scanned. PS3.10 §7.1.
   Files are never mapped: page tables cost more than a copy of 16 KiB, and a file that shrinks
   under a map kills the process. */
#include "gather_file.h"

#include <stdlib.h>

#define GAP_NBYTES 65536u /* a shorter stretch is read rather than stepped over */
#define KEPT_BUFFER_NBYTES (UINT64_C(4) << 20)
#define KEPT_NROWS 65536u

bool dcm_file_reader_init(dcm_file_reader *r, const dcm_scan_options *options, bool want_time) {
    memset(r, 0, sizeof *r);
    r->options = *options;
    r->want_time = want_time;
    dcm_folder_init(&r->folder);
    dcm_index_init(&r->index);
    r->cap = 4 * DCM_GATHER_HEAD_NBYTES;
    r->buffer = malloc((size_t)r->cap);
    return r->buffer != NULL;
}

void dcm_file_reader_free(dcm_file_reader *r) {
    dcm_file_reader_end(r);
    dcm_folder_close(&r->folder);
    dcm_index_free(&r->index);
    free(r->buffer);
}

void dcm_file_reader_end(dcm_file_reader *r) {
    if (r->opened) dcm_file_close(&r->file);
    r->opened = false;
    if (r->cap > KEPT_BUFFER_NBYTES) {
        uint8_t *p = realloc(r->buffer, (size_t)KEPT_BUFFER_NBYTES);
        if (p) {
            r->buffer = p;
            r->cap = KEPT_BUFFER_NBYTES;
        }
    }
    if (r->index.rows_cap > KEPT_NROWS) dcm_index_free(&r->index);
}

static void fail(dcm_file_reader *r, dcm_gathered status, uint64_t offset) {
    r->status = status;
    r->status_offset = (int64_t)offset;
}

static bool reserve(dcm_file_reader *r, uint64_t nbytes) {
    if (nbytes <= r->cap) return true;
    uint64_t want = nbytes < SIZE_MAX / 2 ? nbytes + nbytes / 2 : nbytes;
    if (want > SIZE_MAX) return false;
    uint8_t *p = realloc(r->buffer, (size_t)want);
    if (!p) return false;
    r->buffer = p;
    r->cap = want;
    return true;
}

static void fail_to_open(dcm_file_reader *r, dcm_file_error error) {
    static const dcm_gathered statuses[] = {
        [DCM_FILE_NOT_FOUND] = DCM_GATHERED_NOT_FOUND,
        [DCM_FILE_NOT_PERMITTED] = DCM_GATHERED_NOT_PERMITTED,
        [DCM_FILE_NOT_REGULAR] = DCM_GATHERED_NOT_REGULAR,
        [DCM_FILE_FAILED] = DCM_GATHERED_IO_ERROR,
    };
    r->status = statuses[error];
    r->status_offset = -1;
    if (r->opened) dcm_file_close(&r->file);
    r->opened = false;
}

/* Reading failed or gave too little: is this a file at all? */
static bool is_regular(dcm_file_reader *r) {
    dcm_file_error error = dcm_file_check(&r->file);
    if (error != DCM_FILE_OK) fail_to_open(r, error);
    return error == DCM_FILE_OK;
}

/* Read on from `filled` to `end`, or to the end of the file. */
static bool read_to(dcm_file_reader *r, uint64_t end) {
    if (end > r->file.nbytes) end = r->file.nbytes;
    if (end <= r->filled) return true;
    if (!reserve(r, end)) {
        fail(r, DCM_GATHERED_NO_MEMORY, r->filled);
        return false;
    }
    size_t nread;
    if (!dcm_file_read_at(&r->file, r->filled, r->buffer + r->filled, (size_t)(end - r->filled), &nread)) {
        if (is_regular(r)) fail(r, DCM_GATHERED_IO_ERROR, r->filled);
        return false;
    }
    r->filled += nread;
    if (r->filled < end) {
        if (!is_regular(r)) return false;
        r->file.nbytes = r->filled;
        fail(r, DCM_GATHERED_CHANGED, r->filled);
    }
    return true;
}

bool dcm_file_reader_fill(dcm_file_reader *r, uint64_t offset, uint64_t nbytes) {
    for (uint32_t i = 0; i < r->ngaps; i++) {
        dcm_gap *gap = &r->gaps[i];
        if (gap->end <= offset || gap->start >= offset + nbytes) continue;
        size_t want = (size_t)(gap->end - gap->start), nread;
        if (!dcm_file_read_at(&r->file, gap->start, r->buffer + gap->start, want, &nread) || nread < want)
            return false;
        gap->start = gap->end; /* no gap any more */
    }
    return true;
}

/* The scanner wants bytes up to scanner.need: step over what it has stepped over, read what
 * follows. */
static bool read_on(dcm_file_reader *r, uint64_t *step) {
    uint64_t next = r->scanner.pos;
    if (next > r->filled && next - r->filled >= GAP_NBYTES && next < r->file.nbytes &&
        r->ngaps < DCM_MAX_NGAPS) {
        r->gaps[r->ngaps++] = (dcm_gap){r->filled, next};
        r->filled = next;
    }
    uint64_t end = r->filled + *step;
    if (r->scanner.need > end) end = r->scanner.need;
    if (end > r->file.nbytes) end = r->file.nbytes;
    *step *= 2;
    uint64_t skipped = 0;
    for (uint32_t i = 0; i < r->ngaps; i++)
        skipped += r->gaps[i].end - r->gaps[i].start;
    if (end - skipped > DCM_GATHER_MAX_NBYTES) {
        fail(r, DCM_GATHERED_TOO_LONG, r->scanner.pos);
        return false;
    }
    return read_to(r, end);
}

/* The body inflated, from its start each time: so nothing is kept, and a bomb is never unpacked
   beyond what the header needs. */
static bool inflate_on(dcm_file_reader *r, uint64_t body_offset, uint64_t want, bool *eof) {
    if (want > DCM_GATHER_MAX_NBYTES) {
        fail(r, DCM_GATHERED_TOO_LONG, body_offset);
        return false;
    }
    dcm_borrowed body;
    const dcm_gather_hooks *hooks = r->hooks;
    if (!hooks->inflate ||
        !hooks->inflate(hooks->context, r->worker, r->path, body_offset, want, &body, eof)) {
        fail(r, DCM_GATHERED_NOT_INFLATED, body_offset);
        return false;
    }
    if (!reserve(r, body_offset + body.nbytes)) {
        fail(r, DCM_GATHERED_NO_MEMORY, body_offset);
        return false;
    }
    memcpy(r->buffer + body_offset, body.p, (size_t)body.nbytes);
    r->filled = body_offset + body.nbytes;
    return true;
}

static void take_status(dcm_file_reader *r, dcm_status status) {
    if (r->status != DCM_GATHERED_OK) return;
    switch (status) {
    case DCM_OK:
        break;
    case DCM_E_NOT_DICOM:
        fail(r, DCM_GATHERED_NOT_DICOM, 0);
        return;
    case DCM_E_TOO_DEEP:
        fail(r, DCM_GATHERED_TOO_DEEP, r->scanner.pos);
        return;
    case DCM_E_TOO_MANY_ROWS:
        fail(r, DCM_GATHERED_TOO_MANY_ROWS, r->scanner.pos);
        return;
    default:
        fail(r, DCM_GATHERED_NO_MEMORY, r->scanner.pos);
        return;
    }
    for (uint32_t i = 0; i < r->index.nfindings; i++) {
        if (r->index.findings[i].code != DCM_F_TRUNCATED) continue;
        fail(r, DCM_GATHERED_TRUNCATED, r->index.findings[i].offset);
        return;
    }
}

static void scan(dcm_file_reader *r) {
    dcm_scanner *scanner = &r->scanner;
    uint64_t step = 4 * DCM_GATHER_HEAD_NBYTES;
    bool eof = false;
    dcm_scan_init(scanner, &r->options, r->file.nbytes);
    for (;;) {
        bool at_end = r->inflated ? eof : r->filled >= r->file.nbytes;
        dcm_status status = dcm_scan_run(scanner, r->buffer, r->filled, at_end, &r->index);
        if (status == DCM_DEFLATED || (status == DCM_NEED_MORE && r->inflated)) {
            if (!r->inflated) dcm_scan_set_inflated(scanner, UINT64_MAX);
            r->inflated = true;
            uint64_t want = status == DCM_DEFLATED ? step : scanner->need - scanner->body_offset;
            if (want < step) want = step;
            step *= 2;
            if (!inflate_on(r, scanner->body_offset, want, &eof)) return;
        } else if (status == DCM_NEED_MORE) {
            if (!read_on(r, &step)) return;
        } else {
            take_status(r, status);
            return;
        }
    }
}

/* How much the next files are likely to want: what the longest of the last ones did. Files of one archive are
   alike, and copying bytes that nobody looks at is a good part of a read. */
static void learn_head(dcm_file_reader *r) {
    const uint64_t page = 4096;
    if (r->scanner.pos > r->longest) r->longest = r->scanner.pos;
    if (++r->nlearnt < 32) return;
    uint64_t want = (r->longest / page + 1) * page;
    r->head_nbytes = want < DCM_GATHER_HEAD_NBYTES ? want : DCM_GATHER_HEAD_NBYTES;
    r->longest = 0;
    r->nlearnt = 0;
}

void dcm_file_reader_read(dcm_file_reader *r, const char *path) {
    dcm_index_clear(&r->index);
    r->path = path;
    r->status = DCM_GATHERED_OK;
    r->status_offset = -1;
    r->filled = r->ngaps = 0;
    r->inflated = false;
    r->scanner.transfer_syntax[0] = 0;
    dcm_file_error error = dcm_file_open_in(&r->folder, path, &r->file);
    if (error != DCM_FILE_OK) {
        fail_to_open(r, error);
        return;
    }
    r->opened = true;
    if (r->want_time && (error = dcm_file_check(&r->file)) != DCM_FILE_OK) {
        fail_to_open(r, error);
        return;
    }
    if (!read_to(r, r->head_nbytes ? r->head_nbytes : DCM_GATHER_HEAD_NBYTES)) return;
    scan(r);
    learn_head(r);
    if (dcm_index_freeze(&r->index) != DCM_OK) fail(r, DCM_GATHERED_NO_MEMORY, 0);
}
