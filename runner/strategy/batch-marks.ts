/** Who waits until a batch is answered: the batches of one worker are answered in their order. */
export type WorkedOff = (answered: boolean) => void;

export class BatchMarks {
  #marks: { readonly batch: number; readonly done: WorkedOff }[] = [];

  add(batch: number, done: WorkedOff): void {
    this.#marks.push({ batch, done });
  }

  /** This batch, and so all before it, was answered. */
  answered(batch: number): void {
    this.#settle(batch, true);
  }

  /** The worker is gone: nothing that it was told will be answered. */
  failed(): void {
    this.#settle(Number.POSITIVE_INFINITY, false);
  }

  #settle(upTo: number, answered: boolean): void {
    if (this.#marks.length === 0) return;
    const settled = this.#marks.filter(({ batch }) => batch <= upTo);
    this.#marks = this.#marks.filter(({ batch }) => batch > upTo);
    for (const { done } of settled) done(answered);
  }
}
