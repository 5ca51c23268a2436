// sdk1.mjs TRANSPORT TARGET...: the TypeScript SDK 1.x client against a server of ours. Prints one JSON object.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { CreateMessageRequestSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket;
const [kind, ...target] = process.argv.slice(2);
const transport = {
  http: () => new StreamableHTTPClientTransport(new URL(target[0])),
  sse: () => new SSEClientTransport(new URL(target[0])),
  ws: () => new WebSocketClientTransport(new URL(target[0])),
  stdio: () => new StdioClientTransport({ command: target[0], args: target.slice(1), stderr: 'ignore' }),
}[kind]();

const client = new Client({ name: 'sdk1', version: '1' }, { capabilities: { sampling: {}, elicitation: {} } });
client.setRequestHandler(CreateMessageRequestSchema, async () => ({
  role: 'assistant', model: 'm', content: { type: 'text', text: 'forty-two' },
}));
client.setRequestHandler(ElicitRequestSchema, async () => ({
  action: 'accept', content: { username: 'ada', email: 'ada@example.org' },
}));
await client.connect(transport);
let progress = 0;
const out = {
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  simple: (await client.callTool({ name: 'test_simple_text', arguments: {} })).content[0].text,
  sampled: (await client.callTool({ name: 'test_sampling', arguments: { prompt: '?' } })).content[0].text,
  asked: (await client.callTool({ name: 'test_elicitation', arguments: { message: '?' } })).content[0].text,
  prompts: (await client.listPrompts()).prompts.length,
  prompt: (await client.getPrompt({ name: 'continue', arguments: { continuation_id: 'c' } })).messages.length,
  resources: (await client.listResources()).resources.length,
  read: (await client.readResource({ uri: 'test://static-text' })).contents[0].text,
};
await client.callTool({ name: 'test_tool_with_progress', arguments: {} }, undefined, { onprogress: () => { progress += 1; } });
out.progress = progress;
const stop = new AbortController();
const slow = client.callTool({ name: 'slow_compute', arguments: { seconds: 60 } }, undefined, { signal: stop.signal });
setTimeout(() => stop.abort(), 200);
out.cancelled = await slow.then(() => false, () => true);
if (kind === 'http') await transport.terminateSession();
await client.close();
console.log(JSON.stringify(out));
process.exit(0);
