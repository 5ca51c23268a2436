#!/usr/bin/env python3
"""Each call of the system that keeps something fails in turn: what was answered well is there after the next start, whatever the
server was doing, and an end that lost something does not say 0.

Usage: faults_test.py EXAI FAILING_CALLS.so [MOST]

A first run without faults counts the calls of each kind. Then one run for each of them (at most MOST a kind, evenly spread): the
call fails once, or it and all after it, or (writes) after half of its bytes. Every other run ends with SIGKILL, the others as a
client ends it.
"""
import concurrent.futures
import errno
import json
import mmap
import os
import shutil
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kept_test import Stdio  # noqa: E402

LIBRARY = os.path.abspath(sys.argv[2])
MOST = int(sys.argv[3]) if len(sys.argv) > 3 else 12
THREADS, NEVER = 4, 1 << 40
KINDS = {"write": ("once", "on", "short"), "sync": ("once", "on"), "open": ("once", "on"), "truncate": ("once", "on"),
         "rename": ("once", "on"), "unlink": ("once", "on")}


class Faults:
    """The counter that the preloaded library shares with us, and the environment that starts it."""

    def __init__(self, root, call, number, mode, code):
        self.file = open(os.path.join(root, "count"), "w+b")
        self.file.write(bytes(mmap.PAGESIZE))
        self.file.flush()
        self.page = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)
        state = os.path.join(root, "home")
        os.mkdir(state)
        self.home = state
        self.more = {"LD_PRELOAD": LIBRARY, "FAIL_CALL": call, "FAIL_FROM": str(number), "FAIL_MODE": mode, "FAIL_ERRNO": str(code),
                     "FAIL_UNDER": state, "FAIL_COUNT": self.file.name}

    def count(self):
        return struct.unpack("Q", self.page[:8])[0]

    def reached(self, number, patience=0.3):
        """Waits until the call has been made; a run may not make it, and that is no fault."""
        end = time.monotonic() + patience
        while self.count() < number and time.monotonic() < end:
            threading.Event().wait(0.002)

    def close(self):
        self.page.close()
        self.file.close()


def text_of(answer):
    return answer["result"]["content"][0]["text"] if "result" in answer else answer["error"]["message"]


def refused(answer):
    return "error" in answer or answer["result"].get("isError")


def work(server, promised):
    """Begins threads and takes each a step on; a refusal must say something."""
    for number in range(THREADS):
        answer = server.step(1)
        if refused(answer):
            assert len(text_of(answer)) > 10, answer
            continue
        thread = json.loads(text_of(answer))["continuation_id"]
        promised[thread] = 1
        if number % 2:
            answer = server.step(2, thread)
            if not refused(answer):
                promised[thread] = 2


def run(call, number, mode, kill, code=errno.ENOSPC):
    """(what was lost, calls counted)"""
    root = tempfile.mkdtemp(prefix="exai-faults-")
    faults = Faults(root, call, number, mode, code)
    promised, output = {}, ""
    try:
        try:
            server = Stdio(faults.home, more=faults.more)
        except (AssertionError, BrokenPipeError) as refusal:
            # It may refuse to start, with words; then nothing was promised.
            return ([] if str(refusal).strip() not in ("", "initialize: no answer;") else ["it did not start and did not say why"]), faults.count()
        work(server, promised)
        if kill:
            faults.reached(number)
            server.kill()
        else:
            code, output = server.end()
            if code == 3 and not output.strip():
                return ["ended with 3 and did not say why"], faults.count()
            if code not in (0, 3):
                return [f"ended with {code}: {output[:300]}"], faults.count()
        counted = faults.count()
        again = Stdio(faults.home)
        lost = []
        for thread, last in promised.items():
            answer = again.step(last + 1, thread)
            if refused(answer):
                lost.append(f"step {last} of {thread}: {text_of(answer)[:160]}")
        again.end()
        return lost, counted
    finally:
        faults.close()
        shutil.rmtree(root, ignore_errors=True)


def chosen(count):
    if count <= MOST:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (MOST - 1)) for i in range(MOST)})


def main():
    cases = []
    for call, modes in KINDS.items():
        lost, count = run(call, NEVER, "once", False)
        assert not lost, f"without any fault: {lost}"
        assert count > 0 or call in ("truncate", "unlink", "rename"), f"the server makes no call of the kind {call}: the faults do not reach it"
        for index, number in enumerate(chosen(count)):
            for turn, mode in enumerate(modes):
                cases.append((call, number, mode, (index + turn) % 2 == 0))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for case, (lost, _) in zip(cases, pool.map(lambda case: run(*case), cases)):
            call, number, mode, kill = case
            for what in lost:
                failed += 1
                print(f"{call} {number} ({mode}, {'killed' if kill else 'ended'}): {what}")
    print(f"{len(cases)} faults, {failed} losses")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
