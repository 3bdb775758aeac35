/* The frame table: offset tables that hold and that lie, walks, and the sharing out of fragments. PS3.5 §A.4.
 */
#include "check.h"
#include "frames.h"

#include <stdlib.h>

/* Encapsulated Pixel Data, written piece by piece. */
typedef struct stream {
    uint8_t bytes[1024];
    uint64_t nbytes;
    uint64_t items; /* where the first fragment's item begins */
} stream;

static void put_u32(stream *s, uint32_t v) {
    for (int i = 0; i < 4; i++)
        s->bytes[s->nbytes++] = (uint8_t)(v >> 8 * i);
}

static void put_tag(stream *s, uint32_t tag, uint32_t length) {
    put_u32(s, tag << 16 | tag >> 16);
    put_u32(s, length);
}

static void begin(stream *s, const uint32_t *table, uint32_t n) {
    *s = (stream){0};
    put_tag(s, 0xFFFEE000u, 4 * n);
    for (uint32_t i = 0; i < n; i++)
        put_u32(s, table[i]);
    s->items = s->nbytes;
}

/* A fragment of `nbytes` bytes of `fill`; a JPEG's first bytes in front if it begins an image. */
static void put_fragment(stream *s, uint32_t nbytes, uint8_t fill, bool image) {
    static const uint8_t soi[4] = {0xFF, 0xD8, 0xFF, 0xE0};
    put_tag(s, 0xFFFEE000u, nbytes);
    memset(s->bytes + s->nbytes, fill, nbytes);
    if (image) memcpy(s->bytes + s->nbytes, soi, 4);
    s->nbytes += nbytes;
}

static void end(stream *s) {
    put_tag(s, 0xFFFEE0DDu, 0);
}

static dcm_status open_stream(dcm_frames *f, const stream *s, uint32_t declared, bool whole) {
    dcm_frames_input input = {.offset = 0, .end = s->nbytes, .declared = declared, .whole = whole};
    dcm_frames_init(f);
    return dcm_frames_open(f, &input, s->bytes, s->nbytes);
}

static uint64_t nspans_of(const dcm_frames *f, const stream *s, uint32_t frame, dcm_span *spans) {
    uint64_t n = 0;
    CHECK(dcm_frames_locate(f, s->bytes, s->nbytes, frame, spans, 4, &n) == DCM_OK);
    return n;
}

static void a_table_that_holds_is_used(void) {
    stream s;
    dcm_frames f;
    dcm_span spans[4];
    const uint32_t table[] = {0, 24, 64};
    begin(&s, table, 3);
    put_fragment(&s, 16, 'a', false);
    put_fragment(&s, 8, 'b', false);
    put_fragment(&s, 16, 'c', false);
    put_fragment(&s, 8, 'd', false);
    end(&s);
    CHECK(open_stream(&f, &s, 3, false) == DCM_OK);
    CHECK(f.nframes == 3 && f.table.nbytes == 12 && f.notes == 0 && f.nspans == 0);
    CHECK(nspans_of(&f, &s, 0, spans) == 1 && spans[0].offset == s.items + 8 && spans[0].nbytes == 16);
    CHECK(nspans_of(&f, &s, 1, spans) == 2 && s.bytes[spans[1].offset] == 'c');
    CHECK(nspans_of(&f, &s, 2, spans) == 1 && s.bytes[spans[0].offset] == 'd');
    uint64_t n;
    CHECK(dcm_frames_locate(&f, s.bytes, s.nbytes, 3, spans, 4, &n) == DCM_E_RANGE);
    dcm_frames_free(&f);
}

static void an_entry_that_leads_astray_shows_when_it_is_used(void) {
    stream s;
    dcm_frames f;
    dcm_span spans[4];
    const uint32_t table[] = {0, 20, 48}; /* the second entry should be 24 */
    begin(&s, table, 3);
    put_fragment(&s, 16, 'a', true);
    put_fragment(&s, 16, 'b', true);
    put_fragment(&s, 16, 'c', true);
    end(&s);
    CHECK(open_stream(&f, &s, 3, false) == DCM_OK);
    uint64_t n;
    CHECK(f.table.nbytes && dcm_frames_locate(&f, s.bytes, s.nbytes, 1, spans, 4, &n) == DCM_E_ENCODED);
    CHECK(dcm_frames_walk(&f, s.bytes, s.nbytes) == DCM_OK);
    CHECK(f.nframes == 3 && f.notes == DCM_FRAMES_TABLE_WRONG);
    CHECK(nspans_of(&f, &s, 1, spans) == 1 && s.bytes[spans[0].offset + 5] == 'b');
    dcm_frames_free(&f);
}

static void tables_that_cannot_hold_are_not_used(void) {
    static const uint32_t tables[][2] = {{0, 0}, {8, 24}, {0, 4096}, {24, 0}, {0, 23}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        stream s;
        dcm_frames f;
        begin(&s, tables[i], 2);
        put_fragment(&s, 16, 'a', true);
        put_fragment(&s, 16, 'b', true);
        end(&s);
        CHECK(open_stream(&f, &s, 2, false) == DCM_OK);
        CHECK(f.nframes == 2 && f.table.nbytes == 0 && f.notes & DCM_FRAMES_TABLE_WRONG);
        dcm_frames_free(&f);
    }
}

static void a_table_groups_fragments_even_if_the_count_is_wrong(void) {
    stream s;
    dcm_frames f;
    dcm_span spans[4];
    const uint32_t table[] = {0, 48};
    begin(&s, table, 2);
    for (int i = 0; i < 4; i++)
        put_fragment(&s, 16, (uint8_t)('a' + i), false);
    end(&s);
    CHECK(open_stream(&f, &s, 3, false) == DCM_OK);
    CHECK(f.nframes == 2 && f.notes == DCM_FRAMES_COUNT);
    CHECK(nspans_of(&f, &s, 0, spans) == 2 && nspans_of(&f, &s, 1, spans) == 2);
    dcm_frames_free(&f);
}

