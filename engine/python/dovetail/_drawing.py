"""How values look in a notebook: tables and pictures, offline, without a script."""

from html import escape

from dovetail._svg import BLUE, FONT, GREEN, GREY, INK, LIGHT, ORANGE, PALETTE, RED, bars, chart, line, rect, short, svg, text, width_of

_TABLE = f"border-collapse:collapse;font-size:13px;{FONT};margin:4px 0"
_MOST = 60  # rows of a table


def _cell(value, tag, right, bold=False):
    style = f"padding:2px 10px;text-align:{'right' if right else 'left'};border-bottom:1px solid {LIGHT}"
    return f'<{tag} style="{style}{";font-weight:600" if bold else ""}">{value if isinstance(value, _Markup) else escape(short(value))}</{tag}>'


class _Markup(str):
    pass


def table(titles, rows, total=None):
    """Numbers to the right; a row that is None becomes '…'."""
    numbers = [all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(titles))]
    body = [f"<tr>{''.join(_cell(title, 'th', right) for title, right in zip(titles, numbers))}</tr>"]
    for row in rows[:_MOST]:
        body.append(f"<tr>{''.join(_cell(value, 'td', right) for value, right in zip(row, numbers))}</tr>")
    if len(rows) > _MOST:
        body.append(f'<tr><td colspan="{len(titles)}" style="padding:2px 10px">… and {len(rows) - _MOST} more</td></tr>')
    if total:
        body.append(f"<tr>{''.join(_cell(value, 'td', right, True) for value, right in zip(total, numbers))}</tr>")
    return f'<table style="{_TABLE}">{"".join(body)}</table>'


def heading(words, more=""):
    return f'<div style="{FONT};font-size:14px;margin:6px 0 2px"><b>{escape(words)}</b> <span style="color:{GREY}">{escape(more)}</span></div>'


def values(point):
    """{name: value} as a flow of words that wraps."""
    one = '<span style="display:inline-block;margin:2px 10px 2px 0"><span style="color:{}">{}</span> <b>{}</b></span>'
    words = "".join(one.format(GREY, escape(str(name)), escape(short(value) if not isinstance(value, list) else " ".join(map(str, value))))
                    for name, value in point.items())
    return f'<div style="{FONT};font-size:13px;margin:2px 0 6px">{words}</div>'


def _block(*parts):
    return f'<div style="color:{INK};background:#fff;padding:6px">{"".join(part for part in parts if part)}</div>'


def _dims(layer):
    return " ".join(f"{name}{extent}" for name, extent in layer.dims.items() if extent > 1)


# ---- what is computed

def network_html(network):
    layers = network.layers
    rows = [[layer.name, layer.kind, _dims(layer), layer.repeat, layer.macs, layer.parameters] for layer in layers]
    total = ["all", "", "", sum(layer.repeat for layer in layers), network.macs, network.parameters]
    return _block(heading(network.name, f"{len(layers)} layers, {short(network.macs)} MACs"),
                  table(["layer", "kind", "loops", "repeat", "MACs", "parameters"], rows, total))


def layer_html(layer):
    rows = [[tensor["name"], " , ".join(tensor["axes"]), "written" if tensor["written"] else "read", tensor["elements"]] for tensor in layer.tensors]
    return _block(heading(layer.name, f"{layer.einsum}, {short(layer.macs)} MACs"), heading("", _dims(layer)),
                  table(["tensor", "axes", "", "elements"], rows))


# ---- what it runs on

def _capacity(level):
    words = level.get("capacity_words")
    return "unbounded" if words is None else f"{short(words)} word{'s' if words != 1 else ''}"


def _grid(x, y, mesh_x, mesh_y, size, colour):
    """Instances as squares: all of a small array, the corner of a large one."""
    shown_x, shown_y = min(mesh_x, 16), min(mesh_y, 16)
    step = min(size / max(shown_x, shown_y), 14)
    return [rect(x + i * step, y + j * step, step - 1.5, step - 1.5, colour, radius=1) for j in range(shown_y) for i in range(shown_x)]


