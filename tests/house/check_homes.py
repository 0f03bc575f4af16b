# SPDX-License-Identifier: Apache-2.0
"""One library, one home; functions that do not occur; one clock and one source of randomness."""
import re

from tap import main, test
from tree import ROOT, c_files, code_of, name_of, need_none

# A header and the rooms that may include it; the first row that fits counts.
HOMES = [
    (r"openssl/(ssl|tls1|core_dispatch)\.h", "edge"),
    (r"openssl/(x509|x509v3|x509_vfy|ocsp|asn1|asn1t|pem|pkcs12|cms)\.h", "trust"),
    (r"openssl/(err|crypto|opensslv|objects|obj_mac)\.h", "crypto jose trust edge"),
    (r"openssl/(evp|bio|bn|ec|rsa|core_names|param_build|params|decoder|encoder|provider)\.h",
     "crypto jose trust edge"),
    (r"openssl/.*", "crypto"),
    (r"(stringprep|idna|idn-free)\.h", "trust"),
    (r"(sqlite3|libpq-fe)\.h", "store"),
    (r"microhttpd\.h", "http"),
    (r"confuse\.h", "settings"),
    (r"curl/.*", "fetch"),
    (r"jansson\.h", "jose settings authz endpoint ctl"),
    (r"crypt\.h", "crypto"),
    (r"jwt\.h", ""),
]
SYSTEM = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.MULTILINE)

# Functions and why they do not occur.
BANNED = {
    "no bound": "strcpy strcat stpcpy sprintf vsprintf gets alloca strdupa strndupa scanf",
    "cuts without a word": "strncpy strncat",
    "hidden state": "strtok rand srand random srandom drand48 localtime gmtime ctime asctime",
    "errors cannot be seen": "atoi atol atoll atof",
    "starts a shell": "system popen wordexp",
    "leaves the straight path": "setjmp longjmp sigsetjmp siglongjmp",
}
CLOCKS = "clock_gettime gettimeofday time ftime"
RANDOMS = "getrandom getentropy arc4random RAND_bytes RAND_bytes_ex RAND_priv_bytes RAND_priv_bytes_ex"


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "server" and len(parts) > 2 else ""


def sources():
    found = [(path, code_of(path.read_text())) for path in c_files("server") + c_files("include")]
    assert len(found) >= 60, f"only {len(found)} source files found"
    return found


def calls(names):
    return re.compile(r"(?<![\w.>])(" + "|".join(names.split()) + r")\s*\(")


def lines_with(pattern, allowed_rooms=()):
    for path, code in sources():
        if room_of(path) in allowed_rooms:
            continue
        for number, line in enumerate(code.splitlines(), 1):
            found = pattern.search(line)
            if found:
                yield f"{name_of(path)}:{number}: {found.group(0).strip()}"


@test
def libraries_stay_at_home():
    seen = set()
    wrong = []
    for path, code in sources():
        for header in SYSTEM.findall(code):
            rooms = next((h[1] for h in HOMES if re.fullmatch(h[0], header)), None)
            if rooms is None:
                continue
            seen.add(header.split("/")[0])
            if room_of(path) not in rooms.split():
                wrong.append(f"{name_of(path)} includes <{header}>, at home in: {rooms or 'tests'}")
    need_none(wrong, "headers away from home")
    assert {"openssl", "sqlite3.h", "microhttpd.h", "confuse.h", "jansson.h"} <= seen, seen


@test
def banned_functions_do_not_occur():
    problems = []
    for why, names in BANNED.items():
        problems += [f"{line} ({why})" for line in lines_with(calls(names))]
    need_none(problems, "banned calls")


@test
def goto_does_not_occur():
    need_none(lines_with(re.compile(r"\bgoto\b")), "gotos")


@test
def only_base_reads_the_clock():
    need_none(lines_with(calls(CLOCKS), {"base"}), "clocks read elsewhere")


@test
def only_crypto_makes_randomness():
    """But for request ids, which are no secret, and the seeds of tables, in rooms that may include
    base/ alone."""
    found = [line for line in lines_with(calls(RANDOMS), {"crypto"})
             if not line.startswith(("server/http/id.c:", "server/base/hash.c:"))]
    need_none(found, "randomness made elsewhere")


@test
def a_banned_call_would_be_found():
    """The tool itself: it sees calls, and neither members nor longer names."""
    pattern = calls("system time")
    assert pattern.search("x = system (argv);") and pattern.search("(time(NULL))")
    assert not pattern.search("a_system(x); y->time(1); z.time(2); as_time (*f)(void); systems();")


main()
