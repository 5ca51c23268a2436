#!/usr/bin/env python3
"""limits_test.py EXAI_CONFORMANCE: what clients leave behind is freed: sessions, streams, half-done calls."""
import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcp_peer import ConformanceServer, HttpPeer, ModernHttpPeer, http_request, meta, run_tests, until  # noqa: E402

INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
    "protocolVersion": "2025-11-25", "capabilities": {"sampling": {}}, "clientInfo": {"name": "x", "version": "1"}}})


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Raw:
    """One keep-alive connection, for many small requests in a row."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.bytes = b""

    def post(self, body, head=""):
        self.socket.sendall((f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           f"Accept: application/json, text/event-stream\r\n{head}Content-Length: {len(body)}\r\n\r\n"
                           f"{body}").encode())
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.socket.recv(65536)
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        size = int(fields.get("Content-Length", 0))
        while len(self.bytes) < size:
            self.bytes += self.socket.recv(65536)
        body, self.bytes = self.bytes[:size], self.bytes[size:]
        return fields, body


def open_sessions(port, count):
    """Sessions that nobody ends; each has made a call and asked for updates."""
    raw = Raw(port)
    for _ in range(count):
        fields, _ = raw.post(INITIALIZE)
        session = f"Mcp-Session-Id: {fields['Mcp-Session-Id']}\r\n"
        raw.post('{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://watched-resource"}}',
                 session)
        raw.post('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_simple_text"}}', session)
    raw.socket.close()


def test_ten_thousand_sessions_are_freed():
    server = ConformanceServer(BINARY)
    try:
        port = server.ports["mcp"]
        descriptors = server.descriptors()
        open_sessions(port, 2000)  # to the cap and past it: from here on each new one takes an old one's place
        before = server.rss()
        open_sessions(port, 10000)
        after = server.rss()
        check(after - before < 2048, f"{after - before} KB more after 10,000 sessions")
        check(until(lambda: server.descriptors() <= descriptors + 1), f"{server.descriptors()} descriptors")
        status = json.loads(http_request(port, "GET", "/status")[2])
        check(status["sessions"] == 1000, status["sessions"])
    finally:
        server.stop()


def test_abandoned_streams_are_freed():
    server = ConformanceServer(BINARY)
    try:
        port = server.ports["mcp"]
        descriptors = server.descriptors()
        seen = []
        for _ in range(3):
            streams = []
            for number in range(150):
                connection = socket.create_connection(("127.0.0.1", port), 20)
                body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "subscriptions/listen", "params": {
                    "_meta": meta(), "notifications": {"toolsListChanged": True}}})
                connection.sendall((f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                              f"Accept: text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
                              f"Mcp-Method: subscriptions/listen\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
                check(b"acknowledged" in connection.recv(65536) or b"acknowledged" in connection.recv(65536), "acknowledged")
                streams.append(connection)
            for connection in streams:
                connection.close()
            check(until(lambda: server.descriptors() <= descriptors + 1), f"{server.descriptors()} descriptors")
            seen.append(server.rss())
        check(seen[2] - seen[0] < 1024, f"resident kilobytes {seen}")
    finally:
        server.stop()


def test_streams_have_a_cap():
    server = ConformanceServer(BINARY, "limits.streams=3")
    try:
        peers = []
        for _ in range(3):
            peer = ModernHttpPeer(server.ports["mcp"])
            peer.post("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
            peer.wait_for("notifications/subscriptions/acknowledged")
            peers.append(peer)
        late = ModernHttpPeer(server.ports["mcp"])
        refused = late.request("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        check(refused["error"]["code"] == -32603 and "limits.streams" in refused["error"]["message"], refused)
        peers[0].last.drop()
        check(until(lambda: "error" not in open_listen(server.ports["mcp"])), "a place was freed")
    finally:
        server.stop()


def open_listen(port):
    peer = ModernHttpPeer(port)
    peer.post("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    message = peer.receive()
    peer.last.drop()
    return message


def test_a_resumed_stream_is_bounded():
    """More events than are kept: the newest ones come, with the answer."""
    server = ConformanceServer(BINARY)
    try:
        peer = HttpPeer(server.ports["mcp"])
        peer.initialize()
        stream = peer.listen()
        peer.call("test_trigger_tool_change")
        check(until(lambda: [e for e in stream.events if e["data"]]), "the first event")
        first = stream.events[0]["id"]
        stream.drop()
        for _ in range(300):
            peer.call("test_trigger_tool_change")
        resumed = peer.listen(Last_Event_ID=first)
        check(until(lambda: len(resumed.events) >= 200), len(resumed.events))
        check(len(resumed.events) <= 256, len(resumed.events))
    finally:
        server.stop()


def main():
    global BINARY
    BINARY = os.path.abspath(sys.argv[1])
    sys.exit(1 if run_tests(globals(), sys.argv[2:]) else 0)


if __name__ == "__main__":
    main()
