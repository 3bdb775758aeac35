/* A received data set to a file below a folder. PS3.4 Annex B; PS3.10 §7.1. */
#include "storefile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "filehead.h"

#define SOP_CLASS 0x00080016u
#define SOP_INSTANCE 0x00080018u
#define MAX_NAME_NBYTES 100u
#define MAX_HEAD_NBYTES 4096u
#define MAX_ROWS (UINT64_C(1) << 17) /* 4 MiB of them; who has more elements is the caller's */

/* The value of an element at top level, without padding. NULL if there is none. */
static const char *value_of(const dcm_storing *s, const dcm_store_request *r, uint32_t tag,
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

static bool is_value(const dcm_storing *s, const dcm_store_request *r, uint32_t tag, const char *wanted) {
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

static bool make_path(dcm_storing *s, const dcm_store_request *r) {
    char *at = s->path;
    const char *const end = s->path + sizeof s->path - 1;
    if (!append(&at, end, r->place->folder) || !append(&at, end, "/")) return false;
    for (uint32_t i = 0; i < r->place->npieces; i++) {
        const dcm_store_piece *const piece = &r->place->pieces[i];
        uint64_t n = 0;
        const char *const p = piece->tag ? value_of(s, r, piece->tag, &n) : NULL;
        if (piece->tag ? !p || !append_name(&at, end, p, n) : !append(&at, end, piece->text)) return false;
    }
    *at = 0;
    return true;
}

/* Bring the names in the folder of a path to disk. As well as may be: a file has what is in it. */
static void sync_folder(char *path) {
    char *const slash = strrchr(path, '/');
    *slash = 0;
    const int fd = open(path[0] ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *slash = '/';
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

/* The folders above a file, below the folder that is there. One that somebody else has just made is brought
   to disk as well: whose file is stored first must not wait for that. */
static bool make_folders(dcm_storing *s, const dcm_store_request *r) {
    for (char *at = s->path + strlen(r->place->folder) + 1; (at = strchr(at, '/')); at++) {
        *at = 0;
        const bool made = mkdir(s->path, 0777) == 0 || errno == EEXIST;
        if (made && r->place->sync) sync_folder(s->path);
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

void dcm_storing_open(dcm_storing *s) {
    dcm_index_init(&s->index);
    dcm_index_init(&s->found);
    s->file = (dcm_replacement){.fd = -1};
    s->path[0] = 0;
}

void dcm_storing_close(dcm_storing *s) {
    dcm_replace_abandon(&s->file);
    dcm_index_free(&s->index);
    dcm_index_free(&s->found);
}

/* Read up to what names and checks need. */
static bool scan(dcm_storing *s, const dcm_store_request *r) {
    dcm_scan_options options;
    uint32_t last = SOP_INSTANCE;
    for (uint32_t i = 0; i < r->place->npieces; i++)
        if (r->place->pieces[i].tag > last) last = r->place->pieces[i].tag;
    dcm_scan_options_init(&options);
    options.stop_tag = last + 1;
    dcm_index_clear(&s->index);
    dcm_scan_init_range(&s->scanner, &options, 0, r->is_whole ? r->data_nbytes : UINT64_MAX, r->encoding,
                        false);
    return dcm_scan_run(&s->scanner, r->data, r->data_nbytes, r->is_whole, &s->index) == DCM_OK &&
           dcm_index_freeze(&s->index) == DCM_OK && s->index.nfindings == 0;
}

static bool write_begin(dcm_storing *s, const dcm_store_request *r) {
    const dcm_file_uid sop_class = {r->sop_class, (uint16_t)strlen(r->sop_class)},
                       sop_instance = {r->sop_instance, (uint16_t)strlen(r->sop_instance)};
    const uint64_t nbytes = dcm_file_head_nbytes(sop_class, sop_instance, r->meta_nbytes);
    uint8_t head[MAX_HEAD_NBYTES];
    if (nbytes > sizeof head) return false;
    dcm_file_head(sop_class, sop_instance, r->meta, r->meta_nbytes, head);
    s->head_nbytes = nbytes;
    struct iovec v[2] = {{head, nbytes}, {(void *)(uintptr_t)r->data, r->data_nbytes}};
    return write_all(s->file.fd, v, 2);
}

/* Whether something is missing, or does not belong there, as far as it was read. */
static bool is_broken(const dcm_index *found) {
    for (uint32_t i = 0; i < found->nfindings; i++) {
        const uint32_t code = found->findings[i].code;
        if (code == DCM_F_TRUNCATED || code == DCM_F_VALUE_TOO_LONG || code == DCM_F_TRAILING_DATA ||
            code == DCM_F_FRAGMENT)
            return true;
    }
    return false;
}

/* Read all that is there. */
static bool scan_all(dcm_storing *s, const dcm_store_request *r) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = true;
    options.max_rows = MAX_ROWS;
    dcm_index_clear(&s->found);
    dcm_scan_init_range(&s->all, &options, 0, r->is_whole ? r->data_nbytes : UINT64_MAX, r->encoding, false);
    const dcm_status status = dcm_scan_run(&s->all, r->data, r->data_nbytes, r->is_whole, &s->found);
    return status == (r->is_whole ? DCM_OK : DCM_NEED_MORE) && !is_broken(&s->found);
}

/* Read on in the file. */
static bool scan_file(dcm_storing *s, uint64_t data_nbytes) {
    const uint64_t nbytes = s->head_nbytes + data_nbytes;
    uint8_t *const p =
        nbytes > SIZE_MAX ? MAP_FAILED : mmap(NULL, nbytes, PROT_READ, MAP_SHARED, s->file.fd, 0);
    if (p == MAP_FAILED) return false;
    const dcm_status status = dcm_scan_run(&s->all, p + s->head_nbytes, data_nbytes, true, &s->found);
    munmap(p, nbytes);
    return status == DCM_OK && !is_broken(&s->found);
}

bool dcm_store_is_whole(dcm_storing *s, uint64_t data_nbytes) {
    if (s->all.pos == data_nbytes && s->all.depth == 0) return true; /* behind an element at top level */
    return s->all.pos < data_nbytes && scan_file(s, data_nbytes);
}

bool dcm_store_begin(dcm_storing *s, const dcm_store_request *r) {
    if (!scan(s, r) || !scan_all(s, r)) return false;
    if (!is_value(s, r, SOP_CLASS, r->sop_class) || !is_value(s, r, SOP_INSTANCE, r->sop_instance))
        return false;
    if (!make_path(s, r)) return false;
    if (dcm_replace_begin_fresh(&s->file, s->path) != DCM_OK &&
        (errno != ENOENT || !make_folders(s, r) || dcm_replace_begin_fresh(&s->file, s->path) != DCM_OK))
        return false;
    if (write_begin(s, r)) return true;
    dcm_replace_abandon(&s->file);
    return false;
}

bool dcm_store_commit(dcm_storing *s, bool sync) {
    if (dcm_replace_commit(&s->file, sync) != DCM_OK) return false;
    if (sync) sync_folder(s->path);
    return true;
}
