"""Studies that the engine runs: co-design, searches over networks, sweeps, and what stores know of them."""

import itertools
import os

from dovetail import _core
from dovetail._progress import Progress
from dovetail._study import Trial


class Design:
    """An accelerator with the mapping of every layer: `point`, `objective`, the figures, `architecture`, `layers`; of a search
    over networks also `networks`."""

    __slots__ = ("_values",)

    def __init__(self, values):
        self._values = values

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"a design has no {name!r}, it has {', '.join(self._values)}") from None

    def __dir__(self):
        return [*super().__dir__(), *self._values]

    @property
    def point(self):
        """{parameter: value}."""
        return self._values["point"]

    @property
    def objective(self):
        return self._values["objective"]

    @property
    def metrics(self):
        """Every figure of the design by name, in the units that end the names."""
        if "metrics" in self._values:
            return self._values["metrics"]
        return {name: value for name, value in self._values.items() if isinstance(value, (int, float)) and not isinstance(value, bool)}

    @property
    def architecture(self):
        """The machine as an Architecture; None of a search without one."""
        document = self._values.get("architecture")
        return None if document is None else _core.Architecture.from_dict(document)

    @property
    def layers(self):
        """Per distinct layer a dict: name, network, count, mapping, objective, lower_bound, gap, proven, metrics."""
        return self._values.get("layers", [])

    def to_dict(self):
        """As in the program's `optimize --format json`."""
        return self._values

    def __getstate__(self):
        return self._values

    def __setstate__(self, values):
        self._values = values

    def __repr__(self):
        words = " ".join(f"{name}={value}" for name, value in self.point.items())
        return f"<Design {self.objective:.6g}: {words}>"

    def _repr_html_(self):
        from dovetail._drawing import design_html
        return design_html(self)


class Result:
    """What a study found, finished, stopped or read from its store. Immutable; pickles."""

    def __init__(self, record):
        self._record = record
        self._data = None
        self._rows = None

    def to_dict(self):
        """As the program's `optimize --format json`."""
        if self._data is None:
            self._data = self._record.result()
        return self._data

    def _design(self, name):
        values = self.to_dict().get(name)
        return Design(values) if values else None

    @property
    def best(self):
        """The best feasible Design; None where there is none."""
        return self._design("best")

    @property
    def baseline(self):
        """The hand design with its own dataflow, or None."""
        return self._design("baseline")

    @property
    def baseline_free(self):
        """The hand design, freely mapped, or None."""
        return self._design("baseline_free")

    @property
    def improvement(self):
        """The share by which the best objective is below the hand design's: 0.15 is 15 % below; None without either."""
        return self.to_dict().get("improvement")

    @property
    def lower_bound(self):
        """No design of the space has a smaller objective; 0 or None where no bound is known."""
        return self.to_dict().get("lower_bound")

    @property
    def gap(self):
        """(best - lower_bound) / best; None without a design or a bound."""
        return self.to_dict().get("gap")

    @property
    def proven(self):
        """Whether no design of the space is better."""
        return bool(self.to_dict().get("proven", False))

    @property
    def trials(self):
        """All trials in the order of their ids."""
        if self._rows is None:
            self._rows = [_trial(row) for row in self._record.trials()]
        return list(self._rows)

    @property
    def front(self):
        """Of several objectives, the feasible trials that no other is better than in all of them; else the best alone."""
        front = self.to_dict().get("front")
        if front:
            return [_trial(row) for row in (front["designs"] if isinstance(front, dict) else front)]
        feasible = [trial for trial in self.trials if trial.outcome == "feasible" and trial.metrics.get("objective") is not None]
        return [min(feasible, key=lambda trial: trial.metrics["objective"])] if feasible else []

    @property
    def parameters(self):
        """The names of what was searched."""
        return self._record.parameters

    @property
    def stopped(self):
        """Why the search ended: trials, exhausted, proven, time, interrupt; of a store also 'running or cut off'."""
        return self.to_dict().get("stopped")

    @property
    def notes(self):
        """What should be known of a resumed study."""
        return self._record.notes

    def to_dataframe(self):
        """A pandas.DataFrame with the columns of `dovetail report --format csv`: trial, outcome, the parameters, objective,
        lower_bound, the metrics, reason. No seconds, so equal studies compare equal."""
        from dovetail._tables import result_frame
        return result_frame(self._record)

    def to_csv(self):
        """The same table as text: what `dovetail report --format csv` prints."""
        return self._record.csv()

    def report(self, path=None):
        """Writes the study as one HTML page that needs no net, and answers its path; without a path, the text of
        `dovetail report`."""
        if path is None:
            return self._record.text()
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._record.page())
        return path

    def __str__(self):
        return self._record.text()

    def __repr__(self):
        trials = len(self.trials)
        best = self.best
        return f"<Result: {trials} trials, {'no feasible design' if best is None else f'best {best.objective:.6g}'}>"

    def __getstate__(self):
        return self._record

    def __setstate__(self, record):
        self.__init__(record)

    def _repr_html_(self):
        from dovetail._drawing import result_html
        return result_html(self)


