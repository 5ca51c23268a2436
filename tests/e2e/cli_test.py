#!/usr/bin/env python3
"""The command line among files, pipes, signals and processes: what is written arrives or is said not to have.

Usage: cli_test.py EXAI
"""
import json
import os
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from deployment import free_ports  # noqa: E402

EXAI = os.path.abspath(sys.argv[1])
ROOT = os.geteuid() == 0
INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
    "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}) + "\n"


class Scratch:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="exai-cli-")
        os.chmod(self.root, 0o755)
        kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
        self.env = {**kept, "HOME": self.root, "LC_ALL": "C.UTF-8"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def run(self, *args, code=None, cwd=None, text="", env=None, **more):
        done = subprocess.run([EXAI, *args], env={**self.env, **(env or {})}, cwd=cwd or self.root, capture_output=True, text=True,
                              timeout=60, check=False, **({"input": text} if "stdin" not in more else {}), **more)
        assert code is None or done.returncode == code, f"exai {args}: {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
        return done

    def onto(self, descriptor, *args, env=None):
        """Standard output is that descriptor."""
        return subprocess.run([EXAI, *args], env={**self.env, **(env or {})}, cwd=self.root, stdin=subprocess.DEVNULL,
                              stdout=descriptor, stderr=subprocess.PIPE, text=True, timeout=60, check=False)


class Server:
    """exai serve on free ports; ready when it says so."""

    def __init__(self, scratch, *args, env=None, cwd=None, ports=None):
        self.ports = ports or free_ports(3)
        flags = [word for flag, port in zip(("--http", "--ws", "--health"), self.ports) for word in (flag, str(port))]
        self.child = subprocess.Popen([EXAI, "serve", *flags, *args], env={**scratch.env, **(env or {})}, cwd=cwd or scratch.root,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.child.stderr:
            if line.startswith("ready"):
                return
        raise AssertionError(f"the server ended with {self.child.wait(10)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(20)
        self.child.stderr.close()


# --- what is written -----------------------------------------------------------------------------------------

EVERYTHING = [["--version"], ["version"], ["help"], ["--help"], ["check", "--help"], ["help", "exit-codes"], ["check", "list"],
              ["config", "show", "--all"], ["config", "template"], ["man"], ["completion", "bash"], ["check", "run", "self.tables"],
              ["doctor", "--list"], ["model", "list"], ["runbook", "list"], ["__complete", "1", "--", "exai", ""]]


def test_full_disk(scratch):
    with open("/dev/full", "wb") as full:
        for words in EVERYTHING:
            for flags in ([], ["--json"]):
                done = scratch.onto(full, *words, *flags) if "--" not in words else scratch.onto(full, *flags, *words)
                assert done.returncode == 3, (words, flags, done)
                assert "cannot write the result: No space left" in done.stderr, (words, done.stderr)
        for form in ("jsonl", "tap", "junit", "markdown", "prometheus", "sarif", "nagios"):
            assert scratch.onto(full, "check", "run", "self.tables", "-o", form).returncode == 3, form
        # What failed is still a failure, and silence does not make it good.
        assert scratch.onto(full, "check", "run", "logs.errors").returncode == 1
        assert scratch.onto(full, "check", "list", "-qq").returncode == 0
        assert scratch.onto(full, "check", "list", "-q").returncode == 3


def test_closed_output(scratch):
    shell = f"exec '{EXAI}' check list >&-"
    done = subprocess.run(["sh", "-c", shell], env=scratch.env, cwd=scratch.root, capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "cannot write the result" in done.stderr, done
    # No file of ours gets the number of a closed stream and the report with it.
    scratch.run("runbook", "run", "daily", "--only", "timeouts", code=0)
    shell = f"exec '{EXAI}' runbook run daily --only timeouts >&- <&-"
    subprocess.run(["sh", "-c", shell], env=scratch.env, cwd=scratch.root, capture_output=True, text=True, check=False)
    with open(scratch.path("state", "exai.db"), "rb") as database:
        assert database.read(15) == b"SQLite format 3"


def test_results_into_files(scratch):
    json_to = lambda name: ["check", "run", "self.tables", "-o", "json=" + name]  # noqa: E731
    plain = scratch.write("plain.json", "old", 0o600)
    scratch.run(*json_to("plain.json"), code=0)
    with open(plain, encoding="utf-8") as file:
        assert json.load(file)["verdict"] == "pass"
    assert stat.S_IMODE(os.stat(plain).st_mode) == 0o600
    os.symlink("plain.json", scratch.path("link"))
    scratch.run(*json_to("link"), code=0)
    assert os.path.islink(scratch.path("link")) and not os.path.islink(plain)
    pipe = scratch.path("pipe")
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(open(pipe, encoding="utf-8").read()))  # pylint: disable=consider-using-with
    reader.start()
    scratch.run(*json_to("pipe"), code=0)
    reader.join(30)
    assert json.loads(got[0])["verdict"] == "pass" and stat.S_ISFIFO(os.lstat(pipe).st_mode)
    done = scratch.run(*json_to("pipe"), "--timeout", "1s")
    assert done.returncode == 6 and "nobody reads" in done.stderr, done
    assert "No space left" in scratch.run(*json_to("/dev/full"), code=6).stderr
    if ROOT:
        null = scratch.path("null")
        os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        scratch.run(*json_to("null"), code=0)
        assert stat.S_ISCHR(os.lstat(null).st_mode), "a device was replaced"
    done = scratch.run("check", "run", "self.tables", "-o", "table", "-o", "json=/dev/stdout", code=0)
    assert done.stdout.index("self.tables") < done.stdout.index('"schema"'), "both stand in one stream, in order"
    with open(scratch.path("both"), "w+", encoding="utf-8") as both:
        assert scratch.onto(both, "check", "run", "self.tables", "-o", "table", "-o", "json=/dev/fd/1").returncode == 0
        both.seek(0)
        text = both.read()
    assert text.startswith("ok") and '"schema"' in text, text


def test_streamed_reports(scratch):
    """The first result is there while the second is still being made."""
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    scratch.write("slow.yaml", "id: slow\ntitle: T\ncadence: daily\nversion: \"1\"\ndate: 2026-11-21\ngroups:\n"
                  "  - name: a\n    steps: [{id: first, title: t, source: s, check: self.tables}]\n"
                  f"  - name: b\n    steps: [{{id: second, title: t, source: s, command: 'probe http {url}'}}]\n")
    for form, start, mark in (("tap", "TAP version 14\n1..2\n", "ok 1 - first"), ("jsonl", '{"event":"started"', '"id":"first"')):
        child = subprocess.Popen([EXAI, "runbook", "run", "./slow.yaml", "--no-record", "-o", form], env=scratch.env, cwd=scratch.root,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        asked, _ = silent.accept()  # the second step waits for its answer
        text = b""
        while mark.encode() not in text:
            assert select.select([child.stdout], [], [], 20)[0], text
            text += os.read(child.stdout.fileno(), 65536)
        assert text.decode().startswith(start) and b"second" not in text, text
        asked.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        asked.close()
        rest = child.stdout.read()
        child.stdout.close()
        assert child.wait(30) == 0 and b"second" in rest, rest
    silent.close()


def test_record(scratch):
    def runs():
        import sqlite3  # pylint: disable=import-outside-toplevel
        if not os.path.exists(scratch.path("state", "exai.db")):
            return 0
        with sqlite3.connect(scratch.path("state", "exai.db")) as database:
            return database.execute("select count(*) from runs").fetchone()[0]

    port = str(free_ports(1)[0])
    recorded = [["check", "run", "self.tables"], ["doctor", "self.tables"], ["validate", "timeouts"], ["validate", "config"],
                ["probe", "port", port, "--free"], ["log", "errors"], ["status"], ["runbook", "run", "daily", "--only", "timeouts"]]
    for count, words in enumerate(recorded, 1):
        scratch.run(*words, "--record", "-qq")
        assert runs() == count, words
    for words in recorded:
        scratch.run(*words, "--no-record", "-qq")
    assert runs() == len(recorded)
    for words in (["check", "list"], ["config", "show"], ["version"], ["log", "tail"], ["stop"], ["doctor", "--list"]):
        assert "--record" in scratch.run(*words, "--record", code=64).stderr, words


def test_exit_codes(scratch):
    # 7: the time of the whole run is used up before all of it has begun.
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    scratch.write("late.yaml", "id: late\ntitle: T\ncadence: daily\nversion: \"1\"\ndate: 2026-11-21\ngroups:\n"
                  f"  - name: a\n    steps: [{{id: first, title: t, source: s, command: 'probe http {url}'}}]\n"
                  "  - name: b\n    steps: [{id: second, title: t, source: s, check: self.tables}]\n")
    done = scratch.run("runbook", "run", "./late.yaml", "--no-record", "--timeout", "700ms", "--json", code=7)
    assert [one["status"] for one in json.loads(done.stdout)["results"]] == ["unknown", "unknown"]
    silent.close()


def test_addresses(scratch):
    for family, host, name in ((socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "[::1]")):
        try:
            listener = socket.create_server((host, 0), family=family)
        except OSError:
            continue  # a machine without IPv6
        port = listener.getsockname()[1]
        for address in (f"{name}:{port}", f"http://{name}:{port}/mcp"):
            scratch.run("probe", "port", address, code=0)
            assert "in use by pid" in scratch.run("probe", "port", address, "--free", code=1).stdout
        listener.close()
        scratch.run("probe", "port", f"{name}:{port}", code=1)
        scratch.run("probe", "port", f"{name}:{port}", "--free", code=0)
    for unknown in ("no-such-host.invalid:80", "http://no-such-host.invalid/"):
        scratch.run("probe", "port", unknown, "--free", code=3)
    for wrong in ("::1:80", "[::1]", "host:", "host:0", "0", "a b:1", "[x]:1", "65536", ""):
        for flags in ([], ["--free"]):
            scratch.run("probe", "port", wrong, *flags, code=2)
        if not wrong.endswith("0"):  # a server may let the system choose
            scratch.run("serve", "--check", "--http", wrong, code=64)
    for good in ("8000", ":8000", "127.0.0.1:8000", "[::1]:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000/"):
        scratch.run("serve", "--check", "--http", good, code=0)
    for refused in ("https://127.0.0.1:8000", "http://127.0.0.1:8000/mcp", "ws://127.0.0.1:8000"):
        scratch.run("serve", "--check", "--http", refused, code=64)


def test_one_sentence(scratch):
    port = free_ports(1)[0]
    for words in (["status"], ["probe", "http", f"http://127.0.0.1:{port}/"], ["tool", "list", "--server", f"http://127.0.0.1:{port}/mcp"]):
        done = scratch.run(*words, env={"MCP_PORT": str(port)})
        text = done.stdout + done.stderr
        assert text.count("connect failed") == 1 and text.count("refused") == 1 and text.count(str(port)) == 1, text
        assert "Failed to connect" not in text and "Couldn't" not in text, text


# --- the running server --------------------------------------------------------------------------------------

def test_server_is_found(scratch):
    home = scratch.path("home")
    os.makedirs(home)
    elsewhere = {"EXAI_STATE_DIR": scratch.path("elsewhere")}
    with Server(scratch, cwd=home) as server:
        ports = dict(zip(("MCP_PORT", "EXAI_WS_PORT", "HEALTH_CHECK_PORT"), map(str, server.ports)))
        # By its lock, with other ports in the environment.
        done = scratch.run("status", cwd=home, env={"MCP_PORT": "1"}, code=0)
        assert f"127.0.0.1:{server.ports[0]}, pid {server.child.pid}" in done.stdout, done.stdout
        # By its health file, with another state folder; by its ports, with another log folder too.
        done = scratch.run("status", cwd=home, env={**elsewhere, "MCP_PORT": "1"}, code=0)
        assert "found by its health file" in done.stdout, done.stdout
        for one in ports:
            env = {**elsewhere, "EXAI_LOG_DIR": scratch.path("nowhere"), "MCP_PORT": "1", one: ports[one]}
            done = scratch.run("status", cwd=home, env=env, code=0)
            assert f"found by its port {ports[one]}" in done.stdout, done.stdout
        # Another deployment with the same ports sees it and leaves it alone.
        done = scratch.run("stop", cwd=scratch.root, env=ports)
        assert done.returncode == 6 and f"serves {home}" in done.stderr and server.child.poll() is None, done
        done = scratch.run("stop", cwd=home, env={**elsewhere, **ports, "EXAI_LOG_DIR": scratch.path("nowhere")}, code=0)
        assert f"stopped, pid {server.child.pid}" in done.stdout, done.stdout
        assert server.child.wait(20) == 0
    scratch.run("status", cwd=home, env=ports, code=1)
    assert scratch.run("stop", cwd=home, env=ports, code=0).stdout == "not running\n"


def test_reused_pid(scratch):
    """A lock that was left behind needs no hand, whoever has its pid now."""
    ports = dict(zip(("MCP_PORT", "EXAI_WS_PORT", "HEALTH_CHECK_PORT"), map(str, free_ports(3))))
    with Server(scratch, ports=[int(port) for port in ports.values()]) as server:
        with open(scratch.path("state", "exai.lock"), encoding="utf-8") as file:
            left = json.load(file)
        server.child.kill()
        server.child.wait(20)
    stranger = subprocess.Popen(["sleep", "60"])  # pylint: disable=consider-using-with
    try:
        for process in (left["process"], left["process"].split(":")[0] + ":1", "another-boot:" + left["process"].split(":")[1]):
            scratch.write("state/exai.lock", json.dumps({**left, "pid": stranger.pid, "process": process}) + "\n")
            assert scratch.run("stop", env=ports, code=0).stdout == "not running\n"
            scratch.run("status", env=ports, code=1)
        # As a server of before wrote it.
        scratch.write("state/exai.lock", json.dumps({"pid": stranger.pid}) + "\n")
        assert scratch.run("stop", env=ports, code=0).stdout == "not running\n"
        for text in ("", "{}", "nonsense", "[1]", '{"pid": null}', '{"pid": -1}', '{"pid": "1"}', '{"pid": 1e99}'):
            scratch.write("state/exai.lock", text)
            assert scratch.run("stop", env=ports, code=0).stdout == "not running\n", text
        with Server(scratch):
            scratch.run("stop", env=ports, code=0)
        assert stranger.poll() is None, "a stranger was stopped"
    finally:
        stranger.kill()
        stranger.wait()


def test_signals_do_not_end_it(scratch):
    with Server(scratch) as server:
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGXFSZ, signal.SIGPIPE):
            server.child.send_signal(number)
        scratch.run("status", code=0)
        with open(f"/proc/{server.child.pid}/status", encoding="ascii") as file:
            ignored = int(re.search(r"SigIgn:\s*([0-9a-f]+)", file.read())[1], 16)
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGXFSZ):
            assert ignored >> (number - 1) & 1, number
        scratch.run("stop", code=0)
        assert server.child.wait(20) == 0


def test_modes_whatever_the_umask(scratch):
    for mask in (0o000, 0o022, 0o077, 0o777 & ~0o700):
        before = os.umask(mask)
        try:
            with Server(scratch):
                os.umask(before)
                deadline = time.monotonic() + 20  # the health file is written beside the server's work
                while not os.path.exists(scratch.path("logs", "ws_daemon.health.json")):
                    assert time.monotonic() < deadline, "no health file"
                    os.sched_yield()
                for name in ("mcp_server.log", "mcp_activity.log", "ws_daemon.health.json"):
                    mode = stat.S_IMODE(os.stat(scratch.path("logs", name)).st_mode)
                    assert mode == 0o640, (name, oct(mask), oct(mode))
                scratch.run("stop", code=0)
        finally:
            os.umask(before)
        shutil.rmtree(scratch.path("logs"))


def test_cut_log_line(scratch):
    scratch.write("logs/mcp_server.log", '{"t": "2026-11-21T00:00:00.000Z", "level": "INFO", "event": "cut", "ms')
    with Server(scratch):
        scratch.run("stop", code=0)
    with open(scratch.path("logs", "mcp_server.log"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    assert lines[0].endswith('"ms') and all(json.loads(line)["event"] for line in lines[1:] if line), lines


def test_left_behind(scratch):
    child = subprocess.Popen(["true"])  # pylint: disable=consider-using-with
    child.wait()
    dead = scratch.write(f".x.json.exai-{child.pid}-AbC123", "half")
    alive = scratch.write(f".x.json.exai-{os.getpid()}-AbC123", "half")
    foreign = scratch.write(f".x.json.{child.pid}", "half")
    scratch.run("check", "run", "self.tables", "-o", "json=x.json", code=0)
    assert not os.path.exists(dead) and os.path.exists(alive) and os.path.exists(foreign)


# --- started by a client -------------------------------------------------------------------------------------

def initialize(scratch, cwd, env, *args):
    """One answer over standard input and output; as another user when we are root, who may write anywhere."""
    argv = [EXAI, "serve", "--stdio", *args]
    if ROOT:
        argv = ["setpriv", "--reuid=65534", "--clear-groups", *argv]
    done = subprocess.run(argv, env={"PATH": os.environ["PATH"], **env}, cwd=cwd, input=INITIALIZE, capture_output=True, text=True,
                          timeout=60, check=False)
    assert '"protocolVersion"' in done.stdout, (cwd, env, done)
    assert done.returncode == 0, done
    return done.stderr


def test_stdio_where_nothing_can_be_written(scratch):
    home, locked = scratch.path("home"), scratch.path("locked")
    for folder, mode in ((home, 0o777), (locked, 0o555), (scratch.path("state-home"), 0o777)):
        os.makedirs(folder)
        os.chmod(folder, mode)
    where = os.path.join(home, ".local", "state", "exai")
    for cwd in ("/", locked):
        initialize(scratch, cwd, {"HOME": home})
        assert os.path.exists(os.path.join(where, "logs", "mcp_server.log")), cwd
        shutil.rmtree(os.path.join(home, ".local"))
    state = {"HOME": home, "XDG_STATE_HOME": scratch.path("state-home")}
    initialize(scratch, "/", state)
    assert os.path.exists(scratch.path("state-home", "exai", "logs", "mcp_server.log")) and not os.path.exists(where)
    for env in ({}, {"HOME": locked}, {"HOME": "relative"}, {"HOME": home, "XDG_STATE_HOME": locked}, {"HOME": "/dev/null"},
                {"HOME": locked, "XDG_STATE_HOME": "relative"}):
        err = initialize(scratch, "/", env)
        assert "nothing is kept" in err and '"event": "server.start"' in err, (env, err)
    # A folder that someone set up for us but cannot be written to.
    scratch.write("locked/exai.yaml", "log:\n  level: INFO\n")
    err = initialize(scratch, locked, {"HOME": home})
    assert "locked" in err and where in err, err


def test_stdio_where_it_belongs(scratch):
    """With --root, or with settings of ours beside it, nothing goes elsewhere; another project's .env is none."""
    home, work = scratch.path("home"), scratch.path("work")
    os.makedirs(home)
    os.makedirs(work)
    env = {"HOME": home}

    def serve(cwd, *args):
        done = scratch.run("serve", "--stdio", *args, cwd=cwd, env=env, text=INITIALIZE, code=0)
        assert '"protocolVersion"' in done.stdout, done
        made = sorted(os.listdir(work))
        for name in ("logs", "state"):
            shutil.rmtree(os.path.join(work, name), ignore_errors=True)
        return made

    assert serve(work) == []
    assert "logs" in serve("/", "--root", work)
    scratch.write("work/.env", "DATABASE_NAME=theirs\n", 0o600)
    assert serve(work) == [".env"]
    scratch.write("work/.env", "LOG_LEVEL=INFO\n", 0o600)
    assert "logs" in serve(work)
    os.unlink(scratch.path("work", ".env"))
    scratch.write("work/exai.yaml", "log:\n  level: INFO\n")
    assert "logs" in serve(work)


# --- looking after it ----------------------------------------------------------------------------------------

def test_doctor_fix(scratch):
    scratch.write(".env", "LOG_LEVEL=INFO\n", 0o644)
    child = subprocess.Popen(["true"])  # pylint: disable=consider-using-with
    child.wait()
    scratch.write("state/exai.lock", json.dumps({"pid": child.pid}) + "\n")
    scratch.write("state/old.pid", f"{child.pid}\n")
    alive = scratch.write("state/alive.pid", f"{os.getpid()}\n")
    words = scratch.write("state/words.pid", "not a pid\n")
    planned = scratch.run("doctor", "--fix", "--dry-run", "self.tables", "--json")
    before = {one["summary"] for one in json.loads(planned.stdout)["results"]}
    assert stat.S_IMODE(os.stat(scratch.path(".env")).st_mode) == 0o644 and not os.path.exists(scratch.path("logs"))
    done = scratch.run("doctor", "--fix", "self.tables", "--json", code=0)
    fixes = [one for one in json.loads(done.stdout)["results"] if one["id"].startswith("fix.")]
    assert {"would " + one["summary"] for one in fixes} == before and len(fixes) == 4, (fixes, before)
    assert len({one["id"] for one in fixes}) == 4
    assert stat.S_IMODE(os.stat(scratch.path(".env")).st_mode) == 0o600 and os.path.isdir(scratch.path("logs"))
    assert not os.path.exists(scratch.path("state", "old.pid")) and os.path.getsize(scratch.path("state", "exai.lock")) == 0
    assert os.path.exists(alive) and os.path.exists(words)
    assert "nothing to fix" in scratch.run("doctor", "--fix", "self.tables", code=0).stdout


def test_log_follow(scratch):
    log = scratch.write("logs/mcp_server.log", '{"n": 1}\n{"n": 2}\n')

    def append(text):
        with open(log, "a", encoding="utf-8") as file:
            file.write(text)

    child = subprocess.Popen([EXAI, "log", "tail", "--follow", "--lines", "1", "-o", "jsonl"], env=scratch.env, cwd=scratch.root,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout.readline() == '{"n": 2}\n'
    append('{"n": 3}\n')
    assert child.stdout.readline() == '{"n": 3}\n'
    os.rename(log, log + ".1")
    append('{"n": 4}\n')
    assert child.stdout.readline() == '{"n": 4}\n'
    os.truncate(log, 0)
    append('{"n": 5}\n')
    assert child.stdout.readline() == '{"n": 5}\n'
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 130
    child.stdout.close()
    scratch.run("log", "tail", "--follow", "--json", code=64)
    started = time.monotonic()
    assert scratch.run("log", "tail", "--follow", "--timeout", "300ms", code=0).stdout == '{"n": 5}\n'
    assert time.monotonic() - started < 30


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_") and (len(sys.argv) < 3 or sys.argv[2] in name)]
    for test in tests:
        with Scratch() as scratch:
            test(scratch)
        print(f"ok {test.__name__}", flush=True)


if __name__ == "__main__":
    main()
