// Draws a study from the JSON in #data: headline, comparison, machine, convergence, fronts, energy, area, roofline,
// loop nests, failures, calibration, parameter effects. Works on unfinished studies: what is missing is left out.
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const result = data.result;
  const trials = data.trials || [];
  const report = document.getElementById('report');
  const palette = ['#0b7a75', '#4c6ef5', '#e8912d', '#c2255c', '#7048e8', '#2f9e44', '#868e96', '#1098ad'];
  const colour = {dark: '#1c2430', soft: '#5d6b7e', best: '#0b7a75', hand: '#b5651d'};

  // ---- small helpers
  const element = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    for (const child of children.flat()) node.append(child);
    return node;
  };
  const number = (value, digits = 3) => {
    if (value === null || value === undefined) return '–';
    if (value === 0) return '0';
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e6) return value.toLocaleString('en');
    if (size >= 1e6 || size < 1e-3) return value.toExponential(digits);
    return Number(value.toPrecision(digits + 1)).toLocaleString('en');
  };
  const percent = value => value === null || value === undefined ? '–' : (100 * value).toFixed(Math.abs(value) < 0.01 ? 2 : 1) + ' %';
  const section = (title, note) => {
    const node = element('section', {}, element('h2', {}, title));
    if (note) node.append(element('p', {class: 'note'}, note));
    report.append(node);
    return node;
  };
  const table = (head, rows, best = -1) => element('table', {},
      element('thead', {}, element('tr', {}, head.map(text => element('th', {}, text)))),
      element('tbody', {}, rows.map((row, i) =>
          element('tr', i === best ? {class: 'best'} : {}, row.map(cell => element('td', {}, String(cell)))))));
  const chart = (parent, spec) => {
    const target = element('div');
    parent.append(target);
    if (typeof vegaEmbed === 'undefined') {
      target.append(element('p', {class: 'missing'}, 'This chart needs the chart library, which was not part of the build.'));
      return;
    }
    const common = {background: null,
      config: {font: 'system-ui, sans-serif', axis: {labelColor: colour.soft, titleColor: colour.soft, gridColor: '#e8ecf1'},
        legend: {labelColor: colour.soft, titleColor: colour.soft}, view: {stroke: null}, range: {category: palette}}};
    vegaEmbed(target, Object.assign(common, spec), {mode: 'vega-lite', actions: false, renderer: 'svg'})
      .catch(error => target.append(element('p', {class: 'missing'}, 'chart: ' + error.message)));
  };

  const best = result.best, hand = result.baseline, free = result.baseline_free;
  const objective = result.objective, unit = result.unit || '';
  const words = {edp: 'energy-delay product', energy: 'energy', cycles: 'cycles'}[objective] || objective;

  // ---- headline
  const names = (result.workloads || []).join(' + ');
  report.append(element('h1', {}, `${names} on ${result.family}`));
  const state = {trials: 'finished', exhausted: 'finished: the whole space was tried', proven: 'finished: proven optimal',
    time: 'ended by its time limit', interrupt: 'interrupted; can be resumed', running: 'still running, or cut off; can be resumed'};
  report.append(element('p', {class: 'note'},
      `Minimising ${words}${unit ? ' in ' + unit : ''} · ${result.model} model · seed ${result.seed} · ${state[result.stopped] || result.stopped}. ` +
      (result.fusion ? `Results may stay on chip between layers (fusion ${result.fusion}).`
        : 'Every activation is assumed to pass through the outermost memory between layers.')));
  const figures = element('div', {class: 'figures'});
  const figure = (value, text) => figures.append(element('div', {class: 'figure'}, element('b', {}, value), element('span', {}, text)));
  figure(best ? number(best.objective) : 'none', `best ${objective}` + (unit ? `, ${unit}` : ''));
  const limits = result.specs || [];
  const limitText = one => `${one.metric} ${one.max !== undefined ? '≤' : '≥'} ${one.max !== undefined ? one.max : one.min}`;
  const breaks = design => design ? limits.filter(one => one.max !== undefined ? design[one.metric] > one.max : design[one.metric] < one.min) : [];
  const compare = (gain, design, name) => {
    if (gain === null || gain === undefined) return;
    if (gain >= 0) figure(percent(gain), `below ${name}`);
    else figure(`${(best.objective / design.objective).toFixed(2)} ×`, `the ${objective} of ${name}` +
      (breaks(design).length ? `, which breaks ${breaks(design).map(limitText).join(', ')}` : ''));
  };
  compare(result.improvement, hand, 'the hand design');
  compare(result.improvement_over_free, free, 'the hand design, freely mapped');
  if (best && best.lower_bound > 0) figure(percent(best.gap), 'gap of the mapping on this hardware');
  if (result.lower_bound > 0) figure(percent(result.gap), 'gap over the whole space');
  figure(`${result.trials}`, `trials: ${result.feasible} feasible, ${result.pruned || 0} pruned`);
  report.append(figures);

  // ---- comparison
  if (best || hand) {
    const node = section('Best design beside the hand design');
    const rows = [], row = (name, design) => design && rows.push([name, number(design.objective), number(design.energy_pj),
      number(design.cycles), number(design.area_um2), number(design.power_mw), number(design.latency_ms)]);
    const marked = (name, design) => breaks(design).length ? `${name} (breaks a limit)` : name;
    row(marked('hand design', hand), hand);
    row(marked('hand design, freely mapped', free), free);
    row('best found', best);
    node.append(table(['', `${objective} ${unit}`, 'energy pJ', 'cycles', 'area µm²', 'power mW', 'latency ms'], rows, best ? rows.length - 1 : -1));
    if (limits.length) {
      const share = one => one.slack === null || one.slack === undefined ? '–' : percent(one.slack);
      node.append(element('h2', {style: 'margin-top:16px'}, 'Limits'));
      node.append(table(['limit', 'reached', 'left', 'binds', 'hand design', 'in the bound of the space'], limits.map(one => [limitText(one),
        best ? number(best[one.metric]) : '–', share(one), one.binds === true ? 'yes' : one.binds === false ? 'no' : '–',
        hand ? number(hand[one.metric]) + (one.hand_breaks ? ' (breaks it)' : '') : '–', one.in_bound ? 'yes' : 'no, needs mappings'])));
    }
    const point = (best || hand).point;
    node.append(element('h2', {style: 'margin-top:16px'}, 'Parameters'));
    node.append(table(['', 'best', 'hand design'], Object.keys(point).map(name =>
        [name, best ? String(best.point[name]) : '–', hand ? String(hand.point[name]) : '–'])));
  }

  // ---- the machine
  if (best && best.architecture) drawMachine(section('The accelerator',
      'Boxes are memories, outermost first, as wide as the logarithm of all their words; between them, how many of the next each feeds. ' +
      'Energies are per word read. The grid is the array as it is laid out.'), best.architecture);

  function drawMachine(parent, machine) {
    const levels = [...machine.levels].reverse();
    const rowHeight = 62, width = 1040, mesh = machine.compute;
    const columns = Math.min(mesh.mesh_x, 64), rows = Math.min(mesh.mesh_y, 64);
    const cell = Math.max(2, Math.min(560 / columns, 190 / rows, 26));
    const height = levels.length * rowHeight + Math.max(70, rows * cell) + 20;
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.setAttribute('width', '100%');
    svg.setAttribute('role', 'img');
    const add = (tag, attributes, text) => {
      const node = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      if (text !== undefined) node.textContent = text;
      svg.append(node);
      return node;
    };
    // A link from a level to the one inside it: how many of these one of those feeds.
    const link = (from, to, outer, inner) => {
      const each = inner / Math.max(1, outer);
      add('line', {x1: 60, y1: from, x2: 60, y2: to, stroke: colour.soft, 'stroke-width': Math.min(7, 2 + Math.log2(Math.max(1, each)) / 2)});
      add('text', {x: 72, y: (from + to) / 2 + 4, 'font-size': 11, fill: colour.soft},
          each > 1 ? `one feeds ${number(each)}` : 'one to one');
    };
    const largest = Math.max(1, ...levels.map(level => Math.log2(1 + (level.capacity_words || 0) * level.instances)));
    levels.forEach((level, i) => {
      const total = (level.capacity_words || 0) * level.instances;
      const share = level.capacity_words === null || level.capacity_words === undefined ? 1 : Math.max(0.22, Math.log2(1 + total) / largest * 0.85);
      const w = 560 * share, x = 20, y = i * rowHeight + 6;
      if (i > 0) link(y - 20, y, levels[i - 1].instances, level.instances);
      add('rect', {x, y, width: w, height: rowHeight - 20, rx: 6, fill: palette[i % palette.length], 'fill-opacity': 0.14, stroke: palette[i % palette.length]});
      add('text', {x: x + 12, y: y + 26, 'font-size': 15, 'font-weight': 600, fill: colour.dark}, level.name);
      const words = level.capacity_words === null || level.capacity_words === undefined ? 'unbounded' :
        `${number(level.capacity_words)} words` + (level.instances > 1 ? ` × ${level.instances}` : '');
      const block = level.block_size || 1;
      const bandwidth = [level.read_bandwidth && `${number(level.read_bandwidth)} read`, level.write_bandwidth && `${number(level.write_bandwidth)} write`,
        level.shared_bandwidth && `${number(level.shared_bandwidth)} shared`].filter(Boolean).join(', ');
      add('text', {x: 600, y: y + 18, 'font-size': 13, fill: colour.dark}, `${words} · ${number(level.energy.read / block)} pJ per word`);
      add('text', {x: 600, y: y + 36, 'font-size': 12, fill: colour.soft},
          (bandwidth ? bandwidth + ' words/cycle each' : 'unlimited bandwidth') + (level.is_dram ? ' · off chip' : ` · ${number(level.area_per_instance * level.instances)} µm²`));
    });
    const top = levels.length * rowHeight + 8;
    link(top - 22, top, levels[levels.length - 1].instances, mesh.instances);
    for (let y = 0; y < rows; ++y) for (let x = 0; x < columns; ++x)
      add('rect', {x: 20 + x * cell, y: top + y * cell, width: cell * 0.86, height: cell * 0.86, rx: cell * 0.12, fill: colour.best, 'fill-opacity': 0.55});
    add('text', {x: 600, y: top + 20, 'font-size': 15, 'font-weight': 600, fill: colour.dark}, `${mesh.name}: ${mesh.mesh_x} × ${mesh.mesh_y} = ${mesh.instances}`);
    add('text', {x: 600, y: top + 40, 'font-size': 13, fill: colour.soft},
        `${number(mesh.energy_per_op)} pJ per multiply-accumulate, ${mesh.word_bits} bits · ${number(mesh.area_per_instance * mesh.instances)} µm²`);
    if (mesh.mesh_x > columns || mesh.mesh_y > rows)
      add('text', {x: 600, y: top + 60, 'font-size': 12, fill: colour.soft}, 'drawn in part');
    parent.append(svg);
  }

  // ---- results that stay on chip
  if (best && best.fusion) for (const network of best.fusion) drawFusion(network);

  // What is reserved in the home level, and what tiles take on top, while the network runs: the width of a step is its cycles.
  function drawFusion(network) {
    const home = network.home, steps = network.steps || [];
    const node = section(`${network.name}: what stays on chip`, home
      ? `Words of ${home.level} over time. Dark: reserved for results that stay, bands and pinned weights; light: tiles of the other tensors. ` +
        'Groups of layers that run band by band are outlined; point at a step to read what it is.'
      : `No result can stay on chip: ${network.no_home || ''}`);
    const rows = [], row = (name, edp, energy, cycles, proof) => rows.push([name, number(edp), network.unfused_edp ? (edp / network.unfused_edp).toFixed(4) : '–',
      energy === null ? '' : number(energy), cycles === null ? '' : number(cycles), proof]);
    if (network.unfused_edp) row('layer by layer', network.unfused_edp, network.unfused_energy_pj, network.unfused_cycles, network.unfused_proven ? 'proven' : '');
    row('results on chip', network.edp, network.energy_pj, network.cycles, network.proven ? 'proven' : `gap ${percent(network.gap)}`);
    if (objective === 'edp') row('no schedule of any kind is below', network.compulsory_edp, null, null, '');
    node.append(table(['', 'edp', 'over layer by layer', 'energy pJ', 'cycles', ''], rows, network.unfused_edp ? 1 : 0));
    const outer = network.outermost;
    if (outer) {
      const share = (part, whole) => whole > 0 ? percent(part / whole) : '–';
      const split = [['results on chip', share(outer.weights_pj, network.energy_pj), share(outer.activations_pj, network.energy_pj)]];
      if (outer.unfused_weights_pj !== undefined)
        split.unshift(['layer by layer', share(outer.unfused_weights_pj, network.unfused_energy_pj), share(outer.unfused_activations_pj, network.unfused_energy_pj)]);
      node.append(element('h2', {style: 'margin-top:16px'}, `${outer.level}, share of all energy`));
      node.append(table(['', 'weights', 'activations'], split));
    }
    if (home && steps.length) {
      node.append(element('h2', {style: 'margin-top:16px'}, `${home.level} over time`));
      const width = 1040, height = 260, left = 70, bottom = 34, top = 10;
      const total = steps.reduce((sum, step) => sum + step.cycles, 0) || 1;
      const x = cycles => left + (width - left - 10) * cycles / total, y = words => height - bottom - (height - bottom - top) * Math.min(1, words / home.words);
      const space = 'http://www.w3.org/2000/svg';
      const svg = document.createElementNS(space, 'svg');
      svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
      svg.setAttribute('width', '100%');
      svg.setAttribute('role', 'img');
      svg.setAttribute('class', 'over-time');
      const add = (tag, attributes, text) => {
        const shape = document.createElementNS(space, tag);
        for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
        if (text !== undefined) shape.textContent = text;
        svg.append(shape);
        return shape;
      };
      const scale = 1000 * Math.ceil(home.words / 4000);
      for (let words = 0; words <= home.words; words += scale) {
        add('line', {x1: left, x2: width - 10, y1: y(words), y2: y(words), stroke: '#e8ecf1'});
        add('text', {x: left - 8, y: y(words) + 4, 'text-anchor': 'end', 'font-size': 11, fill: colour.soft}, words.toLocaleString('en'));
      }
      let clock = 0;
      for (const step of steps) {
        const from = x(clock), to = x(clock + step.cycles), group = step.first !== step.last;
        clock += step.cycles;
        const title = `${step.first}${group ? ' .. ' + step.last : ''}${step.how ? ': ' + step.how : ''}\n${number(step.reserved_words)} of ${number(home.words)} words reserved, ` +
          `${number(step.used_words)} used with tiles\n${number(step.energy_pj)} pJ, ${number(step.cycles)} cycles`;
        const draw = (low, high, opacity, line) => add('rect', {x: from, width: Math.max(0.5, to - from), y: y(high), height: Math.max(0, y(low) - y(high)),
          fill: group ? colour.best : '#4c6ef5', 'fill-opacity': opacity, ...(line ? {stroke: colour.dark, 'stroke-width': 0.6} : {})})
          .append(Object.assign(document.createElementNS(space, 'title'), {textContent: title}));
        draw(0, step.reserved_words, 0.8, false);
        draw(step.reserved_words, Math.max(step.used_words, step.reserved_words), 0.25, false);
        if (group) draw(0, home.words, 0, true);
      }
      add('line', {x1: left, x2: width - 10, y1: y(home.words), y2: y(home.words), stroke: colour.hand, 'stroke-dasharray': '5 4'});
      for (let share = 0; share <= 4; ++share)
        add('text', {x: x(total * share / 4), y: height - 12, 'text-anchor': share === 4 ? 'end' : share ? 'middle' : 'start', 'font-size': 11, fill: colour.soft},
            share === 4 ? `${number(total)} cycles` : number(Math.round(total * share / 4)));
      node.append(svg);
      const groups = steps.filter(step => step.first !== step.last || step.result_in_buffer);
      if (groups.length) {
        node.append(element('h2', {style: 'margin-top:16px'}, 'Groups, and results that stay whole'));
        node.append(table(['layers', 'how', 'reserved words', 'energy pJ', 'over layer by layer', 'cycles', 'over layer by layer'], groups.map(step => [
          step.first === step.last ? step.first : `${step.first} .. ${step.last}`, step.how, number(step.reserved_words), number(step.energy_pj),
          step.unfused_energy_pj ? (step.energy_pj / step.unfused_energy_pj).toFixed(3) : '–', number(step.cycles),
          step.unfused_cycles ? (step.cycles / step.unfused_cycles).toFixed(3) : '–'])));
      }
    }
  }

  // ---- convergence and fronts
  const done = trials.filter(trial => trial.outcome === 'feasible');
  if (done.length) {
    let incumbent = Infinity, clock = 0;
    const steps = [];
    for (const trial of trials) {
      clock += trial.seconds || 0;
      if (trial.outcome === 'feasible') incumbent = Math.min(incumbent, trial.metrics.objective);
      if (incumbent < Infinity) steps.push({trial: trial.id, seconds: clock, value: incumbent});
    }
    const points = done.map(trial => ({trial: trial.id, value: trial.metrics.objective}));
    const lines = [];
    if (hand) lines.push({value: hand.objective, name: 'hand design'});
    if (free) lines.push({value: free.objective, name: 'hand design, freely mapped'});
    if (result.lower_bound > 0) lines.push({value: result.lower_bound, name: 'lower bound of the whole space'});
    else if (best && best.lower_bound > 0) lines.push({value: best.lower_bound, name: 'lower bound of the best machine'});
    const y = {field: 'value', type: 'quantitative', scale: {type: 'log', nice: false, padding: 8}, axis: {format: '.2e', tickCount: 5}, title: `${objective} ${unit}`};
    const rules = {data: {values: lines}, mark: {type: 'rule', strokeDash: [5, 4]}, encoding: {y, color: {field: 'name', type: 'nominal', title: null, legend: {orient: 'bottom', columns: 1, labelLimit: 300}}}};
    const node = section('Convergence', 'The best feasible design so far; dots are single trials, dashed lines what it is measured against.');
    const pair = element('div', {class: 'pair'});
    node.append(pair);
    for (const [field, title] of [['trial', 'trial'], ['seconds', 'seconds of evaluation, summed']]) {
      const x = {field, type: 'quantitative', title, scale: {nice: false}, axis: field === 'trial' ? {tickCount: Math.min(10, Math.max(1, trials.length - 1)), format: 'd'} : {}};
      const layers = [{data: {values: steps}, mark: {type: 'line', interpolate: 'step-after', color: colour.best, strokeWidth: 2.5},
        encoding: {x, y}}, rules];
      if (field === 'trial') layers.push({data: {values: points}, mark: {type: 'point', filled: true, color: colour.soft, opacity: 0.35, size: 22},
        encoding: {x, y}});
      chart(pair, {width: 400, height: 240, layer: layers});
    }

    drawProof();

    const designs = done.map(trial => ({trial: trial.id, energy: trial.metrics.energy_pj, cycles: trial.metrics.cycles, area: trial.metrics.area_um2, edp: trial.metrics.edp}));
    const front = (a, b) => designs.filter(one => !designs.some(other =>
        other[a] <= one[a] && other[b] <= one[b] && (other[a] < one[a] || other[b] < one[b]))).sort((p, q) => p[a] - q[a]);
    const scatter = section('Trade-offs', 'Every feasible trial and the hand design (crosses); the line joins the trials that no other beats in both directions.');
    const grid = element('div', {class: 'pair'});
    scatter.append(grid);
    for (const [a, b, titleA, titleB] of [['cycles', 'energy', 'cycles', 'energy pJ'], ['area', 'edp', 'area µm²', 'EDP pJ·cycles'], ['area', 'energy', 'area µm²', 'energy pJ'], ['area', 'cycles', 'area µm²', 'cycles']]) {
      if (designs.some(one => one[a] === undefined || one[b] === undefined)) continue;
      const axis = (field, title) => ({field, type: 'quantitative', title, scale: {type: 'log', nice: false, padding: 8}, axis: {format: '.2e', tickCount: 4}});
      const marks = [{data: {values: designs}, mark: {type: 'point', filled: true, size: 36, opacity: 0.7},
        encoding: {x: axis(a, titleA), y: axis(b, titleB), color: a === 'cycles' ? {field: 'area', type: 'quantitative', title: 'area µm²', scale: {scheme: 'teals'}, legend: {format: '.1e', orient: 'bottom', gradientLength: 260, tickCount: 4}} : {value: '#4c6ef5'}, tooltip: [{field: 'trial'}, {field: a, format: '.3e'}, {field: b, format: '.3e'}]}},
      {data: {values: front(a, b)}, mark: {type: 'line', color: colour.hand, interpolate: 'step-after'}, encoding: {x: axis(a, titleA), y: axis(b, titleB)}}];
      const others = [['hand design', hand], a === 'area' && b === 'cycles' ? ['', null] : ['freely mapped', free]].filter(([, design]) => design).map(([name, design]) =>
        ({name, energy: design.energy_pj, cycles: design.cycles, area: design.area_um2, edp: design.edp}));
      for (const mark of [{type: 'point', shape: 'cross', size: 70, color: colour.hand}, {type: 'text', dx: -8, dy: -6, align: 'right', fontSize: 10, color: colour.hand}])
        marks.push({data: {values: others}, mark, encoding: {x: axis(a, titleA), y: axis(b, titleB), text: {field: 'name'}}});
      chart(grid, {width: 380, height: 260, layer: marks});
    }
  }

  // Best and bound of the whole space against seconds: between them lies what nobody knows yet.
  function drawProof() {
    const steps = (result.proof || []).filter(step => step.best);
    if (!steps.some(step => step.lower_bound)) return;
    const gap = step => step.lower_bound ? 1 - step.lower_bound / step.best : null;
    const rows = [];
    for (const step of steps) {
      rows.push({seconds: step.seconds, value: step.best, name: 'best found', gap: gap(step)});
      if (step.lower_bound) rows.push({seconds: step.seconds, value: step.lower_bound, name: 'no design is below', gap: gap(step)});
    }
    const node = section('Proof of the space', 'The best design found and the bound of all designs of the space, over time: what lies between them is open. ' +
      `It ended at a gap of ${percent(gap(steps[steps.length - 1]))}.`);
    const pair = element('div', {class: 'pair'});
    node.append(pair);
    const x = {field: 'seconds', type: 'quantitative', title: 'seconds since the start', scale: {nice: false}};
    const tooltip = [{field: 'seconds', format: '.1f'}, {field: 'name', title: ' '}, {field: 'value', format: '.4e'}, {field: 'gap', format: '.2%'}];
    chart(pair, {width: 400, height: 240, data: {values: rows}, mark: {type: 'line', interpolate: 'step-after', point: {size: 24}, strokeWidth: 2},
      encoding: {x, tooltip, color: {field: 'name', type: 'nominal', title: null, scale: {domain: ['best found', 'no design is below'], range: [colour.best, colour.hand]}, legend: {orient: 'bottom'}},
        y: {field: 'value', type: 'quantitative', title: `${objective} ${unit}`, scale: {zero: false, nice: false, padding: 8}, axis: {format: '.2e', tickCount: 5}}}});
    chart(pair, {width: 400, height: 240, data: {values: rows.filter(row => row.name === 'no design is below' && row.gap > 0)}, mark: {type: 'line', interpolate: 'step-after', point: {size: 24}, color: colour.hand, strokeWidth: 2},
      encoding: {x, tooltip, y: {field: 'gap', type: 'quantitative', title: 'gap', scale: {type: 'log', nice: false, padding: 8}, axis: {format: '.2~%', tickCount: 5}}}});
  }

  // ---- energy, area, roofline
  if (best && best.layers && best.layers.length) {
    const rows = [], order = best.layers.map(layer => layer.name);
    for (const layer of best.layers) {
      const metrics = layer.metrics;
      rows.push({layer: layer.name, place: best.architecture.compute.name, tensor: 'compute', energy: metrics.compute_energy_pj * layer.count});
      for (const level of metrics.levels) {
        let rest = level.energy_pj;
        for (const [tensor, counts] of Object.entries(level.tensors)) {
          if (counts.energy_pj) rows.push({layer: layer.name, place: level.name, tensor, energy: counts.energy_pj * layer.count});
          rest -= counts.energy_pj;
        }
        if (rest > 1e-9 * level.energy_pj) rows.push({layer: layer.name, place: level.name, tensor: 'leakage', energy: rest * layer.count});
      }
      const wires = (metrics.networks || []).reduce((sum, network) => sum + (network.energy_pj || 0), 0);
      if (wires > 0) rows.push({layer: layer.name, place: 'wires', tensor: 'wires', energy: wires * layer.count});
    }
    const node = section('Energy by layer', 'All occurrences of a layer together, by where the energy is spent, and by whose data cause it.');
    const pair = element('div', {class: 'pair'});
    node.append(pair);
    for (const [field, title] of [['place', 'spent in'], ['tensor', 'caused by']]) chart(pair, {width: 330, height: {step: 22}, data: {values: rows},
      mark: {type: 'bar', height: {band: 0.75}}, encoding: {y: {field: 'layer', type: 'nominal', sort: order, title: null, axis: {labelLimit: 140}},
        x: {aggregate: 'sum', field: 'energy', type: 'quantitative', title: 'energy pJ', axis: {format: '.1e', tickCount: 4}},
        color: {field, type: 'nominal', title, legend: {orient: 'bottom', columns: 4}},
        tooltip: [{field: 'layer'}, {field, title}, {aggregate: 'sum', field: 'energy', format: '.3e', title: 'pJ'}]}});

    const sums = new Map(), totals = {};
    for (const row of rows) {
      totals[row.layer] = (totals[row.layer] || 0) + row.energy;
      const what = row.place === row.tensor || row.tensor === 'compute' ? row.place : `${row.place} · ${row.tensor}`, key = row.layer + '\n' + what;
      sums.set(key, {layer: row.layer, what, energy: (sums.has(key) ? sums.get(key).energy : 0) + row.energy});
    }
    const cells = [...sums.values()].map(one => ({...one, share: one.energy / totals[one.layer]}));
    const columns = [...new Set(cells.map(one => one.what))];
    const heat = {x: {field: 'what', type: 'nominal', sort: columns, title: null, axis: {labelAngle: -40, labelLimit: 170}},
      y: {field: 'layer', type: 'nominal', sort: order, title: null, axis: {labelLimit: 140}}};
    node.append(element('h2', {style: 'margin-top:16px'}, 'By memory and tensor'));
    node.append(element('p', {class: 'note'}, 'Percent of the energy of the layer.'));
    chart(node, {width: {step: Math.max(34, Math.min(60, 900 / columns.length))}, height: {step: 22}, layer: [
      {data: {values: cells}, mark: 'rect', encoding: {...heat, color: {field: 'share', type: 'quantitative', scale: {scheme: 'teals', domain: [0, 1]}, legend: null},
        tooltip: [{field: 'layer'}, {field: 'what'}, {field: 'energy', format: '.3e', title: 'pJ'}, {field: 'share', format: '.1%'}]}},
      {data: {values: cells.filter(one => one.share >= 0.005)}, mark: {type: 'text', fontSize: 10},
        encoding: {...heat, text: {field: 'share', format: '.0%'}, color: {condition: {test: 'datum.share > 0.6', value: 'white'}, value: colour.dark}}}]});

    const machine = best.architecture;
    const areas = [{place: machine.compute.name, area: machine.compute.area_per_instance * machine.compute.instances},
      ...machine.levels.map(level => ({place: level.name, area: level.area_per_instance * level.instances}))].filter(one => one.area > 0);
    if (areas.length) chart(section('Area', `${number(best.area_um2)} µm² in all.`), {width: 640, height: {step: 24}, data: {values: areas}, mark: {type: 'bar', color: '#4c6ef5', height: {band: 0.7}},
      encoding: {y: {field: 'place', type: 'nominal', sort: '-x', title: null, axis: {labelLimit: 180}}, x: {field: 'area', type: 'quantitative', title: 'µm²', axis: {format: '.1e', tickCount: 6}}}});

    const outer = machine.levels[machine.levels.length - 1];
    const bandwidth = (outer.shared_bandwidth || (outer.read_bandwidth || 0) + (outer.write_bandwidth || 0)) || null;
    const peak = machine.compute.instances;
    const marks = best.layers.map(layer => {
      const metrics = layer.metrics, dram = metrics.levels[metrics.levels.length - 1];
      const words = Object.values(dram.tensors).reduce((sum, counts) => sum + counts.reads + counts.fills + counts.updates, 0) * (outer.instances || 1);
      const work = metrics.utilization * peak * metrics.cycles;
      return {layer: layer.name, intensity: work / Math.max(1, words), rate: work / metrics.cycles};
    }).filter(one => one.rate > 0);
    if (marks.length) {
      const low = Math.min(...marks.map(one => one.intensity)) / 2, high = Math.max(...marks.map(one => one.intensity), bandwidth ? peak / bandwidth : 1) * 2;
      const roof = [];
      for (let i = 0; i <= 60; ++i) {
        const intensity = low * Math.pow(high / low, i / 60);
        roof.push({intensity, rate: bandwidth ? Math.min(peak, intensity * bandwidth) : peak});
      }
      const x = {field: 'intensity', type: 'quantitative', scale: {type: 'log', nice: false}, title: `MACs per word of ${outer.name}`, axis: {tickCount: 6}};
      const y = {field: 'rate', type: 'quantitative', scale: {type: 'log', nice: false, padding: 10}, title: 'MACs per cycle', axis: {tickCount: 5}};
      chart(section('Roofline', `The roof is ${peak} MACs per cycle` + (bandwidth ? ` and ${number(bandwidth)} words per cycle of ${outer.name}.` : '.') +
        ' A layer under the roof is held back by an inner memory or by an array that it does not fill.'),
      {width: 760, height: 300, layer: [{data: {values: roof}, mark: {type: 'line', color: colour.hand, strokeWidth: 2}, encoding: {x, y}},
        {data: {values: marks}, mark: {type: 'point', filled: true, size: 60, color: colour.best}, encoding: {x, y, tooltip: [{field: 'layer'}, {field: 'intensity', format: '.1f'}, {field: 'rate', format: '.1f'}]}},
        {data: {values: marks}, mark: {type: 'text', dx: 7, dy: -7, align: 'left', fontSize: 10, color: colour.soft}, encoding: {x, y, text: {field: 'layer'}}}]});
    }

    // ---- layers and loop nests
    const layers = section('Layers and loop nests', (best.fusion ? 'Runs of layers and of their bands, so often each; additions and pinned weights come on top. ' : '') + 'One occurrence each. Open a layer to see its schedule: outermost loop first; "in parallel" loops are unrolled over the instances below.');
    layers.append(table(['layer', '×', 'cycles', 'utilization', 'energy pJ', `${objective}`, 'against hand', 'gap'], best.layers.map((layer, i) => {
      const other = !best.fusion && hand && hand.layers && hand.layers[i];
      return [layer.name, layer.count, number(layer.metrics.cycles), percent(layer.metrics.utilization), number(layer.metrics.energy_pj),
        number(layer.objective), other && other.objective ? (other.objective / layer.objective).toFixed(2) + ' ×' : '–', layer.proven ? 'proven' : layer.lower_bound > 0 ? percent(layer.gap) : '–'];
    })));
    best.layers.forEach((layer, i) => layers.append(element('details', i === 0 ? {open: ''} : {}, element('summary', {}, layer.name), element('pre', {}, nest(layer.mapping)))));
  }

  function nest(mapping) {
    let text = '', depth = 0;
    for (const level of [...mapping.levels].reverse()) {
      text += '  '.repeat(depth) + `[${level.level}: ${(level.keep || []).join(', ') || 'keeps nothing'}]\n`;
      for (const [name, factor] of level.temporal || []) text += '  '.repeat(depth++) + `for ${name} in 0..${factor}\n`;
      for (const [axis, loops] of [['Y', level.spatial_y], ['X', level.spatial_x]])
        for (const [name, factor] of [...(loops || [])].reverse()) text += '  '.repeat(depth++) + `for ${name} in 0..${factor} in parallel (${axis})\n`;
    }
    return text + '  '.repeat(depth) + 'multiply-accumulate';
  }

  // ---- workers
  if (data.work) {
    const work = data.work;
    const node = section('Workers', `${work.done} trials done, ${work.leased} in work` +
      (work.expired ? ` (${work.expired} by workers that are silent past their lease)` : '') + `, ${work.open} wait; ${number(work.per_minute)} in the last minute. ` +
      `${work.attempts} attempts: ${work.repeated} trials were begun more than once, ${work.given_up} given up because their workers died.`);
    if (work.workers.length) node.append(table(['worker', 'trials', 'per minute', 'last heard of', 'in work'],
      work.workers.map(worker => [worker.name, worker.done, number(worker.per_minute, 2), number(worker.silent_seconds, 1) + ' s ago', worker.trials.join(' ') || '–'])));
  }

  // ---- failures, calibration, effects
  const reasons = Object.entries(result.infeasible || {}).map(([reason, count]) => ({reason, count}));
  if (reasons.length) chart(section('Infeasible trials by reason'), {width: 640, height: {step: 24}, data: {values: reasons}, mark: {type: 'bar', color: '#c2255c', height: {band: 0.7}},
    encoding: {y: {field: 'reason', type: 'nominal', sort: '-x', title: null, axis: {labelLimit: 380}}, x: {field: 'count', type: 'quantitative', title: 'trials', axis: {tickMinStep: 1, format: 'd'}}}});

  if (data.calibration && data.calibration.length) {
    const node = section('Surrogate calibration', 'Each trial predicted from all the others (leave one out): the bar is the central 90 % of the prediction. ' +
      `${percent(data.calibration_coverage)} of the trials lie inside; 90 % would be perfect. ` +
      `The predictions explain ${percent(Math.max(0, data.calibration_explained || 0))} of the variance.`);
    const axis = (field, title) => ({field, type: 'quantitative', title, scale: {zero: false, nice: false, padding: 8}});
    chart(node, {width: 420, height: 320, layer: [
      {data: {values: data.calibration}, mark: {type: 'rule', color: '#adb5bd'}, encoding: {x: axis('observed', `log10 ${objective}, observed`), y: axis('low', `log10 ${objective}, predicted`), y2: {field: 'high'}}},
      {data: {values: data.calibration}, mark: {type: 'point', filled: true, color: colour.best, size: 36}, encoding: {x: axis('observed'), y: axis('predicted')}},
      {data: {values: data.calibration}, mark: {type: 'line', color: colour.hand, strokeDash: [4, 4]}, encoding: {x: axis('observed'), y: axis('observed')}}]});
  }

  const tried = trials.filter(trial => trial.point && trial.metrics && trial.metrics.objective > 0 && trial.outcome === 'feasible');
  if (tried.length > 2) {
    const names = Object.keys(tried[0].point).filter(name => new Set(tried.map(trial => String(trial.point[name]))).size > 1);
    if (names.length) {
      const node = section('Parameter effects', 'Every feasible trial by the value of one parameter. Trials are where the search went, not a fair sample.');
      const grid = element('div', {style: 'display:flex;flex-wrap:wrap;gap:12px'});
      node.append(grid);
      for (const name of names) {
        const values = tried.map(trial => ({x: trial.point[name], y: trial.metrics.objective}));
        const numeric = values.every(one => typeof one.x === 'number');
        chart(grid, {width: 250, height: 150, data: {values}, mark: {type: 'point', filled: true, opacity: 0.55, size: 26, color: '#4c6ef5'},
          encoding: {x: {field: 'x', type: numeric ? 'quantitative' : 'nominal', title: name, scale: numeric ? {zero: false, padding: 10} : undefined, axis: {tickCount: 5}},
            y: {field: 'y', type: 'quantitative', title: null, scale: {type: 'log', nice: false, padding: 6}, axis: {format: '.1e', tickCount: 4}}}});
      }
    }
  }
})();
