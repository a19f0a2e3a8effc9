/** What the doctor found out, one fact a line, and what to do about it. */

/** `skip`: could not be looked at, and why; it is nobody's fault. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'skip';

export type Finding = {
  readonly status: FindingStatus;
  /** What was looked at: a word or two. */
  readonly subject: string;
  /** What was found, in plain words. */
  readonly found: string;
  /** What to do; only with warn and fail. */
  readonly advice?: string;
};

export function okay(subject: string, found: string): Finding {
  return { status: 'ok', subject, found };
}

export function skipped(subject: string, found: string): Finding {
  return { status: 'skip', subject, found };
}

export function warning(subject: string, found: string, advice: string): Finding {
  return { status: 'warn', subject, found, advice };
}

export function failure(subject: string, found: string, advice: string): Finding {
  return { status: 'fail', subject, found, advice };
}

const labels: Readonly<Record<FindingStatus, string>> = {
  ok: 'ok  ',
  warn: 'warn',
  fail: 'FAIL',
  skip: '-   ',
};

/** One or two lines of text. */
export function findingText(finding: Finding): string {
  const head = `${labels[finding.status]}  ${finding.subject}: ${finding.found}`;
  return finding.advice === undefined ? head : `${head}\n      -> ${finding.advice}`;
}

/** The last line: what it all comes to. */
export function summaryText(findings: readonly Finding[]): string {
  const failures = findings.filter((finding) => finding.status === 'fail').length;
  const warnings = findings.filter((finding) => finding.status === 'warn').length;
  if (failures === 0 && warnings === 0) return 'Nothing is wrong.';
  return `${counted(failures, 'problem')}, ${counted(warnings, 'warning')}.`;
}

/** 0 when nothing failed, otherwise 1. */
export function doctorExitCode(findings: readonly Finding[]): 0 | 1 {
  return findings.some((finding) => finding.status === 'fail') ? 1 : 0;
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}
