// Differential test: npm's `jose` and this crate verify the same corpus of tokens, by the same
// rules.
//
//   node differential.mjs SEED TEST-BINARY...
//
// Each TEST-BINARY is tests/differential, built with one signature backend. Prints how often both
// agree, the table of explained disagreements, and at the end `N passed, N failed`. The exit code
// is 0 if none failed. `differential.sh` installs and builds what this requires, then runs it.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { addClaims } from './differential/claims.mjs';
import { Corpus } from './differential/corpus.mjs';
import { addDamage } from './differential/damage.mjs';
import { addValid } from './differential/valid.mjs';
import { addHeaders } from './differential/headers.mjs';
import { newVerifiers, thumbprint, verifyWith } from './differential/jose.mjs';
import { newKeys, newRules, NOW } from './differential/keys.mjs';
import { addMlDsa } from './differential/ml_dsa.mjs';
import { explain, READINGS, TABLE } from './differential/table.mjs';
import { addTexts } from './differential/texts.mjs';
import { check, ended, runAll, start } from './harness.mjs';

const TIME_LIMIT = 240_000;
// Unoptimized, the pure-Rust backend takes 20 s for the corpus, and longer on a busy machine.
const ANSWER_LIMIT = 100_000;
const MIN_TOKENS = 2000;
const MAX_SHOWN = 5;

async function newCorpus(seed) {
  const keys = await newKeys();
  const corpus = new Corpus(keys, seed);
  for (const add of [addValid, addClaims, addHeaders, addTexts, addDamage, addMlDsa]) add(corpus);
  return { rules: newRules(keys), tokens: corpus.tokens };
}

/** Returns jose's decision for each token. */
async function judge({ rules, tokens }) {
  const verifiers = newVerifiers(rules);
  const verdicts = [];
  for (const { rules: name, token } of tokens) verdicts.push(await verifiers[name](token));
  return verdicts;
}

/**
 * Returns this crate's decision for each token. The test binary reads and writes files in `folder`.
 */
async function ask(binary, folder) {
  const answers = join(folder, 'answers.json');
  await rm(answers, { force: true });
  const child = start(binary, binary, ['--nocapture']);
  assert.deepEqual(await ended(child, undefined, ANSWER_LIMIT), { code: 0, signal: null }, child.stderr);
  return JSON.parse(await readFile(answers, 'utf8'));
}

function factsOf({ rules, token }, jose) {
  return { token, rules, parts: token.split('.'), now: NOW, ...jose };
}

/** Compares the two decisions for each token. */
function compare(tokens, theirs, answers) {
  const counts = { accept: 0, reject: 0 };
  const explained = new Map(TABLE.map((line) => [line, 0]));
  const failures = [];
  tokens.forEach((entry, index) => {
    const [jose, ours] = [theirs[index], answers[index]];
    const agree = jose.accepted === ours.accepted;
    const line = agree ? undefined : explain(factsOf(entry, jose), ours);
    if (agree) counts[ours.accepted ? 'accept' : 'reject'] += 1;
    else if (line === undefined) failures.push(describe(entry, jose, ours));
    else explained.set(line, explained.get(line) + 1);
  });
  return { counts, explained, failures };
}

function describe({ family, rules, token }, jose, ours) {
  const side = ({ accepted, kind, claim }) => (accepted ? 'yes' : `no (${[kind, claim].filter(Boolean).join(' ')})`);
  const texts = token.split('.', 2).map((part) => Buffer.from(part, 'base64url').toString().slice(0, 300));
  const sides = `jose ${side(jose)}, this crate ${side(ours)}`;
  return `${family} (${rules}): ${sides}: ${JSON.stringify(texts)} ${token.slice(0, 1000)}`;
}

function none(failures) {
  assert.equal(failures.length, 0, `${failures.length}, for example: ${failures.slice(0, MAX_SHOWN).join('; ')}`);
}

/** Returns the tokens whose decision differs from the expected one. */
function unexpected(tokens, decisions) {
  const decided = (index) => (decisions[index].accepted ? 'accept' : 'reject');
  const wrong = tokens.filter(({ expected }, index) => expected !== undefined && expected !== decided(index));
  return wrong.map(({ family, token }) => `${family}: ${token}`);
}

/** Compares the claims of each token that both accept. */
function compareReadings(tokens, theirs, answers) {
  const explained = new Map(READINGS.map((line) => [line, 0]));
  const failures = [];
  tokens.forEach((entry, index) => {
    const [jose, ours] = [theirs[index], answers[index]];
    if (!jose.accepted || !ours.accepted) return;
    const line = READINGS.find(({ when }) => when(ours.claims, jose.claims));
    const alike = isDeepStrictEqual(ours.claims, jose.claims);
    if (!isDeepStrictEqual(inNanoseconds(ours.seen), inNanoseconds(seen(jose))) || (!alike && line === undefined)) {
      failures.push(`${describe(entry, jose, ours)}: ${JSON.stringify(ours.seen)}`);
    } else if (!alike) {
      explained.set(line, explained.get(line) + 1);
    }
  });
  return { explained, failures };
}

