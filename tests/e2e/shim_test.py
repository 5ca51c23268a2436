#!/usr/bin/env python3
"""The shim from outside: calls side by side, a cut connection, a server that dies and comes back, a parent that dies.

Usage: shim_test.py EXAI SIMULATOR. How often something ran is counted where it ends: at the model provider.
"""
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from deployment import Deployment  # noqa: E402

PATIENCE = 30
SCRIPT = """
rules:
  - match: {contains: slow}
    reply: {chunks: ["slow ", "answer"], delay: 200}
  - match: {contains: patient}
    reply: {text: patient answer, first_byte: 2s}
  - match: {contains: endless}
    reply: {fault: silent}
  - match: {contains: quick}
    reply: {text: quick answer}
"""


class Shim:
    """A client's view of the shim: lines out, lines in, each answer found by its id."""

    def __init__(self, deployment, url):
        argv = [deployment.exai, "serve", "--stdio", "--connect", url]
        self.child = subprocess.Popen(argv, env=deployment.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers, self.progress = {}, []
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def send(self, message):
        self.child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.child.stdin.flush()

    def call(self, ident, prompt, **more):
        arguments = {"prompt": prompt, "model": "glm-4.5-flash", **more}
        params = {"name": "chat", "arguments": arguments, "_meta": {"progressToken": f"p{ident}"}}
        self.send({"id": ident, "method": "tools/call", "params": params})

    def answer(self, ident):
        while ident not in self.answers:
            message = self.lines.get(timeout=PATIENCE)
            assert message is not None, "the shim ended"
            if "id" in message:
                assert message["id"] not in self.answers, f"answered twice: {message}"
                self.answers[message["id"]] = message
            else:
                self.progress.append(message["params"])
        return self.answers[ident]

    def wait_for_progress(self, ident):
        """Until the server has sent something about the call."""
        while not any(one["progressToken"] == f"p{ident}" for one in self.progress):
            message = self.lines.get(timeout=PATIENCE)
            assert message is not None and "id" not in message, message
            self.progress.append(message["params"])

    def text(self, ident):
        answer = self.answer(ident)
        assert "result" in answer, answer
        return answer["result"]["content"][0]["text"]

    def close(self):
        self.child.stdin.close()
        assert self.child.wait(PATIENCE) == 0


class Cut:
    """A connection between the shim and the server that can be cut; new connections are let through."""

    def __init__(self, port):
        self.port, self.pairs, self.connections = port, [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            self.connections += 1
            self.pairs.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for near, far in self.pairs:
            for one in (near, far):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()


def requests(deployment, count):
    """Waits until the provider has had that many requests."""
    deployment.simulator.wait_for(f"request {count}\n", PATIENCE)


def no_more_requests(deployment, count):
    assert not select.select([deployment.simulator.pipe], [], [], 0.3)[0], "the provider was asked again"
    assert f"request {count + 1}\n" not in deployment.simulator.text


def port_of(url):
    return int(url.rstrip("/").rsplit(":", 1)[1])


def side_by_side(deployment):
    shim = Shim(deployment, deployment.exai_ws)
    shim.send({"id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}})
    assert shim.answer(0)["result"]["protocolVersion"] == "2025-11-25"
    shim.send({"id": 1, "method": "tools/list"})
    assert any(tool["name"] == "chat" for tool in shim.answer(1)["result"]["tools"])
    shim.call(2, "a slow one", stream=True)
    shim.call(3, "a quick one")
    assert "quick answer" in shim.text(3)
    assert "slow answer" in shim.text(2)
    notes = [one for one in shim.progress if one["progressToken"] == "p2"]
    assert "".join(one["message"] for one in notes if one.get("_meta")).startswith("slow "), shim.progress
    counts = [one["progress"] for one in notes]
    assert counts == sorted(set(counts)), counts
    shim.close()
    return 2


def cut_and_resumed(deployment, before):
    link = Cut(port_of(deployment.exai_ws))
    shim = Shim(deployment, link.url)
    shim.call(1, "a patient one")
    requests(deployment, before + 1)
    link.cut()
    assert "patient answer" in shim.text(1)
    assert link.connections == 2, link.connections
    shim.call(2, "a patient one")  # kept by the session that was resumed
    assert "patient answer" in shim.text(2)
    no_more_requests(deployment, before + 1)
    shim.close()
    link.listener.close()
    return before + 1


def killed_and_restarted(deployment, before):
    shim = Shim(deployment, deployment.exai_ws)
    shim.call(1, "an endless one")
    requests(deployment, before + 1)
    shim.wait_for_progress(1)  # the ack came before it
    deployment.server.child.send_signal(signal.SIGKILL)
    deployment.server.child.wait()
    shim.call(2, "a quick one")  # asked while nobody is there
    deployment.serve()
    error = shim.answer(1)["error"]
    assert error["data"]["kind"] == "unreachable" and "not run again" in error["message"], error
    assert "quick answer" in shim.text(2)
    requests(deployment, before + 2)
    no_more_requests(deployment, before + 2)
    shim.close()
    return before + 2


# Starts the shim from a thread that ends when it is asked to: only the death of the process may end the shim.
BETWEEN = """
import os, subprocess, sys, threading
def start():
    global child
    child = subprocess.Popen(sys.argv[2:])
    os.read(int(sys.argv[1]), 1)
thread = threading.Thread(target=start)
thread.start()
thread.join()
print('"the thread has ended"', flush=True)
child.wait()
"""


def parent_dies(deployment):
    read_end, write_end = os.pipe()
    argv = [sys.executable, "-c", BETWEEN, str(read_end), deployment.exai, "serve", "--stdio", "--connect", deployment.exai_ws]
    between = subprocess.Popen(argv, env=deployment.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[read_end])
    out = between.stdout.fileno()
    lines = iter(between.stdout.readline, b"")
    # Asked often after the thread's end, so that what the kernel says about it has time to arrive.
    for ident in range(1, 21):
        between.stdin.write(b'{"jsonrpc":"2.0","id":%d,"method":"tools/list"}\n' % ident)
        between.stdin.flush()
        assert json.loads(next(lines))["id"] == ident, "the end of a thread ended the shim"
        if ident == 1:
            os.write(write_end, b"!")
            assert "thread" in json.loads(next(lines))
    between.kill()
    between.wait()
    # Our end of its standard input stays open, so only the death of its parent can end it; its end of the pipe
    # is closed when it has gone.
    assert select.select([out], [], [], PATIENCE)[0], "the shim outlives its parent"
    assert os.read(out, 1) == b""
    between.stdin.close()


def main():
    with Deployment(*sys.argv[1:3], script=SCRIPT, EXAI_WS_PROGRESS_INTERVAL_SECS="0.1") as deployment:
        deployment.serve()
        count = side_by_side(deployment)
        count = cut_and_resumed(deployment, count)
        killed_and_restarted(deployment, count)
        parent_dies(deployment)
        health = os.path.join(deployment.root, "logs", "ws_daemon.health.json")
        with open(health, encoding="utf-8") as file:
            assert json.load(file)["pid"] == deployment.server.child.pid
        assert deployment.server.stop() == 0
        assert not deployment.leaked(), f"a secret was shown: {deployment.leaked()}"
    print("shim: all holds")


if __name__ == "__main__":
    main()
