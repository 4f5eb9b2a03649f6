// Rows that have an order: moved with buttons, with the keyboard or by drag. The numbers stay the truth; without this
// script a person types them. Serves the admin's own inlines and the goals inside a theme.

const ROW = ".inline-related:not(.empty-form), [data-row]";
const live = document.createElement("p");
live.className = "visually-hidden";
live.setAttribute("role", "status");
document.querySelector("#content-main")?.append(live);

const positionOf = (row) =>
  [...row.querySelectorAll("input[name$='-position']")].find((input) => input.closest(ROW) === row);
const siblingsOf = (row) =>
  [...row.parentElement.children].filter((other) => other.matches(ROW) && positionOf(other) && !other.hidden);

// Ten buttons called »Flyt op« are one to a screen reader.
const nameOf = (row) => {
  const titles = [...row.querySelectorAll("[name$='-title'], [name$='-text']")];
  const title = titles.find((input) => input.closest(ROW) === row)?.value;
  return title ? `: ${title.slice(0, 60)}` : "";
};

function renumber(row) {
  siblingsOf(row).forEach((other, index) => {
    const input = positionOf(other);
    if (input.value !== String(index + 1)) {
      input.value = index + 1;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

function say(row) {
  const rows = siblingsOf(row);
  live.textContent = `Flyttet til plads ${rows.indexOf(row) + 1} af ${rows.length}.`;
}

function move(row, step) {
  const rows = siblingsOf(row);
  const other = rows[rows.indexOf(row) + step];
  if (!other) return;
  other[step < 0 ? "before" : "after"](row);
  renumber(row);
  say(row);
}

function button(text, label, action) {
  const it = document.createElement("button");
  it.type = "button";
  it.textContent = text;
  it.title = label;
  it.setAttribute("aria-label", label);
  it.addEventListener("click", () => { action(); it.focus(); });
  return it;
}

let dragged = null;

function equip(row) {
  if (!positionOf(row) || row.querySelector(":scope > .mover")) return;
  const mover = document.createElement("div");
  mover.className = "mover";
  const handle = document.createElement("span");
  handle.className = "handle";
  handle.draggable = true;
  handle.title = "Træk for at flytte";
  handle.setAttribute("aria-hidden", "true");
  handle.textContent = "⠿";
  handle.addEventListener("dragstart", (event) => {
    dragged = row;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(row, 10, 10);
    row.classList.add("dragged");
  });
  handle.addEventListener("dragend", () => {
    row.classList.remove("dragged");
    renumber(row);
    say(row);
    dragged = null;
  });
  mover.append(
    handle,
    button("↑", `Flyt op${nameOf(row)}`, () => move(row, -1)),
    button("↓", `Flyt ned${nameOf(row)}`, () => move(row, 1)),
  );
  row.prepend(mover);
  row.classList.add("ordered");
}

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest(ROW);
  if (!over || over === dragged || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
});

// A row of the admin's inlines that is added comes last.
document.addEventListener("formset:added", (event) => {
  const row = event.target;
  equip(row);
  row.querySelectorAll("[data-rows]").forEach(equipGoals);
  if (positionOf(row)) renumber(row);
});
document.addEventListener("formset:removed", () => {
  document.querySelectorAll(".js-inline-admin-formset").forEach((group) => {
    const row = group.querySelector(".inline-related.ordered:not(.empty-form)");
    if (row) renumber(row);
  });
});

// The goals of one theme: `prefix` is that of their formset, and its management form counts them.
function equipGoals(group) {
  if (group.closest(".empty-form") || group.dataset.equipped) return;
  group.dataset.equipped = "true";
  const list = group.querySelector(".goal-list");
  const empty = group.querySelector(".empty-row > [data-row]");
  if (!list) return;
  const total = group.querySelector("input[name$='-goals-TOTAL_FORMS']");
  list.querySelectorAll(":scope > [data-row]").forEach(equipGoal);
  if (!empty) return;
  const add = document.createElement("button");
  add.type = "button";
  add.className = "add";
  add.textContent = "Tilføj et mål";
  add.addEventListener("click", () => {
    const row = empty.cloneNode(true);
    const index = total.value;
    for (const element of row.querySelectorAll("[id], [name], [for]")) {
      for (const name of ["id", "name", "for"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace("-goals-__prefix__-", `-goals-${index}-`));
      }
    }
    total.value = Number(index) + 1;
    list.append(row);
    equipGoal(row);
    renumber(row);
    row.querySelector("textarea").focus();
  });
  list.after(add);
}

function equipGoal(row) {
  equip(row);
  const below = row.querySelector("input[name$='-is_below']");
  const remove = row.querySelector("input[name$='-DELETE']");
  below.addEventListener("change", () => row.classList.toggle("below", below.checked));
  remove?.addEventListener("change", () => row.classList.toggle("leaving", remove.checked));
}

document.querySelectorAll(".inline-related:not(.empty-form), ol.items > [data-row]").forEach(equip);
document.querySelectorAll("[data-rows]").forEach(equipGoals);
