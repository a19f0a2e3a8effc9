/** What the process uses, from two readings: memory now, CPU in percent of one core since the last reading. */

/** CPU and time in microseconds since some fixed moment, memory in bytes. */
export type ProcessReading = {
  readonly cpuMicros: number;
  readonly wallMicros: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
};

export type Vitals = {
  readonly rss_bytes: number;
  readonly heap_bytes: number;
  readonly cpu_percent: number;
};

export class ProcessMeter {
  #last: ProcessReading;

  constructor(first: ProcessReading) {
    this.#last = first;
  }

  measure(now: ProcessReading): Vitals {
    const wall = now.wallMicros - this.#last.wallMicros;
    const cpu = wall > 0 ? (100 * (now.cpuMicros - this.#last.cpuMicros)) / wall : 0;
    this.#last = now;
    return {
      rss_bytes: now.rssBytes,
      heap_bytes: now.heapBytes,
      cpu_percent: Math.max(0, Math.round(cpu * 10) / 10),
    };
  }
}
