// Claims of all forms, with valid signatures: dates, audiences, issuers, strings of other types,
// and missing claims.

import { claims, header, object, quoted, signMembers, signTexts, token } from './corpus.mjs';
import { AUDIENCE, ISSUER, LEEWAY, NOW, SECOND_AUDIENCE } from './keys.mjs';

const DATES = ['exp', 'nbf', 'iat'];

const OFFSETS = [
  -1e9, -3600, -61, -60.5, -60.001, -60, -59.999, -59, -1, 0, 0.25, 1, 59, 59.999, 60, 60.001, 60.5, 61, 300,
];

const DATE_FORMS = [
  // Numbers of all forms.
  '0', '-0', '-0.0', '0.0', '0e5', '1', '-1', '-0.5', '-1800000300', '1e9', '1.8e9', '1.8000003e9', '18000003E2',
  '1e10', '18000003000e-1', '1800000300.0', '1800000300.000000001', '1800000300.999', '253402300799', '253402300799.0',
  '253402300800', '1800000300000', '4102444800', '2147483648', '4294967296', '9007199254740993', '9223372036854775807',
  '9223372036854775808', '18446744073709551615', '18446744073709551616', '-9223372036854775808', '1e20', '1e300',
  '-1e300', '1e-300', '1e-400', '-1e-300', '1.7976931348623157e308', '1e400', '-1e400', '1e999999999',
  `1${'0'.repeat(400)}`, `1800000300.${'3'.repeat(400)}`, '0.000000000000000000000000000018000003e38',
  // JSON that is not a number.
  'null', 'true', 'false', '""', '"1800000300"', '"NaN"', '"2027-01-15T08:05:00Z"', '[]', '[1800000300]', '{}',
  '{"$numberLong":"1800000300"}', '{"$serde_json::private::Number":"1800000300"}',
  // Not JSON.
  'NaN', 'Infinity', '-Infinity', '01800000300', '+1800000300', '1_800_000_300', '.5', '5.', '1.e9', '1e', '1e+',
  '0x6b49d200', '1800000300n', '- 1', 'undefined', '',
];

const AUDIENCE_FORMS = [
  '""', '[]', '[""]', 'null', 'true', '0', '1.5', '{}', '[null]', '[1]', '[[]]', '"*"', '"https://api.example/"',
  '"https://API.example"', '" https://api.example"', '"https://api.example "', '"https://api.exampl"',
  '"https://api.example urn:second"', '"https://api.example,urn:second"', quoted(quoted([AUDIENCE])),
  quoted([[AUDIENCE]]), quoted({ 0: AUDIENCE, length: 1 }), quoted({ [AUDIENCE]: true }), quoted([AUDIENCE]),
  quoted(SECOND_AUDIENCE), quoted(['x', SECOND_AUDIENCE]),
  quoted(Array.from({ length: 300 }, (_, at) => `x${at}`).concat(AUDIENCE)), '"https:\\/\\/api.example"',
  '"\\u0068ttps://api.example"', '"https://api.example\\u0000"', `[${quoted(AUDIENCE)},]`,
  ...['1', 'null', 'true', '{}', '[]', '1e400'].flatMap((other) => [
    `[${quoted(AUDIENCE)},${other}]`, `[${other},${quoted(AUDIENCE)}]`,
  ]),
];

const ISSUER_FORMS = [
  '""', 'null', 'true', '1', '[]', '{}', quoted([ISSUER]), quoted({ iss: ISSUER }), quoted(`${ISSUER}/`),
  quoted(` ${ISSUER}`), quoted(`${ISSUER} `), quoted(ISSUER.toUpperCase()), quoted('https://ISSUER.example'),
  quoted('http://issuer.example'), quoted('https://issuer.example:443'), quoted('issuer.example'),
  quoted(`${ISSUER}\u0000`), quoted('https://іssuer.example'), quoted(ISSUER.slice(0, -1)),
  '"https:\\/\\/issuer.example"', '"\\u0068ttps://issuer.example"', quoted(quoted(ISSUER)),
];

const TEXT_FORMS = [
  '""', '"x"', 'null', 'true', '0', '1.5', '[]', '["x"]', '{}', '"\\u0000"', '"\\ud83d\\ude00"', '[[[["x"]]]]',
];

