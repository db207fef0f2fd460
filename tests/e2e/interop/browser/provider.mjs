// An OpenID provider on loopback for the example browser: npm's `oidc-provider`, with a page of its
// own for the user, who signs in with nothing but a name: "with a password" or "with a passkey",
// which is `acr` `phr`. Its access tokens (RFC 9068) have `acr` and `auth_time` (RFC 9470 §6.1).
//
// All keys and secrets are generated at the start and never stored.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { errors, interactionPolicy, Provider } from 'oidc-provider';

export const CLIENT_ID = 'page';
export const PASSKEY = 'phr';
const PASSWORD = 'pwd';
const SCOPE = 'api';
const TOKEN_LIFETIME = 300;

function newSigningKey() {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomBytes(6).toString('hex'), use: 'sig', alg: 'ES256' };
}

/** The user signs in again if the client asks for an `acr` that the session does not have. */
function newPolicy() {
  const { Check, base } = interactionPolicy;
  const policy = base();
  const lacksAcr = ({ oidc }) => {
    const asked = oidc.params.acr_values?.split(' ');
    return asked !== undefined && !asked.includes(oidc.acr) ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  };
  policy.get('login').checks.add(new Check('acr_values', 'the client asks for another acr', lacksAcr));
  return policy;
}

/** The client is the provider's own, so that nobody is asked for consent. */
async function grantAll({ oidc }) {
  const { client, session, provider, resourceServers } = oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid');
  for (const resource of Object.keys(resourceServers)) grant.addResourceScope(resource, SCOPE);
  await grant.save();
  return grant;
}

function newProvider({ issuer, page, lifetimes }) {
  const key = newSigningKey();
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    acrValues: [PASSWORD, PASSKEY],
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${page}/`, `${page}/silent.html`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    clientBasedCORS: (_ctx, origin) => origin === page,
    conformIdTokenClaims: true,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant: grantAll,
    interactions: { policy: newPolicy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
    enabledJWA: { dPoPSigningAlgValues: ['ES256'] },
    extraTokenClaims({ oidc }) {
      const { acr, authTime } = oidc.entities.AuthorizationCode;
      return { acr, auth_time: authTime };
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource) {
          const lifetime = lifetimes[resource];
          if (lifetime === undefined) throw new errors.InvalidTarget();
          const jwt = { sign: { alg: 'ES256', kid: key.kid } };
          return { audience: resource, scope: SCOPE, accessTokenFormat: 'jwt', accessTokenTTL: lifetime, jwt };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider;
}

const FORM = `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title>
<link rel="icon" href="data:,">
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto }</style>
<h1>Sign in</h1>
<form method="post">
  <p><label>Name <input name="name" value="alice" autofocus></label></p>
  <p>OPTIONS</p>
</form>
<p>This provider is for tests: it believes you.</p>
`;

const button = (acr, text) => `<button name="acr" value="${acr}">${text}</button>`;

async function readForm(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

/** A running provider. `state.signedInAgo` sets the time of the next sign-in back, in seconds. */
export class RunningProvider {
  state = { signedInAgo: 0, prompts: [] };

  #server = createServer((request, response) => {
    this.#handle(request, response).catch((error) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  #provider;
  #callback;

  async listen(port = 0) {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.issuer = `http://127.0.0.1:${this.#server.address().port}`;
    return this.issuer;
  }

  /** Begins to serve the page of this origin, which calls this API. */
  serve({ page, api, eventsLifetime }) {
    const lifetimes = { [api]: TOKEN_LIFETIME, [`${api}/events`]: eventsLifetime };
    this.#provider = newProvider({ issuer: this.issuer, page, lifetimes });
    this.#callback = this.#provider.callback();
  }

  async #handle(request, response) {
    if (this.#provider === undefined) {
      response.writeHead(503).end();
    } else if (request.url.startsWith('/interaction/')) {
      await this.#interact(request, response);
    } else {
      this.#callback(request, response);
    }
  }

  async #interact(request, response) {
    const { params, prompt } = await this.#provider.interactionDetails(request, response);
    if (request.method !== 'POST') {
      this.state.prompts.push({ reasons: prompt.reasons, params });
      const mayUsePassword = params.acr_values === undefined || params.acr_values.split(' ').includes(PASSWORD);
      const options = [
        ...(mayUsePassword ? [button(PASSWORD, 'with a password')] : []),
        button(PASSKEY, 'with a passkey'),
      ];
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      response.end(FORM.replace('OPTIONS', options.join(' ')));
      return;
    }
    const form = await readForm(request);
    const ts = Math.floor(Date.now() / 1000) - this.state.signedInAgo;
    this.state.signedInAgo = 0;
    const login = { accountId: form.get('name'), acr: form.get('acr'), ts };
    await this.#provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  }
}
