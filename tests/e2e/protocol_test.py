#!/usr/bin/env python3
"""protocol_test.py EXAI_CONFORMANCE: what the official suite does not ask for, over every transport and both eras."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcp_peer import (CLAIM, ConformanceServer, HttpPeer, HttpStream, ModernHttpPeer, SsePeer, StdioPeer, WsPeer,
                      http_request, meta, run_tests, until)

SERVER = None
BINARY = None


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def session_peers():
    """One client of each transport that has sessions."""
    http, ws = SERVER.ports["mcp"], SERVER.ports["daemon"]
    return [HttpPeer(http), SsePeer(http), WsPeer(ws), StdioPeer([BINARY, "--stdio"])]


def each_session(test):
    def run():
        for peer in session_peers():
            try:
                test(peer)
            except AssertionError as error:
                raise AssertionError(f"{peer.name}: {error}") from error
            finally:
                peer.close()
    run.__name__ = test.__name__
    return run


@each_session
def test_every_revision_is_served(peer):
    """initialize echoes each session revision, and answers the newest to anything else."""
    for asked in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"):
        check(peer.initialize(asked)["protocolVersion"] == asked, asked)
    check(peer.initialize("2199-01-01")["protocolVersion"] == "2025-11-25", "an unknown revision")


@each_session
def test_lists_reads_and_calls(peer):
    peer.initialize()
    names = [tool["name"] for tool in peer.request("tools/list")["result"]["tools"]]
    check("chat" in names and "test_simple_text" in names and names == sorted(names), names)
    check(peer.call("test_simple_text")["result"]["content"][0]["type"] == "text", "a tool")
    read = peer.request("resources/read", {"uri": "test://static-text"})["result"]["contents"][0]
    check(read["text"].startswith("This is the content"), read)
    check(peer.request("resources/read", {"uri": "exai://nothing"})["error"]["code"] == -32002, "unknown resource")
    prompt = peer.request("prompts/get", {"name": "debug", "arguments": {"step": "hello"}})["result"]
    check("hello" in prompt["messages"][0]["content"]["text"], prompt)
    done = peer.request("completion/complete", {"ref": {"type": "ref/prompt", "name": "test_prompt_with_arguments"},
                                                "argument": {"name": "arg1", "value": "test"}})["result"]["completion"]
    check(done["values"] == ["testValue1", "testValue2"], done)
    check(peer.request("prompts/list")["result"]["prompts"], "prompts")
    check(peer.request("resources/templates/list")["result"]["resourceTemplates"], "templates")


@each_session
def test_ids_come_back_as_they_came(peer):
    peer.initialize()
    for rpc_id in (0, "a \"quoted\" one", -7, 9007199254740993):
        check(peer.request("ping", rpc_id=rpc_id)["result"] == {}, rpc_id)


@each_session
def test_broken_messages_are_answered(peer):
    peer.initialize()
    for text, code in (("{", -32700), ("5", -32600), ('{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600)):
        peer.raw(text)
        message = peer.receive()
        check(message["error"]["code"] == code and "id" not in message, message)
    check(peer.request("no/such")["error"]["code"] == -32601, "unknown method")
    check(peer.request("tools/list", {"cursor": "bogus"})["error"]["code"] == -32602, "cursor")
    check(peer.request("logging/setLevel", {"level": "loud"})["error"]["code"] == -32602, "level")


@each_session
def test_progress_only_with_a_token(peer):
    peer.initialize()
    peer.call("test_tool_with_progress")
    check(not [m for m in peer.received if m.get("method") == "notifications/progress"], peer.received)
    peer.call("test_tool_with_progress", _meta={"progressToken": "p-1"})
    steps = [m["params"] for m in peer.received if m.get("method") == "notifications/progress"]
    check([s["progress"] for s in steps] == [0, 50, 100] and steps[0]["progressToken"] == "p-1", steps)


@each_session
def test_log_levels_filter(peer):
    peer.initialize()
    for level, expected in (("debug", 1), ("info", 1), ("warning", 0), ("emergency", 0)):
        check(peer.request("logging/setLevel", {"level": level})["result"] == {}, level)
        peer.received.clear()
        peer.call("test_logging_tool")
        lines = [m for m in peer.received if m.get("method") == "notifications/message"]
        check(len(lines) == expected, (level, lines))


@each_session
def test_client_is_asked_and_may_refuse(peer):
    peer.initialize(capabilities={"sampling": {}, "elicitation": {}, "roots": {}})
    asked = []

    def answer(method, params):
        asked.append(method)
        if method == "sampling/createMessage":
            return {"result": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "forty-two"}}}
        return {"result": {"action": "accept", "content": {"username": "u", "email": "e"}}}
    result = peer.call("test_sampling", {"prompt": "?"}, answer)["result"]
    check(result["content"][0]["text"] == "LLM response: forty-two", result)
    result = peer.call("test_elicitation", {"message": "?"}, answer)["result"]
    check("accept" in result["content"][0]["text"] and asked[-1] == "elicitation/create", result)
    refused = peer.call("test_sampling", {"prompt": "?"},
                        lambda method, params: {"error": {"code": -1, "message": "the user said no"}})["result"]
    check(refused["isError"] and "the user said no" in refused["content"][0]["text"], refused)


@each_session
def test_undeclared_capability_is_a_readable_failure(peer):
    peer.initialize()
    result = peer.call("test_sampling", {"prompt": "?"})["result"]
    check(result["isError"] and "did not declare" in result["content"][0]["text"], result)


@each_session
def test_cancelling_stops_the_call(peer):
    peer.initialize()
    rpc_id = peer.post("tools/call", {"name": "slow_compute", "arguments": {"seconds": 60}})
    check(until(lambda: running(peer) == 1), "the call runs")
    peer.notify("notifications/cancelled", {"requestId": rpc_id, "reason": "enough"})
    check(until(lambda: running(peer) == 0), "the call has left its thread")
    check(peer.request("ping")["result"] == {}, "the session lives on")


def running(peer):
    """Calls in flight, as the server that the peer speaks to counts them."""
    if peer.name == "stdio":
        lines = json.loads(peer.call("health")["result"]["content"][0]["text"])["metrics_tail"]
        row = next(line for line in lines if line.startswith("in flight global"))
        return int(row.split()[3]) - 1  # without the asking call itself
    status = json.loads(http_request(SERVER.ports["mcp"], "GET", "/status")[2])
    return next(row["in_use"] for row in status["permits"] if row["name"] == "global")


@each_session
def test_resource_updates_reach_subscribers(peer):
    peer.initialize()
    if peer.name == "http":
        peer.listen()
    uri = "test://watched-resource"
    check(peer.request("resources/subscribe", {"uri": uri})["result"] == {}, "subscribe")
    check(peer.request("resources/subscribe", {"uri": "exai://nothing"})["error"]["code"] == -32002, "unknown")
    peer.call("test_trigger_resource_update")
    check(peer.wait_for("notifications/resources/updated")["params"]["uri"] == uri, "the update")
    check(peer.request("resources/unsubscribe", {"uri": uri})["result"] == {}, "unsubscribe")
    peer.call("test_trigger_resource_update")
    peer.call("test_trigger_tool_change")
    peer.wait_for("notifications/tools/list_changed")
    check(not [m for m in peer.received if m.get("method") == "notifications/resources/updated"], "none after that")


@each_session
def test_batches_belong_to_one_revision(peer):
    batch = [{"jsonrpc": "2.0", "id": 71, "method": "ping"}, {"jsonrpc": "2.0", "method": "notifications/x"},
             {"jsonrpc": "2.0", "id": 72, "method": "tools/call", "params": {"name": "test_image_content"}}, 5]
    peer.initialize("2025-11-25")
    peer.raw(json.dumps(batch))
    check(peer.receive()["error"]["code"] == -32600, "2025-11-25 has none")
    peer.initialize("2025-03-26")
    peer.raw(json.dumps(batch))
    answers = peer.receive()
    check(isinstance(answers, list) and len(answers) == 3, answers)
    check({a.get("id") for a in answers} == {71, 72, None}, answers)


@each_session
def test_old_clients_get_only_content_they_know(peer):
    peer.initialize("2024-11-05")
    result = peer.call("test_audio_content")["result"]["content"][0]
    check(result["type"] == "text", result)
    peer.initialize("2025-03-26")
    check(peer.call("test_audio_content")["result"]["content"][0]["type"] == "audio", "audio since 2025-03-26")


@each_session
def test_bad_arguments_are_told_to_the_model(peer):
    peer.initialize("2025-11-25")
    result = peer.call("greet", {"name": 5})["result"]
    check(result["isError"] and "/name: expected string" in result["content"][0]["text"], result)
    peer.initialize("2025-06-18")
    check(peer.call("greet", {"name": 5})["error"]["code"] == -32602, "an error before 2025-11-25")


def test_both_eras_on_one_pipe():
    for peer in (WsPeer(SERVER.ports["daemon"]), StdioPeer([BINARY, "--stdio"])):
        found = peer.request("server/discover", {"_meta": meta()})["result"]
        check("2026-07-28" in found["supportedVersions"] and found["resultType"] == "complete", found)
        peer.initialize()
        check("resultType" not in peer.call("test_simple_text")["result"], "a session's result")
        result = peer.call("test_simple_text", _meta=meta())["result"]
        check(result["resultType"] == "complete", result)
        listen = peer.post("subscriptions/listen", {"_meta": meta(), "notifications": {"toolsListChanged": True}})
        tagged = peer.wait_for("notifications/subscriptions/acknowledged")["params"]["_meta"]
        check(tagged[CLAIM + "subscriptionId"] == listen, tagged)
        peer.call("test_trigger_tool_change", _meta=meta())
        while True:
            received = peer.wait_for("notifications/tools/list_changed")
            if "_meta" in received.get("params", {}):
                break
        peer.notify("notifications/cancelled", {"requestId": listen})
        peer.received.clear()
        peer.call("test_trigger_prompt_change", _meta=meta())
        peer.close()


def test_statuses_over_http():
    port = SERVER.ports["mcp"]
    ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    both = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}

    def status(method, headers, body=None, path="/mcp"):
        return http_request(port, method, path, headers, body)[0]
    check(status("POST", {**both, "Content-Type": "text/plain"}, ping) == 415, "415")
    check(status("POST", {**both, "Accept": "text/html"}, ping) == 406, "406")
    check(status("POST", both, ping) == 400, "a session is needed")
    check(status("POST", {**both, "Mcp-Session-Id": "dead"}, ping) == 404, "a dead session")
    check(status("PUT", both, ping) == 405, "405")
    check(status("GET", {"Accept": "text/event-stream"}) == 400, "GET without a session")
    check(status("GET", {"Accept": "application/json", "Mcp-Session-Id": "x"}) == 406, "GET takes streams")
    modern = {**both, "MCP-Protocol-Version": "2026-07-28"}
    for method in ("GET", "DELETE"):
        code, headers, _ = http_request(port, method, "/mcp", {**modern, "Mcp-Session-Id": "x"})
        check(code == 405 and headers["allow"] == "POST", (method, code))
    check(status("POST", {**both, "Origin": "http://evil.example"}, ping) == 403, "a foreign Origin alone")
    check(status("POST", {**both, "Origin": "null"}, ping) == 403, "Origin null")
    check(status("POST", {**both, "Host": "evil.example"}, ping) == 403, "a foreign Host alone")
    check(status("POST", both, "[") == 400 and status("POST", both, "[]") == 400, "no batch without its session")
    check(status("POST", {**modern, "Mcp-Method": "x"}, '{"jsonrpc":"2.0","method":"notifications/x"}') == 202, "dropped")
    check(status("POST", modern, '{"jsonrpc":"2.0","id":1,"result":{}}') == 400, "nothing to answer")
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server/mcp",
                 "/.well-known/openid-configuration"):
        check(status("GET", {}, path=path) == 404, path)
    check(status("POST", both, ping, "/sse") == 405, "POST /sse sends old clients to GET")
    check(status("POST", both, ping, "/messages?sessionId=none") == 404, "no such stream")


def test_stateless_requests_mint_no_session():
    peer = ModernHttpPeer(SERVER.ports["mcp"])
    check(peer.request("tools/list")["result"]["cacheScope"] == "public", "a list")
    check("mcp-session-id" not in peer.last.headers, peer.last.headers)
    check(peer.request("no/such")["error"]["code"] == -32601 and peer.last.status == 404, "404")


def test_leaving_cancels_a_stateless_call():
    peer = ModernHttpPeer(SERVER.ports["mcp"])
    peer.post("tools/call", {"name": "slow_compute", "arguments": {"seconds": 60}})
    check(until(lambda: running(peer) == 1), "the call runs")
    peer.last.drop()
    check(until(lambda: running(peer) == 0), "the call was cancelled")


def test_leaving_does_not_cancel_a_sessions_call():
    """The client vanishes in the middle of a stream and comes back for the rest."""
    peer = HttpPeer(SERVER.ports["mcp"])
    peer.initialize()
    rpc_id = peer.post("tools/call", {"name": "slow_compute", "arguments": {"seconds": 1, "label": "kept"},
                                      "_meta": {"progressToken": 1}})
    # Nothing has come yet; what starts a stream here is the tool that lets go of its connection.
    stream = HttpStream(peer.port, "POST", "/mcp", peer.headers(), json.dumps(
        {"jsonrpc": "2.0", "id": 900, "method": "tools/call",
         "params": {"name": "test_tool_with_progress", "_meta": {"progressToken": "t"}}}), peer.inbox.put)
    check(until(lambda: stream.events), "the stream has begun")
    last = stream.events[0]["id"]
    stream.drop()
    resumed = peer.listen(Last_Event_ID=last)
    answer = peer.answer(900)
    check("result" in answer, answer)
    check(resumed.over.wait(10), "the stream ends with its answer")
    ids = [event["id"] for event in resumed.events]
    check(len(set(ids)) == len(ids) and all(i.split("-")[0] == last.split("-")[0] for i in ids), ids)
    check(peer.answer(rpc_id)["result"]["content"][0]["text"] == "computed kept", "the other call")


def test_the_priming_event_is_for_those_who_know_it():
    for version, primed in (("2025-11-25", True), ("2025-06-18", False)):
        peer = HttpPeer(SERVER.ports["mcp"])
        peer.initialize(version)
        peer.call("test_tool_with_progress", _meta={"progressToken": 1})
        first = peer.last.events[0]
        check((first["data"] == "" and first["retry"] is not None) == primed, (version, first))
        check(all(event["id"] for event in peer.last.events), peer.last.events)


def test_a_session_ends():
    peer = HttpPeer(SERVER.ports["mcp"])
    peer.initialize()
    stream = peer.listen()
    rpc_id = peer.post("tools/call", {"name": "slow_compute", "arguments": {"seconds": 60}})
    check(until(lambda: running(peer) == 1), "the call runs")
    check(peer.end().opened.wait(10), "DELETE is answered")
    check(stream.over.wait(10), "its stream ends")
    check(until(lambda: running(peer) == 0), "its calls end")
    peer.post("ping")
    check(peer.receive()["error"] and peer.last.status == 404, "404 afterwards")
    check(rpc_id, "")


def test_one_stream_a_session():
    peer = HttpPeer(SERVER.ports["mcp"])
    peer.initialize()
    first, second = peer.listen(), peer.listen()
    check(first.over.wait(10), "the first gives way")
    peer.call("test_trigger_tool_change")
    peer.wait_for("notifications/tools/list_changed")
    check(not second.over.is_set(), "the second stays")


def test_rounds_are_sealed():
    peer = ModernHttpPeer(SERVER.ports["mcp"], {"elicitation": {}})
    tool = "test_input_required_result_request_state"
    first = peer.call(tool)["result"]
    check(first["resultType"] == "input_required" and first["inputRequests"]["confirm"], first)
    check("ttlMs" not in first, "no caching hints on a question")
    yes = {"confirm": {"action": "accept", "content": {"ok": True}}}
    state = first["requestState"]
    done = peer.call(tool, inputResponses=yes, requestState=state)["result"]
    check(done["content"][0]["text"] == "state-ok", done)
    other = peer.call(tool, {"more": 1}, inputResponses=yes, requestState=state)
    check(other["error"]["code"] == -32602 and "another request" in other["error"]["message"], other)
    check(peer.call(tool, inputResponses=yes, requestState=state[:-4] + "AAAA")["error"]["code"] == -32602, "forged")
    wordless = ModernHttpPeer(SERVER.ports["mcp"])
    refused = wordless.call(tool)
    check(refused["error"]["code"] == -32021 and wordless.last.status == 400, refused)
    check("form" in refused["error"]["data"]["requiredCapabilities"]["elicitation"], refused)


def test_listen_hears_what_it_asked_for_and_ends_in_order():
    server = ConformanceServer(BINARY)
    try:
        peer = ModernHttpPeer(server.ports["mcp"])
        listen = peer.post("subscriptions/listen", {"notifications": {"promptsListChanged": True,
                                                                      "resourceSubscriptions": ["test://watched-resource"]}},
                           rpc_id="L1")
        acknowledged = peer.wait_for("notifications/subscriptions/acknowledged")["params"]
        check(acknowledged["notifications"]["resourceSubscriptions"] == ["test://watched-resource"], acknowledged)
        check(acknowledged["_meta"][CLAIM + "subscriptionId"] == "L1", acknowledged)
        other = ModernHttpPeer(server.ports["mcp"])
        other.call("test_trigger_tool_change")
        other.call("test_trigger_resource_update")
        other.call("test_trigger_prompt_change")
        received = [peer.receive(), peer.receive()]
        check([m["method"] for m in received] == ["notifications/resources/updated", "notifications/prompts/list_changed"],
              received)
        check(all(m["params"]["_meta"][CLAIM + "subscriptionId"] == "L1" for m in received), received)
        server.child.terminate()
        end = peer.answer(listen)["result"]
        check(end["resultType"] == "complete" and end["_meta"][CLAIM + "subscriptionId"] == "L1", end)
        check(server.child.wait(10) == 0, "the server stops in order")
    finally:
        server.child.kill()


def test_streams_are_freed_when_clients_vanish():
    peers = [ModernHttpPeer(SERVER.ports["mcp"]) for _ in range(20)]
    for peer in peers:
        peer.post("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        peer.wait_for("notifications/subscriptions/acknowledged")
    streams = lambda: json.loads(http_request(SERVER.ports["mcp"], "GET", "/status")[2])["streams"]
    check(streams() >= 20, streams())
    for peer in peers:
        peer.last.drop()
    check(until(lambda: streams() == 0), streams())


def test_tasks_report_and_end():
    tasks = {"extensions": {"io.modelcontextprotocol/tasks": {}}, "elicitation": {}}
    peer = ModernHttpPeer(SERVER.ports["mcp"], tasks)
    created = peer.call("confirm_delete", {"filename": "a.txt"})["result"]
    check(created["resultType"] == "task" and created["status"] == "working", created)
    task = created["taskId"]
    ears = ModernHttpPeer(SERVER.ports["mcp"], tasks)
    ears.post("subscriptions/listen", {"notifications": {"taskIds": [task]}})
    ears.wait_for("notifications/subscriptions/acknowledged")
    check(until(lambda: peer.request("tasks/get", {"taskId": task})["result"]["status"] == "input_required"), "asks")
    peer.request("tasks/update", {"taskId": task, "inputResponses": {
        "confirm": {"action": "accept", "content": {"confirm": True}}}})
    while ears.wait_for("notifications/tasks")["params"]["status"] != "completed":
        pass
    done = peer.request("tasks/get", {"taskId": task})["result"]
    check(done["result"]["content"][0]["text"] == "deleted a.txt", done)
    slow = peer.call("slow_compute", {"seconds": 60})["result"]["taskId"]
    peer.request("tasks/cancel", {"taskId": slow})
    check(peer.request("tasks/get", {"taskId": slow})["result"]["status"] == "cancelled", "cancelled")
    check(until(lambda: running(peer) == 0), "its call has ended")
    plain = ModernHttpPeer(SERVER.ports["mcp"])
    check(plain.request("tasks/get", {"taskId": slow})["error"]["code"] == -32021, "needs the extension")


def test_the_websocket_says_its_subprotocol():
    peer = WsPeer(SERVER.ports["daemon"])
    check("sec-websocket-protocol: mcp" in peer.head.lower(), peer.head)
    check("permessage-deflate" not in peer.head.lower(), peer.head)
    peer.close()
    foreign = WsPeer(SERVER.ports["daemon"], "Sec-WebSocket-Protocol: mcp\r\nOrigin: http://evil.example\r\n")
    check(" 403 " in foreign.head.split("\r\n")[0], foreign.head)


def test_stdio_ends_with_its_input():
    peer = StdioPeer([BINARY, "--stdio"])
    peer.initialize()
    check(peer.close() == 0, "exit code")


def main():
    global SERVER, BINARY
    BINARY = os.path.abspath(sys.argv[1])
    SERVER = ConformanceServer(BINARY)
    try:
        failed = run_tests(globals(), sys.argv[2:])
        if SERVER.child.poll() is not None:
            failed += 1
            print(f"FAIL the server ended with {SERVER.child.returncode}")
    finally:
        SERVER.child.terminate()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
