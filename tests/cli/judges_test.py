#!/usr/bin/env python3
"""All judges of a configuration agree, and serve does what they said.

Usage: judges_test.py EXAI [PATTERN]

For each configuration of configurations.py: validate config, validate all, validate env (what stands in a .env), the check
config.valid, doctor and `serve --check` must give the same verdict; a refusal names the same problem everywhere, and `serve`
itself starts exactly when they let it. Settings are read from a scratch folder; nothing outside it is touched.
"""
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import configurations as corpus

EXAI = str(Path(sys.argv[1]).resolve())
PATTERN = sys.argv[2] if len(sys.argv) > 2 else ""


def run(folder, *words, timeout=20):
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    done = subprocess.run([EXAI, *words], cwd=folder, env={**kept, "HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=timeout)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def start(folder):
    """Starts the server and waits until it says that it is ready or ends; then stops it. Returns exit code and output."""
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    child = subprocess.Popen([EXAI, "serve"], cwd=folder, env={**kept, "HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    output = b""
    for line in child.stderr:
        output += line
        if line.startswith(b"ready"):
            child.send_signal(signal.SIGTERM)
            break
    output += child.stderr.read()
    return child.wait(timeout=30), output.decode("utf-8", "replace")


def free_ports(count):
    """Ports below the range from which the system takes those of connections."""
    found = []
    while len(found) < count:
        port = random.randint(15000, 31000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


JUDGES = {
    "serve --check": ("serve", "--check"),
    "validate config": ("validate", "config"),
    "validate all": ("validate", "all"),
    "config.valid": ("check", "run", "config.valid"),
    "doctor": ("doctor", "config.valid"),
}


def lay(folder, env, yaml):
    """The files of one configuration. Ports that it does not name are free ones, so that several servers can run at a time."""
    (folder / "home").mkdir()
    (folder / "folder").mkdir()
    (folder / "file").write_text("x")
    (folder / "garbage").write_text("models: 5\n")
    names = {"folder": str(folder / "folder"), "file": str(folder / "file"), "garbage": str(folder / "garbage")}
    if env is not None:
        for name, value in names.items():
            env = env.replace("{" + name + "}", value)
        (folder / ".env").write_bytes(env.encode())
        (folder / ".env").chmod(0o600)
    if yaml is not None:
        (folder / "exai.yaml").write_text(yaml)


def with_ports(env, yaml):
    """The same configuration with free ports where it leaves them alone."""
    text = (env or "") + (yaml or "")
    wanted = [("http.port", "MCP_PORT"), ("ws.port", "EXAI_WS_PORT"), ("health.port", "HEALTH_CHECK_PORT")]
    if "PORT=" in text or "port:" in text:
        return env, yaml
    ports = free_ports(3)
    lines = "".join(f"{name}={port}\n" for (_, name), port in zip(wanted, ports))
    return (env or "") + ("\n" if env and not env.endswith("\n") else "") + lines, yaml


def words_of(output, folder):
    return output.replace(str(folder), "ROOT")


def judge(case):
    name, env, yaml, good = case
    problems = []
    with tempfile.TemporaryDirectory(prefix="exai-judges.") as scratch:
        folder = Path(scratch)
        if good:
            env, yaml = with_ports(env, yaml)
        lay(folder, env, yaml)
        verdicts = {}
        for judge_name, words in JUDGES.items():
            code, output = run(folder, *words)
            verdicts[judge_name] = (code == 0, words_of(output, folder), code)
        if env is not None and yaml is None:
            code, output = run(folder, "validate", "env")
            verdicts["validate env"] = (code == 0, words_of(output, folder), code)
        code, output = start(folder)
        verdicts["serve"] = (code == 0, words_of(output, folder), code)
        for judge_name, (passed, output, code) in verdicts.items():
            if passed != good:
                problems.append(f"{name}: {judge_name} ends with {code}, expected to {'pass' if good else 'refuse'}: {output.strip()[:300]}")
            if code not in (0, 1, 2, 66):
                problems.append(f"{name}: {judge_name} ends with {code}: {output.strip()[:300]}")
        if not good and not problems:
            # What serve says first is what all the others say.
            first = verdicts["serve"][1].split("error: ", 1)[-1].splitlines()[0]
            problems += [f"{name}: {judge_name} does not say \"{first}\": {output.strip()[:300]}" for judge_name, (_, output, _) in verdicts.items()
                         if first not in output]
    return problems


def cases():
    for kind, lines in corpus.BAD_VALUES.items():
        for line in lines:
            yield f"{kind}: {line!r}", line + "\n", None, False
    for kind, text in corpus.BAD_YAML.items():
        yield f"yaml: {kind}", None, text, False
    for line in corpus.GOOD_VALUES:
        yield f"good: {line!r}", line + "\n", None, True
    for kind, text in corpus.GOOD_YAML.items():
        yield f"good yaml: {kind}", None, text, True


def main():
    chosen = [case for case in cases() if PATTERN in case[0]]
    bad, good = sum(not case[3] for case in chosen), sum(case[3] for case in chosen)
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        problems = [problem for found in pool.map(judge, chosen) for problem in found]
    for problem in problems:
        print(problem)
    print(f"{bad} bad and {good} good configurations, {len(problems)} disagreements")
    if not PATTERN and (bad < 200 or good < 60):
        print("the corpus has shrunk: 200 bad and 60 good ones are the least")
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
