#!/usr/bin/env python3
"""agents_test.py EXAI NPM_FOLDER [PACKAGE]: the agents and bridges that people use list and call over HTTP and stdio, go on after a restart
of the server in the middle of their session, and find nothing to warn about in the schemas.

The agents ask a scripted model on loopback, so none needs an account; a proxy that nobody serves keeps them from the network.
"""
import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import typing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import npm_packages  # noqa: E402
from deployment import Process, free_ports  # noqa: E402
from mcp_peer import HttpPeer, StdioPeer, until  # noqa: E402
from scripted_model import ScriptedModel  # noqa: E402

MCPORTER = "mcporter@0.12.3"
REMOTE = "mcp-remote@0.15.1"
INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
ANSWER = "# exai "  # how the text of the tool `version` begins
# What the clients say of a schema that they cannot use whole: the validators that they have inside, and their own words.
WARNING = re.compile(r"unknown format|strict mode|ignored in schema|skipping tool|normalized input schema|schema would be rejected"
                     r"|(invalid|unsupported|bad)\b.{0,20}schema|schema\b.{0,40}(invalid|unsupported|not supported|warning|failed)"
                     r"|(failed|unable|could not|cannot)\b.{0,40}schema|invalid result for tools/list", re.IGNORECASE)
# A server whose schemas every client must find fault with: shows that WARNING sees what it is for.
FAULTY = """
import json, sys
odd = {"type": "object", "properties": {"a": {"type": "integer", "format": "uint33"}, "b": {"type": "strng"}}}
for line in sys.stdin:
    ask = json.loads(line)
    if ask.get("method") == "initialize":
        result = {"protocolVersion": ask["params"]["protocolVersion"], "capabilities": {"tools": {}},
                  "serverInfo": {"name": "faulty", "version": "1"}}
    elif ask.get("method") == "tools/list":
        result = {"tools": [{"name": "version", "inputSchema": {"type": "object"}, "outputSchema": odd},
                            {"name": "odd", "inputSchema": odd}]}
    elif ask.get("method") == "tools/call":
        result = {"content": [], "structuredContent": {"a": 1}}
    else:
        result = None
    if "id" in ask:
        body = {"error": {"code": -32601, "message": "no such method"}} if result is None else {"result": result}
        print(json.dumps({"jsonrpc": "2.0", "id": ask["id"], **body}), flush=True)
"""
FAILED = []


def check(name, condition, what):
    print(f"{'ok  ' if condition else 'FAIL'} {name}{'' if condition else f': {what}'}", flush=True)
    if not condition:
        FAILED.append(name)


class Server:
    """`exai serve` on free ports behind a key. A restart keeps the ports and loses the sessions."""
    kind = "http"

    def __init__(self, exai):
        self.exai, self.folder = exai, tempfile.TemporaryDirectory(prefix="exai-agents-")
        self.ports = free_ports(3)
        self.key = "key-" + os.urandom(12).hex()
        self.url = f"http://127.0.0.1:{self.ports[0]}/mcp"
        self.process = None
        self.start()

    def start(self):
        root = self.folder.name
        env = {"PATH": os.environ["PATH"], "HOME": root, "EXAI_ROOT": root, "EXAI_API_KEYS": self.key,
               **dict(zip(("MCP_PORT", "EXAI_WS_PORT", "HEALTH_CHECK_PORT"), map(str, self.ports)))}
        self.process = Process([self.exai, "serve"], env=env)
        self.process.wait_for("/mcp")

    def restart(self):
        self.process.stop()
        self.start()

    def crash(self):
        self.process.stop(signal.SIGKILL)
        self.start()

    def tools(self):
        peer = HttpPeer(self.ports[0], {"Authorization": "Bearer " + self.key})
        peer.initialize()
        return [tool["name"] for tool in peer.request("tools/list")["result"]["tools"]]

    def close(self):
        code = self.process.stop()
        self.folder.cleanup()
        return code


