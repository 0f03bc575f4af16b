/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixed bounds of the server in one place, with what happens at the bound beside each. Those of
 * what strangers send are enforced before storage is touched. A size that only one file can meet,
 * of a buffer or a step, stands in that file; what an operator may choose, in settings/table.c.
 */
#ifndef AS_BASE_LIMITS_H
#define AS_BASE_LIMITS_H

/* A bound in the sentence that tells of it; only where it is a plain number. */
#define AS_SAY(limit)  AS_SAY_(limit)
#define AS_SAY_(limit) #limit

/* --- the edge, per connection and request --- */
#define AS_LIMIT_HEAD         (16 * 1024)  /* header block without the request line: 431 */
#define AS_LIMIT_REQUEST_LINE (16 * 1024)  /* 414 */
#define AS_LIMIT_FIELDS       100          /* header fields: 431 */
#define AS_LIMIT_METHOD       32           /* octets of a method: 501 */
#define AS_LIMIT_HOST         261          /* octets of Host, 255 of a name and its port: 400 */
#define AS_LIMIT_BODY         (256 * 1024) /* any route: 413 */
#define AS_LIMIT_IMPORT       (8 * 1024 * 1024)  /* the same of imports at the admin socket: 413 */
#define AS_LIMIT_ROUTE_BODY   (64 * 1024)        /* a route that does not say otherwise: 413 */
#define AS_LIMIT_WORKER_BYTES (64 * 1024 * 1024) /* buffered per worker: 503 */
#define AS_LIMIT_SEND_BUFFER  (64 * 1024) /* answers that wait in the system: nothing is read on */
#define AS_LIMIT_SMALL        (16 * 1024) /* a whole request: larger ones leave room for such */
#define AS_LIMIT_REPLY_HEAD   8192        /* octets of the fields of an answer of ours: 500 */

/* --- deadlines, milliseconds, absolute: the connection closes (408 where an answer is owed) --- */
#define AS_LIMIT_HANDSHAKE_MS 10000
#define AS_LIMIT_HEAD_MS      10000
#define AS_LIMIT_BODY_MS      30000
#define AS_LIMIT_REQUEST_MS   30000
#define AS_LIMIT_IDLE_MS      60000
#define AS_LIMIT_REST_MS      2000  /* an idle connection gives its memory back */
#define AS_LIMIT_RETRY_AFTER  "2"   /* seconds that each 503 and 429 asks for */
#define AS_LIMIT_LINGER_MS    2000  /* after a refusal: until the client has read it and gone */
#define AS_LIMIT_YIELD_MS     2000  /* what takes longer to come yields where buffers are full */
#define AS_LIMIT_FAREWELL_MS  1000  /* at the end, idle connections may still ask something */
#define AS_LIMIT_STOP_MS      10000 /* at the end, after the drain: then connections are cut off */

/* --- connections --- */
#define AS_LIMIT_ACCEPT_PAUSE_MS  100   /* no room for more: nothing is accepted for so long */
#define AS_LIMIT_FD_RESERVE       64    /* descriptors kept free for the store and the log */
#define AS_LIMIT_FD_ADMIN         48    /* kept for listeners without TLS: others wait */
#define AS_LIMIT_FAILED_WINDOW_MS 10000 /* handshakes that fail are counted for so long */

/* --- the handshake (design D4): an alert --- */
#define AS_LIMIT_CERT_LIST       (16 * 1024) /* octets; a listener may take up to CERT_OCTETS */
#define AS_LIMIT_CERT_COUNT      8
#define AS_LIMIT_CERT_PARTS      256 /* extensions and values of names, in all that is shown */
#define AS_LIMIT_ANCHOR_FILE     (4 * 1024 * 1024) /* of a trust group: start refused */
#define AS_LIMIT_PEM_FILE        (256 * 1024) /* a listener's certificate or key: start refused */
#define AS_LIMIT_PEM_CHAIN       16           /* certificates in such a file: start refused */
#define AS_LIMIT_RSA_MIN_BITS    2048
#define AS_LIMIT_RSA_MAX_BITS    4096
#define AS_LIMIT_CA_RSA_MAX_BITS 8192
#define AS_LIMIT_SESSIONS        4096 /* per listener, or fewer by memory; the oldest go */
#define AS_LIMIT_SESSION_S       3600
#define AS_LIMIT_SESSION_CERTS   (8 * 1024) /* octets of the certificates; more: no session */

