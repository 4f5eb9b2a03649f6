// The page of the meeting desk: it shows what desk-sync.js knows, and takes what is typed to it.

import { DeskSync, machine, poster } from "./desk-sync.js";

const form = document.querySelector("#desk");
const { sync: address, empty, meeting } = form.dataset;
const user = Number(form.dataset.user);
const client = uuid();
const $ = (selector, root = form) => root.querySelector(selector);
const all = (selector, root = form) => [...root.querySelectorAll(selector)];

// Without a secure address there is no randomUUID.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Fields: a box with data-key, and in it one control or a group of radio buttons

const boxOf = (key) => $(`[data-key="${key}"]`);
const controls = (box) => all("[name^='f~']", box);

function valueOf(box) {
  const found = controls(box);
  if (found[0]?.type === "radio") return found.find((radio) => radio.checked)?.value ?? "";
  return found[0]?.value ?? "";
}

function show(box, value) {
  for (const control of controls(box)) {
    if (control.type === "radio") control.checked = control.value === value;
    else if (control.value !== value) {
      control.value = value;
      control.dispatchEvent(new Event("richtext:set"));
    }
  }
  const details = box.closest("details");
  if (value && details && !details.open) details.open = true;
}

const rowOf = (node) => node.closest("[data-row^='punkt:'], [data-row='fremmoede']");
let current = null; // the item in work

// Words about what is saved

const words = {
  new: () => "Siden gemmer automatisk.",
  sending: () => "Gemmer …",
  waiting: () => "Ikke gemt endnu.",
  saved: ({ time }) => `Gemt kl. ${time}`,
  closed: () => "Referatet er offentligt nu. Det, du skriver, kommer ikke med.",
  offline: ({ unsent, cannotKeep }) => `Ingen forbindelse: ${kept(unsent, cannotKeep)}`,
  broken: ({ unsent, cannotKeep, problem }) => `Serveren svarer ikke, som den skal: ${kept(unsent, cannotKeep)}${problem ? ` (${problem})` : ""}`,
  loggedout: ({ unsent, cannotKeep }) => `Du er logget ud: ${kept(unsent, cannotKeep)}`,
  other: ({ unsent, cannotKeep }) => `En anden er logget ind i denne browser: ${kept(unsent, cannotKeep)}`,
  refused: ({ refused }) => `${refused.length === 1 ? "Et felt er" : `${refused.length} felter er`} ikke gemt.`,
};

function kept(unsent, cannotKeep) {
  if (!unsent) return "alt var gemt";
  return cannotKeep ? "teksten er kun på skærmen. Luk ikke siden" : "gemt på denne computer";
}

let said = "";
function tellWords(state) {
  const text = (words[state.kind] ?? words.broken)(state);
  $("[data-words]").textContent = text;
  $("[data-state]").dataset.kind = state.kind;
  // A listener hears that something is different, not every save.
  const heard = ["sending", "waiting", "new"].includes(state.kind) ? said : state.kind;
  if (heard !== said) {
    if (said || heard !== "saved") $("[data-said]").textContent = text;
    said = heard;
  }
  const alert = $("[data-alert]");
  if (state.kind === "loggedout" || state.kind === "other") {
    if (alert.hidden) {
      const login = `${form.dataset.login}?next=${encodeURIComponent(location.pathname)}`;
      alert.replaceChildren(
        element("p", {}, state.kind === "other"
          ? "En anden er logget ind i denne browser. Din tekst bliver sendt, når du selv er logget ind igen."
          : "Du er logget ud. Din tekst bliver sendt, når du er logget ind igen. Du kan blive på denne side."),
        element("a", { href: login, target: "_blank", className: "button primary" }, "Log ind i et nyt vindue"),
      );
      alert.hidden = false;
    }
  } else if (state.kind === "closed") {
    alert.replaceChildren(
      element("p", {}, "Referatet er blevet offentligt. Det, du skriver nu, bliver gemt ved siden af og kommer ikke med."),
      element("a", { href: location.pathname, className: "button primary" }, "Se, hvad du kan gøre"),
    );
    alert.hidden = false;
  } else alert.hidden = true;
  for (const box of all("[data-refused]")) say(box, "");
  for (const draft of state.refused) {
    const box = boxOf(draft.key);
    if (box) say(box, draft.refused);
  }
}

function say(box, message) {
  box.toggleAttribute("data-refused", Boolean(message));
  const place = $("[data-warning]", box);
  place.textContent = message || box.dataset.cpr || "";
  place.hidden = !place.textContent;
}