class Child:
    """`exai serve --stdio` as clients start it; the last one started is ended from here."""
    kind = "stdio"

    def __init__(self, argv, folder):
        self.pids = os.path.join(folder, "pids")
        self.command = ["sh", "-c", 'echo $$ >>"$0"; exec "$@" 2>/dev/null', self.pids, *argv]

    def restart(self):
        with open(self.pids, encoding="ascii") as file:
            started = [int(word) for word in file.read().split()]
        # Clients start one to look at it, and end it themselves.
        pid = next((one for one in reversed(started) if self.state(one) not in ("", "Z")), None)
        if pid is None:
            raise AssertionError(f"none of the {len(started)} exai serve --stdio that were started lives")
        os.kill(pid, signal.SIGTERM)
        if not until(lambda: self.state(pid) in ("", "Z")):
            raise AssertionError(f"exai serve --stdio, process {pid}, did not end after SIGTERM")
        # Until its parent has taken notice a call would go to the dead one, which is the client's matter and not ours.
        until(lambda: self.state(pid) == "")

    crash = restart

    @staticmethod
    def state(pid):
        """The letter of /proc/PID/stat, nothing when there is no such process."""
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rpartition(")")[2].split()[0]
        except OSError:
            return ""


def keep(home, path, text):
    path = os.path.join(home, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text if isinstance(text, str) else json.dumps(text))
    return path


def entry(target, url="url", **more):
    """A server as most configuration files name it."""
    if target.kind == "http":
        return {url: target.url, "headers": {"Authorization": "Bearer " + target.key}, **more}
    return {"command": target.command[0], "args": target.command[1:], **more}


