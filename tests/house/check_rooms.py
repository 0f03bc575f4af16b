# SPDX-License-Identifier: Apache-2.0
"""A room knows only the rooms before it: by what it includes, by what it links, by its library."""
import os
import re
import subprocess

from tap import assert_equal, build_dir, main, test
from tree import ROOT, c_files, code_of, name_of, need_none

# From the ground up. authz comes with the authorization protocol; main is fapid, ctl is fapictl.
ROOMS = ["base", "crypto", "jose", "model", "fetch", "policy", "trust", "store", "keys", "settings",
         "client", "proof", "token", "grant", "authz", "http", "edge", "endpoint", "main", "ctl"]
# http and edge know no OAuth: they may use these rooms alone.
ALONE = {"http": ["base"], "edge": ["base", "trust", "http"]}
# fapictl speaks to the admin socket and never to the database.
ALONE["ctl"] = ["base", "crypto", "jose", "model", "fetch", "policy", "trust", "settings"]
FEWEST_ROOMS = 15
# Contracts in include/as/ that are no room of their own, and where they belong.
SHARED = {"ctx": "settings", "version": "base"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def below(room):
    return ALONE.get(room, ROOMS[:ROOMS.index(room)])


def room_of_header(name):
    """as/base/span.h and as/base.h belong to base."""
    first = re.split(r"[/.]", name)[1]
    return SHARED.get(first, first)


def sources():
    """(room, path) of all code that belongs to a room, contracts included."""
    for path in c_files("server"):
        if path.parent != ROOT / "server":
            yield path.relative_to(ROOT / "server").parts[0], path
    for path in c_files("include/as"):
        yield room_of_header(path.relative_to(ROOT / "include").as_posix()), path


def built_rooms():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.findall(r"^as_room\((\w+)", text, re.MULTILINE)


@test
def rooms_stand_in_one_order():
    built = built_rooms()
    assert len(built) >= FEWEST_ROOMS, f"CMakeLists.txt names only {built}"
    assert_equal(built, [room for room in ROOMS if room in built], "the order in CMakeLists.txt")


@test
def every_folder_is_a_room():
    found = {room for room, _ in sources()}
    assert len(found) >= FEWEST_ROOMS, f"only {sorted(found)} found"
    assert_equal(sorted(found - set(ROOMS)), [], "folders that are no rooms")


def wrong_includes():
    for room, path in sources():
        for name in INCLUDE.findall(path.read_text()):
            if name.startswith("as/"):
                other = room_of_header(name)
                if other != room and other not in below(room):
                    yield f"{name_of(path)} includes {name}"
            elif not private_header(room, path, name):
                yield f"{name_of(path)} includes {name}, which is not beside it"


def private_header(room, path, name):
    folder = ROOT / "server" / room
    places = [path.parent / name, folder / name]
    if name == "migrations.inc":
        return room == "store"
    return any(p.exists() and folder in p.resolve().parents for p in places)


@test
def includes_point_down():
    count = sum(len(INCLUDE.findall(path.read_text())) for _, path in sources())
    assert count >= 100, f"only {count} includes found"
    need_none(wrong_includes(), "includes that leave their room upwards")


def symbols(library):
    """(defined, undefined) names of ours."""
    out = subprocess.run(["nm", "-P", library], check=True, stdout=subprocess.PIPE, text=True).stdout
    defined, undefined = set(), set()
    for line in out.splitlines():
        parts = line.split()
        if len(parts) >= 2 and parts[0].startswith("as_"):
            (undefined if parts[1] in "Uu" else defined).add(parts[0])
    return defined, undefined


@test
def libraries_call_down():
    found = {}
    for room in built_rooms():
        library = os.path.join(build_dir(), f"libas_{room}.a")
        if os.path.exists(library):
            found[room] = symbols(library)
    assert len(found) >= FEWEST_ROOMS, f"libraries of {sorted(found)} only"
    homes = {name: room for room, (defined, _) in found.items() for name in defined}
    calls = [(room, name) for room, (_, undefined) in found.items() for name in sorted(undefined)]
    assert len(calls) >= 100, f"only {len(calls)} calls found"
    wrong = [f"{room} uses {name} of {homes.get(name, 'nobody')}" for room, name in calls
             if homes.get(name) != room and homes.get(name) not in below(room)]
    need_none(wrong, "calls upwards")


@test
def code_without_comments_is_seen():
    """The tool of the checks: what stands in comments and literals is not code."""
    assert_equal(code_of('a /* "b\nc" */ "d\\"e" // f\ng'), 'a \n ""  \ng')


main()
