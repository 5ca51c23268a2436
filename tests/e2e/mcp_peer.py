"""MCP clients of the plainest kind, one for each transport, so that a test can say the same thing over all of them."""
import base64
import http.client
import json
import os
import queue
import re
import select
import socket
import subprocess
import threading
import time
import urllib.parse

PATIENCE = 15
MODERN = "2026-07-28"
CLAIM = "io.modelcontextprotocol/"


def meta(capabilities=None, **more):
    """params._meta of a stateless request."""
    fields = {CLAIM + "protocolVersion": MODERN, CLAIM + "clientCapabilities": capabilities or {},
              CLAIM + "clientInfo": {"name": "peer", "version": "1"}}
    for name, value in more.items():
        fields[name if name == "progressToken" else CLAIM + name] = value
    return fields


class Events:
    """Server-sent events out of a byte stream: (id, event, data, retry)."""

    def __init__(self):
        self.text = b""

    def feed(self, data):
        self.text += data
        while b"\n\n" in self.text:
            block, self.text = self.text.split(b"\n\n", 1)
            fields = {"event": "message", "id": None, "retry": None, "data": None}
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                if name in fields:
                    fields[name] = value.strip()
            if fields["data"] is not None:
                yield fields


class Peer:
    """Messages in a queue; `request` waits for its answer and keeps what comes before it in `received`."""

    def __init__(self):
        self.inbox = queue.Queue()
        self.received = []
        self.next_id = 0

    def send(self, message):
        raise NotImplementedError

    def receive(self, seconds=PATIENCE):
        return self.inbox.get(timeout=seconds)

    def post(self, method, params=None, rpc_id=None):
        """Sends a request and gives its id."""
        if rpc_id is None:
            self.next_id += 1
            rpc_id = self.next_id
        self.send({"jsonrpc": "2.0", "id": rpc_id, "method": method, **({} if params is None else {"params": params})})
        return rpc_id

    def answer(self, rpc_id, on_request=None):
        """The answer to that request; requests of the server are answered by on_request(method, params)."""
        while True:
            message = self.receive()
            if message.get("id") == rpc_id and "method" not in message:
                return message
            self.received.append(message)
            if "method" in message and "id" in message and on_request:
                self.send({"jsonrpc": "2.0", "id": message["id"], **on_request(message["method"], message["params"])})

    def request(self, method, params=None, on_request=None, rpc_id=None):
        return self.answer(self.post(method, params, rpc_id), on_request)

    def call(self, tool, arguments=None, on_request=None, **more):
        return self.request("tools/call", {"name": tool, "arguments": arguments or {}, **more}, on_request)

    def notify(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method, **({} if params is None else {"params": params})})

    def initialize(self, version="2025-11-25", capabilities=None):
        answer = self.request("initialize", {"protocolVersion": version, "capabilities": capabilities or {},
                                             "clientInfo": {"name": "peer", "version": "1"}})
        self.notify("notifications/initialized")
        return answer["result"]

    def wait_for(self, method, seconds=PATIENCE):
        """The next notification of that method, out of what was received or comes."""
        for message in self.received:
            if message.get("method") == method:
                self.received.remove(message)
                return message
        while True:
            message = self.receive(seconds)
            if message.get("method") == method:
                return message
            self.received.append(message)

    def close(self):
        pass


class StdioPeer(Peer):
    name = "stdio"

    def __init__(self, argv, env=None):
        super().__init__()
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.inbox.put(json.loads(line))

    def send(self, message):
        self.raw(json.dumps(message))

    def raw(self, text):
        self.child.stdin.write(text.encode() + b"\n")
        self.child.stdin.flush()

    def close(self):
        self.child.stdin.close()
        return self.child.wait(PATIENCE)


class WsPeer(Peer):
    name = "websocket"

    def __init__(self, port, head="Sec-WebSocket-Protocol: mcp\r\n"):
        super().__init__()
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{head}\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.socket.recv(4096)
        self.head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        self.head = self.head.decode()
        self.socket.settimeout(None)
        if " 101 " in self.head.split("\r\n")[0]:
            threading.Thread(target=self.read, daemon=True).start()

    def take(self, count):
        while len(self.bytes) < count:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.bytes += more
        data, self.bytes = self.bytes[:count], self.bytes[count:]
        return data

    def read(self):
        try:
            while True:
                first, second = self.take(2)
                size = second & 127
                if size == 126:
                    size = int.from_bytes(self.take(2), "big")
                elif size == 127:
                    size = int.from_bytes(self.take(8), "big")
                data = self.take(size)
                if first & 15 == 1:
                    self.inbox.put(json.loads(data))
        except (EOFError, OSError):
            pass

    def send(self, message):
        self.raw(json.dumps(message))

    def raw(self, text):
        data = text.encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + size + b"\0\0\0\0" + data)

    def close(self):
        self.socket.close()


