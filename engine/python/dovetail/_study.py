"""A search driven from Python: ask for points, tell outcomes, in any order and at any time."""

import threading

from dovetail import _core
from dovetail._errors import Infeasible
from dovetail._progress import Progress


class Trial:
    """One point of a study with its outcome. `outcome` is pending, feasible, infeasible, pruned or failed; `failed` is the
    reason of a failure, else None."""

    __slots__ = ("id", "point", "metrics", "outcome", "failed", "reason")

    def __init__(self, id, point, metrics, outcome, failed=None, reason=""):
        self.id = id
        self.point = point
        self.metrics = metrics
        self.outcome = outcome
        self.failed = failed
        self.reason = reason

    def to_dict(self):
        return {"id": self.id, "point": self.point, "metrics": self.metrics, "outcome": self.outcome, "reason": self.reason}

    def __repr__(self):
        words = self.reason if self.outcome == "failed" else " ".join(f"{name}={value:.6g}" for name, value in self.metrics.items())
        return f"<Trial {self.id} {self.outcome}: {self.point}{' -> ' + words if words else ''}>"

    def __eq__(self, other):
        return isinstance(other, Trial) and self.to_dict() == other.to_dict()

    __hash__ = None


def _objectives(objectives):
    if isinstance(objectives, str):
        objectives = {objectives: "min"}
    elif not isinstance(objectives, dict):
        objectives = {name: "min" for name in objectives}
    words = {"min": True, "minimize": True, "max": False, "maximize": False}
    result = []
    for name, direction in objectives.items():
        if direction not in words:
            raise ValueError(f"objective {name!r} is {direction!r}, allowed are 'min' and 'max'")
        result.append({"metric": name, "minimize": words[direction]})
    return result


def _spec(name, bound):
    text = str(bound).strip()
    for sign, key in (("<=", "max"), (">=", "min")):
        if text.startswith(sign):
            try:
                return {"metric": name, key: float(text[2:])}
            except ValueError:
                break
    raise ValueError(f"spec {name!r} is {bound!r}, allowed are '<= NUMBER' and '>= NUMBER'")


def _specs(specs):
    if not specs:
        return []
    if isinstance(specs, str):
        specs = [specs]
    if isinstance(specs, dict):
        return [_spec(name, bound) for name, bound in specs.items()]
    result = []
    for text in specs:
        at = min((text.find(sign) for sign in ("<=", ">=") if sign in text), default=-1)
        if at <= 0:
            raise ValueError(f"spec {text!r}: expected 'METRIC <= NUMBER' or 'METRIC >= NUMBER'")
        result.append(_spec(text[:at].strip(), text[at:]))
    return result


