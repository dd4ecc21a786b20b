"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const { model, boxes, terminals, lines } = data;
const nodes = model.nodes;
const find = (selector) => document.querySelector(selector);
const [svg, world, main, aside] = ["#graph", "#world", "main", "aside"].map(find);
const place = new Map(nodes.map((node, index) => [node.label, index]));

// Text only ever enters the page as text: names in a file may hold anything.
function element(name, attributes = {}, ...children) {
  const drawn = ["svg", "g", "path", "rect", "text", "title"].includes(name);
  const made = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const color = (kind) => `var(--${kind})`;
const whole = (number) => number.toLocaleString("en-US");
const short = (number) => number === 0 ? "0" : Math.abs(number) >= 1e4 || Math.abs(number) < 1e-3
  ? number.toExponential(2) : String(Number(number.toPrecision(4)));
const perPixel = (number) => number === null ? "not known" : number >= 100 ? whole(Math.round(number)) : short(number);
const percent = (part) => `${(100 * part).toFixed(part < 0.0995 ? 1 : 0)} %`;
const shapeText = (shape) => shape === null ? "?" : shape.length ? shape.map((side) => side ?? "?").join(" \u00d7 ") : "a single number";
function bytes(count) {
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${short(count / 1000 ** step)} ${["bytes", "kB", "MB", "GB"][step]}`;
}

// The part of the work that a node does: of the time where that was measured, else of the multiplications.
const totalMacs = nodes.reduce((sum, node) => sum + (node.macs ?? 0), 0);
const share = (node) => model.profile ? node.time_share ?? 0 : totalMacs ? (node.macs ?? 0) / totalMacs : 0;

const heaviest = nodes.reduce((most, node) => Math.max(most, share(node)), 0); // bars are drawn beside this one

// --- the drawing

function path(points) {
  let text = `M${points[0]}`;
  for (let i = 1; i < points.length; i += 2) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const middle = (y0 + y1) / 2;
    text += x0 === x1 ? `L${x1},${y1}` : y1 > y0 ? `C${x0},${middle} ${x1},${middle} ${x1},${y1}`
      : `C${x0},${y0 + 60} ${x1},${y1 - 60} ${x1},${y1}`;
    if (i + 1 < points.length) text += `L${points[i + 1]}`;
  }
  return text;
}

const edges = lines.map((line) => element("path", { class: "edge", d: path(line.points) }, element("title", {}, line.tensor)));
const cut = (text, most) => text.length > most ? `${text.slice(0, most - 1)}\u2026` : text;

function drawNode(node, index) {
  const [x, y, width, height] = boxes[index];
  const part = heaviest ? share(node) / heaviest : 0;
  const drawn = element("g", { class: "node", transform: `translate(${x} ${y})`, onclick: () => clicked(index) },
    element("title", {}, node.label),
    element("rect", { class: "body", width, height, rx: 8 }),
    element("rect", { x: 0.5, y: 7, width: 4, height: height - 14, rx: 2, fill: color(node.kind) }),
    element("text", { x: 14, y: 19 }, cut(node.operator, data.longest)));
  data.texts[index].forEach((text, row) =>
    drawn.append(element("text", { class: "small", x: 14, y: 34 + 14 * row }, cut(text, data.longest))));
  if (part >= 0.005) {
    const length = width - 22;
    drawn.append(element("rect", { class: "track", x: 14, y: height - 8, width: length, height: 3, rx: 1.5 }),
      element("rect", { x: 14, y: height - 8, width: Math.max(2, length * part), height: 3, rx: 1.5, fill: color(node.kind) }));
  }
  return drawn;
}

function drawTerminal(terminal) {
  const [x, y, width, height] = terminal.box;
  return element("g", { class: "terminal", transform: `translate(${x} ${y})`, onclick: () => clicked(null) },
    element("title", {}, terminal.name),
    element("rect", { width, height, rx: height / 2 }),
    element("text", { x: width / 2, y: 17, "text-anchor": "middle" }, cut(terminal.name, data.longest)),
    element("text", { class: "small", x: width / 2, y: 31, "text-anchor": "middle" }, cut(terminal.text, data.longest)));
}

const drawn = nodes.map(drawNode);
world.append(...edges, ...terminals.map(drawTerminal), ...drawn);

// --- moving about

let view = { x: 0, y: 0, scale: 1 };
function show() {
  world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  svg.classList.toggle("far", view.scale < 0.3);
}
function zoom(factor, x = main.clientWidth / 2, y = main.clientHeight / 2) {
  const scale = Math.min(4, Math.max(0.004, view.scale * factor));
  view = { x: x - (x - view.x) * scale / view.scale, y: y - (y - view.y) * scale / view.scale, scale };
  show();
}
const least = () => Math.min((main.clientWidth - 40) / data.width, (main.clientHeight - 40) / data.height, 1.25);
function fit() {
  const scale = least();
  view = { x: (main.clientWidth - data.width * scale) / 2, y: (main.clientHeight - data.height * scale) / 2, scale };
  show();
}
function begin() { // a tall graph begins at its input, large enough to read
  if (least() >= 0.45) return fit();
  const box = terminals.length ? terminals[0].box : boxes[0] ?? [0, 0, 0, 0];
  const scale = 0.9;
  view = { x: main.clientWidth / 2 - (box[0] + box[2] / 2) * scale, y: 24 - box[1] * scale, scale };
  show();
}
function center(index) {
  const [x, y, width, height] = boxes[index];
  const scale = Math.max(view.scale, 0.8);
  view = { x: main.clientWidth / 2 - (x + width / 2) * scale, y: main.clientHeight / 2 - (y + height / 2) * scale, scale };
  show();
}
main.addEventListener("wheel", (event) => {
  event.preventDefault();
  const bounds = main.getBoundingClientRect();
  const step = event.deltaMode === 1 ? 20 * event.deltaY : event.deltaY;
  zoom(Math.exp(-Math.max(-200, Math.min(200, step)) / 400), event.clientX - bounds.left, event.clientY - bounds.top);
}, { passive: false });

const pointers = new Map();
let moved = false;
main.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, event);
  if (pointers.size === 1) moved = false;
});
addEventListener("pointermove", (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) return;
  const others = [...pointers.values()].filter((other) => other.pointerId !== event.pointerId);
  if (others.length) {
    const [other] = others;
    const reach = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const bounds = main.getBoundingClientRect();
    zoom(reach(event) / Math.max(1, reach(last)), other.clientX - bounds.left, other.clientY - bounds.top);
    moved = true;
  } else {
    if (!moved && Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) < 4) return;
    moved = true;
    main.classList.add("dragged");
    view.x += event.clientX - last.clientX;
    view.y += event.clientY - last.clientY;
    show();
  }
  pointers.set(event.pointerId, event);
});
for (const name of ["pointerup", "pointercancel"])
  addEventListener(name, (event) => { pointers.delete(event.pointerId); main.classList.remove("dragged"); });

// --- what is picked

let picked = null;
function clicked(index) { if (!moved) pick(index); }
function pick(index) {
  for (const marked of world.querySelectorAll(".picked, .near")) marked.classList.remove("picked", "near");
  for (const marked of world.querySelectorAll(".in, .out")) marked.classList.remove("in", "out");
  picked = index;
  const hash = index === null ? "" : `#node=${encodeURIComponent(nodes[index].label)}`;
  try { history.replaceState(null, "", hash || location.pathname); } catch { /* a page without an address */ }
  if (index === null) return aside.replaceChildren(...overview());
  drawn[index].classList.add("picked");
  lines.forEach((line, at) => {
    if (line.from !== index && line.to !== index) return;
    edges[at].classList.add(line.to === index ? "in" : "out");
    world.insertBefore(edges[at], world.querySelector(".terminal, .node"));
    const other = line.to === index ? line.from : line.to;
    if (other < nodes.length) drawn[other].classList.add("near");
  });
  aside.replaceChildren(...details(nodes[index]));
  aside.scrollTop = 0;
}
function go(index) { pick(index); center(index); }

const rows = (pairs) => element("table", {}, ...pairs.filter((pair) => pair).map(([key, value]) =>
  element("tr", {}, element("td", {}, key), element("td", {}, ...[value].flat()))));
const heading = (text) => element("h2", {}, text);
const mono = (text) => element("span", { class: "mono" }, text);
const dot = (kind) => element("i", { style: `background:${color(kind)}` });

function details(node) {
  const parts = [
    element("p", { class: "title" }, dot(node.kind), node.operator),
    element("p", { class: "name" }, node.domain ? `${node.label} (${node.domain})` : node.label),
    rows([
      ...node.outputs.map((name, at) => name ? ["output shape", shapeText(node.output_shapes[at])] : null),
      node.parameters ? ["parameters", whole(node.parameters)] : null,
      node.macs === 0 ? null : ["MACs per output pixel", perPixel(node.macs_per_output_pixel)
        + (node.macs && totalMacs ? ` (${percent(node.macs / totalMacs)})` : "")],
      node.milliseconds === null ? null : ["time", `${short(node.milliseconds)} ms (${percent(node.time_share)})`],
      node.joined_to === null ? null : ["time", ["within ", link(node.joined_to)]],
    ]),
  ];
  const attributes = Object.entries(node.attributes);
  if (attributes.length)
    parts.push(heading("Attributes"), rows(attributes.map(([key, value]) => [key, mono(typeof value === "string" ? value : JSON.stringify(value))])));
  parts.push(heading("Reads"), rows(node.read_from.map(neighbour)), heading("Is read by"), rows(node.read_by.map(neighbour)));
  if (node.weights.length) parts.push(heading("Constants"), ...node.weights.map(weight));
  return parts;
}
const link = (label) => element("a", { onclick: () => go(place.get(label)) }, label);
function neighbour(other) {
  const what = { input: "the graph's input", output: "the graph's output", constant: "a constant", nobody: "nobody" }[other.what];
  return [what === undefined ? nodes[place.get(other.node)].operator : what,
    [other.node === null ? null : link(other.node), other.node === null ? null : element("br"), mono(other.tensor)]];
}
function weight(weights) {
  const card = element("div", { class: "weight" }, mono(weights.name), element("br"),
    `${weights.dtype}, ${shapeText(weights.shape)}`, weights.through.length ? `, through ${weights.through.join(", ")}` : "");
  if (weights.mean === null) return card;
  if (weights.shape.reduce((all, side) => all * side, 1) === 1) {
    card.append(`: ${short(weights.mean)}`);
    return card;
  }
  card.append(element("div", {}, `mean ${short(weights.mean)}, std ${short(weights.std)}`
    + (weights.not_finite ? `, ${whole(weights.not_finite)} not finite` : "")));
  const { counts, low, high } = weights.histogram;
  const tallest = Math.max(...counts);
  const chart = element("svg", { viewBox: `0 0 ${counts.length * 10} 74`, preserveAspectRatio: "none" });
  counts.forEach((count, at) => {
    const height = count ? Math.max(1, 72 * count / tallest) : 0;
    chart.append(element("rect", { x: at * 10 + 0.7, y: 74 - height, width: 8.6, height, fill: "var(--accent)" },
      element("title", {}, `${whole(count)} values`)));
  });
  card.append(chart, element("div", { class: "ends" }, element("span", {}, short(low)), element("span", {}, short(high))));
  return card;
}

function overview() {
  const tensor = (each) => [each.name, [each.dtype ?? "no tensor", element("br"), mono(shapeText(each.shape))]];
  const { field, profile } = model;
  const kinds = new Map();
  for (const node of nodes) kinds.set(node.kind, (kinds.get(node.kind) ?? 0) + 1);
  const heavy = nodes.map((node, index) => [share(node), index]).filter(([part]) => part >= heaviest / 100 && part > 0).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, 12);
  const parts = [
    heading("Model"),
    rows([
      ["nodes", whole(nodes.length)],
      ["parameters", `${whole(model.parameters)} (constants take ${bytes(model.weight_bytes)})`],
      ["MACs per output pixel", perPixel(model.macs_per_output_pixel)],
      ["shapes are given for", `${model.size[0]} \u00d7 ${model.size[1]}`],
      field ? ["receptive field", `${field.height} \u00d7 ${field.width} pixels of the input`] : ["receptive field", model.unbounded],
      field ? ["enlarges", `${field.scale} times`] : null,
      field && (field.alignment[0] > 1 || field.alignment[1] > 1) ? ["tiles in steps of", field.alignment.join(" \u00d7 ")] : null,
      ["file", `IR version ${model.ir_version}, operator set ${Object.entries(model.opsets).map(([domain, version]) => `${domain ? `${domain} ` : ""}${version}`).join(", ")}`],
      model.producer ? ["made by", model.producer] : null,
      model.doc ? ["says", model.doc] : null,
    ]),
    heading("Inputs"), rows(model.inputs.map(tensor)), heading("Outputs"), rows(model.outputs.map(tensor)),
    ...model.notes.map((note) => element("p", { class: "note" }, note)),
  ];
  if (heavy.length) {
    parts.push(heading(profile ? "Where the time goes" : "Where the multiplications are"));
    if (profile) parts.push(element("div", { class: "name" }, `${short(profile.milliseconds)} ms a run on ${profile.threads} threads (medians of ${profile.runs} runs)`));
    for (const [part, index] of heavy)
      parts.push(element("div", { class: "bar", title: nodes[index].label, onclick: () => go(index) }, element("b", {}, nodes[index].label),
        element("u", {}, element("i", { style: `width:${100 * part / heaviest}%;background:${color(nodes[index].kind)}` })), element("s", {}, percent(part))));
    if (profile && Object.keys(profile.own).length)
      parts.push(element("div", { class: "name" }, `ONNX Runtime's own: ${Object.entries(profile.own).map(([operator, spent]) => `${operator} ${short(spent)} ms`).join(", ")}`));
  }
  parts.push(heading("Operators"), element("div", { class: "legend" }, ...[...kinds].sort((a, b) => b[1] - a[1])
    .map(([kind, count]) => element("span", {}, dot(kind), `${kind} ${whole(count)}`))));
  const metadata = Object.entries(model.metadata);
  if (metadata.length) parts.push(heading("Metadata"), rows(metadata.map(([key, value]) => [key, mono(value)])));
  const keys = element("p", { class: "keys" });
  for (const [key, does] of [["/", "search"], ["f", "fit"], ["+ -", "zoom"], ["\u2191 \u2193", "from node to node"], ["Esc", "back here"]])
    keys.append(element("kbd", {}, key), ` ${does} \u00a0 `);
  parts.push(keys);
  return parts;
}

