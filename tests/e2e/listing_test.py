#!/usr/bin/env python3
"""What a client pays for being connected: the list of tools against its bound, and what it must still say."""
import json
import os
import subprocess
import sys
import tempfile

BOUNDS = {"": 5500, "lean": 3500}  # tokens, as bytes / 4, of the result of tools/list


class Server:
    def __init__(self, binary, **settings):
        self.home = tempfile.TemporaryDirectory(prefix="exai-listing.")
        env = {"PATH": os.environ["PATH"], "HOME": self.home.name, "GLM_API_KEY": "abcdef.0123456789",
               "KIMI_API_KEY": "sk-0123456789", **settings}
        self.process = subprocess.Popen([binary, "serve", "--stdio", "--root", self.home.name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=env)
        self.count = 0
        self.hello = self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                             "clientInfo": {"name": "listing", "version": "1"}})

    def ask(self, method, params=None):
        return json.loads(self.raw(method, params))["result"]

    def raw(self, method, params=None):
        self.count += 1
        message = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": params}
        self.process.stdin.write((json.dumps(message) + "\n").encode())
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.home.cleanup()


failed = []


def check(good, what):
    if not good:
        failed.append(what)
        print("FAILED:", what)


def walk(schema, where):
    """Every schema of one type, without what some clients refuse."""
    check(isinstance(schema.get("type"), str), f"{where} has one type, not {schema.get('type')}")
    for word in ("$ref", "$defs", "$schema", "anyOf", "oneOf", "allOf"):
        check(word not in schema, f"{where} has no {word}")
    for name, member in schema.get("properties", {}).items():
        walk(member, f"{where}/{name}")
    if schema["type"] == "array":
        check("items" in schema, f"{where} says what its items are")
        walk(schema.get("items", {"type": "string"}), f"{where}/items")


def measure(binary, profile):
    server = Server(binary, **({"TOOL_PROFILE": profile} if profile else {}))
    line = server.raw("tools/list")
    size = len(line) - len(b'{"jsonrpc":"2.0","id":2,"result":}\n')
    tools = json.loads(line)["result"]["tools"]
    print(f"profile {profile or 'default'}: {len(tools)} tools, {size} bytes, {size / 4:.0f} tokens")
    check(size / 4 <= BOUNDS[profile], f"profile {profile or 'default'} costs at most {BOUNDS[profile]} tokens")
    described = {}
    for tool in tools:
        check(tool["description"], f"{tool['name']} says what it does")
        walk(tool["inputSchema"], tool["name"])
        properties = tool["inputSchema"]["properties"]
        for name in tool["inputSchema"].get("required", []):
            check(name in properties, f"{tool['name']} lists its required argument {name}")
        for name, schema in properties.items():
            described.setdefault(name, schema)
    for name in ("step", "findings", "relevant_files", "confidence", "continuation_id", "model"):
        check("description" in described[name], f"{name} is explained where the list has it first")
    check("enum" in described["confidence"], "the choices of confidence are listed once")
    check("first tool" in server.hello["instructions"], "the instructions say where arguments are explained")
    server.close()
    return tools


def main():
    binary = sys.argv[1]
    tools = measure(binary, "")
    measure(binary, "lean")
    full = Server(binary, EXAI_TOOL_SCHEMAS="full", EXAI_TOOL_PROMPTS="all")
    whole = full.ask("tools/list")["tools"]
    check([t["name"] for t in whole] == [t["name"] for t in tools], "both lists name the same tools")
    for small, large in zip(tools, whole):
        check(list(small["inputSchema"]["properties"]) == list(large["inputSchema"]["properties"]),
              f"{small['name']} lists all its arguments")
        check(small["inputSchema"].get("required", []) == large["inputSchema"].get("required", []),
              f"{small['name']} lists what it requires")
    check(len(full.ask("prompts/list")["prompts"]) > len(tools), "one prompt a tool where it is asked for")
    full.close()
    server = Server(binary)
    prompts = [prompt["name"] for prompt in server.ask("prompts/list")["prompts"]]
    check("debug" in prompts and "chat" not in prompts, f"one prompt a workflow: {prompts}")
    # What the list leaves out, the complaint says.
    arguments = {"step": "s", "step_number": 0, "total_steps": 1, "next_step_required": False, "findings": "f",
                 "confidence": "sure"}
    text = json.dumps(server.ask("tools/call", {"name": "refactor", "arguments": arguments}))
    check("step_number" in text and "at least 1" in text, f"limits are explained: {text}")
    check("almost_certain" in text, f"choices are explained: {text}")
    server.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
