import type { Rule, Subject } from './rule.ts';
import { asyncSubject } from './rules/async.ts';
import { bodySubject } from './rules/body.ts';
import { environSubject } from './rules/environ.ts';
import { headersSubject, statusSubject } from './rules/head.ts';
import { middlewareSubject } from './rules/middleware.ts';
import { startSubject } from './rules/start-response.ts';
import { errorsSubject, inputSubject } from './rules/streams.ts';
import { writeSubject } from './rules/write.ts';

/** All rules, by subject, in the order of a request's course. */
export const subjects: readonly Subject[] = [
  ...[environSubject, inputSubject, errorsSubject, startSubject, statusSubject, headersSubject],
  ...[bodySubject, writeSubject, asyncSubject, middlewareSubject],
];

/** All rules. */
export const rules: readonly Rule[] = subjects.flatMap((subject) => subject.rules);
