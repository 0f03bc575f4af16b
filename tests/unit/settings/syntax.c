/* SPDX-License-Identifier: Apache-2.0 */
/* How a configuration is written: what libconfuse would forgive is refused, with its line. */
#include "confs.h"

START_TEST(the_least_configuration)
{
    struct as_settings *settings = conf_read(WHOLE);

    ck_assert_str_eq(said, "");
    ck_assert_ptr_nonnull(settings);
    ck_assert_str_eq(settings->file, "f");
    ck_assert_str_eq(settings->issuer, "https://as.example");
    ck_assert_uint_eq(settings->listener_count, 1);
    ck_assert_str_eq(settings->listeners[0].name, "public");
    ck_assert_str_eq(settings->trusts[0].name, "banks");
    as_settings_free(settings);
    as_settings_free(NULL);
}
END_TEST

START_TEST(comments_stand_anywhere)
{
    ck_takes("# one\n" ISSUER "# \"two\n" LISTENER
             "trust # three\nbanks # {\n{ use = # x\n client\n"
             "anchors = { # y\n \"a\", # z\n # } \n 'b' } }# end",
             "");
}
END_TEST

START_TEST(lines_are_counted_through_comments_and_lists)
{
    ck_finds(ISSUER "#\n#\n" LISTENER "profiles = {\n# x\nfapi1,\n\nfapi3\n}\n" TRUST,
             "f:7: profiles: \"fapi3\" is not some of fapi1, fapi2 or oauth");
}
END_TEST

START_TEST(dos_line_ends_are_read)
{
    struct as_settings *settings = conf_read("issuer = \"https://as.example\"\r\n" LISTENER TRUST);

    ck_assert_ptr_nonnull(settings);
    ck_assert_str_eq(settings->issuer, "https://as.example");
    as_settings_free(settings);
}
END_TEST

START_TEST(strings_end_on_their_line)
{
    ck_finds(WHOLE "\nstore { path = \"a\n\" }\n", "f:5: the string is not closed on its line");
    ck_finds(WHOLE "store { path = 'a", "f:4: the string is not closed on its line");
    /* the scanner of libconfuse is not left inside of the string */
    ck_takes(WHOLE, "");
}
END_TEST

START_TEST(strings_escape_only_what_needs_it)
{
    struct as_settings *settings = conf_read(WHOLE "store { path = \"/a\\\"\\\\\\${b}\" key_file = "
                                                   "'/\\'\\\\$${x}\"' }\n");

    ck_assert_str_eq(said, "");
    ck_assert_str_eq(settings->store_path, "/a\"\\${b}");
    ck_assert_str_eq(settings->store_key_file, "/'\\$${x}\"");
    as_settings_free(settings);
    ck_finds(WHOLE "store { path = \"a\\n\" }\n", "f:4: a backslash in a string is written \\\\");
    ck_finds(WHOLE "store { path = \"a\\777\" }\n", "f:4: a backslash in a string is written \\\\");
    ck_finds(WHOLE "store { path = 'a\\b' }\n", "f:4: a backslash in a string is written \\\\");
    ck_finds(WHOLE "store { path = \"a\\", "f:4: a backslash in a string is written \\\\");
}
END_TEST

START_TEST(braces_are_balanced)
{
    ck_finds(WHOLE "\nstore {\n path = \"a\"\n", "f:5: the brace opened here is not closed");
    ck_finds(WHOLE "}\n", "f:4: a closing brace without an opening one");
    ck_finds(WHOLE "profiles = {fapi1\n", "f:4: the brace opened here is not closed");
    ck_finds("{{{{{{{{{", "f:1: too many open braces");
}
END_TEST

START_TEST(foreign_characters_stand_in_quotes)
{
    ck_finds(WHOLE "workers = 2;\n", "f:4: the character ; stands only in quotes");
    ck_finds(WHOLE "profiles += {oauth}\n", "f:4: the character + stands only in quotes");
    ck_finds(WHOLE "store|path = a\n", "f:4: the character | stands only in quotes");
    ck_finds(WHOLE "workers = ${HOME}\n", "f:4: the character $ stands only in quotes");
    ck_finds(WHOLE "store { path = /var/* }\n",
             "f:4: comments start with #; a text with // or /* is written in quotes");
    ck_finds("issuer = https://as.example\n",
             "f:1: comments start with #; a text with // or /* is written in quotes");
    ck_finds(WHOLE "// no\n",
             "f:4: comments start with #; a text with // or /* is written in quotes");
    ck_finds(WHOLE "store { path = \xC3\xA4 }\n", "f:4: the octet 0xC3 stands only in quotes");
    ck_takes(WHOLE "store { path = \"\xC3\xA4\" }\n", "");
}
END_TEST

