# SPDX-License-Identifier: Apache-2.0
"""A running fapid for black-box suites, and the strangers that talk to it.

    server = Fapid.start()                 # its own folder, CA, ports; ends with stop()
    alice = server.register_client("alice")
    status, fields, body = server.post(alice.cert, "/token", grant_type="client_credentials", ...)

Keys and certificates are made at run time and thrown away.
"""
import base64
import contextlib
import datetime
import fcntl
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tap import build_dir

NOW = datetime.datetime.utcnow().replace(microsecond=0)
DAY = datetime.timedelta(days=1)
AUDIENCE = "https://api.example/accounts"


def name(*parts):
    """name(("C", "GB"), ("CN", "x")): encoded in this order."""
    oids = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME,
            "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
    return x509.Name([x509.NameAttribute(oids[kind], text) for kind, text in parts])


class Cert:
    """A certificate with its key, and its files on request."""
    def __init__(self, cert, key, folder, chain=()):
        self.cert, self.key, self.chain = cert, key, chain
        self.folder = folder
        self._path = None

    def pem(self):
        return b"".join(one.public_bytes(serialization.Encoding.PEM)
                        for one in (self.cert, *self.chain))

    def der(self):
        return self.cert.public_bytes(serialization.Encoding.DER)

    def key_pem(self):
        return self.key.private_bytes(serialization.Encoding.PEM,
                                      serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())

    def x5t(self):
        return base64.urlsafe_b64encode(hashlib.sha256(self.der()).digest()).decode().rstrip("=")

    def files(self):
        """Paths of certificate and key."""
        if self._path is None:
            handle, self._path = tempfile.mkstemp(dir=self.folder, suffix=".pem")
            os.close(handle)
            with open(self._path, "wb") as out:
                out.write(self.pem())
            with open(self._path + ".key", "wb", opener=_private) as out:
                out.write(self.key_pem())
        return self._path, self._path + ".key"


def _private(path, flags):
    return os.open(path, flags, 0o600)


def new_key(kind="ec"):
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key({"ec": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


class Authority:
    """A CA as strict path validation wants it."""
    def __init__(self, folder, common_name, issuer=None, key="ec", **changes):
        self.folder = folder
        self.key = new_key(key)
        self.name = name(("O", "Test"), ("CN", common_name))
        self.issuer = issuer
        signer = issuer or self
        builder = (x509.CertificateBuilder()
                   .subject_name(self.name).issuer_name(signer.name)
                   .public_key(self.key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(changes.get("not_before", NOW - DAY))
                   .not_valid_after(changes.get("not_after", NOW + 30 * DAY))
                   .add_extension(x509.BasicConstraints(True, changes.get("path_length")), True)
                   .add_extension(x509.KeyUsage(False, False, False, False, False, True, True,
                                                False, False), True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                       self.key.public_key()), False))
        if issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
        self.cert = builder.sign(signer.key, hashes.SHA256())

    def pem(self):
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def issue(self, subject, san=(), key="ec", eku=(ExtendedKeyUsageOID.CLIENT_AUTH,),
              chain=(), not_before=None, not_after=None, old_key=None, ca=False, usage=True):
        made = old_key or new_key(key)
        if isinstance(subject, str):
            subject = name(("O", "Test"), ("CN", subject))
        builder = (x509.CertificateBuilder()
                   .subject_name(subject).issuer_name(self.name)
                   .public_key(made.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(not_before or NOW - DAY)
                   .not_valid_after(not_after or NOW + 20 * DAY)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()),
                                  False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       self.key.public_key()), False))
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, None), True)
        if usage:
            builder = builder.add_extension(
                x509.KeyUsage(True, False, False, False, False, ca, ca, False, False), True)
        if eku:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(eku)), False)
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(san)), not subject)
        return Cert(builder.sign(self.key, hashes.SHA256()), made, self.folder, chain)


