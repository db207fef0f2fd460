// Tools of the interop tests: counted checks, child processes that do not outlive the test, and
// HTTP requests with a time limit.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const REQUEST_LIMIT = 10_000;
const EXIT_LIMIT = 10_000;

const counts = { passed: 0, failed: 0 };
const children = new Set();

/** Runs one check, prints its line and counts it. A check fails by throwing. */
export async function check(name, body) {
  try {
    await body();
    counts.passed += 1;
    console.log(`ok - ${name}`);
  } catch (error) {
    fail(name, error);
  }
}

function fail(name, error) {
  counts.failed += 1;
  console.log(`not ok - ${name}: ${error.message.replaceAll(/\s+/g, ' ')}`);
}

/**
 * Runs the whole test within `limit` milliseconds, prints the totals and exits. Child processes are
 * killed.
 */
export async function runAll(limit, scenario) {
  process.on('exit', () => children.forEach(kill));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => finish(new Error(`ended by ${signal}`)));
  }
  setTimeout(() => finish(new Error(`not finished after ${limit / 1000} s`)), limit);
  try {
    await scenario();
    finish();
  } catch (error) {
    finish(error);
  }
}

function finish(error) {
  if (error) fail('the test completes', error);
  if (counts.failed > 0) children.forEach(showErrors);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exit(counts.failed === 0 ? 0 : 1);
}

/** Kills a child, and those that it has started if it is detached. */
function kill({ detached, process: { pid } }) {
  try {
    process.kill(detached ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended already, or never started.
  }
}

function showErrors(child) {
  if (child.stderr) console.error(`--- standard error of ${child.name}:\n${child.stderr.trimEnd()}\n---`);
}

/**
 * Starts a child process. Its standard error is printed if a check fails. One that starts processes
 * of its own must be detached, so that they end with the test.
 */
export function start(name, command, args, { detached = false } = {}) {
  const options = { detached, stdio: ['ignore', 'pipe', 'pipe'] };
  const child = { name, detached, process: spawn(command, args, options), stderr: '' };
  children.add(child);
  child.process.stderr.setEncoding('utf8').on('data', (text) => {
    child.stderr += text;
  });
  child.lines = createInterface({ input: child.process.stdout });
  child.exit = new Promise((resolve) => {
    child.process.once('error', (error) => resolve({ error: error.message }));
    child.process.once('close', (code, signal) => resolve({ code, signal }));
  });
  return child;
}

/** Returns the first line that the child prints. */
export async function firstLine(child, limit) {
  const line = once(child.lines, 'line').then(([text]) => text);
  return Promise.race([line, endedEarly(child), expired(limit, `${child.name} printed nothing`)]);
}

/** Waits until the URL sends any HTTP response. */
export async function reachable(child, url, limit) {
  const poll = async () => {
    const end = Date.now() + limit;
    while (Date.now() < end) {
      if (await get(url).catch(() => null)) return;
      await sleep(50);
    }
    throw new Error(`${url} did not respond`);
  };
  await Promise.race([poll(), endedEarly(child)]);
}

/**
 * Sends the signal, if one is given, and returns how the child ends: { code, signal }. `limit` is
 * in milliseconds.
 */
export async function ended(child, signal, limit = EXIT_LIMIT) {
  if (signal) child.process.kill(signal);
  return Promise.race([child.exit, expired(limit, `${child.name} is still running`)]);
}

async function endedEarly(child) {
  const exit = await child.exit;
  throw new Error(`${child.name} exited early: ${JSON.stringify(exit)}`);
}

async function expired(limit, message) {
  await sleep(limit, undefined, { ref: false });
  throw new Error(message);
}

/** Returns a port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export async function request(url, options = {}) {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(REQUEST_LIMIT), ...options });
  const text = await response.text();
  const header = (name) => response.headers.get(name);
  return { status: response.status, challenge: header('www-authenticate'), retryAfter: header('retry-after'), text };
}

export async function get(url, token) {
  return request(url, { headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
}
