// gRPC-Web by hand. Every message is a `google.protobuf.StringValue`. With a `.proto` file, a
// generator such as `protoc-gen-es` writes this.

const TRAILERS = 0x80;

/** Returns the bytes of a short text as a message in its frame. */
function framed(text) {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 127) throw new Error('too long for a length of one byte');
  const message = bytes.length === 0 ? [] : [0x0a, bytes.length, ...bytes];
  return new Uint8Array([0, 0, 0, 0, message.length, ...message]);
}

/** Returns the text of a message. */
const textOf = (message) => new TextDecoder().decode(message.subarray(2));

/** Returns the parts of `grpc-status` and `grpc-message` in a map of headers or trailers. */
function statusOf(get) {
  return {
    code: Number(get('grpc-status')),
    message: decodeURIComponent(get('grpc-message') ?? ''),
  };
}

function ofTrailers(bytes) {
  const lines = new TextDecoder().decode(bytes).split('\r\n');
  const pairs = lines.map((line) => line.split(/:\s*(.*)/s, 2));
  const trailers = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  return statusOf((name) => trailers.get(name));
}

/**
 * Calls a method with `send`, which is like `fetch`. Calls `onMessage` with each message, until
 * that returns false, and returns the status: { code, message }; `null` if the call was given up.
 */
export async function call(send, url, text, onMessage) {
  const headers = { 'Content-Type': 'application/grpc-web+proto', 'X-Grpc-Web': '1' };
  const stop = new AbortController();
  const response = await send(url, {
    method: 'POST',
    headers,
    body: framed(text),
    signal: stop.signal,
  });
  // A rejection has the status in its headers, and no body.
  if (response.headers.has('grpc-status')) return statusOf((name) => response.headers.get(name));
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  for await (const { flags, bytes } of frames(response.body.getReader())) {
    if (flags & TRAILERS) return ofTrailers(bytes);
    if (onMessage(textOf(bytes)) === false) {
      stop.abort();
      return null;
    }
  }
  throw new Error('the response has no status');
}

/** Returns the frames of a body: one byte of flags, four of the length, and the content. */
async function* frames(reader) {
  let buffer = new Uint8Array();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer = new Uint8Array([...buffer, ...value]);
    while (buffer.length >= 5) {
      const end = 5 + new DataView(buffer.buffer).getUint32(1);
      if (buffer.length < end) break;
      yield { flags: buffer[0], bytes: buffer.subarray(5, end) };
      buffer = buffer.slice(end);
    }
  }
}