START_TEST(octets_that_stand_nowhere)
{
    ck_finds(WHOLE "# \xFF\n", "f:1: the file is not UTF-8");
    ck_finds(WHOLE "\n# \x01\n", "f:5: the file holds a control character");
    conf_put_bytes("f", "a\n\0b", 4);
    ck_assert_ptr_null(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "f:2: the file holds a control character");
    ck_finds(WHOLE "store { path = \"a\tb\" }\n",
             "f:4: store.path: the value holds a control character or is not UTF-8");
}
END_TEST

START_TEST(syntax_errors_have_a_line)
{
    ck_finds(WHOLE "workers 2\n", "f:4: missing equal sign after option 'workers'");
    ck_finds(WHOLE "issuer = {\"a\"}\n", "f:4: unexpected token '{'");
    ck_finds(WHOLE "listener { }\n", "f:4: missing title for section 'listener'");
    ck_finds(WHOLE "store x\n", "f:4: missing opening brace for section 'store'");
    ck_finds(WHOLE "profiles = {fapi1 fapi2}\n", "f:4: unexpected token 'fapi2'");
    ck_finds(WHOLE "workers =", "f:5: premature end of file");
    ck_finds(WHOLE ")", "f:4: unexpected token ')'");
}
END_TEST

START_TEST(an_unknown_setting_is_an_error)
{
    ck_finds(WHOLE "colour = red\n", "f:4: no such option 'colour'");
    ck_finds(WHOLE "store {\n colour = red }\n", "f:5: no such option 'colour' in store");
    ck_finds(WHOLE "trust x { use = client\n pin = a }\n", "f:5: no such option 'pin' in trust x");
    ck_finds(WHOLE "Workers = 1\n", "f:4: no such option 'Workers'");
    ck_finds(WHOLE "path = \"/a\"\n", "f:4: no such option 'path'");
    ck_finds(WHOLE "\"store|path\" = a\n", "f:4: no such option outside of its section: path");
    ck_finds(WHOLE "\"listener=public|ca_names\" = on\n",
             "f:4: no such option outside of its section: ca_names");
}
END_TEST

/* What later versions know must not seem to work in this one. */
START_TEST(settings_of_later_versions_are_unknown)
{
    ck_finds(WHOLE "revocation { deny = {\"a\"} }\n", "f:4: no such option 'revocation'");
    ck_finds(WHOLE "keys { tokens = 5m }\n", "f:4: no such option 'tokens' in keys");
    ck_finds(WHOLE "lifetime { code = 60s }\n", "f:4: no such option 'code' in lifetime");
    ck_finds(WHOLE "lifetime { par = 60s }\n", "f:4: no such option 'par' in lifetime");
    ck_finds(WHOLE "trust x { crl = {\"a\"} }\n", "f:4: no such option 'crl' in trust x");
    ck_finds(WHOLE "trust x { crl_check = require }\n",
             "f:4: no such option 'crl_check' in trust x");
    ck_finds(WHOLE "profiles = {fapi2_ms}\n",
             "f:4: profiles: \"fapi2_ms\" is not some of fapi1, fapi2 or oauth");
    ck_finds(WHOLE "trust x { use = user anchors = {a} }\n",
             "f:4: trust.x.use: \"user\" is not client or resource");
    ck_finds(WHOLE "store { backend = postgresql }\n",
             "f:4: store.backend: \"postgresql\" is not sqlite");
}
END_TEST