def architecture_svg(machine):
    """The memories from the outermost to the multiply-accumulate units, with their sizes and how often each is there."""
    units = machine.compute
    rows = [(level["name"], _capacity(level), level.get("mesh_x", 1), level.get("mesh_y", 1), level) for level in reversed(machine.levels)]
    rows.append((units.get("name", "MAC"), f"{units.get('word_bits', 16)}-bit multiply-accumulate", units.get("mesh_x", 1), units.get("mesh_y", 1), None))
    width, height, parts = 600, 96, []
    for i, (name, words, mesh_x, mesh_y, level) in enumerate(rows):
        at = 10 + height * i
        colour = PALETTE[i % len(PALETTE)]
        parts += [rect(10, at, 400, 70, "#f8f9fa", colour, 6), rect(10, at, 6, 70, colour, radius=2), text(28, at + 22, name, 14, INK, weight="600")]
        instances = mesh_x * mesh_y
        parts.append(text(28, at + 41, words + (f" each, {instances} instances" if instances > 1 else ""), 12))
        if level is not None:
            energy = level.get("energy", {})
            read = energy.get("read") if isinstance(energy, dict) else energy
            facts = [f"{level.get('word_bits', 16)} bits", f"blocks of {level.get('block_size', 1)}"]
            if isinstance(read, (int, float)):
                facts.append(f"read {short(float(read))} pJ")
            parts.append(text(28, at + 58, ", ".join(facts), 11, GREY))
        parts += _grid(430, at, mesh_x, mesh_y, 70, colour)
        parts.append(text(520, at + 40, f"{mesh_x} x {mesh_y}" if instances > 1 else "1", 12, GREY))
        if i + 1 < len(rows):
            parts += [line(60, at + 70, 60, at + height, GREY, 1.5), text(70, at + 87, _fan_out(rows[i], rows[i + 1]), 11, GREY)]
    return svg(width, height * len(rows), parts, machine.name)


def _fan_out(outer, inner):
    x, y = inner[2] // max(1, outer[2]), inner[3] // max(1, outer[3])
    return f"to {x} x {y}" if x * y > 1 else ""


def architecture_html(machine):
    return _block(heading(machine.name, f"{short(machine.area_um2)} µm² of units and levels"), architecture_svg(machine))


def family_html(family):
    hand = family.hand_design
    ranges = {parameter["name"]: parameter for parameter in family.space.to_dict()["parameters"]}
    rows = [[name, _range(ranges[name]), short(hand[name]), family.meanings[name]] for name in family.space.names]
    return _block(heading(family.name, family.about), table(["parameter", "range", "hand design", "meaning"], rows))


def _range(parameter):
    if "values" in parameter:
        values = [short(value) for value in parameter["values"]]
        return ", ".join(values if len(values) <= 8 else [*values[:4], "…", *values[-2:]])
    if "slots" in parameter:
        return f"{parameter['product']} over {', '.join(parameter['slots'])}"
    step = f" in steps of {parameter['step']}" if parameter.get("step", 1) != 1 else ""
    return f"{short(parameter['low'])} to {short(parameter['high'])}{step}{', log' if parameter.get('log') else ''}"


def space_html(space):
    rows = [[parameter["name"], parameter["kind"], _range(parameter)] for parameter in space.to_dict()["parameters"]]
    return _block(heading("space", f"{short(space.size)} feasible points"), table(["parameter", "kind", "range"], rows),
                  table(["constraint"], [[one] for one in space.constraints]) if space.constraints else "")


# ---- how, and at what cost

def _loops(loops):
    if isinstance(loops, str):
        return loops.split()
    return [f"{one[0]} {one[1]}" if isinstance(one, (list, tuple)) else str(one) for one in loops or []]


def mapping_svg(mapping):
    """A row per level, the outermost first: what it keeps, its loops in time and, filled, in space."""
    tensors = {tensor["name"]: PALETTE[i] for i, tensor in enumerate(mapping.layer.tensors)}
    levels, parts, width = list(reversed(mapping.levels)), [], 0
    names = max(width_of(level["level"], 13) for level in levels) + 24
    keeps = max([width_of(" ".join(level.get("keep", [])), 11) + 14 * len(level.get("keep", [])) for level in levels] + [60]) + 16
    parts += [text(12, 18, "level", 11, GREY), text(names, 18, "keeps", 11, GREY), text(names + keeps, 18, "loops, outermost first", 11, GREY)]
    for i, level in enumerate(levels):
        at = 28 + 34 * i
        parts += [line(8, at - 3, 1200, at - 3), text(12, at + 18, level["level"], 13, INK, weight="600")]
        x = names
        for tensor in level.get("keep", list(tensors)):
            parts += [f'<circle cx="{x + 4:.1f}" cy="{at + 14}" r="4" fill="{tensors.get(tensor, GREY)}"/>', text(x + 11, at + 18, tensor, 11)]
            x += width_of(tensor, 11) + 16
        x = names + keeps
        for kind, colour, ink in (("temporal", "#e7f5ff", BLUE), ("spatial_y", "#fff4e6", ORANGE), ("spatial_x", "#ebfbee", GREEN)):
            for words in _loops(level.get(kind)):
                words = words if kind == "temporal" else f"{words} ∥ {kind[-1].upper()}"
                reach = width_of(words) + 12
                parts += [rect(x, at + 3, reach, 22, colour, ink, 4), text(x + reach / 2, at + 18, words, 12, ink, "middle")]
                x += reach + 6
        width = max(width, x)
    height = 40 + 34 * len(levels)
    key = names
    for colour, words in ((BLUE, "in time"), (GREEN, "in space along X"), (ORANGE, "in space along Y")):
        parts += [rect(key, height - 8, 10, 10, colour, radius=2), text(key + 15, height + 1, words, 11, GREY)]
        key += width_of(words, 11) + 30
    return svg(max(width, key) + 10, height + 10, parts, f"mapping of {mapping.layer.name}")