/** Rounds dates to nanoseconds, as a SystemTime does. */
function inNanoseconds(read) {
  const date = (value) => (value === null ? null : value.toFixed(9).replace(/^-(?=[0.]+$)/, ''));
  return { ...read, exp: date(read.exp), nbf: date(read.nbf), iat: date(read.iat) };
}

/** Returns the registered claims and the header as jose has read them. */
function seen({ header, claims }) {
  const { iss, sub = null, aud, exp, iat = null, nbf = null, jti = null } = claims;
  const alg = header.alg === 'EdDSA' ? 'Ed25519' : header.alg;
  return { iss, sub, aud: [aud].flat(), exp, iat, nbf, jti, kid: header.kid ?? null, alg, scopes: scopes(claims) };
}

function scopes({ scope, scp }) {
  const areTexts = (value) => [value].flat().every((piece) => typeof piece === 'string');
  const granted = [scope, scp].find(areTexts) ?? [];
  return [granted].flat().flatMap((piece) => piece.split(' ')).filter((piece) => piece !== '');
}

async function checkCorpus({ tokens }, theirs) {
  const families = [...new Set(tokens.map(({ family }) => family))];
  await check(`${tokens.length} tokens of ${families.length} families: at least ${MIN_TOKENS}`, () => {
    assert.ok(tokens.length >= MIN_TOKENS);
  });
  await check('the decisions of jose are those expected', () => none(unexpected(tokens, theirs)));
}

async function checkBackend(name, { tokens }, theirs, answers) {
  await check(`${name}: there is a decision for each token`, () => assert.equal(answers.length, tokens.length));
  await check(`${name}: the decisions of this crate are those expected`, () => none(unexpected(tokens, answers)));
  const { counts, explained, failures } = compare(tokens, theirs, answers);
  const { accept, reject } = counts;
  const others = tokens.length - accept - reject;
  console.log(`# ${name}: ${tokens.length} tokens: both accept ${accept}, both reject ${reject}, disagreements ${others}`);
  await check(`${name}: each disagreement is explained`, () => none(failures));
  for (const [{ rule, accepts, why }, count] of explained) {
    await checkLine(`${name}: accepted by ${accepts === 'jose' ? 'jose' : 'this crate'} only: ${rule}`, count, why);
  }
  const readings = compareReadings(tokens, theirs, answers);
  await check(`${name}: accepted tokens are read alike, or the difference is explained`, () => none(readings.failures));
  for (const [{ rule, why }, count] of readings.explained) {
    await checkLine(`${name}: read differently: ${rule}`, count, why);
  }
}

/** Checks that jose accepts what the test kit signs, and computes the same thumbprints. */
async function checkSigned(name, signed) {
  const algorithms = signed.map(({ jwk }) => jwk.alg);
  await check(`${name}: jose accepts the tokens of the test kit: ${algorithms.join(' ')}`, async () => {
    for (const alg of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87', 'ES256']) assert.ok(algorithms.includes(alg), alg);
    for (const { jwk, token } of signed) {
      assert.equal((await verifyWith(jwk, token)).protectedHeader.alg, jwk.alg);
      await assert.rejects(verifyWith(jwk, token.replace('.', '.e30').slice(0, -4)), jwk.alg);
    }
  });
  await check(`${name}: thumbprints of keys are those of jose`, async () => {
    for (const { jwk, thumbprint: ours } of signed) {
      if (ours !== null) assert.equal(ours, await thumbprint(jwk), jwk.alg);
    }
  });
}

/** Checks that a row of a table is needed. */
async function checkLine(rule, count, why) {
  await check(`${rule}: ${count} tokens (${why})`, () => assert.ok(count > 0, 'no token needs this row of the table'));
}

async function scenario(seed, binaries) {
  const folder = await mkdtemp(join(tmpdir(), 'differential-'));
  process.env.DIFFERENTIAL_FOLDER = folder;
  try {
    const corpus = await newCorpus(seed);
    await writeFile(join(folder, 'corpus.json'), JSON.stringify({ now: NOW, ...corpus }));
    const theirs = await judge(corpus);
    await checkCorpus(corpus, theirs);
    const backends = new Set();
    for (const binary of binaries) {
      const { backend, answers, signed } = await ask(binary, folder);
      backends.add(backend);
      await checkBackend(backend, corpus, theirs, answers);
      await checkSigned(backend, signed);
    }
    await check('each test binary has another backend', () => assert.equal(backends.size, binaries.length));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [seed, ...binaries] = process.argv.slice(2);
if (!/^\d+$/.test(seed ?? '') || binaries.length === 0) {
  console.error('usage: node differential.mjs SEED TEST-BINARY...');
  process.exit(2);
}
await runAll(TIME_LIMIT, () => scenario(Number(seed), binaries));