START_TEST(a_key_given_twice_is_an_error)
{
    ck_finds(WHOLE "workers = 1\n\nworkers = 1\n", "f:6: workers is given twice, first at f:4");
    ck_finds(WHOLE "store {\n path = a\n path = b }\n",
             "f:6: store.path is given twice, first at f:5");
    ck_finds(WHOLE "profiles = {fapi1}\nprofiles = {fapi2, oauth}\n",
             "f:5: profiles is given twice, first at f:4");
    ck_finds(WHOLE "profiles = {fapi1, fapi2}\nprofiles = {}\n",
             "f:5: profiles is given twice, first at f:4");
    ck_finds(WHOLE "profiles = { }\nprofiles = {fapi1}\n",
             "f:5: profiles is given twice, first at f:4");
    ck_finds(WHOLE "profiles = {\n#\n}\nprofiles = {}\n",
             "f:7: profiles is given twice, first at f:6");
    ck_finds(WHOLE "profiles = fapi1\nprofiles = fapi2\n",
             "f:5: profiles is given twice, first at f:4");
}
END_TEST

START_TEST(a_section_given_twice_is_an_error)
{
    ck_finds(WHOLE "store { path = a }\nstore { key_file = b }\n",
             "f:5: section store is given twice, first at f:4");
    ck_finds(WHOLE "store { }\nstore { }\n", "f:5: section store is given twice, first at f:4");
    ck_finds(WHOLE LISTENER, "f:4: found duplicate title 'public'");
    ck_finds(WHOLE "listener other { }\n listener public { }\n",
             "f:5: found duplicate title 'public'");
    /* the same title in another kind of section is fine */
    ck_takes(ISSUER LISTENER "trust public { use = client anchors = {a} }\n", "");
}
END_TEST

START_TEST(titles_are_names)
{
    ck_finds(WHOLE "trust \"a.b\" { use = client }\n",
             "f:4: trust \"a.b\" is no name: a lower-case letter, then lower-case letters, digits, "
             "- and _");
    ck_finds(WHOLE "trust \"\" { use = client }\n",
             "f:4: trust \"\" is no name: it has 1 to 32 characters");
    ck_finds(WHOLE "trust a23456789-123456789_123456789-123 { use = client }\n",
             "f:4: trust \"a23456789-123456789_123456789-123\" is no name: it has 1 to 32 "
             "characters");
    ck_takes(WHOLE "trust a23456789-123456789_123456789-12 { use = resource anchors = {a} }\n", "");
}
END_TEST

START_TEST(counts_are_bounded)
{
    char text[16384] = WHOLE "authentication { failure_exempt = {";
    size_t len = strlen(text);

    for (int i = 0; i < 65; i++) {
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%s127.0.0.%d", i > 0 ? "," : "", i);
    }
    snprintf(text + len, sizeof(text) - len, "} }\n");
    ck_finds(text, "f:4: authentication.failure_exempt: the value has too many values");

    len = (size_t)snprintf(text, sizeof(text), WHOLE "store { path = \"/");
    memset(text + len, 'x', 4096);
    snprintf(text + len + 4096, sizeof(text) - len - 4096, "\" }\n");
    ck_finds(text, "f:4: store.path: the value is too long");

    len = (size_t)snprintf(text, sizeof(text), ISSUER);
    for (int i = 0; i < 130; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "trust t%d { use = client }\n", i);
    }
    ck_assert_ptr_null(conf_read(text));
    ck_assert_ptr_nonnull(strstr(said, ": too many sections"));
}
END_TEST

CONF_TESTS("settings/syntax", {
    tcase_add_test(t, the_least_configuration);
    tcase_add_test(t, comments_stand_anywhere);
    tcase_add_test(t, lines_are_counted_through_comments_and_lists);
    tcase_add_test(t, dos_line_ends_are_read);
    tcase_add_test(t, strings_end_on_their_line);
    tcase_add_test(t, strings_escape_only_what_needs_it);
    tcase_add_test(t, braces_are_balanced);
    tcase_add_test(t, foreign_characters_stand_in_quotes);
    tcase_add_test(t, octets_that_stand_nowhere);
    tcase_add_test(t, syntax_errors_have_a_line);
    tcase_add_test(t, an_unknown_setting_is_an_error);
    tcase_add_test(t, settings_of_later_versions_are_unknown);
    tcase_add_test(t, a_key_given_twice_is_an_error);
    tcase_add_test(t, a_section_given_twice_is_an_error);
    tcase_add_test(t, titles_are_names);
    tcase_add_test(t, counts_are_bounded);
})
