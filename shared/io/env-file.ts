/** Reads .env files and profile files from disk; what goes wrong comes back as a value that names the file. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { fail, ok, type Result } from '../errors.ts';
import { type EnvFile, parseEnvText } from '../settings/env-text.ts';

/** The names and values of a .env file. A file that is not there is empty, unless it is `required` (the user named it). */
export function readEnvFile(file: string, required: boolean): EnvFile {
  const text = readText(file);
  if (text.ok) return parseEnvText(file, text.value, parseEnv);
  return { values: {}, problems: text.missing && !required ? [] : [`${text.message}.`] };
}

/** The content of a JSON file. */
export function readJsonFile(file: string): Result<unknown> {
  const text = readText(file);
  if (!text.ok) return fail('config_invalid', text.message);
  try {
    const content: unknown = JSON.parse(text.value);
    return ok(content);
  } catch (error) {
    return fail(
      'config_invalid',
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

type TextResult =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly missing: boolean; readonly message: string };

function readText(file: string): TextResult {
  try {
    return { ok: true, value: readFileSync(file, 'utf8').replace(/^\uFEFF/, '') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const missing = code === 'ENOENT';
    const reason = missing ? 'it does not exist' : error instanceof Error ? error.message : String(error);
    return { ok: false, missing, message: `cannot read ${file}: ${reason}` };
  }
}
