/** What the API asks for about symbols, answered by the desk and the state of the topics. Only translation. */
import type { Category } from '../../shared/market.ts';
import type { SymbolPorts } from '../api/ports.ts';
import type { TopicView } from '../context/topic-feed.ts';
import type { SymbolDesk } from './symbol-desk.ts';
import { symbolsView } from './symbols-view.ts';

export function symbolPorts(
  desk: SymbolDesk,
  category: Category,
  topics: () => readonly TopicView[],
): SymbolPorts {
  return {
    category,
    view: () => symbolsView(desk, topics()),
    add: (instrument, subscriptions) => desk.add(instrument, subscriptions),
    remove: (instrument) => desk.remove(instrument),
    refresh: () => desk.refresh(),
    list: async (of) => {
      const reason = await desk.listOf(of);
      const rows = desk.lists.rows(of);
      if (rows === undefined) return { ok: false, reason: reason ?? 'the list is not known' };
      return { ok: true, rows: [...rows.values()] };
    },
  };
}
