// A server on the published TypeScript SDK (2.x), for both eras: what our client is held against.
//
// Usage: node peer.mjs http|ws|wss|stdio [both|modern] [CERT KEY]. The packages are found from the working folder.
// Listens on a free port of 127.0.0.1 and says where on standard error, as it does each HTTP request's MCP headers and
// each call that was cancelled.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [kind = 'http', eras = 'both', cert, key] = process.argv.slice(2);
const here = createRequire(pathToFileURL(process.cwd() + '/').href);
// A package of modules only cannot be required, so its own table says which file it begins with.
const load = (name, entry = '.') => {
    const folder = here.resolve.paths(name).map(path => `${path}/${name}`).find(path => {
        try { return readFileSync(`${path}/package.json`); } catch { return false; }
    });
    const about = JSON.parse(readFileSync(`${folder}/package.json`));
    const exported = about.exports?.[entry]?.import;
    return import(pathToFileURL(`${folder}/${exported?.default ?? exported ?? about.main}`).href);
};
const sdk = await load('@modelcontextprotocol/server');
const { McpServer, ResourceTemplate, acceptedContent, createMcpHandler, createRequestStateCodec, fromJsonSchema, inputRequired, inputResponse } = sdk;

const tell = line => process.stderr.write(`${line}\n`);
const text = value => ({ content: [{ type: 'text', text: value }] });
const object = (properties, required = Object.keys(properties)) => fromJsonSchema({ type: 'object', properties, required });
const states = createRequestStateCodec({ key: 'a key of 32 bytes or more for tests' });
const question = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name'] };

/** Asks in the way of the era: a result in the modern one, a request in the legacy one. */
const tools = (server, era) => {
    server.registerTool('add', { description: 'Adds.', inputSchema: object({ a: { type: 'number' }, b: { type: 'number' } }) }, ({ a, b }) => text(`${a + b}`));
    server.registerTool('region', { description: 'Has a mirrored argument.', inputSchema: object({ region: { type: 'string', 'x-mcp-header': 'Region' } }) },
        ({ region }) => text(`region ${region}`));
    server.registerTool('fails', { description: 'Fails.', inputSchema: object({}) }, () => ({ ...text('it went wrong'), isError: true }));
    server.registerTool('big', { description: 'Answers with 50 MB.', inputSchema: object({}) }, () => text('x'.repeat(50_000_000)));
    server.registerTool('environment', { description: 'Repeats what it was sent.', inputSchema: object({}) },
        (_, ctx) => text(`sent ${ctx.http?.req?.headers.get('x-secret') ?? 'nothing'}`));
    server.registerTool('greet', { description: 'Asks for a name.', inputSchema: object({}) }, async (_, ctx) => {
        if (era === 'legacy') {
            const said = await ctx.mcpReq.send({ method: 'elicitation/create', params: { message: 'Who are you?', requestedSchema: question } });
            return text(said.action === 'accept' ? `hello ${said.content.name}` : `no name: ${said.action}`);
        }
        const said = inputResponse(ctx.mcpReq.inputResponses, 'who');
        if (said.kind === 'missing')
            return inputRequired({ inputRequests: { who: inputRequired.elicit({ message: 'Who are you?', requestedSchema: question }) },
                requestState: await states.mint({ round: 1 }, ctx) });
        if (ctx.mcpReq.requestState()?.round !== 1) throw new Error('the state was lost');
        const content = acceptedContent(ctx.mcpReq.inputResponses, 'who');
        return text(content ? `hello ${content.name}` : `no name: ${said.action}`);
    });
    server.registerTool('sample', { description: 'Asks a model of the client.', inputSchema: object({}) }, async (_, ctx) => {
        const params = { messages: [{ role: 'user', content: { type: 'text', text: 'capital of France?' } }], maxTokens: 10 };
        if (era === 'legacy') return text(`model: ${(await ctx.mcpReq.send({ method: 'sampling/createMessage', params })).content.text}`);
        const said = inputResponse(ctx.mcpReq.inputResponses, 'capital');
        if (said.kind === 'missing') return inputRequired({ inputRequests: { capital: inputRequired.createMessage(params) } });
        return text(`model: ${ctx.mcpReq.inputResponses.capital.content.text}`);
    });
    server.registerTool('slow', { description: 'Never ends by itself.', inputSchema: object({}) }, (_, ctx) => {
        tell('slow begins');
        return new Promise(resolve => {
            const alive = setTimeout(() => resolve(text('too late')), 60_000);
            ctx.mcpReq.signal.addEventListener('abort', () => { clearTimeout(alive); tell('slow cancelled'); resolve(text('cancelled')); });
        });
    });
};

const build = ({ era }) => {
    const server = new McpServer({ name: 'peer', version: '1.2.3' }, { capabilities: { logging: {} }, requestState: { verify: states.verify } });
    tools(server, era);
    server.registerPrompt('review', { description: 'Reviews.', argsSchema: object({ file: { type: 'string' } }) },
        ({ file }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `please review ${file}` } }] }));
    server.registerResource('notes', 'test://notes', { description: 'A text.', mimeType: 'text/plain' },
        uri => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'first line\nsecond line' }] }));
    server.registerResource('bytes', 'test://bytes', { description: 'Four bytes.', mimeType: 'application/octet-stream' },
        uri => ({ contents: [{ uri: uri.href, mimeType: 'application/octet-stream', blob: Buffer.from([0, 255, 10, 13]).toString('base64') }] }));
    server.registerResource('item', new ResourceTemplate('test://item/{id}', { list: undefined }), { description: 'One of many.' },
        (uri, { id }) => ({ contents: [{ uri: uri.href, text: `item ${id}` }] }));
    return server;
};

/** One message a frame, as the SDK wants a transport of one's own to be. */
class Frames {
    constructor(socket) {
        this.socket = socket;
        socket.on('message', data => this.onmessage?.(JSON.parse(data.toString())));
        socket.on('close', () => this.onclose?.());
        socket.on('error', problem => this.onerror?.(problem));
    }
    async start() {}
    async send(message) { this.socket.send(JSON.stringify(message)); }
    async close() { this.socket.close(); }
}

const legacy = eras === 'modern' ? 'reject' : undefined;
if (kind === 'stdio') {
    const { serveStdio } = await load('@modelcontextprotocol/server', './stdio');
    serveStdio(build, legacy ? { legacy } : {});
    tell('listening on stdio');
} else {
    const listener = kind === 'wss' ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }) : createServer();
    if (kind === 'http') {
        const { toNodeHandler } = await load('@modelcontextprotocol/node');
        const handle = toNodeHandler(createMcpHandler(build, legacy ? { legacy } : {}));
        listener.on('request', (request, response) => {
            const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('mcp-')));
            tell(`request ${request.method} ${JSON.stringify(headers)}`);
            handle(request, response);
        });
    } else {
        const { WebSocketServer } = await load('ws');
        const { serveStdio } = await load('@modelcontextprotocol/server', './stdio');
        new WebSocketServer({ server: listener, handleProtocols: offered => (offered.has('mcp') ? 'mcp' : false) })
            .on('connection', socket => serveStdio(build, { transport: new Frames(socket), ...(legacy ? { legacy } : {}) }));
    }
    listener.listen(0, '127.0.0.1', () => {
        const host = kind === 'wss' ? 'localhost' : '127.0.0.1';
        tell(`listening ${kind}://${host}:${listener.address().port}/${kind === 'http' ? 'mcp' : ''}`);
    });
}
