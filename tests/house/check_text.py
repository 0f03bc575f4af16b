# SPDX-License-Identifier: Apache-2.0
"""What every file keeps to: no machine's paths, no keys, a licence line, a length one can read."""
import re

from tap import assert_equal, main, test
from tree import ROOT, c_files, code_of, name_of, need_none, tracked_files

# Written in pieces, so that this file does not find itself.
FOREIGN = re.compile("|".join([r"(?<![\w.-])/wo" r"rk/", r"(?<![\w.-])/fa" r"rm/", r"/tmp/b" r"-\w",
                               r"deb\.deb" r"ian\.org", r"registry\.npm" r"js"]))
KEY = re.compile(r"BEGIN [A-Z ]*PRIVATE" r" KEY-----[\\nr\"'\s]*[A-Za-z0-9+/=]{40}")
LICENSED = {".c", ".h", ".py", ".sh", ".sql", ".cmake", ".js"}
SPDX = "SPDX-License-" "Identifier: Apache-2.0"
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
# Files that are one table of data, which may be long.
DATA_FILES = set()


def texts():
    found = []
    for path in tracked_files():
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            found.append((path, data.decode("utf-8", "replace")))
    assert len(found) >= 100, f"only {len(found)} files found"
    return found


def functions(text):
    """(line, length) of each function body; a body opens and ends in the first column."""
    start = None
    for number, line in enumerate(code_of(text).splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, number - start - 1
            start = None


@test
def no_machine_is_named():
    need_none((f"{name_of(path)}:{number}: {line.strip()[:80]}" for path, text in texts()
               for number, line in enumerate(text.splitlines(), 1) if FOREIGN.search(line)),
              "machine paths or package hosts")


@test
def no_private_key_is_kept():
    need_none((name_of(path) for path, text in texts() if KEY.search(text)), "private keys")


@test
def every_source_says_its_licence():
    def wants(path, text):
        return path.suffix in LICENSED or text.startswith("#!") or path.name == "CMakeLists.txt"
    need_none((name_of(path) for path, text in texts() if wants(path, text)
               and SPDX not in "\n".join(text.splitlines()[:3])), "files without a licence line")


@test
def files_can_be_held_in_mind():
    found = c_files("server", (".c",))
    assert len(found) >= 50, f"only {len(found)} files found"
    lengths = ((path, len(path.read_text().splitlines())) for path in found)
    need_none((f"{name_of(path)}: {length} lines" for path, length in lengths
               if length > LONGEST_FILE and name_of(path) not in DATA_FILES), "long files")


@test
def functions_can_be_held_in_mind():
    found = [(path, line, length) for path in c_files("server", (".c",))
             for line, length in functions(path.read_text())]
    assert len(found) >= 300, f"only {len(found)} functions found"
    need_none((f"{name_of(path)}:{line}: {length} lines" for path, line, length in found
               if length > LONGEST_FUNCTION), "long functions")


@test
def the_version_is_one():
    cmake = re.search(r"^project\(\w+ VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M)
    header = re.search(r'AS_VERSION "([^"]+)"', (ROOT / "include/as/version.h").read_text())
    assert_equal(header.group(1), cmake.group(1), "the version in as/version.h")


@test
def the_patterns_find_what_they_are_for():
    assert FOREIGN.search("see /wo" "rk/main") and not FOREIGN.search("/network/x /home/wo" "rk/x")
    assert KEY.search("-----BEGIN EC PRIVATE" " KEY-----\n" + "A" * 64)
    assert not KEY.search("looks for -----BEGIN PRIVATE" " KEY----- in a file")
    assert_equal(list(functions("int f(void)\n{\n    a;\n    b;\n}\n")), [(2, 2)])


main()
