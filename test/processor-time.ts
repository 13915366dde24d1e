/** Seconds of the processor's time that some work takes; on the clock, others may hold it up. */
export function processorTime(work: () => void): number {
  const start = process.cpuUsage();
  work();
  return process.cpuUsage(start).user / 1e6;
}
