#!/usr/bin/env python3
"""What an answer promises is kept: a server that is killed within milliseconds of it knows the conversation when it is back.

Usage: kept_test.py EXAI [ROUNDS]

Each round sends workflow steps (which ask no model) over stdio, kills the server with SIGKILL 0 to 50 ms after an
answer, starts it again and goes on with every continuation_id that was handed out. Then the disk is full from some moment on.
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

EXAI = os.path.abspath(sys.argv[1])
STEPS = 10


class Stdio:
    """A server on standard input, asked one thing after the other."""

    def __init__(self, root, before=None, more=None):
        kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
        self.child = subprocess.Popen([EXAI, "serve", "--stdio"], cwd=root, env={**kept, "HOME": root, "EXAI_ROOT": root, **(more or {})},
                                      preexec_fn=before, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.next = 0
        self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "kept", "version": "1"}})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.child.stdin.write(json.dumps(message).encode() + b"\n")
        self.child.stdin.flush()

    def ask(self, method, params):
        self.next += 1
        self.send({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params})
        while True:
            line = self.child.stdout.readline()
            if not line:
                raise AssertionError(f"{method}: no answer; {self.child.stderr.read().decode()}")
            answer = json.loads(line)
            if answer.get("id") == self.next:
                return answer

    def step(self, number, thread=None):
        arguments = {"step": f"step {number}", "step_number": number, "total_steps": 9, "next_step_required": True, "findings": "none"}
        if thread:
            arguments["continuation_id"] = thread
        return self.ask("tools/call", {"name": "debug", "arguments": arguments})

    def kill(self):
        self.child.kill()
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            stream.close()

    def end(self):
        self.child.stdin.close()
        code = self.child.wait(timeout=60)
        log = self.child.stderr.read().decode()
        return code, log


def continuation(answer):
    result = answer["result"]
    assert not result.get("isError"), answer
    return json.loads(result["content"][0]["text"])["continuation_id"]


def killed(root, rounds):
    """Answers that were handed out before a kill, and those of them that are gone afterwards."""
    promised, lost = 0, []
    known = []  # thread, step number that it has seen
    for _ in range(rounds):
        server = Stdio(root)
        for thread, number in known:
            answer = server.step(number + 1, thread)
            if answer["result"].get("isError"):
                lost.append((thread, number, answer["result"]["content"][0]["text"][:200]))
        known = []
        for _ in range(STEPS):
            thread = continuation(server.step(1))
            known.append((thread, 1))
            promised += 1
        thread, _ = known[-1]
        continuation(server.step(2, thread))
        known[-1] = (thread, 2)
        promised += 1
        wait = threading.Event()
        wait.wait(random.uniform(0, 0.05))  # the moment of the kill is what is tried here
        server.kill()
    return promised, lost


def full(root):
    """A disk that is full from some moment on: an answer says so, nothing that was answered is lost, the end is not 0."""
    limit = 1 << 19
    server = Stdio(root, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    promised = []
    for _ in range(2000):
        answer = server.step(1)
        if answer["result"].get("isError"):
            break
        promised.append(continuation(answer))
    else:
        raise AssertionError("two thousand answers on a full disk, and none says that it cannot be kept")
    text = answer["result"]["content"][0]["text"]
    assert "cannot write" in text, f"what is wrong with the disk is not reported: {text}"
    code, log = server.end()
    server = Stdio(root)
    lost = [thread for thread in promised if server.step(2, thread)["result"].get("isError")]
    server.end()
    assert not lost, f"{len(lost)} of {len(promised)} answers are gone after a full disk"
    return len(promised), code, log


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    root = tempfile.mkdtemp(prefix="exai-kept-")
    try:
        promised, lost = killed(root, rounds)
        for thread, number, why in lost:
            print(f"{thread}: step {number} was answered and is gone: {why}")
        print(f"{promised} answers, {rounds} kills, {len(lost)} lost")
        promised, code, log = full(root)
        print(f"a full disk: {promised} answers kept, then a refusal, exit {code}")
        return 1 if lost else 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
