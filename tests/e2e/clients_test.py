#!/usr/bin/env python3
"""clients_test.py EXAI_CONFORMANCE NPM_FOLDER: other people's clients list and call over every transport that they have.

The TypeScript SDK 1.x (HTTP, HTTP+SSE, WebSocket, stdio), 2.x (HTTP and stdio; old, negotiated and pinned to the
stateless revision) and the Inspector's command line.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import npm_packages  # noqa: E402
from mcp_peer import ConformanceServer  # noqa: E402

SDK1 = "@modelcontextprotocol/sdk@1.32.2 ws@8.18.3"
SDK2 = "@modelcontextprotocol/client@2.4.0"
INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
FAILED = []


def check(name, condition, what):
    print(f"{'ok  ' if condition else 'FAIL'} {name}{'' if condition else f': {what}'}", flush=True)
    if not condition:
        FAILED.append(name)


def run(name, argv, env=None, seconds=90):
    """Standard output of a client that must end with 0; None when it does not."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, env=env, check=False)
    except subprocess.TimeoutExpired:
        check(name, False, f"did not end within {seconds} s")
        return None
    if done.returncode == 0:
        return done.stdout
    check(name, False, f"ended with {done.returncode}: {done.stdout[-400:]} {done.stderr[-800:]}")
    return None


class PathProxy:
    """A reverse proxy that serves the server below a path of its own and takes that path away, as nginx does."""
    PATH = b"/behind/a/path"

    def __init__(self, port):
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}{self.PATH.decode()}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.listener.accept()[0]
            server = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self.pipe, args=(client, server, self.PATH + b"/"), daemon=True).start()
            threading.Thread(target=self.pipe, args=(server, client, None), daemon=True).start()

    @staticmethod
    def pipe(source, target, path):
        try:
            while data := source.recv(65536):
                target.sendall(data.replace(b" " + path, b" /", 1) if path else data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def in_package(home, script):
    """A copy of the script where node finds the package's modules."""
    target = os.path.join(home, os.path.basename(script))
    shutil.copy(script, target)
    return target


def sdk1(node, folder, targets):
    script = in_package(npm_packages.install(folder, SDK1), os.path.join(PEERS, "sdk1.mjs"))
    for label in ("http", "http with a slash", "http behind a path", "sse", "sse with a slash", "sse behind a path", "ws",
                  "stdio"):
        name, kind = f"SDK 1 over {label}", label.split()[0]
        output = run(name, [node, script, kind, *targets[label]])
        if output is None:
            continue
        out = json.loads(output)
        good = ("chat" in out["tools"] and out["simple"].startswith("This is a simple") and "forty-two" in out["sampled"]
                and "ada@example.org" in out["asked"] and out["prompts"] > 5 and out["prompt"] == 1
                and out["resources"] > 4 and out["read"].startswith("This is the content") and out["cancelled"])
        # The SDK loses a last progress that shares a read with the result, on every transport but HTTP.
        check(name, good and out["progress"] >= (3 if kind == "http" else 2), out)


def sdk2(node, folder, targets):
    script = in_package(npm_packages.install(folder, SDK2), os.path.join(PEERS, "sdk2.mjs"))
    for kind in ("http", "stdio"):
        for mode in ("legacy", "auto", "pin"):
            name = f"SDK 2 over {kind}, {mode}"
            output = run(name, [node, script, kind, mode, *targets[kind]])
            if output is None:
                continue
            out = json.loads(output)
            version = "2025-11-25" if mode == "legacy" else "2026-07-28"
            good = ("chat" in out["tools"] and out["simple"].startswith("This is a simple") and out["named"] == "Hello, Ada!"
                    and out["state"] == "state-ok" and "mâle" in out["header"] and out["prompts"] > 5
                    and out["read"].startswith("This is the content") and out["version"] == version)
            check(name, good, out)


def inspector(node, folder, targets):
    home = npm_packages.install(folder, INSPECTOR)
    program = os.path.realpath(os.path.join(home, "node_modules/.bin/mcp-inspector"))
    with tempfile.TemporaryDirectory() as scratch:
        env = {**os.environ, "HOME": scratch, "PATH": os.path.dirname(node) + ":" + os.environ["PATH"]}

        def ask(name, where, *words):
            output = run(name, [node, program, "--cli", *where, *words, "--format", "json", "-q"], env)
            if output is None:
                return {}
            try:
                return json.loads(output)
            except ValueError:
                check(name, False, f"no JSON: {output[:300]}")
                return {}
        http = [targets["http"][0], "--transport", "http"]
        places = {"http": http, "http, stateless": [*http, "--protocol-era", "modern"],
                  "http, negotiated": [*http, "--protocol-era", "auto"],
                  "sse": [targets["sse"][0], "--transport", "sse"], "stdio": targets["stdio"]}
        for name, where in places.items():
            label = f"Inspector over {name}"
            tools = json.dumps(ask(label, where, "--method", "tools/list"))
            called = json.dumps(ask(label, where, "--method", "tools/call", "--tool-name", "test_simple_text"))
            check(label, '"chat"' in tools and "This is a simple text" in called, (tools[:200], called[:200]))
        read = json.dumps(ask("Inspector reads", http, "--method", "resources/read", "--uri", "test://static-text"))
        check("Inspector reads a resource", "This is the content" in read, read[:200])
        got = json.dumps(ask("Inspector prompts", http, "--method", "prompts/get", "--prompt-name",
                             "test_prompt_with_arguments", "--prompt-args", "arg1=one", "arg2=two"))
        check("Inspector gets a prompt", "one" in got and "two" in got, got[:200])
        strict = run("Inspector finds the schemas portable", [node, program, "--cli", *http, "--method", "tools/list",
                                                              "--strict", "--format", "json", "-q"], env)
        # It ends with 0 whatever it found.
        check("Inspector finds the schemas portable", strict and '"chat"' in strict and "schemaFindings" not in strict, strict)


def main():
    binary, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    node = npm_packages.node(folder)
    server = ConformanceServer(binary)
    http = f"http://127.0.0.1:{server.ports['mcp']}"
    behind = PathProxy(server.ports["mcp"]).url
    targets = {"http": [http + "/mcp"], "http with a slash": [http + "/mcp/"], "http behind a path": [behind + "/mcp"],
               "sse": [http + "/sse"], "sse with a slash": [http + "/sse/"], "sse behind a path": [behind + "/sse"], "ws": [f"ws://127.0.0.1:{server.ports['daemon']}/"],
               "stdio": [binary, "--stdio"]}
    try:
        sdk1(node, folder, targets)
        sdk2(node, folder, targets)
        inspector(node, folder, targets)
    finally:
        code = server.stop()
    check("the server stops in order", code == 0, code)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
