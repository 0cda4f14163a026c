"""Dovetail's searches as a sampler of Optuna: known constraints by changing one line.

    study = optuna.create_study(sampler=dovetail.optuna.DovetailSampler(constraints=["words % banks == 0"], seed=1))
    study.optimize(objective, n_trials=50)
"""

import threading

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, IntersectionSearchSpace
from optuna.trial import TrialState

try:
    from optuna.search_space import IntersectionSearchSpace  # noqa: F811  (Optuna 3.2 and later)
except ImportError:
    pass

import dovetail


def _kind(choices):
    """numbers and names stand for themselves in constraints, anything else by its place: '0', '1', ..."""
    if len(set(choices)) == len(choices):
        if all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in choices):
            return "numbers"
        if all(isinstance(one, str) for one in choices):
            return "names"
    return "places"


def _parameter(distribution):
    """The parameter of a distribution."""
    if isinstance(distribution, CategoricalDistribution):
        choices = distribution.choices
        kind = _kind(choices)
        if kind == "numbers":
            return dovetail.Ordinal(sorted(choices))
        return dovetail.Choice(choices if kind == "names" else [str(place) for place in range(len(choices))])
    if isinstance(distribution, IntDistribution):
        return dovetail.Integer(distribution.low, distribution.high, distribution.step, distribution.log)
    if isinstance(distribution, FloatDistribution):
        if distribution.step is None:
            return dovetail.Real(distribution.low, distribution.high, distribution.log)
        steps = int(round((distribution.high - distribution.low) / distribution.step))
        return dovetail.Ordinal([distribution.low + i * distribution.step for i in range(steps + 1)])
    raise ValueError(f"{type(distribution).__name__} has no counterpart among dovetail's parameters")


def _there(distribution, value):
    """A value of Optuna as dovetail's."""
    if isinstance(distribution, CategoricalDistribution):
        return value if _kind(distribution.choices) != "places" else str(distribution.choices.index(value))
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        return distribution.low + round((value - distribution.low) / distribution.step) * distribution.step
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def _back(distribution, value):
    if isinstance(distribution, CategoricalDistribution):
        if _kind(distribution.choices) == "places":
            return distribution.choices[int(value)]
        return distribution.choices[distribution.choices.index(value)]
    return value


def _words(constraint):
    import re
    return {word for word in re.findall(r"[A-Za-z_][A-Za-z_0-9.]*", re.sub(r"'[^']*'", "", constraint))
            if word not in ("and", "or", "not", "min", "max", "floor", "ceil", "log2", "abs")}


class DovetailSampler(BaseSampler):
    """Suggests points with a designer of dovetail. `constraints` are expressions over the names of parameters, kept by every
    suggestion; choices that are neither all numbers nor all texts stand in them by their places, '0' for the first. `constraints_func(trial)` answers numbers that
    are to be at most 0, as Optuna's own samplers take it: they are learned. Failed and pruned trials are learned from as well.
    `space` ({name: distribution or dovetail parameter}) says from the first trial on what will be suggested; without it the first
    trial is drawn parameter by parameter, within the constraints whose names are known by then."""

    def __init__(self, constraints=(), *, designer="bayes", seed=0, space=None, constraints_func=None, threads=0, options=None):
        if isinstance(constraints, str):
            constraints = [constraints]
        self._constraints = list(constraints)
        self._designer, self._seed, self._threads, self._options = designer, seed or 0, threads, options
        self._space = space
        self._constraints_func = constraints_func
        self._search_space = IntersectionSearchSpace(include_pruned=True)
        self._lock = threading.RLock()
        self._sessions = {}

    # ---- what Optuna calls

    def reseed_rng(self):
        pass  # a suggestion is a function of the seed and the trials: several workers ask one after the other

    def infer_relative_search_space(self, study, trial):
        if self._space is not None:
            return {name: self._distribution(one) for name, one in self._space.items()}
        found = self._search_space.calculate(study, ordered_dict=True) if _takes_order(self._search_space) else self._search_space.calculate(study)
        found = {name: one for name, one in found.items() if not one.single()}
        # A constraint that names a parameter which not every trial has cannot be kept by construction.
        for constraint in self._constraints:
            if not _words(constraint) <= set(found):
                found = {name: one for name, one in found.items() if name not in _words(constraint)}
        return found

    def sample_relative(self, study, trial, search_space):
        if not search_space:
            return {}
        with self._lock:
            session = self._session(study, search_space)
            session.learn(study, trial)
            return session.suggest(trial)

    def sample_independent(self, study, trial, param_name, param_distribution):
        """Drawn within the constraints over what the trial has so far, uniformly."""
        known = {param_name: _parameter(param_distribution)}
        for name, value in trial.params.items():
            there = _there(trial.distributions[name], value)
            known[name] = dovetail.Choice([there]) if isinstance(there, str) else dovetail.Ordinal([there])
        constraints = [one for one in self._constraints if param_name in _words(one) and _words(one) <= set(known)]
        space = dovetail.Space(known, constraints)
        point = space.sample(1, _stream(self._seed, trial.number, param_name))[0]
        return _back(param_distribution, point[param_name])

    def after_trial(self, study, trial, state, values):
        if self._constraints_func is None or state not in (TrialState.COMPLETE, TrialState.PRUNED):
            return
        constraints = tuple(float(value) for value in self._constraints_func(trial))
        study._storage.set_trial_system_attr(trial._trial_id, "constraints", constraints)

    # ---- sessions

    def _distribution(self, one):
        if isinstance(one, dovetail.Integer):
            return IntDistribution(one.low, one.high, one.log, one.step)
        if isinstance(one, dovetail.Real):
            return FloatDistribution(one.low, one.high, one.log)
        if isinstance(one, (dovetail.Choice, dovetail.Ordinal)):
            return CategoricalDistribution(one.values)
        if isinstance(one, (CategoricalDistribution, IntDistribution, FloatDistribution)):
            return one
        raise TypeError(f"space: {one!r}, allowed are distributions of Optuna, and Integer, Real, Ordinal and Choice")

    def _session(self, study, search_space):
        key = (id(study._storage), study._study_id, repr(sorted(search_space.items())), self._limits(study))
        if key not in self._sessions:
            self._sessions = {key: _Session(self, study, search_space, key[-1])}  # the last space alone is of use
        return self._sessions[key]

    def _limits(self, study):
        """How many numbers `constraints_func` answers, once it has answered."""
        if self._constraints_func is None:
            return 0
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)):
            if "constraints" in trial.system_attrs:
                return len(trial.system_attrs["constraints"])
        return 0

    def __getstate__(self):
        state = self.__dict__.copy()
        state["_sessions"] = {}  # rebuilt from the trials of the study
        del state["_lock"]
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._lock = threading.RLock()