def _trial(row):
    failed = row["reason"] if row["outcome"] == "failed" else None
    return Trial(row.get("id", -1), row.get("point", {}), row.get("metrics", {}), row.get("outcome", "feasible"), failed, row.get("reason", ""))


def _path(value):
    return os.fspath(value) if hasattr(value, "__fspath__") else value


def _scratch(network):
    """A network that was made here, as a file that the study reads."""
    import tempfile
    folder = tempfile.TemporaryDirectory(prefix="dovetail-")
    path = os.path.join(folder.name, "network.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(network.text())
    return path, folder


def _search(document, assignments, preset, variant, evaluator, accuracy, store, resume, threads, progress):
    with Progress(progress) as show:
        return Result(_core.search(document, assignments, preset or "", variant or "", evaluator, accuracy,
                                   "" if store is None else str(store), resume, threads, None if show.silent else show))


def _texts(settings):
    """`path=value` as the program's --set takes it."""
    import json
    return [f"{path}={value if isinstance(value, str) else json.dumps(value)}" for path, value in (settings or {}).items()]


def codesign(workload, family, *, trials=50, objective="edp", specs=(), seed=0, evaluator=None, store=None, resume=False, threads=0,
             progress="auto", designer="bayes", mapper="exact", batch=2, model="loop", fixed=None, space=None, **keys):
    """Searches the accelerator of a family, and the mapping of every layer of a network on it: the same table as `dovetail
    optimize`, for any `threads`. `workload` is a Network, a name, a path, or several of them; `family` a Family, a name or a
    path; `specs` are limits such as 'area_um2 <= 4e6'; `fixed` and `space` are {parameter: value} and {parameter: narrower
    range}; `evaluator` is a command, or a function(layer, architecture, mapping) that answers {'cycles', 'energy_pj'} and then
    decides; further keys are those of a study file. With `store` every trial is recorded, and `resume` goes on; `trials` is the
    total. Ctrl-C stops the search and leaves the store as it is."""
    scratch = []

    def name(one):
        if isinstance(one, _core.Network):
            if one.origin and not one.dims:
                return one.origin
            path, folder = _scratch(one)
            scratch.append(folder)
            return path
        return _path(one)

    document = dict(keys)
    if isinstance(workload, dict):
        document["workloads"] = {name(one): weight for one, weight in workload.items()}
    elif isinstance(workload, (list, tuple)):
        document["workloads"] = [name(one) for one in workload]
    else:
        document["workload"] = name(workload)
    fixed = dict(fixed or {})
    if isinstance(family, _core.Family):
        fixed = {**family.own_settings, **fixed}
        family = family.origin
    document.update(family=_path(family), trials=trials, objective=objective, seed=seed, designer=designer, mapper=mapper, batch=batch, model=model)
    if specs:
        document["specs"] = [specs] if isinstance(specs, str) else specs if isinstance(specs, dict) else list(specs)
    if fixed:
        document["fixed"] = fixed
    if space:
        document["space"] = space
    function = evaluator if callable(evaluator) else None
    if evaluator is not None and function is None:
        document["evaluator"] = evaluator
    return _search(document, [], None, None, function, None, store, resume, threads, progress)


def optimize(study=None, *, preset=None, variant=None, set=None, evaluator=None, accuracy=None, store=None, resume=False, threads=0,
             progress="auto"):
    """Runs a study as `dovetail optimize` does: of a file, or a dict with the keys of one; also of a search over networks. `set`
    replaces values by path, {'trials': 20, 'fixed.hw.pe_x': 14}. `evaluator` is a function(layer, architecture, mapping),
    `accuracy` of a search over networks a function(point, networks) that answers a number. `preset` names a published system."""
    if study is None and preset is None:
        raise TypeError("optimize needs a study, or the name of a preset")
    return _search(_path(study), _texts(set), preset, variant, evaluator, accuracy, store, resume, threads, progress)


def sweep(study, grid, *, hold=False, set=None, evaluator=None, threads=0, progress="auto"):
    """One study per point of a grid {path: values}, several crossed, as `dovetail sweep`: a list of rows, dicts with `point`,
    `status`, `reason`, `objective`, the figures and `best`. With `hold` the parameters outside the grid stay at the hand design."""
    axes = [[(path, value) for value in (values if hasattr(values, "__iter__") and not isinstance(values, str) else [values])]
            for path, values in grid.items()]
    points = [dict(point) for point in itertools.product(*axes)]
    rows = []
    with Progress(progress, "rows") as show:
        for point in points:
            point = {path: value.item() if hasattr(value, "item") else value for path, value in point.items()}
            rows.append(_core.sweep_row(_path(study), [*_texts(set), *_texts(point)], point, hold, evaluator, threads))
            if not show.silent:
                show(len(rows), len(points))
    return rows


def read(store):
    """What a store knows of its study, finished, running or cut off, as a Result. Raises StorageError."""
    return Result(_core.Record.read(str(store)))


def report(store, path=None):
    """The text of `dovetail report`, or with a path its HTML page."""
    return read(store).report(path)


for _class in (Design, Result, codesign, optimize, sweep, read, report):
    _class.__module__ = "dovetail"
