"""Functions of the user's inside the engine's searches: evaluators, accuracies, progress, and Ctrl-C."""

import signal
import subprocess
import sys

import pytest

import dovetail as dv


def test_a_function_is_the_evaluator(tmp_path):
    def twice(layer, machine, mapping):
        answer = dv.evaluate(layer, machine, mapping)
        return {"cycles": 2 * answer.cycles, "energy_pj": answer.energy_pj}

    words = dict(trials=3, seed=3, evaluator=twice)
    one = dv.codesign("mlp", "eyeriss", threads=1, store=tmp_path / "own.db", **words)
    two = dv.codesign("mlp", "eyeriss", threads=2, **words)
    assert one.to_csv() == two.to_csv() and one.to_dict()["model"] == "external" and one.best.cycles % 2 == 0
    again = dv.codesign("mlp", "eyeriss", threads=1, store=tmp_path / "own.db", resume=True, **{**words, "trials": 4})
    assert again.to_csv().startswith(one.to_csv())
    with pytest.raises(dv.StorageError, match="evaluator"):
        dv.codesign("mlp", "eyeriss", trials=4, seed=3, store=tmp_path / "own.db", resume=True)

    def refuses(layer, machine, mapping):
        raise dv.Infeasible("too warm")

    failed = dv.codesign("mlp", "eyeriss", trials=2, seed=3, evaluator=refuses)
    assert failed.best is None and any("too warm" in trial.reason for trial in failed.trials)

    calls = []

    def breaks(layer, machine, mapping):
        calls.append(1)
        if len(calls) > 3:
            raise LookupError("a mistake of mine")
        return twice(layer, machine, mapping)

    with pytest.raises(LookupError, match="a mistake of mine"):
        dv.codesign("mlp", "eyeriss", trials=20, seed=3, evaluator=breaks, store=tmp_path / "broken.db")
    assert not any("mistake" in trial.reason or "ended the search" in trial.reason for trial in dv.read(tmp_path / "broken.db").trials)


def test_a_function_is_the_accuracy():
    study = {"network": {"family": "nb201"}, "objective": {"maximize": "accuracy"}, "trials": 6, "seed": 2}
    seen = []

    def accuracy(point, networks):
        seen.append(point)
        if len(seen) == 2:
            raise dv.Infeasible("did not converge")
        return 0.5 + 0.1 * min(4, len(networks[0].layers) / 20)

    found = dv.optimize(study, accuracy=accuracy, threads=1)
    assert len(found.trials) == 6 and found.best.metrics["accuracy"] > 0.5
    assert sum(trial.outcome == "failed" and trial.reason == "did not converge" for trial in found.trials) == 1
    assert set(seen[0]) == set(found.parameters) and found.best.networks[0]["macs"] > 0
    frame_columns = found.to_csv().splitlines()[0]
    assert "accuracy" in frame_columns and "<table" in found._repr_html_()

    def breaks(point, networks):
        raise KeyError("mine")

    with pytest.raises(KeyError):
        dv.optimize(study, accuracy=breaks)
    with pytest.raises(ValueError, match="network"):
        dv.optimize({"workload": "mlp", "family": "eyeriss"}, accuracy=accuracy)


def test_progress_of_a_search():
    seen = []
    dv.codesign("mlp", "eyeriss", trials=6, progress=lambda done, total, best, gap: seen.append((done, total, best)))
    assert seen[-1][0] == seen[-1][1] == 6 and seen[-1][2] > 0

    def breaks(*news):
        raise RuntimeError("no picture")

    with pytest.raises(RuntimeError, match="no picture"):
        dv.codesign("mlp", "eyeriss", trials=500, progress=breaks)


INTERRUPTED = """
import sys, time
import dovetail as dv
def started(done, total, best, gap):
    print(done, flush=True)
try:
    dv.codesign("mlp", "eyeriss", trials=100000, seed=3, store=sys.argv[1], threads=2, progress=started)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def test_ctrl_c_stops_a_search_and_the_store_goes_on(tmp_path):
    store = tmp_path / "mlp.db"
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(store)], stdout=subprocess.PIPE, text=True) as process:
        while int(process.stdout.readline()) < 4:
            pass
        process.send_signal(signal.SIGINT)
        words = process.stdout.read()
        assert process.wait(60) == 0 and words.endswith("stopped\n")
    known = dv.read(store).trials
    count = len(known) + 2
    again = dv.codesign("mlp", "eyeriss", trials=count, seed=3, store=store, resume=True, threads=1)
    assert again.trials[:len(known)] == known
    assert again.to_csv() == dv.codesign("mlp", "eyeriss", trials=count, seed=3, threads=2).to_csv()
