/** The wall clock, read once for all threads, with a monotonic clock added to it (`sdk.clock`). */

const hrtime = process.hrtime; // taken at once: a program's tests may replace it later

const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, "0"));

function monotonicUs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
}

/** What must be added to the monotonic clock, in microseconds, to tell the time since 1970. */
export function readAnchor(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) - monotonicUs();
}

/** Tells the time as `ts_ms` wants it. */
export class Clock {
  #second = -1;
  #secondText = "";

  /** @param anchor what {@link readAnchor} gave to the first thread */
  constructor(readonly anchor: number) {}

  /** Milliseconds since the Unix epoch, with three decimals. */
  text(): string {
    const us = monotonicUs() + this.anchor;
    const second = Math.floor(us / 1_000_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = String(second);
    }
    const rest = us - second * 1_000_000;
    const ms = Math.floor(rest / 1000);
    return `${this.#secondText}${THREE_DIGITS[ms] ?? ""}.${THREE_DIGITS[rest - ms * 1000] ?? ""}`;
  }
}
