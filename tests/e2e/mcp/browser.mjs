// The user and the browser, as plain HTTP: follows the redirects of an authorization request, signs
// in, consents, and returns the parameters of the callback.

import assert from 'node:assert/strict';

const MAX_STEPS = 12;

/** Sends a request with the cookies of this browser, and follows no redirect. */
async function step(cookies, url, form) {
  const response = await fetch(url, {
    method: form ? 'POST' : 'GET',
    body: form && new URLSearchParams(form),
    headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  });
  for (const cookie of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
    if (value) cookies.set(name, value);
    else cookies.delete(name);
  }
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

/** Returns the form of a page: where it is sent to, and which prompt it answers. */
function formOf({ status, text }, url) {
  const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1];
  const prompt = /name="prompt" value="([^"]+)"/.exec(text)?.[1];
  assert.ok(status === 200 && action && prompt, `${url}: ${status} ${text.slice(0, 300)}`);
  return { action: new URL(action, url), prompt };
}

/** Returns the parameters with which the callback of a client would be called. */
export async function authorize(authorizationUrl, callback, user = 'alice') {
  const cookies = new Map();
  let url = new URL(authorizationUrl);
  let form;
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const page = await step(cookies, url, form);
    form = undefined;
    if (page.location) {
      url = new URL(page.location, url);
      if (url.href.startsWith(callback)) return url.searchParams;
    } else {
      const { action, prompt } = formOf(page, url);
      url = action;
      form = prompt === 'login' ? { prompt, login: user, password: 'x' } : { prompt };
    }
  }
  throw new Error(`not at the callback after ${MAX_STEPS} steps, but at ${url}`);
}
