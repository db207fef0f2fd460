// Values of `htu` for a proof of a request for https://api.example/whoami.

import { ORIGIN } from './corpus.mjs';

const onOrigin = (...paths) => paths.map((path) => ORIGIN + path);

/** Equal to the URL of the request after the normalization of RFC 3986 §6.2.2 and §6.2.3. */
export const EQUAL = [
  ...onOrigin(
    '/whoami?', '/whoami?x=y', '/whoami#', '/whoami#x', '/whoami?x#y', '/./whoami', '/x/../whoami', '/%2e/whoami',
    '/x/%2E%2e/whoami', '/././././whoami', '/../../whoami', '/.%2e/whoami', '/x/./../whoami', '/whoami?%',
    '/whoami#%zz', '/whoami?[x]',
  ),
  'HTTPS://api.example/whoami',
  'Https://API.Example/whoami',
  'https://api.example:443/whoami',
  'https://api.example:/whoami',
];

/** URLs of something else, and texts that are no URLs. */
export const OTHER = [
  ...onOrigin(
    '/', '', '/whoami/', '//whoami', '/whoami//', '/Whoami', '/WHOAMI', '/whoami%2F', '/whoami%2f', '/whoami;x',
    '/whoami%3Fx', '/whoami%23', '/whoami.', '/whoami/..', '/whoami/.', '/public', '/whoami%20', '/whoami%00',
    '/x%2F..%2Fwhoami', '/wh%6', '/whoami%',
  ),
  'http://api.example/whoami', 'http://api.example:443/whoami', 'https://api.example:80/whoami',
  'https://api.example:8443/whoami', 'https://api.example:65536/whoami', 'https://api.example:65979/whoami',
  'https://api.example:x/whoami', 'https://api.example:-443/whoami', 'https://api.example:443:443/whoami',
  'https://other.example/whoami', 'https://api.example.evil/whoami', 'https://api.example@evil/whoami',
  'https://evil#api.example/whoami', 'https://xapi.example/whoami', 'https://example/whoami',
  'https://127.0.0.1/whoami', 'https://[::1]/whoami', 'wss://api.example/whoami', 'ftp://api.example/whoami',
  'https://user@api.example/whoami', 'https://user:password@api.example/whoami', 'https://api.example./whoami',
  'https://api.example\u0000/whoami', 'urn:api.example:whoami', '/whoami', 'whoami', 'api.example/whoami',
  '//api.example/whoami', '*', 'https://', 'https:', 'https:///whoami', 'data:,x',
];

/** Texts that only oauth4webapi takes for the URL of the request: its parser is that of WHATWG. */
export const REPAIRED = [
  'https:api.example/whoami', 'https:/api.example/whoami', 'https:///api.example/whoami',
  'https:\\\\api.example\\whoami', 'https://api.example\\whoami', ' https://api.example/whoami',
  'https://api.example/whoami ', '\thttps://api.example/whoami', 'ht\ntps://api.example/whoami',
  'https://api.exa\tmple/whoami', 'https://api.example/who\r\nami', 'https://@api.example/whoami',
  'https://:@api.example/whoami', 'https://api.example:0443/whoami', 'https://%61pi.example/whoami',
  'https://\uff41pi.example/whoami', 'https://api\u3002example/whoami', 'https://api\u00ad.example/whoami',
  ...onOrigin('/whoami?x=\u00e9', '/whoami#\u00e9', '/whoami?"', '/whoami?a b', '/whoami#<x>'),
];

/** URLs that only this crate takes for that of the request. */
export const UNESCAPED = onOrigin('/%77hoami', '/who%61mi');
