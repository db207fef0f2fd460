// Requests of an attacker: tokens that the server must reject, and headers that name another tool
// than the body. Notes are never deleted.

import assert from 'node:assert/strict';

import { check } from '../interop/harness.mjs';
import { SCOPES } from './provider.mjs';
import { callOf, CURRENT, errorCode, headersOf, OLD, resultOf, send } from './raw.mjs';

const METHOD = ['Mcp-Method', 'tools/call'];
const name = (value) => ['Mcp-Name', value];
const base64 = (text) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** Headers from which the tool that needs the least can't be told. */
const UNCLEAR = {
  'no Mcp headers': [],
  'no Mcp-Name': [METHOD],
  'no Mcp-Method': [name('list_notes')],
  'an empty Mcp-Name': [METHOD, name('')],
  'Mcp-Name in another case': [METHOD, name('LIST_NOTES')],
  'an unknown tool': [METHOD, name('list_notes_2')],
  'Mcp-Name twice': [METHOD, name('list_notes'), name('list_notes')],
  'two tools': [METHOD, name('list_notes'), name('delete_notes')],
  'two tools in one line': [METHOD, name('list_notes, delete_notes')],
  'Mcp-Method twice': [METHOD, ['mcp-method', 'tools/list'], name('list_notes')],
  'a name that is not base64': [METHOD, name('=?base64?bGlzdF9ub3Rlcw?=')],
  'a name in base64 of another case': [METHOD, name('=?BASE64?bGlzdF9ub3Rlcw==?=')],
  'a name that is not UTF-8': [METHOD, name('=?base64?/w==?=')],
};

/** Headers that name another method than a body with `tools/call`. */
const OTHER_METHODS = {
  'tools/list': [['Mcp-Method', 'tools/list']],
  'tools/list, with the name of a tool': [['Mcp-Method', 'tools/list'], name('delete_notes')],
  'Tools/Call': [['Mcp-Method', 'Tools/Call'], name('delete_notes')],
  'an unknown method': [['Mcp-Method', 'tools/delete'], name('delete_notes')],
  initialize: [['Mcp-Method', 'initialize']],
};

/** Bodies that do not say what the headers of `list_notes` say. */
const OTHER_BODIES = {
  'another tool': callOf('delete_notes'),
  'a batch': [callOf('list_notes'), callOf('delete_notes', { id: 2 })],
  'two names': JSON.stringify(callOf('list_notes')).replace('"list_notes"', '"list_notes","name":"delete_notes"'),
  'two methods': JSON.stringify(callOf('delete_notes')).replace('"tools/call"', '"tools/list","method":"tools/call"'),
  'another case of the name': callOf('LIST_NOTES'),
};

const textOf = (body) => (typeof body === 'string' ? body : JSON.stringify(body));

class Attacker {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  post(mcp, body, { version = CURRENT, token = this.token, path } = {}) {
    return send(this.url, { headers: headersOf(this.url, token, version, mcp), body: textOf(body), path });
  }

  list(options = {}) {
    return this.post([METHOD, name('list_notes')], callOf('list_notes', options), options);
  }
}

async function checkTokens(attacker, { other, metadataUrl }) {
  const rejected = async (response, error) => {
    const { status, challenge, text } = await response;
    assert.equal(status, 401, `${status} ${text}`);
    assert.ok(challenge.includes(`resource_metadata="${metadataUrl}"`), challenge);
    if (error) assert.ok(challenge.includes(`error="${error}"`), challenge);
    else assert.doesNotMatch(challenge, /error=/);
  };
  await check('a token of another resource is rejected', () => {
    return rejected(attacker.list({ token: other }), 'invalid_token');
  });
  await check('a changed token is rejected', () => {
    const token = `${attacker.token.slice(0, -4)}AAAA`;
    return rejected(attacker.list({ token }), 'invalid_token');
  });
  await check('a token in the query is not read', () => {
    const path = `/mcp?access_token=${attacker.token}`;
    return rejected(attacker.list({ token: null, path }));
  });
  await check('a token in a form is not read', async () => {
    const headers = new Map(headersOf(attacker.url, null, CURRENT, [METHOD, name('list_notes')]));
    headers.set('Content-Type', 'application/x-www-form-urlencoded');
    const body = `access_token=${attacker.token}`;
    await rejected(send(attacker.url, { headers: [...headers], body }));
  });
}

/** Returns the scopes of a challenge that rejects a token for its scopes. */
function missingScopes({ status, challenge, text }) {
  assert.equal(status, 403, `${status} ${text}`);
  assert.ok(challenge.includes('error="insufficient_scope"'), challenge);
  return /\bscope="([^"]*)"/.exec(challenge)[1].split(' ').sort();
}

