#!/usr/bin/env python3
"""A thousand chats at once: how long until the last is answered, and what the server weighs then.

Usage: chats.py EXAI EXAI_SIMULATOR [CHATS]

The simulated provider answers each question two seconds after it came. Every client has a connection of its own; the
permits of server, session and provider are raised to the number of chats. The floor beside it is the same thousand
questions put to the provider itself. Ends with 1 when the server weighed more than it may; times are printed, not judged.
"""
import asyncio
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from deployment import Deployment  # noqa: E402

PROVIDER_SECONDS, BOUND_MB = 2, 150
SCRIPT = "rules: [{reply: {chunks: ['an answer of a few words'], first_byte: 2s}}]\n"


async def post(port, path, body, headers):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{head}"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[1:-1]
    answer_head = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(answer_head["content-length"])
    answer = await reader.readexactly(length)
    writer.close()
    return answer_head, answer


async def all_at_once(count, ask):
    began = time.perf_counter()

    async def one(number):
        await ask(number)
        return time.perf_counter() - began
    return await asyncio.gather(*(one(number) for number in range(count)))


def question(number):
    return json.dumps({"model": "glm-4.5-flash", "messages": [{"role": "user", "content": f"question {number}"}]})


async def measure(mcp, provider, key, count):
    async def direct(number):
        _, answer = await post(provider, "/v1/chat/completions", question(number), {"Authorization": f"Bearer {key}"})
        assert b"an answer" in answer, answer
    floor = await all_at_once(count, direct)

    async def through(number):
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
            "name": "chat", "arguments": {"prompt": f"question {number}"}}})
        _, answer = await post(mcp, "/mcp", body, {"Accept": "application/json", "MCP-Protocol-Version": "2025-11-25",
                                                   "Mcp-Session-Id": session})
        assert b"an answer of a few words" in answer and b'"isError":true' not in answer, answer[:300]
    head, _ = await post(mcp, "/mcp", json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}}),
        {"Accept": "application/json, text/event-stream"})
    session = head["mcp-session-id"]
    return floor, await all_at_once(count, through)


def main():
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    many = str(count)
    with Deployment(sys.argv[1], sys.argv[2], SCRIPT, EXAI_WS_GLOBAL_MAX_INFLIGHT=many, EXAI_WS_SESSION_MAX_INFLIGHT=many,
                    EXAI_WS_GLM_MAX_INFLIGHT=many, MAX_CONNECTIONS="5000", EXAI_CONNECTIONS_PER_ADDRESS="5000") as deployment:
        deployment.serve()
        provider = int(deployment.simulator.text.split(":")[2].split("/")[0])
        floor, ours = asyncio.run(measure(int(deployment.base.rsplit(":", 1)[1]), provider, deployment.key, count))
        with open(f"/proc/{deployment.server.child.pid}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    print(f"{count} chats at once, the provider answers in {PROVIDER_SECONDS} s")
    for label, times in (("asked directly", floor), ("through exai", ours)):
        print(f"  {label:<16} median {statistics.median(times):5.2f} s   last {max(times):5.2f} s")
    print(f"  {'peak of exai':<16} {peak / 1024:.0f} MiB resident  (bounds 4 s, {BOUND_MB} MB)")
    if peak * 1024 > BOUND_MB * 1e6:
        sys.exit("that is too much memory")


if __name__ == "__main__":
    main()
