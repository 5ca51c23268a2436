#!/usr/bin/env python3
"""Every tool over every transport, a workflow of the user's own, and memory that outlives the server.

Usage: toolbox_test.py EXAI SIMULATOR [TEST...]
"""
import base64
import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from deployment import Deployment  # noqa: E402
from mcp_peer import HttpPeer, ModernHttpPeer, Peer, SsePeer, StdioPeer, WsPeer, run_tests  # noqa: E402

EXAI, SIMULATOR = sys.argv[1], sys.argv[2]
# The provider gives an expert's answer to whoever asks for JSON, and echoes the rest.
SCRIPT = """
echo_history: true
rules:
  - match: {contains: find it in the web, nth: 1}
    reply: {tool_name: web_search, tool_arguments: '{"query": "exai"}'}
  - match: {contains: JSON}
    reply: {text: '{"analysis": "sound", "key_findings": ["one"], "recommendations": [], "confidence": "high", "needs_more_info": false, "additional_context": ""}'}
"""
TOOLS = """chat analyze debug codereview refactor secaudit planner tracer testgen consensus thinkdeep docgen version listmodels
self-check precommit challenge kimi_upload_files kimi_chat_with_files kimi_manage_files kimi_intent_analysis
kimi_capture_headers kimi_chat_with_tools glm_upload_file glm_web_search glm_payload_preview provider_capabilities
toolcall_log_tail activity health status""".split()
WORKFLOWS = "analyze codereview consensus debug docgen planner precommit refactor secaudit testgen thinkdeep tracer".split()


class ExaiWsPeer(Peer):
    """The frames of exai_ws, made to look like MCP's answers."""
    name = "exai_ws"

    def __init__(self, port, token):
        super().__init__()
        self.peer = WsPeer(port, "")
        self.peer.send({"op": "hello", "session_id": "s", "token": token})
        assert self.peer.receive()["ok"] is True

    def request(self, method, params=None, on_request=None, rpc_id=None):
        if method == "tools/list":
            self.peer.send({"op": "list_tools"})
            return {"result": {"tools": self.peer.receive()["tools"]}}
        self.next_id += 1
        self.peer.send({"op": "call_tool", "request_id": str(self.next_id), "name": params["name"],
                        "arguments": params["arguments"]})
        while True:
            frame = self.peer.receive()
            if frame["op"] == "call_tool_res" and frame["request_id"] == str(self.next_id):
                break
        if "error" in frame:
            return {"result": {"isError": True, "content": [{"type": "text", "text": json.dumps(frame["error"])}]}}
        return {"result": {"content": frame["outputs"]}}

    def close(self):
        self.peer.close()


def project_deployment(**settings):
    """A deployment with both providers, a project under git inside its workspace, and short retries."""
    made = Deployment(EXAI, SIMULATOR, SCRIPT, EXAI_WORKSPACE_ROOTS="project", TOOL_PROFILE="full", **settings)
    with open(os.path.join(made.root, ".env"), "r+", encoding="utf-8") as file:
        url = next(line.split("=", 1)[1].strip() for line in file if line.startswith("GLM_API_URL="))
        file.write(f"KIMI_API_URL={url}\nKIMI_API_KEY={made.key}\n")
    made.project = os.path.join(made.root, "project")
    os.mkdir(made.project)
    made.code = os.path.join(made.project, "code.py")
    with open(made.code, "w", encoding="utf-8") as file:
        file.write("def double(x):\n    return x + x\n")
    git = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b", "PATH": os.environ["PATH"]}
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "begin"]):
        subprocess.run(["git", *argv], cwd=made.project, env={**git, "HOME": made.root}, check=True)
    with open(made.code, "a", encoding="utf-8") as file:
        file.write("\n\ndef half(x):\n    return x / 2\n")
    return made


def step(made, **more):
    return {"step": "look at the code", "step_number": 1, "total_steps": 2, "next_step_required": True,
            "findings": "two functions without tests", "relevant_files": [made.code], **more}


