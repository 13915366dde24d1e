import type { KitCase } from '../case.ts';
import { ask, HTTP, IN_PEP, may, must, NOT_INJECTED, program, should } from './form.ts';

const answer = (status: string) => program(`start ${status}`, 'return list', 'b text');

export const statusCases: readonly KitCase[] = [
  must(
    'status.code',
    'the status is sent',
    IN_PEP.start,
  )(ask(answer('404 Not Found'), { status: 404, reason: 'Not Found', content: 'text' })),
  must(
    'status.reason',
    'the reason is sent as it is',
    IN_PEP.start,
  )(ask(answer('200 Froody  day!'), { status: 200, reason: 'Froody  day!' }), HTTP),
  must(
    'status.unknown',
    'a status that nobody has registered is sent',
    'RFC 9110 §15',
  )(ask(answer('299 Fine'), { status: 299, content: 'text' })),
  should(
    'status.octets',
    'each character of the reason is one octet',
    IN_PEP.unicode,
  )(ask(answer('200 caf\u00e9'), { status: 200, reason: 'caf\u00e9' }), HTTP),
  may(
    'status.empty-reason',
    'the reason may be empty',
    'RFC 9112 §4',
  )(ask(answer('299 '), { status: 299, reason: '' }), HTTP),
  should(
    'status.line-break',
    'a line break in the status adds no header',
    'RFC 9112 §11.1',
  )(ask(answer('200 OK\r\nX-Injected: yes'), NOT_INJECTED)),
];
