/* RLE Lossless: the decoder against a slow one, the encoder against both. PS3.5 Annex G. */
#include "rle_slow.h"

static uint64_t state = 2026;

static uint32_t below(uint32_t n) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

typedef struct bytes {
    uint8_t p[1 << 20];
    uint64_t n;
} bytes;

static bytes encoded, frame;

static void put_u32(uint8_t *p, uint32_t value) {
    for (uint32_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* A header for segments that follow; open_segment says where each begins. */
static void open_encoded(uint32_t nsegments) {
    memset(encoded.p, 0, 64);
    put_u32(encoded.p, nsegments);
    encoded.n = 64;
}

static void open_segment(uint32_t k) {
    put_u32(encoded.p + 4 + 4 * k, (uint32_t)encoded.n);
}

static void add(const char *text, uint64_t n) {
    memcpy(encoded.p + encoded.n, text, n);
    encoded.n += n;
}

/* One segment of these bytes, decoded as npixels bytes: the notes. */
static uint32_t notes_of_segment(const char *text, uint64_t n, uint64_t npixels) {
    uint32_t notes = 99;
    open_encoded(1);
    open_segment(0);
    add(text, n);
    CHECK(check_decode(&(dcm_rle_layout){npixels, 1, 1}, encoded.p, encoded.n, &notes) == DCM_OK);
    /* and the same as both bytes of 16, which goes through pieces */
    uint32_t both = 99;
    open_encoded(2);
    open_segment(0), add(text, n);
    open_segment(1), add(text, n);
    CHECK(check_decode(&(dcm_rle_layout){npixels, 1, 2}, encoded.p, encoded.n, &both) == DCM_OK);
    CHECK((both & ~DCM_RLE_ORDER) == notes); /* of two empty segments, none is the first */
    return notes;
}

#define NOTES(text, npixels) notes_of_segment(text, sizeof text - 1, npixels)

static void test_one_segment(void) {
    uint8_t out[8];
    uint32_t notes = 99;
    open_encoded(1);
    open_segment(0);
    add("\x02"
        "abc"
        "\xFD"
        "x"
        "\x80\x80"
        "\x00"
        "y",
        10);
    CHECK(dcm_rle_decode(&(dcm_rle_layout){8, 1, 1}, encoded.p, encoded.n, out, 8, &notes) == DCM_OK);
    CHECK(memcmp(out, "abcxxxxy", 8) == 0 && notes == 0);
}

static void test_notes(void) {
    CHECK(NOTES("\x02"
                "abc",
                3) == 0);
    CHECK(NOTES("\x02"
                "abc\0",
                3) == 0); /* padding to an even length */
    CHECK(NOTES("\x02"
                "abc\1",
                3) == DCM_RLE_LONG);
    CHECK(NOTES("\x02"
                "abc\0\0",
                3) == DCM_RLE_LONG);
    CHECK(NOTES("\x02"
                "abc",
                2) == DCM_RLE_LONG);
    CHECK(NOTES("\xFE"
                "a",
                2) == DCM_RLE_LONG);
    CHECK(NOTES("\x02"
                "abc",
                4) == DCM_RLE_SHORT);
    CHECK(NOTES("\x02"
                "ab",
                3) == DCM_RLE_SHORT);
    CHECK(NOTES("\x02"
                "ab",
                2) == 0); /* ends where the plane does, whatever it said */
    CHECK(NOTES("\xFE", 3) == DCM_RLE_SHORT);
    CHECK(NOTES("\x05", 3) == DCM_RLE_SHORT);
    CHECK(NOTES("", 3) == DCM_RLE_SHORT);
    CHECK(NOTES("\x80\x80\x80", 3) == DCM_RLE_SHORT);
    CHECK(NOTES("", 0) == 0);
    CHECK(NOTES("\0", 0) == 0);
    CHECK(NOTES("ab", 0) == 0); /* no pixels, nothing to say */
}

static void test_headers(void) {
    const dcm_rle_layout two = {4, 1, 2};
    uint32_t notes = 0;
    open_encoded(2);
    open_segment(0), add("\xFD"
                         "a",
                         2);
    open_segment(1), add("\x03"
                         "bcde\0",
                         6);
    for (uint64_t n = 0; n < encoded.n; n++)
        CHECK(check_decode(&two, encoded.p, n, NULL) == (n < 66 ? DCM_E_ENCODED : DCM_OK));
    CHECK(check_decode(&two, encoded.p, encoded.n, &notes) == DCM_OK && notes == 0);
    CHECK(check_decode(&(dcm_rle_layout){4, 1, 1}, encoded.p, encoded.n, &notes) == DCM_OK);
    CHECK(notes == DCM_RLE_EXTRA_SEGMENTS);
    CHECK(check_decode(&(dcm_rle_layout){4, 3, 1}, encoded.p, encoded.n, NULL) == DCM_E_ENCODED);
    CHECK(check_decode(&(dcm_rle_layout){4, 2, 8}, encoded.p, encoded.n, NULL) == DCM_E_ENCODED);
    put_u32(encoded.p, 0);
    CHECK(check_decode(&two, encoded.p, encoded.n, NULL) == DCM_E_ENCODED);
    put_u32(encoded.p, UINT32_MAX);
    CHECK(check_decode(&two, encoded.p, encoded.n, &notes) == DCM_OK && notes & DCM_RLE_EXTRA_SEGMENTS);
    put_u32(encoded.p, 2);
    /* offsets: the same twice, descending, in the header, behind the data */
    put_u32(encoded.p + 8, 64);
    CHECK(check_decode(&two, encoded.p, encoded.n, &notes) == DCM_OK && notes & DCM_RLE_ORDER);
    put_u32(encoded.p + 4, 66);
    CHECK(check_decode(&two, encoded.p, encoded.n, &notes) == DCM_OK && notes & DCM_RLE_ORDER);
    put_u32(encoded.p + 4, 63);
    CHECK(check_decode(&two, encoded.p, encoded.n, NULL) == DCM_E_ENCODED);
    put_u32(encoded.p + 4, 64);
    put_u32(encoded.p + 8, (uint32_t)encoded.n + 1);
    CHECK(check_decode(&two, encoded.p, encoded.n, NULL) == DCM_E_ENCODED);
}

static void test_layouts(void) {
    uint8_t out[64];
    uint32_t notes;
    const dcm_rle_layout wrong[] = {{4, 0, 1}, {4, 1, 0}, {4, 1, 9}, {3, 1, 1}, {UINT64_MAX / 2 + 3, 2, 1}};
    for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(dcm_rle_decode(&wrong[i], encoded.p, encoded.n, out, 4, &notes) == DCM_E_RANGE);
        uint64_t written;
        CHECK(dcm_rle_encode(&wrong[i], 1, out, 4, out + 8, 56, &written) == DCM_E_RANGE);
    }
    CHECK(dcm_rle_bound(&(dcm_rle_layout){4, 2, 8}, 2) == 0);
    CHECK(dcm_rle_bound(&(dcm_rle_layout){4, 1, 1}, 3) == 0);
    CHECK(dcm_rle_bound(&(dcm_rle_layout){4, 1, 1}, 0) == 0);
    CHECK(dcm_rle_bound(&(dcm_rle_layout){0, 1, 1}, 1) == 0);
    CHECK(dcm_rle_bound(&(dcm_rle_layout){UINT64_MAX, 1, 1}, 1) == 0);
}

/* Segments of runs by chance: long and short ones, no-ops, planes that are met exactly, missed and passed. */
static void test_random_segments(void) {
    for (uint32_t round = 0; round < 3000; round++) {
        const dcm_rle_layout layout = {below(round % 100 == 0 ? 30000 : 3000), 1 + below(4), 1 + below(4)};
        const uint32_t nplanes = layout.samples * layout.sample_nbytes, kind = below(4);
        open_encoded(nplanes);
        for (uint32_t k = 0; k < nplanes && k < 15; k++) {
            open_segment(k);
            for (uint64_t n = 0; n < layout.npixels;) {
                uint32_t length = 1 + below(kind == 0 ? 128 : kind == 1 ? 4 : 20);
                if (kind == 3 && below(3) == 0) length = 128;
                if (below(40) != 0 && length > layout.npixels - n) length = (uint32_t)(layout.npixels - n);
                if (below(300) == 0) break;
                if (below(50) == 0) add("\x80", 1);
                const bool literal = length == 1 || below(2);
                encoded.p[encoded.n++] = (uint8_t)(literal ? length - 1 : 257 - length);
                for (uint32_t i = 0; i < (literal ? length : 1); i++)
                    encoded.p[encoded.n++] = (uint8_t)below(256);
                n += length;
            }
            if (encoded.n % 2) add("\0", 1);
        }
        CHECK(check_decode(&layout, encoded.p, encoded.n, NULL) == (nplanes > 15 ? DCM_E_ENCODED : DCM_OK));
        if (round % 10 == 0) check_decode(&layout, encoded.p, below((uint32_t)encoded.n), NULL);
    }
}

/* Long segments of mostly short runs, which are decoded in two places at once: the guess where a run begins
   is right, or wrong where bytes look like runs of another beginning; long runs and no-ops come between; the
   segment or the plane ends anywhere. */
static void test_short_runs(void) {
    for (uint32_t round = 0; round < 300; round++) {
        const uint32_t nplanes = 1 + round % 3, kind = below(4), rare = 1 + below(2000);
        const dcm_rle_layout layout = {2000 + below(40000), nplanes, 1};
        open_encoded(nplanes);
        for (uint32_t k = 0; k < nplanes; k++) {
            open_segment(k);
            for (uint64_t n = 0; n < layout.npixels + (round % 5 == 0 ? 300 : 0);) {
                uint32_t length = 1 + below(kind == 0 ? 2 : 8);
                if (below(rare) == 0) length = 1 + below(128);
                if (round % 5 && length > layout.npixels - n) length = (uint32_t)(layout.npixels - n);
                if (below(rare * 8) == 0) add("\x80", 1);
                const bool literal = length == 1 || below(4) > kind;
                encoded.p[encoded.n++] = (uint8_t)(literal ? length - 1 : 257 - length);
                for (uint32_t i = 0; i < (literal ? length : 1); i++)
                    encoded.p[encoded.n++] = (uint8_t)(kind == 1 ? 255 - below(2) : below(256));
                n += length;
            }
            if (encoded.n % 2) add("\0", 1);
        }
        CHECK(check_decode(&layout, encoded.p, encoded.n, NULL) == DCM_OK);
        if (round % 4 == 0) check_decode(&layout, encoded.p, below((uint32_t)encoded.n), NULL);
    }
}

/* Zeros in long literal runs: what is guessed goes on by two bytes where the truth leaps to the end. */
static void test_leaps(void) {
    static const char zeros[127];
    for (uint32_t nruns = 1; nruns < 30; nruns++) {
        open_encoded(1);
        open_segment(0);
        add("\1ab", 3);
        for (uint32_t i = 0; i < nruns; i++)
            add("\x7E", 1), add(zeros, sizeof zeros);
        CHECK(check_decode(&(dcm_rle_layout){4096, 1, 1}, encoded.p, encoded.n, NULL) == DCM_OK);
    }
}

static void test_round_trips(void) {
    static const uint32_t widths[] = {1,   2,   3,   63,  64,   65,   127,  128, 129,
                                      130, 255, 256, 257, 4095, 4096, 4097, 9000};
    for (uint32_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        for (uint32_t nplanes = 1; nplanes <= 15; nplanes += 1 + below(2)) {
            const uint32_t sample_nbytes = nplanes % 4 == 0 ? 4 : nplanes % 2 == 0 ? 2 : 1;
            const dcm_rle_layout layout = {widths[i] * 3u, nplanes / sample_nbytes, sample_nbytes};
            frame.n = layout.npixels * nplanes;
            for (uint32_t kind = 0; kind < 5; kind++) {
                for (uint64_t b = 0; b < frame.n; b++) {
                    const uint8_t byte = kind == 0   ? 7
                                         : kind == 1 ? (uint8_t)below(256)
                                         : kind == 2 ? (uint8_t)(b / nplanes)
                                         : kind == 3 ? (uint8_t)(below(2))
                                                     : (uint8_t)(b / nplanes / (1 + b % nplanes));
                    frame.p[b] = kind == 3 && b >= nplanes && below(4) ? frame.p[b - nplanes] : byte;
                }
                check_round_trip(&layout, widths[i], frame.p);
            }
        }
    }
}

/* G.3.1: rows of equal bytes are not joined. G.3.2: the best form of known bytes. */
static void test_encoded_forms(void) {
    static const struct {
        const char *row, *encoded;
        uint32_t nbytes;
    } forms[] = {
        {"a",
         "\x00"
         "a",
         2},
        {"aa",
         "\xFF"
         "a",
         2},
        {"aaa",
         "\xFE"
         "a",
         2},
        {"abc",
         "\x02"
         "abc",
         4},
        {"abbc",
         "\x03"
         "abbc",
         5},
        {"abbbc",
         "\x00"
         "a"
         "\xFE"
         "b"
         "\x00"
         "c",
         6},
        {"aaabb",
         "\xFE"
         "a"
         "\xFF"
         "b",
         4},
    };
    for (uint32_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const uint64_t width = strlen(forms[i].row), n = forms[i].nbytes;
        uint8_t out[128];
        uint64_t written = 0;
        memcpy(frame.p, forms[i].row, width);
        memcpy(frame.p + width, forms[i].row, width);
        const dcm_rle_layout layout = {2 * width, 1, 1};
        CHECK(dcm_rle_encode(&layout, width, frame.p, 2 * width, out, sizeof out, &written) == DCM_OK);
        CHECK(written == 64 + 2 * n);
        CHECK(memcmp(out + 64, forms[i].encoded, n) == 0 && memcmp(out + 64 + n, forms[i].encoded, n) == 0);
    }
}

int main(void) {
    test_one_segment();
    test_notes();
    test_headers();
    test_layouts();
    test_random_segments();
    test_short_runs();
    test_leaps();
    test_round_trips();
    test_encoded_forms();
    return check_result();
}
