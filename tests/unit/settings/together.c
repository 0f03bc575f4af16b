/* SPDX-License-Identifier: Apache-2.0 */
/* What only several settings together get wrong, and what is worked out from them. */
#include "confs.h"

#define FILES " certificate = {\"c\"} key = {\"k\"} "
#define NONE  "listener public { address = \"0.0.0.0:443\" names = {\"as.example\"}" FILES "}\n"
#define ASKS                                                                                       \
    "listener mtls { address = \"0.0.0.0:8444\" names = {\"mtls.as.example\"}" FILES               \
    "client_certificate = request origin = \"https://mtls.as.example:8444\" }\n"

START_TEST(certificates_and_keys_go_in_pairs)
{
    ck_finds(ISSUER
             "listener public {\n address = \"0.0.0.0:443\" names = {\"as.example\"}\n"
             "client_certificate = request certificate = {\"a\", \"b\"}\nkey = {\"a\"} }\n" TRUST,
             "f:5: listener public: 2 certificate files and 1 key files; they go in pairs");
    ck_takes(ISSUER "listener public {\n address = \"0.0.0.0:443\" names = {\"as.example\"}\n"
                    "client_certificate = request certificate = {\"a\", \"b\"}\n"
                    "key = {\"a\", \"b\"} }\n" TRUST,
             "");
}
END_TEST

START_TEST(REG_103_issuer_is_served_by_a_listener)
{
    ck_finds("\nissuer = \"https://other.example\"\n" LISTENER TRUST,
             "f:2: issuer: no listener has its host among its names");
    ck_takes("issuer = \"https://as.example/brand1\"\n" LISTENER TRUST, "");
}
END_TEST

START_TEST(an_origin_is_a_name_of_its_listener)
{
    ck_finds(ISSUER NONE
             "listener mtls { address = \"0.0.0.0:8444\" names = {\"mtls.as.example\"}" FILES
             "client_certificate = request\norigin = \"https://as.example:8444\" }\n" TRUST,
             "f:4: listener mtls: the host of its origin is not among its names: add as.example");
    ck_takes(ISSUER NONE ASKS TRUST, "");
}
END_TEST

START_TEST(an_origin_belongs_to_one_listener)
{
    ck_finds(ISSUER NONE ASKS
             "listener third { address = \"0.0.0.0:8445\" names = {\"mtls.as.example\"}" FILES
             "client_certificate = request\norigin = \"https://mtls.as.example:8444\" }\n" TRUST,
             "f:5: listener third: another listener has this origin");
    /* of the first, with another between them */
    ck_finds(ISSUER ASKS
             "listener second { address = \"0.0.0.0:8445\" names = {\"as.example\"}" FILES
             "client_certificate = request\norigin = \"https://as.example:8445\" }\n"
             "listener third { address = \"0.0.0.0:8446\" names = {\"mtls.as.example\"}" FILES
             "client_certificate = request\norigin = \"https://mtls.as.example:8444\" }\n" TRUST,
             "f:6: listener third: another listener has this origin");
    ck_finds(ISSUER "listener one { address = \"0.0.0.0:1\" names = {\"as.example\"}" FILES
                    "origin = \"https://as.example\" client_certificate = request }\n"
                    "listener two { address = \"0.0.0.0:2\" names = {\"as.example\"}" FILES
                    "origin = \"https://as.example\" client_certificate = request }\n" TRUST,
             "f:3: listener two: another listener has this origin");
}
END_TEST

START_TEST(two_listeners_have_two_addresses)
{
    char text[2048];
    static const struct {
        const char *one, *other;
        bool meet;
    } cases[] = {
        {"127.0.0.1:443", "127.0.0.1:443", true},  {"127.0.0.1:443", "127.0.0.1:444", false},
        {"127.0.0.1:443", "127.0.0.2:443", false}, {"0.0.0.0:443", "127.0.0.2:443", true},
        {"127.0.0.1:443", "0.0.0.0:443", true},    {"[::]:443", "0.0.0.0:443", false},
        {"[::]:443", "[::1]:443", true},           {"[::1]:443", "[::2]:443", false},
        {"127.0.0.1:0", "127.0.0.1:0", false},
    };

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        snprintf(text, sizeof(text),
                 ISSUER "listener a { names = {\"as.example\"}" FILES "client_certificate = request"
                        "\naddress = \"%s\" }\nlistener b { names = {\"as.example\"}" FILES
                        "\naddress = \"%s\" }\n" TRUST,
                 cases[i].one, cases[i].other);
        if (cases[i].meet) {
            ck_finds(text, "f:5: listener b: its address is that of listener a; give it another "
                           "port");
        } else {
            ck_takes(text, "");
        }
    }
}
END_TEST