def arguments(made, file_id):
    """What each tool is called with; a workflow's first step. File ids are those of an upload before."""
    calls = {name: step(made) for name in WORKFLOWS}
    for name in ("planner",):
        del calls[name]["findings"], calls[name]["relevant_files"]
    calls["precommit"]["path"] = made.project
    calls["tracer"].update(trace_mode="precision", target_description="what double does")
    calls["consensus"]["models"] = [{"model": "glm-4.6", "stance": "for"}, {"model": "kimi-k2-0905-preview", "stance": "against"}]
    calls["docgen"].update(document_complexity=True, document_flow=True, update_existing=True, comments_on_complex_logic=True,
                           num_files_documented=0, total_files_to_document=1)
    calls["secaudit"]["security_scope"] = "a library"
    message = [{"role": "user", "content": "hello"}]
    calls.update({
        "chat": {"prompt": "hello"}, "version": {}, "listmodels": {}, "self-check": {}, "challenge": {"prompt": "all tests pass"},
        "kimi_upload_files": {"files": [made.code]}, "kimi_chat_with_files": {"prompt": "what is it?", "file_ids": [file_id]},
        "kimi_manage_files": {"operation": "list"}, "kimi_intent_analysis": {"prompt": "find today's news"},
        "kimi_capture_headers": {"messages": message}, "kimi_chat_with_tools": {"messages": message},
        "glm_upload_file": {"file": made.code}, "glm_web_search": {"search_query": "mcp"}, "glm_payload_preview": {"prompt": "hello"},
        "provider_capabilities": {}, "toolcall_log_tail": {}, "activity": {}, "health": {}, "status": {}})
    return calls


def result_of(answer, what):
    assert "result" in answer, (what, answer)
    assert not answer["result"].get("isError"), (what, answer["result"]["content"][0]["text"][:600])
    return answer["result"]


def body_of(result):
    return json.loads(result["content"][0]["text"])


def peers(made):
    mcp = int(made.base.rsplit(":", 1)[1])
    websocket = int(made.exai_ws.rstrip("/").rsplit(":", 1)[1])
    for make in (lambda: HttpPeer(mcp), lambda: SsePeer(mcp),
                 lambda: WsPeer(websocket, f"Sec-WebSocket-Protocol: mcp\r\nAuthorization: Bearer {made.token}\r\n")):
        peer = make()
        peer.initialize()
        yield peer
        peer.close()
    yield ModernHttpPeer(mcp)
    peer = ExaiWsPeer(websocket, made.token)
    yield peer
    peer.close()
    peer = StdioPeer([made.exai, "serve", "--stdio"], made.env)
    peer.initialize()
    yield peer
    peer.close()


def test_every_tool_over_every_transport():
    with project_deployment() as made:
        made.serve()
        seen = 0
        for peer in peers(made):
            listed = sorted(tool["name"] for tool in result_of(peer.request("tools/list"), peer.name)["tools"])
            assert listed == sorted(TOOLS), (peer.name, set(TOOLS) ^ set(listed))
            uploaded = result_of(peer.call("kimi_upload_files", {"files": [made.code]}), peer.name)
            text = uploaded["content"][0]["text"]
            file_id = text.split('"file_id":')[1].split('"')[1]
            for tool, given in arguments(made, file_id).items():
                result = result_of(peer.call(tool, given), (peer.name, tool))
                assert result["content"][0]["text"], (peer.name, tool)
                if tool in WORKFLOWS and tool != "consensus":
                    answer = body_of(result)
                    assert answer["status"].startswith("pause_for_"), (peer.name, tool, answer["status"])
                    assert answer["next_call"]["tool"] == tool and answer["required_actions"], (peer.name, tool)
                    last = dict(given, step_number=2, next_step_required=False, continuation_id=answer["continuation_id"])
                    if tool == "docgen":
                        last["num_files_documented"] = 1
                    body = body_of(result_of(peer.call(tool, last), (peer.name, tool, "last")))
                    assert not body["status"].startswith("pause_for_"), (peer.name, tool, body["status"])
                    assert body["continuation_id"] == answer["continuation_id"]
            seen += 1
        assert seen == 6
        assert made.leaked() == []


def test_bad_input_is_told_over_every_transport():
    with project_deployment() as made:
        made.serve()
        for peer in peers(made):
            for tool, given in (("codereview", {"step": ""}), ("chat", {}), ("kimi_manage_files", {"operation": "explode"}),
                                ("debug", step(made, relevant_files=["/etc/passwd"], step_number=2, total_steps=2, next_step_required=False))):
                answer = peer.call(tool, given)
                result = answer.get("error") or answer["result"]
                assert "error" in answer or result["isError"], (peer.name, tool, answer)