function notice(...children) {
  const box = $("[data-notice]");
  const close = element("button", { type: "button", className: "button" }, "Luk");
  close.addEventListener("click", () => { box.hidden = true; });
  box.replaceChildren(...children, close);
  box.hidden = false;
  $("[data-said]").textContent = children.map((child) => child.textContent).join(" ");
}

// Rows: items and agreements, also those that others have begun

function fill(template, from, to) {
  const box = document.createElement("template");
  box.innerHTML = template.innerHTML.replaceAll(from, to);
  return box.content.firstElementChild;
}

function addAgreement(item, row = uuid()) {
  const node = fill($("template[data-pattern='aftale']", item), "NY-AFTALE", row);
  $("[data-agreements]", item).append(node);
  adopt(node);
  return node;
}

function addItem(row = uuid()) {
  const node = fill($("template[data-pattern='punkt']"), "NY-PUNKT", row);
  $("[data-new-item]").append(node);
  adopt(node);
  for (const button of all("[data-add]", node)) button.hidden = false;
  list(node);
  return node;
}

function adopt(node) {
  for (const box of all("[data-key]", node)) {
    if (!engine.drafts.has(box.dataset.key)) engine.add(box.dataset.key, { base: empty, under: box.dataset.under ?? "" });
  }
  node.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
}

function list(section) {
  const { row } = section.dataset;
  if ($(`[data-for="${row}"]`)) return;
  const link = element("a", { href: `#${section.id}` },
    element("span", { "data-number": "" }), ". ", element("span", { "data-title": "" }), " ",
    element("span", { className: "done", hidden: true }, "✓", element("span", { className: "visually-hidden" }, " skrevet")),
    element("span", { className: "desk-who", "data-who": "" }));
  $("[data-after]").before(element("li", { "data-for": row }, link));
  number();
}

const sections = () => all(".desk-item[data-row^='punkt:']").filter((section) => !section.closest("template"));

function number() {
  sections().forEach((section, index) => {
    for (const node of all("[data-number]", section).concat(all(`[data-for="${section.dataset.row}"] [data-number]`))) {
      node.textContent = Number(form.dataset.first) + index;
    }
    const typed = $(`[data-key="${section.dataset.row}:title"]`, section);
    const title = typed ? valueOf(typed) || "Nyt punkt" : $("[data-title]", section).textContent;
    $("[data-title]", section).textContent = title;
    const entry = $(`[data-for="${section.dataset.row}"]`);
    if (!entry) return;
    $("[data-title]", entry).textContent = title;
    const isDone = ["answer", "decision", "discussion"].some((name) => {
      const box = boxOf(`${section.dataset.row}:${name}`);
      return box && valueOf(box).replace(/<[^>]*>/g, "").trim();
    });
    $(".done", entry).hidden = !isDone;
  });
}

// What the engine tells

const tell = {
  words: tellWords,
  value(key, value) {
    let box = boxOf(key);
    if (!box && !$(`[data-row="${key.replace(/:[^:]*$/, "")}"]`)) {
      makeRowOf(key);
      box = boxOf(key);
    }
    if (box) show(box, value);
  },
  gone(key) {
    const row = boxOf(key)?.closest("[data-row]");
    if (!row || row.dataset.row === "fremmoede" || row.contains(document.activeElement)) return;
    $(`[data-for="${row.dataset.row}"]`)?.remove();
    row.remove();
    number();
  },
  found(texts) {
    const names = [...new Set(texts.map(({ key }) => label(key)))];
    notice(element("p", {}, `Her lå tekst fra sidst, som ikke var sendt: ${names.join(", ")}. Den bliver sendt nu. Er feltet ændret imens, står begge tekster der.`));
  },
  refused(draft) {
    notice(element("p", {}, `Teksten fra sidst kunne ikke gemmes i ${label(draft.key)}: ${draft.refused}`), element("p", { className: "typed" }, plain(draft.value)));
  },
  state(state, present) {
    showPresent(present);
    if (!state) return number();
    for (const { row, number: at, title, agreements } of state.rows) {
      const section = $(`.desk-item[data-row="${row}"]`);
      if (!section) continue;
      list(section);
      if (!$(`[data-key="${row}:title"]`, section)) $("[data-title]", section).textContent = title;
    }
    for (const [key, [value, base, warning = ""]] of Object.entries(state.fields)) {
      const box = boxOf(key);
      if (!box) continue;
      const remembered = $(`[name="b~${key}"]`, box);
      if (remembered) remembered.value = base;
      if ((box.dataset.cpr ?? "") !== warning) {
        box.dataset.cpr = warning;
        if (!box.hasAttribute("data-refused")) say(box, "");
      }
    }
    $("[data-quorum]").textContent = state.quorum;
    showClashes(state.clashes);
    spareRows();
    number();
  },
};

