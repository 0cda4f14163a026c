"""Co-design, sweeps and reports from Python: the program's tables."""

import io
import json
import os
import pickle
import subprocess

import pytest

import dovetail as dv

PROGRAM = os.environ["DOVETAIL_PROGRAM"]


def program(*arguments):
    ran = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 4), ran.stderr
    return ran.stdout


def without_times(document):
    return {name: value for name, value in document.items() if name != "seconds"}


@pytest.fixture(scope="module")
def result():
    return dv.codesign("mlp", "eyeriss", trials=8, seed=3, threads=2)


def test_the_programs_table_for_any_threads(result, tmp_path):
    store = tmp_path / "mlp.db"
    theirs = program("optimize", "--workload", "mlp", "--family", "eyeriss", "--trials", 8, "--seed", 3, "--store", store, "--format", "json")
    assert result.to_csv() == program("report", store, "--format", "csv")
    assert without_times(result.to_dict()) == without_times(json.loads(theirs))
    one = dv.codesign("mlp", "eyeriss", trials=8, seed=3, threads=1)
    assert one.to_csv() == result.to_csv() and without_times(one.to_dict()) == without_times(result.to_dict())
    assert dv.read(store).to_csv() == result.to_csv() and dv.read(store).best.objective == result.best.objective
    # The store of the program goes on in Python, and the other way round.
    longer = dv.codesign("mlp", "eyeriss", trials=10, seed=3, store=store, resume=True)
    assert longer.to_csv().startswith(result.to_csv()) and len(longer.trials) == 10
    assert program("optimize", "--workload", "mlp", "--family", "eyeriss", "--trials", 10, "--seed", 3, "--store", store, "--resume",
                   "--format", "csv") == longer.to_csv()


def test_what_a_result_knows(result):
    best = result.best
    assert result.improvement == pytest.approx((result.baseline.objective - best.objective) / result.baseline.objective)
    assert 0 <= result.gap < 1 and result.lower_bound <= best.objective and result.stopped == "trials" and len(result.trials) == 8
    assert best.architecture.name == best.to_dict()["architecture"]["name"] and best.metrics["edp"] == best.objective
    layer = best.layers[0]
    mapping = dv.Mapping(layer["mapping"], next(one for one in dv.Network.load("mlp").layers if one.name == layer["name"]), best.architecture)
    assert dv.evaluate(mapping.layer, best.architecture, mapping).to_dict() == layer["metrics"]
    assert best.point["hw.pe_x"] == getattr(best, "point")["hw.pe_x"] and result.front[0].point == best.point or result.front
    with pytest.raises(AttributeError, match="energy_pj"):
        best.energy
    again = pickle.loads(pickle.dumps(result))
    assert again.to_csv() == result.to_csv() and again.best.point == best.point and pickle.loads(pickle.dumps(best)).point == best.point


def test_frames_are_the_csv(result):
    pandas = pytest.importorskip("pandas", reason="python3-pandas is not installed")
    frame = result.to_dataframe()
    csv = pandas.read_csv(io.StringIO(result.to_csv()), float_precision="round_trip", keep_default_na=False, na_values=[""])
    assert list(frame.columns) == list(csv.columns) and len(frame) == 8 and {"hw.pe_x", "objective"} <= set(frame.columns)
    for name in frame.columns:
        if name != "reason":
            assert (frame[name] == csv[name]).sum() + (frame[name].isna() & csv[name].isna()).sum() == 8, name
    assert pickle.loads(pickle.dumps(result)).to_dataframe().equals(frame)


def test_networks_of_ones_own_and_limits():
    network = dv.Network.from_layers([{"name": "a", "matmul": "1x64 * 64x32"}, {"name": "b", "matmul": "1x32 * 32x8"}], "tiny")
    free = dv.codesign(network, dv.Family.load("eyeriss"), trials=4, seed=1)
    assert free.to_dict()["workloads"] == ["tiny"]
    limited = dv.codesign(network, "eyeriss", trials=4, seed=1, specs="area_um2 <= 1e3")
    assert limited.best is None and limited.improvement is None and len(limited.trials) == 4 and "no feasible" in repr(limited)
    fixed = dv.codesign({"mlp": 2.0, network: 1.0}, "eyeriss", trials=2, fixed={"hw.pe_x": 12}, space={"hw.gb_block": [8, 16]})
    assert all(trial.point.get("hw.pe_x", 12) == 12 for trial in fixed.trials) and len(fixed.to_dict()["workloads"]) == 2
    assert fixed.best.point["hw.pe_x"] == 12 and fixed.best.point["hw.gb_block"] in (8, 16)


def test_a_front():
    both = dv.codesign("mlp", "eyeriss", trials=6, seed=2, objective=["energy", "area"])
    front = both.front
    assert len(front) >= 1 and all(trial.outcome == "feasible" for trial in front)
    areas = [trial.metrics["area_um2"] for trial in front]
    assert areas == sorted(areas, reverse=True)


def test_study_files_and_presets(tmp_path, result):
    path = tmp_path / "study.yaml"
    path.write_text("workload: mlp\nfamily: eyeriss\ntrials: 8\nseed: 1\n")
    assert dv.optimize(path, set={"seed": 3}).to_csv() == result.to_csv()
    assert dv.optimize(str(path), set={"seed": 3, "trials": 2, "specs": ["area_um2 <= 1e9"]}).trials == result.trials[:2]
    path.write_text("workload: mlp\nfamily: eyeris\ntrials: many\nsed: 1\n")
    with pytest.raises(dv.InputError) as caught:
        dv.optimize(path)
    assert caught.value.file == str(path) and caught.value.line == 3 and len(caught.value.messages) == 2
    assert str(caught.value).startswith(f"{path}:3:")
    with pytest.raises(ValueError, match="did you mean"):
        dv.optimize(preset="nahass")
    with pytest.raises(TypeError):
        dv.optimize()


def test_sweeps_are_the_programs(tmp_path):
    rows = dv.sweep({"workload": "mlp", "family": "eyeriss"}, {"hw.pe_x": [8, 12], "seed": [1]}, hold=True)
    theirs = json.loads(program("sweep", "--workload", "mlp", "--family", "eyeriss", "--hold", "--grid", "hw.pe_x=8,12", "--grid", "seed=1",
                                "--format", "json"))
    assert [without_times(row) for row in rows] == [without_times(row) for row in theirs]
    searched = dv.sweep({"workload": "mlp", "family": "eyeriss", "trials": 2}, {"hw.pe_x": [8]})
    assert searched[0]["best"]["hw.pe_x"] == 8 and searched[0]["status"] == "done"


def test_reports(result, tmp_path):
    page = tmp_path / "page.html"
    assert result.report(page) == page and page.stat().st_size > 10_000 and "eyeriss" in page.read_text()
    assert result.report().startswith("mlp on eyeriss: 8 trials")
    with dv.Study({"x": dv.Real(0, 1)}, "cost", store=tmp_path / "other.db") as other:
        other.tell(other.ask(), 1.0)
    with pytest.raises(dv.StorageError, match="no co-design study"):
        dv.read(tmp_path / "other.db")
    with pytest.raises(dv.StorageError):
        dv.read(tmp_path / "missing.db")
    with pytest.raises(ValueError, match="store="):
        dv.codesign("mlp", "eyeriss", trials=2, resume=True)
