// @ts-check
// Pictures that are dropped, pasted or chosen, and addresses of pictures.
import { announce, go, queryUrl, reason, say } from "./navigate.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("search"));
const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
const LIMIT = Number(form.dataset.maxUpload);

export function watchPictures() {
  const file = /** @type {HTMLInputElement} */ (document.getElementById("file"));
  file.addEventListener("change", () => {
    searchFiles([...(file.files ?? [])]);
    file.value = "";
  });
  document.addEventListener("paste", onPaste);
  watchDrop();
}

/** @param {ClipboardEvent} event */
function onPaste(event) {
  const data = event.clipboardData;
  const target = /** @type {HTMLElement} */ (event.target);
  if (!data) return;
  const files = pictures(data);
  const elsewhere = target.matches("input, textarea") && target !== box;
  if (files.length) {
    event.preventDefault();
    searchFiles(files);
  } else if (!elsewhere && !box.value && isAddress(data.getData("text"))) {
    event.preventDefault();
    searchClauses([data.getData("text").trim()]);
  }
}

function watchDrop() {
  const sign = /** @type {HTMLElement} */ (document.getElementById("drop"));
  let depth = 0;
  const show = (/** @type {number} */ by) => {
    depth = Math.max(0, depth + by);
    sign.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => takes(event) && show(1));
  addEventListener("dragleave", (event) => takes(event) && show(-1));
  addEventListener("dragover", (event) => takes(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!takes(event) || !event.dataTransfer) return;
    event.preventDefault();
    show(-depth);
    onDrop(event.dataTransfer);
  });
}

/** @param {DataTransfer} data */
function onDrop(data) {
  const address = data.getData("text/uri-list").split(/\r?\n/)[0];
  const own = ownPicture(address);
  const files = pictures(data);
  if (own) searchClauses([`id:${own}`]);
  else if (files.length) searchFiles(files);
  else if (isAddress(address)) searchClauses([address]);
  else say("That is not a picture. Drop a picture’s file, or a picture from another page.");
}

/** @param {DragEvent} event */
function takes(event) {
  const types = event.dataTransfer?.types ?? [];
  return types.includes("Files") || types.includes("text/uri-list");
}

/**
 * The id of a picture of this library that was dragged from this page.
 * @param {string} address
 */
function ownPicture(address) {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.origin === location.origin ? url.pathname.match(/\/picture[s]?\/([0-9a-f]{32})/)?.[1] : undefined;
}

/** @param {string} text */
function isAddress(text) {
  return /^https?:\/\/\S+$/i.test(text.trim());
}

/** @param {DataTransfer} data */
function pictures(data) {
  return [...data.files].filter((file) => file.type.startsWith("image/") || !file.type);
}

/** @param {string[]} clauses */
function searchClauses(clauses) {
  return go(queryUrl(clauses.map((value) => ({ name: "q", value }))));
}

/** @param {File[]} files */
async function searchFiles(files) {
  say("");
  const waiting = pendingChip(files.length);
  try {
    const clauses = [];
    for (const file of files) clauses.push(await upload(file));
    await searchClauses(clauses);
  } catch (error) {
    say(reason(error));
  } finally {
    waiting.remove();
  }
}

/**
 * Send a picture.
 * @param {File} file
 * @returns {Promise<string>} the clause that means it
 */
async function upload(file) {
  if (file.size > LIMIT) {
    throw new Error(`${file.name} is larger than ${Math.round(LIMIT / 1e6)} MB. Send a smaller version.`);
  }
  const body = new FormData();
  body.append("picture", file, file.name);
  const answer = await fetch("/api/v1/uploads", { method: "POST", body });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.error.message} ${told.error.hint}`);
  return told.clause;
}

/** @param {number} count */
function pendingChip(count) {
  const text = count > 1 ? `Sending ${count} pictures …` : "Sending the picture …";
  const chip = Object.assign(document.createElement("p"), { className: "chip pending", textContent: text });
  form.querySelector(".bar")?.after(chip);
  announce(text);
  return chip;
}
