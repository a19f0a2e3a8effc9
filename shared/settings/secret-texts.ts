/**
 * Every text in which a secret setting could turn up in a log: as it was written, and the parts and forms that programs make
 * of it. A proxy's password, for instance, travels alone, decoded, and in the base64 of its header.
 */

/**
 * The texts that must never be shown, of the values of the named settings in each source (also under the name in small letters,
 * as programs take `https_proxy`). Longest first, none twice.
 */
export function secretTexts(
  names: readonly string[],
  ...sources: readonly Readonly<Record<string, string | undefined>>[]
): readonly string[] {
  const spellings = names.flatMap((name) => [name, name.toLowerCase()]);
  const values = sources.flatMap((source) => spellings.flatMap((name) => source[name]?.trim() || []));
  const texts = values.flatMap((value) => [value, ...partsOfUrl(value)]);
  return [...new Set(texts)].toSorted((a, b) => b.length - a.length);
}

function partsOfUrl(value: string): readonly string[] {
  if (!URL.canParse(value)) return [];
  const { username, password } = new URL(value);
  if (password === '') return [];
  const plain = decoded(password);
  const login = `${decoded(username)}:${plain}`;
  return [password, plain, `${username}:${password}`, login, Buffer.from(login).toString('base64')];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const CENSORED = '[censored]';
/** Shorter ones are in every other text. */
const MIN_SECRET_LENGTH = 4;

/**
 * Takes these texts out of any other, also where they stand in JSON text, or in JSON text within JSON text (a frame within a
 * line of a recording).
 */
export function secretCensor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [quoted(quoted(secret)), quoted(secret), secret]);
  const different = [...new Set(forms)];
  return (text) => different.reduce((rest, secret) => rest.replaceAll(secret, CENSORED), text);
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Names of variables that hold secrets, ours and those of others that are in the same environment. */
const secretName = /KEY|SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PROXY|WEBHOOK|(?:DATABASE|REDIS)_URL/i;

/** Values that are no secrets whatever the name says, and that stand in every other line. */
const plainValue = /^(?:true|false|none|null|undefined|default|auto|enabled|disabled|\d{1,9})$/i;

/** All texts of an environment that must not be shown, judged by the names of its variables. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const names = Object.keys(env).filter((name) => secretName.test(name) && !/^no_proxy$/i.test(name));
  return secretTexts(names, env).filter((text) => !plainValue.test(text));
}
