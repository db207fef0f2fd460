// A user's browser and the client that the user signs in at, by plain HTTP.

import assert from 'node:assert/strict';

const LIMIT = 10_000;

/** A browser session at the provider: its cookies. */
export class UserAgent {
  #cookies = new Map();
  #idToken;

  constructor(provider, client, subject) {
    Object.assign(this, { provider, client, subject });
  }

  /** Sends a request with the cookies, and takes over those of the response. */
  async #send(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const signal = AbortSignal.timeout(LIMIT);
    const response = await fetch(url, { redirect: 'manual', signal, ...options, headers: { ...options.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return { status: response.status, location: response.headers.get('location'), text: await response.text() };
  }

  /** Signs in, in the session if there is one. Returns the access token. */
  async signIn() {
    const { provider: { issuer, audience }, client, subject } = this;
    const query = {
      client_id: client.client_id, redirect_uri: client.redirect_uri, response_type: 'code', scope: 'openid api:read',
      resource: audience, login_hint: subject,
    };
    let url = `${issuer}/auth?${new URLSearchParams(query)}`;
    for (let step = 0; !url.startsWith(client.redirect_uri); step += 1) {
      assert.ok(step < 10, `signing in: redirected to ${url}`);
      const { status, location, text } = await this.#send(url);
      assert.ok(location, `signing in: ${status} ${text}`);
      url = new URL(location, issuer).href;
    }
    return this.#redeem(new URL(url).searchParams);
  }

  async #redeem(answer) {
    const { provider: { issuer, audience }, client } = this;
    const secret = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64');
    const form = {
      grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: client.redirect_uri, resource: audience,
    };
    const { status, text } = await this.#send(`${issuer}/token`, {
      method: 'POST', headers: { Authorization: `Basic ${secret}` }, body: new URLSearchParams(form),
    });
    assert.equal(status, 200, `${answer}: ${text}`);
    const { access_token, id_token } = JSON.parse(text);
    this.#idToken = id_token;
    return access_token;
  }

  /** Signs out. The provider sends the logout token before it answers. */
  async signOut() {
    const { issuer } = this.provider;
    const page = await this.#send(`${issuer}/session/end?${new URLSearchParams({ id_token_hint: this.#idToken })}`);
    const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page.text) ?? assert.fail(`signing out: ${page.text}`);
    const { status, text } = await this.#send(`${issuer}/session/end/confirm`, {
      method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    assert.equal(status, 303, `signing out: ${text}`);
  }
}
