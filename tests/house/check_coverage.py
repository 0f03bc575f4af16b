# SPDX-License-Identifier: Apache-2.0
"""conformance/coverage.md: each requirement row and the tests that carry its id in their name.

    tests/house/check_coverage.py            checks that the file is up to date
    tests/house/check_coverage.py --write    writes it
"""
import re
import sys
from collections import defaultdict

from tap import assert_equal, main, test
from tree import ROOT, code_of, need_none

COVERAGE = ROOT / "conformance" / "coverage.md"
ID = re.compile(r"(?:^|(?<=_))(MTLS|TLS|TOK|REG|PXY|AUZ)_(\d{2,3}[a-z]?)(?=_|$)")
C_TEST = re.compile(r"^START_TEST\((\w+)\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^@(?:test|each\b.*?\))\s*\n(?:@.*\n)*def (\w+)\(", re.MULTILINE | re.DOTALL)
# Requirement texts, where they are at hand: the sections that the tests have to cover by now.
REQUIREMENTS = ROOT.parent / "shared" / "requirements"
SECTIONS = {"mtls.md": "ABCDEF", "tls.md": "ABCDE", "token.md": "ACFGH",
            "registration.md": "ABCEFG"}
LATER = {f"MTLS-{n}" for n in (47, 58, 59, 60, 61, 72, 75, *range(80, 88), 89, 90, 107, 116)} \
    | {f"TOK-{n}" for n in (125, 148, 150)} \
    | {f"REG-{n}" for n in (20, 21, 22, 39, *range(41, 45), *range(47, 54), 61, 63, 64, 111,
                            *range(114, 119), 120, *range(122, 125))}


def test_files():
    for folder, pattern in (("tests/unit", "*.c"), ("tests/flow", "*.c"), ("tests/store", "*.c"),
                            ("tests/fault", "*.c"),
                            ("tests/net", "test_*.py"), ("conformance", "suite_*.py")):
        for path in sorted((ROOT / folder).rglob(pattern)):
            yield path.relative_to(ROOT).with_suffix("").as_posix(), path


def names_in(path):
    text = path.read_text()
    return C_TEST.findall(code_of(text)) if path.suffix == ".c" else PYTHON_TEST.findall(text)


def all_tests():
    """(file, name) of every test."""
    found = [(label, name) for label, path in test_files() for name in names_in(path)]
    assert len(found) >= 150, f"only {len(found)} tests found"
    return found


def rows():
    """id -> the tests that carry it"""
    found = defaultdict(list)
    for label, name in all_tests():
        for kind, number in ID.findall(name):
            found[f"{kind}-{number}"].append(f"{label}: {name}")
    return found


def order(row):
    kind, number = row.split("-")
    return kind, int(re.match(r"\d+", number).group()), number


def coverage():
    found = rows()
    text = ["# Coverage", "",
            "Which test shows which requirement row, read from the ids in the names of the tests.",
            "Written by `tests/house/check_coverage.py --write`; a house check keeps it true.", "",
            f"{len(found)} rows.", "", "| row | tests |", "|---|---|"]
    for row in sorted(found, key=order):
        text.append(f"| {row} | " + "<br>".join(found[row]) + " |")
    return "\n".join(text) + "\n"


def required():
    """(id, level, known to be later) of each row of the requirement texts."""
    for path in sorted(REQUIREMENTS.glob("*.md")):
        section = ""
        for line in path.read_text().splitlines():
            if line.startswith("## "):
                section = line[3:4]
            found = re.match(r"\| *([A-Z]+-\d+[a-z]?) *\| *([MSP]):", line)
            if found:
                now = section in SECTIONS.get(path.name, "") and found.group(1) not in LATER
                yield found.group(1), found.group(2), now


@test
def coverage_file_is_up_to_date():
    assert COVERAGE.exists(), "there is no conformance/coverage.md"
    assert_equal(COVERAGE.read_text() == coverage(), True,
                 "coverage.md equals what check_coverage.py --write would write, which")


@test
def ids_in_names_are_ids():
    """A name that looks as if it carried an id does."""
    loose = re.compile(r"(?:^|_)(?:MTLS|TLS|TOK|REG|PXY|AUZ)_\d")
    need_none((f"{label}: {name}" for label, name in all_tests()
               if len(loose.findall(name)) != len(ID.findall(name))), "names with a malformed id")


@test
def rows_without_a_test_are_told():
    if not REQUIREMENTS.is_dir():
        print("the requirement texts are not here")
        return
    covered = rows()
    known = {row for row, _, _ in required()}
    need_none(sorted(set(covered) - known), "ids that no requirement text knows")
    missing = [row for row, level, now in required() if now and level in "MP" and row not in covered]
    print(f"{len(missing)} rows marked M or P have no test yet: " + " ".join(missing))


@test
def names_are_read_from_both_languages():
    assert_equal(C_TEST.findall("START_TEST(TOK_01_a)\n{\n}\n"), ["TOK_01_a"])
    python = '@test\ndef TLS_05_b():\n    pass\n\n@each(("x", 1),\n      ("y", 2))\ndef TOK_07_c(n):\n'
    assert_equal(PYTHON_TEST.findall(python), ["TLS_05_b", "TOK_07_c"])
    assert_equal(ID.findall("MTLS_01a_x_TLS_05"), [("MTLS", "01a"), ("TLS", "05")])


if sys.argv[1:] == ["--write"]:
    COVERAGE.write_text(coverage())
else:
    main()
