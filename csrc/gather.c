/* Bulk reading: many files' headers to one record batch, on native threads. PS3.10 §7.1.
   Workers take chunks of files by an atomic counter and append to columns of their own: no lock and
   no allocation a file. The chunks are put in order once, when the batch is joined. */
#include "gather.h"

#include "gather_file.h"
#include "textmemo.h"

#include <stdlib.h>

#define CHUNK_NFILES 64u
#define POLL_NS 100000000u

const char *const dcm_gathered_names[DCM_GATHERED_COUNT] = {
    [DCM_GATHERED_OK] = "ok",
    [DCM_GATHERED_TRUNCATED] = "truncated",
    [DCM_GATHERED_NOT_DICOM] = "not_dicom",
    [DCM_GATHERED_NOT_FOUND] = "not_found",
    [DCM_GATHERED_NOT_PERMITTED] = "not_permitted",
    [DCM_GATHERED_NOT_REGULAR] = "not_regular",
    [DCM_GATHERED_IO_ERROR] = "io_error",
    [DCM_GATHERED_CHANGED] = "changed",
    [DCM_GATHERED_TOO_DEEP] = "too_deep",
    [DCM_GATHERED_TOO_MANY_ROWS] = "too_many_rows",
    [DCM_GATHERED_TOO_LONG] = "too_long",
    [DCM_GATHERED_NO_MEMORY] = "no_memory",
    [DCM_GATHERED_NOT_INFLATED] = "not_inflated",
};

typedef struct worker {
    dcm_file_reader reader;
    dcm_record record;
    dcm_textmemo memo;
    dcm_cells *cells; /* one a column */
    uint64_t nrows;
} worker;

struct dcm_gather {
    const dcm_column *columns;
    uint32_t ncolumns;
    uint32_t nworkers;
    worker **workers;
    atomic_bool cancelled;
    /* One run: */
    const char *const *paths;
    uint32_t npaths;
    const dcm_gather_hooks *hooks;
    dcm_run *runs; /* one a chunk */
    uint32_t nchunks;
    atomic_uint next_chunk;
};

static void free_worker(worker *w, uint32_t ncolumns) {
    if (!w) return;
    dcm_file_reader_free(&w->reader);
    if (w->cells)
        for (uint32_t c = 0; c < ncolumns; c++)
            dcm_cells_free(&w->cells[c]);
    free(w->cells);
    free(w->record.scratch);
    dcm_textmemo_free(&w->memo);
    free(w);
}

static bool fill_gap(void *context, uint64_t offset, uint64_t nbytes) {
    worker *w = context;
    return dcm_file_reader_fill(&w->reader, offset, nbytes);
}

static bool decode_text(void *context, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                        dcm_borrowed *utf8_out) {
    worker *w = context;
    const dcm_gather_hooks *hooks = w->reader.hooks;
    if (dcm_textmemo_find(&w->memo, text, vr, terms, utf8_out)) return true;
    if (!hooks->decode || !hooks->decode(hooks->context, w->reader.worker, text, vr, terms, utf8_out))
        return false;
    dcm_textmemo_keep(&w->memo, text, vr, terms, *utf8_out);
    return true;
}

static worker *new_worker(const dcm_gather *gather, const dcm_scan_options *options) {
    worker *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    w->cells = calloc(gather->ncolumns ? gather->ncolumns : 1, sizeof *w->cells);
    bool want_time = false;
    for (uint32_t c = 0; c < gather->ncolumns; c++)
        want_time |= gather->columns[c].source == DCM_COLUMN_MTIME;
    if (!dcm_file_reader_init(&w->reader, options, want_time) || !w->cells) {
        free_worker(w, 0);
        return NULL;
    }
    for (uint32_t c = 0; c < gather->ncolumns; c++)
        dcm_cells_init(&w->cells[c], gather->columns[c].type, gather->columns[c].list);
    w->record =
        (dcm_record){.index = &w->reader.index, .context = w, .fill = fill_gap, .decode = decode_text};
    return w;
}

