// Lets `@modelcontextprotocol/conformance` start on Node 20, whose `fs` has no `globSync`. It needs
// that function only for a command that is not used here.

import fs from 'node:fs';
import { register } from 'node:module';

if (!fs.globSync) register(import.meta.url);

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith('/conformance/dist/index.js')) return loaded;
  const source = loaded.source.toString();
  return { ...loaded, source: source.replace(/\bglobSync as (\w+),/, '') };
}
