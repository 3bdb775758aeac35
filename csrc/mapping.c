/* Files mapped into memory, read-only. Archive scans never map; see docs/architecture.md. */
#include "mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>

bool dcm_map(const dcm_file *file, dcm_mapping *mapping) {
    struct stat st;
    *mapping = (dcm_mapping){0};
    if (file->nbytes == 0 || file->nbytes > SIZE_MAX || fstat(file->fd, &st) != 0) return false;
    void *p = mmap(NULL, (size_t)file->nbytes, PROT_READ, MAP_SHARED, file->fd, 0);
    if (p == MAP_FAILED) return false;
    *mapping = (dcm_mapping){
        .bytes = p, .nbytes = file->nbytes, .device = (uint64_t)st.st_dev, .inode = (uint64_t)st.st_ino};
    return true;
}

void dcm_unmap(dcm_mapping *mapping) {
    if (mapping->bytes) munmap((void *)(uintptr_t)mapping->bytes, (size_t)mapping->nbytes);
    *mapping = (dcm_mapping){0};
}

bool dcm_mapping_is_whole(const dcm_mapping *mapping, const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) return true; /* unlinked: the mapping keeps the file */
    if ((uint64_t)st.st_dev != mapping->device || (uint64_t)st.st_ino != mapping->inode) return true;
    return (uint64_t)st.st_size >= mapping->nbytes;
}

void dcm_wish_large_pages(void *p, size_t nbytes) {
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 4096, large = 2u << 20;
    if (nbytes < 2 * large) return;
    uintptr_t first = ((uintptr_t)p + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)p + nbytes) & ~(page - 1);
    if (end > first) madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)p;
    (void)nbytes;
#endif
}
