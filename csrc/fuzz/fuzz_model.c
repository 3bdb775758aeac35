/* libFuzzer target: both models of whatever a source scans to. */
#include "../tests/model_checks.h"
#include "colvalue.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

static bool is_utf8(const dcm_textbuf *text) {
    return text->nbytes == 0 || dcm_is_utf8(text->bytes, text->nbytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = true;
    options.force = true;
    const uint8_t mode = nbytes ? bytes[nbytes - 1] : 0;
    if (mode & 1) options.lazy_nbytes = 32;
    uint8_t *source = malloc(nbytes ? nbytes : 1); /* of exact size */
    if (!source) abort();
    if (nbytes) memcpy(source, bytes, nbytes);
    dcm_scanner s;
    dcm_index index;
    dcm_status status = scan_bytes(&options, source, nbytes, PIECES_WHOLE, 0, true, &s, &index);
    if (status == DCM_OK && dcm_index_freeze(&index) == DCM_OK) {
        const dcm_model_charset charset = mode & 2 ? DCM_MODEL_UTF8 : DCM_MODEL_LATIN1;
        uint32_t nasked;
        dcm_textbuf json = write_model(&index, source, nbytes, &dcm_model_json, mode & 4 ? 16 : UINT64_MAX,
                                       charset, &nasked);
        CHECK(is_balanced_json(json.bytes, json.nbytes) && is_utf8(&json));
        dcm_textbuf_free(&json);
        dcm_textbuf xml = write_model(&index, source, nbytes, &dcm_model_xml, UINT64_MAX, charset, &nasked);
        CHECK(is_utf8(&xml));
        for (size_t i = 0; i < xml.nbytes; i++)
            CHECK(xml.bytes[i] >= 0x20 || xml.bytes[i] == '\n' || xml.bytes[i] == '\t');
        dcm_textbuf_free(&xml);
    }
    dcm_index_free(&index);
    free(source);
    if (check_nfailed) abort();
    return 0;
}
