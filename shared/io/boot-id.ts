/** Since which start of the machine it runs: what was written and not confirmed by the disk is there at least as long as that stays the same. */
import { readFileSync } from 'node:fs';

const FILE = '/proc/sys/kernel/random/boot_id';

/**
 * The first eight hexadecimal digits of the kernel's id of this boot: that two boots share them is one chance in four thousand million.
 * Undefined where no kernel tells it (it is Linux's).
 */
export function bootId(file = FILE): string | undefined {
  try {
    return /^[\da-f]{8}(?=-)/.exec(readFileSync(file, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}
