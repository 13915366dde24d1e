import type { KitCase } from '../case.ts';
import { ask, CLOSE, eventually, IN_PEP, must, should } from './form.ts';

const HAS = { needs: ['file_wrapper'] } as const;
const REMEMBERED = { needs: ['file_wrapper', 'one process'] } as const;

export const fileCases: readonly KitCase[] = [
  must(
    'file.open',
    'an open file is sent',
    IN_PEP.file,
  )(
    ask('/file?file=open&size=200000', {
      status: 200,
      content: { length: 200_000, matches: '^(0123456789)+$' },
    }),
    HAS,
  ),
  must(
    'file.memory',
    'something that can only be read from is sent',
    IN_PEP.file,
  )(
    ask('/file?file=memory&size=200000', {
      status: 200,
      content: { length: 200_000, matches: '^(0123456789)+$' },
    }),
    HAS,
  ),
  must(
    'file.position',
    'an open file is sent from its position on',
    IN_PEP.file,
  )(ask('/file?file=open&size=25&at=15', { content: '5678901234' }), HAS),
  must(
    'file.block-size',
    'a block size may be given with a file',
    IN_PEP.file,
  )(ask('/file?file=memory&size=25&block=7', { content: '0123456789012345678901234' }), HAS),
  must(
    'file.empty',
    'an empty file is sent',
    IN_PEP.file,
  )(ask('/file?file=open&size=0', { status: 200, content: '' }), HAS),
  must(
    'file.length',
    'no more of a file is sent than the Content-Length',
    IN_PEP.file,
  )(
    [
      { send: { target: '/file?file=open&size=100&at=3&length=4', headers: [CLOSE] } },
      { answer: { content: '3456' } },
      { ended: true },
    ],
    HAS,
  ),
  must(
    'file.hidden',
    'middleware may iterate over a wrapped file',
    IN_PEP.file,
  )(ask('/file?file=open&size=25&as=hidden', { content: '0123456789012345678901234' }), HAS),
  must(
    'file.dropped',
    'nothing is sent of a file that is not returned',
    IN_PEP.file,
  )(
    [
      ...ask('/file?file=memory&size=25&as=dropped&k={key}', { content: 'dropped' }),
      eventually({ 'file-read': 0, 'file-close': 1 }),
    ],
    REMEMBERED,
  ),
  must(
    'file.close',
    'a file is closed after it was sent',
    IN_PEP.file,
  )(
    [...ask('/file?file=open&size=25&k={key}', { status: 200 }), eventually({ 'file-close': 1 })],
    REMEMBERED,
  ),
  must(
    'file.closeless',
    'a file without close() is sent',
    IN_PEP.file,
  )(ask('/file?file=memory&size=5&closeless=', { content: '01234' }), HAS),
  must(
    'file.head',
    'nothing of a file is sent in an answer to HEAD',
    IN_PEP.file,
  )(
    [
      { send: { method: 'HEAD', target: '/file?file=open&size=25', headers: [CLOSE] } },
      { answer: { status: 200 } },
      { ended: true },
    ],
    HAS,
  ),
  should(
    'file.304',
    'nothing of a file is sent with a status that has no content',
    IN_PEP.file,
  )(
    [
      { send: { target: '/file?file=open&size=25&status=304%20Not%20Modified', headers: [CLOSE] } },
      { answer: { status: 304 } },
      { ended: true },
    ],
    HAS,
  ),
];
