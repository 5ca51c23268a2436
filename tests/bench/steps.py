#!/usr/bin/env python3
"""What a workflow's step costs: one that needs no model, under 64 clients, and one that asks the expert.

Usage: steps.py EXAI EXAI_SIMULATOR [REPEATS]

The step that needs no model: wrk over 64 keep-alive connections, each request a new investigation, first each as fast as it
can (the server is then as full as it gets), then each with a pause between its requests, as agents have. The server runs on
one core, the load on another.

The expert: the same question put to the simulated provider directly and through the tool, in turn; what lies between the
medians is ours.
"""
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from deployment import Deployment  # noqa: E402
from mcp_peer import HttpPeer  # noqa: E402

CONNECTIONS, SECONDS, PAUSE_MS = 64, 5, 20
SCRIPT = 'rules: [{reply: {text: \'{"analysis": "sound", "key_findings": ["one"], "needs_more_info": false}\'}}]\n'
STEP = {"step": "read the code of the failing path", "step_number": 1, "total_steps": 3, "next_step_required": True,
        "findings": "the parser drops the last token when the input ends without a newline", "confidence": "low"}


def call(arguments):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "debug", "arguments": arguments}})


def counted(base):
    """How many steps the server itself says it has answered well."""
    connection = http.client.HTTPConnection(base.split("/")[2])
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("exai_requests_total{") and 'tool="debug"' in line and 'outcome="ok"' in line)


def taken_by_others():
    """Ticks of our processors that the machine's other guests had, and all ticks."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return ticks[7], sum(ticks)


def load(house, pause):
    # One request for all: a client that writes each anew in a script is slower than the server, and would time itself.
    request = json.loads(call(STEP))
    request["params"]["_meta"] = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                                  "io.modelcontextprotocol/clientInfo": {"name": "steps", "version": "1"},
                                  "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "debug"}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method, wrk.body = 'POST', {json.dumps(json.dumps(request))}\n")
        for name, value in headers.items():
            script.write(f"wrk.headers['{name}'] = '{value}'\n")
        if pause:
            script.write(f"function delay() return math.random(0, {2 * pause}) end\n")
        script.flush()
        before, (stolen, ticks) = counted(house.base), taken_by_others()
        said = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", script.name,
                               house.mcp], capture_output=True, text=True, check=True).stdout
    done = int(re.search(r"(\d+) requests in", said).group(1))
    if "Non-2xx" in said or "Socket errors" in said or counted(house.base) - before < done:
        sys.exit(f"not all of {done} requests were steps: {said[-1500:]}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    stolen_after, ticks_after = taken_by_others()
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)), float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
            (stolen_after - stolen) / (ticks_after - ticks))


def asked(connection, path, body, headers):
    began = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    text = connection.getresponse().read()
    took = (time.perf_counter() - began) * 1e3
    return took, text


def expert(house, session, rounds=300):
    direct = http.client.HTTPConnection("127.0.0.1", int(house.simulator.text.split(":")[2].split("/")[0]))
    through = http.client.HTTPConnection("127.0.0.1", int(house.base.rsplit(":", 1)[1]))
    ours, theirs = [], []
    for number in range(rounds):
        question = {**STEP, "total_steps": 1, "next_step_required": False, "findings": f"finding {number} in the parser",
                    "issues_found": [{"severity": "low", "description": "a lost token"}]}
        took, text = asked(through, "/mcp", call(question), {"Accept": "application/json, text/event-stream", "Mcp-Session-Id": session})
        if b"calling_expert_analysis" not in text or b"sound" not in text:
            sys.exit(f"no expert answered: {text[:500]}")
        ours.append(took)
        took, text = asked(direct, "/v1/chat/completions", json.dumps({"model": "glm-4.6", "messages": [{"role": "user", "content": "x" * 4000}]}),
                           {"Authorization": f"Bearer {house.key}"})
        assert b"sound" in text, text
        theirs.append(took)
    return statistics.median(ours), statistics.median(theirs)


def main():
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with Deployment(sys.argv[1], sys.argv[2], SCRIPT, EXAI_WS_GLOBAL_MAX_INFLIGHT="64", EXAI_WS_SESSION_MAX_INFLIGHT="64") as house:
        house.serve()
        peer = HttpPeer(int(house.base.rsplit(":", 1)[1]))
        peer.initialize()
        ours, theirs = expert(house, peer.session)
        print(f"expert analysis: {ours:.2f} ms, the provider alone {theirs:.2f} ms, ours {ours - theirs:.2f} ms  (bound 3 ms)", flush=True)
        os.sched_setaffinity(house.server.child.pid, {0})
        for label, pause in (("as fast as they can", 0), (f"pausing {PAUSE_MS} ms", PAUSE_MS)):
            seen = [load(house, pause) for _ in range(repeats)]
            rate, p99, others = (statistics.median(column) for column in zip(*seen))
            print(f"step without a model, {CONNECTIONS} clients {label}: {rate:.0f}/s, p99 {p99:.2f} ms  (bound 5 ms; "
                  f"p99 from {min(p for _, p, _ in seen):.2f} to {max(p for _, p, _ in seen):.2f}, other guests had {others:.1%})",
                  flush=True)


if __name__ == "__main__":
    main()