class _Session:
    """One of dovetail's studies over a space that Optuna's trials share."""

    def __init__(self, sampler, study, search_space, limits):
        self.distributions = dict(search_space)
        self.objectives = [f"value{i}" for i in range(len(study.directions))]
        self.limits = [f"constraint{i}" for i in range(limits)]
        self.asked, self.told = {}, set()
        parameters = {name: _parameter(one) for name, one in self.distributions.items()}
        constraints = [one for one in sampler._constraints if _words(one) <= set(parameters)]
        directions = {name: "min" if one == optuna.study.StudyDirection.MINIMIZE else "max"
                      for name, one in zip(self.objectives, study.directions)}
        self.study = dovetail.Study(dovetail.Space(parameters, constraints), directions, {name: "<= 0" for name in self.limits},
                                    designer=sampler._designer, seed=sampler._seed, threads=sampler._threads, options=sampler._options)

    def learn(self, study, asking):
        """Tells what has finished since the last time, in the order of Optuna's numbers."""
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)):
            if trial.number in self.told or trial.number == asking.number:
                continue
            self.told.add(trial.number)
            point = self._point(trial)
            if point is None:
                continue
            own = self.asked.pop(trial.number, None)
            if own is not None and own.point != point:  # the objective changed what was suggested
                self.study.tell(own, failed="another point was tried")
                own = None
            self.study.tell(point if own is None else own, *self._outcome(trial))

    def suggest(self, trial):
        try:
            own = self.study.ask()
        except dovetail.Infeasible:
            return {}  # nothing is left to try: the parameters are drawn
        self.asked[trial.number] = own
        return {name: _back(one, own.point[name]) for name, one in self.distributions.items()}

    def _point(self, trial):
        point = {}
        for name, distribution in self.distributions.items():
            if name not in trial.params:
                return None
            try:
                point[name] = _there(distribution, trial.params[name])
            except ValueError:
                return None
        if not self.study.space.contains(point):
            return None  # drawn before the constraint was known
        known = self.study._session.find(point)
        if known is not None and self.study._session.trial(known)[2] != "pending":
            return None  # tried twice: the first outcome stands
        return point

    def _outcome(self, trial):
        if trial.state != TrialState.COMPLETE:
            return None, "pruned" if trial.state == TrialState.PRUNED else "failed"
        metrics = dict(zip(self.objectives, trial.values))
        constraints = trial.system_attrs.get("constraints", ())
        if len(constraints) != len(self.limits):
            return None, "no constraints were told"
        metrics.update(zip(self.limits, constraints))
        return metrics, None


def _takes_order(search_space):
    import inspect
    return "ordered_dict" in inspect.signature(search_space.calculate).parameters


def _stream(seed, number, name):
    import zlib
    return (seed * 1_000_003 + number * 8_191 + zlib.crc32(name.encode())) % 2**63
