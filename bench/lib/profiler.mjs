/**
 * Inside the profiled server (`node --import`): SIGUSR2 begins a CPU profile, the next one ends it
 * and writes it to the file that WIZGI_BENCH_PROFILE names.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: 200 });
let profiling = false;

process.on('SIGUSR2', () => {
  if (!profiling) {
    profiling = true;
    session.post('Profiler.start');
    return;
  }
  session.post('Profiler.stop', (error, result) => {
    if (error) throw new Error(error.message);
    writeFileSync(process.env.WIZGI_BENCH_PROFILE, JSON.stringify(result.profile));
    process.exit(0);
  });
});
