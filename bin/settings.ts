/** Writes .env.example and docs/configuration.md from the table of settings: `node bin/towline.mjs bin/settings.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { configurationPage, envExample } from '../runner/config/settings-pages.ts';

const root = path.resolve(import.meta.dirname, '..');

mkdirSync(path.join(root, 'docs'), { recursive: true });
writeFileSync(path.join(root, '.env.example'), envExample());
writeFileSync(path.join(root, 'docs', 'configuration.md'), configurationPage());
