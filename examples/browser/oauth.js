// Signing in with code and PKCE (RFC 7636), as a public client.

import { base64url, fetchWithProof, sha256 } from '/dpop.js';

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Returns the parameters of a challenge: { error, acr_values, ... }. */
export function parameters(challenge) {
  const pairs = [...challenge.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

async function fetchJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response.json();
}

/** Returns the issuer that the API trusts, from the URL in its challenge (RFC 9728). */
export async function issuerOf(api, challenge) {
  const { resource_metadata } = parameters(challenge);
  if (resource_metadata === undefined)
    throw new Error('no challenge; does the CORS layer expose WWW-Authenticate?');
  const { resource, authorization_servers } = await fetchJson(resource_metadata);
  if (resource !== api)
    throw new Error(`${resource_metadata} is about ${resource}, not about ${api}`);
  return authorization_servers[0];
}

/** Returns the metadata of an issuer. */
export async function discover(issuer) {
  const metadata = await fetchJson(`${issuer}/.well-known/openid-configuration`);
  if (metadata.issuer !== issuer) throw new Error(`${issuer} says that it is ${metadata.issuer}`);
  return metadata;
}

/** Returns { url, pending }: where to send the browser, and what `tokenFor` needs later. */
export async function newRequest(issuer, { clientId, path, ...parameters }) {
  const { authorization_endpoint } = await discover(issuer);
  const pending = {
    issuer,
    clientId,
    redirectUri: location.origin + path,
    state: random(),
    verifier: random(),
  };
  const url = new URL(authorization_endpoint);
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: pending.redirectUri,
    state: pending.state,
    code_challenge: await sha256(pending.verifier),
    code_challenge_method: 'S256',
    ...parameters,
  };
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return { url: url.href, pending };
}

/**
 * Returns the response of the token endpoint to the code in this query. With a key, the token is
 * bound to it.
 */
export async function tokenFor(
  query,
  { issuer, clientId, redirectUri, state, verifier },
  { key, resource },
) {
  const answer = new URLSearchParams(query);
  // The answer belongs to the question, and is that of the issuer which was asked (RFC 9207).
  if (answer.get('state') !== state) throw new Error('the state is not that of the request');
  if ((answer.get('iss') ?? issuer) !== issuer)
    throw new Error(`the answer is from ${answer.get('iss')}`);
  if (answer.has('error'))
    throw new Error(`${answer.get('error')}: ${answer.get('error_description') ?? ''}`);
  const { token_endpoint } = await discover(issuer);
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    code: answer.get('code'),
    redirect_uri: redirectUri,
    code_verifier: verifier,
    resource,
  });
  const post = { method: 'POST', body };
  const response = await (key === undefined
    ? fetch(token_endpoint, post)
    : fetchWithProof(key, token_endpoint, post));
  const result = await response.json();
  if (!response.ok) throw new Error(`${result.error}: ${result.error_description ?? ''}`);
  return result;
}

/** Asks for a code in a frame, without a question to the user. Returns the query of the answer. */
export async function silently(url) {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = url;
  try {
    return await new Promise((resolve, reject) => {
      addEventListener('message', ({ source, origin, data }) => {
        if (source === frame.contentWindow && origin === location.origin) resolve(data);
      });
      setTimeout(() => reject(new Error('the issuer has not answered in the frame')), 10_000);
      document.body.append(frame);
    });
  } finally {
    frame.remove();
  }
}