async function checkUnclear(attacker) {
  for (const [what, mcp] of Object.entries(UNCLEAR)) {
    await check(`${what}: the strictest scope is required`, async () => {
      const response = await attacker.post(mcp, callOf('list_notes'));
      assert.ok(missingScopes(response).includes('notes:admin'));
    });
  }
  for (const version of [OLD, null, '2026-07-27', '2099-1-1', 'DRAFT-2026-v1', '']) {
    await check(`the headers of revision ${JSON.stringify(version)} count for nothing`, async () => {
      assert.deepEqual(missingScopes(await attacker.list({ version })), [...SCOPES].sort());
    });
  }
  await check('two revisions: all scopes are required', async () => {
    const mcp = [METHOD, name('list_notes'), ['MCP-Protocol-Version', OLD]];
    const response = await attacker.post(mcp, callOf('list_notes'));
    assert.deepEqual(missingScopes(response), [...SCOPES].sort());
  });
}

async function checkBodies(attacker) {
  for (const [what, body] of Object.entries(OTHER_BODIES)) {
    await check(`headers of list_notes, but ${what} in the body: rejected by the server`, async () => {
      const { status, text } = await attacker.post([METHOD, name('list_notes')], body);
      assert.ok(status >= 400 && status < 500 && status !== 401 && status !== 403, `${status} ${text}`);
    });
  }
  for (const [what, mcp] of Object.entries(OTHER_METHODS)) {
    await check(`headers of ${what}, but a call in the body: rejected by the server`, async () => {
      const response = await attacker.post(mcp, callOf('delete_notes'));
      assert.deepEqual([response.status, errorCode(response)], [400, -32020], response.text);
    });
  }
  for (const version of [OLD, null]) {
    await check(`headers of tools/list, but a call in the body, in revision ${version}: rejected`, async () => {
      const body = callOf('delete_notes', { version: OLD });
      const response = await attacker.post([['Mcp-Method', 'tools/list']], body, { version });
      assert.equal(response.status, 403, response.text);
    });
  }
  await check('a body of an older revision than the headers: rejected by the server', async () => {
    const { status, text } = await attacker.post([METHOD, name('list_notes')], callOf('list_notes', { version: OLD }));
    assert.equal(status, 400, text);
  });
}

/** `notes:admin` implies `notes:write`, which implies `notes:read`. */
export async function checkImplied(url, { reader, writer, admin }) {
  const statusOf = async (token, tool, args) => {
    const attacker = new Attacker(url, token);
    return (await attacker.post([METHOD, name(tool)], callOf(tool, { args }))).status;
  };
  await check('a scope grants what it implies, and not more', async () => {
    const list = await Promise.all([reader, writer, admin].map((token) => statusOf(token, 'list_notes')));
    assert.deepEqual(list, [200, 200, 200]);
    const add = await Promise.all([reader, writer, admin].map((token) => statusOf(token, 'add_note', { text: 'x' })));
    assert.deepEqual(add, [403, 200, 200]);
  });
  await check('the strictest set is met by a scope that implies the others', async () => {
    const old = { version: OLD };
    const { status, text } = await new Attacker(url, admin).post([], callOf('list_notes', old), old);
    assert.equal(status, 200, text);
  });
}

/** What is no call, such as the streams and sessions of older revisions. */
async function checkOtherRequests(attacker, all) {
  for (const method of ['GET', 'DELETE', 'PUT']) {
    await check(`${method} needs the strictest scopes, whatever its headers say, and then there is none`, async () => {
      for (const mcp of [[], [['Mcp-Method', 'tools/list']]]) {
        const request = (token) => send(attacker.url, { method, headers: headersOf(attacker.url, token, CURRENT, mcp) });
        assert.deepEqual(missingScopes(await request(attacker.token)), [...SCOPES].sort());
        assert.equal((await request(all)).status, 405);
      }
    });
  }
  await check('another path needs a token, too', async () => {
    const { status } = await attacker.list({ token: null, path: '/other' });
    assert.equal(status, 401);
  });
}

export async function checkAttacks(url, tokens, metadataUrl) {
  const attacker = new Attacker(url, tokens.reader);
  const before = resultOf(await attacker.list());
  await check('before the attacks there is a note', () => assert.ok(before?.length > 0, before));
  await checkTokens(attacker, { other: tokens.other, metadataUrl });
  await checkUnclear(attacker);
  await checkBodies(attacker);
  await checkOtherRequests(attacker, tokens.all);
  await check('a name in base64 is the name', async () => {
    const listed = await attacker.post([METHOD, name(base64('list_notes'))], callOf('list_notes'));
    assert.equal(resultOf(listed), before, listed.text);
    const { status } = await attacker.post([METHOD, name(base64('delete_notes'))], callOf('delete_notes'));
    assert.equal(status, 403);
  });
  await check('after the attacks, the notes are the same', async () => {
    assert.equal(resultOf(await attacker.list()), before);
  });
}