let rowsToCome = new Map();
function makeRowOf(key) {
  const [room, row] = key.split(":");
  if (room === "punkt") addItem(row);
  if (room === "aftale") {
    const under = rowsToCome.get(`aftale:${row}`);
    const item = under && ($(`.desk-item[data-row="${under}"]`) ?? addItem(under.split(":")[1]));
    if (item) {
      const node = addAgreement(item, row);
      // Before the empty one that waits for the next.
      const spare = all("fieldset.agreement", item).find((other) => other !== node && isEmpty(other));
      if (spare) spare.before(node);
    }
  }
}

const isEmpty = (fieldset) => all("[data-key]", fieldset).every((box) => !valueOf(box));

// Always one empty agreement under an item, as without a script.
function spareRows() {
  for (const section of sections()) {
    const rows = all("[data-agreements] > .agreement", section);
    if (section.dataset.writes !== "no" && (!rows.length || !isEmpty(rows.at(-1)))) addAgreement(section);
  }
}

function label(key) {
  const box = boxOf(key);
  if (!box) return "et punkt, der er fjernet";
  const section = rowOf(box);
  const title = section?.dataset.row === "fremmoede" ? "" : `${$("h2", section ?? form)?.textContent.trim()}: `;
  return `${title}${box.dataset.label}`;
}

function plain(value) {
  return new DOMParser().parseFromString(value.replace(/<\/(p|li|tr)>/g, "$&\n"), "text/html").body.textContent.trim();
}

function showPresent(present) {
  $("[data-present]").textContent = present.length
    ? `Her er også: ${present.map(({ name, place }) => `${name}${where(place)}`).join(", ")}` : "";
  for (const node of all("[data-here]")) node.hidden = true;
  for (const node of all("[data-who]")) node.textContent = "";
  for (const { name, place } of present) {
    const section = place && $(`.desk-item[data-row="${place}"]`);
    const here = section && $("[data-here]", section);
    if (here) {
      here.textContent = here.hidden ? `${name} er ved dette punkt.` : `${here.textContent} ${name} er her også.`;
      here.hidden = false;
    }
    const entry = place && $(`[data-for="${place}"] [data-who]`);
    if (entry) entry.textContent += ` · ${name}`;
  }
}

function where(place) {
  const section = place && $(`.desk-item[data-row="${place}"]`);
  if (!section) return "";
  return place === "fremmoede" ? " (ved fremmødet)" : ` (ved punkt ${$("[data-number]", section)?.textContent})`;
}

// Clashes

let shownClashes = "";
function showClashes(clashes) {
  const all_ = JSON.stringify(clashes);
  if (all_ === shownClashes) return;
  const isNew = clashes.filter(({ key }) => !shownClashes.includes(key));
  shownClashes = all_;
  for (const place of all("[data-clashes]")) if (place.childElementCount) place.replaceChildren();
  $("[data-homeless]")?.remove();
  for (const clash of clashes) {
    const box = boxOf(clash.field);
    const node = clashNode(clash, box);
    if (box) {
      $("[data-clashes]", box).append(node);
      const details = box.closest("details");
      if (details) details.open = true;
    } else {
      let homeless = $("[data-homeless]");
      if (!homeless) {
        homeless = element("section", { className: "desk-item", "data-homeless": "" }, element("h2", {}, "Tekster, der har mistet deres plads"));
        $("#fremmoede").after(homeless);
      }
      homeless.append(node);
    }
  }
  if (isNew.length && isNew.some(({ is_mine: mine }) => mine) ) {
    $("[data-said]").textContent = `${isNew[0].label}: ${isNew[0].said.toLowerCase()}. Begge tekster er gemt. Vælg, hvad der skal stå.`;
  }
}

