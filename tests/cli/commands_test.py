#!/usr/bin/env python3
"""Every command from outside: JSON that parses, all formats, exit codes, signals, completion, generated files, secrets.

Usage: commands_test.py EXAI SOURCE_FOLDER
"""
import filecmp
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

EXAI, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])
CANARIES = {"GLM_API_KEY": "canary-glm-" + os.urandom(8).hex(), "EXAI_WS_TOKEN": "canary-ws-" + os.urandom(8).hex()}
SEEN = []

# Words that a command needs, or that keep it from serving for ever.
ARGUMENTS = {
    "check show": ["timeouts.hierarchy"], "check run": ["timeouts.hierarchy"], "completion": ["bash"], "config get": ["ws.port"],
    "model show": ["glm-4.5-flash"], "probe port": ["1"], "probe provider": ["custom"], "runbook show": ["daily"],
    "runbook run": ["daily", "--only", "timeouts"], "serve": ["--check"], "tool call": ["version"], "tool show": ["version"],
    "doctor": ["timeouts.hierarchy"], "key generate": ["laptop", "--file", "keys.yaml"], "key retire": ["laptop", "--file", "keys.yaml"],
}


class Scratch:
    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="exai-commands-")
        kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
        closed = {"MCP_PORT": "1", "EXAI_WS_PORT": "2", "HEALTH_CHECK_PORT": "3", "MONITORING_PORT": "4"}
        self.env = {**kept, **CANARIES, **closed, "HOME": self.root, "EXAI_ROOT": self.root, "LC_ALL": "C.UTF-8"}
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def run(self, *args, code=None, text="", **env):
        done = subprocess.run([EXAI, *args], env={**self.env, **env}, cwd=self.root, input=text, capture_output=True, text=True,
                              timeout=120, check=False)
        SEEN.append(done.stdout + done.stderr)
        assert code is None or done.returncode == code, f"exai {args}: {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
        return done

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)


def candidates(scratch, *words):
    lines = scratch.run("__complete", str(len(words) + 1), "--", "exai", *words, "", code=0).stdout.splitlines()
    assert lines[0] in (":words", ":files"), lines
    return [line.split("\t")[0] for line in lines[1:]]


def commands(scratch):
    for noun in candidates(scratch):
        verbs = candidates(scratch, noun) if noun not in ("help", "man", "doctor", "completion") else []
        known = subprocess.run([EXAI, "help", noun], env=scratch.env, capture_output=True, text=True, check=True).stdout
        paths = [f"{noun} {verb}" for verb in verbs if f"exai {noun} {verb}" in known]
        yield from paths or [noun]


def test_json_everywhere(scratch):
    paths = list(commands(scratch))
    assert len(paths) >= 30, paths
    for path in paths:
        for flags in (["--json"], ["-o", "json", "--dry-run"]):
            done = scratch.run(*path.split(), *ARGUMENTS.get(path, []), *flags)
            text = done.stdout if done.stdout.strip() else done.stderr.strip().splitlines()[-1]
            value = json.loads(text)
            assert value.get("schema", "").startswith("exai."), f"{path}: {value}"
            assert "error" not in value or value["error"]["exit_code"] == done.returncode, f"{path}: {value}"


def test_help_everywhere(scratch):
    for path in commands(scratch):
        text = scratch.run(*path.split(), "--help", code=0).stdout
        assert f"exai {path}" in text and "--json" in text, path


