// Draws the figures from the JSON block of the page. Text from the run is only ever set as text, never
// parsed as markup; colours are read from the style sheet, so that they are fixed in one place.
(() => {
  'use strict';
  const root = document.documentElement;
  const problems = [];
  const problem = (text) => { problems.push(text); root.dataset.errors = problems.join('\n'); };
  addEventListener('error', (e) => problem(e.message));
  document.addEventListener('securitypolicyviolation', (e) => problem('blocked by policy: ' + e.violatedDirective));

  const data = JSON.parse(document.getElementById('data').textContent);
  for (const { timeline: t } of data.lanes) { // bins follow each other within a trial's stretch: only where the first lies is told
    t.x = [];
    t.at = [];
    for (const b of t.blocks) for (let i = b.from; i < b.to; i++) {
      t.x[i] = b.x + (i - b.from) * t.bin;
      t.at[i] = b.at + (i - b.from) * t.bin;
    }
  }
  const charts = [];
  const own = (object, key) => Object.hasOwn(object, key) ? object[key] : undefined; // an outcome may be called "constructor"
  const css = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const colour = (outcome) => css(outcome) || css('other');
  const cssClass = (outcome) => 'c-' + (css(outcome) ? outcome : 'other');
  const number = (x, digits = 3) => x === null || x === undefined ? 'not sampled' :
    x.toLocaleString('en-US', Math.abs(x) >= 10 ** (digits - 1) ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits });
  const element = (tag, text, name) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (name) e.className = name;
    return e;
  };
  const tip = (heading, lines) => {
    const box = element('div', undefined, 'tip');
    box.append(element('p', heading));
    for (const [outcome, label, value] of lines) {
      const line = element('div'), left = element('span', label);
      if (outcome) left.prepend(element('i', undefined, cssClass(outcome)));
      line.append(left, element('span', value));
      box.append(line);
    }
    return box;
  };
  const base = () => ({
    animation: false, backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: css('ink') },
  });
  const tooltip = (more) => ({ backgroundColor: css('paper'), borderColor: css('rule'), borderWidth: 1, padding: [7, 10], confine: true,
    textStyle: { color: css('ink'), fontSize: 12.5 }, extraCssText: 'box-shadow: 0 2px 10px #0003', ...more });
  const axis = (more) => ({
    type: 'value', axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: css('grid') } },
    axisLabel: { color: css('soft'), fontSize: 11.5 }, nameTextStyle: { color: css('soft'), fontSize: 12 }, ...more,
  });

  const exact = { silent: true, symbol: 'none', precision: -1 }; // ECharts would round where a line stands to two decimals

  // Figure 1: offered against outcome, one chart a lane on the same axes.
  const doses = data.lanes.flatMap((l) => l.trials);
  const rates = doses.map((t) => t.rate);
  const span = { low: Math.min(...rates), high: Math.max(...rates) };
  if (data.capacity && data.capacity.at < 2 * span.high) span.high = Math.max(span.high, data.capacity.at);
  if (span.low === span.high) [span.low, span.high] = [span.low / 2, span.high * 1.5];
  const step = 10 ** Math.floor(Math.log10(span.high - span.low)) / 2;
  const xmin = Math.max(0, Math.floor((span.low - step / 2) / step) * step);
  const xmax = Math.ceil((span.high + step / 4) / step) * step;
  const ymax = Math.max(span.high, ...doses.map((t) => t.high)) * 1.02;

  function whisker(params, api) { // an interval as a bar with short ends
    const low = api.coord([api.value(0), api.value(1)]), high = api.coord([api.value(0), api.value(2)]);
    const style = { stroke: api.visual('color'), lineWidth: 1.5 };
    const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style });
    return { type: 'group', children: [line(low[0], low[1], high[0], high[1]),
      line(low[0] - 3, low[1], low[0] + 3, low[1]), line(high[0] - 3, high[1], high[0] + 3, high[1])] };
  }

  function vertical(at, name, type, tint, align) {
    return { xAxis: at, lineStyle: { color: tint, type, width: 1.5 },
      label: { show: true, formatter: name, position: 'end', align, color: tint, fontSize: 12, distance: 4, padding: align === 'right' ? [0, 4, 0, 0] : [0, 0, 0, 4] } };
  }

  function dose(lane) {
    const order = lane.trials.map((t, i) => i).sort((a, b) => lane.trials[a].rate - lane.trials[b].rate);
    const trials = order.map((i) => lane.trials[i]);
    const lines = [], areas = [];
    const { theta } = lane, W = data.capacity;
    const right = (a, b) => !b || a.at < b.at ? 'right' : 'left';
    if (W) lines.push(vertical(W.at, 'W/S ' + number(W.at), 'dashed', css('queue'), right(W, theta)));
    if (theta) {
      const name = lane.bracket ? number(theta.low) + ' to ' + number(theta.high) : number(theta.at);
      lines.push(vertical(theta.at, 'onset ' + name, lane.bracket ? 'dotted' : 'solid', css('ink'), W && right(W, theta) === 'right' ? 'left' : 'right'));
      areas.push([{ xAxis: theta.low, itemStyle: { color: css('band') } }, { xAxis: theta.high }]);
    }
    if (lane.plateau !== null) lines.push({ yAxis: lane.plateau, lineStyle: { color: css('ok'), type: 'dotted', width: 1.5 },
      label: { show: true, position: 'insideStartTop', formatter: 'plateau ' + number(lane.plateau) + '/s', color: css('ok'), fontSize: 12 } });
    const top = Math.min(xmax, ymax);
    const series = [
      { name: 'y = x', type: 'line', data: [[xmin, xmin], [top, top]], showSymbol: false, silent: true, z: 1,
        lineStyle: { color: css('offered'), width: 1.5, type: 'dashed' }, itemStyle: { color: css('offered') },
        markLine: { ...exact, data: lines }, markArea: { silent: true, data: areas } },
      { name: 'goodput interval', type: 'custom', renderItem: whisker, data: trials.map((t) => [t.rate, t.low, t.high]),
        encode: { x: 0, y: [1, 2] }, itemStyle: { color: css('ok') }, silent: true, z: 3, clip: true },
      { name: 'goodput', type: 'line', symbol: 'circle', symbolSize: 7, z: 4,
        data: trials.map((t) => t.whole ? [t.rate, t.good] : { value: [t.rate, t.good], itemStyle: { color: css('paper'), borderColor: css('ok'), borderWidth: 1.5 } }),
        lineStyle: { color: css('ok'), width: 1.5 }, itemStyle: { color: css('ok') } },
    ];
    for (const c of data.classes) {
      const bad = own(lane.bad, c);
      if (!bad) continue;
      const points = order.map((i) => [lane.trials[i].rate, bad[i]]);
      const last = points.length - 1;
      series.push({ name: c, type: 'line', symbol: own(data.symbols, c) || 'circle', symbolSize: 7, z: 4, lineStyle: { color: colour(c), width: 1.5 },
        itemStyle: { color: colour(c) }, labelLayout: { hideOverlap: true },
        data: points.map((p, i) => i !== last || p[1] === 0 ? p : { value: p,
          label: { show: true, formatter: c, color: colour(c), fontSize: 12, position: [-6, -10], align: 'right' } }) });
    }
    return { ...base(), series, grid: { left: 48, right: 14, top: 26, bottom: 46 },
      xAxis: axis({ min: xmin, max: xmax, name: 'offered, req/s', nameLocation: 'middle', nameGap: 28, splitLine: { show: false },
        axisLine: { show: true, onZero: false, lineStyle: { color: css('rule') } } }),
      yAxis: axis({ min: 0, max: ymax, name: 'outcome, req/s', nameLocation: 'end', nameGap: 10, nameTextStyle: { color: css('soft'), fontSize: 12, align: 'left', padding: [0, 0, 0, -40] },
        axisLabel: { color: css('soft'), fontSize: 11.5, showMaxLabel: false } }),
      tooltip: tooltip({ trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: css('soft') } }, formatter: (params) => {
        const t = trials.find((d) => d.rate === params[0].value[0]) ||
          trials.reduce((a, b) => Math.abs(b.rate - params[0].axisValue) < Math.abs(a.rate - params[0].axisValue) ? b : a);
        const i = lane.trials.indexOf(t);
        const rows = t.whole ? [] : [['', 'cut short, or not drained', '']];
        rows.push(['ok', 'goodput', number(t.good, 4) + ' [' + number(t.low, 4) + ', ' + number(t.high, 4) + '] /s']);
        for (const c of data.classes) if (own(lane.bad, c)?.[i]) rows.push([c, c, number(lane.bad[c][i]) + ' /s']);
        return tip('Trial ' + (t.index + 1) + ', offered ' + number(t.rate, 4) + ' req/s', rows);
      } }) };
  }

  // Figure 2: four panels over one axis, one chart a lane; charts.connect links their cursors and zoom.
  const end = Math.max(0, ...data.lanes.flatMap((l) => l.timeline.blocks.map((b) => b.start + b.width)));
  const panels = [{ top: 46, height: 132 }, { top: 216, height: 76 }, { top: 330, height: 76 }, { top: 444, height: 76 }];

  // The same scale in every lane, so that heights can be compared across them.
  const tallest = [1, 1, 4, 4];
  for (const { timeline: t, slots } of data.lanes) {
    const reach = (panel, values, room = 1.08) => values.forEach((v) => { tallest[panel] = Math.max(tallest[panel], (v ?? 0) * room); });
    reach(0, t.offered);
    reach(0, t.goodput);
    reach(1, [...t.recvq, slots], 1.25);
    reach(2, t.overflows);
    reach(2, t.replayed);
    reach(3, t.x.map((_, i) => Object.values(t.bad).reduce((sum, bins) => sum + (bins[i] ?? 0), 0)));
  }

  // More than two bins a pixel are drawn in groups of so many: of a line each group's least and greatest value in
  // their order, of bars the greatest, so that no extreme is lost. What is closer by zooming is drawn anew, bin by bin.
  const grain = (t, width, share) => Math.max(1, Math.floor(t.x.length * share / Math.max(width, 100)));
  function groups(t, each) {
    const list = [];
    for (const b of t.blocks) for (let i = b.from; i < b.to; i += each) list.push([i, Math.min(i + each, b.to)]);
    return list;
  }
  function greatest(values, from, to) {
    let most = from;
    for (let i = from + 1; i < to; i++) if ((values[i] ?? -1) > (values[most] ?? -1)) most = i;
    return most;
  }
  function extremes(values, from, to) { // at most two places
    let low = -1, high = -1;
    for (let i = from; i < to; i++) {
      if ((values[i] ?? null) === null) continue;
      if (low < 0 || values[i] < values[low]) low = i;
      if (high < 0 || values[i] > values[high]) high = i;
    }
    return low < 0 ? [from] : low === high ? [low] : low < high ? [low, high] : [high, low];
  }
  function steps(t, values, each) { // each bin holds its value for its width; what was cut out stays empty
    const points = [];
    for (const b of t.blocks) {
      for (let i = b.from; i < b.to; i += each)
        for (const k of each === 1 ? [i] : extremes(values, i, Math.min(i + each, b.to))) points.push([t.x[k], values[k] ?? null]);
      if (b.to > b.from) {
        const x = t.x[b.to - 1] + t.bin;
        points.push([x, values[b.to - 1] ?? null], [x, null]);
      }
    }
    return points;
  }
  function bar(params, api) {
    const a = api.coord([api.value(0), api.value(3)]), b = api.coord([api.value(1), api.value(2)]);
    const clip = params.coordSys, shape = echarts.graphic.clipRectByRect(
      { x: a[0], y: a[1], width: Math.max(b[0] - a[0] - (b[0] - a[0] > 4 ? 1 : 0), 1), height: b[1] - a[1] },
      { x: clip.x, y: clip.y, width: clip.width, height: clip.height });
    return shape && { type: 'rect', shape, style: { fill: api.visual('color') } };
  }
  const bars = (name, panel, tint, rects) => ({ name, type: 'custom', renderItem: bar, xAxisIndex: panel, yAxisIndex: panel, data: rects,
    encode: { x: [0, 1], y: [2, 3] }, itemStyle: { color: tint }, z: 3 });
  const stepLine = (name, panel, tint, points, more) => ({ name, type: 'line', step: 'end', showSymbol: false, xAxisIndex: panel, yAxisIndex: panel,
    data: points, lineStyle: { color: tint, width: 1.5 }, itemStyle: { color: tint }, z: 4, ...more });

  function stretches(lane, panel, width) { // shades every other trial and names its rate, as many as there is room for
    const { blocks } = lane.timeline;
    const each = Math.max(1, Math.ceil(30 / (width / Math.max(blocks.length, 1))));
    return { name: 'trials ' + panel, type: 'line', xAxisIndex: panel, yAxisIndex: panel, data: [], silent: true, markArea: { silent: true,
      data: blocks.map((b, i) => [{ xAxis: b.start, name: panel === 0 && b.rate && i % each === 0 ? number(b.rate) : '',
        itemStyle: { color: i % 2 ? 'transparent' : css('shade') }, label: { position: 'top', distance: 3, color: css('soft'), fontSize: 11 } },
      { xAxis: b.start + b.width }]) } };
  }
  function marks(lane, panel, width) {
    const list = lane.timeline.marks.map((m, i) => ({ ...m, n: i + 1 })).sort((a, b) => a.x - b.x);
    let last = -Infinity, level = 0;
    const points = list.map((m) => {
      const px = m.x / (end || 1) * width;
      level = px - last < 18 ? level + 1 : 0;
      last = px;
      return { coord: [m.x, 0], value: m.n, symbolOffset: [0, -panels[0].height + 10 + 17 * level] };
    });
    const flags = { silent: true, symbol: 'circle', symbolSize: 16, data: points, itemStyle: { color: css('ink') },
      label: { formatter: (p) => String(p.value), color: css('paper'), fontSize: 11 } };
    return { name: 'marks ' + panel, type: 'line', xAxisIndex: panel, yAxisIndex: panel, data: [], silent: true, z: 6,
      markLine: { ...exact, label: { show: false }, lineStyle: { color: css('ink'), type: 'solid', width: 1, opacity: .55 }, data: list.map((m) => ({ xAxis: m.x })) },
      ...(panel === 0 ? { markPoint: flags } : {}) };
  }

  const zooming = (axes) => [{ type: 'inside', xAxisIndex: axes, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: 'shift', moveOnMouseWheel: false, preventDefaultMouseMove: false },
    { type: 'slider', xAxisIndex: axes, filterMode: 'none', height: 12, bottom: 2, left: 56, right: 14, showDetail: false, showDataShadow: false, brushSelect: false,
      borderColor: css('rule'), backgroundColor: 'transparent', fillerColor: css('grid'), handleSize: 16, moveHandleSize: 0, handleStyle: { color: css('paper'), borderColor: css('soft') } }];

  function timeline(lane, width, share) {
    const t = lane.timeline, series = [], each = grain(t, width, share), grouped = groups(t, each);
    panels.forEach((_, p) => series.push(stretches(lane, p, width), marks(lane, p, width)));
    series.push(stepLine('offered', 0, css('offered'), steps(t, t.offered, each), { lineStyle: { color: css('offered'), width: 1.5 } }));
    series.push(stepLine('goodput', 0, css('ok'), steps(t, t.goodput, each)));
    const depth = stepLine('Recv-Q', 1, css('queue'), steps(t, t.recvq, each), { areaStyle: { color: css('queue'), opacity: .18 } });
    if (lane.slots !== null) depth.markLine = { ...exact, data: [{ yAxis: lane.slots }], lineStyle: { color: css('ink'), type: 'dashed', width: 1 },
      label: { position: 'insideStartTop', formatter: 'full at ' + number(lane.slots), color: css('soft'), fontSize: 11.5 } };
    series.push(depth);
    const rects = [];
    for (const [from, to] of grouped) {
      const n = t.overflows[greatest(t.overflows, from, to)];
      if (n) rects.push([t.x[from], t.x[to - 1] + t.bin, 0, n]);
    }
    series.push(bars('overflows', 2, css('overflow'), rects));
    if (t.replayed.some((n) => n !== null)) series.push(stepLine('replayed', 2, css('ink'), steps(t, t.replayed, each), { lineStyle: { color: css('ink'), width: 1.2 } }));
    const kinds = data.classes.filter((c) => own(t.bad, c));
    const sums = each === 1 ? [] : t.x.map((_, i) => kinds.reduce((sum, c) => sum + (t.bad[c][i] ?? 0), 0));
    const worst = grouped.map(([from, to]) => greatest(sums, from, to)), tops = grouped.map(() => 0); // one bin's failures lie on each other
    for (const c of kinds) {
      const stack = [];
      grouped.forEach(([from, to], g) => {
        const n = t.bad[c][worst[g]];
        if (n) { stack.push([t.x[from], t.x[to - 1] + t.bin, tops[g], tops[g] + n]); tops[g] += n; }
      });
      series.push(bars(c, 3, colour(c), stack));
    }
    const bin = t.bin ? ' per ' + number(t.bin * 1000) + ' ms' : '';
    const names = ['offered and goodput, req/s', 'Recv-Q, connections', 'overflows' + bin, 'failed requests' + bin + ', by when they were due'];
    return { ...base(), series,
      title: names.map((text, p) => ({ text, left: 0, top: panels[p].top - (p ? 23 : 44), padding: 0, textStyle: { color: css('soft'), fontSize: 12, fontWeight: 'normal' } })),
      grid: panels.map((p) => ({ left: 56, right: 14, ...p })),
      xAxis: panels.map((_, p) => axis({ gridIndex: p, min: 0, max: end || 1, splitLine: { show: false }, axisPointer: { label: { show: false } },
        axisLine: { show: true, onZero: false, lineStyle: { color: css('rule') } },
        axisLabel: { show: p === 3, color: css('soft'), fontSize: 11.5, formatter: (v) => number(v, 4) + ' s', showMaxLabel: false, hideOverlap: true } })),
      yAxis: panels.map((_, p) => axis({ gridIndex: p, min: 0, max: tallest[p], splitNumber: p ? 2 : 4, minInterval: p ? 1 : 0,
        axisLabel: { color: css('soft'), fontSize: 11.5, showMaxLabel: false } })),
      axisPointer: { link: [{ xAxisIndex: 'all' }], lineStyle: { color: css('soft') } },
      dataZoom: zooming([0, 1, 2, 3]),
      tooltip: tooltip({ trigger: 'axis', formatter: (params) => {
        const i = binAt(t, params[0].axisValue);
        return i < 0 ? tip('between trials', []) : tip(binName(t, i), binLines(t, i));
      } }) };
  }
  function binAt(t, x) {
    const b = t.blocks.find((k) => x >= k.start - t.bin / 2 && x < k.start + k.width + t.bin / 2);
    if (!b) return -1;
    let i = b.from;
    while (i + 1 < b.to && t.x[i + 1] <= x + 1e-9) i++;
    return i < b.to ? i : -1;
  }
  function binName(t, i) {
    const b = t.blocks.find((k) => i >= k.from && i < k.to);
    return 'Trial ' + (b.trial + 1) + ', ' + b.load + '; ' + t.at[i].toFixed(1) + ' s into the run';
  }
  function binLines(t, i) {
    const lines = [['offered', 'offered', number(t.offered[i]) + ' req/s'], ['ok', 'goodput', number(t.goodput[i]) + ' req/s'],
      ['queue', 'Recv-Q', number(t.recvq[i])], ['overflow', 'overflows', number(t.overflows[i])]];
    if ((t.replayed[i] ?? null) !== null) lines.push(['replay', 'replayed', number(t.replayed[i])]);
    for (const c of data.classes) if (own(t.bad, c)?.[i]) lines.push([c, c, number(t.bad[c][i])]);
    return lines;
  }

  // Figures 3 to 5. Latencies span decades: their axes are logarithmic, with a label at each 1, 2 and 5.
  const time = (s) => s >= 1 ? number(s, 3) + ' s' : s >= 1e-3 ? number(s * 1e3, 3) + ' ms' : number(s * 1e6, 3) + ' µs';
  function ticks(low, high, steps = [1, 2, 5]) {
    const values = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) for (const m of steps) {
      const v = Number(m + 'e' + e);
      if (v >= low && v <= high) values.push(v);
    }
    return values.length > 9 && steps.length > 1 ? ticks(low, high, steps.length > 2 ? [1, 3] : [1]) : values;
  }
  const logAxis = (low, high, format, more) => axis({ type: 'log', min: low, max: high, axisLabel: { color: css('soft'), fontSize: 11.5, formatter: format, customValues: ticks(low, high), hideOverlap: true },
    axisTick: { show: false, customValues: ticks(low, high) }, splitLine: { show: false }, minorSplitLine: { show: false }, ...more });

  const edges = data.lanes.flatMap((l) => l.latency.edges);
  const near = data.lanes.flatMap((l) => l.guides.filter((g) => g.code === 'service_time' || g.code === 'full_queue').map((g) => g.s));
  const fastest = Math.min(...edges, ...near) / 1.35, slowest = Math.max(...edges, ...near) * 1.12;
  const most = data.lanes.map((l) => Math.max(1, ...l.latency.ok, ...l.latency.failed));

  function cellShape(params, api) { // [from, to, low, high, n]: the more, the denser; by its logarithm, because single ones matter
    const a = api.coord([api.value(0), api.value(3)]), b = api.coord([api.value(1), api.value(2)]), clip = params.coordSys;
    const shape = echarts.graphic.clipRectByRect({ x: a[0], y: a[1], width: Math.max(b[0] - a[0], 1), height: Math.max(b[1] - a[1], 1) },
      { x: clip.x, y: clip.y, width: clip.width, height: clip.height });
    return shape && { type: 'rect', shape, style: { fill: api.visual('color'), opacity: .2 + .8 * Math.log(api.value(4)) / Math.log(Math.max(2, most[+api.value(5)])) } };
  }
  function heat(lane, width) {
    const m = lane.latency, index = data.lanes.indexOf(lane), ok = [], failed = [];
    m.column.forEach((c, i) => {
      const low = m.edges[m.row[i]], high = m.edges[m.row[i] + 1], half = Math.sqrt(low * high), both = m.ok[i] && m.failed[i];
      if (m.ok[i]) ok.push([m.from[c], m.to[c], low, both ? half : high, m.ok[i], index]);
      if (m.failed[i]) failed.push([m.from[c], m.to[c], both ? half : low, high, m.failed[i], index]);
    });
    const shown = lane.guides.filter((g) => g.s >= fastest && g.s <= slowest).sort((a, b) => a.s - b.s);
    let last = 0;
    const guides = shown.map((g) => { // a label that would lie on the one below it is left out; the tooltip has every guide
      const room = Math.log(g.s / last) / Math.log(slowest / fastest) * 240 > 13;
      if (room) last = g.s;
      return { yAxis: g.s, label: { show: room, formatter: () => g.text + ', ' + time(g.s), position: g.code === 'service_time' ? 'insideStartBottom' : 'insideStartTop' } };
    });
    const cells = (name, tint, points) => ({ name, type: 'custom', renderItem: cellShape, data: points, encode: { x: [0, 1], y: [2, 3] }, itemStyle: { color: tint }, z: 3, silent: true });
    return { ...base(), grid: { left: 56, right: 14, top: 26, bottom: 46 },
      series: [stretches(lane, 0, width), cells('succeeded', css('ok'), ok), cells('failed', css('failed'), failed),
        { name: 'guides', type: 'line', data: [], silent: true, z: 5, markLine: { ...exact, data: guides, lineStyle: { color: css('ink'), type: 'dashed', width: 1 },
          label: { color: css('ink'), fontSize: 11.5, distance: 2, padding: [1, 4], backgroundColor: css('haze') } } }],
      xAxis: axis({ min: 0, max: end || 1, splitLine: { show: false }, axisLine: { show: true, onZero: false, lineStyle: { color: css('rule') } },
        axisPointer: { label: { show: false } },
        axisLabel: { color: css('soft'), fontSize: 11.5, formatter: (v) => number(v, 4) + ' s', showMaxLabel: false, hideOverlap: true } }),
      yAxis: logAxis(fastest, slowest, time),
      dataZoom: zooming([0]),
      tooltip: tooltip({ trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: css('soft') } }, formatter: (params) => {
        const found = heatColumn(lane, params[0].axisValue);
        return found < 0 ? tip('between trials', []) : tip(lane.latency.at[found].toFixed(1) + ' s into the run', heatLines(lane.latency, found));
      } }) };
  }
  const heatColumn = ({ latency: m }, x) => m.from.findIndex((from, k) => x >= from && x < m.to[k]);
  function heatLines(m, column) { // what a column holds, the slowest first
    const lines = [];
    for (let i = m.column.length - 1; i >= 0; i--) {
      if (m.column[i] !== column) continue;
      const span = time(m.edges[m.row[i]]) + ' to ' + time(m.edges[m.row[i] + 1]);
      if (m.failed[i]) lines.push(['failed', span, number(m.failed[i], 6) + ' failed']);
      if (m.ok[i]) lines.push(['ok', span, number(m.ok[i], 6)]);
    }
    return lines.length > 14 ? [...lines.slice(0, 14), ['', '…', '']] : lines;
  }

  const laneTint = (i) => css('lane' + i % 4);
  const dashes = ['solid', 'dashed', 'dotted', [8, 3, 2, 3]];
  const tails = data.lanes.flatMap((l) => l.percentiles);
  const oneIn = (x) => x < 2 ? '' : x === 2 ? 'p50' : 'p' + number(100 * (1 - 1 / x), 12);
  function band95(points) { // the interval between two neighbouring points
    return (params, api) => {
      const i = params.dataIndex;
      if (i + 1 >= points.length) return null;
      const a = points[i], b = points[i + 1];
      return { type: 'polygon', shape: { points: [api.coord([a.x, a.low]), api.coord([b.x, b.low]), api.coord([b.x, b.high]), api.coord([a.x, a.high])] }, style: { fill: api.visual('color'), opacity: .18 } };
    };
  }
  function tail() {
    const low = Math.min(...tails.map((p) => p.low)) / 1.15, high = Math.max(...tails.map((p) => p.high)) * 1.15, far = Math.max(...tails.map((p) => p.x)) * 1.15;
    const marks = [2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].filter((x) => x <= far);
    return { ...base(), grid: { left: 56, right: 14, top: 26, bottom: 46 },
      series: data.lanes.flatMap((l, i) => [
        { name: 'interval ' + i, type: 'custom', renderItem: band95(l.percentiles), data: l.percentiles.map((p) => [p.x, p.low, p.high]), encode: { x: 0, y: [1, 2] }, itemStyle: { color: laneTint(i) }, silent: true, z: 2 },
        { name: 'lane ' + i, type: 'line', symbol: 'circle', symbolSize: 4, data: l.percentiles.map((p) => [p.x, p.s]), itemStyle: { color: laneTint(i) }, lineStyle: { color: laneTint(i), width: 1.8, type: dashes[i % 4] }, z: 3 + i,
          markPoint: { silent: true, symbol: 'circle', symbolSize: 1, data: l.percentiles.length ? [{ coord: [l.percentiles.at(-1).x, l.percentiles.at(-1).s], label: { show: true, formatter: () => l.name.slice(0, 24), color: laneTint(i), fontSize: 12, position: i % 2 ? 'bottom' : 'top', align: 'right', distance: 7 } }] : [] } }]),
      xAxis: logAxis(1.2, far, oneIn, { name: 'of the requests that succeeded, by 1 ÷ (1 − p)', nameLocation: 'middle', nameGap: 28, splitLine: { show: true, lineStyle: { color: css('grid') } },
        axisLabel: { color: css('soft'), fontSize: 11.5, formatter: oneIn, customValues: marks }, axisTick: { show: true, customValues: marks, lineStyle: { color: css('rule') } }, axisLine: { show: true, lineStyle: { color: css('rule') } } }),
      yAxis: logAxis(low, high, time, { name: 'latency', nameLocation: 'end', nameGap: 10, nameTextStyle: { color: css('soft'), fontSize: 12, align: 'left', padding: [0, 0, 0, -48] } }),
      tooltip: tooltip({ trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: css('soft') } }, formatter: (params) => {
        const x = params[0].value[0];
        return tip((x === 2 ? 'Half' : 'One request in ' + number(x, 4)) + ' took longer than', data.lanes.map((l, i) => {
          const p = l.percentiles.find((q) => q.x === x);
          return ['lane' + i % 4, l.name, p ? time(p.s) + ' [' + time(p.low) + ', ' + time(p.high) + ']' : 'sample too small'];
        }));
      } }) };
  }

  function both(lane) {
    const r = lane.reconcile, reach = Math.max(4, ...r.trials.map((t) => Math.max(t.failures, t.overflows / Math.max(1, r.high ?? 1)))) * 1.06;
    const height = Math.max(reach, ...r.trials.map((t) => t.overflows * 1.06), Math.min(reach * (r.high ?? 1), reach * 8));
    const line = (name, slope, type) => ({ name, type: 'line', silent: true, showSymbol: false, data: [[0, 0], [Math.min(reach, height / slope), Math.min(reach * slope, height)]], lineStyle: { color: css('soft'), width: 1, type }, itemStyle: { color: css('soft') }, z: 2 });
    const bounds = r.low !== null && r.high !== null ? [line('lower bound', r.low, 'dashed'), line('upper bound', r.high, 'dashed')] : [];
    return { ...base(), grid: { left: 56, right: 14, top: 26, bottom: 46 },
      series: [...bounds, { name: 'trials', type: 'scatter', symbolSize: 9, data: r.trials.map((t) => [t.failures, t.overflows]), itemStyle: { color: css('overflow'), borderColor: css('paper'), borderWidth: 1 }, z: 4 }],
      xAxis: axis({ min: 0, max: reach, name: 'failures that a full queue produces', nameLocation: 'middle', nameGap: 28, axisLabel: { color: css('soft'), fontSize: 11.5, showMaxLabel: false, hideOverlap: true }, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: css('rule') } } }),
      yAxis: axis({ min: 0, max: height, name: 'overflows', nameLocation: 'end', nameGap: 10, nameTextStyle: { color: css('soft'), fontSize: 12, align: 'left', padding: [0, 0, 0, -48] }, axisLabel: { color: css('soft'), fontSize: 11.5, showMaxLabel: false } }),
      tooltip: tooltip({ trigger: 'item', formatter: (p) => {
        const t = r.trials[p.dataIndex];
        return tip('Trial ' + (t.index + 1) + ', ' + t.load, [['overflow', 'overflows', number(t.overflows, 7)], ['', 'failures', number(t.failures, 7)],
          ['', 'ratio', t.failures ? number(t.overflows / t.failures, 4) : 'none failed']]);
      } }) };
  }

  // The page around the figures. The chart library is text until the first figure is drawn, so that a reader has the
  // verdict before a megabyte is compiled; the page's policy admits it by its hash.
  function library() {
    if (!globalThis.echarts) {
      document.head.append(element('script', document.getElementById('library').textContent));
      echarts.connect('time');
    }
    return echarts;
  }
  function add(id, lane, option) { // a chart that is made when it is drawn first
    const node = document.getElementById(id);
    const c = { id, node, chart: null, draw: () => {
      if (!c.chart) {
        c.chart = library().init(node, null, { renderer: 'canvas' });
        if (linked(c)) c.chart.group = 'time';
        if (/^time/.test(id)) c.chart.on('datazoom', () => { clearTimeout(c.later); c.later = setTimeout(closer, 150); });
      }
      const zoom = c.chart.getOption()?.dataZoom?.[0], wide = node.clientWidth - 70, share = zoom ? (zoom.end - zoom.start) / 100 : 1;
      c.chart.setOption(option(lane, wide, share), true);
      if (/^time/.test(id)) c.grain = grain(lane.timeline, wide, share);
      if (zoom) c.chart.dispatchAction({ type: 'dataZoom', start: zoom.start, end: zoom.end, escapeConnect: true });
    } };
    const closer = () => { // what a group of bins hides is drawn once there is room for it
      const zoom = c.chart.getOption().dataZoom[0];
      if (grain(lane.timeline, node.clientWidth - 70, (zoom.end - zoom.start) / 100) !== c.grain) c.draw();
    };
    charts.push(c);
  }
  const linked = (c) => /^(time|heat)/.test(c.id); // what shares the axis of time
  data.lanes.forEach((lane, i) => {
    if (lane.trials.length) add('dose-' + i, lane, dose); else empty('dose-' + i, 'dose');
    if (lane.timeline.x.length) add('time-' + i, lane, timeline); else empty('time-' + i, 'time');
    if (lane.latency.column.length) add('heat-' + i, lane, heat); else empty('heat-' + i, 'heat');
    if (lane.reconcile.trials.some((t) => t.failures || t.overflows)) add('both-' + i, lane, both);
    else empty('both-' + i, lane.reconcile.trials.length ? 'both' : 'both_unmeasured');
  });
  if (tails.length) add('tail', null, tail); else if (data.lanes.length) empty('tail', 'tail');
  function empty(id, kind) {
    const node = document.getElementById(id);
    node.className = 'note';
    node.textContent = data.nothing[kind];
  }
  const redraw = () => charts.forEach((c) => { if (c.chart) { c.chart.resize(); c.draw(); c.chart.getZr().flush(); } });
  const drawn = (points) => { // how many points a series has, and the sum of each of their values: what a test can compare with report.json
    const sums = [points.count()];
    points.each((i) => points.getValues(i).forEach((v, k) => { sums[k + 1] = (sums[k + 1] ?? 0) + (Number.isFinite(v) ? v : 0); }));
    return sums;
  };
  const ready = () => {
    const points = {};
    for (const c of charts) points[c.id] = Object.fromEntries(c.chart.getModel().getSeries().map((s) => [s.name, drawn(s.getData())]));
    root.dataset.points = JSON.stringify(points);
    root.dataset.ready = 'true';
    const [loading] = performance.getEntriesByType('navigation'), [paint] = performance.getEntriesByName('first-contentful-paint');
    root.dataset.timing = JSON.stringify({ loaded: loading.domContentLoadedEventEnd, painted: paint?.startTime ?? null, shown, drawn: performance.now() }); // ms since the page was asked for
  };
  // The text is there first; then the figures in view, then, one at a time, the others.
  let waiting = charts.length, shown = null; // when those in view were drawn
  function first(c) {
    if (c.chart) return;
    c.draw();
    c.chart.getZr().flush(); // paint now, not with the next frame: there is none before a page is printed
    if (--waiting === 0) ready();
  }
  const next = () => {
    const c = charts.find((k) => !k.chart);
    if (c) { first(c); setTimeout(next, 20); } // in between the reader may scroll
  };
  const seen = new IntersectionObserver((entries) => {
    const near = charts.filter((c) => entries.some((e) => e.isIntersecting && e.target === c.node));
    for (const c of near) {
      seen.unobserve(c.node);
      first(c);
    }
    shown ??= performance.now();
  }, { rootMargin: '200px' });
  for (const c of charts) seen.observe(c.node);
  if (charts.length === 0) ready();
  else setTimeout(next, 100);

  let width = root.clientWidth;
  new ResizeObserver(() => { // of the root: a chart's own container never sizes itself by its chart
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    redraw();
  }).observe(root);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  addEventListener('beforeprint', () => { charts.forEach(first); root.dataset.theme = 'light'; root.dataset.printing = ''; redraw(); });
  addEventListener('afterprint', () => { delete root.dataset.theme; delete root.dataset.printing; redraw(); });

  const select = document.getElementById('zoom');
  const longest = data.lanes.map((l) => l.timeline.blocks).sort((a, b) => b.length - a.length)[0] ?? [];
  if (select && longest.length > 1) {
    longest.forEach((b, k) => select.append(Object.assign(element('option', (k + 1) + ': ' + b.load), { value: k })));
    select.closest('p').hidden = false;
    select.addEventListener('change', () => {
      const b = longest[select.value];
      for (const c of charts.filter(linked)) first(c);
      for (const c of charts) if (linked(c)) c.chart.dispatchAction(b && select.value !== '' ?
        { type: 'dataZoom', startValue: Math.max(0, b.start - b.width / 20), endValue: Math.min(end, b.start + b.width * 1.05) } : { type: 'dataZoom', start: 0, end: 100 });
    });
  }
  function picture(c) { // the figure below a line that says of what it is: an image is soon alone
    const chart = c.chart.renderToCanvas({ pixelRatio: 2, backgroundColor: css('paper') }), whole = element('canvas'), room = 60;
    whole.width = chart.width;
    whole.height = chart.height + room;
    const g = whole.getContext('2d');
    g.fillStyle = css('paper');
    g.fillRect(0, 0, whole.width, whole.height);
    g.fillStyle = css('ink');
    g.font = '26px ' + getComputedStyle(document.body).fontFamily;
    const part = (selector, within) => c.node.closest(within).querySelector(selector).textContent;
    g.fillText([part('.lane', 'figure'), part('h2', 'section'), document.title].join(' · '), 12, 38, whole.width - 24);
    g.drawImage(chart, 0, room);
    return whole.toDataURL('image/png');
  }
  // A timeline by keyboard: its cursor moves from bin to bin, and what stands there is said.
  const said = document.getElementById('said');
  data.lanes.forEach((lane, l) => {
    const c = charts.find((k) => k.id === 'time-' + l), t = lane.timeline;
    if (!c) return;
    let at = -1;
    c.node.tabIndex = 0;
    c.node.addEventListener('keydown', (e) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: t.x.length - 1 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      first(c);
      at = Math.min(Math.max(to, 0), t.x.length - 1);
      const [x, y] = c.chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [t.x[at] + t.bin / 2, 0]);
      c.chart.dispatchAction({ type: 'showTip', x, y: y - 20 });
      said.textContent = binName(t, at) + ': ' + binLines(t, at).map(([, name, v]) => name + ' ' + v).join(', ');
    });
    c.node.addEventListener('blur', () => c.chart?.dispatchAction({ type: 'hideTip' }));
  });
  for (const button of document.querySelectorAll('button.save')) {
    const found = charts.find((c) => c.id === button.dataset.chart);
    button.hidden = !found;
    button.addEventListener('click', () => {
      first(found);
      const link = element('a');
      link.href = picture(found);
      link.download = 'weir-' + found.id + '.png';
      link.click();
    });
  }
  // The values behind each figure, as tables: made when they are asked for.
  const value = (v, digits = 4) => v === null || v === undefined ? '–' : number(v, digits);
  const tables = {
    time: ({ timeline: t }) => {
      const kinds = data.classes.filter((c) => own(t.bad, c));
      return [['at, s', 'offered, req/s', 'goodput, req/s', 'Recv-Q', 'overflows', 'replayed', ...kinds],
        t.at.map((at, i) => [at.toFixed(2), ...[t.offered, t.goodput, t.recvq, t.overflows, t.replayed, ...kinds.map((c) => t.bad[c])].map((v) => value(v[i]))])];
    },
    heat: ({ latency: m }) => [['at, s', 'took from', 'to', 'succeeded', 'failed'],
      m.column.map((c, i) => [m.at[c].toFixed(2), time(m.edges[m.row[i]]), time(m.edges[m.row[i] + 1]), value(m.ok[i], 7), value(m.failed[i], 7)])],
    both: ({ reconcile: r }) => [['trial', 'offered', 'failures', 'overflows'], r.trials.map((t) => [String(t.index + 1), t.load, value(t.failures, 7), value(t.overflows, 7)])],
    tail: () => [['one request in', ...data.lanes.map((l) => l.name + ', 95 %')], [...new Set(tails.map((p) => p.x))].sort((a, b) => a - b).map((x) => [number(x, 4), ...data.lanes.map((l) => {
      const p = l.percentiles.find((q) => q.x === x);
      return p ? time(p.s) + ' [' + time(p.low) + ', ' + time(p.high) + ']' : '–';
    })])],
  };
  for (const details of document.querySelectorAll('details.values')) details.addEventListener('toggle', () => {
    const box = details.querySelector('div');
    if (!details.open || box.firstChild) return;
    const [names, rows] = tables[details.dataset.figure](data.lanes[details.dataset.lane]);
    const table = element('table'), head = table.createTHead().insertRow(), body = table.createTBody();
    for (const name of names) head.append(Object.assign(element('th', name, 'n'), { scope: 'col' }));
    for (const row of rows) {
      const line = body.insertRow();
      row.forEach((text, i) => line.append(i ? element('td', text, 'n') : Object.assign(element('th', text, 'n'), { scope: 'row' })));
    }
    box.append(table);
  });
})();
