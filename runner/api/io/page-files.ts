/** Reads the page's files once at start. */
import { readFileSync } from 'node:fs';
import type { PageFile } from '../routes/page-routes.ts';

const folder = new URL('../../web/', import.meta.url);
const files = [
  { path: '/', name: 'index.html', contentType: 'text/html; charset=utf-8' },
  { path: '/app.js', name: 'app.js', contentType: 'text/javascript; charset=utf-8' },
  { path: '/style.css', name: 'style.css', contentType: 'text/css; charset=utf-8' },
] as const;

export function readPageFiles(): readonly PageFile[] {
  return files.map(({ path, name, contentType }) => ({
    path,
    contentType,
    body: readFileSync(new URL(name, folder), 'utf8'),
  }));
}
