# SPDX-License-Identifier: Apache-2.0
"""What the house checks share: the tracked files, and C source without comments and strings."""
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = {"build", ".git", "__pycache__", "notes"}


def tracked_files():
    """Every file of the project; where there is no git, every file that is not built."""
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
                           "--exclude-standard"],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    else:
        paths = [p for p in ROOT.rglob("*") if not BUILT & set(p.relative_to(ROOT).parts)]
    return sorted(p for p in paths if p.is_file())


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def c_files(folder, suffixes=(".c", ".h")):
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes)


_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_of(text):
    """C text with comments blanked and literals emptied; the lines stay where they were."""
    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] * 2
        return "\n" * found.count("\n") or " "
    return _NOISE.sub(blank, text)


def need_none(problems, what):
    """Fails with one line a problem."""
    problems = list(problems)
    assert not problems, f"{len(problems)} {what}:\n" + "\n".join(problems)
