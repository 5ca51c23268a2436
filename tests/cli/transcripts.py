#!/usr/bin/env python3
"""Runs the transcripts *.txt and compares every line.

Usage: transcripts.py EXAI FOLDER [--update]

    $ exai check lst        a command; "tty" before it gives it a terminal of 80 columns, NAME=VALUE set variables
    < text                  a line of its standard input
    1| text                 a line of standard output
    2| text                 a line of standard error
    t| text                 a line of the terminal (both streams)
    = 64                    exit code
    @file NAME              a file of the scratch folder, followed by its lines as "f| text"

Times, run ids and the scratch folder are masked. --update writes what happened instead of comparing.
"""
import difflib
import os
import pty
import re
import select
import shlex
import struct
import fcntl
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

MASKS = [
    (r"\b\d+(\.\d+)? ms\b", "N ms"),
    (r"after \d+ms", "after Nms"),
    (r"\b\d+\.\d+ s\b", "N s"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r'"(run_id)": ?"[0-9a-f]+"', r'"\1":"ID"'),
    (r'"(host)": ?"[^"]*"', r'"\1":"HOST"'),
    (r"duration_ms: [\d.e-]+", "duration_ms: 0"),
    (r'"(duration_ms)": ?[\d.e-]+', r'"\1":0'),
]


def environment(root, extra):
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    return {**kept, "HOME": root, "EXAI_ROOT": root, "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC", "CI": "1", **extra}


def on_terminal(argv, env, cwd):
    """Both streams through one terminal of 80 columns. CI=1 keeps the progress line, whose timing varies, out of it."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    child = subprocess.Popen(argv, env=env, cwd=cwd, stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
    os.close(follower)
    data = b""
    while select.select([leader], [], [], 30)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the last writer closed it
            break
        if not part:
            break
        data += part
    os.close(leader)
    return data.decode(errors="replace").replace("\r\n", "\n"), child.wait(30)


def masked(text, root):
    text = text.replace(root, "ROOT")
    for pattern, instead in MASKS:
        text = re.sub(pattern, instead, text)
    return text.replace("\x1b", "\\e")


def lines(prefix, text):
    return [f"{prefix}| {line}".rstrip() for line in text.splitlines()]


def run(exai, command, stdin, root):
    words = shlex.split(command)
    tty = words[0] == "tty"
    words = words[1:] if tty else words
    extra = {}
    while "=" in words[0]:
        name, value = words.pop(0).split("=", 1)
        extra[name] = value
    assert words[0] == "exai", command
    argv = [exai, *words[1:]]
    env = environment(root, extra)
    if tty:
        text, code = on_terminal(argv, env, root)
        return lines("t", masked(text, root)) + [f"= {code}"]
    done = subprocess.run(argv, env=env, cwd=root, input=stdin, capture_output=True, text=True, timeout=60, check=False)
    return lines("1", masked(done.stdout, root)) + lines("2", masked(done.stderr, root)) + [f"= {done.returncode}"]


def play(exai, path):
    """The transcript as it would read if it described what happens."""
    happened, block, stdin, files = [], None, "", None
    with tempfile.TemporaryDirectory(prefix="exai-cli-") as root:

        def flush():
            nonlocal block, stdin
            if block is not None:
                happened.extend(run(exai, block, stdin, root))
            block, stdin = None, ""

        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("$ "):
                flush()
                block = line[2:]
                happened.append(line)
            elif line.startswith("< "):
                stdin += line[2:] + "\n"
                happened.append(line)
            elif line.startswith("@file "):
                flush()
                files = os.path.join(root, line[6:])
                os.makedirs(os.path.dirname(files), exist_ok=True)
                with open(files, "w", encoding="utf-8"):
                    os.chmod(files, 0o600)
                happened.append(line)
            elif line.startswith("f|"):
                with open(files, "a", encoding="utf-8") as file:
                    file.write(line[3:] + "\n")
                happened.append(line)
            elif re.match(r"[12t]\||= ", line):
                continue
            else:
                flush()
                happened.append(line)
        flush()
    return happened


def main():
    exai, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
    update = "--update" in sys.argv
    failed = 0
    paths = sorted(folder.glob("*.txt"))
    assert paths, f"no transcript in {folder}"
    for path in paths:
        expected = path.read_text(encoding="utf-8").splitlines()
        happened = play(exai, path)
        if update:
            path.write_text("\n".join(happened) + "\n", encoding="utf-8")
        elif happened != expected:
            failed += 1
            print("\n".join(difflib.unified_diff(expected, happened, path.name, "what happens", lineterm="", n=4)))
    print(f"{len(paths)} transcripts, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
