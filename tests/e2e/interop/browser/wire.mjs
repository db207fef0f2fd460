// What went over the wire: what a log or a proxy would see, also where no script can read it.

/**
 * Records the requests to the API and the tokens that the page gets: { calls, tokens }. A call has
 * method, path, headers, status and the headers of the response.
 */
export function record(page, api) {
  const seen = { calls: [], tokens: [] };
  page.on('response', async (response) => {
    const request = response.request();
    const { origin, pathname } = new URL(request.url());
    if (origin === api) {
      const call = { method: request.method(), path: pathname, status: response.status(), headers: {}, answer: {} };
      seen.calls.push(call);
      call.headers = await request.allHeaders().catch(() => ({}));
      call.answer = await response.allHeaders().catch(() => ({}));
    } else if (pathname === '/token' && response.status() === 200) {
      seen.tokens.push(await response.json());
    }
  });
  return seen;
}

/** Returns the payload of a token. */
export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