def _nest(mapping):
    return (f'<details style="{FONT};font-size:13px"><summary>loop nest</summary>'
            f'<pre style="font-size:12px;line-height:1.3">{escape(str(mapping))}</pre></details>')


def mapping_html(mapping):
    return _block(heading(f"{mapping.layer.name} on {mapping.architecture.name}"), mapping_svg(mapping), _nest(mapping))


def _energies(evaluation):
    said = evaluation.to_dict()
    rows = [(level["name"], level["energy_pj"]) for level in reversed(said["levels"])]
    rows += [(network["name"], network.get("energy_pj", network.get("energy", 0.0))) for network in said.get("networks", [])]
    rows.append((evaluation.architecture.compute.get("name", "MAC"), said["compute_energy_pj"]))
    return [(name, value, PALETTE[i % len(PALETTE)]) for i, (name, value) in enumerate(rows)]


def evaluation_html(evaluation):
    if not evaluation.valid:
        rows = [[one["constraint"], one["level"], one["tensor"], one["needed"], one["available"]] for one in evaluation.violations]
        return _block(heading("not a legal mapping", "of " + evaluation.layer.name), table(["constraint", "level", "tensor", "needed", "available"], rows))
    figures = [[evaluation.cycles, evaluation.energy_pj, evaluation.edp, f"{100 * evaluation.utilization:.1f} %", evaluation.model]]
    return _block(heading(evaluation.layer.name, f"on {evaluation.architecture.name}"),
                  table(["cycles", "energy pJ", "EDP pJ x cycles", "utilization", "model"], figures),
                  bars(_energies(evaluation), title="energy by part", unit="pJ"))


def map_html(found):
    rows = []
    for layer in found.layers:
        best = layer.best
        proof = "proven" if layer.proven else "–" if not layer.lower_bound else f"{100 * layer.gap:.2f} %"
        rows.append([layer.name, layer.count, layer.objective, layer.lower_bound, proof if best else "no mapping", best and best.energy_pj,
                     best and best.cycles, f"{100 * best.utilization:.1f} %" if best else "–"])
    titles = ["layer", "x", "objective", "bound", "gap", "energy pJ", "cycles", "utilization"]
    total = ["all", "", found.objective, found.lower_bound, f"{100 * found.gap:.2f} %" if found.gap is not None else "", found.energy_pj, found.cycles, ""]
    many = len(rows) > 1 or (rows and rows[0][1] > 1)
    parts = [heading(found.name, "best mapping found of each layer"), table(titles, rows, total if many else None)]
    if found.best is not None:
        parts += [mapping_svg(found.best.mapping), bars(_energies(found.best), title="energy by part", unit="pJ"), _nest(found.best.mapping)]
    if found.violations:
        parts.append(table(["what the nearest miss breaks"], [[words] for words in found.violations]))
    return _block(*parts)


# ---- what was found

_COLOURS = {"feasible": BLUE, "infeasible": ORANGE, "failed": RED, "pruned": GREY, "pending": LIGHT}


def _convergence(trials, metric, minimize, words, rules=()):
    points, steps, best = [], [], None
    for trial in trials:
        value = trial.metrics.get(metric)
        if value is None or trial.outcome in ("failed", "pending"):
            continue
        points.append((trial.id, value, _COLOURS.get(trial.outcome, GREY), f"trial {trial.id}: {short(value)}"))
        if trial.outcome == "feasible" and (best is None or (value < best) == minimize and value != best):
            best = value
            steps.append((trial.id, value))
    if steps and points:
        steps.append((max(point[0] for point in points), best))
    seen = [outcome for outcome in _COLOURS if any(trial.outcome == outcome for trial in trials) and outcome not in ("failed", "pending")]
    return chart(points, x="trial", y=words, title="best so far", steps=steps, rules=rules, log_y=True, legend=[(_COLOURS[one], one) for one in seen])


