#!/usr/bin/env python3
"""What one line of an env file means, for us and for three others: the table that users may rely on.

Usage: dotenv_test.py EXAI

Each row is asked of the binary, of sh (which sources the file), of python-dotenv and of docker's rule for --env-file, which
is so short that it stands here. None is "not read", or for us "refused with a finding". Where we differ from the shell, the
row says why.
"""
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dotenv import dotenv_values

EXAI = str(Path(sys.argv[1]).resolve())
NAME = "MCP_SERVER_NAME"

# line, exai, sh, python-dotenv, docker, why we differ from the shell
TABLE = [
    (f"{NAME}=a", "a", "a", "a", "a", ""),
    (f"export {NAME}=a", "a", "a", "a", None, ""),
    (f"export\t{NAME}=a", "a", "a", "a", None, ""),
    (f"{NAME}=a b", "a b", None, "a b", "a b", "a shell runs b"),
    (f"{NAME} = a", "a", None, "a", None, "a shell runs the name; reported as a warning"),
    (f"{NAME}=a # note", "a", "a", "a", "a # note", ""),
    (f"{NAME}=a\t# note", "a", "a", "a", "a\t# note", ""),
    (f"{NAME}=a#b", "a#b", "a#b", "a#b", "a#b", ""),
    (f"{NAME}=#b", "#b", "#b", "#b", "#b", ""),
    (f"{NAME}= # note", "exai", "", "# note", " # note", "empty: the default holds"),
    (f"{NAME}=\t# note", "exai", "", "# note", "\t# note", "empty: the default holds"),
    (f"{NAME}=", "exai", "", "", "", "empty: the default holds"),
    (f"{NAME}='a # b'", "a # b", "a # b", "a # b", "'a # b'", ""),
    (f'{NAME}="a # b" # note', "a # b", "a # b", "a # b", '"a # b" # note', ""),
    (f'{NAME}="a\\"b"', 'a"b', 'a"b', 'a"b', '"a\\"b"', ""),
    (f'{NAME}="C:\\dir"', "C:\\dir", "C:\\dir", "C:\\dir", '"C:\\dir"', ""),
    (f"{NAME}='C:\\new'", "C:\\new", "C:\\new", "C:\\new", "'C:\\new'", ""),
    (f"{NAME}=C:\\new", "C:\\new", "C:new", "C:\\new", "C:\\new", "a shell takes the backslash away"),
    (f'{NAME}="a\\\\b"', "a\\b", "a\\b", "a\\b", '"a\\\\b"', ""),
    (f'{NAME}="a$HOME"', "a$HOME", "a/home", "a$HOME", '"a$HOME"', "nothing is replaced; reported as a warning"),
    (f'{NAME}="a${{HOME}}"', "a${HOME}", "a/home", "a/home", '"a${HOME}"', "nothing is replaced; reported as a warning"),
    (f"{NAME}='a$HOME'", "a$HOME", "a$HOME", "a$HOME", "'a$HOME'", ""),
    (f'{NAME}="${{HOME}}"', None, "/home", "/home", '"${HOME}"', "refused: it stands for something else"),
    (f"# {NAME}=a", "exai", "", None, None, "the default holds"),
    (f"  {NAME}=a", "a", "a", "a", None, ""),
    (f"{NAME}=a  ", "a", "a", "a", "a  ", ""),
    (f"{NAME}='a", None, None, None, "'a", "refused: the quote is not closed"),
    (f'{NAME}="a" b', None, None, None, '"a" b', "refused: text after the quote"),
    (f"{NAME}=größe", "größe", "größe", "größe", "größe", ""),
]


def ours(folder):
    (folder / ".env").chmod(0o600)
    env = {"PATH": os.environ["PATH"], "HOME": "/home", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([EXAI, "config", "get", NAME], cwd=folder, env=env, capture_output=True, timeout=20)
    judged = subprocess.run([EXAI, "validate", "config"], cwd=folder, env=env, capture_output=True, timeout=20)
    if judged.returncode != 0:
        return None
    return done.stdout.decode().removesuffix("\n") if done.returncode == 0 else None


def shell(folder):
    done = subprocess.run(["/bin/sh", "-c", f'set -a; . ./.env; printf %s "${NAME}"'], cwd=folder,
                          env={"PATH": "/nowhere", "HOME": "/home"}, capture_output=True, timeout=20)
    return done.stdout.decode() if done.returncode == 0 and not done.stderr else None


def python_dotenv(folder):
    os.environ["HOME"] = "/home"
    return dotenv_values(stream=io.StringIO((folder / ".env").read_text())).get(NAME)


def docker(folder):
    """The rule of docker's --env-file: comments at the first column, the first "=" divides, nothing else is special."""
    for line in (folder / ".env").read_text().splitlines():
        if line.startswith("#") or "=" not in line:
            continue
        name, value = line.lstrip().split("=", 1) if not line.startswith(" ") else ("", "")
        if name == NAME:
            return value
    return None


def main():
    wrong = 0
    for line, *expected, _ in TABLE:
        with tempfile.TemporaryDirectory(prefix="exai-dotenv.") as scratch:
            folder = Path(scratch)
            (folder / ".env").write_text(line + "\n")
            home = os.environ.get("HOME", "/")
            found = [ours(folder), shell(folder), python_dotenv(folder), docker(folder)]
            os.environ["HOME"] = home
        for who, want, got in zip(("exai", "sh", "python-dotenv", "docker"), expected, found):
            if want != got:
                wrong += 1
                print(f"{line!r}: {who} reads {got!r}, the table says {want!r}")
    print(f"{len(TABLE)} lines, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
