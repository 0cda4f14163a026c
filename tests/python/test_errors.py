"""Mistakes: where they are, all of them, and what is allowed."""

import pickle

import pytest

import dovetail as dv


def test_every_mistake_of_a_file_at_its_place(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
                   "Conv1, 224, x, 7, 7, 3, 64, 2,\nConv2, 56, 56, 3, 3, 64, 0, 1,\n")
    with pytest.raises(dv.InputError) as caught:
        dv.Network.load(bad)
    error = caught.value
    assert error.line == 2 and error.file == str(bad) and f"{bad}:2" in str(error) and str(error).startswith(f"{bad}:2:")
    assert len(error.messages) == 2 and error.messages[1].startswith(f"{bad}:3:") and isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.messages == error.messages and again.line == 2


@pytest.mark.parametrize("call, error, words", [
    (lambda: dv.Network.load("resnet19"), dv.InputError, "did you mean 'resnet18'"),
    (lambda: dv.Network.load(3), TypeError, "str and os.PathLike"),
    (lambda: dv.Network.from_layers([{"name": "a", "conv": "64 -> 12", "kernal": 3}]), dv.InputError, "kernal"),
    (lambda: dv.Network.from_layers([3]), (TypeError, dv.InputError), ""),
    (lambda: dv.Layer({"name": "a"}), dv.InputError, ""),
    (lambda: dv.Family.load("eyeris"), dv.InputError, "did you mean 'eyeriss'"),
    (lambda: dv.Family.load("eyeriss").machine({"hw.pe_z": 3}), ValueError, "did you mean"),
    (lambda: dv.Family.load("eyeriss").machine({"hw.pe_x": 100000}), ValueError, "hw.pe_x"),
    (lambda: dv.Architecture.load("no_such_file.yaml"), dv.InputError, "no_such_file.yaml"),
    (lambda: dv.Architecture.from_dict({"levels": []}), dv.InputError, ""),
    (lambda: dv.map(dv.Network.load("mlp"), "eyeriss", mapper="exakt"), ValueError, "did you mean 'exact'"),
    (lambda: dv.map(dv.Network.load("mlp"), "eyeriss", objective="edpp"), ValueError, "allowed are edp"),
    (lambda: dv.map(dv.Network.load("mlp"), "eyeriss", gap=2), ValueError, "0 to 1"),
    (lambda: dv.map(dv.Network.load("mlp"), "eyeriss", time=0), ValueError, "above 0"),
    (lambda: dv.map("mlp", "eyeriss"), TypeError, "dovetail.Layer"),
    (lambda: dv.map(dv.Network.load("mlp"), 3), TypeError, "Architecture"),
    (lambda: dv.map(dv.Network.load("mlp"), "eyeriss", mappers="exact"), TypeError, "incompatible function arguments"),
    (lambda: dv.evaluate(dv.Network.load("mlp"), "eyeriss", []), TypeError, "one layer"),
    (lambda: dv.evaluate(dv.Network.load("mlp").layers[0], "eyeriss", [{"level": "Spat"}]), dv.InputError, "Spat"),
    (lambda: dv.evaluate(dv.Network.load("mlp").layers[0], "eyeriss", [], model="loops"), ValueError, "did you mean 'loop'"),
    (lambda: dv.evaluate_many(dv.Network.load("mlp").layers[0], "eyeriss", [3]), TypeError, r"mappings\[0\]"),
    (lambda: dv.evaluate_many(dv.Network.load("mlp").layers[0], "eyeriss", 3), TypeError, "list of Mapping"),
    (lambda: dv.codesign("mlpp", "eyeriss"), dv.InputError, "did you mean 'mlp'"),
    (lambda: dv.codesign("mlp", "eyeris"), dv.InputError, "did you mean 'eyeriss'"),
    (lambda: dv.codesign("mlp", "eyeriss", trails=3), dv.InputError, "did you mean 'trials'"),
    (lambda: dv.codesign("mlp", "eyeriss", objective="speed"), dv.InputError, "allowed are"),
    (lambda: dv.codesign("mlp", "eyeriss", specs=["area <= 4"]), dv.InputError, "area_um2"),
    (lambda: dv.codesign("mlp", "eyeriss", fixed={"hw.pe": 3}), dv.InputError, "hw.pe"),
    (lambda: dv.codesign("mlp", "eyeriss", model="cycle", evaluator=lambda *_: {}), ValueError, "keep one"),
    (lambda: dv.explain({"problem": {}}), dv.InputError, ""),
    (lambda: dv.explain(3), TypeError, "str and os.PathLike"),
    (lambda: dv.read("no_such_store.db"), dv.StorageError, "no_such_store.db"),
    (lambda: setattr(dv.Integer(1, 3), "low", 2), AttributeError, "immutable"),
    (lambda: setattr(dv.Network.load("mlp"), "name", "x"), AttributeError, ""),
])
def test_what_a_mistake_gets(call, error, words):
    with pytest.raises(error, match=words):
        call()
