/** Where a topic may go: state x event, as held against subscriptions.ts by random walks. `gone` means that it is forgotten. */
import type { Matrix } from '../../../shared/state-table.ts';

export type TopicStateKind = 'wanted' | 'requested' | 'active' | 'releasing' | 'rejected';

export const subscriptionTable: Matrix<
  TopicStateKind | 'gone',
  'want' | 'unwant' | 'sent' | 'acked' | 'refused' | 'timed_out' | 'disconnected' | 'renew'
> = {
  wanted: {
    want: 'ignore',
    unwant: ['gone', 'releasing'],
    sent: ['requested'],
    acked: 'ignore',
    refused: 'ignore',
    timed_out: 'ignore',
    disconnected: 'ignore',
    renew: 'ignore',
  },
  requested: {
    want: 'ignore',
    unwant: ['releasing'],
    sent: 'never',
    acked: ['active'],
    refused: ['rejected', 'wanted'],
    timed_out: ['wanted'],
    disconnected: ['wanted'],
    renew: 'ignore',
  },
  active: {
    want: 'ignore',
    unwant: ['releasing'],
    sent: 'never',
    acked: 'ignore',
    refused: 'ignore',
    timed_out: 'ignore',
    disconnected: ['wanted'],
    renew: ['wanted'],
  },
  releasing: {
    want: ['wanted'],
    unwant: 'ignore',
    sent: ['releasing'],
    acked: ['gone'],
    refused: ['gone'],
    timed_out: ['releasing'],
    disconnected: ['gone'],
    renew: 'ignore',
  },
  rejected: {
    want: ['wanted'],
    unwant: ['gone'],
    sent: 'never',
    acked: 'ignore',
    refused: 'ignore',
    timed_out: 'ignore',
    disconnected: ['wanted'],
    renew: ['wanted'],
  },
  gone: {
    want: ['wanted'],
    unwant: 'ignore',
    sent: 'never',
    acked: 'ignore',
    refused: 'ignore',
    timed_out: 'ignore',
    disconnected: 'ignore',
    renew: 'ignore',
  },
};
