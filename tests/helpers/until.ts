/** Most conditions are asked for over HTTP: those that take long are not asked a hundred times a second. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;
const GROWTH = 1.1;

/** Waits until a condition holds, polling; fails with the given words when it does not within `timeoutMs`. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * GROWTH)) {
    const value = await condition();
    if (value !== undefined && value !== false && value !== null) return value;
    if (performance.now() > deadline)
      throw new Error(`timed out after ${timeoutMs} ms waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
