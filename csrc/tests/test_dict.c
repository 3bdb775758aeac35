/* Tests of the dictionary look-ups. PS3.6; PS3.5 §6.2.2, §7.2, §7.8. */
#include "check.h"
#include "dict.h"
#include "vr.h"

static bool has_text(uint32_t offset, const char *text) {
    return strcmp(dcm_dict_text + offset, text) == 0;
}

static bool tag_has_keyword(uint32_t tag, const char *keyword) {
    const dcm_dict_entry *entry = dcm_dict_find(tag);
    return entry && has_text(entry->keyword, keyword);
}

static const dcm_dict_entry *by_keyword(const char *keyword) {
    return dcm_dict_find_keyword(keyword, strlen(keyword));
}

static const dcm_uid_entry *by_uid(const char *uid) {
    return dcm_uid_find(uid, strlen(uid));
}

static const dcm_private_entry *by_creator(const char *creator, uint32_t tag) {
    return dcm_private_find(creator, strlen(creator), tag);
}

static void every_entry_is_found_by_tag_and_keyword(void) {
    for (uint32_t i = 0; i < dcm_dict_nentries; i++) {
        const dcm_dict_entry *entry = &dcm_dict_entries[i];
        const char *keyword = dcm_dict_text + entry->keyword;
        CHECK(i == 0 || entry[-1].tag <= entry->tag);
        if (*keyword) CHECK(by_keyword(keyword) == entry);
        const uint32_t mask = dcm_dict_mask(entry);
        CHECK((entry->tag & ~mask) == 0);
        if (mask == UINT32_MAX || mask == 0xFF00FFFFu) CHECK(dcm_dict_find(entry->tag) == entry);
    }
    CHECK(by_keyword("") == NULL);
    CHECK(by_keyword("PatientNam") == NULL);
    CHECK(by_keyword("PatientNames") == NULL);
    CHECK(by_keyword("atientName") == NULL);
    CHECK(dcm_dict_find_keyword("PatientName\0", 12) == NULL);
    CHECK(by_keyword("AKeywordThatIsLongerThanAnyOtherKeywordOfTheWholeDataDictionaryOfPS36") == NULL);
}

static void ordinary_tags(void) {
    CHECK(dcm_dict_vr(0x00100010) == DCM_VR_PN);
    CHECK(dcm_dict_vr(0x00080018) == DCM_VR_UI);
    CHECK(dcm_dict_vr(0x7FE00010) == DCM_VR_OX);
    CHECK(dcm_dict_vr(0x00280106) == DCM_VR_XS);
    CHECK(dcm_dict_vr(0x00283006) == DCM_VR_UO);
    CHECK(dcm_dict_vr(0x00281200) == DCM_VR_XO);
    CHECK(dcm_dict_vr(0xFFFEE000) == DCM_VR_NONE);
    CHECK(tag_has_keyword(0x00100010, "PatientName"));
    CHECK(has_text(dcm_dict_find(0x00181153)->name, "Exposure in \xC2\xB5"
                                                    "As"));
    CHECK(strcmp(dcm_dict_vms[dcm_dict_find(0x00200032)->vm], "3") == 0);
    CHECK(dcm_dict_find(0x00080010)->retired == 1);
    CHECK(strcmp(dcm_dict_edition, "2026c") == 0);
}

static void tags_without_an_entry(void) {
    CHECK(dcm_dict_vr(0x00080000) == DCM_VR_UL); /* group lengths */
    CHECK(dcm_dict_vr(0x00290000) == DCM_VR_UL);
    CHECK(dcm_dict_vr(0x60020000) == DCM_VR_UL);
    CHECK(dcm_dict_find(0x00080000) == NULL);
    CHECK(dcm_dict_vr(0x00290010) == DCM_VR_LO); /* private creators */
    CHECK(dcm_dict_vr(0x002900FF) == DCM_VR_LO);
    CHECK(dcm_dict_vr(0x0029000F) == DCM_VR_UN);
    CHECK(dcm_dict_vr(0x00290100) == DCM_VR_UN);
    CHECK(dcm_dict_vr(0x00291010) == DCM_VR_UN);
    CHECK(dcm_dict_vr(0x0010FFFE) == DCM_VR_UN);
    CHECK(dcm_dict_vr(0xFFFFFFFF) == DCM_VR_UN);
    CHECK(dcm_dict_vr(0x00280020) == DCM_VR_UN); /* a retired blank */
}

