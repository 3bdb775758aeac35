/* A received data set to a file below a folder. PS3.4 Annex B; PS3.10 §7.1. */
#include "storefile.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "outfile.h"

#define SOP_CLASS 0x00080016u
#define SOP_INSTANCE 0x00080018u
#define MAX_NAME_NBYTES 100u

/* The value of an element at top level, without padding. NULL if there is none. */
static const char *value_of(const dcm_store_scratch *s, const dcm_store_request *r, uint32_t tag,
                            uint64_t *nbytes) {
    const uint32_t row = dcm_index_find(&s->index, DCM_NO_ROW, tag);
    if (row == DCM_NO_ROW) return NULL;
    const dcm_element *const e = &s->index.rows[row];
    if (e->offset > r->data_nbytes || e->length > r->data_nbytes - e->offset) return NULL;
    const char *const p = (const char *)r->data + e->offset;
    uint64_t n = e->length;
    while (n && (p[n - 1] == ' ' || p[n - 1] == 0))
        n--;
    *nbytes = n;
    return p;
}

static bool is_value(const dcm_store_scratch *s, const dcm_store_request *r, uint32_t tag,
                     const char *wanted) {
    uint64_t n;
    const char *const p = value_of(s, r, tag, &n);
    return p && n == strlen(wanted) && memcmp(p, wanted, n) == 0;
}

static bool is_plain(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Append a text that leads nowhere else: letters, digits and little more, and no dot at its start. */
static bool append_name(char **at, const char *end, const char *p, uint64_t n) {
    if (n == 0 || n > MAX_NAME_NBYTES || n > (uint64_t)(end - *at) || !is_plain(p[0])) return false;
    for (uint64_t i = 1; i < n; i++)
        if (!is_plain(p[i]) && p[i] != '.') return false;
    memcpy(*at, p, n);
    *at += n;
    return true;
}

static bool append(char **at, const char *end, const char *text) {
    const size_t n = strlen(text);
    if (n > (size_t)(end - *at)) return false;
    memcpy(*at, text, n);
    *at += n;
    return true;
}

static bool make_path(dcm_store_scratch *s, const dcm_store_request *r) {
    char *at = s->path;
    const char *const end = s->path + sizeof s->path - 1;
    if (!append(&at, end, r->folder) || !append(&at, end, "/")) return false;
    for (uint32_t i = 0; i < r->npieces; i++) {
        const dcm_store_piece *const piece = &r->pieces[i];
        uint64_t n = 0;
        const char *const p = piece->tag ? value_of(s, r, piece->tag, &n) : NULL;
        if (piece->tag ? !p || !append_name(&at, end, p, n) : !append(&at, end, piece->text)) return false;
    }
    *at = 0;
    return true;
}

/* The folders above a file, below the folder that is there. */
static bool make_folders(dcm_store_scratch *s, const dcm_store_request *r) {
    for (char *at = s->path + strlen(r->folder) + 1; (at = strchr(at, '/')); at++) {
        *at = 0;
        const bool made = mkdir(s->path, 0777) == 0 || errno == EEXIST;
        *at = '/';
        if (!made) return false;
    }
    return true;
}

static bool write_all(int fd, struct iovec *v, int n) {
    while (n) {
        ssize_t done = writev(fd, v, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        while (n && (size_t)done >= v->iov_len)
            done -= (ssize_t)v->iov_len, v++, n--;
        if (n) v->iov_base = (uint8_t *)v->iov_base + done, v->iov_len -= (size_t)done;
    }
    return true;
}

bool dcm_store_file(dcm_store_scratch *s, const dcm_store_request *r) {
    dcm_scan_options options;
    uint32_t last = SOP_INSTANCE;
    for (uint32_t i = 0; i < r->npieces; i++)
        if (r->pieces[i].tag > last) last = r->pieces[i].tag;
    dcm_scan_options_init(&options);
    options.stop_tag = last + 1;
    dcm_index_clear(&s->index);
    dcm_scan_init_range(&s->scanner, &options, 0, r->data_nbytes, r->encoding, false);
    if (dcm_scan_run(&s->scanner, r->data, r->data_nbytes, true, &s->index) != DCM_OK ||
        dcm_index_freeze(&s->index) != DCM_OK || s->index.nfindings)
        return false;
    if (!is_value(s, r, SOP_CLASS, r->sop_class) || !is_value(s, r, SOP_INSTANCE, r->sop_instance))
        return false;
    if (!make_path(s, r)) return false;
    dcm_replacement file;
    if (dcm_replace_begin(&file, s->path) != DCM_OK &&
        (errno != ENOENT || !make_folders(s, r) || dcm_replace_begin(&file, s->path) != DCM_OK))
        return false;
    struct iovec v[2] = {{(void *)(uintptr_t)r->head, r->head_nbytes},
                         {(void *)(uintptr_t)r->data, r->data_nbytes}};
    if (!write_all(file.fd, v, 2)) {
        dcm_replace_abandon(&file);
        return false;
    }
    return dcm_replace_commit(&file, r->sync) == DCM_OK;
}
