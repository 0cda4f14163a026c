"""Dovetail: which accelerator, and which schedule of every layer on it, gives the best energy-delay product within your limits,
and how sure are we?

    import dovetail as dv

    network = dv.Network.load("resnet18")              # zoo, ONNX, SCALE-Sim, ...
    family = dv.Family.load("eyeriss")
    machine = family.machine(family.hand_design)
    found = dv.map(network.layers[1], machine)          # best mapping, with a proven bound
    result = dv.codesign("dqn", "eyeriss", trials=12)   # accelerator and mappings together

    space = dv.Space({"banks": dv.Ordinal([1, 2, 4, 8]), "words": dv.Integer(64, 4096)}, ["words % banks == 0"])
    study = dv.Study(space, {"energy": "min"}, {"delay": "<= 60"})
    study.optimize(simulate, trials=30)                 # your own function

Values are immutable and pickle; searches leave the interpreter free and stop at Ctrl-C; a mistake in a file is InputError with its
line. Energies are in pJ, areas in square micrometres, delays in cycles unless a name says otherwise.
"""

from dovetail._core import (Architecture, Evaluation, Family, Layer, Mapping, MapResult, Network, Space, __version__, designers, evaluate,
                            evaluate_many, explain, map, presets)
from dovetail._errors import Infeasible, InputError, StorageError
from dovetail._parameters import Choice, Factorization, Integer, Ordinal, Permutation, Real
from dovetail._result import Design, Result, codesign, optimize, read, report, sweep
from dovetail._study import Study, Trial

__all__ = ["Architecture", "Choice", "Design", "Evaluation", "Factorization", "Family", "Infeasible", "InputError", "Integer", "Layer",
           "MapResult", "Mapping", "Network", "Ordinal", "Permutation", "Real", "Result", "Space", "StorageError", "Study", "Trial",
           "codesign", "designers", "evaluate", "evaluate_many", "explain", "map", "optimize", "presets", "read", "report", "sweep"]


def _drawn(name):
    def html(self):
        from dovetail import _drawing
        return getattr(_drawing, name)(self)
    return html


# Pictures for notebooks are drawn in Python, when they are asked for.
for _class, _name in ((Network, "network_html"), (Layer, "layer_html"), (Architecture, "architecture_html"), (Family, "family_html"),
                      (Mapping, "mapping_html"), (Evaluation, "evaluation_html"), (MapResult, "map_html"), (Space, "space_html")):
    _class.__module__ = "dovetail"
    _class._repr_html_ = _drawn(_name)
del _class, _name