dcm_gather *dcm_gather_new(const dcm_column *columns, uint32_t ncolumns, uint32_t nworkers) {
    dcm_gather *gather = calloc(1, sizeof *gather);
    if (!gather) return NULL;
    gather->columns = columns;
    gather->ncolumns = ncolumns;
    atomic_init(&gather->cancelled, false);

    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.stop_before_pixels = true;
    options.stop_tag = dcm_columns_stop_tag(columns, ncolumns);
    if (options.stop_tag == 0) options.stop_tag = 0x00030000; /* no element asked for: no data set read */
    options.lazy_nbytes = 1; /* nobody goes into the sequences of defined length, */
    for (uint32_t c = 0; c < ncolumns; c++)
        if (columns[c].nsteps > 1) options.lazy_nbytes = 0; /* unless a column does */

    gather->workers = calloc(nworkers ? nworkers : 1, sizeof *gather->workers);
    for (; gather->workers && gather->nworkers < (nworkers ? nworkers : 1); gather->nworkers++) {
        worker *w = new_worker(gather, &options);
        if (!w) break;
        w->reader.worker = gather->nworkers;
        gather->workers[gather->nworkers] = w;
    }
    if (gather->nworkers == 0) {
        dcm_gather_free(gather);
        return NULL;
    }
    return gather;
}

void dcm_gather_free(dcm_gather *gather) {
    if (!gather) return;
    for (uint32_t i = 0; i < gather->nworkers; i++)
        free_worker(gather->workers[i], gather->ncolumns);
    free(gather->workers);
    free(gather);
}

void dcm_gather_cancel(dcm_gather *gather) {
    atomic_store(&gather->cancelled, true);
}

bool dcm_gather_was_cancelled(dcm_gather *gather) {
    return atomic_load(&gather->cancelled);
}

static void put_string(dcm_cells *cells, const char *text) {
    if (*text)
        dcm_cells_put_text(cells, (const uint8_t *)text, strlen(text));
    else
        dcm_cells_put_null(cells);
}

static void put_if(dcm_cells *cells, bool known, int64_t value) {
    if (known)
        dcm_cells_put_int(cells, value);
    else
        dcm_cells_put_null(cells);
}

/* A path as UTF-8: of a path that is none, the bytes beyond ASCII are written \xNN. */
static void put_path(dcm_cells *cells, dcm_record *record, const char *path) {
    static const char hex[] = "0123456789abcdef";
    size_t n = strlen(path);
    if (dcm_is_utf8((const uint8_t *)path, n)) {
        put_string(cells, path);
        return;
    }
    if (record->scratch_cap < 4 * n) {
        uint8_t *p = n < SIZE_MAX / 4 ? realloc(record->scratch, 4 * n) : NULL;
        if (!p) {
            cells->failed = true;
            return;
        }
        record->scratch = p;
        record->scratch_cap = 4 * n;
    }
    uint8_t *to = record->scratch;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)path[i];
        if (c < 0x80) {
            *to++ = c;
            continue;
        }
        *to++ = '\\';
        *to++ = 'x';
        *to++ = (uint8_t)hex[c >> 4];
        *to++ = (uint8_t)hex[c & 15];
    }
    dcm_cells_put_text(cells, record->scratch, (size_t)(to - record->scratch));
}

static void emit_builtin(const dcm_column *column, worker *w, const char *path, dcm_cells *cells) {
    const dcm_file_reader *reader = &w->reader;
    switch (column->source) {
    case DCM_COLUMN_PATH:
        put_path(cells, &w->record, path);
        break;
    case DCM_COLUMN_TRANSFER_SYNTAX:
        /* A damaged one may hold anything. */
        if (dcm_is_utf8((const uint8_t *)reader->scanner.transfer_syntax,
                        strlen(reader->scanner.transfer_syntax)))
            put_string(cells, reader->scanner.transfer_syntax);
        else
            dcm_cells_put_null(cells);
        break;
    case DCM_COLUMN_STATUS:
        put_string(cells, dcm_gathered_names[reader->status]);
        break;
    case DCM_COLUMN_STATUS_OFFSET:
        put_if(cells, reader->status_offset >= 0, reader->status_offset);
        break;
    case DCM_COLUMN_SIZE:
        put_if(cells, reader->opened, (int64_t)reader->file.nbytes);
        break;
    case DCM_COLUMN_MTIME: {
        int64_t ns = reader->file.mtime_ns;
        put_if(cells, reader->opened, ns / 1000 - (ns % 1000 < 0)); /* rounded down */
        break;
    }
    default:
        dcm_cells_put_null(cells);
    }
}

