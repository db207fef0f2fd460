// Unusual spellings of the compact form, its base64url and its JSON, each with a valid signature.

import { claims, header, object, quoted, signParts, signTexts, token } from './corpus.mjs';
import { encode } from './keys.mjs';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Returns the text with unused bits of its last character set, if there are any. */
function otherBits(text, bits) {
  const unused = { 2: 4, 3: 2 }[text.length % 4];
  if (unused === undefined) return text;
  const last = ALPHABET.indexOf(text.at(-1)) | (bits % 2 ** unused);
  return text.slice(0, -1) + ALPHABET[last];
}

const insert = (text, at, piece) => text.slice(0, at) + piece + text.slice(at);
const middle = (text) => Math.floor(text.length / 2);

const STRANGE = [' ', '\n', '\r\n', '\t', '\f', '\v', '\u00a0', '\u0000', '\u200b', '*', 'é', '%', '.', '😀'];
const SPELLINGS = [
  ...['=', '==', '===', 'A', 'AA', '%3D'].map((end) => (text) => text + end),
  (text) => text.padEnd(Math.ceil(text.length / 4) * 4, '='),
  (text) => `=${text}`,
  (text) => insert(text, middle(text), '='),
  (text) => text.slice(0, -1),
  (text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  encode,
  ...STRANGE.flatMap((piece) => [
    (text) => text + piece, (text) => piece + text, (text) => insert(text, middle(text), piece),
  ]),
  ...[1, 2, 3, 8, 15].map((bits) => (text) => otherBits(text, bits)),
  () => '',
];

function addBase64(corpus) {
  for (const key of [corpus.keys.es, corpus.keys.ed, corpus.keys.rs, corpus.keys.hs]) {
    const rules = key.name === 'hs' ? 'secret' : 'keys';
    // Three lengths of each part, since base64url can end in three ways.
    for (const filling of ['', 'x', 'xx']) {
      const parts = [object(header(key, { x: quoted(filling) })), object(claims({ x: quoted(filling) }))].map(encode);
      for (const spell of SPELLINGS) {
        corpus.add('base64url', rules, signParts(key, spell(parts[0]), parts[1]));
        corpus.add('base64url', rules, signParts(key, parts[0], spell(parts[1])));
        if (filling === '') {
          const [first, second, third] = signParts(key, ...parts).split('.');
          corpus.add('base64url', rules, [first, second, spell(third)].join('.'));
        }
      }
    }
  }
}

function addForms(corpus) {
  const { keys } = corpus;
  for (const key of [keys.es, keys.rs, keys.ed]) {
    const valid = token(key);
    const [first, second, third] = valid.split('.');
    const wrong = [
      '', '.', '..', '...', first, `${first}.${second}`, `${first}.${second}.`, `.${second}.${third}`,
      `${first}..${third}`, `${valid}.`, `.${valid}`, `${valid}.${third}`, `${valid}..`,
      `${first}.${second}.${third}.${third}.${third}`, valid.replaceAll('.', ' '), valid.replaceAll('.', '\u3002'),
      `Bearer ${valid}`, `bearer ${valid}`, ` ${valid}`, `"${valid}"`, `${valid},${valid}`, `${valid} ${valid}`, `${valid};`,
      `${valid}#x`, `${valid}?x`, encode(valid), `\ufeff${valid}`, '.'.repeat(5000), `${second}.${first}.${third}`,
      `${third}.${second}.${first}`, quoted({ payload: second, protected: first, signature: third }),
      quoted({ payload: second, signatures: [{ protected: first, signature: third }] }),
    ];
    for (const text of wrong) corpus.add('the compact form', 'keys', text, 'reject');
    for (const end of [' ', '\n', '\u0000', '\t']) corpus.add('the compact form', 'keys', valid + end);
  }
}

/** Returns texts that are almost a JSON object, made from a valid one. */
function nearly(text) {
  const cut = text.slice(0, -1);
  const odd = [
    '', ' ', 'null', 'true', '1', '"text"', '[]', '{', '}', '{}', '{{}}', cut, `[${text}]`, `${text}x`,
    `${text}${text}`, `${text},`, `${cut},}`, `${text}\u0000`, `\u0000${text}`, `\ufeff${text}`, `\ufeff\ufeff${text}`,
    `${text}\u00a0`, `\u000b${text}`, `${text}\u2028`, `/**/${text}`, `//\n${text}`, text.replaceAll('"', "'"),
    `{,${text.slice(1)}`, text.replace(':', '='), text.replace(',', ',,'), text.replace(',', ';'), quoted(text),
    ` \n${text}\r\t`,
  ];
  const values = [
    '"\u0001"', '"\t"', '"\n"', '"\u007f"', '"\\x41"', '"\\u12"', '"\\uD83D"', '"\\uDE00"', '"\\uD83D\\uD83D"',
    '"\\ud83d\\ude00"', '"\\u0000"', '"\\', '"\\"', '01', '-', '--1', '1e400', '-1e400', '1e-400', '1E+2', '.5', '5.',
    '0x1', 'NaN', 'Infinity', 'undefined', 'nul', 'True', "'x'", '[1,]', '[,1]', '{"a":1,}', '{"a":1,"a":2}', '{a:1}',
    '{"\\ud800":1}', '[1 2]', '"\u2028"', '"é"', '"\\u00e9"', '-0', '1e5', '123456789012345678901234567890',
    '0.1234567890123456789', '5e-324', '2.2250738585072011e-308', '9007199254740993', '-9223372036854775809',
  ];
  const members = ['"\\ud800":1', '"\\u0078":1,"y":2', 'x:1', ...values.map((value) => `"x":${value}`)];
  return [...odd, ...members.map((member) => `${cut},${member}}`)];
}

function addJson(corpus) {
  const { keys } = corpus;
  for (const [key, rules] of [[keys.es, 'keys'], [keys.ed, 'keys'], [keys.hs, 'secret']]) {
    const [head, body] = [object(header(key)), object(claims())];
    for (const text of nearly(head)) corpus.add('JSON of headers', rules, signTexts(key, text, body));
    for (const text of nearly(body)) corpus.add('JSON of payloads', rules, signTexts(key, head, text));
  }
}

/** Adds bytes that are not UTF-8, and other encodings. */
function addBytes(corpus) {
  const key = corpus.keys.ed;
  const [head, body] = [object(header(key)), object(claims())];
  const bad = ['ff', 'c3', 'c328', 'eda080', 'c0af', 'f5808080', 'f0808080', 'e0809f', '80', 'fffe'];
  for (const bytes of [...bad, 'f48fbfbf', 'efbfbe', 'c3a9'].map((hex) => Buffer.from(hex, 'hex'))) {
    const within = (text) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), bytes, Buffer.from('"}')]);
    corpus.add('bytes', 'keys', signTexts(key, within(head), body));
    corpus.add('bytes', 'keys', signTexts(key, head, within(body)));
  }
  for (const encoding of ['utf16le', 'latin1']) {
    corpus.add('bytes', 'keys', signTexts(key, head, Buffer.from(object(claims({ sub: '"é"' })), encoding)), 'reject');
  }
}

