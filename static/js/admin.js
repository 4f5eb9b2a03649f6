// Confirmation before leaving a page with unsaved changes.
const form = document.querySelector("#content-main form[id$='_form']:not([data-saves-itself])");
if (form) {
  let changed = Boolean(form.querySelector(".error-summary"));
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  form.addEventListener("autosaved", () => { changed = false; }); // sent by autosave.js
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// Tell form-drafts.js that the form it has sent is saved; a page of confirmation sends it to the same address.
const SENT = "udsat-sent";
const sent = JSON.parse(sessionStorage.getItem(SENT) ?? "null");
if (sent && document.querySelector(".messagelist .success")) {
  sessionStorage.setItem("udsat-saved", sent.client);
  sessionStorage.removeItem(SENT);
}
document.addEventListener("submit", ({ target }) => {
  const path = new URL(target.getAttribute("action") ?? "", location.href).pathname;
  if (path !== JSON.parse(sessionStorage.getItem(SENT) ?? "null")?.path) sessionStorage.removeItem(SENT);
});

// After saving, the page that is shown again stands where it stood. A page that asks something instead of saving is
// answered without a redirect; it starts at the top, with its question.
const PLACE = "udsat-place";
const folds = () => [...document.querySelectorAll("#content-main details:not(.more)")];
// Without what is counted in the summary, which saving changes.
const keyOf = (fold) => `${fold.closest("[id]")?.id} ${fold.querySelector("summary")?.firstChild.textContent}`;
document.addEventListener("submit", () => {
  const open = folds().filter((fold) => fold.open).map(keyOf);
  sessionStorage.setItem(PLACE, JSON.stringify({ path: location.pathname, top: scrollY, open, at: Date.now() }));
});
const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
sessionStorage.removeItem(PLACE);
const isSaved = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
if (isSaved && place?.path === location.pathname && Date.now() - place.at < 60000) {
  for (const fold of folds()) fold.open ||= place.open.includes(keyOf(fold));
  document.querySelector(".messagelist")?.classList.add("floating");
  const scroll = () => scrollTo({ top: place.top, behavior: "instant" });
  if (!document.querySelector("[autofocus]")) addEventListener("load", () => requestAnimationFrame(scroll));
}

// On a phone, the tabs are one line that scrolls.
const tabs = document.querySelector(".tabs ul");
const tab = tabs?.querySelector("[aria-current]");
if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;

// Select2 labels its boxes by the selected value, so that an empty box has no label. Use the field's label.
function nameSelect2(box) {
  const label = document.querySelector(`label[for="${box.previousElementSibling?.id}"]`)?.textContent.trim();
  if (!label) return;
  box.querySelector(".select2-search__field")?.setAttribute("aria-label", label);
  const selection = box.querySelector(".select2-selection--single");
  if (selection) {
    const chosen = selection.querySelector(".select2-selection__rendered");
    chosen.setAttribute("aria-label", `${label} ${chosen.getAttribute("title") ?? ""}`.trim());
  }
}
const select2 = ".select2-container";
new MutationObserver((changes) => {
  const boxes = new Set();
  for (const { target, addedNodes } of changes) {
    if (target.closest(select2)) boxes.add(target.closest(select2));
    for (const node of addedNodes) {
      if (node.matches?.(select2)) boxes.add(node);
      node.querySelectorAll?.(select2).forEach((box) => boxes.add(box));
    }
  }
  boxes.forEach((box) => {
    if (box.matches(".select2-container--open") && !box.previousElementSibling?.id) {
      box.querySelector(".select2-search__field")?.setAttribute("aria-label", "Søg i listen");
    } else {
      nameSelect2(box);
    }
  });
}).observe(document.body, { childList: true, subtree: true });
