#!/usr/bin/env python3
"""The figures of README: whole processes, medians, each beside its floor in the same run.

Usage: figures.py EXAI [RUNS]
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
from deployment import free_ports  # noqa: E402

INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                         "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}})


def wall(argv, env):
    began = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=True)
    return (time.perf_counter() - began) * 1e3


def launch(exai, env, port):
    """Milliseconds from spawn to the first initialize answer, and the resident size after it."""
    began = time.perf_counter()
    child = subprocess.Popen([exai, "serve"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("POST", "/mcp", INITIALIZE, {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"})
                answer = connection.getresponse()
                assert answer.status == 200 and b"result" in answer.read()
                break
            except ConnectionRefusedError:
                assert child.poll() is None, "the server ended"
                time.sleep(0.0002)
        took = (time.perf_counter() - began) * 1e3
        with open(f"/proc/{child.pid}/smaps_rollup", encoding="ascii") as file:
            rss = next(int(line.split()[1]) for line in file if line.startswith("Rss:"))
        return took, rss
    finally:
        child.terminate()
        child.wait(30)


def main():
    exai, runs = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with tempfile.TemporaryDirectory(prefix="exai-bench-") as root:
        mcp, websocket, health = free_ports(3)
        env = {"PATH": os.environ["PATH"], "HOME": root, "EXAI_ROOT": root, "MCP_PORT": str(mcp), "EXAI_WS_PORT": str(websocket), "HEALTH_CHECK_PORT": str(health)}
        commands = {"/bin/true": ["/bin/true"], "exai --version": [exai, "--version"],
                    "exai validate timeouts": [exai, "validate", "timeouts"],
                    "completion of a check id": [exai, "__complete", "3", "--", "exai", "check", "run", ""]}
        times = {name: [] for name in commands}
        for _ in range(runs):  # in turn, so that a drift of the machine falls on all alike
            for name, argv in commands.items():
                times[name].append(wall(argv, env))
        launches = [launch(exai, env, mcp) for _ in range(runs)]
    floor = statistics.median(times["/bin/true"])
    bound = 3 * floor + 5
    print(f"{'figure':<40} {'median':>10} {'bound':>10}")
    print(f"{'/bin/true':<40} {floor:>7.2f} ms")
    for name in ("exai --version", "exai validate timeouts"):
        print(f"{name:<40} {statistics.median(times[name]):>7.2f} ms {bound:>7.2f} ms")
    print(f"{'completion of a check id':<40} {statistics.median(times['completion of a check id']):>7.2f} ms {50:>7.2f} ms")
    print(f"{'exai serve, launch to first initialize':<40} {statistics.median(took for took, _ in launches):>7.2f} ms {25:>7.2f} ms")
    print(f"{'exai serve, resident size idle':<40} {statistics.median(rss for _, rss in launches) / 1024:>6.1f} MiB {20 / 1.048576:>6.1f} MiB")


if __name__ == "__main__":
    main()
