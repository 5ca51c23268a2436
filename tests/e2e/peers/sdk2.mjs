// sdk2.mjs TRANSPORT MODE TARGET...: the TypeScript SDK 2.x client; MODE is legacy, auto or pin. Prints one JSON object.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [kind, mode, ...target] = process.argv.slice(2);
const transport = kind === 'http'
  ? new StreamableHTTPClientTransport(new URL(target[0]))
  : new StdioClientTransport({ command: target[0], args: target.slice(1), stderr: 'ignore' });
const client = new Client(
  { name: 'sdk2', version: '1' },
  {
    capabilities: { sampling: {}, elicitation: {} },
    versionNegotiation: { mode: mode === 'pin' ? { pin: '2026-07-28' } : mode },
  },
);
client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { name: 'Ada', ok: true } }));
client.setRequestHandler('sampling/createMessage', async () => ({
  role: 'assistant', model: 'm', content: { type: 'text', text: 'forty-two' },
}));
await client.connect(transport);
const out = {
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  simple: (await client.callTool({ name: 'test_simple_text', arguments: {} })).content[0].text,
  named: (await client.callTool({ name: 'test_input_required_result_elicitation', arguments: {} })).content[0].text,
  state: (await client.callTool({ name: 'test_input_required_result_request_state', arguments: {} })).content[0].text,
  header: (await client.callTool({ name: 'test_x_mcp_header', arguments: { region: 'mâle' } })).content[0].text,
  prompts: (await client.listPrompts()).prompts.length,
  read: (await client.readResource({ uri: 'test://static-text' })).contents[0].text,
  version: client.getNegotiatedProtocolVersion?.() ?? null,
};
await client.close();
console.log(JSON.stringify(out));
process.exit(0);
