/** The simulated exchange as a program of its own: `node bin/towline.mjs connector/exchange/main.ts --port 0`. */
import { exchangeCommand } from './command.ts';
import { serveExchange } from './io/serve.ts';

await exchangeCommand(serveExchange).parseAsync(process.argv);