function clashNode(clash, box) {
  const id = `clash-${clash.key}`;
  const typed = (heading, text) => element("div", {}, element("h4", {}, heading), element("p", { className: "typed" }, text || "Ingenting"));
  const texts = element("div", { className: "clash-texts" });
  if (!clash.is_gone) texts.append(typed("Det står i feltet", clash.saved));
  texts.append(typed(`${clash.is_mine ? "Det skrev du" : `Det skrev ${clash.by}`} kl. ${clash.at}`, clash.text));
  const problem = element("p", { className: "desk-warning", role: "alert", hidden: true });
  const buttons = element("div", { className: "buttons" });
  const button = (text, choice, look = "button") => {
    const node = element("button", { type: "button", className: look }, text);
    node.addEventListener("click", async () => {
      if (engine.misses) {
        problem.textContent = "Der er ingen forbindelse. Begge tekster er gemt. Vælg, når forbindelsen er tilbage.";
        problem.hidden = false;
        return;
      }
      const answer = await engine.decide(clash, choice);
      if (answer?.outcome === "gemt") {
        const field = box && controls(box)[0];
        (field && !field.hidden ? field : box && $("[contenteditable]", box) || $("#punkter a"))?.focus();
      } else {
        problem.textContent = answer?.message || "Det lykkedes ikke. Prøv igen om lidt.";
        problem.hidden = false;
      }
    });
    buttons.append(node);
  };
  if (clash.can_use) {
    if (clash.can_join) button("Behold begge", "begge", "button primary");
    button(clash.is_mine ? "Brug min tekst" : `Brug ${clash.by}s tekst`, "tekst");
    button("Behold det, der står i feltet", "felt");
  } else if (clash.reason !== "afvist" || !box) button("Jeg har kopieret teksten. Fjern den herfra", "felt");
  const node = element("section", { className: "clash", "aria-labelledby": id }, element("h3", { id }, `${clash.label}: ${clash.said.toLowerCase()}`), texts, problem, buttons);
  return node;
}

// Locks tell which pages are open: what a closed one left behind is sent by the next.
const lock = (id) => `udsat-moedebord ${id}`;
const hasLocks = "locks" in navigator;
if (hasLocks) navigator.locks.request(lock(client), () => new Promise(() => {}));
const isAlive = async (id) => hasLocks && (await navigator.locks.query()).held.some(({ name }) => name === lock(id));

const nowhere = { put: () => Promise.reject(new Error()), delete: async () => {}, entries: async () => [] };
const post = poster(address, user, form.elements.csrfmiddlewaretoken.value);
const engine = new DeskSync({
  client,
  user,
  empty,
  post,
  store: await machine(user, meeting, client, isAlive).catch(() => nowhere),
  timers: { now: () => Date.now(), set: (act, ms) => setTimeout(act, ms), clear: (handle) => clearTimeout(handle) },
  uuid,
  tell,
  place: () => current?.dataset.row ?? "",
});

// An agreement's item has to be known before its fields arrive.
const take = engine.take.bind(engine);
engine.take = (state) => {
  for (const { row, agreements } of state.rows) for (const agreement of agreements) rowsToCome.set(agreement, row);
  take(state);
};

const started = {};
for (const box of all("[data-key]")) {
  if (box.hasAttribute("data-closed")) continue;
  const { key, base, under = "" } = box.dataset;
  started[key] = { base, value: valueOf(box), under, suggested: box.hasAttribute("data-suggested") };
}
form.classList.add("with-script");
for (const button of all("[data-add]")) button.hidden = false;
// The empty item of the form without a script: here a button brings one.
for (const section of sections().filter((one) => one.closest("[data-new-item]"))) {
  for (const box of all("[data-key]", section)) delete started[box.dataset.key];
  section.remove();
}
$("[data-after]").hidden = true;
number();

// What the person does

const changed = (event) => {
  const box = event.target.closest("[data-key]");
  if (!box || !event.target.name?.startsWith("f~")) return;
  engine.type(box.dataset.key, valueOf(box), box.dataset.under ?? "");
  if (box.dataset.key.endsWith(":title")) number();
};
form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("focusin", (event) => {
  const section = rowOf(event.target);
  if (section && section !== current) {
    current = section;
    for (const link of all("[data-for] a")) link.removeAttribute("aria-current");
    $(`[data-for="${section.dataset.row}"] a`)?.setAttribute("aria-current", "step");
  }
});

async function saveNow() {
  engine.sendsSuggestions = true;
  await engine.keep();
  await engine.flush();
  if (engine.unsent.length && !engine.misses) await engine.flush();
  return !engine.unsent.length;
}

let leaving = false;
form.addEventListener("submit", async (event) => {
  if (leaving) return;
  event.preventDefault();
  const button = event.submitter;
  const isSaved = await saveNow();
  if (button?.name !== "next") {
    $("[data-said]").textContent = $("[data-words]").textContent;
    return;
  }
  if (!isSaved) {
    notice(element("p", {}, "Noget er ikke gemt endnu. Vent, til det er gemt, og prøv igen."));
    return;
  }
  if (engine.clashes.length) {
    notice(element("p", {}, "Nogle felter har to tekster. Vælg først, hvad der skal stå."));
    $(".clash button")?.focus();
    return;
  }
  leaving = true;
  engine.stop();
  form.requestSubmit(button);
});

