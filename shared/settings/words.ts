/**
 * What the texts of settings and options mean: numbers, yes and no, one of several words.
 *
 * Runner and connector read the same variables, each for itself when the connector runs alone. They read them by these types,
 * so that neither takes what the other refuses: a word that is misread chooses for the owner of the money.
 */

/** What a text may say. `allowed` completes the sentence "it must be ..."; `read` answers undefined for anything else. */
export type TextType<T> = { readonly allowed: string; readonly read: (text: string) => T | undefined };

/** One line of at most 2,000 characters, unless a pattern says otherwise. */
export function anyText(allowed = 'any text', pattern = /^[^\n\r]{1,2000}$/): TextType<string> {
  return { allowed, read: (text) => (pattern.test(text) ? text : undefined) };
}

/** One line of at most 32,000 characters: a list that may name every symbol of a market (600 take some 12,000). */
export const longLine = /^[^\n\r]{1,32000}$/;

/** One of several words, in any case. */
export function oneOf<const T extends string>(choices: readonly T[]): TextType<T> {
  return {
    allowed: `one of ${choices.join(', ')}`,
    read: (text) => choices.find((choice) => choice === text.toLowerCase()),
  };
}

export function wholeNumber(min: number, max: number): TextType<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read: (text) => (/^-?\d{1,15}$/.test(text) ? within(Number(text), min, max) : undefined),
  };
}

/** Digits with at most one point: nothing that only a programmer would write (1e3, 0x10). */
export function decimalNumber(min: number, max: number): TextType<number> {
  return {
    allowed: `a number from ${min} to ${max}`,
    read: (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? within(Number(text), min, max) : undefined),
  };
}

const trueWords: readonly string[] = ['true', '1', 'yes', 'on'];
const falseWords: readonly string[] = ['false', '0', 'no', 'off'];

/** In any case. */
export const yesOrNo: TextType<boolean> = {
  allowed: `true or false (${trueWords.join(', ')}; ${falseWords.join(', ')})`,
  read: (text) => {
    const word = text.toLowerCase();
    if (trueWords.includes(word)) return true;
    return falseWords.includes(word) ? false : undefined;
  },
};

/** A text and whose it is: a variable or an option. */
export type NamedText = { readonly name: string; readonly text: string };

/** `SYMBOLS="BTC/USDT"`, for messages; of a URL without its login. */
export function cited({ name, text }: NamedText): string {
  const shown = withoutLogin(text);
  return `${name}=${JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}...` : shown)}`;
}

/**
 * A URL as it may be shown: nothing of what stands before its last "@" but the scheme. Also of one that cannot be parsed, since
 * the mistake may be in the password itself.
 */
export function withoutLogin(url: string): string {
  return url.replace(/(:\/*|\/\/).*@/s, '$1[censored]@');
}

/** The name of a variable, for messages. What does not look like one may be a secret that ends in "=": only its beginning is shown. */
export function shownName(name: string): string {
  return /^[A-Z_][A-Z_0-9]*$/.test(name)
    ? name
    : `a name that begins with ${JSON.stringify(name.slice(0, 2))}`;
}

/** The parts of a list with commas; empty parts count for nothing. */
export function partsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}