/* --- certificates --- */
#define AS_LIMIT_PATH_DEPTH      5            /* intermediates between leaf and anchor: refused */
#define AS_LIMIT_CERT_OCTETS     (100 * 1024) /* one certificate, D4's largest list: refused */
#define AS_LIMIT_CERT_NAMES      128  /* subjectAltName entries looked at; more: cert_malformed */
#define AS_LIMIT_CERT_EXTENSIONS 64   /* of one certificate; more: cert_malformed */
#define AS_LIMIT_DN_RDNS         32   /* RDNs in a name: refused */
#define AS_LIMIT_DN_AVAS         16   /* values in one RDN: refused */
#define AS_LIMIT_DN_OCTETS       8192 /* octets of one name: refused, matches nothing */
#define AS_LIMIT_DN_VALUE        1024 /* characters of one value: refused, matches nothing */
#define AS_LIMIT_PATH_TRIES      4 /* paths tried for one, each without what was to blame before */
#define AS_LIMIT_PATH_CACHE      8192 /* cached certification paths; the oldest go */
#define AS_LIMIT_PATH_FAILURES   1024 /* cached refusals, apart so that they displace no path */
#define AS_LIMIT_PATH_FAILURE_S  5    /* a cached failure lives this long */
#define AS_LIMIT_ANCHORS         1024 /* anchors, and intermediates, of one group: fatal */
#define AS_LIMIT_TRUST_GROUPS    64   /* groups of one configuration: fatal */

/* --- forms, JSON, registration --- */
#define AS_LIMIT_FORM_FIELDS      64            /* 400 */
#define AS_LIMIT_JSON_DEPTH       16            /* 400 */
#define AS_LIMIT_JSON_STRING      2048          /* outside jwks and software_statement: 400 */
#define AS_LIMIT_JSON_ARRAY       64            /* 400 */
#define AS_LIMIT_JWKS_KEYS        32            /* 400 */
#define AS_LIMIT_JWKS_CERTS       64            /* in x5c of all keys together: 400 */
#define AS_LIMIT_JWT              (16 * 1024)   /* a presented JWT; longer: no JWT of ours */
#define AS_LIMIT_IAT_USES         100000        /* of one initial access token: 400 */
#define AS_LIMIT_IAT_S            (366 * 86400) /* how long one lives: 400 */
#define AS_LIMIT_METADATA_SCOPES  4096          /* scopes_supported; the rest is left out */
#define AS_LIMIT_METADATA_OCTETS  (64 * 1024)   /* likewise */
#define AS_LIMIT_SCOPES           64            /* scope values in one request or registration */
#define AS_LIMIT_RESOURCES        8             /* `resource` parameters in one request: 400 */
#define AS_LIMIT_RESOURCE_SERVERS 4096          /* registered: refused by the admin API */

/* --- rationed by address: counters kept; when there are more, those that counted least go --- */
#define AS_LIMIT_THROTTLE               8192 /* of failed authentications; of registrations */
#define AS_LIMIT_FAILING                1024 /* of failed handshakes */
#define AS_LIMIT_FAILURE_WINDOW_MS      60000
#define AS_LIMIT_REGISTRATION_WINDOW_MS 3600000 /* in mode open: 429 */
#define AS_LIMIT_THROTTLE_ADDRESS       10 /* an address may fail so many times more than one client */

/* --- tokens --- */
#define AS_LIMIT_TOKEN_PLAIN       1024  /* plaintext of a sealed token; larger: refused at mint */
#define AS_LIMIT_TOKEN_CLAIMS      2048  /* claims of a JWT; larger: refused at mint */
#define AS_LIMIT_TOKEN_TEXT        4096  /* a presented token; longer: inactive */
#define AS_LIMIT_TOKEN_ANSWER      65536 /* what is said of a token; far above any */
#define AS_LIMIT_BEARER_LIFETIME_S 599   /* a token bound to nothing ends by then */
#define AS_LIMIT_CLOCK_SKEW        10 /* seconds a token may seem to come from the future: inactive */

/* --- threads and queues --- */
#define AS_LIMIT_JOBS          64                /* job threads */
#define AS_LIMIT_JOB_QUEUE     1024              /* waiting requests: 503 + Retry-After */
#define AS_LIMIT_COMMIT_QUEUE  1024              /* waiting writes: 503 + Retry-After */
#define AS_LIMIT_COMMIT_BATCH  64                /* writes in one transaction */
#define AS_LIMIT_ARENA         (4 * 1024 * 1024) /* memory of one request: 500 */
#define AS_LIMIT_CACHE_ENTRIES 4096              /* per table and session; emptied when full */

/* --- the admin interface and the process --- */
#define AS_LIMIT_ADMIN_CONNECTIONS 64   /* of each admin listener; one more is closed */
#define AS_LIMIT_ADMIN_GROUPS      256  /* of a caller; with more he is in none */
#define AS_LIMIT_PAGE_ITEMS        1000 /* of a list; the rest is on the next page */
#define AS_LIMIT_IMPORT_ITEMS      1000 /* of one import: 400 */
#define AS_LIMIT_CHECK_FINDINGS    100  /* told of a database; the rest is left out */
#define AS_LIMIT_JOBS_KEPT         8    /* of operators, ended: somebody may ask how */
#define AS_LIMIT_INHERITED         64   /* sockets of the service manager: start refused */

/* --- the log --- */
#define AS_LIMIT_LOG_AGAIN_MS 10000 /* between two lines about one trouble that goes on */

/* --- our keys --- */
#define AS_LIMIT_KEYS_REST_MS  60000 /* between two looks whether a key is due */
#define AS_LIMIT_KEYS_RETRY_MS 1000  /* after a step that failed */
#define AS_LIMIT_JWKS_AGE_S    3600  /* max-age of /jwks at the most */

