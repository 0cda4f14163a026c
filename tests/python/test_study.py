"""Ask and tell from Python: the same table as `dovetail serve`, whatever drives it."""

import json
import os
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import dovetail as dv

PROGRAM = os.environ["DOVETAIL_PROGRAM"]


def space():
    return dv.Space({"banks": dv.Ordinal([1, 2, 4, 8]), "words": dv.Integer(64, 4096, log=True)}, constraints=["words % banks == 0"])


def simulate(p):
    if p["words"] // p["banks"] < 32:
        raise dv.Infeasible("bank too small")
    return {"energy": .01 * p["words"] + 3 * p["banks"], "delay": 20 + 4e4 / (p["words"] * p["banks"] ** .5)}


def study(**words):
    return dv.Study(space(), objectives={"energy": "min"}, specs={"delay": "<= 60"}, seed=1, **words)


def table(one):
    return [(trial.id, trial.point, trial.metrics, trial.failed) for trial in one.trials]


@pytest.fixture(scope="module")
def searched():
    one = study()
    one.optimize(simulate, trials=30)
    return one


def served(count, batch, tmp_path, seed=1):
    document = {**space().to_dict(), "goal": {"objectives": [{"metric": "energy"}], "specs": [{"metric": "delay", "max": 60}]}}
    path = tmp_path / "space.json"
    path.write_text(json.dumps(document))
    rows = []
    with subprocess.Popen([PROGRAM, "serve", str(path), "--seed", str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        def send(line):
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())
        while len(rows) < count:
            told = []
            for trial in send({"ask": min(batch, count - len(rows))})["trials"]:
                try:
                    metrics = simulate(trial["point"])
                    told.append({"id": trial["id"], "metrics": metrics})
                    rows.append((trial["id"], trial["point"], metrics, None))
                except dv.Infeasible as reason:
                    told.append({"id": trial["id"], "failed": str(reason)})
                    rows.append((trial["id"], trial["point"], {}, str(reason)))
            assert send({"tell": told})["ok"]
        process.stdin.close()
    return rows


@pytest.mark.parametrize("batch", [1, 4])
def test_the_table_of_serve(batch, tmp_path):
    one = study()
    one.optimize(simulate, trials=24, batch=batch)
    assert table(one) == served(24, batch, tmp_path)
    for words in ({"threads": 1}, {"threads": 2}):
        other = study(**words)
        other.optimize(simulate, trials=24, batch=batch, jobs=3 if batch > 1 else 1)
        assert table(other) == table(one)


def test_best_front_and_arrays(searched):
    best = searched.best
    assert best.metrics["delay"] <= 60 and best.outcome == "feasible"
    feasible = [trial for trial in searched.trials if trial.outcome == "feasible"]
    assert best.metrics["energy"] == min(trial.metrics["energy"] for trial in feasible) and searched.front == [best]
    X, Y = searched.to_numpy()
    assert X.shape[0] == Y.shape[0] == 30 and Y.shape[1] == 2 and X.min() >= 0 and X.max() <= 1
    for row, trial in zip(Y, searched.trials):
        assert np.isnan(row).all() if trial.failed else (row[0], row[1]) == (trial.metrics["energy"], trial.metrics["delay"])
    mean, std, ok = searched.posterior([best.point, searched.trials[3]])
    assert mean.shape == std.shape == ok.shape == (2,) and (std >= 0).all() and (0 <= ok).all() and (ok <= 1).all()
    assert abs(mean[0] - best.metrics["energy"]) < 0.2 * best.metrics["energy"]
    assert all(np.array_equal(a, b) for a, b in zip(searched.posterior(X[:4]), searched.posterior([t.point for t in searched.trials[:4]])))
    with pytest.raises(ValueError, match="columns"):
        searched.posterior(X[:, :1])


def test_a_posterior_is_honest():
    """Nine of ten outcomes that were not told lie within two standard deviations, and failures are foreseen."""
    one = study()
    one.optimize(simulate, trials=40)
    told = [trial.point for trial in one.trials]
    points = [point for point in space().sample(60, seed=5) if point not in told]
    mean, std, ok = one.posterior(points)
    outcomes = []
    for point, m, s, p in zip(points, mean, std, ok):
        try:
            outcomes.append(abs(simulate(point)["energy"] - m) <= 2 * s + 1e-3 * abs(m))
        except dv.Infeasible:
            pass
    assert np.mean(outcomes) >= 0.8
    good = [simulate(point)["delay"] <= 60 if point["words"] // point["banks"] >= 32 else False for point in points]
    assert np.mean(ok[good]) > np.mean(ok[[not one for one in good]])


def test_two_objectives():
    one = dv.Study(space(), objectives={"energy": "min", "delay": "min"}, seed=3)
    one.optimize(simulate, trials=20)
    front = one.front
    energies, delays = [t.metrics["energy"] for t in front], [t.metrics["delay"] for t in front]
    assert energies == sorted(energies) and delays == sorted(delays, reverse=True) and len(front) > 1
    mean, std, _ = one.posterior([front[0].point])
    assert mean.shape == std.shape == (1, 2)
    largest = dv.Study({"x": dv.Real(0, 1)}, objectives={"gain": "max"})
    largest.optimize(lambda p: -(p["x"] - 0.3) ** 2, trials=15)
    assert largest.best.metrics["gain"] == max(t.metrics["gain"] for t in largest.trials)
    assert abs(largest.posterior([largest.best.point])[0][0]) < 0.2


def test_ask_and_tell_in_any_order():
    one = study()
    first = one.ask()
    several = one.ask(3)
    assert isinstance(first, dv.Trial) and [t.id for t in several] == [1, 2, 3] and first.outcome == "pending"
    one.tell(several[2], {"energy": 3, "delay": np.float32(2)})
    one.tell(first.id, failed="no licence")
    one.tell(several[0].point, {"energy": 5.0, "delay": 70.0})
    one.tell({"banks": 2, "words": 100}, {"energy": 1.0, "delay": 10.0})
    one.tell(several[1], dv.Infeasible("too hot"))
    assert [t.outcome for t in one.trials] == ["failed", "infeasible", "failed", "feasible", "feasible"]
    assert one.trials[2].failed == "too hot" and one.best.point == {"banks": 2, "words": 100}
    one.tell(first.id, failed="no licence")  # the same again is accepted
    both = one.ask(2)
    one.tell(both, [{"energy": 4, "delay": 1}, None], [None, "late"])
    assert [t.outcome for t in one.trials[-2:]] == ["feasible", "failed"]
    single = dv.Study({"x": dv.Real(0, 1)}, "cost")
    single.tell(single.ask(), 3)
    single.tell(single.ask(), float("nan"))
    assert [t.outcome for t in single.trials] == ["feasible", "failed"]


def test_wrong_uses_are_named():
    one = study()
    trial = one.ask()
    for call, error, words in [
        (lambda: one.tell(trial, {"energy": 1}), ValueError, "delay"),
        (lambda: one.tell(trial, 3.0), ValueError, "energy, delay"),
        (lambda: one.tell(trial), TypeError, "energy, delay"),
        (lambda: one.tell(trial, {"energy": "much", "delay": 1}), TypeError, "much"),
        (lambda: one.tell(7, failed="x"), ValueError, "7"),
        (lambda: one.tell({"banks": 3, "words": 99}, {"energy": 1, "delay": 1}), ValueError, "one of 1, 2, 4, 8"),
        (lambda: one.tell({"banks": 2, "word": 100}, {"energy": 1, "delay": 1}), ValueError, "did you mean 'words'"),
        (lambda: one.ask(-1), ValueError, "allowed is 0 to"),
        (lambda: one.optimize(simulate, trials=0), ValueError, "trials is 0"),
        (lambda: one.optimize(3, trials=3), TypeError, "can be called"),
        (lambda: dv.Study(space(), {"energy": "small"}), ValueError, "'min' and 'max'"),
        (lambda: dv.Study(space(), "energy", {"delay": "60"}), ValueError, "<= NUMBER"),
        (lambda: dv.Study(space(), "energy", designer="bayess"), ValueError, "did you mean 'bayes'"),
        (lambda: dv.Study(space(), "energy", options={"kernl": 1}), ValueError, "kernl"),
        (lambda: dv.Space({"x": 3}), TypeError, "Integer, Real"),
        (lambda: dv.Space({"x": dv.Real(0, 1)}, "x < 1"), TypeError, "list of expressions"),
        (lambda: dv.Study({"x": dv.Real(0, 1)}, resume=True), ValueError, "store="),
    ]:
        with pytest.raises(error, match=words):
            call()
    with pytest.raises(dv.InputError) as caught:
        dv.Space({"x": dv.Integer(5, 2), "y": dv.Real(1, 0)}, ["x > 1"])
    assert len(caught.value.messages) == 2
    with pytest.raises(dv.Infeasible, match="x"):
        dv.Study(dv.Space({"x": dv.Integer(1, 4)}, ["x > 9"]))


def test_an_exception_ends_it_after_what_was_finished():
    one = study()
    calls = []

    def breaks(p):
        calls.append(p)
        if len(calls) == 6:
            raise ZeroDivisionError("mine")
        return simulate(p)

    with pytest.raises(ZeroDivisionError, match="mine"):
        one.optimize(breaks, trials=12)
    assert [t.outcome == "pending" for t in one.trials] == [False] * 5 + [True]
    one.optimize(simulate, trials=12)
    other = study()
    other.optimize(simulate, trials=12)
    assert table(one) == table(other)


def test_stores(tmp_path):
    path = tmp_path / "study.db"
    with study(store=path) as one:
        one.optimize(simulate, trials=10)
        with pytest.raises(dv.StorageError):
            study(store=path)
    with pytest.raises(ValueError, match="closed"):
        one.ask()
    with pytest.raises(dv.StorageError, match="resume"):
        study(store=path)
    with pytest.raises(dv.StorageError, match="seed"):
        dv.Study(space(), {"energy": "min"}, {"delay": "<= 60"}, seed=2, store=path, resume=True)
    with study(store=path, resume=True) as again:
        assert len(again) == 10
        again.optimize(simulate, trials=20)
        rows = table(again)
    whole = study()
    whole.optimize(simulate, trials=20)
    assert rows == table(whole)
    words = pickle.dumps(again)  # of a study with a store: its name
    with pickle.loads(words) as last:
        assert table(last) == rows


def test_pickles(searched):
    again, other = pickle.loads(pickle.dumps(searched)), pickle.loads(pickle.dumps(searched))
    assert table(again) == table(searched)
    assert again.ask().point == other.ask().point
    assert pickle.loads(pickle.dumps(space())) == space() and pickle.loads(pickle.dumps(dv.Integer(1, 9, 2))) == dv.Integer(1, 9, 2)


def test_jobs_run_at_the_same_time():
    barrier = threading.Barrier(3, timeout=20)

    def meet(p):
        barrier.wait()  # three calls are in it together, or this breaks
        return {"energy": p["words"], "delay": 1}

    one = study()
    one.optimize(meet, trials=6, batch=3, jobs=3)
    assert len(one) == 6


def test_the_interpreter_is_free_while_points_are_sought():
    """Another thread counts while this one asks."""
    one = dv.Study({f"x{i}": dv.Real(0, 1) for i in range(6)}, "cost", threads=1)
    rng = np.random.default_rng(0)
    for trial in one.ask(60):
        one.tell(trial, float(rng.random()))
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    one.ask(4)
    during = counted[0] - before
    stop.set()
    thread.join()
    assert during > 0


def test_several_threads_ask_and_tell():
    one = study()

    def work():
        for _ in range(6):
            trial = one.ask()
            try:
                one.tell(trial, simulate(trial.point))
            except dv.Infeasible as reason:
                one.tell(trial, failed=str(reason))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [trial.id for trial in one.trials] == list(range(24)) and all(trial.outcome != "pending" for trial in one.trials)
    assert table(pickle.loads(pickle.dumps(one))) == table(one)


def test_an_exhausted_space():
    one = dv.Study({"x": dv.Integer(1, 3)}, "cost")
    one.optimize(lambda p: p["x"], trials=10)
    assert len(one) == 3 and one.best.point == {"x": 1}
    with pytest.raises(dv.Infeasible, match="every feasible point"):
        one.ask()
    assert one.ask(2) == []


def test_every_kind_of_parameter():
    kinds = {"i": dv.Integer(2, 10, step=2), "r": dv.Real(1e-3, 1, log=True), "o": dv.Ordinal([1, 2, 4]), "c": dv.Choice(["ws", "os"]),
             "p": dv.Permutation(["K", "C", "P"]), "f": dv.Factorization(12, ["a", "b"])}
    whole = dv.Space(kinds, ["i <= 8"])
    assert whole.names == list(kinds) and len(whole) == 6
    for point in whole.sample(20, seed=2):
        assert whole.contains(point) and point["i"] % 2 == 0 and point["f"][0] * point["f"][1] == 12 and sorted(point["p"]) == ["C", "K", "P"]
    assert not whole.contains({**point, "i": 10})
    one = dv.Study(whole, "cost", designer="random")
    one.optimize(lambda p: p["i"] + p["r"], trials=8)
    assert len(one.to_numpy()[0]) == 8
    numbers = dv.Study({"x": dv.Choice(["1", "2"])}, "cost")
    assert numbers.ask().point["x"] in (1, 2, "1", "2")


def test_frames(searched):
    pandas = pytest.importorskip("pandas", reason="python3-pandas is not installed")
    frame = searched.to_dataframe()
    assert list(frame.columns) == ["trial", "outcome", "banks", "words", "energy", "delay", "reason"] and len(frame) == 30
    assert frame.equals(pickle.loads(pickle.dumps(searched)).to_dataframe()[:30])
    assert (frame.loc[frame.outcome == "failed", "reason"] == "bank too small").all() and isinstance(frame, pandas.DataFrame)


def test_progress(capsys):
    seen = []
    study().optimize(simulate, trials=3, progress=lambda *news: seen.append(news))
    assert [news[:2] for news in seen] == [(1, 3), (2, 3), (3, 3)]
    study().optimize(simulate, trials=3)
    assert capsys.readouterr().err == ""  # no terminal
    with pytest.raises(ValueError, match="'auto', None"):
        study().optimize(simulate, trials=3, progress="yes")


INTERRUPTED = """
import os, signal, sys, threading, time
import dovetail as dv
study = dv.Study({"x": dv.Real(0, 1)}, "cost", store=sys.argv[1])
def slow(p):
    time.sleep(0.05)
    return p["x"]
threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    study.optimize(slow, trials=1000)
except KeyboardInterrupt:
    print(len([t for t in study.trials if t.outcome == "feasible"]), flush=True)
    study.tell(study.ask(), 3.0)
    study.close()
"""


def test_ctrl_c_keeps_the_study(tmp_path):
    ran = subprocess.run([sys.executable, "-c", INTERRUPTED, str(tmp_path / "s.db")], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    with dv.Study({"x": dv.Real(0, 1)}, "cost", store=tmp_path / "s.db", resume=True) as again:
        told = [t for t in again.trials if t.outcome == "feasible"]
        assert len(told) == int(ran.stdout) + 1 >= 2
