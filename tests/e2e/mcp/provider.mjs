// An authorization server on loopback, as MCP asks for: npm's `oidc-provider` with the code flow,
// PKCE, resource indicators (RFC 8707), `iss` in the callback (RFC 9207) and dynamic registration.
// It runs in this process, so that the requests that it gets can be checked.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { errors, Provider } from 'oidc-provider';

export const SCOPES = ['notes:read', 'notes:write', 'notes:admin'];
/** A client that is registered beforehand, without `notes:admin`. The others register themselves. */
export const KNOWN_CLIENT = 'known-client';

function configuration(resources) {
  return {
    clients: [{
      client_id: KNOWN_CLIENT,
      redirect_uris: ['http://127.0.0.1/callback'],
      scope: 'offline_access notes:read notes:write',
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget();
          return {
            audience: resource,
            scope: SCOPES.join(' '),
            accessTokenFormat: 'jwt',
            accessTokenTTL: 300,
          };
        },
      },
    },
  };
}

/** Starts it. `requests` collects the URLs that it is asked for. */
export async function startProvider(resources) {
  const requests = [];
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration(resources));
  const problems = [];
  provider.on('server_error', (_ctx, error) => problems.push(error.message));
  const callback = provider.callback();
  server.on('request', (incoming, outgoing) => {
    requests.push({ method: incoming.method, url: new URL(incoming.url, issuer) });
    callback(incoming, outgoing);
  });
  return { issuer, requests, problems };
}
