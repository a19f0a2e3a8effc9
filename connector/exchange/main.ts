/** The simulated exchange as a program of its own: `node bin/towline.mjs connector/exchange/main.ts --port 0`. */
import { exchangeCommand } from './command.ts';

await exchangeCommand().parseAsync(process.argv);
