// Keeps the key while the browser is at the issuer. IndexedDB stores a key that can't be exported:
// neither this page nor a copy of what a script can read has its private part.

import { newKey } from '/dpop.js';

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function keys(mode) {
  const opening = indexedDB.open('dpop', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  return (await done(opening)).transaction('keys', mode).objectStore('keys');
}

/** Returns the key of this browser, which is generated at the first time. */
export async function storedKey() {
  const stored = await done((await keys('readonly')).get('key'));
  if (stored !== undefined) return stored;
  const key = await newKey();
  await done((await keys('readwrite')).put(key, 'key'));
  return key;
}
