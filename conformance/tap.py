# SPDX-License-Identifier: Apache-2.0
"""Tests as functions, results as TAP lines on standard output.

    from tap import each, main, skip, test

    @test
    def MTLS_04_no_certificate():
        assert_equal(...)

    @each(("one", 1), ("two", 2))          # MTLS_05_rows_one, MTLS_05_rows_two
    def MTLS_05_rows(number): ...

    if __name__ == "__main__":
        main(setup=start_server, teardown=stop_server)

A test passes when its function returns. `skip("reason")` makes it a visible skip. Arguments of the
program choose tests by a part of their name; naming none that exists is a failure. A test that
prints is heard: its lines become TAP comments.
"""
import contextlib
import io
import os
import sys
import traceback

_tests = []


class Skip(Exception):
    """Raised by skip()."""


def skip(reason):
    raise Skip(" ".join(str(reason).split()))


def _add(name, function, args=()):
    if any(name == known for known, _, _ in _tests):
        raise ValueError(f"two tests are named {name}")
    _tests.append((name, function, args))


def test(function):
    """Collects the function as a test of its name."""
    _add(function.__name__, function)
    return function


def each(*rows):
    """Collects the function once a row: (suffix of the name, arguments...)."""
    if not rows:
        raise ValueError("a table without rows tests nothing")

    def collect(function):
        for suffix, *args in rows:
            _add(f"{function.__name__}_{suffix}", function, args)
        return function
    return collect


def assert_equal(found, expected, what="value"):
    if found != expected:
        raise AssertionError(f"{what} is {found!r} instead of {expected!r}")


def assert_in(part, whole, what="value"):
    if part not in whole:
        raise AssertionError(f"{what}: {part!r} is not in {whole!r}")


def build_dir():
    """The folder of the programs under test."""
    found = os.environ.get("FAPID_BUILD")
    if not found:
        raise RuntimeError("FAPID_BUILD does not name a build folder")
    return found


def corpora(*parts):
    """A path in the test corpora; a skip where they are not at hand."""
    path = os.path.join(os.environ.get("CORPORA", ""), *parts)
    if not os.environ.get("CORPORA") or not os.path.exists(path):
        skip("corpora are not here: " + "/".join(parts))
    return path


def _comment(text):
    for line in text.splitlines():
        print("#", line)


def _call(function, args=()):
    """(passed, skip reason, what it said)"""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            function(*args)
        return True, None, said.getvalue()
    except Skip as reason:
        return True, str(reason), said.getvalue()
    except KeyboardInterrupt:
        raise
    except BaseException:  # sys.exit() in a test is a failure too
        return False, None, said.getvalue() + traceback.format_exc()


def _run(chosen, setup, teardown):
    """The number of failures."""
    ready, reason, said = _call(setup) if setup else (True, None, "")
    _comment(said)
    failed = 0
    for number, (name, function, args) in enumerate(chosen, 1):
        passed, why = ready, reason
        if ready and reason is None:
            passed, why, said = _call(function, args)
            _comment(said)
        elif not ready:
            print("# the setup failed")
        print(("ok" if passed else "not ok"), number, "-", name + (f" # SKIP {why}" if why else ""),
              flush=True)
        failed += not passed
    if teardown:
        passed, _, said = _call(teardown)
        _comment(said)
        print("ok" if passed else "not ok", len(chosen) + 1, "- teardown")
        failed += not passed
    print(f"1..{len(chosen) + bool(teardown)}", flush=True)
    return failed


def main(setup=None, teardown=None, argv=None):
    """Runs the collected tests and ends the program; teardown runs whatever happened before."""
    wanted = sys.argv[1:] if argv is None else argv
    chosen = [t for t in _tests if not wanted or any(part in t[0] for part in wanted)]
    if not chosen:
        print("not ok 1 - there is no such test\n1..1")
        sys.exit(1)
    sys.exit(1 if _run(chosen, setup, teardown) else 0)


run = main
