/* SPDX-License-Identifier: Apache-2.0 */
/* The schema step by step, and a database as the first step alone made it. */
#ifndef AS_TESTS_STORE_MIGRATIONS_H
#define AS_TESTS_STORE_MIGRATIONS_H

#include <stdint.h>

struct as_migration {
    int64_t number;
    const char *name;
    const char *sql;
};

#include "migrations.inc"

/* Rows that the first part wrote: a client and a resource server, and sealing keys of two purposes,
 * of which one was made three times. */
__attribute__((unused)) static const char old_rows[] =
    "INSERT INTO party VALUES (4, 'old-client', 0, 0, 0, 1, x'3001', x'', 'banks', 7, 0, 11, 12,"
    " '{\"client_name\":\"old\"}', 'accounts', 'fapi1', 1, 'https://rs.example/', 1);"
    "INSERT INTO party VALUES (5, 'old-rs', 1, 0, 1, 0, x'', zeroblob(32), '', 8, 0, 11, 12,"
    " '{}', 'accounts', '', 0, '', 0);"
    "INSERT INTO audience VALUES ('https://rs.example/', 5, 0);"
    "INSERT INTO identifier VALUES (1, zeroblob(32), 4);"
    "INSERT INTO revocation VALUES (1, zeroblob(16), 40000000000);"
    "INSERT INTO seal_key VALUES (x'0102030405060708', 'one', x'AA', 100);"
    "INSERT INTO seal_key VALUES (x'F102030405060708', 'one', x'BB', 300);"
    "INSERT INTO seal_key VALUES (x'A102030405060708', 'one', x'CC', 200);"
    "INSERT INTO seal_key VALUES (x'B102030405060708', 'two', x'DD', 50);"
    "INSERT INTO audit VALUES (3, 1, 'client_created', 'uid:0', 'old-client', 'admin', 'success',"
    " '', '', '', '', '');"
    "UPDATE sequence SET value = 8 WHERE name = 'epoch';";

#endif
