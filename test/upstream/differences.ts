/** What is otherwise where requests reach a server through `forward()`. */

export interface Difference {
  /** What happens instead. */
  readonly instead: string;
  readonly protocols: readonly string[];
  /** The cases that it concerns, by the beginnings of their titles. They fail, and are to fail. */
  readonly cases: readonly string[];
  /** They are not run: they would wait in vain, pass at times, or listen elsewhere. */
  readonly omitted?: true;
}

const ALL = ['http', 'fastcgi', 'ajp'];
const META = ALL.slice(1);
const COUNTED = ['fastcgi'];

export const differences: readonly Difference[] = [
  {
    instead: 'an answer that came at once is told its length, whose blocks are joined',
    protocols: ALL,
    cases: ['SRV-6 ', 'CLEN-7, O16 ', 'CLEN-9, O16 ', 'CLEN-12, ASY-16 '],
    omitted: true,
  },
  {
    instead: 'blocks that come together are joined',
    protocols: ALL,
    cases: ['CLEN-8, O18 '],
    omitted: true,
  },
  {
    instead: 'the harness decides where servers listen',
    protocols: ALL,
    cases: ['ENV-13 also on a Unix socket', 'ENV-32 '],
    omitted: true,
  },
  {
    instead: 'the upstream is spoken to in HTTP/1.1, whatever the client speaks',
    protocols: ['http'],
    cases: ['ENV-14 the protocol is HTTP/1.0'],
  },
  {
    instead: 'the fields that tell of the client are written anew, or left out',
    protocols: ALL,
    cases: ['ENV-17, ENV-18, ENV-33 '],
  },
  {
    instead: 'fields that concern the connection do not reach the upstream',
    protocols: ALL,
    cases: ['HOP-5 '],
  },
  {
    instead: 'the server in front names itself, or does not',
    protocols: META,
    cases: ['SRV-9 '],
  },
  {
    instead: 'content is asked for whether or not the application reads it',
    protocols: META,
    cases: ['EXP-2, EXP-5 ', 'EXP-5 none follows ', 'EXP-8 '],
    omitted: true,
  },
  {
    instead: 'content of unknown length is received whole, because its length has to be said first',
    protocols: COUNTED,
    cases: ['ASY-27 ', 'ASY-28 ', 'ASY-30, P3 ', 'ASY-30 and '],
    omitted: true,
  },
  {
    instead: 'content that breaks off ends the connection to the upstream',
    protocols: ALL,
    cases: ['P6 half-closing during a chunked upload to a streaming ', 'INP-13 a streaming '],
    omitted: true,
  },
];
