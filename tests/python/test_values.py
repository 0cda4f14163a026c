"""Networks, machines, mappings and what they cost: values that are the program's to the bit."""

import copy
import json
import os
import pickle
import subprocess
import time

import numpy as np
import pytest

import dovetail as dv

PROGRAM = os.environ["DOVETAIL_PROGRAM"]


def program(*arguments, text=None):
    return subprocess.run([PROGRAM, *arguments], input=text, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def machine():
    family = dv.Family.load("eyeriss")
    return family.machine(family.hand_design)


@pytest.fixture(scope="module")
def found(machine):
    return dv.map(dv.Network.load("dqn").layers[1], machine)


def test_network_of_the_zoo():
    network = dv.Network.load("resnet18")
    assert network.macs == 1_814_073_344 and network.parameters == 11_678_912 and len(network.layers) == 21 == len(network)
    assert network.layers[1].dims["K"] == 64 and sum(layer.macs * layer.repeat for layer in network.layers) == network.macs
    assert (0, 1) in network.graph


def test_networks_come_back_from_their_dicts_files_and_pickles(tmp_path):
    network = dv.Network.load("mobilenetv2")
    again = dv.Network.from_layers(network.to_dict()["layers"], network.name)
    assert again.layers == network.layers
    network.save(tmp_path / "net.yaml")
    assert dv.Network.load(tmp_path / "net.yaml").layers == network.layers
    assert pickle.loads(pickle.dumps(network)).to_dict() == network.to_dict()
    assert pickle.loads(pickle.dumps(network)).graph == network.graph
    small = dv.Network.from_layers(network.layers[:2])
    assert small.layers == network.layers[:2] and small.graph == [(0, 1)]


def test_layers_from_words():
    layer = dv.Layer({"name": "c", "conv": "64x56x56 -> 64", "kernel": 3, "pad": 1})
    assert layer.macs == 115_605_504 and layer.kind == "conv" and layer == pickle.loads(pickle.dumps(layer))
    assert dv.Layer(layer.to_dict()) == layer and hash(dv.Layer(layer.to_dict())) == hash(layer)
    assert [tensor["name"] for tensor in layer.tensors if tensor["written"]] == ["Outputs"]


def test_machines(machine):
    assert machine.levels[-1]["name"] == "DRAM" and machine.area_um2 > 1e6
    assert dv.Architecture.from_dict(machine.to_dict()) == machine == pickle.loads(pickle.dumps(machine))
    assert pickle.loads(pickle.dumps(machine)).point == machine.point == dv.Family.load("eyeriss").hand_design
    narrower = machine.family.machine({"hw.pe_x": 12})
    assert narrower.point == {**machine.point, "hw.pe_x": 12} and narrower != machine


def test_map_is_the_programs(machine):
    answer = json.loads(program("map", "--workload", "dqn", "--architecture", "eyeriss", "--format", "json").stdout)
    whole = dv.map(dv.Network.load("dqn"), machine)
    assert len(whole.layers) == len(answer["layers"]) and whole.proven
    for mine, theirs in zip(whole.to_dict()["layers"], answer["layers"]):
        mine.pop("seconds"), theirs.pop("seconds")
        assert mine == theirs
    energy = sum(layer.count * layer.energy_pj for layer in whole.layers)
    cycles = sum(layer.count * layer.cycles for layer in whole.layers)
    assert whole.energy_pj == energy and whole.objective == energy * cycles and 0 < whole.lower_bound <= whole.objective
    by_energy = dv.map(dv.Network.load("dqn"), machine, objective="energy")
    assert by_energy.energy_pj <= energy and by_energy.gap < 1e-12


def test_uneven_placement(machine, found):
    free = dv.map(found.best.layer, machine, placement="uneven")
    assert free.objective <= found.objective and free.best.edp == dv.evaluate(free.best.layer, machine, free.best.mapping).edp
    sampled = dv.map(found.best.layer, machine, placement="uneven", mapper="random", budget=200)
    assert sampled.objective >= free.objective
    with pytest.raises(ValueError, match="loop model"):
        dv.map(found.best.layer, machine, placement="uneven", model="cycle")


def test_imperfect_factors(machine):
    layer = dv.Layer({"name": "odd", "matmul": "53x31 * 31x47"})
    perfect, free = dv.map(layer, machine), dv.map(layer, machine, factors="imperfect")
    assert 0 < free.lower_bound <= free.objective < perfect.objective
    assert dv.evaluate(layer, machine, free.best.mapping, imperfect_factors=True).edp == free.best.edp
    assert not dv.evaluate(layer, machine, free.best.mapping).valid


def test_evaluate_is_the_programs(machine, found):
    best = found.best
    again = dv.evaluate(best.layer, machine, best.mapping)
    assert again.valid and again.edp == best.edp == best.energy_pj * best.cycles and found.proven and found.gap == 0
    document = {"problem": best.layer.to_dict(), "arch": machine.to_dict(), "mapping": best.mapping.to_dict()}
    answer = json.loads(program("evaluate", "-", text=json.dumps(document) + "\n").stdout)
    assert answer == again.to_dict()
    slower = dv.evaluate(best.layer, machine, best.mapping, model="cycle")
    assert slower.model == "cycle" and slower.cycles >= again.cycles
    assert dv.evaluate(best.layer, machine, best.mapping.to_dict()).edp == again.edp


def test_an_illegal_mapping_is_an_answer(machine, found):
    levels = found.best.mapping.levels
    levels[-1]["temporal"] = []
    answer = dv.evaluate(found.best.layer, machine, levels)
    assert not answer.valid and answer.cycles is None and answer.violations[0]["constraint"] == "factors"
    assert np.isnan(dv.evaluate_many(found.best.layer, machine, [answer.mapping])["energy_pj"][0])
    pickled = pickle.loads(pickle.dumps(answer))
    assert pickled.violations == answer.violations


def test_pickles(found):
    again = pickle.loads(pickle.dumps(found))
    assert again.to_dict() == found.to_dict() and again.best.mapping == found.best.mapping and copy.copy(found.best).edp == found.best.edp
    assert str(again.best.mapping) == str(found.best.mapping)
    assert dv.explain(again) == dv.explain(found.best) == dv.explain(found.best.mapping)


def test_many_mappings_as_a_list(machine, found):
    one = found.best.mapping
    other = dv.map(found.best.layer, machine, mapper="random", budget=50).best.mapping
    wrong = dv.Mapping([{**level, "temporal": []} for level in one.levels], one.layer, machine)
    answer = dv.evaluate_many(one.layer, machine, [one, other, wrong] * 100)
    expected = [dv.evaluate(one.layer, machine, mapping) for mapping in (one, other, wrong)]
    assert answer["cycles"].dtype == np.float64 and answer["valid"].dtype == np.bool_
    assert answer["valid"].tolist() == [True, True, False] * 100
    for i in (0, 1):
        assert (answer["energy_pj"][i::3] == expected[i].energy_pj).all() and (answer["cycles"][i::3] == expected[i].cycles).all()
    assert np.isnan(answer["cycles"][2::3]).all()
    cycle = dv.evaluate_many(one.layer, machine, [one, wrong], model="cycle")
    assert cycle["cycles"][0] == dv.evaluate(one.layer, machine, one, model="cycle").cycles and not cycle["valid"][1]


def test_many_mappings_as_an_array(machine, found):
    pattern = found.best.mapping
    rows = np.repeat(pattern.factors[None], 21, axis=0)
    assert pattern.factors.shape == (len(pattern.levels), 3, len(pattern.layer.dims))
    dims = list(pattern.layer.dims)
    k = dims.index("K")
    rows[5:10, -1, 0, k] *= 2  # the product is no longer the extent
    rows[11, 0, 0, 0] = 0
    answer = dv.evaluate_many(pattern.layer, machine, rows, like=pattern)
    good = [i for i in range(21) if not 5 <= i < 10 and i != 11]
    assert answer["valid"].tolist() == [i in good for i in range(21)]
    assert (answer["energy_pj"][good] == found.best.energy_pj).all() and np.isnan(answer["energy_pj"][5])
    # Two mappings of other factors, over the same keep sets and orders, as one by one.
    moved = rows[0].copy()
    levels = range(len(pattern.levels))
    level = next(i for i in levels if moved[i, 0, k] % 2 == 0 or moved[i, 0, k] == 1)
    if moved[-1, 0, k] % 2 == 0:
        moved[-1, 0, k] //= 2
        moved[0, 0, k] *= 2
    both = dv.evaluate_many(pattern.layer, machine, np.stack([rows[0], moved]), like=pattern)
    documents = [level.copy() for level in pattern.levels]
    for i, level in enumerate(documents):
        level["temporal"] = [[dims[d], int(moved[i, 0, d])] for d in _order(pattern, i) if moved[i, 0, d] > 1]
    alone = dv.evaluate(pattern.layer, machine, documents)
    assert both["valid"][1] == alone.valid and (not alone.valid or both["energy_pj"][1] == alone.energy_pj)
    with pytest.raises(ValueError, match="shape"):
        dv.evaluate_many(pattern.layer, machine, rows[:, :1], like=pattern)
    with pytest.raises(TypeError, match="like"):
        dv.evaluate_many(pattern.layer, machine, rows)
    with pytest.raises(TypeError, match="whole numbers"):
        dv.evaluate_many(pattern.layer, machine, rows.astype(float), like=pattern)


def _order(pattern, level):
    """Dimensions of the temporal loops of a level, outermost first; those without a loop come last."""
    names = list(pattern.layer.dims)
    loops = pattern.levels[level]["temporal"]
    loops = [loop[0] if isinstance(loop, list) else loop for loop in loops]
    first = [names.index(name) for name in loops]
    return first + [d for d in range(len(names)) if d not in first]


def test_a_function_decides_between_mappings(machine):
    layer = dv.Network.load("dqn").layers[2]
    asked = []

    def simulator(what, where, mapping):
        assert what.name == layer.name and where == machine and isinstance(mapping, dv.Mapping)
        asked.append(mapping)
        return {"cycles": 1000 + len(asked), "energy_pj": 5.0}

    answer = dv.map(layer, machine, evaluator=simulator, candidates=3, threads=1)
    assert 1 <= len(asked) <= 3 and answer.best.cycles == 1001 and answer.best.mapping == asked[0] and not answer.proven
    assert answer.best.model.startswith("python ")

    def refuses(what, where, mapping):
        raise dv.Infeasible("not on this simulator")

    assert dv.map(layer, machine, evaluator=refuses).best is None

    def broken(what, where, mapping):
        raise KeyError("a mistake of mine")

    with pytest.raises(KeyError, match="a mistake of mine"):
        dv.map(layer, machine, evaluator=broken)
    with pytest.raises(TypeError, match="answers a dict"):
        dv.map(layer, machine, evaluator=lambda *_: 3)


def test_words(machine, found):
    assert "PE" in str(machine) or "Spad" in str(machine)
    assert "for" in str(found.best.mapping) or "K" in str(found.best.mapping)
    assert "proven" in repr(found) and "Layer" in repr(found.best.layer)
    assert "evaluate_many" in dv.__doc__ or dv.evaluate_many.__doc__
