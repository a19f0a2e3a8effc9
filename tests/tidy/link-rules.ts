/** Links between the project's own pages lead somewhere: to a file or folder that is there, and to a heading that it has. */
import path from 'node:path';

/** The files and folders of the project, and the text of a page. */
export type Pages = {
  readonly exists: (file: string) => boolean;
  readonly read: (file: string) => string;
};

/** One sentence for each dead relative link of a page. Links to other hosts are not followed. */
export function linkBreaches(page: string, pages: Pages): readonly string[] {
  const text = withoutCode(pages.read(page));
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(({ 1: link = '', index }) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return [];
    const [file = '', heading] = link.split('#');
    const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    const where = `${page}:${text.slice(0, index).split('\n').length} links to ${link}`;
    if (!pages.exists(target)) return [`${where}, but there is no ${target}`];
    if (heading === undefined || !target.endsWith('.md')) return [];
    return headingsOf(pages.read(target)).includes(heading)
      ? []
      : [`${where}, but ${target} has no such heading`];
  });
}

/** What stands in code is no link; its lines stay, so that the numbers of the others are right. */
function withoutCode(text: string): string {
  return text
    .replaceAll(/^```.*?^```/gms, (code) => code.replaceAll(/[^\n]/g, ''))
    .replaceAll(/`[^`\n]*`/g, '');
}

/** The names that a forge gives to headings: lower case, without punctuation, dashes for blanks. */
function headingsOf(text: string): readonly string[] {
  const withoutBlocks = text.replaceAll(/^```.*?^```/gms, '');
  return [...withoutBlocks.matchAll(/^#{1,6} +(.*)$/gm)].map(({ 1: title = '' }) =>
    title
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
