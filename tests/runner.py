# SPDX-License-Identifier: Apache-2.0
"""Builds the presets and runs the tests; called by tests/run, which says how.

A job is one program: a C test (libcheck, which writes TAP to a file), a suite or a house check
(python or bash, TAP on standard output). It gets a folder of its own, its own process group and a
deadline. A job that crashes, leaves processes or a sanitizer report behind, prints no results or
fewer than it planned counts as a failed test.
"""
import argparse
import concurrent.futures
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
# One more than there are cores: suites wait for their servers now and then.
WORKERS = max(2, len(os.sched_getaffinity(0))) + 1
SHOWN_LINES = 200

# What a stage runs: kinds of jobs, and which of their labels.
C_KINDS = ("unit", "flow", "store", "fault")
EVERYTHING = [("c", ""), ("suite", ""), ("net", ""), ("house", "")]
THREADED = r"^unit/(base|http|edge|store)/(?!guard)|^store/"
THREADED_NET = r"^net/(?!test_(clock|store_faults)$)"
# What strangers reach, for reads of what was never written; `--valgrind` does it with the rest.
REACHED = r"^flow/(token|introspection|revocation)/|^flow/registration/manage$"
# What asks how glibc's malloc behaves, which sanitizers and Valgrind replace.
MALLOC = r"^unit/main/memory$"
CI_STAGES = [
    ("asan", False, EVERYTHING),
    ("release", True, [("c", REACHED)]),
    ("release", False, [("c", MALLOC)]),
    ("tsan", False, [("c", THREADED), ("net", THREADED_NET)]),
    ("debug", False, []),
]
DEADLINES = {"c": 300, "suite": 600, "net": 600, "house": 120}


@dataclass
class Job:
    stage: str
    kind: str
    label: str
    argv: list
    env: dict
    seconds: int
    tap_file: bool = False


@dataclass
class Outcome:
    passed: int = 0
    failures: list = field(default_factory=list)
    skips: list = field(default_factory=list)
    output: str = ""
    took: float = 0.0


def clean_env():
    """Ours without proxies and OpenSSL settings: the tests talk to loopback alone."""
    gone = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "openssl_conf", "openssl_modules",
            "ssl_cert_file", "ssl_cert_dir", "curl_ca_bundle"}
    env = {k: v for k, v in os.environ.items() if k.lower() not in gone}
    env.update(LC_ALL="C.UTF-8", TZ="UTC", PYTHONDONTWRITEBYTECODE="1",
               PYTHONPATH=str(ROOT / "conformance"))
    corpora = Path(env.get("CORPORA") or ROOT.parent / "shared" / "corpora")
    env.pop("CORPORA", None)
    if corpora.is_dir():
        env["CORPORA"] = str(corpora)
    return env


# --- building ------------------------------------------------------------------------------------

PROGRESS = re.compile(r"^\[\d+/\d+\] (Building|Linking|Generating) .*\n", re.MULTILINE)


def build(preset):
    """(built, output)"""
    env = dict(os.environ)
    if shutil.which("ccache"):
        env.setdefault("CMAKE_C_COMPILER_LAUNCHER", "ccache")
    for argv in (["cmake", "--preset", preset, "-DFAPID_TESTS=ON"],
                 ["cmake", "--build", "--preset", preset, "--", "-k", "0"]):
        done = subprocess.run(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
        if done.returncode != 0:
            return False, PROGRESS.sub("", done.stdout)
    return True, ""


# --- finding jobs --------------------------------------------------------------------------------

def c_programs(build_dir):
    for kind in C_KINDS:
        for source in sorted((TESTS / kind).rglob("*.c")):
            label = source.relative_to(TESTS).with_suffix("").as_posix()
            if "support/" not in label:
                yield label, [str(build_dir / "tests" / ("test_" + re.sub("[/.]", "_", label)))]


def scripts(kind):
    folder, patterns = {
        "suite": (ROOT / "conformance", ["suite_*.py"]),
        "net": (TESTS / "net", ["test_*.py"]),
        "house": (TESTS / "house", ["check_*.py", "check_*.sh"]),
    }[kind]
    for path in sorted(p for pattern in patterns for p in folder.glob(pattern)):
        runner = ["/usr/bin/python3", "-B"] if path.suffix == ".py" else ["bash"]
        label = path.relative_to(TESTS if kind != "suite" else ROOT).with_suffix("").as_posix()
        yield label, runner + [str(path)]


def find_jobs(stage, valgrind, chosen, only, within):
    build_dir = ROOT / "build" / stage
    env = {**clean_env(), "FAPID_BUILD": str(build_dir)}
    for kind, pattern in chosen:
        found = c_programs(build_dir) if kind == "c" else scripts(kind)
        for label, argv in found:
            if not re.search(pattern, label) or not re.search(only, label):
                continue
            if within and kind in ("suite", "net"):
                argv = argv + [within]
            if stage == "tsan":
                argv = same_addresses() + argv
            seconds = DEADLINES[kind]
            if valgrind and kind == "c":
                argv = valgrind_argv() + argv
                seconds *= 4
            yield Job(stage + ("+valgrind" if valgrind else ""), kind, label, argv, env, seconds,
                      tap_file=kind == "c")


@functools.cache
def same_addresses():
    """ThreadSanitizer of gcc 12 dies at start where the kernel scatters addresses widely."""
    prefix = ["setarch", "-R"]
    works = shutil.which("setarch") and subprocess.run(prefix + ["true"], check=False,
                                                       stderr=subprocess.DEVNULL).returncode == 0
    return prefix if works else []


def valgrind_argv():
    argv = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99", "--num-callers=30",
            "--log-file=%q{JOB_DIR}/report.%p"]
    if (TESTS / "valgrind.supp").exists():
        argv.append(f"--suppressions={TESTS / 'valgrind.supp'}")
    return argv


