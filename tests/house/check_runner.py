# SPDX-License-Identifier: Apache-2.0
"""The runner counts as failed what fails, and also what crashes, hangs or stays silent."""
import os
import sys

from tap import assert_equal, assert_in, each, main, test
from tree import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import runner  # noqa: E402

LEAVE_ONE = "sleep 60 & echo 'ok 1 - a'; echo 1..1"
REPORT = "echo ok 1 - a; echo 1..1; echo 'ERROR: leak' > $JOB_DIR/report.7"


def outcome_of(script, seconds=20, tap_file=False):
    job = runner.Job("stage", "suite", "label", ["bash", "-c", script], dict(os.environ), seconds,
                     tap_file)
    return runner.run_job(job)


@test
def passes_and_skips_are_counted():
    outcome = outcome_of("echo 1..3; echo 'ok 1 - a'; echo '# x'; echo 'ok 2 - b # SKIP no c'; echo ok 3")
    assert_equal((outcome.passed, outcome.failures, outcome.skips), (2, [], [("b", "no c")]))


@each(("not_ok", "echo ok 1 - a; echo not ok 2 - b; echo 1..2", "b"),
      ("status", "echo ok 1 - a; echo 1..1; exit 3", "ended with status 3"),
      ("signal", "echo ok 1 - a; echo 1..1; kill -SEGV $$", "ended by signal 11"),
      ("silence", "echo 1..0", "gave no results"),
      ("no_plan", "echo ok 1 - a", "planned None tests and gave 1 results"),
      ("short", "echo 1..2; echo ok 1 - a", "planned 2 tests and gave 1 results"),
      ("left_process", LEAVE_ONE, "left processes behind"),
      ("report", REPORT, "left a report of memory, threads or undefined behaviour"))
def failures_are_seen(script, why):
    outcome = outcome_of(script)
    assert_equal([name for name, _ in outcome.failures], [why], "failures")


@test
def a_hang_is_ended():
    outcome = outcome_of("echo ok 1 - a; sleep 60", seconds=1)
    assert_equal([name for name, _ in outcome.failures], ["was stopped after 1 s"])
    assert outcome.took < 20


@test
def a_missing_program_is_a_failure():
    job = runner.Job("stage", "c", "label", ["./there-is-no-such-program"], {}, 5, True)
    assert_equal(runner.run_job(job).failures[0][0], "could not be started")


@test
def libcheck_results_are_read_from_their_file():
    lines = ("ok 1 - a.c:case:one: Passed", "not ok 2 - a.c:case:two: a.c:7: said: why",
             "ok 3 - a.c:case:three: Passed", "1..3")
    script = f"printf '%s\\n' {' '.join(map(repr, lines))} > $CK_TAP_LOG_FILE_NAME"
    outcome = outcome_of(script + "; echo '# SKIP three not here'; exit 1", tap_file=True)
    assert_equal(outcome.passed, 1)
    assert_equal(outcome.failures, [("two", "a.c:7: said: why")])
    assert_equal(outcome.skips, [("three", "not here")])


@test
def a_job_has_a_folder_that_goes():
    outcome = outcome_of('test -d "$TEST_TMP" && echo "# $TEST_TMP"; echo ok 1 - a; echo 1..1')
    folder = outcome.output.splitlines()[0][2:]
    assert_in("fapid-test-", folder)
    assert not os.path.exists(folder)


main()
