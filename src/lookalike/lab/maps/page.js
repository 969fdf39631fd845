"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const canvas = document.getElementById("map");
const card = document.getElementById("card");
const pen = canvas.getContext("2d");

const places = unpacked(data.places, Int16Array);
const clusters = unpacked(data.clusters, Int16Array);
const tiles = unpacked(data.thumbnails, Int32Array);
const count = clusters.length;
const tileOf = new Int32Array(count).fill(-1);
tiles.forEach((row, tile) => { tileOf[row] = tile; });
const texts = data.pictures.map(([title, place]) => `${title}\n${place}`.toLowerCase());
const sheets = data.sheets.map((source) => {
  const image = new Image();
  image.onload = draw;
  image.src = source;
  return image;
});

let view = { x: 0, y: 0, scale: 1 };
let matching = null;
let chosen = -1;
let waiting = false;

function unpacked(text, kind) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new kind(bytes.buffer);
}

const worldX = (row) => places[2 * row] / 16000;
const worldY = (row) => -places[2 * row + 1] / 16000;
const screenX = (x) => (x - view.x) * view.scale + canvas.clientWidth / 2;
const screenY = (y) => (y - view.y) * view.scale + canvas.clientHeight / 2;
const colourOf = (row) => clusters[row] < 0 ? data.none : data.names[clusters[row]].colour;

/** The side of a picture on the screen: it grows with the zoom, more slowly than the map. */
const side = () => Math.min(96, Math.max(6, 7 * (view.scale / fitted()) ** 0.75));
const fitted = () => 0.46 * Math.min(canvas.clientWidth, canvas.clientHeight);

function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; paint(); });
}

function paint() {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const size = side();
  const inside = [];
  for (let row = 0; row < count; row++) {
    const x = screenX(worldX(row)), y = screenY(worldY(row));
    if (x > -size && y > -size && x < width + size && y < height + size) inside.push([row, x, y]);
  }
  for (const [row, x, y] of inside) {
    pen.globalAlpha = matching && !matching[row] ? 0.12 : 0.85;
    pen.fillStyle = colourOf(row);
    pen.beginPath();
    pen.arc(x, y, Math.min(4, size / 4 + 1), 0, 7);
    pen.fill();
  }
  if (size > 11) pictures(inside, size);
  names(width, height);
  if (chosen >= 0) {
    pen.globalAlpha = 1;
    pen.strokeStyle = "#ee7733";
    pen.lineWidth = 3;
    const x = screenX(worldX(chosen)), y = screenY(worldY(chosen));
    pen.strokeRect(x - size / 2 - 2, y - size / 2 - 2, size + 4, size + 4);
  }
  pen.globalAlpha = 1;
}

/** Thumbnails, the well spread ones first; none covers another by more than half. */
function pictures(inside, size) {
  const taken = new Set();
  const byTile = inside.filter(([row]) => tileOf[row] >= 0 && !(matching && !matching[row]));
  byTile.sort((one, other) => tileOf[one[0]] - tileOf[other[0]]);
  for (const [row, x, y] of byTile) {
    const cell = `${Math.floor(2 * x / size)},${Math.floor(2 * y / size)}`;
    if (taken.has(cell)) continue;
    taken.add(cell);
    pen.globalAlpha = 1;
    pen.fillStyle = colourOf(row);
    pen.fillRect(x - size / 2 - 1, y - size / 2 - 1, size + 2, size + 2);
    tile(pen, tileOf[row], x - size / 2, y - size / 2, size);
  }
}

function tile(target, number, x, y, size) {
  const whole = data.columns ** 2;
  const image = sheets[Math.floor(number / whole)];
  if (!image.complete) return;
  const at = number % whole;
  const left = at % data.columns * data.side, top = Math.floor(at / data.columns) * data.side;
  target.drawImage(image, left, top, data.side, data.side, x, y, size, size);
}

function names(width, height) {
  const style = getComputedStyle(document.body);
  const taken = [];
  pen.font = "600 14px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.lineJoin = "round";
  pen.globalAlpha = 1;
  for (const each of data.names) {
    const x = screenX(each.x), y = screenY(-each.y);
    const half = pen.measureText(each.name).width / 2 + 4;
    if (!each.name || x < 0 || y < 0 || x > width || y > height) continue;
    if (taken.some(([a, b, c]) => Math.abs(y - b) < 20 && Math.abs(x - a) < half + c)) continue;
    taken.push([x, y, half]);
    pen.lineWidth = 4;
    pen.strokeStyle = style.backgroundColor;
    pen.strokeText(each.name, x, y);
    pen.fillStyle = style.color;
    pen.fillText(each.name, x, y);
  }
}

