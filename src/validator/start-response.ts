import type { HeaderList, StartResponse, Write } from '../wsgi/types.ts';
import type { Inspection } from './inspection.ts';
import type { Progress } from './progress.ts';
import { headerListRules, headerRules, headRules, isPair, statusRules } from './rules/head.ts';
import { nestedWriteRules } from './rules/middleware.ts';
import { startCallRules, startOutcomeRules } from './rules/start-response.ts';
import { writeRules } from './rules/write.ts';

/** The server's startResponse, with its callers and itself checked. */
export function checkedStartResponse(server: StartResponse, progress: Progress): StartResponse {
  const { inspection } = progress;
  return (...args) => {
    const [status, headers, error] = args;
    const earlier = progress.starts++;
    inspection.check(startCallRules, { args, earlier, over: progress.over });
    checkHead(inspection, status, headers);
    const due = progress.committed ? error : undefined;
    let write: Write;
    try {
      write = progress.serverSide(() => server(...args));
    } catch (thrown) {
      inspection.check(startOutcomeRules, { write: null, due, thrown: { error: thrown } });
      progress.rethrown = thrown === error;
      throw thrown;
    }
    inspection.check(startOutcomeRules, { write, due, thrown: null });
    progress.accept(status, headers);
    return typeof write === 'function' ? checkedWrite(write, progress) : write;
  };
}

function checkHead(inspection: Inspection, status: unknown, headers: unknown): void {
  inspection.check(statusRules, status);
  inspection.check(headerListRules, headers);
  if (!Array.isArray(headers)) return;
  const pairs: HeaderList = headers.filter(isPair);
  for (const [name, value] of pairs) inspection.check(headerRules, { name, value });
  const code = typeof status === 'string' ? Number.parseInt(status, 10) : 0;
  inspection.check(headRules, { code, headers: pairs });
}

function checkedWrite(server: Write, progress: Progress): Write {
  const { inspection, outer } = progress;
  return (...args) => {
    const { returned, over } = progress;
    inspection.check(writeRules, { args, returned, over });
    inspection.check(nestedWriteRules, { innerIterated: outer.innerIterated });
    if (args.length > 0) progress.block(args[0]);
    const result = progress.serverSide(() => server(...args));
    progress.committed ||= args[0]?.length > 0;
    return result;
  };
}
