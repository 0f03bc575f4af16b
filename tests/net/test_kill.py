#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of work: what was acknowledged is still so after the next start, and what
was not is whole or not there at all.

FAPID_KILL_ROUNDS says how often (10), FAPID_KILL_SEED repeats a run.
"""
import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import threading

from fapid import Fapid, Party
from strangers import Caller, Client, Operator, Resource, client_object
from tap import assert_equal, main, test

ROUNDS = int(os.environ.get("FAPID_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("FAPID_KILL_SEED", str(random.randrange(1 << 32))))
SETS = ["lifetime.access_token=1h", "log.level=notice",
        "authentication.failures_per_minute=1000000", "registration.mode=open",
        "registration.scope=accounts", "registration.per_hour=1000000", "keys.algs=ES256"]
SECONDS = (0.02, 0.6)  # of work before the kill
CHECKED = 30           # of a kind, after each start

server = resource = None
chance = random.Random(SEED)


class Promises:
    """What the server acknowledged; `open_` was asked for and not answered."""

    def __init__(self):
        self.clients, self.deleted, self.disabled = {}, [], {}
        self.live, self.revoked, self.open_ = [], [], []
        self.came, self.left, self.keys = [], [], []


def setup():
    global server, resource
    server = Fapid.start(sets=SETS)
    resource = server.register_resource()
    print(f"FAPID_KILL_SEED={SEED}")


def teardown():
    server.close()


# ------------------------------------------------------------------------------------ work

def register(promises, round_, number):
    """A client comes, gets a token with a certificate never seen before, and may go again."""
    operator, count = Operator(server), itertools.count()

    def once():
        at = next(count)
        name = f"r{round_}-{number}-{at}"
        cert = server.client_ca.issue(name)
        view = operator.must(201, "POST", "/v1/clients", client_object(name, client_id=name))
        party = promises.clients[name] = Party(name, cert, view)
        caller = Client(server, party)
        promises.live.append((party, caller.token()))
        caller.close()
        if at % 3 == 0:
            return
        del promises.clients[name]
        _, token = promises.live.pop()
        if at % 3 == 1:
            operator.must(204, "DELETE", f"/v1/clients/{name}")
            promises.deleted.append(party)
        else:
            operator.must(200, "PATCH", f"/v1/clients/{name}", {"status": "disabled"})
            promises.disabled[name] = party
        promises.revoked.append(token)
    return once


def come_alone(promises, round_, number):
    """A client registers itself, and every other one leaves again."""
    count = itertools.count()

    def once():
        at = next(count)
        name = f"self{round_}-{number}-{at}"
        caller = Caller(server, server.client_ca.issue(name))
        status, _, text = caller.request("POST", "/register", json.dumps(client_object(name)),
                                         {"Content-Type": "application/json"})
        assert_equal(status, 201, text)
        view = json.loads(text)
        bearer = {"Authorization": "Bearer " + view["registration_access_token"]}
        path = "/register/" + view["client_id"]
        if at % 2 == 0:
            promises.came.append((path, bearer, view["client_id"]))
        else:
            assert_equal(caller.request("DELETE", path, None, bearer)[0], 204)
            promises.left.append((path, bearer, view["client_id"]))
        caller.close()
    return once


def lose_keys(promises):
    """The signing key is revoked again and again."""
    operator = Operator(server)

    def once():
        keys = operator.must(200, "GET", "/v1/keys")["keys"]
        kid = next(key["kid"] for key in keys if key.get("alg") and key["state"] == "active")
        operator.must(204, "DELETE", "/v1/keys/" + kid)
        promises.keys.append(kid)
    return once


def revoke(promises, party):
    caller = Client(server, party)

    def once():
        token = caller.token()
        promises.open_.append(token)
        caller.revoke(token)
        promises.revoked.append(promises.open_.pop())
    return once


def until_killed(work):
    """Answers that break off are no answers; a wrong one is raised in the thread's result."""
    wrong = []

    def run():
        try:
            while True:
                work()
        except (OSError, http.client.HTTPException):
            pass
        except BaseException as error:  # pylint: disable=broad-except
            wrong.append(error)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, wrong


