/* SPDX-License-Identifier: Apache-2.0 */
/* The admin API, below /v1/ at the admin socket: what its handlers share, and they. */
#ifndef AS_ENDPOINT_ADMIN_ADMIN_H
#define AS_ENDPOINT_ADMIN_ADMIN_H

#include "../app.h"

/* access.c: may this peer administrate? AS_NOT_ALLOWED (D15). visit.c asks for every route below
 * /v1/. */
as_err as_admin_check(const struct as_visit *visit);

/* ask.c. The JSON of the body; the caller owns it. */
as_err as_admin_read_body(const struct as_http_call *call, json_t **out);
/* ?dry_run=true and nothing else. A dry run leaves no trace in the audit either. */
as_err as_admin_is_dry_run(const struct as_http_call *call, bool *out);
/* What knows no dry run must not take one for the real thing. */
as_err as_admin_need_no_query(const struct as_http_call *call);
/* The id of ?after=ID, after which a page begins; empty without a query. */
as_err as_admin_read_after(const struct as_http_call *call, as_span *out);
/* The page, and in its member `next` the id to go on after, unless that is empty. */
as_err as_admin_reply_page(struct as_http_call *call, json_t *page, as_span next);

/* One handler per route. */
as_err as_admin_list(struct as_http_call *call);
as_err as_admin_create(struct as_http_call *call);
as_err as_admin_show(struct as_http_call *call);
as_err as_admin_replace(struct as_http_call *call);
as_err as_admin_patch(struct as_http_call *call);
as_err as_admin_delete(struct as_http_call *call);
as_err as_admin_revoke(struct as_http_call *call);
as_err as_admin_verdict(struct as_http_call *call);
as_err as_admin_iats_list(struct as_http_call *call);
as_err as_admin_iats_create(struct as_http_call *call);
as_err as_admin_iats_revoke(struct as_http_call *call);
as_err as_admin_keys_list(struct as_http_call *call);
as_err as_admin_keys_rotate(struct as_http_call *call);
as_err as_admin_keys_retire(struct as_http_call *call);
as_err as_admin_keys_revoke(struct as_http_call *call);
as_err as_admin_db_show(struct as_http_call *call);
as_err as_admin_db_audit(struct as_http_call *call);
as_err as_admin_db_backup(struct as_http_call *call);
as_err as_admin_db_restore(struct as_http_call *call);
as_err as_admin_db_check(struct as_http_call *call);
as_err as_admin_db_job(struct as_http_call *call);
as_err as_admin_reload(struct as_http_call *call);
as_err as_admin_reload_show(struct as_http_call *call);

#endif