OWN = """
name: haiku
title: Haiku
description: Writes a haiku about the code, one line a step.
fields:
  required: [findings]
  optional: [continuation_id, relevant_files, confidence, use_assistant_model]
status: {in_progress: haiku_in_progress, paused: pause_for_haiku, required: haiku_required, complete: haiku_complete,
         complete_block: complete_haiku}
counters: {block: haiku_status}
actions:
  - do: [Count the syllables, Read it aloud]
expert: {ask_from: {findings: 1}, question: Judge the haiku.}
next_steps: {pause: "Write line {next_step}.", expert: Mend it., skipped: Recite it., local: Enjoy it.}
"""


def test_a_workflow_of_the_users_own_is_seen_after_a_reload():
    with project_deployment() as made:
        folder = os.path.join(made.root, "flows")
        os.mkdir(folder)
        made.serve("--workflows", folder)
        peer = HttpPeer(int(made.base.rsplit(":", 1)[1]))
        peer.initialize()
        peer.listen()

        def names():
            return {tool["name"] for tool in result_of(peer.request("tools/list"), "list")["tools"]}
        assert "haiku" not in names()
        with open(os.path.join(folder, "haiku.yaml"), "w", encoding="utf-8") as file:
            file.write(OWN)
        assert "haiku.md" in made.run("validate", "workflows", folder, code=2).stdout
        made.server.child.send_signal(signal.SIGHUP)
        made.run("log", "errors", code=None)
        with open(os.path.join(folder, "haiku.md"), "w", encoding="utf-8") as file:
            file.write("You are a poet.\n")
        made.run("validate", "workflows", folder)
        made.server.child.send_signal(signal.SIGHUP)
        peer.wait_for("notifications/tools/list_changed")
        assert "haiku" in names()
        first = body_of(result_of(peer.call("haiku", {"step": "begin", "step_number": 1, "total_steps": 3, "next_step_required": True,
                                                      "findings": "old pond"}), "haiku"))
        assert first["status"] == "pause_for_haiku" and first["required_actions"] == ["Count the syllables", "Read it aloud"], first
        # A broken file keeps what was there, and says where it is broken.
        with open(os.path.join(folder, "haiku.yaml"), "a", encoding="utf-8") as file:
            file.write("colour: red\n")
        refused = made.run("validate", "workflows", folder, code=2).stdout
        assert "haiku.yaml:" in refused and "colour" in refused, refused
        made.server.child.send_signal(signal.SIGHUP)
        assert "haiku" in names()


def test_memory_outlives_the_server():
    with project_deployment() as made:
        made.serve()
        mcp = int(made.base.rsplit(":", 1)[1])
        peer = HttpPeer(mcp)
        peer.initialize()
        first = body_of(result_of(peer.call("chat", {"prompt": "my cat is called Moritz"}), "first"))
        begun = body_of(result_of(peer.call("debug", step(made, findings="the cat is missing")), "debug"))
        assert made.server.stop() == 0
        made.serve()
        peer = HttpPeer(mcp)
        peer.initialize()
        again = body_of(result_of(peer.call("chat", {"prompt": "what is it called?",
                                                     "continuation_id": first["continuation_offer"]["continuation_id"]}), "again"))
        assert "my cat is called Moritz" in again["content"], again
        ended = body_of(result_of(peer.call("debug", step(made, step_number=2, next_step_required=False, findings="it sleeps",
                                                          continuation_id=begun["continuation_id"])), "ended"))
        assert "the cat is missing" in json.dumps(ended), ended


def test_the_six_repairs_are_proven_by_checks():
    with project_deployment() as made:
        names = {f"fixes.{name}" for name in ("model_log", "prompt_size", "timeouts", "single_flight", "provider_health", "cache_limits")}
        away = made.json("check", "run", "@fixes", code=3)
        assert {r["id"] for r in away["results"]} == names and not any(r["status"] == "pass" for r in away["results"]), away
        made.serve()
        peer = HttpPeer(int(made.base.rsplit(":", 1)[1]))
        peer.initialize()
        result_of(peer.call("chat", {"prompt": "hello"}), "chat")
        # The line is in the file when the answer is: the log is written before.
        found = {r["id"]: r for r in made.json("check", "run", "@fixes")["results"]}
        assert set(found) == names and all(r["status"] == "pass" for r in found.values()), found


