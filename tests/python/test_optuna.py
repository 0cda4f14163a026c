"""The sampler for Optuna: one line changed, and known constraints hold."""

import pickle

import pytest

optuna = pytest.importorskip("optuna", reason="python3-optuna is not installed")

import dovetail as dv
import dovetail.optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
CONSTRAINTS = ["words % banks == 0", "words >= 32 * banks"]


def objective(trial):
    banks = trial.suggest_categorical("banks", [1, 2, 4, 8])
    words = trial.suggest_int("words", 64, 4096, log=True)
    return 0.01 * words + 3 * banks + 4e4 / (words * banks ** 0.5)


def holds(trial):
    return trial.params["words"] % trial.params["banks"] == 0 and trial.params["words"] >= 32 * trial.params["banks"]


def optimized(trials=25, objective=objective, **words):
    study = optuna.create_study(sampler=dovetail.optuna.DovetailSampler(**words))
    study.optimize(objective, n_trials=trials)
    return study


def test_known_constraints_hold_from_the_first_trial():
    study = optimized(constraints=CONSTRAINTS, seed=1)
    assert len(study.trials) == 25 and all(holds(trial) for trial in study.trials)
    assert len({tuple(trial.params.values()) for trial in study.trials[1:]}) == 24
    plain = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    plain.optimize(objective, n_trials=25)
    assert not all(holds(trial) for trial in plain.trials)
    best = min((0.01 * w + 3 * b + 4e4 / (w * b ** 0.5)) for b in (1, 2, 4, 8) for w in range(64, 4097) if w % b == 0 and w >= 32 * b)
    assert study.best_value <= 1.1 * best


def test_the_same_seed_gives_the_same_study():
    one, two, other = (optimized(8, constraints=CONSTRAINTS, seed=seed) for seed in (3, 3, 4))
    assert [t.params for t in one.trials] == [t.params for t in two.trials] != [t.params for t in other.trials]


def test_learned_constraints_failures_and_pruning():
    def limited(trial):
        value = objective(trial)
        trial.set_user_attr("delay", trial.params["words"] / 100)
        if trial.number == 3:
            raise optuna.TrialPruned()
        if trial.number == 4:
            return float("nan")
        return value

    sampler = dovetail.optuna.DovetailSampler(CONSTRAINTS, seed=2, constraints_func=lambda trial: (trial.user_attrs["delay"] - 6,))
    study = optuna.create_study(sampler=sampler)
    study.optimize(limited, n_trials=25)
    assert all(holds(trial) for trial in study.trials)
    kept = [trial.value for trial in study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)) if trial.user_attrs["delay"] <= 6]
    least = min(0.01 * w + 3 * b + 4e4 / (w * b ** 0.5) for b in (1, 2, 4, 8) for w in range(64, 601) if w % b == 0 and w >= 32 * b)
    assert min(kept) <= 1.02 * least
    assert study.trials[3].state == optuna.trial.TrialState.PRUNED and study.trials[4].state == optuna.trial.TrialState.FAIL


def test_several_objectives_and_every_distribution():
    def both(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        step = trial.suggest_float("step", 0.0, 1.0, step=0.25)
        log = trial.suggest_float("log", 1e-3, 1.0, log=True)
        flow = trial.suggest_categorical("flow", ["ws", "os", "is"])
        odd = trial.suggest_categorical("odd", [None, True, "x", 2])
        even = trial.suggest_int("even", 2, 10, step=2)
        return x + log + (flow == "os"), 1 - x + even / 10 + step + (odd is None)

    study = optuna.create_study(directions=["minimize", "maximize"],
                                sampler=dovetail.optuna.DovetailSampler(["flow == 'ws' or x <= 0.5"], seed=1))
    study.optimize(both, n_trials=15)
    assert len(study.trials) == 15 and len(study.best_trials) >= 1
    assert all(t.params["flow"] == "ws" or t.params["x"] <= 0.5 for t in study.trials)
    assert {t.params["even"] % 2 for t in study.trials} == {0}


def test_a_space_that_is_said_beforehand():
    space = {"banks": dv.Ordinal([1, 2, 4, 8]), "words": dv.Integer(64, 4096, log=True)}
    study = optimized(10, constraints=CONSTRAINTS, seed=1, space=space)
    assert all(holds(trial) for trial in study.trials)
    whole = dv.Study(dv.Space(space, CONSTRAINTS), {"value0": "min"}, seed=1)
    whole.optimize(lambda p: 0.01 * p["words"] + 3 * p["banks"] + 4e4 / (p["words"] * p["banks"] ** 0.5), trials=10)
    assert [t.params for t in study.trials] == [t.point for t in whole.trials]
    with pytest.raises(TypeError, match="distributions of Optuna"):
        optimized(1, space={"x": 3})


def test_several_jobs_and_ask_and_tell():
    study = optuna.create_study(sampler=dovetail.optuna.DovetailSampler(CONSTRAINTS, seed=1))
    study.optimize(objective, n_trials=12, n_jobs=3)
    assert all(holds(trial) for trial in study.trials) and len(study.trials) == 12
    trial = study.ask()
    study.tell(trial, objective(trial))
    assert holds(study.trials[-1])
    again = pickle.loads(pickle.dumps(study.sampler))
    study.sampler = again
    study.optimize(objective, n_trials=2)
    assert all(holds(trial) for trial in study.trials)


def test_a_wrong_constraint_is_named():
    with pytest.raises(dv.InputError, match="constraints/0"):
        optimized(3, constraints=["words %% banks == 0"], seed=1)
