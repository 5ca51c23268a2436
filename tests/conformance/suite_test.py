#!/usr/bin/env python3
"""suite_test.py EXAI_CONFORMANCE NPM_FOLDER [SCENARIO...]: the official MCP conformance suite, both requirement sets.

Every scenario must pass without a warning, also those that the suite reports without scoring; a scenario that succeeds
in no check of its own has not passed. Prints one line each and the counts.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import npm_packages  # noqa: E402
from mcp_peer import ConformanceServer  # noqa: E402

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
# What each set has: fewer would mean that the suite has changed under us.
SETS = {"2025-11-25": (30, 3), "2026-07-28": (37, 13)}
# A scenario that the suite skips itself: it has nothing to judge.
ALWAYS_SKIPPED = {"tasks-status-notifications"}


def requirements(path):
    """(required, unscored) server scenarios of a requirements file; plain YAML of the suite's own making."""
    required, unscored, section, leg = [], [], None, None
    with open(path, encoding="utf-8") as text:
        for line in text:
            if re.match(r"^\w", line):
                section = line.split(":")[0]
            elif section == "server" and (found := re.match(r"^\s+-\s+([\w.-]+)", line)):
                required.append(found.group(1))
            elif section == "not_scored":
                if found := re.match(r"^\s+-?\s*scenario:\s*([\w.-]+)", line):
                    leg = found.group(1)
                if (found := re.match(r"^\s+-?\s*leg:\s*(\w+)", line)) and found.group(1) == "server":
                    unscored.append(leg)
    return required, unscored


def results(folder):
    """Checks by scenario out of the suite's folders server-<scenario>-<time>."""
    found = {}
    for name in sorted(os.listdir(folder)):
        part = re.match(r"server-(.+)-\d{4}-\d\d-\d\dT", name)
        path = os.path.join(folder, name, "checks.json")
        if part and os.path.exists(path):
            with open(path, encoding="utf-8") as text:
                found[part.group(1)] = json.load(text)
    return found


def verdict(scenario, checks):
    """(passed, words)"""
    if checks is None:
        return False, "no result"
    counts = collections.Counter(check["status"] for check in checks)
    own = [c for c in checks if c["status"] == "SUCCESS" and c["id"] != "wire-schema-valid"]
    passed = not counts["FAILURE"] and not counts["WARNING"] and (bool(own) or scenario in ALWAYS_SKIPPED)
    words = ", ".join(f"{n} {status.lower()}" for status, n in sorted(counts.items()))
    for check in checks:
        if check["status"] in ("FAILURE", "WARNING"):
            words += f"\n    {check['status']} {check['id']}: {str(check.get('errorMessage'))[:600]}"
    return passed, words


def run_set(node, suite, name, url):
    with tempfile.TemporaryDirectory() as folder:
        home = os.path.join(suite, "node_modules/@modelcontextprotocol/conformance")
        ran = subprocess.run([node, os.path.join(home, "dist/index.js"), "server", "--url", url, "--requirements", name,
                               "--timeout", "60000", "-o", folder], capture_output=True, text=True, timeout=600, check=False)
        found = results(folder)
        if not found:
            sys.exit(f"the suite gave no results: {ran.stdout[-500:]}{ran.stderr[-500:]}")
    required, unscored = requirements(os.path.join(home, "requirements", name + ".yaml"))
    if (len(required), len(unscored)) != SETS[name]:
        sys.exit(f"{name} has {len(required)} required and {len(unscored)} unscored scenarios, not {SETS[name]}")
    passed = collections.Counter()
    for kind, scenarios in (("required", required), ("unscored", unscored)):
        for scenario in scenarios:
            good, words = verdict(scenario, found.get(scenario))
            passed[kind] += good
            print(f"{'ok  ' if good else 'FAIL'} {name} {scenario} ({words})", flush=True)
    print(f"{name}: {passed['required']}/{len(required)} required, {passed['unscored']}/{len(unscored)} unscored")
    return passed["required"] == len(required) and passed["unscored"] == len(unscored)


def main():
    binary, folder = sys.argv[1:3]
    node = npm_packages.node(folder)
    suite = npm_packages.install(folder, SUITE)
    server = ConformanceServer(binary)
    try:
        url = f"http://127.0.0.1:{server.ports['mcp']}/mcp"
        good = [run_set(node, suite, name, url) for name in SETS]
    finally:
        code = server.stop()
    if code != 0:
        sys.exit(f"the server ended with {code}")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
