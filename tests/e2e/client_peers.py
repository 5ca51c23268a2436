#!/usr/bin/env python3
"""Our client's commands against other people's servers: the reference server of 2025-11-25 and one on the SDK of
2026-07-28, over HTTP, HTTP+SSE, stdio, WebSocket and WebSocket over TLS.

Usage: client_peers.py EXAI FOLDER. The packages are installed once into FOLDER/client-peers. EXAI_NODE names another node.
Exit 77 when node, npm or the packages are not to be had.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from deployment import Process, free_ports  # noqa: E402

PACKAGES = {
    "@modelcontextprotocol/server-everything": "2026.8.31",
    "@modelcontextprotocol/server": "2.4.0",
    "@modelcontextprotocol/node": "2.1.2",
    "@modelcontextprotocol/core": "2.4.0",
    "ws": "8.18.3",
}
HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "peers", "peer.mjs")
SECRET = "canary-" + os.urandom(12).hex()
MODEL = json.dumps({"role": "assistant", "model": "me", "content": {"type": "text", "text": "Paris"}})
PASS, FAIL, UNKNOWN, REFUSED = 0, 1, 3, 6


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def installed(folder):
    for name, version in PACKAGES.items():
        try:
            with open(os.path.join(folder, "node_modules", name, "package.json"), encoding="utf-8") as file:
                if json.load(file)["version"] != version:
                    return False
        except OSError:
            return False
    return True


def install(folder):
    os.makedirs(folder, exist_ok=True)
    if installed(folder):
        return
    npm = shutil.which("npm")
    if npm is None:
        skip("npm is not installed, and the packages are not in " + folder)
    with open(os.path.join(folder, "package.json"), "w", encoding="utf-8") as file:
        json.dump({"name": "client-peers", "private": True, "dependencies": PACKAGES}, file)
    done = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder],
                          capture_output=True, text=True, timeout=280, check=False, cwd=folder)
    if done.returncode != 0 or not installed(folder):
        skip("npm could not install the packages: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])


class Client:
    """Runs exai and holds its exit code and output against what is expected."""

    def __init__(self, exai, root, **environment):
        self.exai = exai
        self.root = root
        self.env = {"PATH": os.environ["PATH"], "HOME": root, "EXAI_ROOT": root, "LANG": "C.UTF-8", "SECRET": SECRET, **environment}
        self.where = []
        self.count = 0

    def at(self, *where):
        self.where = list(where)
        return self

    def run(self, *words, code=PASS, says="", binary=False, seconds=60):
        rest = self.where[self.where.index("--"):] if "--" in self.where else []
        argv = [self.exai, *words, *self.where[:len(self.where) - len(rest)], *rest]
        done = subprocess.run(argv, env=self.env, cwd=self.root, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
        out, err = done.stdout, done.stderr
        text = (out + err).decode(errors="replace")
        self.count += 1
        assert done.returncode == code, f"{argv}: exit {done.returncode} instead of {code}\n{text}"
        assert says in text, f"{argv}: no {says!r} in\n{text}"
        assert SECRET not in text, f"{argv}: a secret was shown\n{text}"
        return out if binary else (out.decode(), err.decode())

    def json(self, *words, code=PASS):
        return json.loads(self.run(*words, "--json", code=code)[0])

    def facts(self, *words):
        result = self.json("probe", "mcp", *words)["results"][0]
        return {fact["name"]: fact.get("text", fact.get("number")) for fact in result["facts"]}


def everything(client, era="legacy"):
    """The reference server of 2025-11-25."""
    assert "echo" in client.run("tool", "list")[0]
    assert client.json("tool", "show", "get-sum")["tool"]["inputSchema"]["properties"]["a"]
    client.run("tool", "call", "echo", "--arg", "message=hi there", says="Echo: hi there")
    total = client.json("tool", "call", "get-sum", "--arg", "a:=2", "--arg", "b:=3")
    assert total["schema"] == "exai.call/1" and "5" in total["content"][0]["text"], total
    client.run("tool", "call", "no-such-tool", code=FAIL)
    client.run("tool", "show", "ecko", code=FAIL, says="echo")
    client.run("tool", "call", "get-sum", "--arg", "a=two", "--arg", "b:=3", code=FAIL)
    assert "image/png" in client.run("tool", "call", "get-tiny-image")[0]
    client.run("tool", "call", "trigger-elicitation-request", says="declined; answer it with")
    _, err = client.run("tool", "call", "trigger-elicitation-request", "--decline", says="declined to provide")
    assert "answer it with" not in err, err
    client.run("tool", "call", "trigger-elicitation-request", "--input", 'name="Ada"', says="Ada")
    client.run("tool", "call", "trigger-sampling-request", "--arg", "prompt=capital of France", "--input", "sampling=" + MODEL, says="Paris")
    begun = time.monotonic()
    client.run("tool", "call", "trigger-long-running-operation", "--arg", "duration:=30", "--arg", "steps:=3", "--timeout", "2s", code=UNKNOWN)
    assert time.monotonic() - begun < 10
    assert "simple-prompt" in client.run("prompt", "list")[0]
    client.run("prompt", "show", "args-prompt", says="city")
    client.run("prompt", "get", "args-prompt", "--arg", "city=Bern", says="Bern")
    client.run("prompt", "get", "args-prompt", code=FAIL)
    listing = client.run("resource", "list")[0]
    assert "template" in listing and "demo://resource/static/document/features.md" in listing, listing
    assert client.run("resource", "read", "demo://resource/static/document/features.md")[0].startswith("# ")
    client.run("resource", "read", "demo://resource/dynamic/text/1", says="resource")
    client.run("resource", "show", "demo://resource/dynamic/text/{resourceId}", says="Dynamic Text")
    client.run("tool", "list", "--era", "modern", code=FAIL)
    out, err = client.run("tool", "call", "echo", "--arg", "message=traced", "--trace")
    assert out == "Echo: traced\n" and '> {"id":' in err and "< {" in err, err
    del era


def modern_sdk(client, only_modern, http):
    """A server on the SDK of 2026-07-28; the same questions in both eras, where it speaks both."""
    client.run("tool", "call", "add", "--arg", "a:=2", "--arg", "b:=3", says="5")
    client.run("tool", "call", "region", "--arg", "region=Zürich ", says="region Zürich ")
    client.run("tool", "call", "fails", code=FAIL, says="it went wrong")
    client.run("tool", "call", "greet", says="no name: decline")
    client.run("tool", "call", "greet", "--input", 'name="Ada"', says="hello Ada")
    client.run("tool", "call", "greet", "--input", 'who={"name":"Bob"}', says="hello Bob")
    client.run("tool", "call", "greet", "--input", 'who={"action":"cancel"}', says="no name: cancel")
    client.run("tool", "call", "sample", "--input", "capital=" + MODEL, says="model: Paris")
    client.run("tool", "call", "sample", "--input", "other=1", code=REFUSED, says="--input capital=")
    client.run("tool", "call", "sample", code=REFUSED, says="sampling")
    client.run("tool", "call", "big", code=FAIL, says="larger than")
    client.run("tool", "call", "slow", "--timeout", "2s", code=UNKNOWN)
    client.run("prompt", "get", "review", "--arg", "file=x.c", says="please review x.c")
    assert client.run("resource", "read", "test://notes")[0] == "first line\nsecond line"
    assert client.run("resource", "read", "test://bytes", binary=True) == b"\x00\xff\n\r"
    client.run("resource", "read", "test://bytes", "--file", os.path.join(client.root, "bytes"), says="4 bytes")
    with open(os.path.join(client.root, "bytes"), "rb") as file:
        assert file.read() == b"\x00\xff\n\r"
    client.run("resource", "read", "test://item/7", says="item 7")
    client.run("resource", "read", "test://none", code=FAIL, says="test://none")
    legacy = ("--era", "legacy")
    if only_modern:
        client.run("tool", "list", *legacy, code=FAIL)
        return
    client.run("tool", "call", "add", "--arg", "a:=2", "--arg", "b:=3", *legacy, says="5")
    client.run("resource", "read", "test://none", *legacy, code=FAIL)
    if http:  # answered without a session there, so a question finds no way back
        return
    client.run("tool", "call", "greet", "--input", 'name="Ada"', *legacy, says="hello Ada")
    client.run("tool", "call", "greet", *legacy, says="no name: decline")
    client.run("tool", "call", "sample", "--input", "sampling=" + MODEL, *legacy, says="model: Paris")
    client.run("tool", "call", "slow", "--timeout", "2s", *legacy, code=UNKNOWN)


def expect_facts(client, transport, era, version, *where):
    facts = client.at().facts(*where)
    assert (facts["transport"], facts["era"], facts["version"]) == (transport, era, version), facts
    assert float(facts["tools"]) > 5 and "tools" in facts["capabilities"].split(","), facts


def reference(client, node, folder):
    main = os.path.join(folder, "node_modules/@modelcontextprotocol/server-everything/dist/index.js")
    for kind, path, transport in (("streamableHttp", "/mcp", "http"), ("sse", "/sse", "sse")):
        port = free_ports(1)[0]
        server = Process([node, main, kind], env={**os.environ, "PORT": str(port)})
        try:
            server.wait_for(str(port))
            url = f"http://127.0.0.1:{port}{path}"
            everything(client.at("--server", url))
            expect_facts(client, transport, "legacy", "2025-11-25", url)
        finally:
            server.stop()
    everything(client.at("--stdio", f"'{node}' {main} stdio"))
    expect_facts(client, "stdio", "legacy", "2025-11-25", "--stdio", f"{node} {main} stdio")
    client.at("--stdio", "--", node, main, "stdio").run("tool", "call", "echo", "--arg", "message=words", says="Echo: words")
    client.at("--", node, main, "stdio").run("tool", "call", "--stdio", "echo", "--arg", "message=words", says="Echo: words")


def sdk(client, node, folder, certificate):
    for eras in ("both", "modern"):
        for kind in ("http", "ws", "wss"):
            files = certificate if kind == "wss" else []
            if kind == "wss" and not files:
                print("note: wss left out, there is no openssl to make a certificate")
                continue
            argv = [node, PEER, kind, eras, *files]
            server = Process(["sh", "-c", 'cd "$0" && exec "$@"', folder, *argv], env=dict(os.environ))
            try:
                url = server.wait_for("\n").split()[1]
                modern_sdk(client.at("--server", url), eras == "modern", kind == "http")
                expect_facts(client, "http" if kind == "http" else "ws", "modern", "2026-07-28", url)
                server.wait_for("slow cancelled")
                if kind == "http":
                    log = server.wait_for('"mcp-name":"review"')
                    assert '"mcp-param-region":"=?base64?WsO8cmljaCA=?="' in log, log
                    assert '"mcp-method":"resources/read","mcp-name":"test://item/7"' in log, log
                    sent = ("--header-env", "X-Secret=SECRET", "--trace")
                    client.at("--server", url).run("tool", "call", "environment", *sent, says="sent [secret")
                    client.at("--server", url, "--transport", "ws").run("tool", "list", code=64)
            finally:
                server.stop()
        command = f"sh -c 'cd \"{folder}\" && exec \"{node}\" \"{PEER}\" stdio {eras}'"
        modern_sdk(client.at("--stdio", command), eras == "modern", False)
        expect_facts(client, "stdio", "modern", "2026-07-28", "--stdio", command)


def make_certificate(folder):
    openssl = shutil.which("openssl")
    if openssl is None:
        return []
    cert, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True, timeout=60)
    return [cert, key]


def main():
    exai, build = (os.path.abspath(word) for word in sys.argv[1:3])
    node = os.environ.get("EXAI_NODE") or shutil.which("node")
    if node is None:
        skip("node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        skip(f"node {version} is too old, the packages need 20")
    folder = os.path.join(build, "client-peers")
    install(folder)
    root = tempfile.mkdtemp(prefix="exai-peers-")
    try:
        certificate = make_certificate(root)
        client = Client(exai, root, **({"SSL_CERT_FILE": certificate[0]} if certificate else {}))
        reference(client, node, folder)
        sdk(client, node, folder, certificate)
        print(f"client_peers: {client.count} commands against other people's servers did as expected")
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
