"""A model that does what a test says, for agents of others: it speaks the four protocols that they ask a model in (Anthropic
Messages, OpenAI Responses, OpenAI Chat Completions, Gemini) and always wants the same tool called, a given number of times.
"""
import http.server
import json
import threading


def text_of(value):
    """Every string inside a JSON value, in order."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        value = list(value.values())
    return " ".join(filter(None, map(text_of, value))) if isinstance(value, list) else ""


class Anthropic:
    @staticmethod
    def tools(ask):
        return {one["name"]: one.get("input_schema") for one in ask.get("tools", [])}

    @staticmethod
    def results(ask):
        blocks = [block for message in ask["messages"] if isinstance(message["content"], list) for block in message["content"]]
        return [text_of(block.get("content")) for block in blocks if block.get("type") == "tool_result"]

    @staticmethod
    def answer(ask, tool, turn):
        block = {"type": "tool_use", "id": f"toolu_{turn}", "name": tool, "input": {}} if tool else {"type": "text", "text": ""}
        delta = {"type": "input_json_delta", "partial_json": "{}"} if tool else {"type": "text_delta", "text": "done"}
        message = {"id": f"msg_{turn}", "type": "message", "role": "assistant", "model": ask["model"], "content": [],
                   "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        reason = "tool_use" if tool else "end_turn"
        if not ask.get("stream"):
            return {**message, "content": [block if tool else {"type": "text", "text": "done"}], "stop_reason": reason}
        events = [{"type": "message_start", "message": message},
                  {"type": "content_block_start", "index": 0, "content_block": block},
                  {"type": "content_block_delta", "index": 0, "delta": delta},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 1}},
                  {"type": "message_stop"}]
        return [(event["type"], event) for event in events]


class Responses:
    """Tools stand alone, or in a namespace that is named beside them."""
    @staticmethod
    def tools(ask):
        found = {}
        for one in ask.get("tools", []):
            if one.get("type") == "namespace":
                found.update({(one["name"], inner["name"]): inner.get("parameters") for inner in one["tools"]})
            elif one.get("type") == "function":
                found[one["name"]] = one.get("parameters")
        return found

    @staticmethod
    def results(ask):
        return [text_of(item.get("output")) for item in ask["input"] if item.get("type") == "function_call_output"]

    @staticmethod
    def answer(ask, tool, turn):
        if tool:
            space, name = tool if isinstance(tool, tuple) else (None, tool)
            item = {"type": "function_call", "id": f"fc_{turn}", "call_id": f"call_{turn}", "name": name, "arguments": "{}",
                    "status": "completed", **({"namespace": space} if space else {})}
        else:
            item = {"type": "message", "id": f"msg_{turn}", "role": "assistant", "status": "completed",
                    "content": [{"type": "output_text", "text": "done", "annotations": []}]}
        response = {"id": f"resp_{turn}", "object": "response", "model": ask["model"], "status": "completed", "output": [item],
                    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}}
        events = [{"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
                  {"type": "response.output_item.added", "output_index": 0, "item": item},
                  {"type": "response.output_item.done", "output_index": 0, "item": item},
                  {"type": "response.completed", "response": response}]
        return [(event["type"], event) for event in events]


class ChatCompletions:
    @staticmethod
    def tools(ask):
        return {one["function"]["name"]: one["function"].get("parameters") for one in ask.get("tools") or []}

    @staticmethod
    def results(ask):
        return [text_of(message["content"]) for message in ask["messages"] if message["role"] == "tool"]

    @staticmethod
    def answer(ask, tool, turn):
        call = {"index": 0, "id": f"call_{turn}", "type": "function", "function": {"name": tool, "arguments": "{}"}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]} if tool else {"role": "assistant", "content": "done"}
        reason = "tool_calls" if tool else "stop"
        answer = {"id": f"chatcmpl-{turn}", "created": 1, "model": ask["model"]}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        if not ask.get("stream"):
            return {**answer, "object": "chat.completion", "usage": usage,
                    "choices": [{"index": 0, "message": message, "finish_reason": reason}]}
        answer["object"] = "chat.completion.chunk"
        return [(None, {**answer, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}),
                (None, {**answer, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}),
                (None, "[DONE]")]


class Gemini:
    @staticmethod
    def tools(ask):
        declared = [one for tool in ask.get("tools") or [] for one in tool.get("functionDeclarations", [])]
        return {one["name"]: one.get("parametersJsonSchema", one.get("parameters")) for one in declared}

    @staticmethod
    def results(ask):
        parts = [part for content in ask["contents"] for part in content.get("parts", [])]
        return [text_of(part["functionResponse"].get("response")) for part in parts if "functionResponse" in part]

    @staticmethod
    def answer(ask, tool, turn):
        part = {"functionCall": {"id": f"call_{turn}", "name": tool, "args": {}}} if tool else {"text": "done"}
        answer = {"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
                  "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}}
        return [(None, answer)] if ask["stream"] else answer


class ScriptedModel:
    """`run(tool, between)` begins a script: the tool whose name ends so is wanted as often as `between` has entries, and one
    time more; an entry is called when the result before it has come back. What the agent offered and sent is kept."""

    PROTOCOLS = {"/messages": Anthropic, "/responses": Responses, "/chat/completions": ChatCompletions,
                 ":generateContent": Gemini, ":streamGenerateContent": Gemini}

    def __init__(self):
        model = self
        self.lock = threading.Lock()
        self.begin("", [])

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                model.serve(self, self.path.split("?")[0], body)

            def do_GET(self):
                model.send(self, 200, {"object": "list", "data": [], "models": []})

            def do_HEAD(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self, tool, between):
        with self.lock:
            self.tool, self.between, self.offered, self.results, self.turn, self.paths = tool, list(between), {}, [], 0, []

    @staticmethod
    def send(handler, status, value):
        data = json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def serve(self, handler, path, body):
        with self.lock:
            self.paths.append(path)
            protocol = next((one for end, one in self.PROTOCOLS.items() if path.endswith(end)), None)
            if protocol is None:
                self.send(handler, 200 if path.endswith("count_tokens") else 404, {"input_tokens": 1, "totalTokens": 1})
                return
            ask = json.loads(body)
            if protocol is Gemini:
                ask["stream"] = "stream" in path
            answer = protocol.answer(ask, self.next(protocol.tools(ask), protocol, ask), self.turn)
        if isinstance(answer, dict):
            self.send(handler, 200, answer)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for name, data in answer:
            data = data if isinstance(data, str) else json.dumps(data)
            handler.wfile.write(((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode())
        handler.close_connection = True

    def next(self, tools, protocol, ask):
        """The tool to be called now. A question that offers no such tool (a title, a summary) is answered with a word."""
        self.turn += 1
        wanted = [name for name in tools if self.tool and (name if isinstance(name, str) else name[-1]).endswith(self.tool)]
        if not wanted:
            return None
        self.offered = tools
        results = protocol.results(ask)
        if len(results) > len(self.results):
            self.results = results
            if len(results) <= len(self.between):
                self.between[len(results) - 1]()
        return wanted[0] if len(results) <= len(self.between) else None