static void the_extended_table_tells_lengths(void) {
    stream s;
    dcm_frames f;
    dcm_span spans[4];
    begin(&s, NULL, 0);
    put_fragment(&s, 16, 'a', false);
    put_fragment(&s, 16, 'b', false);
    end(&s);
    uint64_t offset = s.nbytes;
    static const uint32_t values[] = {0, 0, 24, 0, 15, 0, 16, 0};
    for (int i = 0; i < 8; i++)
        put_u32(&s, values[i]);
    dcm_frames_input input = {
        .end = offset, .declared = 2, .eot = {offset, 16}, .eot_nbytes = {offset + 16, 16}};
    dcm_frames_init(&f);
    CHECK(dcm_frames_open(&f, &input, s.bytes, s.nbytes) == DCM_OK);
    CHECK(f.nframes == 2 && f.width == 8);
    CHECK(nspans_of(&f, &s, 0, spans) == 1 && spans[0].nbytes == 15);
    CHECK(nspans_of(&f, &s, 1, spans) == 1 && spans[0].nbytes == 16);
    dcm_frames_free(&f);
}

static uint32_t frames_by(uint32_t declared, const char *images, bool whole, uint32_t *notes) {
    stream s;
    dcm_frames f;
    begin(&s, NULL, 0);
    for (; *images; images++)
        put_fragment(&s, *images == '0' ? 0 : 16, 'x', *images == 'I');
    end(&s);
    CHECK(open_stream(&f, &s, declared, whole) == DCM_OK);
    uint32_t n = f.nframes;
    *notes = f.notes;
    CHECK(f.first[0] == 0 && f.first[n] == f.nspans);
    dcm_frames_free(&f);
    return n;
}

static void without_a_table_beginnings_tell(void) {
    uint32_t notes;
    CHECK(frames_by(3, "III", false, &notes) == 3 && notes == 0);
    CHECK(frames_by(2, "IxIxx", false, &notes) == 2 && notes == 0);
    CHECK(frames_by(1, "Ixx", false, &notes) == 1 && notes == 0);
    CHECK(frames_by(0, "Ixx", false, &notes) == 1 && notes == 0);
    CHECK(frames_by(0, "III", false, &notes) == 3 && notes == 0);
    CHECK(frames_by(1, "III", false, &notes) == 3 && notes == DCM_FRAMES_COUNT);
    CHECK(frames_by(5, "IxI", false, &notes) == 2 && notes == DCM_FRAMES_COUNT);
    CHECK(frames_by(2, "xxxx", false, &notes) == 2 && notes == 0);
    CHECK(frames_by(2, "xxx", false, &notes) == 3 && notes == (DCM_FRAMES_COUNT | DCM_FRAMES_UNEVEN));
    CHECK(frames_by(2, "xx0", false, &notes) == 2 && notes == DCM_FRAMES_EMPTY_FRAGMENT);
    CHECK(frames_by(4, "xxx", true, &notes) == 3 && notes == DCM_FRAMES_COUNT);
    CHECK(frames_by(1, "", false, &notes) == 0 && notes == DCM_FRAMES_COUNT);
}

static void every_cut_gives_what_is_there(void) {
    stream s;
    begin(&s, NULL, 0);
    for (int i = 0; i < 3; i++)
        put_fragment(&s, 16, 'x', true);
    end(&s);
    for (uint64_t n = 0; n < s.nbytes; n++) {
        stream cut = {.nbytes = n};
        memcpy(cut.bytes, s.bytes, n);
        dcm_frames f;
        CHECK(open_stream(&f, &cut, 3, false) == DCM_OK);
        uint64_t there = n < 8 ? 0 : (n - 8 + 4) / 24; /* a header and fewer than 12 bytes are no frame */
        CHECK(f.nframes == there);
        if (n < s.nbytes - 8 && (n - 8) % 24 >= 8 && n > 8) CHECK(f.notes & DCM_FRAMES_CUT);
        dcm_frames_free(&f);
    }
}

static void a_cut_shows_behind_a_table_too(void) {
    stream s;
    dcm_frames f;
    dcm_span spans[4];
    const uint32_t table[] = {0, 24};
    begin(&s, table, 2);
    put_fragment(&s, 16, 'a', true);
    put_fragment(&s, 16, 'b', true);
    s.nbytes -= 6;
    CHECK(open_stream(&f, &s, 2, false) == DCM_OK);
    CHECK(f.nframes == 2 && f.table.nbytes && f.notes == DCM_FRAMES_CUT);
    CHECK(nspans_of(&f, &s, 1, spans) == 1 && spans[0].nbytes == 10);
    dcm_frames_free(&f);
}

static void a_forgotten_table_is_noted(void) {
    stream s = {0};
    dcm_frames f;
    put_fragment(&s, 16, 'x', true);
    put_fragment(&s, 16, 'x', true);
    end(&s);
    CHECK(open_stream(&f, &s, 2, false) == DCM_OK);
    CHECK(f.nframes == 2 && f.notes == DCM_FRAMES_NO_TABLE_ITEM);
    dcm_frames_free(&f);
}

int main(void) {
    a_table_that_holds_is_used();
    an_entry_that_leads_astray_shows_when_it_is_used();
    tables_that_cannot_hold_are_not_used();
    a_table_groups_fragments_even_if_the_count_is_wrong();
    the_extended_table_tells_lengths();
    without_a_table_beginnings_tell();
    every_cut_gives_what_is_there();
    a_cut_shows_behind_a_table_too();
    a_forgotten_table_is_noted();
    return check_result();
}