def _front(trials, front, first, second):
    members = {trial.id for trial in front}
    points = []
    for trial in trials:
        x, y = trial.metrics.get(first), trial.metrics.get(second)
        if x is None or y is None or trial.outcome in ("failed", "pending") or trial.id in members:
            continue
        points.append((x, y, LIGHT if trial.outcome != "feasible" else "#a5d8ff", f"trial {trial.id}"))
    points += [(trial.metrics[first], trial.metrics[second], BLUE, f"trial {trial.id}: on the front") for trial in front
               if first in trial.metrics and second in trial.metrics]
    return chart(points, x=first, y=second, title="front", log_x=True, log_y=True, legend=[(BLUE, "front"), ("#a5d8ff", "other feasible")])


def _outcomes(trials):
    counts = {}
    for trial in trials:
        key = trial.outcome if not trial.reason or trial.outcome == "pruned" else f"{trial.outcome}: {trial.reason}"
        counts[key] = counts.get(key, 0) + 1
    return table(["outcome", "trials"], sorted(counts.items(), key=lambda item: -item[1])) if len(counts) > 1 else ""


def _comparison(result):
    rows = []
    for name, design in (("hand design", result.baseline), ("hand design, freely mapped", result.baseline_free), ("best found", result.best)):
        if design is not None:
            said = design.to_dict()
            rows.append([name, *(said.get(key) for key in ("objective", "energy_pj", "cycles", "area_um2", "power_mw", "latency_ms"))])
    return table(["", result.to_dict().get("objective", "objective"), "energy pJ", "cycles", "area µm²", "power mW", "latency ms"], rows) if rows else ""


def result_html(result):
    said, trials, best = result.to_dict(), result.trials, result.best
    name = " and ".join(said.get("workloads", [])) or "networks"
    head = f"{len(trials)} trials, designer {said.get('designer', '?')}, ended by: {result.stopped}"
    parts = [heading(f"{name} on {said['family']}" if said.get("family") else name, head)]
    if best is None:
        parts.append(heading("no feasible design", ""))
    else:
        words = []
        if result.improvement is not None:
            words.append(f"{100 * result.improvement:.1f} % below the hand design" if result.improvement >= 0
                         else f"{-100 * result.improvement:.1f} % above the hand design")
        if result.proven:
            words.append("proven: no design of the space is better")
        elif result.gap is not None and result.lower_bound:
            words.append(f"no design of the space is below {short(result.lower_bound)} (gap {100 * result.gap:.1f} %)")
        parts.append(heading("; ".join(words)) if words else "")
    if not result._record.networks_searched:
        parts.append(_comparison(result))
    if best is not None:
        parts.append(values(best.point))
    front = said.get("front")
    names = front.get("objectives", []) if isinstance(front, dict) else []
    if len(names) > 1 and len(result.front) > 1:
        parts.append(_front(trials, result.front, names[0], names[1]))
    elif trials:
        hand = result.baseline
        rules = [(hand.objective, "hand design", GREEN)] if hand is not None and hand.objective else []
        metric = "objective" if any("objective" in trial.metrics for trial in trials) else _aim(said)
        parts.append(_convergence(trials, metric, _minimizes(said), said.get("objective") if isinstance(said.get("objective"), str) else metric, rules))
    parts.append(_outcomes(trials))
    if best is not None and not result._record.networks_searched:
        parts.append(architecture_svg(best.architecture))
    return _block(*parts)


def _aim(values):
    objectives = values.get("objectives") or [{}]
    first = objectives[0]
    return first.get("metric", first.get("name", "objective")) if isinstance(first, dict) else str(first)


def _minimizes(values):
    objectives = values.get("objectives") or [{}]
    return objectives[0].get("minimize", True) if isinstance(objectives[0], dict) else True


def design_html(design):
    said = design.to_dict()
    layers = [[layer["name"], layer["count"], layer["objective"], "proven" if layer["proven"] else f"{100 * (layer['gap'] or 0):.2f} %",
               layer["metrics"]["energy_pj"], layer["metrics"]["cycles"]] for layer in design.layers]
    figures = [key for key in ("objective", "energy_pj", "cycles", "edp", "area_um2", "power_mw", "latency_ms") if key in said]
    return _block(heading("design"), values(design.point), table(figures, [[said[key] for key in figures]]),
                  table(["layer", "x", "objective", "gap", "energy pJ", "cycles"], layers) if layers else "",
                  architecture_svg(design.architecture) if design.architecture is not None else "")


def study_html(study):
    trials, best, objectives = study.trials, study.best, study.objectives
    names = list(objectives)
    parts = [heading("study", f"{len(trials)} trials of {short(study.space.size)} feasible points")]
    if best is not None:
        parts.append(values({**best.point, **best.metrics}))
    if len(names) > 1:
        parts.append(_front(trials, study.front, names[0], names[1]))
    elif trials:
        parts.append(_convergence(trials, names[0], objectives[names[0]] == "min", names[0]))
    parts.append(_outcomes(trials))
    return _block(*parts)
