// The clients under test, npm's `oauth4webapi` and `openid-client`, behind one interface:
//
//   const client = await CLIENTS[name](settings);
//   await client.fetchToken();     // returns an access token
//   await client.call(url, token); // returns { status, text }
//
// `settings` are { provider, registration, fetch, keyPair }. With a key pair, tokens are bound to it
// and each request has a proof.

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

import { AUDIENCE, SCOPE } from './provider.mjs';

const PARAMETERS = { scope: SCOPE, resource: AUDIENCE };

/** Returns a key pair for proofs. */
export function newProofKey(alg = 'ES256') {
  return oauth.generateKeyPair(alg, { modulusLength: 2048, extractable: true });
}

/** Returns the response, or that of the error by which a client reports a rejection. */
async function settled(sent) {
  try {
    const response = await sent;
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
    return { status: error.status, text: await error.response.text() };
  }
}

/** Sends again, once, if the server asks for a nonce: oauth4webapi leaves that to its user. */
async function withNonce(send) {
  try {
    return await send();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return send();
  }
}

async function newOauth4webapi({ provider, registration, fetch, keyPair }) {
  const { client_id, client_secret, ...metadata } = registration;
  const plain = { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true };
  const issuer = new URL(provider.issuer);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));
  const client = { client_id, use_mtls_endpoint_aliases: metadata.use_mtls_endpoint_aliases };
  const secret = oauth.ClientSecretBasic(client_secret);
  const options = keyPair === undefined ? plain : { ...plain, DPoP: oauth.DPoP(client, keyPair) };
  return {
    fetchToken: () => withNonce(async () => {
      const response = await oauth.clientCredentialsGrantRequest(server, client, secret, PARAMETERS, options);
      return (await oauth.processClientCredentialsResponse(server, client, response)).access_token;
    }),
    call: (url, token) => settled(withNonce(() => (
      oauth.protectedResourceRequest(token, 'GET', new URL(url), undefined, null, options)
    ))),
  };
}

async function newOpenidClient({ provider, registration, fetch, keyPair }) {
  const { client_id, client_secret, ...metadata } = registration;
  const config = await openid.discovery(
    new URL(provider.issuer), client_id, metadata, openid.ClientSecretBasic(client_secret),
    { execute: [openid.allowInsecureRequests], [openid.customFetch]: fetch },
  );
  const options = keyPair === undefined ? {} : { DPoP: openid.getDPoPHandle(config, keyPair) };
  return {
    fetchToken: async () => (await openid.clientCredentialsGrant(config, PARAMETERS, options)).access_token,
    call: (url, token) => settled(
      openid.fetchProtectedResource(config, token, new URL(url), 'GET', null, undefined, options),
    ),
  };
}

export const CLIENTS = { oauth4webapi: newOauth4webapi, 'openid-client': newOpenidClient };
