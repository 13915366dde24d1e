import { BodySpool, type SpoolOptions } from '../gateways/body.ts';
import { Input } from '../wsgi/input.ts';
import type { Environ } from '../wsgi/types.ts';
import { RequestContent } from './content.ts';

/** Content that was received whole, because its length has to be known before it can be sent. */
export interface SpooledContent {
  readonly environ: Environ;
  readonly content: RequestContent | null;
  /** Lets go of it. */
  dispose(): void;
}

/**
 * Receives the content of a request.
 *
 * @throws what reading it failed with.
 */
export async function spoolContent(
  environ: Environ,
  content: RequestContent,
  options: SpoolOptions,
): Promise<SpooledContent> {
  const spool = new BodySpool(options);
  try {
    for (let block = await arrived(content); block !== null; block = await arrived(content)) {
      await spool.add(block, 0);
    }
  } catch (error) {
    spool.dispose();
    throw error;
  }
  const received: Environ = {
    ...environ,
    CONTENT_LENGTH: String(spool.size),
    'wsgi.input': new Input(spool.source()),
    'wizgi.streaming': false,
  };
  return {
    environ: received,
    content: spool.size === 0 ? null : new RequestContent(received, spool.size),
    dispose: () => spool.dispose(),
  };
}

async function arrived(content: RequestContent): Promise<Uint8Array | null> {
  for (;;) {
    const block = content.next();
    if (block !== undefined) return block;
    await new Promise<void>((resolve) => {
      content.onArrival = resolve;
    });
  }
}
