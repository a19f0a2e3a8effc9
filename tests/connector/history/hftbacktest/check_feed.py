"""Reads a feed as hftbacktest's users do, and prints what it finds as JSON. Needs numpy; with `--engine` or `--order` hftbacktest itself."""
import io
import json
import sys
import zipfile

import numpy as np


def facts(name):
    with np.load(name) as archive:
        keys, data = list(archive.keys()), archive["data"]
    member = zipfile.ZipFile(name).read("data.npy")
    own = io.BytesIO()
    np.lib.format.write_array_header_1_0(own, np.lib.format.header_data_from_array_1_0(data))
    exch = data["exch_ts"][(data["ev"] & 0x80000000) != 0]
    local = data["local_ts"][(data["ev"] & 0x40000000) != 0]
    kinds = data["ev"] & 0xFF
    return data, {
        "keys": keys,
        "rows": len(data),
        "dtype": [[field, data.dtype[field].str, data.dtype.fields[field][1]] for field in data.dtype.names],
        "itemsize": data.dtype.itemsize,
        "header_is_numpys": member.startswith(own.getvalue()),
        "header_bytes": len(own.getvalue()),
        "backwards": int(np.sum(np.diff(exch) < 0) + np.sum(np.diff(local) < 0)),
        "without_side": int(np.sum((data["ev"] & 0x30000000) == 0)),
        "prices_missing": int(np.sum(np.isnan(data["px"]) & (kinds != 3))),
        "sum_of_exch_ts": str(sum(int(value) for value in data["exch_ts"])),
        "sum_of_qty": sum(float(value) for value in data["qty"]),
    }


def engine(name, data, end_ns):
    """What hftbacktest says of it, and the book that its engine has in the end."""
    from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest, ROIVectorMarketDepthBacktest
    from hftbacktest.data import validate_event_order
    from hftbacktest.types import event_dtype

    def books(make, asset):
        bt = make([asset])
        while bt.elapse(1_000_000) == 0 and bt.current_timestamp < end_ns:
            pass
        depth = bt.depth(0)
        ticks = range(900, 1200)
        bids = [[t, depth.bid_qty_at_tick(t)] for t in ticks if depth.bid_qty_at_tick(t) > 0]
        asks = [[t, depth.ask_qty_at_tick(t)] for t in ticks if depth.ask_qty_at_tick(t) > 0]
        seen = len(bt.last_trades(0))
        bt.close()
        return {"bids": bids, "asks": asks, "trades": seen}

    def asset():
        return (
            BacktestAsset().data(name).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
            .no_partial_fill_exchange().trading_value_fee_model(0, 0).tick_size(0.1).lot_size(0.001)
            .last_trades_capacity(100000).roi_lb(0.0).roi_ub(1000.0)
        )

    validate_event_order(data)
    return {
        "is_event_dtype": bool(data.dtype == event_dtype),
        "hash_map": books(HashMapMarketDepthBacktest, asset()),
        "roi_vector": books(ROIVectorMarketDepthBacktest, asset()),
    }


def order(name, base_latency, target):
    """Upstream's own order of rows that have none yet, as a .npy file."""
    from hftbacktest.data import correct_event_order, correct_local_timestamp
    from hftbacktest.types import event_dtype

    # Compiled for records that are marked as aligned, which a file cannot say.
    data = correct_local_timestamp(np.load(name).astype(event_dtype), base_latency)
    by_exch = np.argsort(data["exch_ts"], kind="mergesort")
    by_local = np.argsort(data["local_ts"], kind="mergesort")
    np.save(target, correct_event_order(data, by_exch, by_local))


def main():
    name = sys.argv[1]
    if "--order" in sys.argv:
        order(name, int(sys.argv[3]), sys.argv[4])
        return
    data, found = facts(name)
    if "--engine" in sys.argv:
        found["engine"] = engine(name, data, int(data["local_ts"].max()))
    print(json.dumps(found))


main()