function goTo(section) {
  if (!section) return;
  section.scrollIntoView({ block: "start" });
  const first = $("[data-key$=':discussion'] [contenteditable], [data-key$=':discussion'] textarea:not([hidden])", section);
  (first ?? section).focus({ preventScroll: true });
  current = section;
}

function answerWith(index) {
  const box = current && $("[data-key$=':answer']", current);
  const radios = box ? controls(box) : [];
  const radio = radios[index];
  if (!radio || radio.disabled) return;
  const chosen = radio.checked ? radios.at(-1) : radio;
  chosen.checked = true;
  chosen.dispatchEvent(new Event("change", { bubbles: true }));
  number();
  $("[data-said]").textContent = chosen === radio ? `Svar: ${radio.parentElement.firstChild.nextSibling?.textContent.trim() || radio.value}` : "Svaret er fjernet";
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.code === "KeyS") {
    event.preventDefault();
    saveNow().then(() => { $("[data-said]").textContent = $("[data-words]").textContent; });
    return;
  }
  // AltGr, which types, is Ctrl and Alt at once.
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.getModifierState("AltGraph")) return;
  const stops = all(".desk-item").filter((section) => !section.closest("template"));
  const at = stops.indexOf(current);
  const digit = /^Digit([0-5])$/.exec(event.code)?.[1];
  if (digit === "0") ($("#punkter [aria-current]") ?? $("#punkter a")).focus();
  else if (digit) answerWith(Number(digit) - 1);
  else if (event.code === "PageDown") goTo(stops[Math.min(at + 1, stops.length - 1)]);
  else if (event.code === "PageUp") goTo(stops[Math.max(at - 1, 0)]);
  else if (event.code === "KeyA" && current && $("[data-agreements]", current)) newAgreement(current);
  else if (event.code === "KeyN") newItem();
  else return;
  event.preventDefault();
});

function newAgreement(section) {
  const spare = all("[data-agreements] > .agreement", section).find(isEmpty) ?? addAgreement(section);
  $("[name^='f~']", spare).focus();
}

function newItem() {
  const section = addItem();
  current = section;
  section.scrollIntoView({ block: "start" });
  $("[data-key$=':title'] input[type='text']", section)?.focus({ preventScroll: true });
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add]");
  if (button?.dataset.add === "aftale") newAgreement(rowOf(button));
  else if (button) newItem();
  const link = event.target.closest(".desk-list a[href^='#']");
  if (link) {
    const target = document.querySelector(link.getAttribute("href"));
    if (target) {
      event.preventDefault();
      goTo(target);
    }
  }
});

// Leaving

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden") return;
  engine.keep();
  engine.flush();
});
window.addEventListener("pagehide", (event) => {
  engine.keep();
  if (event.persisted || leaving) return;
  post({ user, client, leaves: true, edits: [], decisions: [] }, { keepalive: true }).catch(() => {});
});
window.addEventListener("beforeunload", (event) => {
  if (engine.unsent.length && engine.cannotKeep) event.preventDefault();
});
window.addEventListener("online", () => engine.flush());
window.addEventListener("focus", () => engine.misses && engine.flush());

document.querySelector("#logout-form")?.addEventListener("submit", async (event) => {
  if (leaving) return;
  event.preventDefault();
  const logOut = (then) => async () => {
    await then();
    leaving = true;
    engine.stop();
    event.target.requestSubmit();
  };
  if (await saveNow()) return logOut(async () => {})();
  const dialog = element("dialog", { className: "richtext-dialog", "aria-labelledby": "desk-leave" },
    element("h2", { id: "desk-leave" }, "Noget er ikke sendt endnu"),
    element("p", {}, "Det ligger i denne browser på denne computer. Bruger andre den, så vent, til forbindelsen er tilbage."));
  const buttons = element("div", { className: "buttons" });
  const button = (text, act) => {
    const node = element("button", { type: "button", className: "button" }, text);
    node.addEventListener("click", () => {
      dialog.close();
      dialog.remove();
      act();
    });
    buttons.append(node);
  };
  button("Bliv her", () => {});
  button("Log ud. Teksten bliver sendt, når du logger ind her igen", logOut(async () => {}));
  button("Log ud, og slet teksten", logOut(() => engine.forget()));
  dialog.append(buttons);
  document.body.append(dialog);
  dialog.showModal();
});

form.addEventListener("change", (event) => event.target.closest(".agreement") && spareRows());

await engine.start(started);
