// The page of the meeting desk: passes what is typed to desk-sync.js and shows the state that it reports.

import { DeskSync, openStore, poster } from "./desk-sync.js";
import { statusText } from "./save-status.js";
import { uuid } from "./uuid.js";

const form = document.querySelector("#desk");
const { sync: address, empty, meeting } = form.dataset;
const user = Number(form.dataset.user);
const client = uuid();
const $ = (selector, root = form) => root.querySelector(selector);
const all = (selector, root = form) => [...root.querySelectorAll(selector)];

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
const controls = (box) => all("[name^='value~']", box);

function valueOf(box) {
  const inputs = controls(box);
  if (inputs[0]?.type === "radio") return inputs.find((radio) => radio.checked)?.value ?? "";
  return inputs[0]?.value ?? "";
}

function setValue(box, value) {
  for (const control of controls(box)) {
    if (control.type === "radio") control.checked = control.value === value;
    else if (control.value !== value) {
      control.value = value;
      control.dispatchEvent(new Event("richtext:set"));
    }
  }
  const details = box.closest("details:not(.desk-fold)");
  if (value && details && !details.open) details.open = true;
}

const rowOf = (node) => node.closest("[data-row^='item:'], [data-row='attendance']");
let current = null; // the section in focus

// Status of saving

let announcedKind = "";
function showStatus(state) {
  const text = statusText(state);
  $("[data-status]").textContent = text;
  $("[data-state]").dataset.kind = state.kind;
  // Screen readers announce changes of the kind of status, not every save.
  const kind = ["sending", "waiting", "new"].includes(state.kind) ? announcedKind : state.kind;
  if (kind !== announcedKind) {
    if (announcedKind || kind !== "saved") announce(text);
    announcedKind = kind;
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
  for (const box of all("[data-refused]")) showWarning(box, "");
  for (const draft of state.refused) {
    const box = boxOf(draft.key);
    if (box) showWarning(box, draft.refused);
  }
}

// A refusal, else the warning about a CPR number.
function showWarning(box, message) {
  box.toggleAttribute("data-refused", Boolean(message));
  const warning = $("[data-warning]", box);
  warning.textContent = message || box.dataset.cpr || "";
  warning.hidden = !warning.textContent;
}

function announce(text) {
  $("[data-announcement]").textContent = text;
}

function notice(...children) {
  const box = $("[data-notice]");
  const close = element("button", { type: "button", className: "button" }, "Luk");
  close.addEventListener("click", () => { box.hidden = true; });
  box.replaceChildren(...children, close);
  box.hidden = false;
  announce(children.map((child) => child.textContent).join(" "));
}

// Rows: items and agreements, created here or by others

function instantiate(template, from, to) {
  const box = document.createElement("template");
  box.innerHTML = template.innerHTML.replaceAll(from, to);
  return box.content.firstElementChild;
}

function addAgreement(item, row = uuid()) {
  const node = instantiate($("template[data-template='agreement']", item), "NEW-AGREEMENT", row);
  $("[data-agreements]", item).append(node);
  registerFields(node);
  return node;
}

function addItem(row = uuid()) {
  const node = instantiate($("template[data-template='item']"), "NEW-ITEM", row);
  $("[data-new-item]").append(node);
  registerFields(node);
  for (const button of all("[data-add]", node)) button.hidden = false;
  addToList(node);
  return node;
}

function registerFields(node) {
  for (const box of all("[data-key]", node)) {
    if (!engine.drafts.has(box.dataset.key)) engine.add(box.dataset.key, { base: empty, parent: box.dataset.parent ?? "" });
  }
  node.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
}

function addToList(section) {
  const { row } = section.dataset;
  if ($(`[data-for="${row}"]`)) return;
  const link = element("a", { href: `#${section.id}` },
    element("span", { "data-number": "" }), ". ", element("span", { "data-title": "" }), " ",
    element("span", { className: "done", hidden: true }, "✓", element("span", { className: "visually-hidden" }, " skrevet")),
    element("span", { className: "desk-who", "data-others": "" }));
  $("[data-new-entry]").before(element("li", { "data-for": row }, link));
  updateList();
}

const sections = () => all(".desk-item[data-row^='item:']").filter((section) => !section.closest("template"));

function updateList() {
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

// Callbacks of DeskSync

const page = {
  status: showStatus,
  value(key, value) {
    let box = boxOf(key);
    if (!box && !$(`[data-row="${key.replace(/:[^:]*$/, "")}"]`)) {
      addRowOf(key);
      box = boxOf(key);
    }
    if (box) setValue(box, value);
  },
  removed(key) {
    const row = boxOf(key)?.closest("[data-row]");
    if (!row || row.dataset.row === "attendance" || row.contains(document.activeElement)) return;
    $(`[data-for="${row.dataset.row}"]`)?.remove();
    row.remove();
    updateList();
  },
  restored(texts) {
    const names = [...new Set(texts.map(({ key }) => label(key)))];
    notice(element("p", {}, `Her lå tekst fra sidst, som ikke var sendt: ${names.join(", ")}. Den bliver sendt nu. Er feltet ændret imens, står begge tekster der.`));
  },
  refused(draft) {
    notice(element("p", {}, `Teksten fra sidst kunne ikke gemmes i ${label(draft.key)}: ${draft.refused}`), element("p", { className: "typed" }, plain(draft.value)));
  },
  state(state, present) {
    showPresent(present);
    if (!state) return updateList();
    for (const { row, title, agreements } of state.rows) {
      const section = $(`.desk-item[data-row="${row}"]`);
      if (!section) continue;
      addToList(section);
      if (!$(`[data-key="${row}:title"]`, section)) $("[data-title]", section).textContent = title;
    }
    for (const [key, [value, base, warning = ""]] of Object.entries(state.fields)) {
      const box = boxOf(key);
      if (!box) continue;
      const baseInput = $(`[name="base~${key}"]`, box);
      if (baseInput) baseInput.value = base;
      if ((box.dataset.cpr ?? "") !== warning) {
        box.dataset.cpr = warning;
        if (!box.hasAttribute("data-refused")) showWarning(box, "");
      }
    }
    $("[data-quorum]").textContent = state.quorum;
    showClashes(state.clashes);
    addEmptyAgreements();
    updateList();
  },
};

const itemOfAgreement = new Map();
function addRowOf(key) {
  const [section, row] = key.split(":");
  if (section === "item") addItem(row);
  if (section === "agreement") {
    const parent = itemOfAgreement.get(`agreement:${row}`);
    const item = parent && ($(`.desk-item[data-row="${parent}"]`) ?? addItem(parent.split(":")[1]));
    if (item) {
      const node = addAgreement(item, row);
      // Before the empty agreement.
      const spare = all("fieldset.agreement", item).find((other) => other !== node && isEmpty(other));
      if (spare) spare.before(node);
    }
  }
}

const isEmpty = (fieldset) => all("[data-key]", fieldset).every((box) => !valueOf(box));

// Keep one empty agreement under each item, as without the script.
function addEmptyAgreements() {
  for (const section of sections()) {
    const rows = all("[data-agreements] > .agreement", section);
    if (section.dataset.writes !== "no" && (!rows.length || !isEmpty(rows.at(-1)))) addAgreement(section);
  }
}

function label(key) {
  const box = boxOf(key);
  if (!box) return "et punkt, der er fjernet";
  const section = rowOf(box);
  const title = section?.dataset.row === "attendance" ? "" : `${$("h2", section ?? form)?.textContent.trim()}: `;
  return `${title}${box.dataset.label}`;
}

function plain(value) {
  return new DOMParser().parseFromString(value.replace(/<\/(p|li|tr)>/g, "$&\n"), "text/html").body.textContent.trim();
}

function showPresent(present) {
  $("[data-present]").textContent = present.length
    ? `Her er også: ${present.map(({ name, row }) => `${name}${describeRow(row)}`).join(", ")}` : "";
  for (const node of all("[data-others-here]")) node.hidden = true;
  for (const node of all("[data-others]")) node.textContent = "";
  for (const { name, row } of present) {
    const section = row && $(`.desk-item[data-row="${row}"]`);
    const here = section && $("[data-others-here]", section);
    if (here) {
      here.textContent = here.hidden ? `${name} er ved dette punkt.` : `${here.textContent} ${name} er her også.`;
      here.hidden = false;
    }
    const entry = row && $(`[data-for="${row}"] [data-others]`);
    if (entry) entry.textContent += ` · ${name}`;
  }
}

function describeRow(row) {
  const section = row && $(`.desk-item[data-row="${row}"]`);
  if (!section) return "";
  return row === "attendance" ? " (ved fremmødet)" : ` (ved punkt ${$("[data-number]", section)?.textContent})`;
}

// Clashes

let shownClashes = "";
function showClashes(clashes) {
  const json = JSON.stringify(clashes);
  if (json === shownClashes) return;
  const mine = clashes.filter(({ key, is_mine: isMine }) => isMine && !shownClashes.includes(key));
  shownClashes = json;
  for (const list of all("[data-clashes]")) if (list.childElementCount) list.replaceChildren();
  $("[data-orphans]")?.remove();
  for (const clash of clashes) {
    const box = boxOf(clash.field);
    const node = clashNode(clash, box);
    if (box) {
      $("[data-clashes]", box).append(node);
      for (let details = box.closest("details"); details; details = details.parentElement.closest("details")) details.open = true;
    } else {
      let orphans = $("[data-orphans]");
      if (!orphans) {
        orphans = element("section", { className: "desk-item", "data-orphans": "" }, element("h2", {}, "Tekster, der har mistet deres plads"));
        $("#fremmoede").after(orphans);
      }
      orphans.append(node);
    }
  }
  if (mine.length) announce(`${mine[0].label}: ${mine[0].reason_text.toLowerCase()}. Begge tekster er gemt. Vælg, hvad der skal stå.`);
}

function clashNode(clash, box) {
  const id = `clash-${clash.key}`;
  const typed = (heading, text) => element("div", {}, element("h4", {}, heading), element("p", { className: "typed" }, text || "Ingenting"));
  const texts = element("div", { className: "clash-texts" });
  if (!clash.is_removed) texts.append(typed(clash.saved_heading, clash.saved));
  texts.append(typed(clash.text_heading, clash.text));
  const problem = element("p", { className: "desk-warning", role: "alert", hidden: true });
  const buttons = element("div", { className: "buttons" });
  const button = (text, choice, className = "button") => {
    const node = element("button", { type: "button", className }, text);
    node.addEventListener("click", async () => {
      if (engine.misses) {
        problem.textContent = "Der er ingen forbindelse. Begge tekster er gemt. Vælg, når forbindelsen er tilbage.";
        problem.hidden = false;
        return;
      }
      const result = await engine.decide(clash, choice);
      if (result?.outcome === "saved") {
        const field = box && controls(box)[0];
        (field && !field.hidden ? field : box && $("[contenteditable]", box) || $("#punkter a"))?.focus();
      } else {
        problem.textContent = result?.message || "Det lykkedes ikke. Prøv igen om lidt.";
        problem.hidden = false;
      }
    });
    buttons.append(node);
  };
  if (clash.can_use) {
    if (clash.can_join) button("Behold begge", "both", "button primary");
    button(clash.use_label, "text");
    button(clash.keep_label, "field");
  } else if (clash.reason !== "refused" || !box) button("Jeg har kopieret teksten. Fjern den herfra", "field");
  return element("section", { className: "clash", "aria-labelledby": id }, element("h3", { id }, `${clash.label}: ${clash.reason_text.toLowerCase()}`), texts, problem, buttons, ...(clash.can_use ? [element("p", { className: "hint" }, "Den tekst, du ikke vælger, ligger i historikken.")] : []));
}

// Each open page holds a lock. Drafts in the store of a page without one are sent by this page.
const lockName = (id) => `udsat-moedebord ${id}`;
const hasLocks = "locks" in navigator;
if (hasLocks) navigator.locks.request(lockName(client), () => new Promise(() => {}));
const isAlive = async (id) => hasLocks && (await navigator.locks.query()).held.some(({ name }) => name === lockName(id));

const noStore = { put: () => Promise.reject(new Error()), delete: async () => {}, entries: async () => [] };
const post = poster(address, user, form.elements.csrfmiddlewaretoken.value);
const engine = new DeskSync({
  client,
  user,
  empty,
  post,
  store: await openStore(user, meeting, client, isAlive).catch(() => noStore),
  timers: { now: () => Date.now(), set: (act, ms) => setTimeout(act, ms), clear: (handle) => clearTimeout(handle) },
  uuid,
  page,
  currentRow: () => current?.dataset.row ?? "",
});

// The item of a new agreement must be known before its fields are reported.
const takeState = engine.takeState.bind(engine);
engine.takeState = (state) => {
  for (const { row, agreements } of state.rows) for (const agreement of agreements) itemOfAgreement.set(agreement, row);
  takeState(state);
};

const fields = {};
for (const box of all("[data-key]")) {
  if (box.hasAttribute("data-read-only")) continue;
  const { key, base, parent = "" } = box.dataset;
  fields[key] = { base, value: valueOf(box), parent, suggested: box.hasAttribute("data-suggested") };
}
form.classList.add("with-script");
for (const button of all("[data-add]")) button.hidden = false;
// The empty item is for the form without a script; here a button adds one.
for (const section of sections().filter((one) => one.closest("[data-new-item]"))) {
  for (const box of all("[data-key]", section)) delete fields[box.dataset.key];
  section.remove();
}
$("[data-new-entry]").hidden = true;
updateList();

// User input

const onInput = (event) => {
  const box = event.target.closest("[data-key]");
  if (!box || !event.target.name?.startsWith("value~")) return;
  engine.type(box.dataset.key, valueOf(box), box.dataset.parent ?? "");
  if (box.dataset.key.endsWith(":title")) updateList();
};
form.addEventListener("input", onInput);
form.addEventListener("change", onInput);
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
  await engine.storeDrafts();
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
  if (!button?.value || button.value.startsWith("save:")) {
    announce($("[data-status]").textContent);
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

// The item at hand is open, and the others are folded.
const foldOf = (section) => $(":scope > .desk-fold", section);
function unfold(section) {
  for (const other of all(".desk-item > .desk-fold[open]")) {
    if (other.parentElement !== section && !$("[data-clashes] > *", other)) other.open = false;
  }
  const fold = foldOf(section);
  if (fold) fold.open = true;
}
form.addEventListener("click", (event) => {
  const summary = event.target.closest(".desk-fold > summary");
  if (!summary || summary.parentElement.open) return;
  event.preventDefault();
  goTo(summary.closest(".desk-item"));
});

function goTo(section) {
  if (!section) return;
  unfold(section);
  section.scrollIntoView({ block: "start" });
  const first = $("[data-key$=':discussion'] [contenteditable], [data-key$=':discussion'] textarea:not([hidden])", section);
  (first ?? section).focus({ preventScroll: true });
  current = section;
}

function toggleAnswer(index) {
  const box = current && $("[data-key$=':answer']", current);
  const radios = box ? controls(box) : [];
  const radio = radios[index];
  if (!radio || radio.disabled) return;
  const chosen = radio.checked ? radios.at(-1) : radio;
  chosen.checked = true;
  chosen.dispatchEvent(new Event("change", { bubbles: true }));
  updateList();
  announce(chosen === radio ? `Svar: ${radio.parentElement.firstChild.nextSibling?.textContent.trim() || radio.value}` : "Svaret er fjernet");
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.code === "KeyS") {
    event.preventDefault();
    saveNow().then(() => announce($("[data-status]").textContent));
    return;
  }
  // AltGr is reported as Ctrl and Alt.
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.getModifierState("AltGraph")) return;
  const stops = all(".desk-item").filter((section) => !section.closest("template"));
  const at = stops.indexOf(current);
  const digit = /^Digit([0-5])$/.exec(event.code)?.[1];
  if (digit === "0") ($("#punkter [aria-current]") ?? $("#punkter a")).focus();
  else if (digit) toggleAnswer(Number(digit) - 1);
  else if (event.code === "PageDown") goTo(stops[Math.min(at + 1, stops.length - 1)]);
  else if (event.code === "PageUp") goTo(stops[Math.max(at - 1, 0)]);
  else if (event.code === "KeyA" && current && $("[data-agreements]", current)) newAgreement(current);
  else if (event.code === "KeyN") newItem();
  else return;
  event.preventDefault();
});

