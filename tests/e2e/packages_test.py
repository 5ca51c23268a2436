#!/usr/bin/env python3
"""Every library that the binary links and every program that scripts, tests and packaging call comes with a package of
packages.txt, or is in the smallest Debian there is (debootstrap --variant=minbase) with git.

Usage: packages_test.py EXAI PACKAGES_TXT
"""
import ast
import os
import re
import shutil
import subprocess
import sys

# What cpack -G DEB calls by itself, by the line of cmake/install.cmake that makes it do so.
CPACK = {"CPACK_GENERATOR DEB": ["dpkg", "tar"], "CPACK_STRIP_FILES ON": ["strip"],
         "CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON": ["dpkg-shlibdeps", "file"]}
# Where a program of that name is one way of several, and the script goes on without it.
OPTIONAL = {"setpriv", "systemd-analyze", "systemctl", "docker", "nginx", "taskset", "perf"}
# Words that stand where a program could, and are none.
NO_PROGRAMS = {"init"}
SHELL_WORDS = {"if", "then", "else", "elif", "do", "while", "until", "!", "exec", "command", "env", "time", "for", "case", "xargs"}


def out(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def closure(names):
    """The named packages and all they depend on, as installed here."""
    seen, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        text = out("dpkg-query", "-W", "-f", "${Depends}, ${Pre-Depends}", name)
        todo += re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", text)
    return seen


def words_of_python(text):
    """First words of lists and of calls: what a call of a program begins with, and more that is no program's name."""
    for node in ast.walk(ast.parse(text)):
        first = None
        if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
            first = node.elts[0]
        elif isinstance(node, ast.Call) and node.args:
            first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def words_of_shell(text):
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line)
        for command in re.split(r"[;&|(){}`]|\$\(", line):
            words = [word for word in command.split() if not re.fullmatch(r"\w+=.*", word)]
            while words and words[0] in SHELL_WORDS:
                words.pop(0)
            if words:
                yield words[0]
            # xargs PROGRAM: what stands behind its own flags.
            if "xargs" in command.split():
                yield from re.findall(r"(?<= )[a-z][a-z-]+(?= )", command + " ")


def words_of_cmake(text):
    yield from re.findall(r"find_program\(\w+ (?:NAMES )?([\w.+-]+)", text)
    yield from re.findall(r"COMMAND ([a-z][\w.+-]*)", text)
    for line, programs in CPACK.items():
        if f"set({line})" in text:
            yield from programs


def called(root):
    """Programs by the first file that calls them."""
    found = {}
    listed = out("git", "-C", root, "ls-files").split()
    for name in listed:
        path = os.path.join(root, name)
        if name.endswith(".py"):
            words = words_of_python
        elif name in ("run", ".ci/run") or name.endswith(".sh"):
            words = words_of_shell
        elif name.endswith(".cmake") or os.path.basename(name) == "CMakeLists.txt":
            words = words_of_cmake
        else:
            continue
        with open(path, encoding="utf-8") as file:
            for word in words(file.read()):
                if re.fullmatch(r"[a-z][a-z0-9.+-]*", word) and word not in OPTIONAL | NO_PROGRAMS:
                    found.setdefault(word, name)
    return found


def owner_of(path):
    """The package of a file, also where /bin is a link to /usr/bin and where an alternative stands between."""
    tried = [path, os.path.realpath(path)]
    tried += [one.replace("/usr/bin/", "/bin/", 1).replace("/usr/sbin/", "/sbin/", 1) for one in tried]
    for one in tried:
        for line in out("dpkg-query", "-S", one).splitlines():
            if not line.startswith("diversion"):
                return line.split(":")[0]
    return ""


def in_minbase(package):
    """Essential and required packages, and those that they need; git and ca-certificates are put there to begin with."""
    required = out("dpkg-query", "-W", "-f", "${Essential} ${Priority} ${Package}\n").splitlines()
    names = [line.split()[-1] for line in required if line.startswith("yes") or " required " in f" {line} "]
    return package in closure([*names, "git", "ca-certificates"])


def uncovered_programs(root, known):
    for word, name in sorted(called(root).items()):
        path = shutil.which(word, path="/usr/bin:/bin:/usr/sbin:/sbin")
        owner = owner_of(path) if path else ""
        if owner and owner not in known and not in_minbase(owner):
            yield f"{name} calls {word} of {owner}, which nothing of packages.txt brings"


def main():
    exai, listing = sys.argv[1:3]
    with open(listing, encoding="utf-8") as file:
        text = file.read()
    known = closure(re.findall(r"^(\S+)\s+# build:", text, re.M))
    root = os.path.dirname(os.path.abspath(listing))
    listed = re.findall(r"^(\S+)\s+# \w+:", text, re.M)
    # ./run takes a program that came from elsewhere for its package: then that one's package counts.
    elsewhere = [owner_of(path) for path in map(shutil.which, listed) if path]
    problems = list(uncovered_programs(root, closure([*listed, *elsewhere])))
    for library in re.findall(r"\(NEEDED\).*\[(.+)\]", out("readelf", "-d", exai)):
        path = re.search(rf"{re.escape(library)} => (\S+)", out("ldd", exai))
        if path is None:
            continue  # the loader itself
        owner = ""
        for candidate in (path[1], path[1].replace("/lib/", "/usr/lib/", 1), path[1].replace("/usr/lib/", "/lib/", 1)):
            owner = owner or out("dpkg-query", "-S", candidate).split(":")[0]
        if owner not in known:
            problems.append(f"{library} comes from {owner or 'no package'}, which nothing of packages.txt brings")
    print("\n".join(problems) or f"{len(known)} packages cover every library, and all of packages.txt every program that is called")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
