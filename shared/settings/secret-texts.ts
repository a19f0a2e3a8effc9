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