START_TEST(a_listener_is_not_called_as_one_of_admin)
{
    static const char *const taken[] = {"admin-http", "admin-socket"};
    char text[1024], says[128];

    for (size_t i = 0; i < AS_COUNT(taken); i++) {
        snprintf(text, sizeof(text),
                 ISSUER "listener %s { names = {\"as.example\"}" FILES
                        "client_certificate = request\naddress = \"127.0.0.1:443\" }\n" TRUST,
                 taken[i]);
        snprintf(says, sizeof(says),
                 "f:3: listener %s: the name is that of a listener of the section admin", taken[i]);
        ck_finds(text, says);
    }
    snprintf(text, sizeof(text),
             ISSUER "listener admin { names = {\"as.example\"}" FILES
                    "client_certificate = request\naddress = \"127.0.0.1:443\" }\n" TRUST);
    ck_takes(text, "");
}
END_TEST

START_TEST(admin_http_has_its_own_address)
{
    ck_finds(WHOLE "admin { socket = \"\"\nhttp = \"127.0.0.1:8443\" }\n",
             "f:5: admin.http: its address is that of listener public; give it another port");
    ck_takes(WHOLE "admin { http = \"127.0.0.1:8442\" }\n", "");
}
END_TEST

START_TEST(some_listener_asks_for_certificates)
{
    ck_finds(ISSUER NONE TRUST,
             "f:1: no listener asks for client certificates, by which all clients authenticate: "
             "set client_certificate = request in one");
    ck_finds(ISSUER NONE TRUST "authentication {\n methods = {tls_client_auth} }\n",
             "f:5: no listener asks for client certificates, by which all clients authenticate: "
             "set client_certificate = request in one");
}
END_TEST

/* ---------------------------------------------------------------- aliases -------------------- */

static void expect_origins(const char *text, const char *issuer_listener, const char *mtls_origin)
{
    struct as_settings *settings = conf_read(text);

    ck_assert_msg(settings != NULL, "%s", said);
    ck_assert_str_eq(settings->issuer_listener->name, issuer_listener);
    ck_assert_pstr_eq(settings->mtls_origin, mtls_origin);
    as_settings_free(settings);
}

START_TEST(one_listener_that_asks_everywhere_needs_no_origin)
{
    expect_origins(WHOLE, "public", NULL);
    expect_origins(ISSUER
                   "listener public { address = \"0.0.0.0:443\" names = {\"as.example\"}" FILES
                   "client_certificate = require }\n" ASKS TRUST,
                   "public", NULL);
}
END_TEST

START_TEST(two_listeners_with_an_origin)
{
    expect_origins(ISSUER NONE ASKS TRUST, "public", "https://mtls.as.example:8444");
    expect_origins(ISSUER ASKS NONE TRUST, "public", "https://mtls.as.example:8444");
}
END_TEST

START_TEST(the_first_with_an_origin_is_told)
{
    expect_origins(ISSUER NONE
                   "listener inner { address = \"127.0.0.1:1\" names = {\"localhost\"}" FILES
                   "client_certificate = request }\n" ASKS
                   "listener late { address = \"127.0.0.1:2\" names = {\"localhost\"}" FILES
                   "client_certificate = request origin = \"https://localhost:2\" }\n" TRUST,
                   "public", "https://mtls.as.example:8444");
}
END_TEST

START_TEST(an_origin_is_asked_for_where_it_is_needed)
{
    ck_finds(ISSUER NONE
             "listener mtls { address = \"0.0.0.0:8444\" names = {\"mtls.as.example\"}" FILES
             "\nclient_certificate = request }\n" TRUST,
             "f:3: listener mtls asks for certificates and the issuer's listener public does not: "
             "set origin, so that clients learn where to go");
}
END_TEST

/* One host, two ports: the listener with the issuer's port, or without an origin, is the issuer's.
 */