function newAgreement(section) {
  const spare = all("[data-agreements] > .agreement", section).find(isEmpty) ?? addAgreement(section);
  $("[name^='value~']", spare).focus();
}

function newItem() {
  const section = addItem();
  current = section;
  unfold(section);
  section.scrollIntoView({ block: "start" });
  $("[data-key$=':title'] input[type='text']", section)?.focus({ preventScroll: true });
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add]");
  if (button?.dataset.add === "agreement") newAgreement(rowOf(button));
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
  engine.storeDrafts();
  engine.flush();
});
window.addEventListener("pagehide", (event) => {
  engine.storeDrafts();
  if (event.persisted || leaving) return;
  post({ user, client, leaves: true, edits: [], decisions: [] }, { keepalive: true }).catch(() => {});
});
window.addEventListener("beforeunload", (event) => {
  if (engine.unsent.length && engine.cannotStore) event.preventDefault();
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
  button("Log ud, og slet teksten", logOut(() => engine.discard()));
  dialog.append(buttons);
  document.body.append(dialog);
  dialog.showModal();
});

form.addEventListener("change", (event) => event.target.closest(".agreement") && addEmptyAgreements());

const asked = document.getElementById(location.hash.slice(1).replace(/-felter$/, ""));
if (asked?.matches(".desk-item")) unfold(asked);

await engine.start(fields);
