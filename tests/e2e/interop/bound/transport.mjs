// How the clients reach the servers: functions with the interface of `fetch` that record the status
// of each response, that present a certificate, or that go through a proxy which ends TLS.

import { once } from 'node:events';
import { request as tlsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';

const TIME_LIMIT = 10_000;

/** Returns `send` as { fetch, statuses }: the second lists what was answered, in order. */
export function recorded(send = fetch) {
  const statuses = [];
  const record = async (url, options) => {
    const response = await send(url, { signal: AbortSignal.timeout(TIME_LIMIT), ...options });
    statuses.push(response.status);
    return response;
  };
  return { fetch: record, statuses };
}

/** Returns a `fetch` which sends requests for `origin` to `server`, as a proxy that ends TLS does. */
export function throughProxy(origin, server) {
  return (url, options) => fetch(url.startsWith(`${origin}/`) ? server + url.slice(origin.length) : url, options);
}

/**
 * Returns a `fetch` for https: that presents the certificate, if there is one, and trusts the
 * certificates in `ca`. Node's own `fetch` has no setting for either.
 */
export function withCertificate(ca, certificate) {
  return async (url, { method = 'GET', headers, body, signal }) => {
    if (url.startsWith('http:')) return fetch(url, { method, headers, body, signal });
    const { cert, key } = certificate ?? {};
    const fields = Object.fromEntries(new Headers(headers));
    const request = tlsRequest(url, { method, headers: fields, signal, ca, cert, key, agent: false });
    request.end(body?.toString());
    const [response] = await once(request, 'response');
    const { headersDistinct, statusCode } = response;
    const pairs = Object.entries(headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value]));
    return new Response(await buffer(response), { status: statusCode, headers: pairs });
  };
}
