#!/usr/bin/env python3
"""Every library that the binary links comes with a package of packages.txt.

Usage: packages_test.py EXAI PACKAGES_TXT
"""
import re
import subprocess
import sys


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


def main():
    exai, listing = sys.argv[1:3]
    with open(listing, encoding="utf-8") as file:
        build = re.findall(r"^(\S+)\s+# build:", file.read(), re.M)
    known = closure(build)
    problems = []
    for library in re.findall(r"\(NEEDED\).*\[(.+)\]", out("readelf", "-d", exai)):
        path = re.search(rf"{re.escape(library)} => (\S+)", out("ldd", exai))
        if path is None:
            continue  # the loader itself
        owner = ""
        for candidate in (path[1], path[1].replace("/lib/", "/usr/lib/", 1), path[1].replace("/usr/lib/", "/lib/", 1)):
            owner = owner or out("dpkg-query", "-S", candidate).split(":")[0]
        if owner not in known:
            problems.append(f"{library} comes from {owner or 'no package'}, which nothing of packages.txt brings")
    print("\n".join(problems) or f"{len(known)} packages cover every library")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
