// How the service authenticates at the introspection endpoint: with a signed assertion
// (`private_key_jwt`, RFC 7523) and with a certificate (RFC 8705 §2), a right and a wrong one each.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newAuthority, newKeyPair } from '../bound/certificates.mjs';
import { check } from '../harness.mjs';
import { expectStatus, expired, health, startExample } from './example.mjs';
import { authority, certifiedApi, selfSignedApi, signingApi } from './provider.mjs';

/** The provider, a token of it, and the means to start the example with files. */
class Setup {
  #folder;
  #files = 0;

  constructor(binary, provider, token, folder) {
    Object.assign(this, { binary, provider, token });
    this.#folder = folder;
  }

  async file(text) {
    this.#files += 1;
    const path = join(this.#folder, `${this.#files}.pem`);
    await writeFile(path, text);
    return path;
  }

  async withKey({ client_id }, { privateKey }) {
    const key = await this.file(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    return startExample(this.binary, this.provider, { client_id }, '--key', key);
  }

  async withCertificate({ client_id }, { cert, key }, trusted = authority) {
    const files = ['--identity', await this.file(cert + key), '--authority', await this.file(trusted.cert)];
    return startExample(this.binary, this.provider, { client_id }, ...files);
  }

  /** Asserts that the token is accepted, and again after a second question. Returns the questions. */
  async expectAccepted(server) {
    const before = this.provider.questions.length;
    await expectStatus(server, this.token, 200);
    await expired();
    await expectStatus(server, this.token, 200);
    const questions = this.provider.questions.slice(before);
    assert.equal(questions.length, 2);
    return questions;
  }

  /** Asserts that the provider has rejected the credentials, and that this is shown. */
  async expectDenied(server) {
    await expectStatus(server, this.token, 503);
    assert.equal((await health(server)).introspection.denied, true);
    assert.match(server.child.stderr, /ERROR.*rejects the credentials/);
  }
}

async function checkKeys(setup) {
  await check('private_key_jwt: a new assertion is signed for each question', async () => {
    const server = await setup.withKey(signingApi, signingApi.keyPair);
    const questions = await setup.expectAccepted(server);
    assert.ok(questions.every(({ headers }) => headers.authorization === undefined));
    // The provider accepts an assertion once. None is in the log.
    assert.ok(!server.child.stderr.includes('eyJ'), server.child.stderr);
  });
  await check('private_key_jwt: another key is rejected', async () => {
    await setup.expectDenied(await setup.withKey(signingApi, newKeyPair()));
  });
}

async function checkCertificates(setup) {
  await check('tls_client_auth: the certificate is presented to the alias of the endpoint', async () => {
    const server = await setup.withCertificate(certifiedApi, certifiedApi.certificate);
    const questions = await setup.expectAccepted(server);
    assert.ok(questions.every(({ overTls }) => overTls));
  });
  await check('tls_client_auth: the certificate of another client is rejected', async () => {
    await setup.expectDenied(await setup.withCertificate(certifiedApi, authority.issue('other-api')));
  });
  await check('tls_client_auth: a certificate of another authority is rejected', async () => {
    const forged = newAuthority('another').issue(certifiedApi.client_id);
    await setup.expectDenied(await setup.withCertificate(certifiedApi, forged));
  });
  await check('self_signed_tls_client_auth: the registered certificate is accepted', async () => {
    await setup.expectAccepted(await setup.withCertificate(selfSignedApi, selfSignedApi.certificate));
  });
  await check('self_signed_tls_client_auth: another certificate is rejected', async () => {
    const renamed = authority.issue('any name');
    await setup.expectDenied(await setup.withCertificate(selfSignedApi, renamed));
  });
  await check('a provider with a certificate of another authority is not asked', async () => {
    const before = setup.provider.questions.length;
    const server = await setup.withCertificate(certifiedApi, certifiedApi.certificate, newAuthority('another'));
    await expectStatus(server, setup.token, 503);
    assert.equal(setup.provider.questions.length, before);
    assert.equal((await health(server)).introspection.denied, false);
  });
}

export async function checkClientAuthentication(binary, provider, token) {
  const folder = await mkdtemp(join(tmpdir(), 'introspection-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const setup = new Setup(binary, provider, token, folder);
  await checkKeys(setup);
  await checkCertificates(setup);
}
