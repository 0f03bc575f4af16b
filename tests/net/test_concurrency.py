#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many at once: what was acknowledged is seen by everybody on every connection, whichever worker
serves it, and nobody else is disturbed."""
import functools
import itertools

from fapid import Fapid, Party
from strangers import (WAYS, Background, Client, Operator, Resource, client_object, cpu_ms,
                       together)
from tap import assert_equal, main, test

ROUNDS = 10
CROWD = 4
MANY = 64  # at one thing, once

server = resource = steady = load = started = None
numbers = itertools.count()


def setup():
    global server, resource, steady, load, started
    server = Fapid.start(sets=["workers=3", "authentication.failures_per_minute=1000000",
                               "log.level=notice"])
    resource = server.register_resource()
    steady = server.register_client("steady")
    started = cpu_ms(server.process.pid, "fapid-worker")
    load = Background(*(stranger(way) for way in WAYS))


def teardown():
    if load is not None:
        load.stopping.set()
    server.close()


def stranger(way):
    """Asks for tokens and looks at them, undisturbed by what happens to others."""
    client, api = Client(server, steady, way), Resource(server, resource, way)

    def once():
        answer = api.look(client.token())
        assert_equal((answer["active"], answer["cnf"]["x5t#S256"]), (True, steady.cert.x5t()))
    return once


def observers():
    """Resource servers on old connections, more of them than there are workers, and on new ones."""
    return [Resource(server, resource, way) for way in ("kept",) * 5 + ("resumed", "fresh")]


def newcomer(operator):
    """A client of its own, registered over the admin socket."""
    name = f"newcomer{next(numbers)}"
    cert = server.client_ca.issue(name)
    view = operator.must(201, "POST", "/v1/clients", client_object(name))
    return Party(view["client_id"], cert, view)


def all_say(apis, token, active, when):
    for api in apis:
        assert_equal(api.active(token), active, f"active {when}, by a {api.way} connection,")


def crowd(work):
    """The same in several threads."""
    together(*(functools.partial(work, at) for at in range(CROWD)))


# ------------------------------------------------------------------------------------ revocation

@test
def TOK_170_a_revocation_is_seen_on_every_connection():
    def one(at):
        client, apis = Client(server, steady, WAYS[at % len(WAYS)]), observers()
        for _ in range(ROUNDS):
            token, other = client.token(), client.token()
            all_say(apis, token, True, "before it is revoked")
            client.revoke(token)
            all_say(apis, token, False, "after it was revoked")
            all_say(apis[:1], other, True, "though another one was revoked")
    crowd(one)


@test
def TOK_170_revoking_all_tokens_of_a_client():
    def one(_):
        operator, apis = Operator(server), observers()
        party = newcomer(operator)
        client = Client(server, party)
        for _ in range(ROUNDS):
            token = client.token()
            all_say(apis, token, True, "before all are revoked")
            operator.must(204, "POST", "/v1/revocations", {"client_id": party.id})
            all_say(apis, token, False, "after all were revoked")
            all_say(apis, client.token(), True, "issued after that")
    crowd(one)


@test
def TOK_173_many_revoke_the_same():
    token = Client(server, steady).token()
    clients = [Client(server, steady, WAYS[at % len(WAYS)]) for at in range(MANY)]
    together(*(functools.partial(client.revoke, token) for client in clients))
    all_say(observers(), token, False, "after many revoked it")


# ------------------------------------------------------------------------------------ operators

@test
def MTLS_15_a_disabled_client_gets_nothing_on_any_connection():
    def one(_):
        operator, apis = Operator(server), observers()
        party = newcomer(operator)
        clients = [Client(server, party, way) for way in WAYS + ("kept",) * 3]
        for _ in range(ROUNDS):
            tokens = [client.token() for client in clients]
            operator.must(200, "PATCH", f"/v1/clients/{party.id}", {"status": "disabled"})
            for client in clients:
                client.refused()
            all_say(apis, tokens[-1], False, "while its client is disabled")
            operator.must(200, "PATCH", f"/v1/clients/{party.id}", {"status": "enabled"})
        token = clients[0].token()
        all_say(apis, token, True, "before its client is deleted")
        operator.must(204, "DELETE", f"/v1/clients/{party.id}")
        for client in clients:
            client.refused()
        all_say(apis, token, False, "after its client was deleted")
    crowd(one)


@test
def MTLS_15_a_disabled_resource_server_sees_nothing():
    api = server.register_resource("shy", "https://shy.example", "shy")
    party = server.register_client("shy-client", scope="shy")
    operator, token = Operator(server), Client(server, party).token()
    apis = [Resource(server, api, way) for way in WAYS + ("kept",) * 3]
    for _ in range(ROUNDS):
        all_say(apis, token, True, "while the resource server is enabled")
        operator.must(200, "PATCH", f"/v1/resources/{api.id}", {"status": "disabled"})
        for one in apis:
            assert_equal(one.post("/introspect", client_id=api.id, token=token)[0], 401, one.way)
        operator.must(200, "PATCH", f"/v1/resources/{api.id}", {"status": "enabled"})


@test
def D10_of_many_that_register_one_id_one_wins():
    seen = []

    def one(at):
        status, _, _ = Operator(server).call(
            "POST", "/v1/clients", client_object(f"twin{name}-{at}", client_id=f"twin-{name}"))
        seen.append(status)
    for name in range(ROUNDS):
        crowd(one)
    assert_equal(sorted(seen), [201] * ROUNDS + [409] * ROUNDS * (CROWD - 1))


@test
def D10_of_many_at_once_that_register_one_name_one_wins():
    """Of one identifier there is one client, however many ask in the same moment."""
    seen = []
    together(*(lambda at=at: seen.append(Operator(server).call(
        "POST", "/v1/clients", client_object("one-name", client_id=f"name-{at}"))[0])
        for at in range(MANY)))
    assert_equal(sorted(seen), [201] + [400] * (MANY - 1))


@test
def D10_of_many_that_delete_one_client_one_does():
    seen = []

    def one(_):
        seen.append(Operator(server).call("DELETE", f"/v1/clients/{party.id}")[0])
    for _ in range(ROUNDS):
        party = newcomer(Operator(server))
        crowd(one)
    assert_equal(sorted(seen), [204] * ROUNDS + [404] * ROUNDS * (CROWD - 1))


# ------------------------------------------------------------------------------------ the others

@test
def D2_nobody_was_disturbed_and_all_workers_served():
    rounds = load.finish()
    assert min(rounds) >= 5, rounds
    assert server.metric("handshakes_resumed_total") >= rounds[WAYS.index("resumed")]
    now = cpu_ms(server.process.pid, "fapid-worker")
    took = [after - before for before, after in zip(started, now)]
    assert_equal(len(took), 3)
    assert min(took) > 20, f"milliseconds of the workers: {took}"
    # but for what the machine lacks, which is told at the start
    assert not [line for line in server.log_lines() if line["level"] in ("warning", "error")
                and line["event"] != "configuration"], server.log()


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
