/* Plans to files and memory: ranges of both kinds of source, and files that appear whole or not at all. */
#include "check.h"
#include "outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NBYTES 300000u

static char folder[] = "dcm-outfile-XXXXXX";
static char names[3][sizeof folder + 16];

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void fill(uint8_t *bytes, uint32_t nbytes, uint64_t seed) {
    for (uint32_t i = 0; i < nbytes; i++)
        bytes[i] = (uint8_t)next_random(&seed);
}

static void make_file(const char *name, const uint8_t *bytes, uint32_t nbytes) {
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0 && write(fd, bytes, nbytes) == (ssize_t)nbytes && close(fd) == 0);
}

static uint32_t read_file(const char *name, uint8_t *out, uint32_t cap) {
    const int fd = open(name, O_RDONLY);
    const ssize_t n = fd < 0 ? 0 : read(fd, out, cap);
    if (fd >= 0) close(fd);
    return n < 0 ? 0 : (uint32_t)n;
}

/* How many files there are whose names the tests have not given. */
static uint32_t nstrangers_in(const char *where) {
    uint32_t n = 0;
    DIR *opened = opendir(where);
    for (const struct dirent *entry; opened && (entry = readdir(opened));)
        n += strncmp(entry->d_name, ".dicomet-", 9) == 0;
    if (opened) closedir(opened);
    return n;
}

static uint32_t nstrangers(void) {
    return nstrangers_in(folder);
}

/* Two sources with the same bytes: in memory, and a mapped file of which only the head is held. */
typedef struct both {
    uint8_t bytes[NBYTES];
    dcm_source sources[2];
    dcm_plan_source of[2];
} both;

static both *open_both(void) {
    both *b = malloc(sizeof *b);
    dcm_file_error error;
    if (!b) abort();
    fill(b->bytes, NBYTES, 1);
    make_file(names[0], b->bytes, NBYTES);
    dcm_source_borrow(&b->sources[0], b->bytes, NBYTES);
    CHECK(dcm_source_open(&b->sources[1], names[0], DCM_SOURCE_MAP, &error) == DCM_OK);
    dcm_source_settle(&b->sources[1], 1000);
    CHECK(b->sources[1].mapping.bytes != NULL && b->sources[1].head_nbytes == 1000);
    b->of[0] = (dcm_plan_source){&b->sources[0], NULL};
    b->of[1] = (dcm_plan_source){&b->sources[1], names[0]};
    return b;
}

static void close_both(both *b) {
    dcm_source_free(&b->sources[0]);
    dcm_source_free(&b->sources[1]);
    free(b);
}

/* A plan of random ranges, and by `expected` what it means. */
static uint32_t random_plan(dcm_plan *plan, const both *b, uint8_t *expected, uint64_t *seed, bool swaps) {
    static const uint32_t units[] = {0, 0, 2, 4, 8};
    uint32_t n = 0;
    dcm_plan_init(plan);
    for (uint32_t count = 1 + next_random(seed) % 90; count; count--) {
        uint32_t nbytes = (uint32_t)next_random(seed) % (next_random(seed) % 8 ? 300 : 90000);
        const uint32_t offset = (uint32_t)next_random(seed) % (NBYTES - nbytes);
        const uint32_t unit = swaps ? units[next_random(seed) % 5] : 0;
        memcpy(expected + n, b->bytes + offset, nbytes);
        if (next_random(seed) % 3 == 0) {
            CHECK(dcm_plan_put(plan, b->bytes + offset, nbytes) == DCM_OK);
        } else {
            CHECK(dcm_plan_copy(plan, next_random(seed) & 1, offset, nbytes, unit) == DCM_OK);
            dcm_swap_units(expected + n, nbytes, unit);
        }
        n += nbytes;
    }
    CHECK(plan->nbytes == n);
    return n;
}