static void gather_one(const dcm_gather *gather, worker *w, const char *path) {
    dcm_file_reader_read(&w->reader, path);
    w->record.bytes = w->reader.buffer;
    w->record.nbytes = w->reader.filled;
    const dcm_index *index = &w->reader.index;
    for (uint32_t c = 0; c < gather->ncolumns; c++) {
        const dcm_column *column = &gather->columns[c];
        if (column->source > DCM_COLUMN_META) {
            emit_builtin(column, w, path, &w->cells[c]);
            continue;
        }
        uint32_t row = index->nrows == 0 ? DCM_NO_ROW
                                         : dcm_column_find(column, index, w->record.bytes, w->record.nbytes);
        dcm_column_emit(column, &w->record, row, &w->cells[c]);
    }
    w->nrows++;
    dcm_file_reader_end(&w->reader);
}

static void work(void *context, uint32_t number) {
    dcm_gather *gather = context;
    worker *w = gather->workers[number];
    uint64_t polled_ns = number == 0 ? dcm_now_ns() : 0;
    for (;;) {
        uint32_t chunk = atomic_fetch_add_explicit(&gather->next_chunk, 1, memory_order_relaxed);
        if (chunk >= gather->nchunks) break;
        uint32_t first = chunk * CHUNK_NFILES, left = gather->npaths - first;
        uint32_t n = left < CHUNK_NFILES ? left : CHUNK_NFILES;
        gather->runs[chunk] = (dcm_run){w->cells, w->nrows, n};
        for (uint32_t i = 0; i < n; i++) {
            if (atomic_load_explicit(&gather->cancelled, memory_order_relaxed)) break;
            gather_one(gather, w, gather->paths[first + i]);
            if (number != 0 || !gather->hooks->interrupted || i % 8 != 7) continue;
            uint64_t now_ns = dcm_now_ns();
            if (now_ns - polled_ns < POLL_NS) continue;
            polled_ns = now_ns;
            if (gather->hooks->interrupted(gather->hooks->context)) dcm_gather_cancel(gather);
        }
    }
    dcm_folder_close(&w->reader.folder); /* an idle reader keeps no folder busy */
}

static bool any_failed(const dcm_gather *gather) {
    for (uint32_t i = 0; i < gather->nworkers; i++)
        for (uint32_t c = 0; c < gather->ncolumns; c++)
            if (gather->workers[i]->cells[c].failed) return true;
    return false;
}

dcm_batch *dcm_gather_run(dcm_gather *gather, const char *const *paths, uint32_t npaths,
                          const dcm_gather_hooks *hooks) {
    gather->paths = paths;
    gather->npaths = npaths;
    gather->hooks = hooks;
    gather->nchunks = npaths / CHUNK_NFILES + (npaths % CHUNK_NFILES != 0);
    gather->runs = malloc((gather->nchunks + 1) * sizeof *gather->runs);
    if (!gather->runs) return NULL;
    atomic_init(&gather->next_chunk, 0);
    for (uint32_t i = 0; i < gather->nworkers; i++) {
        worker *w = gather->workers[i];
        w->reader.hooks = hooks;
        w->nrows = 0;
        for (uint32_t c = 0; c < gather->ncolumns; c++)
            dcm_cells_clear(&w->cells[c]);
    }
    uint32_t nworkers = gather->nchunks < gather->nworkers ? gather->nchunks : gather->nworkers;
    if (nworkers > 0) dcm_run_workers(nworkers, work, gather);

    dcm_batch *batch = NULL;
    if (!dcm_gather_was_cancelled(gather) && !any_failed(gather))
        batch = dcm_batch_join(gather->runs, gather->nchunks, gather->ncolumns);
    free(gather->runs);
    gather->runs = NULL;
    return batch;
}
