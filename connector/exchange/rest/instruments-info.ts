/**
 * The entries of GET /v5/market/instruments-info, in the fields and orders of bybit-v5.md 8.1 and 8.2.
 *
 * Contract markets have qtyStep, fundingInterval (minutes, a number) and a status filter; spot has basePrecision and no
 * qtyStep. Limits that the simulation does not enforce (leverage, risk ratios) have plausible figures.
 */
import type { Instrument } from '../market/instruments.ts';
import { fixedText } from '../market/instruments.ts';

/** One entry of the list; `closedAt` (ms) is when it was delisted, if it was. */
export function instrumentEntry(
  instrument: Instrument,
  position: number,
  closedAt?: number,
): Record<string, unknown> {
  return instrument.category === 'spot'
    ? spotEntry(instrument, position)
    : contractEntry(instrument, position, closedAt);
}

function spotEntry(instrument: Instrument, position: number): Record<string, unknown> {
  const step = fixedText(instrument.lotUnits, instrument.sizeDigits, true);
  return {
    symbol: instrument.symbol,
    baseCoin: instrument.baseCoin,
    quoteCoin: instrument.quoteCoin,
    innovation: '0',
    status: 'Trading',
    marginTrading: 'both',
    stTag: '0',
    lotSizeFilter: {
      basePrecision: step,
      quotePrecision: '0.0000001',
      minOrderQty: step,
      maxOrderQty: '500',
      minOrderAmt: '5',
      maxOrderAmt: '8000000',
      maxLimitOrderQty: '500',
      maxMarketOrderQty: '250',
      postOnlyMaxLimitOrderSize: '1000',
    },
    priceFilter: { tickSize: fixedText(instrument.tickUnits, instrument.priceDigits, true) },
    riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
    symbolType: '',
    xstockMultiplier: '',
    symbolId: position + 1,
  };
}

function contractEntry(
  instrument: Instrument,
  position: number,
  closedAt: number | undefined,
): Record<string, unknown> {
  const { priceDigits, sizeDigits, tickUnits, lotUnits, basePrice } = instrument;
  const isLinear = instrument.category === 'linear';
  const step = fixedText(lotUnits, sizeDigits, true);
  const many = (lots: number) => fixedText(lots * lotUnits, sizeDigits, true);
  return {
    symbol: instrument.symbol,
    contractType: `${isLinear ? 'Linear' : 'Inverse'}${instrument.deliveryAt === undefined ? 'Perpetual' : 'Futures'}`,
    status: closedAt === undefined ? 'Trading' : 'Closed',
    baseCoin: instrument.baseCoin,
    quoteCoin: instrument.quoteCoin,
    launchTime: '1585526400000',
    deliveryTime: String(closedAt ?? instrument.deliveryAt ?? 0),
    deliveryFeeRate: '',
    priceScale: String(priceDigits),
    leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
    priceFilter: {
      minPrice: fixedText(tickUnits, priceDigits, true),
      maxPrice: fixedText(basePrice * tickUnits * 20, priceDigits, true),
      tickSize: fixedText(tickUnits, priceDigits, true),
    },
    lotSizeFilter: {
      maxOrderQty: many(1_190_000),
      minOrderQty: step,
      qtyStep: step,
      postOnlyMaxOrderQty: many(1_190_000),
      maxMktOrderQty: many(500_000),
      minNotionalValue: '5',
    },
    unifiedMarginTrade: true,
    fundingInterval: 480,
    settleCoin: isLinear ? instrument.quoteCoin : instrument.baseCoin,
    copyTrading: isLinear ? 'both' : 'none',
    upperFundingRate: '0.005',
    lowerFundingRate: '-0.005',
    isPreListing: false,
    preListingInfo: null,
    riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
    displayName: '',
    symbolType: '',
    forbidUplWithdrawal: false,
    symbolId: position + 1,
  };
}
