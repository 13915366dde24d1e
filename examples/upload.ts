/**
 * Takes an upload of any size and answers with its length and SHA-256. It is entered when the request's
 * head is there and reads the body as it comes, a block at a time: streaming() asks for that.
 *
 *     curl -T some-file http://127.0.0.1:8000/
 */
import { createHash } from 'node:crypto';
import { type HeaderList, streaming } from 'wizgi';

export const application = streaming(async (environ, startResponse) => {
  if (environ.REQUEST_METHOD !== 'PUT' && environ.REQUEST_METHOD !== 'POST') {
    const headers: HeaderList = [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Allow', 'PUT, POST'],
    ];
    startResponse('405 Method Not Allowed', headers);
    return ['Send something here with PUT or POST, as in: curl -T some-file URL\n'];
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const block of environ['wizgi.input'] ?? []) {
    hash.update(block);
    bytes += block.length;
  }
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [`${JSON.stringify({ bytes, sha256: hash.digest('hex') })}\n`];
});