// --- searching

const search = find("#search");
const hits = find("#hits");
let listed = [];
let at = 0;
function look() {
  const words = search.value.toLowerCase().split(/\s+/).filter((word) => word);
  listed = words.length ? nodes.map((node, index) => index).filter((index) => {
    const text = `${nodes[index].label} ${nodes[index].operator} ${nodes[index].outputs.join(" ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }) : [];
  drawn.forEach((group) => group.classList.remove("hit"));
  for (const index of listed) drawn[index].classList.add("hit");
  at = 0;
  list();
}
function list() {
  hits.classList.toggle("open", search.value.trim() !== "");
  const shown = listed.slice(0, 50).map((index, row) => element("a", { class: row === at ? "at" : "", onclick: () => { go(index); close(); } },
    dot(nodes[index].kind), ` ${nodes[index].label}`));
  hits.replaceChildren(...(shown.length ? shown : ["no node is like that"]));
  if (listed.length > 50) hits.append(`and ${listed.length - 50} more`);
  for (const dots of hits.querySelectorAll("i")) dots.style.cssText += ";display:inline-block;width:9px;height:9px;border-radius:3px";
}
function close() { hits.classList.remove("open"); }
search.addEventListener("input", look);
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    at = Math.max(0, Math.min(Math.min(listed.length, 50) - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
    list();
    event.preventDefault();
  } else if (event.key === "Enter" && listed.length) {
    go(listed[at]);
    at = (at + 1) % Math.min(listed.length, 50); // again: the next one
    list();
  } else if (event.key === "Escape") {
    search.value = "";
    look();
    search.blur();
  }
  event.stopPropagation();
});
main.addEventListener("pointerdown", close);

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const follow = (key, list) => {
    const next = picked === null ? undefined : list(nodes[picked]).find((other) => other.node !== null);
    if (next) go(place.get(next.node));
    else if (picked === null && nodes.length) go(key === "ArrowDown" ? 0 : nodes.length - 1);
  };
  const does = {
    "/": () => search.focus(), f: fit, "+": () => zoom(1.3), "-": () => zoom(1 / 1.3), Escape: () => pick(null),
    ArrowDown: (key) => follow(key, (node) => node.read_by), ArrowUp: (key) => follow(key, (node) => node.read_from),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does(event.key);
});

find("h1").textContent = model.model;
find("#in").addEventListener("click", () => zoom(1.3));
find("#out").addEventListener("click", () => zoom(1 / 1.3));
find("#fit").addEventListener("click", fit);
find("#overview").addEventListener("click", () => pick(null));
find("#theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = dark === "dark" ? "light" : "dark";
});

function fromAddress() {
  let label;
  try { label = decodeURIComponent(location.hash.replace(/^#node=/, "")); } catch { label = ""; }
  const index = place.get(label);
  if (index === undefined) pick(null);
  else go(index);
}
addEventListener("hashchange", fromAddress);
begin();
fromAddress();