function nearestTo(x, y, within) {
  let best = -1, least = within ** 2;
  for (let row = 0; row < count; row++) {
    if (matching && !matching[row]) continue;
    const off = (screenX(worldX(row)) - x) ** 2 + (screenY(worldY(row)) - y) ** 2;
    if (off < least) { least = off; best = row; }
  }
  return best;
}

function show(row) {
  chosen = row;
  card.hidden = row < 0;
  draw();
  if (row < 0) return;
  const [title, place] = data.pictures[row];
  const name = clusters[row] < 0 ? "in no cluster" : data.names[clusters[row]].name;
  card.replaceChildren();
  if (tileOf[row] >= 0) {
    const small = document.createElement("canvas");
    small.width = small.height = 128;
    tile(small.getContext("2d"), tileOf[row], 0, 0, 128);
    card.append(small);
  }
  for (const [kind, text] of [["div", title], ["small", place], ["small", name]]) {
    const line = document.createElement(kind);
    line.textContent = text;
    card.append(line);
  }
  const x = screenX(worldX(row)) + side() / 2 + 8, y = screenY(worldY(row)) + 8;
  card.style.left = `${Math.max(4, Math.min(x, canvas.clientWidth - card.offsetWidth - 8))}px`;
  card.style.top = `${Math.max(4, Math.min(y, canvas.clientHeight - card.offsetHeight - 8))}px`;
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.min(400 * fitted(), Math.max(0.5 * fitted(), view.scale * factor));
  const dx = x - canvas.clientWidth / 2, dy = y - canvas.clientHeight / 2;
  view.x += dx / view.scale - dx / scale;
  view.y += dy / view.scale - dy / scale;
  view.scale = scale;
  show(-1);
}

function move(dx, dy) {
  view.x += dx / view.scale;
  view.y += dy / view.scale;
  show(-1);
}

function everything() {
  view = { x: 0, y: 0, scale: fitted() };
  show(-1);
}

function goTo(number) {
  const rows = [...clusters.keys()].filter((row) => clusters[row] === number);
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const x = middle(rows.map(worldX)), y = middle(rows.map(worldY));
  const away = rows.map((row) => Math.max(Math.abs(worldX(row) - x), Math.abs(worldY(row) - y)));
  const reach = away.sort((a, b) => a - b)[Math.floor(0.9 * (away.length - 1))];
  view = { x, y, scale: Math.min(60 * fitted(), 0.8 * fitted() / Math.max(reach, 0.01)) };
  show(-1);
}

let dragged = null;
canvas.addEventListener("pointerdown", (event) => {
  dragged = [event.clientX, event.clientY];
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointerup", () => { dragged = null; });
canvas.addEventListener("pointermove", (event) => {
  if (dragged) {
    move(dragged[0] - event.clientX, dragged[1] - event.clientY);
    dragged = [event.clientX, event.clientY];
    return;
  }
  const row = nearestTo(event.offsetX, event.offsetY, Math.max(8, side() / 2));
  if (row !== chosen) show(row);
});
canvas.addEventListener("pointerleave", () => { if (!dragged) show(-1); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
}, { passive: false });

const keys = {
  ArrowLeft: () => move(-60, 0), ArrowRight: () => move(60, 0),
  ArrowUp: () => move(0, -60), ArrowDown: () => move(0, 60),
  "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: everything,
  Enter: () => show(nearestTo(canvas.clientWidth / 2, canvas.clientHeight / 2, 1e9)),
  Escape: () => show(-1),
};
canvas.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  keys[event.key]();
});

document.getElementById("in").addEventListener("click", () => zoom(1.6));
document.getElementById("out").addEventListener("click", () => zoom(1 / 1.6));
document.getElementById("all").addEventListener("click", everything);

const find = document.getElementById("find");
find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  matching = words.length ? texts.map((text) => words.every((word) => text.includes(word))) : null;
  const number = matching ? matching.filter(Boolean).length : 0;
  document.getElementById("found").textContent =
    matching ? `${number.toLocaleString("en")} found` : "";
  show(-1);
});

const list = document.getElementById("clusters");
data.names.forEach((each, number) => {
  const button = document.createElement("button");
  button.type = "button";
  const dot = document.createElement("i");
  dot.style.background = each.colour;
  const name = document.createElement("span");
  name.textContent = each.name || `Cluster ${number + 1}`;
  const size = document.createElement("b");
  size.textContent = each.size.toLocaleString("en");
  button.append(dot, name, size);
  button.addEventListener("click", () => goTo(number));
  list.append(document.createElement("li"));
  list.lastChild.append(button);
});

new ResizeObserver(() => { if (view.scale === 1) everything(); else draw(); }).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
everything();
