/* The models of small data sets, letter by letter. PS3.18 Annex F, PS3.19 §A.1. */
#include "build.h"
#include "model_checks.h"

static char *model_of(const build *b, const dcm_model_style *style, uint64_t bulk_nbytes, uint32_t *nasked) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = true;
    dcm_scanner s;
    dcm_index index;
    CHECK(scan_bytes(&options, b->bytes, b->nbytes, PIECES_WHOLE, 0, true, &s, &index) == DCM_OK);
    CHECK(dcm_index_freeze(&index) == DCM_OK);
    dcm_textbuf text = write_model(&index, b->bytes, b->nbytes, style, bulk_nbytes, DCM_MODEL_LATIN1, nasked);
    dcm_index_free(&index);
    dcm_textbuf_put(&text, "", 1);
    return (char *)text.bytes;
}

static void check_model(build *b, const dcm_model_style *style, uint64_t bulk_nbytes,
                        uint32_t nasked_expected, const char *expected) {
    uint32_t nasked;
    char *text = model_of(b, style, bulk_nbytes, &nasked);
    CHECK(strcmp(text, expected) == 0);
    if (strcmp(text, expected) != 0) fprintf(stderr, "%s\n%s\n", text, expected);
    CHECK(nasked == nasked_expected);
    free(text);
}

static void put_some(build *b) {
    put_text(b, 0x00080008, "CS", "A\\\\B ");
    put_text(b, 0x00100010, "PN", "D\xE9^J=\\^K");
    put_text(b, 0x00101020, "DS", "1.50\\ 2 ");
    put_text(b, 0x00104000, "LT", "a\"\\<\n\x01z  ");
    put_text(b, 0x00200013, "IS", "");
    put_header(b, 0x00280010, "US", 2);
    put_number(b, 513, 2);
    put_header(b, 0x00280009, "AT", 4);
    put_number(b, 0x0018, 2), put_number(b, 0x1063, 2);
}

static void values_by_vr_in_json(void) {
    build b;
    start(&b, "1.2.840.10008.1.2.1");
    put_some(&b);
    put_header(&b, 0x7FE00010, "OW", 4);
    put(&b, "\1\2\3\4", 4);
    static const char expected[] =
        "\"00080008\":{\"vr\":\"CS\",\"Value\":[\"A\",null,\"B\"]},"
        "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"D\xC3\xA9^J\"},{\"Alphabetic\":\"^K\"}]},"
        "\"00101020\":{\"vr\":\"DS\",\"Value\":[1.5,2.0]},"
        "\"00104000\":{\"vr\":\"LT\",\"Value\":[\"a\\\"\\\\<\\n\\u0001z\"]},"
        "\"00200013\":{\"vr\":\"IS\"},"
        "\"00280009\":{\"vr\":\"AT\",\"Value\":[\"00181063\"]},"
        "\"00280010\":{\"vr\":\"US\",\"Value\":[513]},"
        "\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":\"AQIDBA==\"}";
    check_model(&b, &dcm_model_json, UINT64_MAX, 0, expected);
    check_model(&b, &dcm_model_json, 4, 0, expected);
    char *cut = strdup(expected);
    *strstr(cut, ",\"7FE00010") = 0;
    check_model(&b, &dcm_model_json, 3, 1, cut);
    free(cut);
    free(b.bytes);
}

static void values_by_vr_in_xml(void) {
    build b;
    start(&b, "1.2.840.10008.1.2.1");
    put_some(&b);
    check_model(
        &b, &dcm_model_xml, UINT64_MAX, 0,
        "\n<DicomAttribute tag=\"00080008\" vr=\"CS\" keyword=\"ImageType\"><Value number=\"1\">A</Value>"
        "<Value number=\"2\"></Value><Value number=\"3\">B</Value></DicomAttribute>"
        "\n<DicomAttribute tag=\"00100010\" vr=\"PN\" keyword=\"PatientName\"><PersonName number=\"1\">"
        "<Alphabetic><FamilyName>D\xC3\xA9</FamilyName><GivenName>J</GivenName></Alphabetic></PersonName>"
        "<PersonName number=\"2\"><Alphabetic><GivenName>K</GivenName></Alphabetic></PersonName>"
        "</DicomAttribute>"
        "\n<DicomAttribute tag=\"00101020\" vr=\"DS\" keyword=\"PatientSize\"><Value "
        "number=\"1\">1.50</Value>"
        "<Value number=\"2\">2</Value></DicomAttribute>"
        "\n<DicomAttribute tag=\"00104000\" vr=\"LT\" keyword=\"PatientComments\"><Value number=\"1\">"
        "a&quot;\\&lt;\n\xEF\xBF\xBDz</Value></DicomAttribute>"
        "\n<DicomAttribute tag=\"00200013\" vr=\"IS\" keyword=\"InstanceNumber\"></DicomAttribute>"
        "\n<DicomAttribute tag=\"00280009\" vr=\"AT\" keyword=\"FrameIncrementPointer\">"
        "<Value number=\"1\">00181063</Value></DicomAttribute>"
        "\n<DicomAttribute tag=\"00280010\" vr=\"US\" keyword=\"Rows\"><Value number=\"1\">513</Value>"
        "</DicomAttribute>");
    free(b.bytes);
}