/* --- memory --- */
#define AS_LIMIT_CONNECTION_BYTES (64 * 1024)  /* for each, buffers apart: no more of them */
#define AS_LIMIT_CERT_GROWTH      4            /* and so many times its max_cert_list */
#define AS_LIMIT_SESSION_BYTES    (64 * 1024)  /* of one; an eighth of all is for them */
#define AS_LIMIT_MEMORY_APART     (512 * 1024) /* by each worker; when it is used, others go */

/* --- the store --- */
#define AS_LIMIT_KEYS               256 /* of our own, retired ones too; then none is published */
#define AS_LIMIT_KID                64  /* octets of the name of a key of ours */
#define AS_LIMIT_PARTY_ID           255 /* octets of a client_id; longer: nobody has it */
#define AS_LIMIT_CACHE_BYTES        (16 * 1024 * 1024) /* per table and worker; emptied when full */
#define AS_LIMIT_CACHE_BYTES_JOB    (1024 * 1024)      /* the same of a job thread's session */
#define AS_LIMIT_RESOURCE_BYTES     (64 * 1024 * 1024) /* the set of resource servers: 500 */
#define AS_LIMIT_RESOURCE_OCTETS    (15 * 1024)        /* texts of one, 32 an audience: 400 */
#define AS_LIMIT_COMMIT_WAIT_MS     10000              /* a write that has not begun by then: 503 */
#define AS_LIMIT_COMMIT_REST_MS     2000               /* without writes: their pages are let go */
#define AS_LIMIT_STORE_BUSY_MS      5000               /* a job waits for a lock of others: 503 */
#define AS_LIMIT_WAL_PAGES          1000               /* a checkpoint follows in the background */
#define AS_LIMIT_WAL_PAGES_CAP      4096               /* the checkpoint then keeps writers out */
#define AS_LIMIT_TIDY_BUSY_MS       100                /* for so long at most */
#define AS_LIMIT_SWEEP_MS           60000              /* between two looks for expired rows */
#define AS_LIMIT_SWEEP_STEP_MS      1000               /* between two steps when there is more */
#define AS_LIMIT_SWEEP_ROWS         512                /* of a table in one step */
#define AS_LIMIT_SWEEP_GRACE_S      3600               /* a revocation outlives its token by this */
#define AS_LIMIT_CERTIFICATE_KEEP_S (30 * 86400)       /* a row outlives notAfter (D9) */
#define AS_LIMIT_IAT_KEEP_S         86400 /* an initial access token's row outlives its end */
#define AS_LIMIT_AUDIT_KEEP_S       (400 * 86400) /* audit rows; older ones are swept */
#define AS_LIMIT_AUDIT_ROWS         1000000       /* the oldest beyond are swept */
#define AS_LIMIT_STORE_CHECK_OCTETS (1 << 30) /* a larger database is not checked at the start */
#define AS_LIMIT_STORE_CHECK_MS     3000  /* of checking at the start; then it is left unfinished */
#define AS_LIMIT_STORE_RECHECK_MS   10000 /* between two looks at a store that was found damaged */
#define AS_LIMIT_TIDY_RETRY_MS      1000  /* after a checkpoint that readers held up */

/* --- the audit's file (as/endpoint.h) --- */
#define AS_LIMIT_AUDIT_OCTETS    (16 * 1024 * 1024) /* that wait to be written: the next are lost */
#define AS_LIMIT_AUDIT_LINES     65536              /* likewise */
#define AS_LIMIT_AUDIT_LINE      (32 * 1024)        /* octets of one: its texts are cut */
#define AS_LIMIT_AUDIT_GATHER_MS 5    /* lines that nobody waits for go out together */
#define AS_LIMIT_AUDIT_LATE_MS   2000 /* they have waited so long: changes are refused, 503 */
#define AS_LIMIT_AUDIT_WAIT_MS   5000 /* of a change for its line: then 500 */
#define AS_LIMIT_AUDIT_RETRY_MS  1000 /* after a write that failed */
#define AS_LIMIT_AUDIT_SWAP_MS   1000 /* a reload waits for the file before; then they move on */
#define AS_LIMIT_AUDIT_STOP_MS   5000 /* at the end; what is not written then is lost */
#define AS_LIMIT_AUDIT_CUT_MS    1000 /* a write that is cut off then may take this to end */

/* --- the configuration: refused with file and line --- */
#define AS_LIMIT_SETTING_FILE     (1024 * 1024)     /* octets of one file */
#define AS_LIMIT_SETTING_INCLUDES 8                 /* files within files */
#define AS_LIMIT_SETTING_SECTIONS 128               /* sections in all */
#define AS_LIMIT_SETTING_LIST     64                /* values of one list */
#define AS_LIMIT_SETTING_TEXT     4096              /* octets of one value */
#define AS_LIMIT_ISSUER           255               /* octets of the issuer */
#define AS_LIMIT_SETTINGS         (8 * 1024 * 1024) /* memory of one configuration */

#endif
