/**
 * A profile: the file that says which program is the connector (config/connectors/*.json, or one of the user's own).
 *
 * A child that names another `environment` or `clock` is stopped; a replay leaves the environment to its recording.
 */
import { z } from 'zod';
import { fail, ok, type Result } from '../../shared/errors.ts';
import { clockKinds, environments } from '../../shared/market.ts';

const word = z.string().min(1, 'must not be empty').max(4_000);

export const profileSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a short lower-case name'),
  description: z.string().max(500).optional(),
  environment: z.enum(environments).optional(),
  clock: z.enum(clockKinds).default('live'),
  /** The program and its arguments. It runs in the project's folder; `node` means the Node that runs the runner. */
  command: z.array(word).min(1, 'must name a program').max(200),
  /** A program that tells past trades as docs/history.md says, run as `command` is. Without it no history is fetched. */
  history: z.array(word).min(1, 'must name a program').max(200).optional(),
  /** Variables for the child; what the user sets goes before them. */
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'), z.string())
    .default({}),
});

export type Profile = Readonly<z.infer<typeof profileSchema>>;

/** Checks what a profile file holds. The failure names the file and each wrong field. */
export function parseProfile(file: string, content: unknown): Result<Profile> {
  const parsed = profileSchema.safeParse(content);
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.map((issue) => {
    const field = issue.path.length === 0 ? 'the file' : issue.path.map(String).join('.');
    return `${field}: ${issue.message}`;
  });
  return fail('config_invalid', `${file} is not a profile: ${issues.join('; ')}.`);
}