static void repeating_tags(void) {
    CHECK(dcm_dict_vr(0x60003000) == DCM_VR_OX);
    CHECK(dcm_dict_vr(0x601E3000) == DCM_VR_OX);
    CHECK(dcm_dict_find(0x60020010) == by_keyword("OverlayRows"));
    CHECK(dcm_dict_find(0x60030010) == NULL);
    CHECK(dcm_dict_vr(0x50FE3000) == DCM_VR_OX);
    CHECK(dcm_dict_find(0x50013000) == NULL);
    CHECK(tag_has_keyword(0x7F020010, "VariablePixelData"));
    CHECK(tag_has_keyword(0x002031AB, "SourceImageIDs"));
    CHECK(tag_has_keyword(0x00280400, "TransformLabel"));
    CHECK(tag_has_keyword(0x00280420, "RowsForNthOrderCoefficients"));
    CHECK(tag_has_keyword(0x002808F8, "ImageDataLocation"));
    CHECK(dcm_dict_find(0x002808F9) == NULL);
    CHECK(tag_has_keyword(0x10001235, "ShiftTableTriplet"));
    CHECK(tag_has_keyword(0x10101234, "ZonalMap"));
    CHECK(dcm_dict_find(0x10100000) == NULL);
    CHECK(dcm_dict_mask(by_keyword("OverlayRows")) == 0xFF00FFFFu);
    CHECK(dcm_dict_mask(by_keyword("EscapeTriplet")) == 0xFFFF000Fu);
    CHECK(dcm_dict_mask(by_keyword("PatientName")) == UINT32_MAX);
}

static void uids(void) {
    for (uint32_t i = 0; i < dcm_uid_nentries; i++) {
        const dcm_uid_entry *entry = &dcm_uid_entries[i];
        const char *keyword = dcm_dict_text + entry->keyword;
        CHECK(by_uid(dcm_dict_text + entry->uid) == entry);
        if (*keyword) CHECK(dcm_uid_find_keyword(keyword, strlen(keyword)) == entry);
    }
    CHECK(has_text(by_uid("1.2.840.10008.1.2")->keyword, "ImplicitVRLittleEndian"));
    CHECK(has_text(by_uid("1.2.840.10008.1.2")->type, "Transfer Syntax"));
    CHECK(has_text(by_uid("1.2.840.10008.1.2.4.111")->keyword, "JPEGXLJPEGRecompression"));
    CHECK(by_uid("1.2.840.10008.1.2.2")->retired == 1);
    CHECK(by_uid("1.2.840.10008.1.") == NULL);
    CHECK(by_uid("") == NULL);
    CHECK(dcm_uid_find_keyword("", 0) == NULL);
}

static void private_elements(void) {
    const dcm_private_entry *entry = by_creator("SIEMENS CSA HEADER", 0x00291010);
    CHECK(entry && entry->vr == DCM_VR_OB && has_text(entry->name, "CSA Image Header Info"));
    CHECK(by_creator("SIEMENS CSA HEADER", 0x00291110) == entry); /* any block */
    CHECK(by_creator("SIEMENS CSA HEADER", 0x002911FE) == NULL);
    CHECK(by_creator("SIEMENS CSA HEADE", 0x00291010) == NULL);
    CHECK(by_creator("", 0x00291010) == NULL);
    entry = by_creator("PAPYRUS 3.0", 0x60171010); /* group and block repeat */
    CHECK(entry && has_text(entry->name, "Overlay Rows"));
    CHECK(by_creator("PAPYRUS 3.0", 0x60161010) == NULL); /* even: not private */
    entry = by_creator("FDMS 1.0", 0x002710A3);
    CHECK(entry && entry->vr == DCM_VR_XS);
    entry = by_creator("TOSHIBA_MEC_OT3", 0x70191080);
    CHECK(entry && entry->vr == DCM_VR_OX);
    CHECK(by_creator("GEMS_ACQU_01", 0x00191023) != NULL);
}

int main(void) {
    every_entry_is_found_by_tag_and_keyword();
    ordinary_tags();
    tags_without_an_entry();
    repeating_tags();
    uids();
    private_elements();
    return check_result();
}
