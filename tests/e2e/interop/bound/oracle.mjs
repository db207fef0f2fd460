// The oracle: oauth4webapi's own check of a resource server and this crate judge the same DPoP
// requests. It knows no certificates, no nonces and no used proofs.

import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';

import { check } from '../harness.mjs';
import { addBinding } from './oracle/binding.mjs';
import { Corpus, ORIGIN } from './oracle/corpus.mjs';
import { startIssuer } from './oracle/issuer.mjs';
import { newKeys } from './oracle/keys.mjs';
import { addProofs } from './oracle/proofs.mjs';
import { explain, TABLE } from './oracle/table.mjs';
import { addValid } from './oracle/valid.mjs';
import { AUDIENCE } from './provider.mjs';
import { checkTermination, startServer } from './server.mjs';
import { send } from './wire.mjs';

const FEWEST_REQUESTS = 400;
const MAX_SHOWN = 8;
const AT_ONCE = 8;

/** Returns the oracle: a function of a request that returns { accepted, why }. */
function newOracle(issuer) {
  const server = { issuer, jwks_uri: `${issuer}/jwks` };
  const options = { requireDPoP: true, [oauth.allowInsecureRequests]: true };
  return async ({ url, method, fields }) => {
    const headers = new Headers();
    for (const [name, value] of fields) headers.append(name, value);
    const sent = oauth.validateJwtAccessToken(server, new Request(url, { method, headers }), AUDIENCE, options);
    return sent.then(() => ({ accepted: true }), (error) => ({ accepted: false, why: error.message }));
  };
}

/** Returns this crate's decision: { accepted, error }, of which the second is that of the challenge. */
async function ask(server, { url, method, fields }) {
  const { status, challenges, text } = await send(server + url.slice(ORIGIN.length), fields, { method });
  assert.ok([200, 400, 401].includes(status), `status ${status}: ${text}`);
  return { accepted: status === 200, error: challenges.at(-1)?.parameters.error };
}

/** Asks about all requests, several at once but in order. */
async function askAll(server, requests) {
  const answers = [];
  for (let from = 0; from < requests.length; from += AT_ONCE) {
    const some = requests.slice(from, from + AT_ONCE);
    // A proof that is sent again must come after its first use.
    if (some.some(({ repeated }) => repeated)) for (const one of some) answers.push(await ask(server, one));
    else answers.push(...await Promise.all(some.map((one) => ask(server, one))));
  }
  return answers;
}

function describe({ family, name }, theirs, ours) {
  const side = ({ accepted, why, error }) => (accepted ? 'accepts' : `rejects (${why ?? error})`);
  return `${family}: ${name}: the oracle ${side(theirs)}, this crate ${side(ours)}`;
}

function none(failures) {
  const shown = failures.slice(0, Number(process.env.MAX_SHOWN ?? MAX_SHOWN)).join('; ');
  assert.equal(failures.length, 0, `${failures.length}, for example: ${shown}`);
}

/** Returns the requests whose decision differs from the one that is expected of this side. */
function unexpected(side, requests, decisions) {
  const wrong = requests.filter(({ expected }, index) => expected[side] !== decisions[index].accepted);
  return wrong.map(({ family, name }) => `${family}: ${name}`);
}

async function compare(requests, theirs, ours) {
  const rows = new Map(TABLE.map((row) => [row, 0]));
  const unexplained = [];
  const agreed = { accept: 0, reject: 0 };
  requests.forEach((request, index) => {
    const [oracle, answer] = [theirs[index], ours[index]];
    const row = oracle.accepted === answer.accepted ? undefined : explain(request, answer);
    if (oracle.accepted === answer.accepted) agreed[answer.accepted ? 'accept' : 'reject'] += 1;
    else if (row === undefined) unexplained.push(describe(request, oracle, answer));
    else rows.set(row, rows.get(row) + 1);
  });
  const { accept, reject } = agreed;
  const others = requests.length - accept - reject;
  console.log(`# ${requests.length} requests: both accept ${accept}, both reject ${reject}, disagreements ${others}`);
  await check('oracle: each disagreement is explained', () => none(unexplained));
  for (const [{ rule, accepts, why }, count] of rows) {
    const side = accepts === 'oracle' ? 'oauth4webapi' : 'this crate';
    await check(`oracle: accepted by ${side} only: ${rule}: ${count} requests (${why})`, () => {
      assert.ok(count > 0, 'no request needs this row of the table');
    });
  }
}

export async function checkOracle(binary) {
  const issuer = await startIssuer();
  const options = ['--dpop', 'required', '--public-origin', ORIGIN, '--token-type', 'at+jwt'];
  const server = await startServer(binary, issuer.url, options);
  const corpus = new Corpus(issuer, newKeys());
  for (const add of [addValid, addBinding, addProofs]) add(corpus);
  const { requests } = corpus;
  await check(`oracle: ${requests.length} requests, at least ${FEWEST_REQUESTS}`, () => {
    assert.ok(requests.length >= FEWEST_REQUESTS);
    const names = requests.map(({ family, name }) => `${family}: ${name}`);
    assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), [], 'names are unique');
  });
  const oracle = newOracle(issuer.url);
  const theirs = [];
  for (const request of requests) theirs.push(await oracle(request));
  const ours = await askAll(server.url, requests);
  await check('oracle: the decisions of oauth4webapi are those expected', () => none(unexpected('oracle', requests, theirs)));
  await check('oracle: the decisions of this crate are those expected', () => none(unexpected('ours', requests, ours)));
  await compare(requests, theirs, ours);
  await checkTermination('oracle', server);
}
