/** The wall clock, read once for all threads, with a monotonic clock added to it (`sdk.clock`). */

const hrtime = process.hrtime; // taken at once: a program's tests may replace it later

function monotonicUs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
}

/** What must be added to the monotonic clock, in microseconds, to tell the time since 1970. */
export function readAnchor(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) - monotonicUs();
}

/**
 * Microseconds since the Unix epoch.
 * @param anchor what {@link readAnchor} gave to the first thread
 */
export function nowUs(anchor: number): number {
  return monotonicUs() + anchor;
}
