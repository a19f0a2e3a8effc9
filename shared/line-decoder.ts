/**
 * Cuts a stream of text into lines, within a bound, and survives everything a child can print.
 *
 * Chunks arrive cut anywhere (the stream decodes UTF-8, so never inside a character). A line longer than the limit is
 * discarded up to its newline and counted; memory stays under the limit plus one chunk. What is left at the end of the
 * stream without a newline is a half line: its writer died in the middle, so it is counted, never delivered.
 */
export type LineCounts = { lines: number; tooLong: number; halfLines: number };

export class LineDecoder {
  readonly counts: LineCounts = { lines: 0, tooLong: 0, halfLines: 0 };
  readonly #maxLength: number;
  readonly #onLine: (line: string) => void;
  #rest = '';
  #skipping = false;

  /** `onLine` gets each complete line without its newline; empty lines are skipped. */
  constructor(maxLength: number, onLine: (line: string) => void) {
    this.#maxLength = maxLength;
    this.#onLine = onLine;
  }

  push(chunk: string): void {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', start)) {
      this.#completeLine(chunk.slice(start, end));
      start = end + 1;
    }
    if (start < chunk.length && !this.#skipping) this.#keep(chunk.slice(start));
  }

  /** The stream has ended. */
  end(): void {
    if (this.#skipping || this.#rest.length > 0) this.counts.halfLines += 1;
    this.#rest = '';
    this.#skipping = false;
  }

  #completeLine(tail: string): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const line = this.#rest.length === 0 ? tail : this.#rest + tail;
    this.#rest = '';
    if (line.length > this.#maxLength) {
      this.counts.tooLong += 1;
      return;
    }
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.length === 0) return;
    this.counts.lines += 1;
    this.#onLine(text);
  }

  #keep(tail: string): void {
    if (this.#rest.length + tail.length > this.#maxLength) {
      this.counts.tooLong += 1;
      this.#skipping = true;
      this.#rest = '';
    } else {
      this.#rest += tail;
    }
  }
}