def test_a_cassette_plays_what_was_recorded_again_and_again():
    question = {"prompt": "what is recorded here?"}
    with project_deployment() as made:
        tape = os.path.join(made.root, "tape.yaml")
        made.serve("--record", tape)
        port = int(made.base.rsplit(":", 1)[1])
        peer = HttpPeer(port)
        peer.initialize()
        recorded = body_of(result_of(peer.call("chat", question), "recorded"))
        ended = step(made, total_steps=1, next_step_required=False)
        investigated = body_of(result_of(peer.call("debug", ended), "recorded debug"))
        assert made.server.stop() == 0
        with open(tape, encoding="utf-8") as file:
            assert made.key not in file.read()
        assert made.simulator.stop() == 0  # from here on there is no provider
        seen = set()
        for _ in range(5):
            made.serve("--replay", tape)
            peer = HttpPeer(port)
            peer.initialize()
            chat, debug = peer.call("chat", question), peer.call("debug", ended)
            assert body_of(result_of(chat, "chat"))["content"] == recorded["content"]
            assert body_of(result_of(debug, "debug"))["expert_analysis"] == investigated["expert_analysis"]
            seen.add(json.dumps([chat, debug], sort_keys=True))
            lost = peer.call("chat", {"prompt": "never recorded"})["result"]
            assert lost["isError"] and "tape.yaml" in lost["content"][0]["text"], lost
            assert made.server.stop() == 0
        assert len(seen) == 1, seen


class Outsider:
    """A server that is no model provider: a page of results for whoever asks, and a count of them."""

    def __init__(self):
        outsider, self.asked = self, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outsider.asked.append(self.path)
                body = b'<a class="result__a" href="https://example.org/d">one</a>'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Counting(http.server.ThreadingHTTPServer):
            def get_request(self):
                outsider.connections += 1
                return super().get_request()

        self.connections = 0
        self.server = Counting(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_while_a_cassette_plays_nobody_is_asked():
    outsider = Outsider()
    search = {"messages": "find it in the web", "use_websearch": True}
    with project_deployment(EXAI_DUCKDUCKGO_URL=f"{outsider.url}/html/") as made:
        tape = os.path.join(made.root, "tape.yaml")
        port = int(made.base.rsplit(":", 1)[1])

        def ask(tool, arguments):
            peer = HttpPeer(port)
            peer.initialize()
            return peer.call(tool, arguments)["result"]

        def opened():
            """Somebody comes with a token that only the issuer's keys could prove."""
            parts = ({"alg": "ES256", "typ": "at+jwt", "kid": "k1"}, {"iss": outsider.url, "sub": "s"}, {})
            token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
            connection.request("POST", "/mcp", "{}", {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
            status = connection.getresponse().status
            connection.close()
            assert status in (401, 503), status
            return outsider.connections

        made.serve("--record", tape)
        body_of(ask("kimi_chat_with_tools", search))
        assert outsider.connections == 1 and outsider.asked == ["/html/?q=exai"], outsider.asked
        assert made.server.stop() == 0
        made.serve("--replay", tape)
        refused = body_of(ask("kimi_chat_with_tools", search))
        assert f"a cassette plays: {outsider.url[7:]} is not asked" in refused["error"], refused
        doctor = body_of(ask("status", {"doctor": True}))["doctor"]["probes"]["listmodels"]
        assert doctor and all("a cassette plays" in said for said in doctor.values()), doctor
        assert made.server.stop() == 0
        with open(os.path.join(made.root, ".env"), "a", encoding="utf-8") as file:
            file.write(f"EXAI_OAUTH_ISSUER={outsider.url}\nEXAI_OAUTH_RESOURCE={made.mcp}\n")
        made.serve("--replay", tape)
        assert opened() == 1, outsider.asked
        assert made.server.stop() == 0
        made.serve()
        assert opened() > 1  # who plays nothing asks
        assert made.server.stop() == 0


if __name__ == "__main__":
    sys.exit(run_tests(globals(), sys.argv[3:]))
