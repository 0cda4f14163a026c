# From a network to a co-designed accelerator, and a search over a function of one's own. Usage: python3 codesign.py
# It reads resnet18.onnx where that is there (the zoo's network otherwise), and leaves dqn.db and dqn.html.
import pathlib
import dovetail as dv, numpy as np

model = "resnet18.onnx" if pathlib.Path("resnet18.onnx").exists() else "resnet18"
print("network:", model)
net = dv.Network.load(model); assert net.macs == 1_814_073_344 and len(net.layers) == 21
chip = dv.Family.load("eyeriss"); machine = chip.machine(chip.hand_design)
m = dv.map(net.layers[1], machine); assert m.proven and m.gap == 0
e = dv.evaluate(net.layers[1], machine, m.best.mapping); assert e.edp == m.best.edp
a = dv.evaluate_many(net.layers[1], machine, [m.best.mapping] * 1000); assert a["cycles"].dtype == np.float64 and (a["cycles"] == e.cycles).all()

r = dv.codesign("dqn", "eyeriss", trials=12, seed=3, store="dqn.db", threads=2)
assert r.improvement > 0 and 0 <= r.gap < 1; df = r.to_dataframe(); assert len(df) == 12 and {"hw.pe_x", "objective"} <= set(df.columns)
assert dv.codesign("dqn", "eyeriss", trials=12, seed=3, threads=1).to_dataframe().equals(df)
assert dv.codesign("dqn", "eyeriss", trials=16, seed=3, store="dqn.db", resume=True).to_dataframe()[:12].equals(df)
r.report("dqn.html"); assert pathlib.Path("dqn.html").stat().st_size > 10_000 and "<table" in r._repr_html_()
print(r.best)

space = dv.Space({"banks": dv.Ordinal([1, 2, 4, 8]), "words": dv.Integer(64, 4096, log=True)}, constraints=["words % banks == 0"])
study = dv.Study(space, objectives={"energy": "min"}, specs={"delay": "<= 60"}, seed=1)


def simulate(p):
    if p["words"] // p["banks"] < 32: raise dv.Infeasible("bank too small")
    return {"energy": .01 * p["words"] + 3 * p["banks"], "delay": 20 + 4e4 / (p["words"] * p["banks"] ** .5)}


study.optimize(simulate, trials=30); assert study.best.metrics["delay"] <= 60
X, Y = study.to_numpy(); mean, std, ok = study.posterior([study.best.point]); assert X.shape[0] == Y.shape[0] == 30 and 0 <= ok[0] <= 1
print(study.best)

pathlib.Path("bad.csv").write_text("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
                                   "Conv1, 224, 224, 7, 7, 3, many, 2,\n")
try: dv.Network.load("bad.csv")
except dv.InputError as err: assert err.line == 2 and "bad.csv:2" in str(err)
else: raise AssertionError("bad.csv was accepted")
