/* What the machine allows: the least that any reader must do, in C, with nothing kept. PS3.5 §7. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_NBYTES = 16384, PATH_NBYTES = 4096 };

/* The first 16 KiB of a file into a buffer that stays in cache. Returns 1, or 0 if it cannot be read. */
static long read_head(const char *path) {
    static _Thread_local char head[HEAD_NBYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t got = pread(file, head, sizeof head, 0);
    close(file);
    return got > 0;
}

/* open + pread + close of every path; paths is one block of NUL-terminated strings. */
long limit_heads(const char *paths, long npaths) {
    long done = 0;
    for (long i = 0; i < npaths; i++) {
        done += read_head(paths);
        paths += strlen(paths) + 1;
    }
    return done;
}

/* The same for every file below a folder; nested folders are few, so this may recurse. */
long limit_walk(const char *folder) {
    DIR *dir = opendir(folder);
    if (dir == NULL) return 0;
    long done = 0;
    char path[PATH_NBYTES];
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        int used = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (used < 0 || used >= (int)sizeof path) continue;
        done += entry->d_type == DT_DIR ? limit_walk(path) : read_head(path);
    }
    closedir(dir);
    return done;
}

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t u32(const uint8_t *p) { return (uint32_t)u16(p) | (uint32_t)u16(p + 2) << 16; }

#define VR(a, b) ((a) | (b) << 8)

static int is_long(const uint8_t *vr) {
    switch (u16(vr)) {
    case VR('O', 'B'): case VR('O', 'D'): case VR('O', 'F'): case VR('O', 'L'): case VR('O', 'V'):
    case VR('O', 'W'): case VR('S', 'Q'): case VR('S', 'V'): case VR('U', 'C'): case VR('U', 'N'):
    case VR('U', 'R'): case VR('U', 'T'): case VR('U', 'V'): return 1;
    default: return 0;
    }
}

/* Steps over every header of an Explicit VR Little Endian file with a preamble, and looks at nothing but
   tag, VR and length: a container is entered by not stepping over its value. Returns the number of data
   elements after the meta group; the caller vouches for well-formed input. */
long limit_headers(const uint8_t *bytes, size_t nbytes) {
    long elements = 0;
    size_t pos = 132;
    while (pos + 8 <= nbytes) {
        const uint8_t *p = bytes + pos;
        uint16_t group = u16(p);
        if (group == 0xFFFE) {
            pos += 8;
            continue;
        }
        elements += group > 2;
        if (!is_long(p + 4)) {
            pos += 8 + (size_t)u16(p + 6);
        } else {
            pos += 12;
            if (p[4] != 'S' || p[5] != 'Q') pos += u32(p + 8);
        }
    }
    return elements;
}

/* Reads a whole file into a buffer of the caller's, then steps over its headers. */
long limit_file(const char *path, uint8_t *buffer, size_t buffer_nbytes) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    size_t got = 0;
    for (ssize_t n; got < buffer_nbytes; got += (size_t)n) {
        n = read(file, buffer + got, buffer_nbytes - got);
        if (n <= 0) break;
    }
    close(file);
    return limit_headers(buffer, got);
}

/* One multiply-add for each digit of a text of decimal numbers, exponent and rounding left aside: the
   least that reading them as doubles can cost byte by byte. Returns the number of values. */
long limit_decimals(const uint8_t *text, size_t nbytes, double *out) {
    static const double scales[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7};
    long n = 0;
    int64_t value = 0;
    unsigned fraction = 0, digits = 0, negative = 0;
    for (size_t i = 0; i <= nbytes; i++) {
        uint8_t c = i < nbytes ? text[i] : '\\';
        if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            digits += fraction;
        } else if (c == '.') {
            fraction = 1;
        } else if (c == '-') {
            negative = 1;
        } else if (c == '\\') {
            out[n++] = (double)(negative ? -value : value) * scales[digits & 7];
            value = 0;
            fraction = digits = negative = 0;
        }
    }
    return n;
}
