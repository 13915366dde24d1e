import type { KitCase, Message, Step, ValueMatch } from '../case.ts';
import { ask, HTTP, IN_PEP, may, must, should } from './form.ts';

/** A request with these header fields, and what becomes of them. */
function become(
  headers: NonNullable<Message['headers']>,
  variables: Readonly<Record<string, ValueMatch>>,
): readonly Step[] {
  const json = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`/environ/${name}`, value]),
  );
  return ask({ target: '/environ', headers }, { status: 200, json });
}

const ABSENT: ValueMatch = { absent: true };

export const fieldCases: readonly KitCase[] = [
  must(
    'fields.variable',
    'a header field is in the environ as HTTP_*',
    IN_PEP.environ,
  )(
    become([['X-Kit-Field', 'Some value; a="b, c"']], { HTTP_X_KIT_FIELD: 'Some value; a="b, c"' }),
  ),
  must(
    'fields.absent',
    'there is no variable for a field that was not sent',
    IN_PEP.environ,
  )(become([], { HTTP_X_KIT_FIELD: ABSENT, HTTP_COOKIE: ABSENT })),
  must('fields.host', 'HTTP_HOST is the Host', IN_PEP.environ)(become([], { HTTP_HOST: '{host}' })),
  must(
    'fields.case',
    'names of fields are the same in all cases',
    'RFC 9110 §5.1',
  )(become([['x-KIT-field', 'a']], { HTTP_X_KIT_FIELD: 'a' })),
  should(
    'fields.empty',
    'an empty field is an empty string',
    IN_PEP.environ,
  )(become([['X-Kit-Field', '']], { HTTP_X_KIT_FIELD: '' })),
  must(
    'fields.repeated',
    'fields of the same name are joined by commas, in order',
    'RFC 3875 §4.1.18',
  )(
    become(
      [
        ['X-Kit-Field', 'a'],
        ['X-Other', 'x'],
        ['X-Kit-Field', 'b'],
      ],
      { HTTP_X_KIT_FIELD: { matches: '^a, ?b$' } },
    ),
  ),
  should(
    'fields.cookies',
    'several Cookie fields are joined so that they mean the same',
    'RFC 3875 §4.1.18',
  )(
    become(
      [
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
      ],
      { HTTP_COOKIE: { matches: '^a=1; ?b=2$' } },
    ),
  ),
  must(
    'fields.octets',
    'each octet of a value is one character',
    IN_PEP.unicode,
  )(
    become([['X-Kit-Field', 'caf\u00e9 \u00c3\u00a9']], {
      HTTP_X_KIT_FIELD: 'caf\u00e9 \u00c3\u00a9',
    }),
  ),
  must(
    'fields.blanks',
    'blanks around a value are left out, those inside stay',
    'RFC 9112 §5.1',
  )(become([['X-Kit-Field', ' \t a  b \t']], { HTTP_X_KIT_FIELD: 'a  b' }), HTTP),
  should(
    'fields.authorization',
    'credentials reach the application',
    IN_PEP.environ,
  )(become([['Authorization', 'Basic eDp5']], { HTTP_AUTHORIZATION: 'Basic eDp5' })),
  should(
    'fields.underscore',
    'a name with an underscore is not taken for the one with a hyphen',
    'RFC 9110 §17.10',
  )(
    become(
      [
        ['X-Kit-Field', 'good'],
        ['X_Kit_Field', 'evil'],
        ['X_Kit_Other', 'evil'],
      ],
      { HTTP_X_KIT_FIELD: 'good', HTTP_X_KIT_OTHER: ABSENT },
    ),
  ),
  may(
    'fields.proxy',
    'there is no HTTP_PROXY, which programs take for a setting',
    'CVE-2016-5385 (httpoxy)',
  )(become([['Proxy', 'http://evil/']], { HTTP_PROXY: ABSENT })),
];