def work_and_kill(round_, steady):
    """Each thread has promises of its own."""
    promises = [Promises() for _ in range(7)]
    works = [until_killed(register(one, round_, at)) for at, one in enumerate(promises[:2])]
    works += [until_killed(revoke(one, steady)) for one in promises[2:5]]
    works += [until_killed(come_alone(promises[5], round_, 0)), until_killed(lose_keys(promises[6]))]
    killer = threading.Event()
    killer.wait(chance.uniform(*SECONDS))
    assert_equal(server.stop(signal.SIGKILL), -signal.SIGKILL)
    for thread, wrong in works:
        thread.join(60)
        assert not thread.is_alive()
        if wrong:
            raise wrong[0]
    return promises


# ------------------------------------------------------------------------------------ judgement

def some(rows):
    rows = list(rows)
    return rows if len(rows) <= CHECKED else chance.sample(rows, CHECKED)


def registered():
    operator, found, page = Operator(server), {}, ""
    while True:
        answer = operator.must(200, "GET", "/v1/clients" + page)
        found.update((one["client_id"], one) for one in answer["clients"])
        if not answer.get("next"):
            return found
        page = "?after=" + answer["next"]


def check_tokens(promises, api):
    for token in some(promises.revoked):
        assert_equal(api.active(token), False, "a token that had ended before the kill: active")
    for party, token in some(promises.live):
        answer = api.look(token)
        assert_equal((answer["active"], answer.get("cnf")),
                     (True, {"x5t#S256": party.cert.x5t()}), "a token issued before the kill")


def check_clients(promises, found):
    for name, party in promises.clients.items():
        assert_equal(found.get(name), party.view, "a client registered before the kill")
    for name, party in promises.disabled.items():
        assert_equal(found[name]["status"], "disabled")
        Client(server, party, "fresh").refused()
    for party in promises.deleted:
        assert party.id not in found, "a deleted client is back"
    for party in some(promises.clients.values()):
        Client(server, party, "fresh").token()


def check_alone(promises, found):
    caller = Caller(server, server.client_ca.issue("anybody"))
    for path, bearer, id_ in some(promises.came):
        status, _, text = caller.request("GET", path, None, bearer)
        assert_equal((status, json.loads(text).get("client_id")), (200, id_),
                     "a client that registered itself before the kill")
    for path, bearer, id_ in promises.left:
        assert id_ not in found, "a client that left is back"
    for path, bearer, id_ in some(promises.left):
        assert_equal(caller.request("GET", path, None, bearer)[0], 401)
    caller.close()


def check(all_promises):
    api, found = Resource(server, resource), registered()
    shown = {key["kid"] for key in Operator(server).must(200, "GET", "/v1/keys")["keys"]}
    for promises in all_promises:
        check_tokens(promises, api)
        check_clients(promises, found)
        check_alone(promises, found)
        assert not shown & set(promises.keys), "a revoked key is back"
        for token in promises.open_:
            api.active(token)  # either is right; none is an error
    for name, view in found.items():
        own = name if not view["client_name"].startswith("self") else view["client_name"]
        assert_equal((view["client_name"], view["scope"]), (own, "accounts"), "half a client")


# ------------------------------------------------------------------------------------ tests

@test
def TOK_170_D10_nothing_acknowledged_is_lost_by_kills():
    view = Operator(server).must(201, "POST", "/v1/clients",
                                 client_object("steady", client_id="steady"))
    steady = Party("steady", server.client_ca.issue("steady"), view)
    first = Client(server, steady).token()
    kept, count = [], {"clients": 0, "deleted": 0, "disabled": 0, "revoked": 0, "live": 0,
                       "came": 0, "left": 0, "keys": 0}
    # which kinds a kill lets through is chance, of the rarer ones above all
    for round_ in range(10 * ROUNDS):
        kept += work_and_kill(round_, steady)
        server.run(SETS)
        check(kept)
        assert_equal(Resource(server, resource).active(first), True, "the first token: active")
        count = {kind: sum(len(getattr(one, kind)) for one in kept) for kind in count}
        few = min(count[kind] for kind in ("clients", "revoked", "came", "keys")) == 0
        if round_ + 1 >= ROUNDS and not few:
            break
    print(f"{round_ + 1} kills; kept: {count}")
    assert not few, count


@test
def D10_the_database_is_whole_afterwards():
    server.stop(signal.SIGKILL)
    done = subprocess.run(server.command("--check-store"), capture_output=True, text=True,
                          timeout=120, check=False, stdin=subprocess.DEVNULL)
    assert_equal(done.returncode, 0, done.stderr)
    server.run(SETS)
    assert_equal(server.stop(), 0)


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