static void what_is_read_is_what_is_written(void) {
    both *b = open_both();
    const uint32_t most = 90 * 90000;
    uint8_t *expected = malloc(most), *found = malloc(most);
    uint64_t seed = 7;
    if (!expected || !found) abort();
    for (int round = 0; round < 60; round++) {
        dcm_plan plan;
        const bool swaps = round & 1;
        const uint32_t n = random_plan(&plan, b, expected, &seed, swaps);
        CHECK(dcm_plan_read(&plan, b->of, 2, 0, n, found) == DCM_OK && memcmp(found, expected, n) == 0);
        int fd = open(names[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
        CHECK(dcm_plan_write(&plan, b->of, 2, 0, n, fd) == DCM_OK);
        close(fd);
        CHECK(read_file(names[1], found, most) == n && memcmp(found, expected, n) == 0);
        for (int i = 0; i < 20 && n; i++) {
            const uint32_t from = (uint32_t)next_random(&seed) % n,
                           count = (uint32_t)next_random(&seed) % (n - from + 1);
            CHECK(dcm_plan_read(&plan, b->of, 2, from, count, found) == DCM_OK);
            CHECK(memcmp(found, expected + from, count) == 0);
            if (swaps) continue;
            fd = open(names[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
            CHECK(dcm_plan_write(&plan, b->of, 2, from, count, fd) == DCM_OK);
            close(fd);
            CHECK(read_file(names[1], found, most) == count && memcmp(found, expected + from, count) == 0);
        }
        CHECK(dcm_plan_read(&plan, b->of, 2, n, 1, found) == DCM_E_RANGE);
        CHECK(dcm_plan_read(&plan, b->of, 2, 1, UINT64_MAX, found) == DCM_E_RANGE);
        CHECK(dcm_plan_write(&plan, b->of, 2, 0, (uint64_t)n + 1, STDOUT_FILENO) == DCM_E_RANGE);
        dcm_plan_free(&plan);
    }
    free(expected);
    free(found);
    close_both(b);
}

static void what_lies_outside_is_refused(void) {
    both *b = open_both();
    uint8_t out[16];
    const int fd = open("/dev/null", O_WRONLY);
    for (uint32_t source = 0; source < 3; source++) {
        for (uint32_t unit = 0; unit <= 2; unit += 2) {
            dcm_plan plan;
            dcm_plan_init(&plan);
            CHECK(dcm_plan_copy(&plan, source, source < 2 ? NBYTES - 8 : 0, 16, unit) == DCM_OK);
            CHECK(dcm_plan_read(&plan, b->of, 2, 0, 16, out) == DCM_E_RANGE);
            CHECK(dcm_plan_write(&plan, b->of, 2, 0, 16, fd) == DCM_E_RANGE);
            dcm_plan_free(&plan);
        }
    }
    close(fd);
    close_both(b);
}

/* Through a pipe, which takes a part at a time and cannot be copied to within the kernel. */
static void a_pipe_gets_everything(void) {
    both *b = open_both();
    int ends[2];
    dcm_plan plan;
    dcm_plan_init(&plan);
    for (uint32_t i = 0; i < 100; i++)
        CHECK(dcm_plan_copy(&plan, 0, 2 * i, 1, 0) == DCM_OK);
    CHECK(dcm_plan_copy(&plan, 1, 500, NBYTES - 500, 0) == DCM_OK);
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(dcm_plan_write(&plan, b->of, 2, 0, plan.nbytes, ends[1]) != DCM_OK);
    }
    close(ends[1]);
    uint8_t *found = malloc(NBYTES + 100);
    uint32_t n = 0;
    if (!found) abort();
    for (ssize_t k; (k = read(ends[0], found + n, NBYTES + 100 - n)) > 0;)
        n += (uint32_t)k;
    close(ends[0]);
    CHECK(n == plan.nbytes && memcmp(found + 100, b->bytes + 500, NBYTES - 500) == 0);
    CHECK(found[0] == b->bytes[0] && found[99] == b->bytes[198]);
    free(found);
    dcm_plan_free(&plan);
    close_both(b);
}

/* The path leads to another file by now: the mapped one is written, not that. */
static void the_mapped_file_counts(void) {
    both *b = open_both();
    uint8_t *found = malloc(NBYTES);
    dcm_plan plan;
    if (!found) abort();
    CHECK(unlink(names[0]) == 0);
    make_file(names[0], (const uint8_t *)"another one", 11);
    dcm_plan_init(&plan);
    CHECK(dcm_plan_copy(&plan, 1, 0, NBYTES, 0) == DCM_OK);
    const int fd = open(names[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(dcm_plan_write(&plan, b->of, 2, 0, NBYTES, fd) == DCM_OK);
    close(fd);
    CHECK(read_file(names[1], found, NBYTES) == NBYTES && memcmp(found, b->bytes, NBYTES) == 0);
    dcm_plan_free(&plan);
    free(found);
    close_both(b);
}

static void a_file_that_shrank_is_changed(void) {
    both *b = open_both();
    uint8_t out[100];
    const int fd = open(names[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(truncate(names[0], 5000) == 0);
    for (uint32_t unit = 0; unit <= 2; unit += 2) {
        for (uint32_t nbytes = 100; nbytes < NBYTES / 2;
             nbytes *= 30) { /* by writev, and within the kernel */
            dcm_plan plan;
            dcm_plan_init(&plan);
            CHECK(dcm_plan_copy(&plan, 1, NBYTES / 2, nbytes, unit) == DCM_OK);
            CHECK(dcm_plan_write(&plan, b->of, 2, 0, nbytes, fd) == DCM_E_CHANGED);
            CHECK(dcm_plan_read(&plan, b->of, 2, 0, 100, out) == DCM_E_CHANGED);
            dcm_plan_free(&plan);
        }
    }
    close(fd);
    close_both(b);
}

static void a_full_disk_is_told(void) {
    both *b = open_both();
    const int fd = open("/dev/full", O_WRONLY);
    if (fd >= 0) {
        for (uint32_t nbytes = 100; nbytes <= NBYTES; nbytes = nbytes < NBYTES ? NBYTES : NBYTES + 1) {
            for (uint32_t source = 0; source < 2; source++) {
                dcm_plan plan;
                dcm_plan_init(&plan);
                CHECK(dcm_plan_copy(&plan, source, 0, nbytes, 0) == DCM_OK);
                errno = 0;
                CHECK(dcm_plan_write(&plan, b->of, 2, 0, nbytes, fd) == DCM_E_IO && errno == ENOSPC);
                dcm_plan_free(&plan);
            }
        }
        close(fd);
    }
    close_both(b);
}

static void a_replacement_appears_whole(void) {
    dcm_replacement replacement;
    uint8_t found[16];
    struct stat st;
    make_file(names[2], (const uint8_t *)"old", 3);
    CHECK(chmod(names[2], 0640) == 0);
    for (int commits = 0; commits < 2; commits++) {
        CHECK(dcm_replace_begin(&replacement, names[2]) == DCM_OK);
        CHECK(nstrangers() == 1);
        CHECK(write(replacement.fd, "newer", 5) == 5);
        CHECK(read_file(names[2], found, 16) == 3);
        if (commits)
            CHECK(dcm_replace_commit(&replacement, true) == DCM_OK);
        else
            dcm_replace_abandon(&replacement);
        CHECK(nstrangers() == 0 && replacement.fd == -1 && replacement.target == NULL);
        CHECK(read_file(names[2], found, 16) == (commits ? 5u : 3u));
        CHECK(stat(names[2], &st) == 0 && (st.st_mode & 07777) == 0640);
    }
    dcm_replace_abandon(&replacement); /* nothing is left to do */
    CHECK(unlink(names[2]) == 0);
    const mode_t mask = umask(027);
    CHECK(dcm_replace_begin(&replacement, names[2]) == DCM_OK);
    CHECK(dcm_replace_commit(&replacement, false) == DCM_OK);
    umask(mask);
    CHECK(stat(names[2], &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_size == 0);
}

static void a_refusal_leaves_nothing_behind(void) {
    dcm_replacement replacement;
    char missing[sizeof folder + 32];
    snprintf(missing, sizeof missing, "%s/none/x", folder);
    errno = 0;
    CHECK(dcm_replace_begin(&replacement, missing) == DCM_E_IO && errno == ENOENT);
    CHECK(replacement.fd == -1 && replacement.temporary == NULL);
    snprintf(missing, sizeof missing, "%s/sub", folder);
    CHECK(mkdir(missing, 0755) == 0);
    CHECK(dcm_replace_begin(&replacement, missing) == DCM_OK); /* a folder cannot be replaced by a file */
    CHECK(dcm_replace_commit(&replacement, false) == DCM_E_IO && errno == EISDIR);
    CHECK(nstrangers() == 0);
    CHECK(rmdir(missing) == 0);
}

/* A name without a folder is beside us. */
static void relative_names(void) {
    dcm_replacement replacement;
    CHECK(chdir(folder) == 0);
    CHECK(dcm_replace_begin(&replacement, "plain") == DCM_OK);
    CHECK(nstrangers_in(".") == 1);
    CHECK(dcm_replace_commit(&replacement, false) == DCM_OK);
    CHECK(access("plain", F_OK) == 0 && nstrangers_in(".") == 0);
    CHECK(unlink("plain") == 0 && chdir("..") == 0);
}

int main(void) {
    if (!mkdtemp(folder)) return 1;
    for (int i = 0; i < 3; i++)
        snprintf(names[i], sizeof names[i], "%s/%d", folder, i);
    what_is_read_is_what_is_written();
    what_lies_outside_is_refused();
    a_pipe_gets_everything();
    the_mapped_file_counts();
    a_file_that_shrank_is_changed();
    a_full_disk_is_told();
    a_replacement_appears_whole();
    a_refusal_leaves_nothing_behind();
    relative_names();
    for (int i = 0; i < 3; i++)
        unlink(names[i]);
    rmdir(folder);
    return check_result();
}