def self_signed(folder, common_name, key="ec", not_before=None, not_after=None, ca=False,
                old_key=None):
    made = old_key or new_key(key)
    subject = name(("CN", common_name))
    builder = (x509.CertificateBuilder()
               .subject_name(subject).issuer_name(subject).public_key(made.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(not_before or NOW - DAY)
               .not_valid_after(not_after or NOW + 20 * DAY)
               .add_extension(x509.BasicConstraints(ca, None), True))
    return Cert(builder.sign(made, hashes.SHA256()), made, folder)


_claims = []


def _claim(port):
    """While this process lives no other process of the tests gets the port: a server listens a
    while after its port was chosen. An abstract socket goes with its process."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0fapid-test-port-{port}")
    except OSError:
        claim.close()
        raise
    # out of the way of tests that hand on descriptors by their numbers
    _claims.append(fcntl.fcntl(claim.fileno(), fcntl.F_DUPFD_CLOEXEC, 500))
    claim.close()


def free_ports(count):
    """Below the range from which the system takes ports for outgoing connections: one of those
    could have the port before the server does."""
    with contextlib.ExitStack() as stack:
        found = []
        for port in random.SystemRandom().sample(range(12000, 32000), 200):
            try:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                _claim(port)
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise RuntimeError("no free ports")


class Party:
    def __init__(self, id_, cert, view):
        self.id, self.cert, self.view = id_, cert, view


def catches_interrupts(pid):
    """fapictl does, once it has had the answer and waits for a job."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        caught = next(line for line in status if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) & 1 << signal.SIGINT - 1


class Fapid:
    """One server process with its folder."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.port, self.mtls_port, self.admin_port = free_ports(3)
        self.issuer = f"https://localhost:{self.port}"
        self.server_ca = Authority(folder, "server CA")
        self.client_ca = Authority(folder, "client CA")
        self.other_ca = Authority(folder, "another CA")
        self.log_path = self.path("fapid.log")
        self.audit_path = self.path("audit.jsonl")
        self.socket = self.path("admin.sock")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, file, content):
        with open(self.path(file), "wb", opener=_private) as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return self.path(file)

    @classmethod
    def make(cls, names=("localhost",), **changes):
        """The folder with certificates and configuration; nothing runs yet."""
        base = os.environ.get("TEST_TMP") or None
        server = cls(tempfile.mkdtemp(prefix="fapid-", dir=base))
        os.chmod(server.folder, 0o700)
        san = [x509.DNSName(one) for one in names]
        for kind in ("rsa", "ec"):
            made = server.server_ca.issue("localhost", san, kind,
                                          (ExtendedKeyUsageOID.SERVER_AUTH,))
            server.write(f"server-{kind}.pem", made.pem())
            server.write(f"server-{kind}.key", made.key_pem())
        server.write("server-ca.pem", server.server_ca.pem())
        server.write("client-ca.pem", server.client_ca.pem())
        server.write("other-ca.pem", server.other_ca.pem())
        server.write("fapid.conf", server.configuration(names, **changes))
        return server

    @classmethod
    def start(cls, sets=(), **changes):
        server = cls.make(**changes)
        server.run(sets)
        return server

    def configuration(self, names=("localhost",), public="none", mtls="request", profile="fapi1",
                      listener="", top="", aliases=True):
        quoted = ", ".join(f'"{one}"' for one in names)
        keys = ('certificate = {"server-rsa.pem", "server-ec.pem"} '
                'key = {"server-rsa.key", "server-ec.key"}')
        origin = f'origin = "https://localhost:{self.mtls_port}"' if aliases else ""
        return f"""issuer = "{self.issuer}"
listener public {{
    address = "127.0.0.1:{self.port}"
    names = {{{quoted}}}
    {keys}
    client_certificate = {public}
    profile = {profile}
    {listener}
}}
listener mtls {{
    address = "127.0.0.1:{self.mtls_port}"
    names = {{{quoted}}}
    {origin}
    {keys}
    client_certificate = {mtls}
    profile = {profile}
    {listener}
}}
profiles = {{fapi1, fapi2, oauth}}
trust banks {{ use = client  anchors = {{"client-ca.pem"}} }}
trust others {{ use = client  anchors = {{"other-ca.pem"}} }}
trust apis {{ use = resource  anchors = {{"client-ca.pem"}} }}
default_trust = banks
store {{ path = "fapid.db"  key_file = "kek" }}
admin {{ socket = "admin.sock"  http = "127.0.0.1:{self.admin_port}" }}
audit {{ file = "audit.jsonl" }}
{top}
"""

    def command(self, *args):
        command = [os.path.join(build_dir(), "fapid"), "-c", self.path("fapid.conf"), *args]
        if os.geteuid() == 0:
            command.append("--allow-root")
        return command

    def run(self, sets=(), wait=True, env=None):
        args = [word for one in sets for word in ("--set", one)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(*args), stderr=log,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            env={**os.environ, **(env or {})})
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"fapid ended with {self.process.returncode}:\n{self.log()}")
            try:
                if self.admin_get("/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("fapid does not become ready:\n" + self.log())

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Ends the process; its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process = None

    def close(self):
        """Stops and removes everything; a status other than 0 is an error (sanitizers speak so)."""
        log = self.log()
        status = self.stop()
        log = self.log() or log
        shutil.rmtree(self.folder, ignore_errors=True)
        if status not in (0, None):
            sys.stderr.write(log[-8000:])
            raise RuntimeError(f"fapid ended with status {status}")

    def log(self):
        with contextlib.suppress(FileNotFoundError), open(self.log_path, errors="replace") as text:
            return text.read()
        return ""

    def log_lines(self):
        """But for one that is just being written."""
        return [json.loads(line) for line in self.log().split("\n")[:-1] if line.startswith("{")]

    def settle_audit(self, seconds=30):
        """Waits until what was answered is in the audit file, which a thread of its own writes."""
        end = time.monotonic() + seconds
        while self.process is not None and self.process.poll() is None \
                and self.metric("audit_lines_waiting") > 0:
            assert time.monotonic() < end, "the audit is not written"
            time.sleep(0.005)

    def audit_lines(self):
        self.settle_audit()
        with open(self.audit_path) as text:
            return [json.loads(line) for line in text]

    # ------------------------------------------------------------------ the operator

    def fapictl(self, *args, socket=None, text=None, **options):
        """(exit status, standard output, standard error) of fapictl with its own defaults."""
        done = subprocess.run([os.path.join(build_dir(), "fapictl"), "--socket",
                               socket or self.socket, *args], input=text, capture_output=True,
                              text=True, timeout=120, check=False, **options)
        return done.returncode, done.stdout, done.stderr

    def begin_fapictl(self, *args):
        return subprocess.Popen([os.path.join(build_dir(), "fapictl"), "--socket", self.socket,
                                 *args], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def interrupted_fapictl(self, *args):
        """As fapictl(), with Ctrl-C once it waits for a job."""
        began = self.begin_fapictl(*args)
        while not catches_interrupts(began.pid):
            assert began.poll() is None, began.communicate()
            time.sleep(0.01)
        began.send_signal(signal.SIGINT)
        out, said = began.communicate(timeout=30)
        return began.returncode, out, said

    def ctl(self, *args, status=0, text=None):
        """Runs fapictl -o json; what it printed, as a value. `status` is the expected exit."""
        code, out, said = self.fapictl("-o", "json", *args, text=text)
        if code != status:
            raise AssertionError(f"fapictl {' '.join(args)}: status {code} instead of {status}: "
                                 f"{out}{said}")
        if status != 0:
            # what concerns the call is the last line
            return json.loads(said.splitlines()[-1])
        return json.loads(out) if out.strip() else None

    def admin_get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, metric):
        for line in self.admin_get("/metrics")[1].splitlines():
            if line.startswith(f"fapid_{metric} "):
                return int(float(line.split()[1]))
        raise AssertionError(f"no metric {metric}")

    def register_client(self, common_name, cert=None, method="tls_client_auth", scope="accounts",
                        flags=(), authority=None):
        if cert is None:
            cert = (authority or self.client_ca).issue(common_name) \
                if method == "tls_client_auth" else self_signed(self.folder, common_name)
        identity = [] if any(f.startswith("--tls-client-auth-") for f in flags) \
            else ["--certificate", cert.files()[0]]
        view = self.ctl("client", "create", "--client-name", common_name, "--scope", scope,
                        "--grant-types", "client_credentials",
                        "--token-endpoint-auth-method", method, *identity, *flags)
        return Party(view["client_id"], cert, view)

    def register_resource(self, common_name="api", audience=AUDIENCE, scope="accounts balances",
                          cert=None, flags=()):
        cert = cert or self.client_ca.issue(common_name)
        view = self.ctl("resource", "create", "--client-name", common_name, "--audience", audience,
                        "--scope", scope, "--token-endpoint-auth-method", "tls_client_auth",
                        "--certificate", cert.files()[0], *flags)
        return Party(view["client_id"], cert, view)

    # ------------------------------------------------------------------ strangers

    def context(self, cert=None, version=None, session=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.server_ca.pem().decode())
        if cert is not None:
            context.load_cert_chain(*cert.files())
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    def connect(self, cert=None, port=None, version=None, host="localhost"):
        """A TLS connection as a socket."""
        plain = socket.create_connection(("127.0.0.1", port or self.mtls_port), timeout=30)
        try:
            return self.context(cert, version).wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def https(self, cert=None, port=None, version=None):
        """An http.client connection, kept alive by the caller."""
        port = port or self.mtls_port
        return http.client.HTTPSConnection("localhost", port, timeout=30,
                                           context=self.context(cert, version))

    def request(self, method, path, body=None, fields=None, cert=None, port=None, version=None):
        """(status, fields in lower case, body as text)"""
        connection = self.https(cert, port, version)
        try:
            return roundtrip(connection, method, path, body, fields)
        finally:
            connection.close()

    def post(self, cert, path, form=None, port=None, fields=None, version=None, **parameters):
        body = urllib.parse.urlencode(form if form is not None else parameters)
        return self.request("POST", path, body, {"Content-Type":
                            "application/x-www-form-urlencoded", **(fields or {})}, cert, port,
                            version)

    def ask_token(self, party, cert=..., **parameters):
        """The answer of the token endpoint to a client_credentials request, with the party's own
        certificate, another one, or none (None)."""
        parameters = {"grant_type": "client_credentials", "client_id": party.id, **parameters}
        return self.post(party.cert if cert is ... else cert, "/token", form=parameters)

    def token(self, party, **parameters):
        status, _, body = self.ask_token(party, **parameters)
        if status != 200:
            raise AssertionError(f"no token: {status} {body}")
        return json.loads(body)["access_token"]

    def introspect(self, resource, token, **parameters):
        status, _, body = self.post(resource.cert, "/introspect",
                                    form={"client_id": resource.id, "token": token, **parameters})
        if status != 200:
            raise AssertionError(f"introspection: {status} {body}")
        return json.loads(body)


def roundtrip(connection, method, path, body=None, fields=None):
    connection.request(method, path, body, fields or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text


def error_of(answer):
    """(status, error) of an answer."""
    status, _, body = answer
    return status, json.loads(body)["error"]
