#!/usr/bin/env python3
"""Two servers of one deployment share limits, open circuits and cached answers through a Redis, and go on alone without it.

Usage: sharing_test.py EXAI SIMULATOR
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import time

from deployment import SCRIPT, Deployment, Process, free_ports
from replicas_test import PATIENCE, call, check, health, port_of

EXAI, SIMULATOR = (os.path.abspath(name) for name in sys.argv[1:3])
BURST = 60
MODEL = "glm-4.5-flash"
FAILING = "rules: [{match: {model: glm-4.6}, reply: {status: 503}}]\n"


class Redis:
    """Debian's server on loopback, which keeps nothing."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="exai-redis-")
        self.port = free_ports(1)[0]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        self.server = Process(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                               "--dir", self.folder], stream="stdout")
        self.server.wait_for("Ready to accept connections")

    def stop(self):
        self.server.stop(signal.SIGKILL)

    def close(self):
        if self.server.child.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def until(what, holds):
    deadline = time.monotonic() + PATIENCE
    while True:
        found = holds()
        if found:
            return found
        check(time.monotonic() < deadline, what)


def shared(server):
    return health(server)["components"]["shared"]


def ask(server, prompt, **more):
    """The result of a chat that no limit kept out."""
    return until(f"no answer to {prompt}", lambda: call(port_of(server), "chat", {"prompt": prompt, "model": MODEL, **more}))


def cached(result):
    return json.loads(result["content"][0]["text"])["metadata"]["cached"]


def test_answers(one, other):
    check(not cached(ask(one, "what is shared")), "nobody has asked before")
    check(cached(ask(one, "what is shared")), "its own answer")
    check(cached(ask(other, "what is shared")), "the other server's answer")
    check(not cached(ask(other, "what is not")), "another question")


def test_circuits(one, other):
    """One server finds that a model fails; the other does not ask it either."""
    def open_at(server):
        rows = health(server)["components"]["providers"]["circuits"]
        return [row for row in rows if row["model"] == "glm-4.6" and row["state"] == "open"]

    check(not open_at(other), "closed at first")
    until("no circuit opened", lambda: call(port_of(one), "chat", {"prompt": str(time.monotonic()), "model": "glm-4.6"}) and open_at(one))
    until("the other server did not hear of it", lambda: open_at(other))


def test_limits(one, other):
    """What one server has given out the other does not give out again."""
    def taken(server, most):
        count = 0
        while count < most and call(port_of(server), "version", {}) is not None:
            count += 1
        return count

    def alive(server):
        return call(port_of(server), "version", {}) is not None

    until("a full bucket", lambda: alive(one) and alive(other))
    check(taken(one, 2 * BURST) <= BURST + 5, "one server keeps to its limit")
    # The other hears of it with its next exchange, for which it must be asked something.
    rest = 0
    deadline = time.monotonic() + PATIENCE
    while alive(other):
        rest += 1
        check(time.monotonic() < deadline, "the other server never refuses")
        time.sleep(0.05)  # slower than the bucket fills by itself: alone it would never refuse
    check(rest < BURST // 2, f"{rest} more at the other server")


def test_away(redis, one, other):
    check(shared(one)["status"] == "healthy" and shared(one)["type"] == "redis", shared(one))
    redis.stop()
    until("health does not tell that Redis is away", lambda: shared(one)["status"] == "degraded" and shared(other)["status"] == "degraded")
    check(health(one)["status"] == "degraded", health(one)["status"])
    check(not cached(ask(other, "asked while it is away")), "each alone")
    check(not cached(ask(one, "asked while it is away")), "each alone")
    redis.start()
    until("it is back", lambda: shared(one)["status"] == "healthy" and shared(other)["status"] == "healthy")
    ask(one, "asked when it is back")
    until("shared again", lambda: cached(ask(other, "asked when it is back")))


def main():
    redis = Redis()
    servers = []
    try:
        for script in (FAILING + SCRIPT, SCRIPT):
            servers.append(Deployment(EXAI, SIMULATOR, script=script, REDIS_URL=redis.url, RATE_LIMIT_GLOBAL_CAPACITY=BURST,
                                      RATE_LIMIT_GLOBAL_REFILL_RATE=BURST // 2, RETRY_ATTEMPTS=1, CIRCUIT_BREAKER_THRESHOLD=2))
            servers[-1].serve()
        one, other = servers
        test_answers(one, other)
        test_circuits(one, other)
        test_limits(one, other)
        test_away(redis, one, other)
        check(not any(server.leaked() for server in servers), "a secret in an output")
    finally:
        for server in servers:
            server.close()
        redis.close()
    print("sharing: answers, circuits and limits are those of both servers")


if __name__ == "__main__":
    main()