# --- running one ---------------------------------------------------------------------------------

def sanitizer_env(folder):
    """Reports go to files of the job, so that those of a server under test are seen as well."""
    log = f"log_path={folder}/report"

    def supp(name):
        path = TESTS / name
        return f":suppressions={path}" if path.exists() else ""
    return {
        "ASAN_OPTIONS": f"{log}:detect_stack_use_after_return=1:strict_string_checks=1",
        "LSAN_OPTIONS": "print_suppressions=0" + supp("lsan.supp"),
        "UBSAN_OPTIONS": f"{log}:print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": f"{log}:halt_on_error=0:second_deadlock_stack=1" + supp("tsan.supp"),
    }


def end_group(group, patience):
    """Waits for the rest of a process group, then kills it. True when nothing had to be killed."""
    until = time.monotonic() + patience
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        if time.monotonic() >= until:
            break
        time.sleep(0.05)
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return False


def run_job(job):
    folder = Path(tempfile.mkdtemp(prefix="fapid-test-"))
    outcome = Outcome()
    started = time.monotonic()
    try:
        run_in(job, folder, outcome)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    outcome.took = time.monotonic() - started
    return outcome


def run_in(job, folder, outcome):
    scratch = folder / "tmp"
    scratch.mkdir(mode=0o700)
    tap = folder / "tap"
    env = {**job.env, **sanitizer_env(folder), "JOB_DIR": str(folder), "TEST_TMP": str(scratch)}
    if job.tap_file:
        env["CK_TAP_LOG_FILE_NAME"] = str(tap)
    ended = "could not be started"
    status = None
    with open(folder / "output", "w+b") as output:
        try:
            child = subprocess.Popen(job.argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            outcome.failures.append((ended, str(error)))
            return
        try:
            status = child.wait(timeout=job.seconds)
            if not end_group(child.pid, 3):
                outcome.failures.append(("left processes behind", ""))
        except subprocess.TimeoutExpired:
            end_group(child.pid, 0)
            child.wait()
            outcome.failures.append((f"was stopped after {job.seconds} s", ""))
    outcome.output = (folder / "output").read_text(errors="replace")
    text = outcome.output
    if job.tap_file:
        text = tap.read_text(errors="replace") if tap.exists() else ""
    planned, seen = read_tap(job, text, outcome)
    judge_end(status, planned, seen, outcome)
    for report in sorted(folder.glob("report*")):
        said = report.read_text(errors="replace").strip()
        if said:
            outcome.failures.append(("left a report of memory, threads or undefined behaviour", ""))
            outcome.output += "\n" + said


def judge_end(status, planned, seen, outcome):
    if outcome.failures and status == 1:
        return
    if status is not None and status < 0:
        outcome.failures.append((f"ended by signal {-status}", ""))
    elif status is not None and status != 0:
        outcome.failures.append((f"ended with status {status}", ""))
    elif outcome.failures:
        return
    elif seen == 0:
        outcome.failures.append(("gave no results", ""))
    elif planned != seen:
        outcome.failures.append((f"planned {planned} tests and gave {seen} results", ""))


# --- reading TAP ---------------------------------------------------------------------------------

RESULT = re.compile(r"^(ok|not ok)\b\s*\d*\s*(?:-\s*)?(.*)$")
SKIP = re.compile(r"\s# SKIP\b\s*(.*)$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(\d+)\s*$")
C_SKIP = re.compile(r"^# SKIP (\w+) (.*)$", re.MULTILINE)


def split_name(job, text):
    """(name, message); libcheck writes FILE:CASE:NAME: MESSAGE."""
    if job.tap_file:
        parts = text.split(":", 3)
        if len(parts) == 4:
            return parts[2], parts[3].strip()
    return text.strip(), ""


def read_tap(job, text, outcome):
    """(planned, seen)"""
    planned = None
    seen = 0
    c_skips = dict(C_SKIP.findall(outcome.output)) if job.tap_file else {}
    for line in text.splitlines():
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            planned = int(plan.group(1))
        elif result:
            seen += 1
            note_result(job, result, c_skips, outcome)
    return planned, seen


def note_result(job, result, c_skips, outcome):
    text = result.group(2)
    skip = SKIP.search(text)
    name, message = split_name(job, text[:skip.start()] if skip else text)
    if result.group(1) == "not ok":
        outcome.failures.append((name, message))
    elif skip or name in c_skips:
        outcome.skips.append((name, skip.group(1) if skip else c_skips[name]))
    else:
        outcome.passed += 1


# --- the whole -----------------------------------------------------------------------------------

def show(job, outcome):
    counts = f"{outcome.passed} passed"
    if outcome.failures:
        counts += f", {len(outcome.failures)} failed"
    if outcome.skips:
        counts += f", {len(outcome.skips)} skipped"
    mark = "FAILED" if outcome.failures else "ok    "
    print(f"{mark} {job.stage:16} {job.label:40} {counts} ({outcome.took:.1f} s)", flush=True)
    for name, reason in outcome.skips:
        print(f"    skipped {name}: {reason}")
    if outcome.failures:
        for name, message in outcome.failures:
            print(f"    failed {name}" + (f": {message}" if message else ""))
        lines = outcome.output.splitlines()
        if len(lines) > SHOWN_LINES:
            print(f"    | ... {len(lines) - SHOWN_LINES} lines before")
        for line in lines[-SHOWN_LINES:]:
            print("    |", line)
        sys.stdout.flush()


def run_stage(preset, valgrind, chosen, only, within, totals):
    started = time.monotonic()
    built, output = build(preset)
    outcome = Outcome(took=time.monotonic() - started, output=output, passed=int(built),
                      failures=[] if built else [("does not build", "")])
    job = Job(preset, "build", "build", [], {}, 0)
    show(job, outcome)
    totals.append((job, outcome))
    jobs = list(find_jobs(preset, valgrind, chosen, only, within))
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        running = {pool.submit(run_job, job): job for job in jobs}
        for done in concurrent.futures.as_completed(running):
            show(running[done], done.result())
            totals.append((running[done], done.result()))
    return len(jobs)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/run", description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=["release", "debug", "asan", "tsan"])
    parser.add_argument("--valgrind", action="store_true", help="the C programs under Valgrind")
    parser.add_argument("pattern", nargs="?", default="")
    return parser.parse_args()


def stages(args):
    if args.valgrind:
        return [(args.preset or "release", True, [("c", "")])]
    if args.preset or args.pattern:
        return [(args.preset or "asan", False, EVERYTHING)]
    return CI_STAGES


def main():
    args = parse_arguments()
    if args.valgrind and args.preset in ("asan", "tsan", "debug"):
        sys.exit("Valgrind reads programs of the release preset only")
    only, _, within = args.pattern.partition(":")
    started = time.monotonic()
    totals = []
    ran = 0
    for preset, valgrind, chosen in stages(args):
        ran += run_stage(preset, valgrind, chosen, only, within, totals)
    passed = sum(o.passed for _, o in totals)
    failed = sum(len(o.failures) for _, o in totals)
    skipped = sum(len(o.skips) for _, o in totals)
    if ran == 0:
        print("no test fits")
        failed += 1
    print_longest(totals, time.monotonic() - started)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(0 if failed == 0 and passed > 0 else 1)


def print_longest(totals, whole):
    slow = sorted(totals, key=lambda t: -t[1].took)[:5]
    print(f"{whole:.0f} s in all; longest:",
          ", ".join(f"{j.stage} {j.label} {o.took:.0f} s" for j, o in slow))
    broken = [f"{j.stage} {j.label}: {name}" for j, o in totals for name, _ in o.failures]
    for line in broken:
        print("FAILED", line)


if __name__ == "__main__":
    main()
