"""A deployment in a scratch folder: simulator, server and the command line, all real processes on loopback."""
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SCRIPT = """
echo_history: true
"""


def free_ports(count):
    """Ports that were free a moment ago; all are held at once so that they differ."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def run_on_core(pid, core):
    """All of a process: an affinity is one thread's, and only the threads to come inherit it."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})


class Process:
    """A child whose output is read line by line with a deadline."""

    def __init__(self, argv, env=None, stream="stderr"):
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        pipes[stream] = subprocess.PIPE
        self.child = subprocess.Popen(argv, env=env, **pipes)
        self.pipe = getattr(self.child, stream)
        os.set_blocking(self.pipe.fileno(), False)
        self.text = ""

    def wait_for(self, word, seconds=20):
        """Everything printed up to a line that holds the word."""
        deadline = time.monotonic() + seconds
        while word not in self.text:
            left = deadline - time.monotonic()
            if left <= 0 or (self.child.poll() is not None and not select.select([self.pipe], [], [], 0)[0]):
                raise AssertionError(f"{self.child.args}: no {word!r} in {self.text!r}")
            if select.select([self.pipe], [], [], left)[0]:
                data = os.read(self.pipe.fileno(), 65536)
                if not data and self.child.poll() is not None:
                    raise AssertionError(f"{self.child.args} ended with {self.child.returncode}: {self.text}")
                self.text += data.decode(errors="replace")
        return self.text

    def stop(self, how=signal.SIGTERM, seconds=40):
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.child.args} did not stop") from None
        finally:
            self.pipe.close()


class Deployment:
    def __init__(self, exai, simulator, script=SCRIPT, **settings):
        self.exai = os.path.abspath(exai)
        self.root = tempfile.mkdtemp(prefix="exai-e2e-")
        mcp, websocket, health, monitoring = free_ports(4)
        self.mcp = f"http://127.0.0.1:{mcp}/mcp"
        self.exai_ws = f"ws://127.0.0.1:{websocket}/"
        self.health = f"http://127.0.0.1:{health}/health"
        self.base = f"http://127.0.0.1:{mcp}"
        # A canary: no output of any command may ever show it.
        self.key = "canary-" + os.urandom(12).hex()
        self.token = "canary-" + os.urandom(12).hex()
        path = os.path.join(self.root, "script.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        self.simulator = Process([os.path.abspath(simulator), "--port", "0", "--script", path, "--count"], stream="stdout")
        url = self.simulator.wait_for("\n").split()[-1].rstrip("/")
        values = {
            "MCP_PORT": mcp, "EXAI_WS_PORT": websocket, "HEALTH_CHECK_PORT": health, "MONITORING_PORT": monitoring,
            "GLM_API_URL": url, "GLM_API_KEY": self.key, "EXAI_WS_TOKEN": self.token, **settings,
        }
        with open(os.path.join(self.root, ".env"), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(f"{name}={value}\n" for name, value in values.items())
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
        self.env = {**kept, "HOME": self.root, "EXAI_ROOT": self.root}
        self.server = None
        self.seen = []

    def serve(self, *args):
        self.server = Process([self.exai, "serve", *args], env=self.env)
        self.server.wait_for("/mcp")
        return self.server

    def run(self, *args, code=0, text=None, seconds=60):
        """Runs exai ARGS and holds exit code and output against what is expected."""
        done = subprocess.run([self.exai, *args], env=self.env, capture_output=True, text=True, input=text, timeout=seconds, cwd=self.root, check=False)
        self.seen.append(done.stdout + done.stderr)
        if code is not None and done.returncode != code:
            raise AssertionError(f"exai {' '.join(args)}: exit {done.returncode} instead of {code}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *args, code=0):
        return json.loads(self.run("--json", *args, code=code).stdout)

    def leaked(self):
        """The secrets of this deployment, if any output or log shows one."""
        text = "\n".join(self.seen) + (self.server.text if self.server else "")
        for folder, _, names in os.walk(self.root):
            for name in names:
                if name == ".env":
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    text += file.read().decode(errors="replace")
        return [secret for secret in (self.key, self.token) if secret in text]

    def close(self):
        for process in (self.server, self.simulator):
            if process is not None and process.child.poll() is None:
                process.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
