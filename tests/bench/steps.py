#!/usr/bin/env python3
"""What a workflow's step costs: one that needs no model, under 64 clients, and one that asks the expert.

Usage: steps.py EXAI EXAI_SIMULATOR EXAI_LOAD [REPEATS]

The step that needs no model: 64 keep-alive connections, each request a new investigation, first each as fast as it can (the
server is then as full as it gets), then each with a pause between its requests, as agents have. The whole server runs on one
core, what writes to its store included, the load on another. Each latency is from before a request is written until its reply
is read; wrk is not used, whose latencies are corrected for what it did not send. A latency of milliseconds says nothing of us
while another guest has our core, so a run counts only when they had next to none of it; all runs are printed.

The expert: the same question put to the simulated provider directly and through the tool, in turn; what lies between the
medians is ours.
"""
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from deployment import Deployment, run_on_core  # noqa: E402
from mcp_peer import HttpPeer  # noqa: E402

CONNECTIONS, SECONDS, PAUSE_MS = 64, 5, 20
QUIET = 0.005  # of our processors' time that other guests of the machine may have in a run that counts
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


def request_bytes(deployment):
    """One whole request; exai-load puts its number where %ID% stands, which has ten digits."""
    request = json.loads(call(STEP))
    request["id"] = 1_000_000_000
    request["params"]["_meta"] = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                                  "io.modelcontextprotocol/clientInfo": {"name": "steps", "version": "1"},
                                  "io.modelcontextprotocol/clientCapabilities": {}}
    body = json.dumps(request)
    headers = {"Host": deployment.base.split("/")[2], "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "debug", "Content-Length": len(body)}
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head + "\r\n" + body.replace("1000000000", "%ID%")


def load(deployment, pause):
    with tempfile.NamedTemporaryFile("w", suffix=".http") as file:
        file.write(request_bytes(deployment))
        file.flush()
        before, (stolen, ticks) = counted(deployment.base), taken_by_others()
        ran = subprocess.run(["taskset", "-c", "1", sys.argv[3], deployment.base.rsplit(":", 1)[1], file.name, str(CONNECTIONS), str(SECONDS),
                              str(pause)], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    result = json.loads(ran.stdout)
    if counted(deployment.base) - before < result["requests"]:
        sys.exit(f"not all of {result['requests']} requests were steps")
    stolen_after, ticks_after = taken_by_others()
    return result["per_second"], result["p50_ms"], result["p99_ms"], (stolen_after - stolen) / (ticks_after - ticks)


def timed_post(connection, path, body, headers):
    began = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    text = connection.getresponse().read()
    took = (time.perf_counter() - began) * 1e3
    return took, text


def expert(deployment, session, rounds=300):
    direct = http.client.HTTPConnection("127.0.0.1", int(deployment.simulator.text.split(":")[2].split("/")[0]))
    through = http.client.HTTPConnection("127.0.0.1", int(deployment.base.rsplit(":", 1)[1]))
    ours, theirs = [], []
    for number in range(rounds):
        question = {**STEP, "total_steps": 1, "next_step_required": False, "findings": f"finding {number} in the parser",
                    "issues_found": [{"severity": "low", "description": "a lost token"}]}
        took, text = timed_post(through, "/mcp", call(question), {"Accept": "application/json, text/event-stream", "Mcp-Session-Id": session})
        if b"calling_expert_analysis" not in text or b"sound" not in text:
            sys.exit(f"no expert answered: {text[:500]}")
        ours.append(took)
        took, text = timed_post(direct, "/v1/chat/completions", json.dumps({"model": "glm-4.6", "messages": [{"role": "user", "content": "x" * 4000}]}),
                           {"Authorization": f"Bearer {deployment.key}"})
        assert b"sound" in text, text
        theirs.append(took)
    return statistics.median(ours), statistics.median(theirs)


def main():
    repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    with Deployment(sys.argv[1], sys.argv[2], SCRIPT, EXAI_WS_GLOBAL_MAX_INFLIGHT="64", EXAI_WS_SESSION_MAX_INFLIGHT="64") as deployment:
        deployment.serve()
        peer = HttpPeer(int(deployment.base.rsplit(":", 1)[1]))
        peer.initialize()
        ours, theirs = expert(deployment, peer.session)
        print(f"expert analysis: {ours:.2f} ms, the provider alone {theirs:.2f} ms, ours {ours - theirs:.2f} ms  (bound 3 ms)", flush=True)
        run_on_core(deployment.server.child.pid, 0)
        for label, pause in (("as fast as they can", 0), (f"pausing {PAUSE_MS} ms", PAUSE_MS)):
            seen = [load(deployment, pause)]
            while sum(run[3] < QUIET for run in seen) < repeats and len(seen) < 6 * repeats:
                seen.append(load(deployment, pause))
            quiet = [run for run in seen if run[3] < QUIET]
            all_runs = f"{len(quiet)} of {len(seen)} runs; p99 of all {min(run[2] for run in seen):.2f} to {max(run[2] for run in seen):.2f} ms"
            if len(quiet) < repeats:
                print(f"step without a model, {CONNECTIONS} clients {label}: UNKNOWN, the machine was quiet in {all_runs}", flush=True)
                continue
            rate, p50, p99, _ = (statistics.median(column) for column in zip(*quiet))
            print(f"step without a model, {CONNECTIONS} clients {label}: {rate:.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms  (bound 5 ms; "
                  f"p99 from {min(run[2] for run in quiet):.2f} to {max(run[2] for run in quiet):.2f}; quiet were {all_runs})", flush=True)


if __name__ == "__main__":
    main()
