// Requests that no client of MCP sends: each header as it is given, repeated ones included.

import { request as httpRequest } from 'node:http';

export const CURRENT = '2026-07-28';
export const OLD = '2025-11-25';

/** Sends a request. `headers` is a list of pairs. Returns the response with its text. */
export function send(url, { method = 'POST', headers = [], body, path }) {
  const { hostname, port, pathname } = new URL(url);
  const options = { method, hostname, port, path: path ?? pathname, headers: headers.flat(), timeout: 10_000 };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(options, async (incoming) => {
      let text = '';
      for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
      resolve({ status: incoming.statusCode, headers: incoming.headers, challenge: incoming.headers['www-authenticate'], text });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no response')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The JSON of a call of a tool, in a revision. */
export function callOf(name, { version = CURRENT, args = {}, id = 1 } = {}) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
  };
  const params = { name, arguments: args, ...(version === CURRENT ? { _meta } : {}) };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

/** The headers of a POST, `mcp` beside what each has. */
export function headersOf(url, token, version, mcp) {
  return [
    ['Host', new URL(url).host],
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    ...(token ? [['Authorization', `Bearer ${token}`]] : []),
    ...(version !== null ? [['MCP-Protocol-Version', version]] : []),
    ...mcp,
  ];
}

/** Returns the text of a tool's result, or undefined. */
export function resultOf({ status, text }) {
  if (status !== 200) return undefined;
  const json = text.startsWith('{') ? text : /^data: ?(\{.*)$/m.exec(text)?.[1];
  return json && JSON.parse(json).result?.content?.[0]?.text;
}

export function errorCode({ text }) {
  try {
    return JSON.parse(text).error?.code;
  } catch {
    return undefined;
  }
}
