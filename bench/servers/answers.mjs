/** What every contestant answers. Only the server around it differs. */

export const TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = 'application/json; charset=utf-8';
export const BINARY = 'application/octet-stream';

export const HELLO = 'Hello, world!\n';

/** The `body-64k` answer: one buffer. */
export const BODY = bytes(64 * 1024);

/** The `stream-1m` answer: this block, 64 times. */
export const BLOCK = bytes(16 * 1024);
export const BLOCKS = 64;

/** The `json-post` answer: a small object that cannot be told without having parsed the order. */
export function receipt(order) {
  let total = 0;
  for (const line of order.lines) total += line.quantity * line.price;
  return { id: order.id, lines: order.lines.length, total };
}

/** The `stream-1m` answer as fetch handlers give it. */
export function blockStream() {
  let left = BLOCKS;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(BLOCK);
      left -= 1;
      if (left === 0) controller.close();
    },
  });
}

function bytes(length) {
  const block = new Uint8Array(length);
  for (let i = 0; i < length; i++) block[i] = 97 + (i % 26);
  return block;
}
