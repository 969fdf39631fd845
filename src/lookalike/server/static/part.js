// @ts-check
// A part of a picture as the query: a box that is drawn with mouse, finger or keys.
import { closeDetail } from "./detail.js";
import { go } from "./navigate.js";

const WHOLE = encodeURIComponent("percent:0,0,100,100");
const LEAST = 4;
const STEP = 2;

/** @typedef {{x: number, y: number, width: number, height: number}} Box in percent */

export function watchParts() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const chip = target.closest("button[data-large]");
    if (chip instanceof HTMLElement) chooseInDialog(chip);
    const button = target.closest("[data-action=part]");
    const figure = button?.closest("article")?.querySelector("figure[data-part]");
    if (figure instanceof HTMLElement) new Drawing(figure, figure.dataset.part ?? "", () => {});
  });
}

/** @param {HTMLElement} chip */
function chooseInDialog(chip) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("choose"));
  const figure = document.createElement("figure");
  const image = new Image();
  const end = () => dialog.close();
  image.alt = "";
  image.addEventListener("load", () => new Drawing(figure, chip.dataset.part ?? "", end));
  image.addEventListener("error", end);
  image.src = chip.dataset.large ?? "";
  figure.append(image);
  dialog.replaceChildren(figure);
  dialog.showModal();
}

/** Lets people draw a box on a figure's picture, and search for it. */
class Drawing {
  /** @type {Box} */
  box = { x: 25, y: 25, width: 50, height: 50 };
  sheet = made("div", "sheet");
  part = made("div", "part");
  tools = made("div", "choosing");
  watch = new ResizeObserver(() => this.place());

  /**
   * @param {HTMLElement} figure
   * @param {string} address in which the whole is to be replaced by the box
   * @param {() => void} ended
   */
  constructor(figure, address, ended) {
    const image = figure.querySelector("img");
    if (!image || figure.classList.contains("drawing")) return;
    this.figure = figure;
    this.image = image;
    this.address = address;
    this.ended = ended;
    this.build();
    figure.classList.add("drawing");
    figure.append(this.sheet);
    figure.after(this.tools);
    this.watch.observe(image);
    image.addEventListener("load", () => this.place());
    this.place();
    this.part.focus();
  }

  build() {
    this.part.tabIndex = 0;
    this.part.setAttribute("role", "application");
    this.part.append(made("span", "corner"));
    this.sheet.append(this.part);
    const search = made("button", "button", "Search for this part");
    const cancel = made("button", "button", "Cancel");
    const help = "Draw a box. Keys: arrows move it, with Shift they resize it, Enter searches.";
    this.tools.append(search, cancel, made("span", "help", help));
    search.addEventListener("click", () => this.search());
    cancel.addEventListener("click", () => this.end());
    this.sheet.addEventListener("pointerdown", (event) => this.drag(event));
    this.part.addEventListener("keydown", (event) => this.press(event));
  }

  /** Lay the sheet on the picture, without what object-fit leaves empty around it. */
  place() {
    if (!this.image?.naturalWidth || !this.figure) return; // until it is loaded
    const { naturalWidth, naturalHeight } = this.image;
    const outer = this.figure.getBoundingClientRect();
    const { left, top, width, height } = this.image.getBoundingClientRect();
    const scale = Math.min(width / naturalWidth, height / naturalHeight);
    const wide = naturalWidth * scale;
    const high = naturalHeight * scale;
    Object.assign(this.sheet.style, {
      left: `${left - outer.left + (width - wide) / 2}px`,
      top: `${top - outer.top + (height - high) / 2}px`,
      width: `${wide}px`,
      height: `${high}px`,
    });
    this.show(this.box);
  }

  /** @param {Box} box */
  show(box) {
    this.box = box;
    const { x, y, width, height } = box;
    const sides = { left: `${x}%`, top: `${y}%`, width: `${width}%`, height: `${height}%` };
    Object.assign(this.part.style, sides);
    const size = `${round(width)} by ${round(height)} percent`;
    const place = `${round(x)} from the left, ${round(y)} from the top`;
    this.part.setAttribute("aria-label", `Part of the picture: ${size}, ${place}`);
  }

  /** @param {PointerEvent} event */
  drag(event) {
    event.preventDefault();
    this.part.focus();
    this.sheet.setPointerCapture(event.pointerId);
    const start = this.at(event);
    const old = this.box;
    const target = event.target;
    /** @param {PointerEvent} moved */
    const follow = (moved) => {
      const now = this.at(moved);
      if (target === this.sheet) this.show(between(start, now));
      else if (target === this.part) {
        this.show(within(old.x + now.x - start.x, old.y + now.y - start.y, old));
      } else this.show(between(old, now));
    };
    const stop = () => this.sheet.removeEventListener("pointermove", follow);
    this.sheet.addEventListener("pointermove", follow);
    this.sheet.addEventListener("pointerup", stop, { once: true });
    this.sheet.addEventListener("pointercancel", stop, { once: true });
  }

  /** @param {PointerEvent} event */
  at(event) {
    const { left, top, width, height } = this.sheet.getBoundingClientRect();
    const x = (100 * (event.clientX - left)) / width;
    const y = (100 * (event.clientY - top)) / height;
    return { x: Math.min(Math.max(x, 0), 100), y: Math.min(Math.max(y, 0), 100) };
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { x, y, width, height } = this.box;
    const across = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key] ?? 0;
    const down = { ArrowUp: -STEP, ArrowDown: STEP }[event.key] ?? 0;
    if (event.key === "Enter") this.search();
    else if (event.key === "Escape") this.end();
    else if (!across && !down) return;
    else if (event.shiftKey) {
      const wide = Math.min(Math.max(width + across, LEAST), 100 - x);
      const high = Math.min(Math.max(height + down, LEAST), 100 - y);
      this.show({ x, y, width: wide, height: high });
    } else this.show(within(x + across, y + down, this.box));
    event.preventDefault();
    event.stopPropagation();
  }

  search() {
    const { x, y, width, height } = this.box;
    const [left, top] = [round(x), round(y)];
    const [wide, high] = [Math.min(round(width), 100 - left), Math.min(round(height), 100 - top)];
    const box = [left, top, round(wide), round(high)].join(",");
    this.end();
    closeDetail();
    go((this.address ?? "").replace(WHOLE, encodeURIComponent(`percent:${box}`)));
  }

  end() {
    this.watch.disconnect();
    this.sheet.remove();
    this.tools.remove();
    this.figure?.classList.remove("drawing");
    this.ended?.();
  }
}

/**
 * @param {{x: number, y: number}} one
 * @param {{x: number, y: number}} other
 * @returns {Box}
 */
function between(one, other) {
  const width = Math.max(Math.abs(one.x - other.x), LEAST);
  const height = Math.max(Math.abs(one.y - other.y), LEAST);
  return within(Math.min(one.x, other.x), Math.min(one.y, other.y), { width, height });
}

/**
 * @param {number} x
 * @param {number} y
 * @param {{width: number, height: number}} size
 * @returns {Box}
 */
function within(x, y, { width, height }) {
  const left = Math.min(Math.max(x, 0), 100 - width);
  const top = Math.min(Math.max(y, 0), 100 - height);
  return { x: left, y: top, width, height };
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10;
}

/**
 * @param {string} tag
 * @param {string} name
 * @param {string} [text]
 */
function made(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  if (element instanceof HTMLButtonElement) element.type = "button";
  return element;
}