/** Returns the object with each of its members duplicated, before the others or after them. */
function twice(members) {
  const text = object(members);
  return members.flatMap(([name, value]) => [value, 'null', '"none"', '1', '[]'].flatMap((other) => {
    const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
    const added = [`"${name}":${other}`, `"${escaped}":${other}`];
    return added.flatMap((member) => [`{${member},${text.slice(1)}`, `${text.slice(0, -1)},${member}}`]);
  }));
}

/** Adds duplicate members: with equal values or not, spelled alike or not, nested or not. */
function addDuplicates(corpus) {
  const key = corpus.keys.ed;
  const sign = (first, second) => corpus.add('duplicate members', 'keys', signTexts(key, first, second));
  const [head, body] = [object(header(key)), object(claims())];
  twice(claims({ x: '1' })).forEach((text) => sign(head, text));
  twice(header(key, { x: '1' })).forEach((text) => sign(text, body));
  sign(head, object(claims({ x: '{"a":1,"a":2}', y: '[{"exp":1,"exp":2}]' })));
  sign(object(header(key, { x: '{"alg":1,"alg":2}' })), body);
}

function addSizes(corpus) {
  const { keys } = corpus;
  const filled = (key, length) => token(key, { body: { x: quoted('x'.repeat(length)) } });
  for (const [key, rules] of [[keys.ed, 'keys'], [keys.hs, 'secret']]) {
    const most = Math.floor(((16384 - filled(key, 0).length) * 3) / 4);
    for (let length = most - 6; length <= most + 6; length += 1) corpus.add('sizes', rules, filled(key, length));
    for (const length of [100, 1000, 5000, 20_000, 100_000]) corpus.add('sizes', rules, filled(key, length));
    for (const count of [10, 24, 25, 100, 900]) {
      const many = Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${at}`, `${at}`]));
      corpus.add('sizes', rules, token(key, { body: many }));
      corpus.add('sizes', rules, token(key, { head: many }));
    }
    for (const depth of [1, 50, 120, 124, 125, 126, 127, 128, 129, 130, 200, 1000]) {
      for (const [open, close] of [['[', ']'], ['{"a":', '}']]) {
        const deep = `${open.repeat(depth)}1${close.repeat(depth)}`;
        corpus.add('sizes', rules, token(key, { body: { x: deep } }));
        corpus.add('sizes', rules, token(key, { head: { x: deep } }));
        corpus.add('sizes', rules, token(key, { body: { x: open.repeat(depth) } }), 'reject');
      }
    }
  }
}

export function addTexts(corpus) {
  addBase64(corpus);
  addForms(corpus);
  addJson(corpus);
  addBytes(corpus);
  addDuplicates(corpus);
  addSizes(corpus);
}