function addDates(corpus) {
  const sign = (claim, text) => token(corpus.anyKey(), { body: { [claim]: text } });
  for (const claim of DATES) {
    for (const offset of OFFSETS) {
      corpus.add('dates near a limit', 'keys', sign(claim, `${NOW + offset}`));
      corpus.add('dates near a limit', 'keys', sign(claim, `${(NOW + offset) * 1000}e-3`));
      corpus.add('dates near a limit', 'keys', sign(claim, `${(NOW + offset) / 1000}E+3`));
    }
    for (const text of DATE_FORMS) corpus.add('forms of dates', 'keys', sign(claim, text));
    for (const text of ['0', '1800000000', 'null', '"1800000300"', '-1']) {
      corpus.add('forms of dates', 'secret', token(corpus.keys.hs, { body: { [claim]: text } }));
    }
  }
  const { random } = corpus;
  for (let count = 0; count < 60; count += 1) {
    const near = () => `${NOW + random.pick([-1, 1]) * (LEEWAY + random.between(-2, 2))}`;
    const body = { exp: near(), nbf: near(), iat: near() };
    corpus.add('dates near a limit', 'keys', token(corpus.anyKey(), { body }));
  }
}

function addNames(corpus) {
  for (const [claim, forms] of [['aud', AUDIENCE_FORMS], ['iss', ISSUER_FORMS]]) {
    for (const text of forms) {
      corpus.add(`forms of ${claim}`, 'keys', token(corpus.anyKey(), { body: { [claim]: text } }));
      corpus.add(`forms of ${claim}`, 'secret', token(corpus.keys.hs, { body: { [claim]: text } }));
    }
  }
}

function accessToken(corpus, changes, typ = '"at+jwt"') {
  const key = corpus.keys[corpus.random.pick(['es', 'ed'])];
  return signMembers(key, header(key, { typ }), claims({ client_id: '"app"', ...changes }));
}

function addTexts(corpus) {
  for (const text of TEXT_FORMS) {
    for (const claim of ['sub', 'jti', 'client_id', 'scope', 'scp', 'name']) {
      corpus.add('texts of other types', 'keys', token(corpus.anyKey(), { body: { [claim]: text } }));
      corpus.add('texts of other types', 'access', accessToken(corpus, { [claim]: text }));
    }
  }
}

/** Adds tokens without each possible subset of the claims. */
function addMissing(corpus) {
  const names = claims().map(([name]) => name);
  for (let mask = 0; mask < 2 ** names.length; mask += 1) {
    const left = names.filter((_, place) => (mask >> place) & 1);
    const changes = Object.fromEntries(left.map((name) => [name, undefined]));
    corpus.add('claims left out', 'keys', token(corpus.anyKey(), { body: changes }));
    corpus.add('claims left out', 'access', accessToken(corpus, changes));
    corpus.add('claims left out', 'access', accessToken(corpus, { ...changes, client_id: undefined }));
  }
}

/** Adds tokens with a similar name in place of that of a claim. */
function addMisspelled(corpus) {
  for (const name of ['iss', 'aud', 'exp']) {
    const [, value] = claims().find(([other]) => other === name);
    for (const other of [name.toUpperCase(), ` ${name}`, `${name} `, `${name}\u0000`, `x${name}`, '__proto__']) {
      const body = { [name]: undefined, [other]: value };
      corpus.add('names of claims', 'keys', token(corpus.anyKey(), { body }), 'reject');
    }
    const rest = object(claims({ [name]: undefined })).slice(0, -1);
    const sign = (text) => signTexts(corpus.keys.es, object(header(corpus.keys.es)), text);
    const inherited = `${rest},"__proto__":{"${name}":${value}}}`;
    corpus.add('names of claims', 'keys', sign(inherited), 'reject');
    const escapedName = [...name].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('');
    const escaped = `${rest},"${escapedName}":${value}}`;
    corpus.add('names of claims', 'keys', sign(escaped), 'accept');
  }
}

export function addClaims(corpus) {
  addDates(corpus);
  addNames(corpus);
  addTexts(corpus);
  addMissing(corpus);
  addMisspelled(corpus);
}
