// An issuer on loopback with one key, which signs whatever access tokens the corpus needs.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { encode, signature } from '../../differential/keys.mjs';
import { AUDIENCE } from '../provider.mjs';

const ALGORITHM = 'ES256';

/** Starts an issuer: { url, token(claims, header) }. */
export async function startIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'issuer', alg: ALGORITHM, use: 'sig' };
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}`;
    const documents = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/jwks` },
      '/jwks': { keys: [jwk] },
    };
    const document = documents[request.url];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const token = (claims, header) => mint(privateKey, { iss: url, ...claims }, header);
  return { url, token };
}

/** Returns an access token with all claims that RFC 9068 §2.2 requires, and the changed ones. */
function mint(privateKey, claims, header) {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    aud: AUDIENCE, sub: 'alice', client_id: 'app', jti: randomUUID(), iat: now, exp: now + 600, ...claims,
  };
  const head = { alg: ALGORITHM, typ: 'at+jwt', kid: 'issuer', ...header };
  const input = [head, payload].map((part) => encode(JSON.stringify(part))).join('.');
  return `${input}.${encode(signature(ALGORITHM, privateKey, input))}`;
}