class Study:
    """A search over a space. The same seed, asks and tells give the same table as `dovetail serve`, for any number of threads.

        study = dovetail.Study(space, objectives={"energy": "min"}, specs={"delay": "<= 60"}, seed=1)
        study.optimize(simulate, trials=30)
        study.best.point

    With `store` every call is recorded before it returns; `resume` goes on with what is there. `with` closes the store. A study
    pickles with its trials: what was asked and told is repeated.
    """

    def __init__(self, space, objectives={"cost": "min"}, specs=None, *, designer="bayes", seed=0, store=None, resume=False,
                 threads=0, options=None):
        if isinstance(space, dict):
            space = _core.Space(space)
        if not isinstance(space, _core.Space):
            raise TypeError(f"space is {type(space).__name__}, allowed is a dovetail.Space or a dict of its parameters")
        self._arguments = (space, objectives, specs, dict(designer=designer, seed=seed, threads=threads, options=options))
        self._store = str(store) if store is not None else ""
        if resume and not self._store:
            raise ValueError("resume continues a store: name it with store='FILE'")
        self._goal = {"objectives": _objectives(objectives), "specs": _specs(specs)}
        self._calls, self._lock = [], threading.Lock()
        document = {**space.to_dict(), "goal": self._goal}
        words = {str(name): str(value) for name, value in (options or {}).items()}
        self._session = _core.Session(document, designer, words, seed, threads, self._store, resume)

    @property
    def space(self):
        """The Space that is searched."""
        return self._arguments[0]

    @property
    def objectives(self):
        """{metric: 'min' or 'max'}."""
        return {one["metric"]: "min" if one["minimize"] else "max" for one in self._goal["objectives"]}

    @property
    def notes(self):
        """What should be known of a resumed study."""
        return self._session.notes()

    # ---- ask and tell

    def ask(self, n=None):
        """The next point to try, as a Trial; with `n` a list of so many, fewer where no other point is found."""
        count = 1 if n is None else n
        with self._lock:  # what is repeated by a pickle is in the order of the calls
            trials = [self._trial(row) for row in self._session.ask(count)]
            if not self._store:
                self._calls.append(("ask", count))
        if n is not None:
            return trials
        if not trials:
            raise Infeasible("every feasible point is a trial" if self._session.exhausted() else "no other feasible point was found")
        return trials[0]

    def tell(self, trial, metrics=None, failed=None):
        """The outcome of a trial (or its id, or any point): its metrics by name, one number where there is one metric, or the
        reason of a failure. NaN and infinities count as failed. Of several trials: a list of them, and of their outcomes."""
        if isinstance(trial, (list, tuple)):
            self._tell([self._outcome(*row) for row in _rows(trial, metrics, failed)])
        else:
            self._tell([self._outcome(trial, metrics, failed)])

    def _tell(self, outcomes):
        with self._lock:
            self._session.tell(outcomes)
            if not self._store:
                self._calls.append(("tell", outcomes))

    def _outcome(self, trial, metrics, failed):
        if isinstance(trial, Trial):
            trial = trial.id
        elif not isinstance(trial, (int, dict)):
            if not hasattr(trial, "__index__"):
                raise TypeError(f"a trial is {type(trial).__name__}, allowed are a Trial, its id, and a point {{name: value}}")
            trial = trial.__index__()
        if isinstance(metrics, Infeasible):
            metrics, failed = None, metrics
        if failed is not None:
            if metrics is not None:
                raise ValueError("both metrics and failed: an outcome is one of them")
            return trial, None, str(failed) or "infeasible"
        return trial, self._metrics(metrics), None

    def _metrics(self, metrics):
        if isinstance(metrics, dict):
            try:
                return {name: float(value) for name, value in metrics.items()}
            except (TypeError, ValueError):
                wrong = {name: value for name, value in metrics.items() if not hasattr(value, "__float__")}
                raise TypeError(f"metrics are numbers, found {wrong or metrics!r}") from None
        names = self._session.metrics()
        if metrics is None or not hasattr(metrics, "__float__"):
            raise TypeError(f"an outcome is {metrics!r}, allowed are a number or a dict of {', '.join(names)}, or `failed`")
        if len(names) > 1:
            raise ValueError(f"an outcome is one number, and the study has the metrics {', '.join(names)}: give a dict of them")
        return {names[0]: float(metrics)}

    # ---- a function for the whole of it

    def optimize(self, function, trials, *, batch=1, jobs=1, progress="auto"):
        """Calls function(point) until the study has `trials` outcomes in all, those of a resumed store included. The function
        answers a number or a dict of metrics, or raises Infeasible. Points come in rounds of `batch` and are told in order, so
        the table does not depend on `jobs`, the threads that the function runs in. Any other exception of the function, and
        Ctrl-C, end it after what is finished was told; calling it again goes on, with the trials that are pending first."""
        for name, value in (("trials", trials), ("batch", batch), ("jobs", jobs)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}, allowed is a whole number from 1")
        if not callable(function):
            raise TypeError(f"function is {type(function).__name__}, allowed is something that can be called with a point")
        pending = [trial for trial in self.trials if trial.outcome == "pending"]
        told = self._session.count() - len(pending)
        pool = None
        if jobs > 1:
            from concurrent.futures import ThreadPoolExecutor
            pool = ThreadPoolExecutor(jobs)
        try:
            with Progress(progress) as show:
                while pending or told < trials:
                    if pending:
                        points, pending = pending[:batch], pending[batch:]
                    else:
                        points = self.ask(min(batch, trials - told))
                    if not points:
                        break
                    self._round(function, points, pool)
                    told += len(points)
                    if not show.silent:
                        best = self.best
                        show(told, trials, best and best.metrics[self._goal["objectives"][0]["metric"]], None)
        finally:
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)
        return self

    def _round(self, function, points, pool):
        finished, error = [], None

        def call(trial):
            try:
                return self._outcome(trial, function(dict(trial.point)), None)
            except Infeasible as reason:
                return self._outcome(trial, None, reason)

        futures = [pool.submit(call, trial) for trial in points] if pool else None
        try:
            for i, trial in enumerate(points):
                try:
                    finished.append(futures[i].result() if futures else call(trial))
                except Exception as raised:
                    if not futures:
                        raise
                    error = error or raised  # the others of the round are waited for
            if error is not None:
                raise error
        finally:
            if finished:
                self._tell(finished)

    # ---- what is known

    def _trial(self, row):
        id, point, outcome, metrics, reason = row
        return Trial(id, point, metrics, outcome, reason if outcome == "failed" else None, reason)

    @property
    def trials(self):
        """All trials in the order of their ids, pending ones included."""
        return [self._trial(row) for row in self._session.trials()]

    @property
    def best(self):
        """The feasible trial that is best by the first objective; None before there is one."""
        row = self._session.best()
        return None if row is None else self._trial(row)

    @property
    def front(self):
        """The feasible trials that no other is better than in every objective, best by the first objective first."""
        trials = [self._trial(self._session.trial(id)) for id in self._session.front()]
        first = self._goal["objectives"][0]
        return sorted(trials, key=lambda trial: trial.metrics[first["metric"]] * (1 if first["minimize"] else -1))

    def to_dataframe(self):
        """A pandas.DataFrame with the columns trial, outcome, the parameters, the metrics, reason."""
        from dovetail._tables import study_frame
        return study_frame(self)

    def to_numpy(self):
        """(X, Y) of the trials that were told: coded points as the surrogates see them, and the objectives followed by the
        metrics of the specs; NaN where a trial failed."""
        return self._session.arrays()

    def posterior(self, points):
        """(mean, std, p_feasible) at points, a list of {name: value} or coded rows as of `to_numpy`: what is believed of the
        objective (columns where there are several), and how probable it is that a trial there succeeds and keeps the specs."""
        if isinstance(points, dict):
            points = [points]
        if not hasattr(points, "shape"):
            points = self._session.encode([point.point if isinstance(point, Trial) else point for point in points])
        return self._session.posterior(points)

    def close(self):
        """Ends the study and closes its store."""
        self._session.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __len__(self):
        return self._session.count()

    def __repr__(self):
        if self._session.closed():
            return "<Study: closed>"
        return f"<Study of {', '.join(self.space.names)}: {len(self)} trials, best {self.best}>"

    def __reduce__(self):
        return _reopened, (*self._arguments, self._store, self._calls)

    def _repr_html_(self):
        from dovetail._drawing import study_html
        return study_html(self)


def _rows(trials, metrics, failed):
    several = []
    for name, values in (("metrics", metrics), ("failed", failed)):
        if values is None:
            values = [None] * len(trials)
        if not isinstance(values, (list, tuple)) and not hasattr(values, "tolist") or len(values) != len(trials):
            raise ValueError(f"{len(trials)} trials are told, and {name} is not a list of as many")
        several.append(values)
    return list(zip(trials, *several))


def _reopened(space, objectives, specs, words, store, calls):
    study = Study(space, objectives, specs, store=store or None, resume=bool(store), **words)
    for name, value in calls:
        if name == "ask":
            study.ask(value)
        else:
            study._tell(value)
    return study


for _class in (Study, Trial):
    _class.__module__ = "dovetail"