def claude(home, target, model):
    server = entry(target, **({"type": "http"} if target.kind == "http" else {}))
    keep(home, "mcp.json", {"mcpServers": {"exai": server}})
    keep(home, ".claude.json", {"mcpServers": {"exai": server}})
    return {"ANTHROPIC_BASE_URL": model, "ANTHROPIC_API_KEY": "none", "DISABLE_AUTOUPDATER": "1", "ENABLE_TOOL_SEARCH": "false",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def codex(home, target, model):
    server = (f'url = "{target.url}"\nbearer_token_env_var = "EXAI_KEY"' if target.kind == "http"
              else f"command = {json.dumps(target.command[0])}\nargs = {json.dumps(target.command[1:])}")
    keep(home, ".codex/config.toml", f'model = "gpt-5"\nmodel_provider = "own"\n[model_providers.own]\nname = "own"\n'
         f'base_url = "{model}/v1"\nenv_key = "OWN_KEY"\nwire_api = "responses"\n[mcp_servers.exai]\n{server}\n'
         '[analytics]\nenabled = false\n')
    return {"OWN_KEY": "none", "EXAI_KEY": getattr(target, "key", ""), "RUST_LOG": "warn"}


def gemini(home, target, model):
    keep(home, ".gemini/settings.json", {
        "mcpServers": {"exai": entry(target, "httpUrl", trust=True)}, "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
        "security": {"auth": {"selectedType": "gemini-api-key"}}})
    return {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": model, "GEMINI_CLI_TRUST_WORKSPACE": "true",
            "GEMINI_CLI_NO_RELAUNCH": "true"}


def qwen(home, target, model):
    keep(home, ".qwen/settings.json", {
        "mcpServers": {"exai": entry(target, "httpUrl", trust=True)}, "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False}, "tools": {"toolSearch": {"enabled": False}},
        "security": {"auth": {"selectedType": "openai"}}})
    return {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": model + "/v1", "OPENAI_MODEL": "m", "QWEN_CODE_NO_RELAUNCH": "true"}


def opencode(home, target, model):
    server = ({"type": "remote", "oauth": False, **entry(target)} if target.kind == "http"
              else {"type": "local", "command": target.command})
    own = {"npm": "@ai-sdk/openai-compatible", "name": "own", "models": {"m": {"name": "m"}},
           "options": {"baseURL": model + "/v1", "apiKey": "none"}}
    keep(home, "opencode.json", {"autoupdate": False, "share": "disabled", "model": "own/m", "small_model": "own/m",
                                 "provider": {"own": own}, "mcp": {"exai": {**server, "enabled": True}}})
    return {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1"}


@dataclasses.dataclass
class Agent:
    """`recovers`: the transports over which it goes on after a restart, with whatever server; over the others a new session is
    all that there is. `connected`: what its list of servers shows for one that it reached; the list of Codex reaches none.
    `tells`: it says so when it cannot use a schema whole."""
    package: str
    program: str
    configure: typing.Callable
    ask: tuple
    connected: str = "onnected"
    recovers: tuple = ("http", "stdio")
    tells: bool = False


CLAUDE = ("-p", "go", "--mcp-config", "mcp.json", "--strict-mcp-config", "--allowedTools", "mcp__exai__version", "--output-format",
          "stream-json", "--verbose", "--debug-file", "debug.log")
AGENTS = [
    Agent("@anthropic-ai/claude-code@2.1.72", "claude", claude, CLAUDE),
    Agent("@anthropic-ai/claude-code@2.1.332", "claude", claude, CLAUDE, tells=True),
    Agent("@openai/codex@0.171.0", "codex", codex,
          ("exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "go"), "enabled", ("http",)),
    Agent("@google/gemini-cli@0.61.0", "gemini", gemini, ("-y", "-d", "-m", "gemini-2.5-pro", "-p", "go"), recovers=(), tells=True),
    Agent("@qwen-code/qwen-code@0.24.4", "qwen", qwen, ("-y", "-d", "-p", "go")),
    Agent("opencode-ai@1.18.33", "opencode", opencode,
          ("run", "--auto", "--format", "json", "--print-logs", "--log-level", "DEBUG", "go"), recovers=("http",), tells=True),
]


class Bench:
    """What every run of a client needs."""

    def __init__(self, exai, folder):
        self.exai, self.node = exai, npm_packages.node(folder)
        # All of them before the first run: a package that is not to be had must not hide a failure.
        self.homes = {package: npm_packages.install(folder, package)
                      for package in [agent.package for agent in AGENTS] + [MCPORTER, REMOTE, INSPECTOR]}
        self.model = ScriptedModel()

    def program(self, package, name):
        return os.path.join(self.homes[package], "node_modules/.bin", name)

    def env(self, home, **more):
        nobody = "http://127.0.0.1:9"
        return {"PATH": os.path.dirname(self.node) + ":" + os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8",
                "HTTP_PROXY": nobody, "HTTPS_PROXY": nobody, "NO_PROXY": "127.0.0.1,localhost", **more}

    @staticmethod
    def run(argv, env, seconds=120):
        """(what it printed, whether it ended with 0)."""
        done = subprocess.run(argv, cwd=env["HOME"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False)
        return done.stdout, done.returncode == 0

    @contextlib.contextmanager
    def scratch(self):
        # A client may still be writing there when it has ended for us.
        with tempfile.TemporaryDirectory(prefix="exai-agent-", ignore_cleanup_errors=True) as home:
            yield home


def logs(home):
    """The log files that a client left below its home."""
    text = ""
    for folder, _, names in os.walk(home):
        for name in names:
            if name.endswith(".log") or (os.path.basename(folder) == "debug" and name.endswith(".txt")):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    text += file.read()
    return text


def warnings(text):
    return [match.group(0) for match in WARNING.finditer(text)]


def converse(bench, agent, target, between, home):
    """(what its list of servers says, what it printed and logged in one session with the model, whether both ended well)"""
    env = bench.env(home, **agent.configure(home, target, bench.model.url))
    program = bench.program(agent.package, agent.program)
    listed, fine = bench.run([program, "mcp", "list"], env)
    if target.kind == "http":
        target.restart()  # between two sessions: every client has to bear that
    bench.model.begin("version", between)
    said, good = bench.run([program, *agent.ask], env)
    return listed, said + logs(home), fine and good


def agent_test(bench, agent, target, tools, home):
    name = f"{agent.package} over {target.kind}"
    lasting = target.kind in agent.recovers
    listed, said, good = converse(bench, agent, target, [target.restart, target.crash] if lasting else [lambda: None], home)
    check(f"{name}: reaches the server", good and agent.connected in listed, (listed[-400:], said[-1500:]))
    offered = ["_".join(one) if isinstance(one, tuple) else one for one in bench.model.offered]
    # Some write a dash as an underscore.
    missing = [tool for tool in tools if not any(one.replace("-", "_").endswith("_" + tool.replace("-", "_")) for one in offered)]
    check(f"{name}: offers every tool to its model", not missing, (missing, offered))
    results = bench.model.results
    check(f"{name}: calls{', restarts between calls' if lasting else ''}",
          len(results) == (3 if lasting else 2) and all(ANSWER in one for one in results), (results, said[-1500:]))
    check(f"{name}: no warning of a schema", not warnings(listed + said), warnings(listed + said))


def mcporter(bench, target, home):
    """Its daemon keeps the connection between calls."""
    name = f"{MCPORTER} over {target.kind}"
    env = bench.env(home)
    config = keep(home, "mcporter.json", {"mcpServers": {"exai": entry(target, lifecycle="keep-alive")}, "imports": []})
    said = []

    def ask(*words):
        out, good = bench.run([bench.program(MCPORTER, "mcporter"), "--config", config, "--log-level", "debug", *words], env)
        said.append(out)
        return out if good else ""
    try:
        check(f"{name}: lists", '"listmodels"' in ask("list", "exai", "--schema", "--json"), said)
        check(f"{name}: calls", ANSWER in ask("call", "exai.version", "--output", "json"), said)
        check(f"{name}: keeps the connection", "connected" in ask("daemon", "status"), said[-1])
        for again in (target.restart, target.crash):
            again()
            check(f"{name}: calls after {again.__name__}", ANSWER in ask("call", "exai.version", "--output", "json"), said[-1])
    finally:
        ask("daemon", "stop")
    found = warnings("".join(said) + logs(home))
    check(f"{name}: no warning of a schema", not found, found)


def remote(bench, server, home):
    """A bridge: stdio on the one side, HTTP on the other."""
    program, log = bench.program(REMOTE, "mcp-remote"), os.path.join(home, "said.log")
    peer = StdioPeer(["sh", "-c", 'exec "$@" 2>"$0"', log, program, server.url, "--header", "Authorization:Bearer " + server.key,
                      "--debug"], bench.env(home))
    try:
        check(f"{REMOTE}: connects", peer.initialize()["serverInfo"]["name"] == "exai", "another name")
        check(f"{REMOTE}: lists", len(peer.request("tools/list")["result"]["tools"]) == len(server.tools()), "other tools")
        for between in (lambda: None, server.restart, server.crash):
            between()
            answer = json.dumps(peer.call("version"))
            check(f"{REMOTE}: calls", ANSWER in answer, answer)
    finally:
        peer.close()
    check(f"{REMOTE}: no warning of a schema", not warnings(logs(home)), warnings(logs(home)))


def inspector(bench, target, home):
    """One process a call; --strict judges the schemas, and ends with 0 whatever it found."""
    where = ([target.url, "--transport", "http", "--header", "Authorization: Bearer " + target.key] if target.kind == "http"
             else target.command)
    program = bench.program(INSPECTOR, "mcp-inspector")

    def ask(*words):
        out, good = bench.run([program, "--cli", *where, *words, "--format", "json", "-q"], bench.env(home))
        check(f"{INSPECTOR} over {target.kind}: {words[1]}", good and out.startswith("{"), out[:600])
        return out if good else "{}"
    listed = ask("--method", "tools/list", "--strict")
    check(f"{INSPECTOR} over {target.kind}: nothing is found in the schemas",
          '"listmodels"' in listed and "schemaFindings" not in listed and not warnings(listed), listed[-600:])
    for again in (lambda: None, target.restart):
        if target.kind == "http":
            again()
        said = ask("--method", "tools/call", "--tool-name", "version")
        check(f"{INSPECTOR} over {target.kind}: calls", ANSWER in said, said[:600])


def faulty_test(bench, agent, home):
    """The same run against schemas that are wrong: its warning must be seen."""
    target = Child([sys.executable, "-c", FAULTY], home)
    listed, said, _ = converse(bench, agent, target, [], home)
    check(f"{agent.package} warns of a faulty schema", warnings(listed + said), said[-1500:])


def cases(bench, server):
    """(package, what is done with it in a folder of its own)"""
    def targets(home):
        return {"http": server, "stdio": Child([bench.exai, "serve", "--stdio"], home)}
    tools = server.tools()
    for kind in ("http", "stdio"):
        for agent in AGENTS:
            yield agent.package, lambda home, agent=agent, kind=kind: agent_test(bench, agent, targets(home)[kind], tools, home)
        yield MCPORTER, lambda home, kind=kind: mcporter(bench, targets(home)[kind], home)
        yield INSPECTOR, lambda home, kind=kind: inspector(bench, targets(home)[kind], home)
    yield REMOTE, lambda home: remote(bench, server, home)
    for agent in AGENTS:
        if agent.tells:
            yield agent.package, lambda home, agent=agent: faulty_test(bench, agent, home)


def main():
    bench = Bench(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
    server = Server(bench.exai)
    try:
        for package, run in cases(bench, server):
            if len(sys.argv) > 3 and sys.argv[3] not in package:
                continue
            begun = time.monotonic()
            try:
                with bench.scratch() as home:
                    run(home)
            except Exception as error:  # noqa: BLE001 - each failure is told, the rest still runs
                check(package, False, f"{type(error).__name__} {error}")
            print(f"     {package}: {time.monotonic() - begun:.1f} s", flush=True)
    finally:
        code = server.close()
    check("the server stops in order", code == 0, code)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
