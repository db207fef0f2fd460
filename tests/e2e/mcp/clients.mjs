// The two official clients: `@modelcontextprotocol/client`, which speaks the revision of 2026-07-28,
// and the older `@modelcontextprotocol/sdk`, which ends at 2025-11-25.

import * as current from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { authorize } from './browser.mjs';

const CALLBACK = 'http://127.0.0.1/callback';
const INFO = { name: 'test', version: '1.0.0' };

const LIBRARIES = {
  current: {
    newClient: () => new current.Client(INFO, { versionNegotiation: { mode: 'auto' } }),
    Transport: current.StreamableHTTPClientTransport,
    Unauthorized: current.UnauthorizedError,
    finish: (transport, parameters) => transport.finishAuth(parameters),
  },
  // The same library as it is without that setting.
  'client 2.x by default': {
    newClient: () => new current.Client(INFO),
    Transport: current.StreamableHTTPClientTransport,
    Unauthorized: current.UnauthorizedError,
    finish: (transport, parameters) => transport.finishAuth(parameters),
  },
  'sdk 1.x': {
    newClient: () => new OldClient(INFO),
    Transport: OldTransport,
    Unauthorized: UnauthorizedError,
    finish: (transport, parameters) => transport.finishAuth(parameters.get('code')),
  },
};

/** What an application keeps for a client, and the user whom it sends to the browser. */
class Memory {
  redirectUrl = CALLBACK;
  authorizations = [];
  #saved = {};

  constructor(knownClient, { refresh = false } = {}) {
    this.#saved.client = knownClient && { client_id: knownClient };
    this.clientMetadata = {
      client_name: 'test',
      redirect_uris: [CALLBACK],
      grant_types: refresh ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    };
  }

  clientInformation = () => this.#saved.client;
  saveClientInformation = (client) => { this.#saved.client = client; };
  tokens = () => this.#saved.tokens;
  saveTokens = (tokens) => { this.#saved.tokens = tokens; };
  codeVerifier = () => this.#saved.verifier;
  saveCodeVerifier = (verifier) => { this.#saved.verifier = verifier; };
  discoveryState = () => this.#saved.discovery;
  saveDiscoveryState = (state) => { this.#saved.discovery = state; };
  redirectToAuthorization = (url) => { this.authorizations.push(url); };
}

/** A client of one of the libraries, with a log of its requests to the server and their responses. */
export class TestClient {
  log = [];

  constructor(library, url, { knownClient, refresh } = {}) {
    this.library = LIBRARIES[library];
    this.url = new URL(url);
    this.memory = new Memory(knownClient, { refresh });
  }

  get authorizations() {
    return this.memory.authorizations;
  }

  get token() {
    return this.memory.tokens()?.access_token;
  }

  #record = async (url, init) => {
    const response = await fetch(url, init);
    const { pathname, searchParams } = new URL(url);
    const headers = new Headers(init?.headers);
    const body = typeof init?.body === 'string' && init.body.startsWith('{') ? JSON.parse(init.body) : undefined;
    this.log.push({
      path: pathname,
      query: searchParams,
      method: body?.method,
      mcpMethod: headers.get('mcp-method'),
      mcpName: headers.get('mcp-name'),
      version: headers.get('mcp-protocol-version'),
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
    });
    return response;
  };

  #newTransport() {
    this.transport = new this.library.Transport(this.url, { authProvider: this.memory, fetch: this.#record });
    return this.transport;
  }

  /** Does something, with one visit to the browser where the client asks for it. */
  async #authorized(action) {
    const before = this.authorizations.length;
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof this.library.Unauthorized) || this.authorizations.length === before) throw error;
    }
    await this.library.finish(this.transport, await authorize(this.authorizations.at(-1), CALLBACK));
    return action();
  }

  async connect() {
    await this.#authorized(() => {
      this.client = this.library.newClient();
      return this.client.connect(this.#newTransport());
    });
  }

  /** Calls a tool and returns its text. */
  async call(name, args = {}) {
    const result = await this.#authorized(() => this.client.callTool({ name, arguments: args }));
    if (result.isError) throw new Error(result.content[0].text);
    return result.content[0].text;
  }

  async toolNames() {
    const { tools } = await this.client.listTools();
    return tools.map(({ name }) => name).sort();
  }

  async close() {
    await this.client?.close();
  }
}
