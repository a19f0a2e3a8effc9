/**
 * How Node is started for a runner: bounds of its memory, as in `npm start` and in the systemd unit (a test compares them).
 *
 * V8 takes what the machine has: under full load its nursery grew to 56 MB and the old generation to 100 MB of garbage.
 * With these the runner stays below 200 MB there (docs/performance.md); 1,024 MB is where it would end.
 */
export const runnerFlags = ['--max-semi-space-size=8', '--max-old-space-size=1024'] as const;
