#!/usr/bin/env python3
"""The protocol's figures of README: requests a second beside nginx in one interleaved run, and memory of what is idle.

Usage: protocol.py EXAI_CONFORMANCE [REPEATS]

Server on one core, load on another (wrk, 16 keep-alive connections). nginx answers every request with a static body of
the same size, so the ratio says what MCP costs on top of HTTP. A ratio of the CPU time that each server spent for a
request stands beside it: it moves less when the machine is busy.
"""
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from deployment import free_ports, run_on_core  # noqa: E402
from mcp_peer import ConformanceServer, HttpPeer, http_request, meta  # noqa: E402

SECONDS = 3
CONNECTIONS = 16
IDLE = 1000


def call(name):
    return json.dumps({"jsonrpc": "2.0", "id": 12345, "method": "tools/call", "params": {"name": name, "arguments": {}}})


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(url, body, headers, pid):
    """(requests a second, CPU microseconds a request)"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.body = {json.dumps(body)}\n")
        for name, value in headers.items():
            script.write(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n")
        script.flush()
        before = cpu_seconds(pid)
        output = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script.name, url],
                              capture_output=True, text=True, check=True).stdout
        spent = cpu_seconds(pid) - before
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"errors under load: {output}")
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), spent / requests * 1e6


class Nginx:
    """One worker on core 0 that answers everything with one body."""

    def __init__(self, folder, body):
        port = free_ports(1)[0]
        page = os.path.join(folder, "page.json")
        with open(page, "w", encoding="utf-8") as file:
            file.write(body)
        # A body larger than one configuration word comes in pieces; quotes and dollars would end or mean something.
        text = body.replace("\\", "/").replace("'", "_").replace("$", "_")
        pieces = [text[i:i + 3000] for i in range(0, len(text), 3000)]
        sets = "".join(f"set $p{i} '{piece}'; " for i, piece in enumerate(pieces))
        whole = "".join(f"$p{i}" for i in range(len(pieces)))
        config = os.path.join(folder, f"nginx-{port}.conf")
        paths = "".join(f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"worker_processes 1; worker_cpu_affinity 01; daemon off; pid {folder}/{port}.pid; error_log stderr crit;"
                       f"events {{ worker_connections 4096; }} http {{ access_log off; keepalive_requests 1000000000; {paths}"
                       f"server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; {sets} return 200 \"{whole}\"; }} }} }}")
        self.child = subprocess.Popen(["nginx", "-c", config], stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}/mcp"
        deadline = time.monotonic() + 10
        while True:
            try:
                http_request(port, "GET", "/")
                break
            except OSError:
                if time.monotonic() > deadline or self.child.poll() is not None:
                    sys.exit("nginx did not start")
                time.sleep(0.01)
        found = subprocess.run(["pgrep", "-P", str(self.child.pid)], capture_output=True, text=True, check=True)
        self.worker = int(found.stdout.split()[0])

    def stop(self):
        self.child.terminate()
        self.child.wait(10)


def compare(label, server, session, body, repeats, folder):
    port = server.ports["mcp"]
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Mcp-Session-Id": session}
    answer = http_request(port, "POST", "/mcp", headers, body)[2]
    nginx = Nginx(folder, answer)
    rates, costs = [], []
    try:
        for _ in range(repeats):
            theirs = load(nginx.url, body, headers, nginx.worker)
            ours = load(f"http://127.0.0.1:{port}/mcp", body, headers, server.child.pid)
            rates.append((ours[0], theirs[0]))
            costs.append((ours[1], theirs[1]))
    finally:
        nginx.stop()
    ratio = statistics.median(ours / theirs for ours, theirs in rates)
    cost = statistics.median(theirs / ours for ours, theirs in costs)
    print(f"{label:<34} {statistics.median(o for o, _ in rates):9.0f}/s  nginx {statistics.median(t for _, t in rates):9.0f}/s"
          f"  {ratio:5.0%} of nginx   (CPU {cost:5.0%}; {len(answer)} bytes, bound 40%)", flush=True)


def idle(label, server, open_one, bound):
    before = server.rss()
    kept = [open_one(number) for number in range(IDLE)]
    each = (server.rss() - before) / IDLE
    print(f"{label:<34} {each:9.1f} KB each of {IDLE}   (bound {bound} KB)", flush=True)
    return kept


def wire_to(server, text, until):
    connection = socket.create_connection(("127.0.0.1", server.ports["mcp"]), 20)
    connection.sendall(text.encode())
    seen = b""
    while until not in seen:
        seen += connection.recv(65536)
    return connection


def memory(binary):
    limits = ("limits.connections=20000", "limits.connections_per_address=20000", f"limits.sessions={3 * IDLE}",
              f"limits.streams={3 * IDLE}")
    post = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
    server = ConformanceServer(binary, *limits)
    try:
        idle("keep-alive connection", server,
             lambda _: wire_to(server, "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", b"true}"), 6)
    finally:
        server.stop()
    server = ConformanceServer(binary, *limits)
    try:
        def session(_):
            peer = HttpPeer(server.ports["mcp"])
            peer.initialize()
            peer.last.over.wait(10)
            return peer.session
        sessions = idle("session", server, session, 16)
        idle("its GET stream", server,
             lambda n: wire_to(server, f"GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: {sessions[n]}\r\n\r\n",
                               b"data: \n"), 16)
    finally:
        server.stop()
    server = ConformanceServer(binary, *limits)
    try:
        def listen(number):
            body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "subscriptions/listen",
                               "params": {"_meta": meta(), "notifications": {"toolsListChanged": True}}})
            head = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n"
            return wire_to(server, f"{post}{head}Content-Length: {len(body)}\r\n\r\n{body}", b"acknowledged")
        idle("open listen stream", server, listen, 16)
        with open(f"/proc/{server.child.pid}/status", encoding="ascii") as status:
            threads = re.search(r"Threads:\s+(\d+)", status.read()).group(1)
        print(f"{'threads with all of them open':<34} {threads:>9}", flush=True)
    finally:
        server.stop()


def main():
    binary, repeats = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    server = ConformanceServer(binary)
    run_on_core(server.child.pid, 0)
    try:
        peer = HttpPeer(server.ports["mcp"])
        peer.initialize()
        with tempfile.TemporaryDirectory() as folder:
            compare("tools/call, a trivial tool", server, peer.session, call("test_simple_text"), repeats, folder)
            compare("tools/list", server, peer.session, '{"jsonrpc":"2.0","id":12345,"method":"tools/list"}', repeats, folder)
    finally:
        server.stop()
    memory(binary)


if __name__ == "__main__":
    main()
