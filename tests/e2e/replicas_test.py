#!/usr/bin/env python3
"""Three servers behind nginx share their memory through PostgreSQL.

Usage: replicas_test.py EXAI SIMULATOR

Conversations go on at whichever server nginx chooses. One server is killed while they do, then the database stops and comes
back: what was answered is there, in order and once, and the health of the servers says which of the two has happened.
"""
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from deployment import Deployment, Process, free_ports
from mcp_peer import MODERN, meta
from postgres_server import PostgresServer

EXAI, SIMULATOR = (os.path.abspath(name) for name in sys.argv[1:3])
CLIENTS, PATIENCE = 6, 30

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream exai {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://exai; proxy_http_version 1.1; proxy_set_header Host $host; proxy_buffering off; }}
  }}
}}
"""


def check(holds, what):
    if not holds:
        raise AssertionError(what)


class Nginx:
    def __init__(self, ports):
        self.folder = tempfile.mkdtemp(prefix="exai-nginx-")
        self.port = free_ports(1)[0]
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=60s;" for port in ports)
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=self.folder, servers=servers, port=self.port, user="user root;" if os.geteuid() == 0 else ""))
        self.server = Process(["nginx", "-p", self.folder, "-c", path])
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=5).connect()
                return
            except OSError:
                check(time.monotonic() < deadline and self.server.child.poll() is None, "nginx does not listen")

    def close(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def call(port, tool, arguments):
    """One stateless call; the tool's answer, or None when there was none."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": meta()}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MODERN,
               "Mcp-Method": "tools/call", "Mcp-Name": tool}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", "/mcp", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            return None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    lines = [line[5:] for line in text.splitlines() if line.startswith("data:")] or [text]
    result = json.loads(lines[-1]).get("result")
    check(result is not None, text)
    return result


class Talk(threading.Thread):
    """A client with a conversation of its own: it goes on until it is told to end, and remembers what was answered."""

    def __init__(self, port, name):
        super().__init__()
        self.port, self.name_of, self.thread = port, name, None
        self.answered, self.tried, self.failed, self.trouble = [], 0, 0, None
        self.ending = threading.Event()

    def turn(self):
        self.tried += 1
        prompt = f"{self.name_of} says {self.tried}"
        arguments = {"prompt": prompt, "model": "glm-4.5-flash"}
        if self.thread:
            arguments["continuation_id"] = self.thread
        result = call(self.port, "chat", arguments)
        if result is None:
            self.failed += 1
            return
        check(not result.get("isError"), result)
        self.thread = self.thread or result["structuredContent"]["continuation_offer"]["continuation_id"]
        self.answered.append(prompt)

    def run(self):
        try:
            while not self.ending.is_set() and self.tried < 15:
                self.turn()
        except Exception as error:  # pylint: disable=broad-except # told by the main thread
            self.trouble = error


def port_of(deployment):
    return int(deployment.mcp.split(":")[2].split("/")[0])


def health(deployment):
    try:
        with urllib.request.urlopen(deployment.health, timeout=PATIENCE) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def wait_for_health(deployment, status):
    """A report is a second old at most."""
    deadline = time.monotonic() + PATIENCE
    while (found := health(deployment))["components"]["storage"]["status"] != status:
        check(time.monotonic() < deadline, found)
    return found


def expect_kept(database, talk):
    """Each prompt that was answered stands once, in its order, with its answer behind it."""
    rows = database.rows(f"SELECT role, replace(content, E'\\n', ' ') FROM exai.turns WHERE conversation = '{talk.thread}' ORDER BY position")
    prompts = [content for role, content in rows if role == "user"]
    kept = [prompt for prompt in prompts if prompt in talk.answered]
    check(kept == talk.answered, f"answered {talk.answered}, kept {prompts}")
    check(len(prompts) <= len(talk.answered) + talk.failed and len(prompts) == len(set(prompts)), f"doubled: {prompts}")
    check([role for role, _ in rows] == ["user", "assistant"] * len(prompts), rows)


def test_one_is_killed_under_load(database, replicas, nginx):
    talks = [Talk(nginx.port, f"client {number}") for number in range(CLIENTS)]
    for talk in talks:
        talk.start()
    while sum(len(talk.answered) for talk in talks) < 3 * CLIENTS:
        check(all(talk.is_alive() for talk in talks), [talk.trouble for talk in talks])
    replicas[0].server.child.kill()
    replicas[0].server.child.wait()
    for talk in talks:
        talk.join()
    check(not any(talk.trouble for talk in talks), [talk.trouble for talk in talks])
    for talk in talks:
        talk.turn()
        expect_kept(database, talk)


def test_the_database_goes_and_comes_back(database, replicas):
    check(wait_for_health(replicas[1], "healthy")["components"]["storage"]["type"] == "postgresql", "postgresql")
    database.stop()
    fresh = Talk(port_of(replicas[1]), "fresh")
    fresh.turn()
    fresh.turn()
    check(len(fresh.answered) == 2, "a server alone answers")
    found = wait_for_health(replicas[1], "degraded")
    check(found["status"] == "degraded", found)
    database.start()
    wait_for_health(replicas[1], "healthy")
    deadline = time.monotonic() + PATIENCE
    while len(database.rows(f"SELECT 1 FROM exai.turns WHERE conversation = '{fresh.thread}'")) < 4:
        check(time.monotonic() < deadline, "what was answered meanwhile did not come to the database")
    fresh.port = port_of(replicas[2])
    fresh.turn()
    check(len(fresh.answered) == 3, "another server goes on with it")
    expect_kept(database, fresh)


def main():
    with PostgresServer() as database:
        replicas = []
        try:
            for _ in range(3):
                replicas.append(Deployment(EXAI, SIMULATOR, EXAI_STORE_URL=database.url))
                replicas[-1].serve()
            nginx = Nginx([port_of(replica) for replica in replicas])
            try:
                test_one_is_killed_under_load(database, replicas, nginx)
                test_the_database_goes_and_comes_back(database, replicas)
            finally:
                nginx.close()
            status = subprocess.run([EXAI, "db", "verify"], env=replicas[1].env, cwd=replicas[1].root, capture_output=True, text=True, check=False)
            check(status.returncode == 0, status.stdout + status.stderr)
        finally:
            for replica in replicas:
                replica.close()
    print("replicas: nothing answered was lost")


if __name__ == "__main__":
    main()
