#!/usr/bin/env python3
"""exai reload says what came of it, and no reload opens a server that was closed.

Usage: reload_test.py EXAI SIMULATOR

The settings of a running server are changed in every way that a person or a tool may spoil them; after each, the exit code of
`exai reload`, the answer to a caller without a key and /status must agree on what is in force.
"""
import json
import os
import sys
import urllib.error
import urllib.request

from deployment import Deployment

KEY = "canary-0123456789abcdef0123456789abcdef"


def status(deployment, path="/status", key=None):
    request = urllib.request.Request(deployment.base + path, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def settings_of(deployment):
    return json.loads(status(deployment, key=KEY)[1])["settings"]


class Case:
    def __init__(self, exai, simulator):
        self.deployment = Deployment(exai, simulator, EXAI_API_KEYS=KEY)
        self.env = os.path.join(self.deployment.root, ".env")
        with open(self.env, encoding="utf-8") as file:
            self.good = file.read()
        self.without_keys = "".join(line for line in self.good.splitlines(True) if not line.startswith(("EXAI_API_KEYS", "EXAI_WS_TOKEN")))
        self.deployment.serve()
        self.generation = 1

    def write(self, text):
        with open(self.env, "w", encoding="utf-8") as file:
            file.write(text)

    def guarded(self):
        assert status(self.deployment)[0] == 401, "a caller without a key came in"
        assert status(self.deployment, key=KEY)[0] == 200, "the key is not known any more"

    def refused(self, what, text, word, code=2):
        """A reload that is refused: the reason is reported, everything stays as it was, the file is known to differ."""
        self.write(text)
        done = self.deployment.run("reload", code=code)
        assert word in done.stderr, f"{what}: {word!r} is not in {done.stderr!r}"
        self.guarded()
        settings = settings_of(self.deployment)
        assert settings["generation"] == self.generation, f"{what}: generation {settings}"
        assert word in settings["last_error"], f"{what}: {settings}"
        metrics = status(self.deployment, "/metrics", KEY)[1]
        assert "exai_config_last_reload_successful 0" in metrics, what
        assert f"exai_config_generation {self.generation}" in metrics, what

    def taken(self, what, text):
        self.write(text)
        done = self.deployment.run("reload")
        self.generation += 1
        assert f"generation {self.generation}" in done.stdout, f"{what}: {done.stdout!r}"
        settings = settings_of(self.deployment)
        assert settings["generation"] == self.generation and "last_error" not in settings, f"{what}: {settings}"
        assert settings["hash"] == settings["hash_on_disk"], f"{what}: {settings}"


def main():
    exai, simulator = sys.argv[1:3]
    case = Case(exai, simulator)
    try:
        case.guarded()
        for what, text, word in [
            ("a bad value", case.good + "EXAI_RETRY_DELAYS=1x\n", "EXAI_RETRY_DELAYS"),
            ("a bad choice", case.good + "LOG_LEVEL=nonsense\n", "LOG_LEVEL"),
            ("a key that is cut", case.good.replace(KEY, KEY[:9]), "9 characters"),
            ("a key with a zero width space", case.good.replace(KEY, KEY + "\u200b"), "zero-width"),
            ("keys that are separators", case.good.replace(KEY, ",,"), "without an item"),
            ("no keys any more", case.without_keys, "no key"),
            ("an empty key", case.without_keys + "EXAI_API_KEYS=\n", "no key"),
            ("an empty file", "", "no key"),
            ("a misspelt name", case.without_keys + f"EXAI_API_KEYZ={KEY}\n", "EXAI_API_KEYZ"),
            ("a keys file that is gone", case.without_keys + "EXAI_KEYS_FILE=gone.yaml\n", "gone.yaml"),
            ("a broken hierarchy", case.good + "SIMPLE_TOOL_TIMEOUT_SECS=400\n", "timeout hierarchy"),
            ("an unknown tool", case.good + "CLIENT_TOOL_DENYLIST=caht\n", "caht"),
            ("exposed without keys", case.without_keys + "MCP_HOST=0.0.0.0\n", "no key"),
            ("the file in half", case.good[: len(case.good) // 2], ""),
            ("a UTF-16 file", "\ufffe", ""),
        ]:
            case.refused(what, text, word)
        os.remove(case.env)
        os.symlink("nowhere", case.env)
        done = case.deployment.run("reload", code=None)
        assert done.returncode not in (0, 1), f"a dangling .env: {done.returncode} {done.stderr}"
        os.remove(case.env)
        case.guarded()
        # It was the files and not the server: with good ones again, the next reload is in force.
        case.write(case.good + "EXAI_PAGE_SIZE=7\n")
        settings = settings_of(case.deployment)
        assert settings["hash"] != settings["hash_on_disk"], f"the file differs and nobody says so: {settings}"
        case.taken("good again", case.good + "EXAI_PAGE_SIZE=7\n")
        # Whoever says by name that the server may be open gets what was asked for.
        case.write(case.without_keys + "EXAI_ALLOW_OPEN_RELOAD=true\n")
        case.deployment.run("reload")
        assert status(case.deployment)[0] == 200, "asked for by name and not done"
        case.deployment.run("stop")
        leak = case.deployment.leaked()
        assert not leak, leak
        print("reload: all as it should be")
    finally:
        case.deployment.close()


if __name__ == "__main__":
    main()
