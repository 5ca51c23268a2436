#!/usr/bin/env python3
"""Rules that no compiler checks: who may include whom, how coroutines are written, how long things are.

Usage: lint.py [ROOT]. Prints one line a violation, file:line and the way out; exit 1 if there is any.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])

# Folder -> folders it may include. Arrows point down only.
ALLOWED = {
    "core": {"core"},
    "io": {"io", "core"},
    "store": {"store", "io", "core"},
    "mcp": {"mcp", "io", "core"},
    "models": {"models", "store", "io", "core"},
    "ops": {"ops", "store", "io", "core"},
    "checks": {"checks", "ops", "models", "store", "mcp", "io", "core"},
    "runbooks": {"runbooks", "checks", "io", "core"},
    "suite": {"suite", "checks", "mcp", "store", "io", "core"},
    "engine": {"engine", "models", "store", "mcp", "io", "core"},
    "tools": {"tools", "engine", "models", "store", "mcp", "io", "core"},
    "serve": {"serve", "tools", "ops", "engine", "models", "store", "mcp", "io", "core"},
    "cli": {"cli", "core"},
    "commands": {"commands", "cli", "runbooks", "suite", "checks", "serve", "ops", "tools", "engine", "models", "store", "mcp", "io", "core"},
}
EXTRA = {"cli": {"io/terminal.hpp"}}
# The same inside a folder: what stands in one part of it -> parts, or single headers, that it may include. "/*" is every part
# that has no row of its own.
INNER = {
    "checks/*": {"checks/measure", "checks/findings.hpp"},
    "checks/measure": set(),
    "cli": {"cli/output/layout.hpp", "cli/output/writer.hpp"},
    "cli/output": {"cli/app.hpp", "cli/command.hpp", "cli/report_stream.hpp"},
    "core/settings": {"core"},
    "engine": {"engine/conversations", "engine/workspace"},
    "engine/policy": {"engine"},
    "mcp/client": {"mcp"},
    "models": {"models/providers"},
    "models/cassette": {"models/providers"},
    "models/providers": {"models/catalogue.hpp"},
    "store": {"store/sql"},
    "store/sql": {"store/store.hpp", "store/conversations.hpp", "store/files.hpp", "store/results.hpp", "store/runs.hpp", "store/spend.hpp"},
    "serve": {"serve/exai_ws", "serve/mcp", "serve/auth", "serve/net"},
    "serve/auth": {"serve/net"},
    "serve/exai_ws": {"serve/mcp", "serve/auth", "serve/net"},
    "serve/mcp": {"serve/auth", "serve/net"},
    "serve/mcp/methods": {"serve/mcp"},
    "suite": {"suite/results"},
    "suite/catalogue": {"suite/run"},
    "suite/derive": {"suite/run"},
    "suite/report": {"suite/run"},
    "suite/results": set(),
    "suite/run": set(),
    "tools/workflows": {"tools"},
    "tools/workflows/hooks": {"tools/workflows", "tools"},
}

# Third-party header -> where it may stand.
ADDRESSES = [
    (r"CLI/", r"cli/parser\.cpp"),
    (r"boost/", r"serve/net/.*|io/websocket\.cpp"),
    (r"curl/", r"io/curl_library\.[ch]pp|io/http\.cpp"),
    (r"sqlite3\.h", r"store/sqlite.*"),
    (r"expat\.h", r"io/xml\.cpp"),
    (r"yaml-cpp/", r"io/yaml\.cpp"),
    (r"spdlog/", r"io/log\.cpp"),
    (r"prometheus/", r"engine/metrics\.cpp|cli/output/prometheus\.cpp"),
    (r"openssl/", r"core/(digest|secret)\.cpp|io/(random|stream|websocket|http)\.cpp|serve/auth/jwk\.cpp"),
    (r"nlohmann/json\.hpp", r"core/json(_access|_read|_write|_mend)?\.cpp|(serve|mcp|models|engine|tools|suite)/.*|cli/output/.*|checks/measure/(probe_mcp|health_answer)\.cpp|runbooks/child_report\.cpp|commands/.*\.cpp"),
    (r"dlfcn\.h", r"io/loaded_library\.cpp"),
    (r"libpq-fe\.h", r"io/(pq_library\.hpp|postgres\.cpp)"),
    (r"hiredis/", r"io/redis_reply\.cpp"),
    (r"zlib\.h", r"io/lines\.cpp"),
]

FILE_LINES = 500
FUNCTION_LINES = 80

problems = []


def say(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def files():
    listed = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split()]


def layering(path, lines):
    folder = path.parts[0]
    if folder not in ALLOWED or path.as_posix() == "cli/main.cpp":
        return
    for number, line in enumerate(lines, 1):
        own = re.match(r'#include "([a-z_]+)/([^"]+)"', line)
        if own and own[1] in ALLOWED and own[1] not in ALLOWED[folder] and f"{own[1]}/{own[2]}" not in EXTRA.get(folder, set()):
            say(path, number, f"folder {folder} must not include folder {own[1]} ({own[2]}): arrows point down only")
        if own and own[1] == folder:
            here, there = path.parent.as_posix(), Path(f"{own[1]}/{own[2]}")
            allowed = INNER.get(here, INNER.get(f"{folder}/*", set()) if here != folder else set())
            if there.parent.as_posix() not in allowed | {here} and there.as_posix() not in allowed:
                say(path, number, f"{here} must not include {there}: parts of a folder have arrows too (INNER in {Path(__file__).name})")
        other = re.match(r"#include <([^>]+)>", line)
        for header, address in ADDRESSES:
            if other and re.match(header, other[1]) and not re.fullmatch(address, path.as_posix()):
                say(path, number, f"<{other[1]}> has one address ({address}): use that file's interface")


def coroutines(path, text):
    """The three rules for co_await that g++ 12 needs: no lambda, no braces, no ?: inside the operand."""
    awaits = list(re.finditer(r"\bco_await\b", text))
    if awaits and not path.as_posix().startswith("serve/net/"):
        say(path, text[: awaits[0].start()].count("\n") + 1, "coroutines live in serve/net only")
    for match in awaits:
        operand = operand_at(text, match.end())
        line = text[: match.start()].count("\n") + 1
        if re.search(r"\[[^\]]*\]\s*(\(|\{|mutable)", operand):
            say(path, line, "a lambda in a co_await operand is destroyed twice by g++ 12: give it a name first")
        if "{" in re.sub(r'"(\\.|[^"\\])*"', '""', operand):
            say(path, line, "braces in a co_await operand are destroyed twice by g++ 12: give the value a name first")
        if re.search(r"\s\?\s", operand):
            say(path, line, "a conditional co_await operand is freed early by g++ 12: choose before awaiting")
    for match in re.finditer(r"auto\s*\[[^\]]*\]\s*=\s*co_await", text):
        say(path, text[: match.start()].count("\n") + 1, "take errors by redirect_error, not by a structured binding")


def operand_at(text, start):
    depth = 0
    for at in range(start, len(text)):
        char = text[at]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth < 0:
                return text[start:at]
        elif char == ";" and depth == 0:
            return text[start:at]
    return text[start:]


def sizes(path, lines):
    if len(lines) > FILE_LINES:
        say(path, 1, f"{len(lines)} lines; {FILE_LINES} is the limit: split it by idea")
    depth, begun, opener = 0, None, ""
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])\'|//.*', "", line)
        # A function begins where a parameter list ends with "{" and is not inside another one.
        if begun is None and re.search(r"\)\s*(const|noexcept|override|final|mutable|->\s*[\w:<>,\s\*&]+|\s)*\{\s*$", code) and not re.match(r"\s*(if|for|while|switch|else|do|namespace)\b", code):
            begun, opener = number, depth
        depth += code.count("{") - code.count("}")
        if begun is not None and depth <= opener:
            if number - begun + 1 > FUNCTION_LINES:
                say(path, begun, f"a function of {number - begun + 1} lines; {FUNCTION_LINES} is the limit")
            begun = None


def unfinished(path, lines):
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            say(path, number, "unfinished work: finish it or remove the mark")


def one_definition(path, lines, seen):
    """Two types of one name in one namespace link without a word and corrupt memory (one definition rule)."""
    spaces, depth = [], 0
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"(\\.|[^"\\])*"|//.*', "", line)
        space = re.match(r"\s*namespace\s*([\w:]*)\s*\{", code)
        if space:
            spaces.append((depth, space[1] or f"anonymous in {path}"))
        kind = re.match(r"(?:struct|class|enum class)\s+([A-Z]\w*)\b(?!::)[^;()]*\{", code)
        if kind and len(spaces) == depth:
            full = "::".join(name for _, name in spaces) + "::" + kind[1]
            if full in seen and seen[full] != path:
                say(path, number, f"{full} is defined in {seen[full]} too: rename one")
            seen.setdefault(full, path)
        depth += code.count("{") - code.count("}")
        while spaces and depth <= spaces[-1][0]:
            spaces.pop()


def namespaces(path, lines):
    """A namespace is its folder: core is exai itself, in serve and mcp that of its sub-folder."""
    top = path.parts[0]
    if top not in ALLOWED or path.as_posix() in ("cli/main.cpp", "io/clock.cpp"):  # the latter defines what core declares
        return
    folder = "/".join(path.parent.parts[:2]) if top in ("serve", "mcp") else top
    own = "exai" if top == "core" else "exai::" + folder.replace("/", "::")
    opened = [(number, space[1]) for number, line in enumerate(lines, 1) if (space := re.match(r"namespace (exai[\w:]*) \{$", line))]
    if not any(name == own or name.startswith(own + "::") for _, name in opened):
        say(path, 1, f"nothing stands in {own}, the namespace of its folder")
    for number, line in enumerate(lines, 1):
        if space := re.match(r"namespace ([a-z_]\w*) \{$", line):
            if space[1] != "exai":
                say(path, number, f"{space[1]}: what is local to a file stands in `namespace {{`, under a name that is its own in the folder")
    for number, name in opened:
        # What the build generates has names of its own; a declaration ahead stands with its owner.
        ahead = re.fullmatch(r"\s*(struct|class|enum class) \w+[^{]*;|const std::vector<.*", lines[number])
        if name != own and not name.startswith(own + "::") and not re.match(r"exai::(embedded|packed)$", name) and not ahead:
            say(path, number, f"{name} is another folder's namespace; this one's is {own}")


def check_places(path, text):
    """A check is found by its id: checks/<subject>/<name>.cpp holds <subject>.<name> and no other."""
    if path.parts[0] != "checks":
        return
    for match in re.finditer(r'Check\{\s*\.id = "([^"]+)"', text):
        place = "checks/" + match[1].replace(".", "/", 1) + ".cpp"
        if path.as_posix() != place:
            say(path, text[: match.start()].count("\n") + 1, f"the check {match[1]} stands in {place}")


def headers_with_source(path, text):
    """A header promises what the source of its name does; one without a source holds records only."""
    if path.parts[0] not in {"checks", "runbooks"} or path.suffix != ".hpp" or (ROOT / path.with_suffix(".cpp")).exists():
        return
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"[\w:<>,&* ]+ \w+\([^{]*\)?;?$", line):
            say(path, number, f"declares a function, but there is no {path.with_suffix('.cpp').name}: split it by what defines it")


def settings_read(all_text):
    """A setting that nobody reads is a promise that nobody keeps."""
    table = "\n".join(path.read_text() for path in sorted((ROOT / "core/settings").glob("*.cpp")))
    for key in re.findall(r'\.key = "([^"]+)"', table):
        if f'"{key}"' not in all_text:
            problems.append(f"core/settings: nothing reads the setting {key}: remove the row or read it")


def citations():
    """A reader can follow only what is in the repository."""
    listed, book = set(), ""
    for line in (ROOT / "runbooks/coverage.yaml").read_text().splitlines():
        head = re.match(r"(\w+):$", line)
        row = re.match(r"  ([0-9-]+): \S", line)
        if head:
            book = head[1]
        elif row:
            listed.add(f"{book}:{row[1]}")
    names = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp", "*.yaml", "*.md", "*.txt", "man"], cwd=ROOT, capture_output=True, text=True,
                           check=True).stdout.split()
    for name in names:
        if name.startswith("tests/fuzz/corpus"):
            continue
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            for cited in re.findall(r"\b(?:maintenance|deployment):[0-9]+(?:-[0-9]+)?", line):
                if cited not in listed:
                    say(Path(name), number, f"{cited} does not stand in runbooks/coverage.yaml")
            if re.search(r"\bfacts/|\b(facts|design): [a-z]+ [A-Z0-9a-z]+\.[0-9]|\bseed 00[0-9]|\bhouse [A-D]\.[0-9]", line):
                say(Path(name), number, "cites a document that is not in the repository: say what it says")


def main():
    all_text = []
    types = {}
    for path in files():
        text = (ROOT / path).read_text()
        lines = text.splitlines()
        layering(path, lines)
        coroutines(path, text)
        sizes(path, lines)
        unfinished(path, lines)
        namespaces(path, lines)
        check_places(path, text)
        headers_with_source(path, text)
        if path.parts[0] != "tests":
            one_definition(path, lines, types)
        if path.parent.as_posix() != "core/settings" and path.parts[0] != "tests":
            all_text.append(text)
    settings_read("\n".join(all_text))
    citations()
    print("\n".join(problems) or "no violation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
