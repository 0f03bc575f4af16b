# SPDX-License-Identifier: Apache-2.0
"""The public headers are the manual: each function stands under a comment, alone or in a group."""
import re

from tap import assert_equal, main, test
from tree import c_files, name_of, need_none

FUNCTION = re.compile(r"^(?!#|typedef\b|\s)[\w\s*]*?\b(as_\w+)\(")


def blocks(text):
    """(first line number, lines) of what stands between blank lines; a macro's lines are one."""
    start, lines = 1, []
    for number, line in enumerate(text.splitlines() + [""], 1):
        if line.strip():
            if not lines:
                start = number
            lines.append(line)
        elif lines and not inside_comment(lines):
            yield start, lines
            lines = []


def inside_comment(lines):
    text = "\n".join(lines)
    return text.rfind("/*") > text.rfind("*/")


def bare_functions(text):
    """(line, name) of functions that no comment in their block precedes."""
    for start, lines in blocks(text):
        commented = False
        in_body = False
        for offset, line in enumerate(lines):
            commented = commented or "/*" in line
            found = None if in_body else FUNCTION.match(line)
            if line == "{":
                in_body = True
            elif line == "}":
                in_body = False
            if found and not commented:
                yield start + offset, found.group(1)


def functions(text):
    return [m.group(1) for m in map(FUNCTION.match, text.splitlines()) if m]


@test
def every_function_is_explained():
    headers = c_files("include/as", (".h",))
    count = sum(len(functions(path.read_text())) for path in headers)
    assert len(headers) >= 20 and count >= 150, f"only {len(headers)} headers, {count} functions"
    need_none((f"{name_of(path)}:{line}: {name}" for path in headers
               for line, name in bare_functions(path.read_text())), "functions without a comment")


@test
def every_header_opens_with_its_purpose():
    def opens(text):
        return re.match(r"/\* SPDX[^\n]*\n/\*(\n \*)? \S", text) is not None
    need_none((name_of(path) for path in c_files("include/as", (".h",))
               if not opens(path.read_text())), "headers without a purpose")


@test
def a_bare_function_would_be_found():
    text = "/* said */\nint as_a(void);\nint as_b(void);\n\nint as_c(int x,\n         int y);\n"
    assert_equal(list(bare_functions(text)), [(5, "as_c")])


main()