START_TEST(one_host_on_two_ports)
{
    static const char *const other =
        "listener mtls { address = \"0.0.0.0:8444\" names = {\"as.example\"}" FILES
        "client_certificate = request origin = \"https://as.example:8444\" }\n";
    char text[2048];

    snprintf(text, sizeof(text), ISSUER "%s" NONE TRUST, other);
    expect_origins(text, "public", "https://as.example:8444");
    snprintf(text, sizeof(text), "issuer = \"https://as.example:8444\"\n%s" NONE TRUST, other);
    expect_origins(text, "mtls", NULL);
    expect_origins("issuer = \"https://as.example:2\"\n"
                   "listener a { address = \"0.0.0.0:1\" names = {\"as.example\"}" FILES "}\n"
                   "listener b { address = \"0.0.0.0:2\" names = {\"as.example\"}" FILES
                   "client_certificate = request }\n" TRUST,
                   "b", NULL);
}
END_TEST

/* ---------------------------------------------------------------- trust ---------------------- */

START_TEST(MTLS_45_no_client_group_is_allowed)
{
    ck_takes(ISSUER LISTENER,
             "f:1: warning: no trust section has use = client: every client of tls_client_auth "
             "will be refused");
    ck_takes(ISSUER LISTENER "authentication { methods = {self_signed_tls_client_auth} }\n", "");
    ck_takes(ISSUER LISTENER "trust rs { use = resource anchors = {\"a\"} }\n",
             "f:1: warning: no trust section has use = client: every client of tls_client_auth "
             "will be refused");
}
END_TEST

START_TEST(MTLS_46_several_client_groups)
{
    ck_takes(WHOLE "trust other { use = client anchors = {\"b\"} }\n",
             "f:1: warning: several trust sections have use = client and default_trust is not set: "
             "clients that are not pinned to one will be refused");
    ck_takes(WHOLE "trust other { use = client anchors = {\"b\"} }\ndefault_trust = other\n", "");
}
END_TEST

START_TEST(MTLS_46_several_resource_groups)
{
    ck_takes(WHOLE "trust other { use = resource anchors = {\"b\"} }\n", "");
    ck_takes(WHOLE "trust other { use = resource anchors = {\"b\"} }\n"
                   "trust third { use = resource anchors = {\"c\"} }\n",
             "f:1: warning: several trust sections have use = resource: resource servers that are "
             "not pinned to one will be refused");
}
END_TEST

START_TEST(default_trust_is_a_client_group)
{
    ck_finds(WHOLE "\ndefault_trust = other\n",
             "f:5: default_trust: there is no section trust other");
    ck_finds(WHOLE "trust rs { use = resource anchors = {\"b\"} }\ndefault_trust = rs\n",
             "f:5: default_trust: trust rs has not use = client");
    ck_takes(WHOLE "default_trust = banks\n", "");
}
END_TEST

START_TEST(the_key_file_is_not_the_database)
{
    ck_finds(WHOLE "store { path = \"x\"\nkey_file = \"x\" }\n",
             "f:5: store.key_file: this is the file of store.path");
}
END_TEST

CONF_TESTS("settings/together", {
    tcase_add_test(t, certificates_and_keys_go_in_pairs);
    tcase_add_test(t, REG_103_issuer_is_served_by_a_listener);
    tcase_add_test(t, an_origin_is_a_name_of_its_listener);
    tcase_add_test(t, an_origin_belongs_to_one_listener);
    tcase_add_test(t, two_listeners_have_two_addresses);
    tcase_add_test(t, a_listener_is_not_called_as_one_of_admin);
    tcase_add_test(t, admin_http_has_its_own_address);
    tcase_add_test(t, some_listener_asks_for_certificates);
    tcase_add_test(t, one_listener_that_asks_everywhere_needs_no_origin);
    tcase_add_test(t, two_listeners_with_an_origin);
    tcase_add_test(t, the_first_with_an_origin_is_told);
    tcase_add_test(t, an_origin_is_asked_for_where_it_is_needed);
    tcase_add_test(t, one_host_on_two_ports);
    tcase_add_test(t, MTLS_45_no_client_group_is_allowed);
    tcase_add_test(t, MTLS_46_several_client_groups);
    tcase_add_test(t, MTLS_46_several_resource_groups);
    tcase_add_test(t, default_trust_is_a_client_group);
    tcase_add_test(t, the_key_file_is_not_the_database);
})