class HttpStream(threading.Thread):
    """Reads one HTTP answer in the background, whole or as events."""

    def __init__(self, port, method, path, headers, body, on_message):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request(method, path, body, headers)
        self.on_message, self.events = on_message, []
        self.status, self.headers, self.over = None, {}, threading.Event()
        self.opened = threading.Event()
        self.started = threading.Event()
        self.start()

    def run(self):
        try:
            response = self.connection.getresponse()
            self.status, self.headers = response.status, {k.lower(): v for k, v in response.getheaders()}
            self.opened.set()
            if self.headers.get("content-type", "").startswith("text/event-stream"):
                events = Events()
                while True:
                    data = response.read1(65536)
                    if not data:
                        break
                    for event in events.feed(data):
                        self.events.append(event)
                        if event["data"] and event["event"] == "message":
                            self.on_message(json.loads(event["data"]))
                        elif event["event"] == "endpoint":
                            self.on_message(event)
            else:
                body = response.read()
                if body and body[:1] in b"{[":
                    self.on_message(json.loads(body))
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # cut off, by the server or by drop(), which http.client reports in many ways
        finally:
            self.opened.set()
            self.over.set()

    def drop(self):
        """The client vanishes: the socket is closed under the reader."""
        if self.connection.sock:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class HttpPeer(Peer):
    """Streamable HTTP with a session."""
    name = "http"

    def __init__(self, port, headers=None):
        super().__init__()
        self.port, self.session, self.extra, self.last = port, None, headers or {}, None

    def headers(self, **more):
        fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **self.extra}
        if self.session:
            fields["Mcp-Session-Id"] = self.session
        return {**fields, **{k.replace("_", "-"): v for k, v in more.items()}}

    def send(self, message):
        self.raw(json.dumps(message))

    def raw(self, text):
        self.last = HttpStream(self.port, "POST", "/mcp", self.headers(), text, self.inbox.put)
        if '"initialize"' in text:
            assert self.last.opened.wait(PATIENCE)
            self.session = self.last.headers.get("mcp-session-id")
        return self.last

    def listen(self, **headers):
        stream = HttpStream(self.port, "GET", "/mcp", self.headers(Accept="text/event-stream", **headers), None,
                            self.inbox.put)
        assert stream.opened.wait(PATIENCE)
        return stream

    def end(self):
        return HttpStream(self.port, "DELETE", "/mcp", self.headers(), None, self.inbox.put)


class SsePeer(Peer):
    """The old HTTP+SSE: a GET that stays open, POSTs beside it."""
    name = "sse"

    def __init__(self, port, headers=None):
        super().__init__()
        self.port, self.extra = port, headers or {}
        self.stream = HttpStream(port, "GET", "/sse", {"Accept": "text/event-stream", **self.extra}, None,
                                 self.inbox.put)
        first = self.receive()
        assert first["event"] == "endpoint", first
        self.path = urllib.parse.urljoin("/sse", first["data"])

    def send(self, message):
        self.raw(json.dumps(message))

    def raw(self, text):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", self.path, text, {"Content-Type": "application/json", "Accept": "*/*", **self.extra})
        self.status = connection.getresponse().status
        connection.close()

    def close(self):
        self.stream.drop()


class ModernHttpPeer(Peer):
    """Stateless requests: each for itself, with its envelope and headers."""
    name = "http, stateless"

    def __init__(self, port, capabilities=None, headers=None):
        super().__init__()
        self.port, self.capabilities, self.extra, self.last = port, capabilities, headers or {}, None

    def post(self, method, params=None, rpc_id=None, headers=None, **more):
        if rpc_id is None:
            self.next_id += 1
            rpc_id = self.next_id
        params = dict(params or {})
        params.setdefault("_meta", meta(self.capabilities, **more))
        fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                  "MCP-Protocol-Version": MODERN, "Mcp-Method": method, **self.extra}
        name = params.get("name") or params.get("uri") or params.get("taskId")
        if name and method != "completion/complete":
            fields["Mcp-Name"] = name
        fields.update(headers or {})
        self.last = HttpStream(self.port, "POST", "/mcp", fields,
                               json.dumps({"jsonrpc": "2.0", "id": rpc_id, "method": method, "params": params}),
                               self.inbox.put)
        return rpc_id


def http_request(port, method, path, headers=None, body=None):
    """(status, headers, body) of one request; with `Host` given, that one alone."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.putrequest(method, path, skip_host="Host" in (headers or {}), skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body.encode())))
    connection.endheaders(None if body is None else body.encode())
    response = connection.getresponse()
    data = response.read().decode()
    connection.close()
    return response.status, {k.lower(): v for k, v in response.getheaders()}, data


class ConformanceServer:
    """exai-conformance on free ports."""

    def __init__(self, binary, *settings):
        self.child = subprocess.Popen([binary, "--port", "0", *settings], stdout=subprocess.PIPE, text=True)
        self.ports = {}
        for line in self.child.stdout:
            name, url = line.split()
            self.ports[name] = int(re.search(r":(\d+)", url.split("//")[1]).group(1))
            if name == "health":
                break

    def rss(self):
        """Resident kilobytes."""
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def stop(self):
        self.child.terminate()
        return self.child.wait(PATIENCE)


def until(condition, seconds=PATIENCE):
    """True as soon as the condition holds; asks again shortly, for what gives no event."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.02)
    return True


def run_tests(namespace, wanted):
    """Runs the functions test_* of a module (or those wanted), prints each, and gives the number that failed."""
    failed = 0
    for name, test in list(namespace.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        try:
            test()
            print(f"ok   {name}", flush=True)
        except Exception as error:  # noqa: BLE001 - each failure is printed, the rest still runs
            failed += 1
            print(f"FAIL {name}: {type(error).__name__} {error}", flush=True)
    return failed