static void put_item(build *b, const build *content) {
    put_header(b, DCM_TAG_ITEM, "", (uint32_t)content->nbytes);
    put(b, content->bytes, content->nbytes);
}

/* `n` elements with descending tags, the first one doubled: the last of doubled ones counts. */
static void check_disorder(uint32_t n) {
    build b, content = {0}, items = {0};
    start(&b, "1.2.840.10008.1.2.1");
    dcm_textbuf expected;
    dcm_textbuf_init(&expected);
    for (uint32_t i = n; i-- > 0;)
        put_text(&content, 0x00111000 + i, "LO", i ? "x " : "y ");
    put_text(&content, 0x00111000, "LO", "z ");
    put_item(&items, &content);
    put_header(&b, 0x00081140, "SQ", (uint32_t)items.nbytes);
    put(&b, items.bytes, items.nbytes);
    DCM_TEXTBUF_SAY(&expected, "\"00081140\":{\"vr\":\"SQ\",\"Value\":[{");
    for (uint32_t i = 0; i < n; i++) {
        char line[64];
        const int length = snprintf(line, sizeof line, "%s\"%08X\":{\"vr\":\"LO\",\"Value\":[\"%s\"]}",
                                    i ? "," : "", 0x00111000 + i, i ? "x" : "z");
        dcm_textbuf_put(&expected, line, (size_t)length);
    }
    dcm_textbuf_put(&expected, "}]}", 4);
    check_model(&b, &dcm_model_json, UINT64_MAX, 0, (char *)expected.bytes);
    dcm_textbuf_free(&expected);
    free(content.bytes), free(items.bytes), free(b.bytes);
}

static void items_are_in_order_of_tags(void) {
    check_disorder(5);
    check_disorder(200);
}

static void what_the_bytes_do_not_tell_is_asked(void) {
    build b;
    start(&b, "1.2.840.10008.1.2.1");
    put_text(&b, 0x00080005, "CS", "ISO 2022 IR 87");
    put_text(&b, 0x00100010, "PN", "\x1B$B;3ED\x1B(B");
    put_text(&b, 0x00101020, "DS", "1 m ");
    check_model(&b, &dcm_model_json, UINT64_MAX, 2,
                "\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO 2022 IR 87\"]}");
    free(b.bytes);
}

static void private_elements_have_the_block_of_their_creator(void) {
    build b;
    start(&b, "1.2.840.10008.1.2.1");
    put_text(&b, 0x00110010, "LO", "ME<");
    put_text(&b, 0x00110011, "LO", "ME<");
    put_text(&b, 0x00111001, "LO", "a ");
    put_text(&b, 0x00111101, "LO", "b ");
    put_text(&b, 0x00111201, "LO", "c ");
    check_model(
        &b, &dcm_model_xml, UINT64_MAX, 0,
        "\n<DicomAttribute tag=\"00110010\" vr=\"LO\"><Value number=\"1\">ME&lt;</Value></DicomAttribute>"
        "\n<DicomAttribute tag=\"00110011\" vr=\"LO\"><Value number=\"1\">ME&lt;</Value></DicomAttribute>"
        "\n<DicomAttribute tag=\"00110001\" vr=\"LO\" privateCreator=\"ME&lt;\"><Value number=\"1\">a</Value>"
        "</DicomAttribute>"
        "\n<DicomAttribute tag=\"00111101\" vr=\"LO\" privateCreator=\"ME&lt;\"><Value number=\"1\">b</Value>"
        "</DicomAttribute>"
        "\n<DicomAttribute tag=\"00111201\" vr=\"LO\"><Value number=\"1\">c</Value></DicomAttribute>");
    free(b.bytes);
}

int main(void) {
    values_by_vr_in_json();
    values_by_vr_in_xml();
    items_are_in_order_of_tags();
    what_the_bytes_do_not_tell_is_asked();
    private_elements_have_the_block_of_their_creator();
    return check_result();
}