def test_formats(scratch):
    formats = candidates(scratch, "-o")
    assert len(formats) == 9, formats
    sinks = [word for name in formats for word in ("-o", f"{name}=out.{name}")]
    scratch.write("bad.env", "MCP_PORT=99999\n")
    scratch.run("validate", "env", "bad.env", *sinks, code=2)
    read = {name: open(os.path.join(scratch.root, f"out.{name}"), encoding="utf-8").read() for name in formats}
    assert json.loads(read["json"])["exit_code"] == 2
    assert [json.loads(line)["event"] for line in read["jsonl"].splitlines()] == ["started", "result", "finished"]
    suites = ElementTree.fromstring(read["junit"])
    assert suites.tag == "testsuites" and suites.find(".//failure") is not None
    assert read["tap"].startswith("TAP version 14\n1..1\nnot ok 1")
    assert read["nagios"].startswith("EXAI UNKNOWN")
    finding = json.loads(read["sarif"])["runs"][0]["results"][0]
    assert finding["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert "FAIL" in read["table"] and "| FAIL |" in read["markdown"]
    assert os.stat(os.path.join(scratch.root, "out.prometheus")).st_mode & 0o777 == 0o644
    if shutil.which("promtool"):
        lint = subprocess.run(["promtool", "check", "metrics"], input=read["prometheus"], text=True, capture_output=True, check=False)
        assert lint.returncode == 0, lint.stdout + lint.stderr
    left = [name for name in os.listdir(scratch.root) if name.startswith("out.") and name[4:] not in formats]
    assert not left, f"temporary files are left: {left}"


def test_exit_codes(scratch):
    step = "id: own\ntitle: Own\ncadence: daily\nversion: \"1\"\ndate: 2026-11-21\ngroups:\n  - name: one\n    steps:\n      - "
    scratch.write("human.yaml", step + "{id: look, title: look, source: own, human: look at it}\n")
    scratch.write("broken.yaml", step + "{id: look, title: look, source: own, check: no.such}\n")
    scratch.run("check", "run", "timeouts.hierarchy", code=0)
    scratch.run("status", code=1)
    scratch.run("validate", "timeouts", "--strict", code=1, EXPERT_ANALYSIS_TIMEOUT_SECS="400")
    scratch.run("validate", "timeouts", code=0, EXPERT_ANALYSIS_TIMEOUT_SECS="400")
    scratch.run("-o", "nagios", "validate", "timeouts", code=1, EXPERT_ANALYSIS_TIMEOUT_SECS="400")
    scratch.run("-o", "nagios", "status", code=2)
    scratch.run("runbook", "run", "./broken.yaml", code=2)
    scratch.run("-o", "nagios", "runbook", "run", "./human.yaml", "--no-record", code=3)
    scratch.run("check", "run", "--skip", "@daily", "--skip", "@doctor", "--skip", "@deploy", "--skip", "@ci", code=3)
    scratch.run("runbook", "run", "./human.yaml", "--no-record", code=5)
    scratch.run("probe", "http", "--dry-run", code=6)
    scratch.run("no-such-command", code=64)
    scratch.run("--config", "missing.yaml", "config", "path", code=66)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([EXAI, "check", "list"], env=scratch.env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3 and "cannot write the result" in done.stderr, done


def test_keys(scratch):
    made = scratch.run("key", "generate", "laptop", "--scope", "viewer", "--expires", "2d", "--file", "keys.yaml", code=0)
    key = made.stdout.strip()
    assert key.startswith("exai_") and key not in made.stderr and len(made.stdout.splitlines()) == 1, made
    assert os.stat(os.path.join(scratch.root, "keys.yaml")).st_mode & 0o777 == 0o600
    known = json.loads(scratch.run("key", "verify", "--json", text=key + "\n", code=0, EXAI_KEYS_FILE="keys.yaml").stdout)
    assert (known["name"], known["scope"], known["state"]) == ("laptop", "viewer", "expires soon"), known
    assert json.loads(scratch.run("key", "verify", "--json", "--file", "keys.yaml", text="x" * 20, code=1).stdout)["known"] is False
    scratch.run("key", "verify", "--file", "keys.yaml", text="", code=66)
    shown = scratch.run("key", "list", "--json", code=0, EXAI_KEYS_FILE="keys.yaml", EXAI_API_KEYS="plain-0123456789").stdout
    assert [row["scope"] for row in json.loads(shown)["rows"]] == ["admin", "viewer"], shown
    assert key not in shown and "plain-0123456789" not in shown
    scratch.run("key", "retire", "laptop", "--file", "keys.yaml", "--yes", code=6)
    scratch.run("key", "retire", "laptop", "--file", "keys.yaml", "--confirm", "laptop", code=0)
    scratch.write("keys.yaml", "- name: laptop\n  scope: viewer\n")
    assert "keys.yaml:1" in scratch.run("serve", "--check", code=2, EXAI_KEYS_FILE="keys.yaml").stderr
    scratch.write("keys.yaml", "[]\n")
    os.chmod(os.path.join(scratch.root, "keys.yaml"), 0o644)
    scratch.run("serve", "--check", "--strict", code=2, EXAI_KEYS_FILE="keys.yaml")
    scratch.run("serve", "--check", code=0, EXAI_KEYS_FILE="keys.yaml")
    scratch.run("serve", "--check", code=2, EXAI_OAUTH_ISSUER="https://issuer.example")


def test_recording(scratch):
    scratch.run("runbook", "run", "daily", "--only", "timeouts", code=0)
    assert os.path.exists(os.path.join(scratch.root, "state"))
    # The state folder cannot be made where a file stands: the verdict becomes unknown.
    shutil.rmtree(os.path.join(scratch.root, "state"))
    scratch.write("state", "")
    done = scratch.run("runbook", "run", "daily", "--only", "timeouts", "--json", code=3)
    assert json.loads(done.stdout)["results"][-1]["id"] == "run.record"
    os.unlink(os.path.join(scratch.root, "state"))


def catches(pid, number):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        mask = int(re.search(r"SigCgt:\s*([0-9a-f]+)", file.read())[1], 16)
    return mask >> (number - 1) & 1


def test_signals(scratch):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        child = subprocess.Popen([EXAI, "status", "--wait", "--timeout", "60s"], env=scratch.env, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while not catches(child.pid, number):
            assert time.monotonic() < deadline and child.poll() is None, "no handler"
            os.sched_yield()
        child.send_signal(number)
        out, err = child.communicate(timeout=30)
        assert child.returncode == code, (child.returncode, out, err)
        assert err == "stopping, again to force\n", err
        assert "server.status" in out, "results so far are not reported"


def test_pipe_closed_early(scratch):
    shell = f"'{EXAI}' config show --all | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], env=scratch.env, capture_output=True, text=True, check=True)
    assert done.stderr == "" and done.stdout.splitlines()[-1] in ("0", "141"), done


def test_generated_files(scratch):
    scratch.run("man", "--dir", "pages", code=0)
    made, kept = os.path.join(scratch.root, "pages"), os.path.join(SOURCE, "man")
    names = sorted(os.listdir(made))
    assert names == sorted(os.listdir(kept)), f"man/ is stale: exai man --dir man (and remove what is left over)"
    _, differ, errors = filecmp.cmpfiles(made, kept, names, shallow=False)
    assert not differ and not errors, f"stale: {differ + errors}; exai man --dir man"
    for shell, name in (("bash", "exai.bash"), ("zsh", "_exai"), ("fish", "exai.fish")):
        with open(os.path.join(SOURCE, "completions", name), encoding="utf-8") as file:
            assert scratch.run("completion", shell, code=0).stdout == file.read(), name
    with open(os.path.join(SOURCE, ".env.example"), encoding="utf-8") as file:
        assert scratch.run("config", "template", code=0).stdout == file.read(), "stale: exai config template > .env.example"
    if shutil.which("man"):
        for name in names:
            done = subprocess.run(["man", "--warnings=w", "-l", os.path.join(made, name)], capture_output=True, text=True, check=False,
                                  env={**scratch.env, "MANWIDTH": "100", "MANROFFOPT": "-ww"})
            assert done.returncode == 0 and not done.stderr, f"{name}: {done.stderr}"


def test_templates_are_valid(scratch):
    lines = scratch.run("config", "template", code=0).stdout.splitlines()
    scratch.write("all.env", "\n".join(line[1:] for line in lines if re.match(r"#[A-Z_]+=.", line)) + "\n")
    scratch.run("validate", "env", "all.env", "--strict", code=0)
    yaml = scratch.run("config", "template", "--yaml", code=0).stdout.splitlines()
    kept = [line[1:] for line in yaml if re.match(r"#(  )?[a-z_]+:", line) and not line.endswith('""')]
    blocks = "\n".join(kept) + "\n"
    scratch.write("all.yaml", re.sub(r"(?m)^\w+:\n(?!  )", "", blocks))  # a block without a setting is no block
    scratch.run("--config", "all.yaml", "validate", "config", "--strict", code=0)


def test_completion_in_shells(scratch):
    folder = os.path.join(scratch.root, "bin")
    os.mkdir(folder)
    os.symlink(EXAI, os.path.join(folder, "exai"))
    env = {**scratch.env, "PATH": f"{folder}:{scratch.env['PATH']}"}
    scripts = os.path.join(SOURCE, "completions")

    def shell(*argv):
        done = subprocess.run(argv, env=env, cwd=scratch.root, capture_output=True, text=True, timeout=60, check=False)
        assert not done.stderr, done.stderr
        return done.stdout.split("\n")

    def bash(*words):
        quoted = " ".join(f"'{word}'" for word in words)
        return shell("bash", "--norc", "-c", f"source {scripts}/exai.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                     "_exai; printf '%s\\n' \"${COMPREPLY[@]}\"")

    scratch.write("some file.env", "")
    assert "check" in bash("exai", "ch") and "run" in bash("exai", "check", "")
    assert "--fail-fast" in bash("exai", "check", "run", "--fa") and "timeouts.hierarchy" in bash("exai", "check", "run", "time")
    assert "some file.env" in bash("exai", "validate", "env", "some")
    # bash breaks words at "=", where it is not configured otherwise: then only what stands behind it is replaced.
    assert bash("exai", "log", "tail", "--source", "=", "ac") == ["activity", ""]
    assert bash("exai", "log", "tail", "--source", "=") == ["server", "activity", ""]
    assert bash("exai", "log", "tail", "--source=ac") == ["--source=activity", ""]
    assert "timeouts.hierarchy" in bash("exai", "check", "run", "--tag", "=", "daily", "timeouts")
    assert bash("exai", "check", "list", "--config", "=", "some") == ["some file.env", ""]
    assert bash("exai", "check", "list", "--config=some") == ["--config=some file.env", ""]
    if shutil.which("fish"):
        offered = shell("fish", "--no-config", "-c", f"source {scripts}/exai.fish; complete -C 'exai check ru'")
        assert any(line.startswith("run\t") for line in offered), offered
        offered = shell("fish", "--no-config", "-c", f"source {scripts}/exai.fish; complete -C 'exai validate env some'")
        assert any("some" in line for line in offered), offered
    if shutil.which("zsh"):
        fake = "compdef() { :; }; _describe() { print -rl -- ${(P)4}; }; _files() { print FILES; }; funcstack=()"
        call = f"{fake}; source {scripts}/_exai; words=(exai check run time); CURRENT=4; _exai; words=(exai validate env ''); CURRENT=4; _exai"
        offered = shell("zsh", "-f", "-c", call.replace("; funcstack=()", ""))
        assert any(line.startswith("timeouts.hierarchy") for line in offered) and "FILES" in offered, offered


def test_nothing_leaks(scratch):
    for flags in ([], ["--json"], ["-o", "markdown"]):
        scratch.run("config", "show", "--all", "--origin", *flags, code=0)
    scratch.run("validate", "all", "-vv")
    scratch.run("doctor", "-vv")
    text = "\n".join(SEEN)
    leaked = [name for name, value in CANARIES.items() if value in text]
    assert not leaked, f"secrets were shown: {leaked}"


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    failed = 0
    for test in tests:
        with Scratch() as scratch:
            try:
                test(scratch)
                print(f"ok   {test.__name__}")
            except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
