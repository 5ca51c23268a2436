#!/usr/bin/env python3
"""net_test.py EXAI [TEST...]: what strangers send to the three ports, byte by byte: whole, cut in two anywhere, in single
bytes, and with the next request behind it. Every port says the same, and nothing of a refused request runs as another one.
"""
import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from deployment import free_ports  # noqa: E402
from mcp_peer import run_tests, until  # noqa: E402

PATIENCE = 10
HOST = b"Host: localhost\r\n"
MARK = b"GET /marked HTTP/1.1\r\nHost: marked.example\r\n\r\n"  # 403 wherever it runs
UPGRADE = (b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Server:
    """`exai serve` on free ports, in a folder of its own."""

    def __init__(self, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="exai-net-")
        ports = free_ports(3)
        self.ports = dict(zip(("mcp", "frames", "health"), ports))
        env = {"PATH": os.environ["PATH"], "HOME": self.folder.name, "MCP_PORT": str(ports[0]),
               "EXAI_WS_PORT": str(ports[1]), "HEALTH_CHECK_PORT": str(ports[2]), **environment}
        self.child = subprocess.Popen([BINARY, "serve"], cwd=self.folder.name, env=env, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        check(until(lambda: all(self.accepts(port) for port in ports)), "the server is up")

    @staticmethod
    def accepts(port):
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.child.terminate()
        code = self.child.wait(PATIENCE)
        self.folder.cleanup()
        check(code == 0, f"the server ended with {code}")


def talk(port, *pieces, end=True):
    """Everything that comes back for those pieces, each sent on its own; `end` closes our side after them."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answer = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                answer += data
        except ConnectionError:
            pass
        return answer


def answers(data):
    """[(status, head, body)] of a byte stream of answers; a body without length goes to the end."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        status = int(re.match(rb"HTTP/1\.1 (\d{3}) ", head).group(1))
        length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
        size = int(length.group(1)) if length else 0
        found.append((status, head, data[:size]))
        data = data[size:]
    return found


def statuses(data):
    return [status for status, _, _ in answers(data)]


def post(line, body=b""):
    return b"POST /mcp HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n" + line + b"\r\n\r\n" + body


# What nobody can read in one way only, or at all, and the status that says so. Each closes the connection.
BROKEN = {
    "xchunked": (post(b"Transfer-Encoding: xchunked", b"0\r\n\r\n"), 400),
    "identity": (post(b"Transfer-Encoding: identity", b""), 400),
    "gzip": (post(b"Transfer-Encoding: gzip", b""), 400),
    "gzip, chunked": (post(b"Transfer-Encoding: gzip, chunked", b"0\r\n\r\n"), 501),
    "chunked, chunked": (post(b"Transfer-Encoding: chunked, chunked", b"0\r\n\r\n"), 400),
    "chunked twice": (post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"), 400),
    "chunked with a tab before": (post(b"Transfer-Encoding:\x0bchunked", b"0\r\n\r\n"), 400),
    "chunked after a space": (post(b"Transfer-Encoding : chunked", b"0\r\n\r\n"), 400),
    "chunked folded": (post(b"Transfer-Encoding:\r\n chunked", b"0\r\n\r\n"), 400),
    "length and chunked": (post(b"Content-Length: 4\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"), 400),
    "length twice": (post(b"Content-Length: 0\r\nContent-Length: 0"), 400),
    "length +5": (post(b"Content-Length: +5", b"12345"), 400),
    "length 5,5": (post(b"Content-Length: 5,5", b"12345"), 400),
    "length 5 x": (post(b"Content-Length:  5 x", b"12345"), 400),
    "length 0x0": (post(b"Content-Length: 0x0"), 400),
    "length of nothing": (post(b"Content-Length:"), 400),
    "length with NUL": (post(b"Content-Length: 0\0"), 400),
    "length too large for numbers": (post(b"Content-Length: 99999999999999999999"), 413),
    "bare line feeds": (b"GET /health HTTP/1.1\nHost: localhost\n\n", 400),
    "a bare line feed": (b"GET /health HTTP/1.1\r\nHost: localhost\n\r\n", 400),
    "a bare carriage return": (b"GET /health HTTP/1.1\r\nX: a\rHost: localhost\r\n\r\n", 400),
    "a folded header": (b"GET /health HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "a header without a name": (b"GET /health HTTP/1.1\r\n" + HOST + b": a\r\n\r\n", 400),
    "a header without a colon": (b"GET /health HTTP/1.1\r\n" + HOST + b"X\r\n\r\n", 400),
    "NUL in a header": (b"GET /health HTTP/1.1\r\n" + HOST + b"X: \0\r\n\r\n", 400),
    "no host": (b"GET /health HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /health HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    "a host with a user": (b"GET /health HTTP/1.1\r\nHost: a@localhost\r\n\r\n", 400),
    "a URL of no host": (b"GET http:///health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a URL with a user": (b"GET http://a@localhost/health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a target without slash": (b"GET health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a fragment": (b"GET /health#a HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "two spaces": (b"GET  /health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a tab for a space": (b"GET\t/health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no version": (b"GET /health\r\n" + HOST + b"\r\n", 400),
    "a version in small letters": (b"GET /health http/1.1\r\n" + HOST + b"\r\n", 400),
    "HTTP/1.9": (b"GET /health HTTP/1.9\r\n" + HOST + b"\r\n", 505),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "TLS": (bytes.fromhex("1603010200010001fc0303"), 400),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", 400),
    "CONNECT": (b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "a long target": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a long header": (b"GET /health HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n", 431),
    "many headers": (b"GET /health HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 101 + b"\r\n", 431),
    "another expectation": (b"GET /health HTTP/1.1\r\n" + HOST + b"Expect: a cake\r\n\r\n", 417),
}

# The same for bodies, where there are any.
BROKEN_BODIES = {
    "a chunk that is longer": (b"3\r\nabcd\r\n0\r\n\r\n", 400),
    "a size with a sign": (b"+3\r\nabc\r\n0\r\n\r\n", 400),
    "a size in no digits": (b"xyz\r\nabc\r\n0\r\n\r\n", 400),
    "a size that ends with LF": (b"3\nabc\r\n0\r\n\r\n", 400),
    "a size that wraps": (b"10000000000000003\r\nabc\r\n0\r\n\r\n", 413),
    "a trailer that is none": (b"0\r\nGET /marked HTTP/1.1\r\n\r\n", 400),
    "an end that is cut": (b"3\r\nabc\r\n0\r\n", 400),
}


def test_broken_requests_are_refused_alike_on_every_port():
    for name, (data, status) in BROKEN.items():
        for port in SERVER.ports.values():
            replies = answers(talk(port, data + MARK))
            check(len(replies) == 1, f"{name} at {port}: {replies}")
            check(replies[0][0] == status, f"{name} at {port}: {replies[0][0]} instead of {status}")
            check(b"connection: close" in replies[0][1].lower(), f"{name} at {port}: stays open")
            if replies[0][2]:
                json.loads(replies[0][2])


def test_a_cut_anywhere_changes_nothing():
    for name, (data, status) in BROKEN.items():
        cuts = range(1, len(data)) if len(data) < 120 else (1, 7, len(data) // 2, len(data) - 1)
        port = list(SERVER.ports.values())[len(name) % 3]
        for cut in cuts:
            replies = statuses(talk(port, data[:cut], data[cut:] + MARK))
            check(replies == [status], f"{name} cut at {cut}: {replies} instead of {status}")
    good = b"GET /health/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    for cut in range(1, len(good)):
        check(statuses(talk(SERVER.ports["health"], good[:cut], good[cut:])) == [200], f"a good one cut at {cut}")
    single = [good[at:at + 1] for at in range(len(good))]
    check(statuses(talk(SERVER.ports["health"], *single)) == [200], "byte by byte")


def test_broken_bodies_run_as_nothing_else():
    for name, (body, status) in BROKEN_BODIES.items():
        data = post(b"Accept: application/json\r\nTransfer-Encoding: chunked", body)
        head = len(data) - len(body)
        for cut in (head, *range(head + 1, len(data))):
            replies = statuses(talk(SERVER.ports["mcp"], data[:cut], data[cut:] + (b"" if "cut" in name else MARK)))
            check(replies == [status], f"{name} cut at {cut}: {replies} instead of {status}")


def test_good_requests_follow_one_another():
    for port, path in ((SERVER.ports["mcp"], b"/ready"), (SERVER.ports["health"], b"/health/live")):
        one = b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        with_body = b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"
        chunked = b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n"
        line = b"\r\n" + one  # an empty line before a request
        burst = one + with_body + chunked + line + one
        expected = [200] * 5
        check(statuses(talk(port, burst)) == expected, "in one piece")
        for cut in range(1, len(burst), 3):
            replies = statuses(talk(port, burst[:cut], burst[cut:]))
            check(replies == expected, f"cut at {cut}: {replies}")
        check(statuses(talk(port, *(burst[at:at + 1] for at in range(len(burst))))) == expected, "byte by byte")


def test_targets_and_slashes_are_alike_on_every_port():
    for target in (b"/health", b"/health/", b"http://localhost/health", b"http://127.0.0.1:1/health/?a=b", b"HTTPS://[::1]/health"):
        for name in ("mcp", "health"):
            data = b"GET " + target + b" HTTP/1.1\r\nHost: ignored.example\r\nConnection: close\r\n\r\n"
            if target.startswith(b"/"):
                data = data.replace(b"ignored.example", b"localhost")
            check(statuses(talk(SERVER.ports[name], data)) == [200], (name, target))
        check(statuses(talk(SERVER.ports["frames"], data)) == [426], target)
    for port in SERVER.ports.values():
        data = b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        check(statuses(talk(port, data)) == [403], "the host of the target counts")
    for path, status in ((b"/mcp/", 400), (b"/mcp", 400), (b"/mcp//", 404)):
        data = b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Accept: text/event-stream\r\nConnection: close\r\n\r\n"
        check(statuses(talk(SERVER.ports["mcp"], data)) == [status], path)


def test_head_has_no_body_anywhere():
    for name, port in SERVER.ports.items():
        for path in (b"/health", b"/nowhere", b"/mcp", b"/sse/", b"/register", b"http://localhost/health"):
            data = b"HEAD " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
            head, _, body = talk(port, data).partition(b"\r\n\r\n")
            check(head.startswith(b"HTTP/1.1 ") and body == b"", (name, path, body))
        broken = b"HEAD /health HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n"
        check(talk(port, broken).partition(b"\r\n\r\n")[2] == b"", name)
    head = talk(SERVER.ports["health"], b"HEAD /health/live HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    check(b"content-length: 18" in head.lower(), head)  # as GET would have it


def test_a_handshake_is_judged_by_the_rfc():
    port = SERVER.ports["frames"]
    line = {"version": b"Sec-WebSocket-Version: 13\r\n", "key": b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"}
    table = [(UPGRADE, 101), (UPGRADE.replace(b"GET / ", b"GET /mcp/?a=b "), 101),
             (UPGRADE.replace(b"GET / ", b"GET ws://localhost/ "), 101),
             (UPGRADE.replace(line["key"], b""), 400), (UPGRADE.replace(line["key"], line["key"] * 2), 400)]
    for key in (b"", b"short", b"dGhlIHNhbXBsZSBub25jZQ", b"dGhlIHNhbXBsZSBub25jZWE=", b"!!!!IHNhbXBsZSBub25jZQ=="):
        table.append((UPGRADE.replace(line["key"], b"Sec-WebSocket-Key: " + key + b"\r\n"), 400))
    for version in (b"", b"8", b"12", b"14", b"13, 8", b"x"):
        table.append((UPGRADE.replace(line["version"], b"Sec-WebSocket-Version: " + version + b"\r\n"), 426))
    table += [(UPGRADE.replace(line["version"], b""), 426), (UPGRADE.replace(b"Connection: Upgrade\r\n", b""), 400),
              (UPGRADE.replace(b"GET", b"POST"), 405), (UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
              (UPGRADE.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\nab"), 400)]
    for data, status in table:
        head = talk(port, data)
        check(int(head[9:12]) == status, (data, head[:60]))
        check(status != 426 or b"sec-websocket-version: 13" in head.lower(), head)


def masked(first, payload, mask=b"\1\2\3\4"):
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + len(payload).to_bytes(2, "big")
    return bytes([first]) + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def closed_with(data):
    """The code of the close frame that ends a stream of frames; None when there is none."""
    _, _, data = data.partition(b"\r\n\r\n")
    while len(data) >= 2:
        size, begin = data[1] & 127, 2
        if size == 126:
            size, begin = int.from_bytes(data[2:4], "big"), 4
        if data[0] & 15 == 8:
            return int.from_bytes(data[begin:begin + 2], "big") if size >= 2 else 0
        data = data[begin + size:]
    return None


HELLO = json.dumps({"op": "hello", "session_id": "s", "token": ""}).encode()


def test_bytes_that_come_with_the_handshake_are_kept():
    data = UPGRADE + masked(0x81, HELLO) + masked(0x88, b"")
    for cut in range(1, len(data)):
        answer = talk(SERVER.ports["frames"], data[:cut], data[cut:], end=False)
        check(b"hello_ack" in answer and closed_with(answer) == 0, f"cut at {cut}: {answer}")


def test_frames_that_break_the_rules_are_closed_with_their_code():
    text, end = b"\xe2\x82", b""
    table = {
        "half a character": (masked(0x81, text), 1007),
        "half a character and an empty last fragment": (masked(0x01, text) + masked(0x80, end), 1007),
        "a surrogate": (masked(0x81, b"\xed\xa0\x80"), 1007),
        "a reason that is not text": (masked(0x88, b"\x03\xe8\xff"), 1007),
        "half a code": (masked(0x88, b"\x03"), 1002),
        "a reserved bit": (masked(0xC1, b"a"), 1002),
        "a reserved kind": (masked(0x83, b"a"), 1002),
        "a frame without mask": (b"\x81\x01a", 1002),
        "a continuation of nothing": (masked(0x80, b"a"), 1002),
        "a message within another": (masked(0x01, b"a") + masked(0x81, b"b"), 1002),
        "a ping in pieces": (masked(0x09, b"a"), 1002),
        "a long ping": (masked(0x89, b"a" * 126), 1002),
        "a long way to write a length": (b"\x81\xfe\x00\x01\1\2\3\4`", 1002),
    }
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535):
        table[f"code {code}"] = (masked(0x88, code.to_bytes(2, "big")), 1002)
    for code in (1000, 1001, 1003, 1011, 1014, 3000, 4999):
        table[f"code {code}"] = (masked(0x88, code.to_bytes(2, "big")), code)
    for name, (data, code) in table.items():
        whole = UPGRADE + masked(0x81, HELLO) + data
        begin = len(whole) - len(data)
        for cut in (1, begin, *range(begin + 1, len(whole))):
            answer = talk(SERVER.ports["frames"], whole[:cut], whole[cut:], end=False)
            check(closed_with(answer) == code, f"{name} cut at {cut}: {closed_with(answer)} instead of {code}")


def test_a_ping_between_fragments_is_answered_and_the_message_whole():
    data = UPGRADE + masked(0x81, HELLO) + masked(0x01, b'{"op":') + masked(0x89, b"here") + masked(0x80, b'"ping"}') + masked(0x88, b"")
    answer = talk(SERVER.ports["frames"], data, end=False)
    check(b"\x8a\x04here" in answer and b"pong" in answer.partition(b"here")[2], answer)


def test_wrong_keys_do_not_lock_a_right_one_out():
    key = "k-" + base64.urlsafe_b64encode(os.urandom(24)).decode()
    server = Server(EXAI_API_KEYS=key, RATE_LIMIT_IP_CAPACITY="5", RATE_LIMIT_IP_REFILL_RATE="1")
    try:
        def ask(with_key):
            body = b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}}'
            return talk(server.ports["mcp"], post(b"Connection: close\r\nAuthorization: Bearer " + with_key.encode() +
                                                  b"\r\nContent-Length: " + str(len(body)).encode(), body))
        replies = [answers(ask(f"guess-{number}"))[0] for number in range(40)]
        check([status for status, _, _ in replies[:5]] == [401] * 5, replies[:5])
        slow = [head.lower() for status, head, _ in replies if status == 429]
        check(slow and all(b"retry-after: " in head for head in slow), len(slow))
        first = answers(ask(key))[0]
        check(first[0] == 200 and b'ratelimit: "address";r=' in first[1].lower(), first)
        check(statuses(ask(key))[:1] == [200], "a second one")
        with open(os.path.join(server.folder.name, "logs", log_name(server)), encoding="utf-8") as log:
            lines = [line for line in log if "access.refused" in line]
        check(1 <= len(lines) <= 20, lines)  # one a second at most
        check("guess-" not in "".join(lines), lines)
    finally:
        server.stop()


def log_name(server):
    """The log that says that somebody was refused."""
    folder = os.path.join(server.folder.name, "logs")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            if "access.refused" in file.read():
                return name
    raise AssertionError("no log says that a key was refused")


def main():
    global BINARY, SERVER
    BINARY = os.path.abspath(sys.argv[1])
    # The frames of exai_ws have limits on loopback too, which are not what is tested here.
    SERVER = Server(RATE_LIMIT_IP_CAPACITY="1000000", RATE_LIMIT_GLOBAL_CAPACITY="1000000")
    try:
        failed = run_tests(globals(), sys.argv[2:])
    finally:
        SERVER.stop()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
